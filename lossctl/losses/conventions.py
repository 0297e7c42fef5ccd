"""Conventions: what a name given to --like sets. A convention is data, never a code path.

A row says what one framework does with one loss: the values it gives the loss's own parameters, what its mean divides
by, what its sum adds, which inputs it refuses, and what no parameter shows. What a LOSS gives itself wins over a row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from lossctl import kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lossctl.losses.declare import Params

EXACT = "exact"

Mean: TypeAlias = Literal["weights", "rows", "kept", "elements", "one", "added"]
"""What a framework's own mean divides by: the sum of the weights, class weights among them; the number of rows, or of
those that are not ignored; the number of values in y_pred; nothing, so that it is the sum; or the weights, after outputs of
a row were added, not averaged."""
Sum: TypeAlias = Literal["rows", "elements"]
"""What a framework's own sum adds: the rows, in which outputs are averaged, or each output of each row."""


class Row(NamedTuple):
    """What one framework does with one loss.

    Attributes:
        name: what the framework calls it.
        params: the parameters it sets.
        takes: what it takes as a parameter, where that is not what the loss takes.
        single: those that it sets otherwise beside dtype=float32.
        one_output: whether a row may hold one output only, where outputs are losses each.
        both_signs: whether it takes labels of a single sign for negative ones, whatever they are.
        mean: what its own mean divides by.
        sum: what its own sum adds.
        kinds: what it takes as an input, where that is not what the loss takes.
        remark: what else differs, a whole sentence; or nothing.
    """

    name: str
    params: Params = {}  # noqa: RUF012 — a tuple has no class attributes, and nothing writes to it
    mean: Mean = "weights"
    sum: Sum = "rows"
    kinds: Mapping[str, kinds.Kind] = {}
    remark: str = ""
    single: Params = {}  # noqa: RUF012
    one_output: bool = False
    both_signs: bool = False
    takes: Mapping[str, kinds.Number] = {}


_EPS, _EPS_OF_SINGLE = (float(np.finfo(dtype).eps) for dtype in (np.float64, np.float32))
_CLIP_OF_SINGLE: Params = {"clip": _EPS_OF_SINGLE}
_TORCH_LOGITS = "Where an infinite logit makes PyTorch print nan, the limit of the formula stands."
_OPTAX_LOGITS = "Where an infinite logit makes optax print nan, the limit of the formula stands."
_HARD_SIGNS = {
    "y_true": kinds.SIGN._replace(
        meaning="-1 or 1, of which PyTorch's formula is",
        allowed=(-1.0, 1.0),
        help="--like exact takes 0 for -1; PyTorch's formula takes it for neither label",
    )
}
_EVEN_POWER = kinds.Number("2", low=2, high=2)
_POWERS_OF_OPTAX = "Of odd p optax adds signed powers, so only p=2 is taken here."
_NO_RELABELLING = "PyTorch takes no label 0; it would give it the margin 0."
_HARD = {
    "y_true": kinds.TRUTH._replace(
        meaning="0 or 1, the labels that scikit-learn takes", allowed=(0.0, 1.0), help="--like exact takes soft labels"
    )
}
_HARD_BINARY = _HARD | {"y_pred": kinds.PROBABILITY._replace(clipped=False)}
_HARD_TARGETS = {
    "y_true": kinds.TARGET_DISTRIBUTION._replace(
        meaning="0 or 1, the labels that scikit-learn takes", allowed=(0.0, 1.0), help="--like exact takes soft labels"
    ),
    "y_pred": kinds.DISTRIBUTION._replace(clipped=False),
}
_BY_OUTPUT: Params = {"by_output": True}
_UNCLIPPED = {"y_pred": kinds.DISTRIBUTION._replace(clipped=False)}
_ONE_LABEL, _ONE_SIGN = (
    f"scikit-learn orders the classes of text labels by name and {does}; here --positive and --classes say what they are."
    for does in ("refuses labels of a single class", "takes labels of a single class for negative ones")
)
_ONE_MASK = "Keras multiplies the one value by each weight; here weights count in the sums."
_SWAPPED = "Up to 3.15.1 it gives alpha to the pixels missed; later ones do not, which swapped=false follows."
_BOXES = "torchvision takes boxes turned inside out too, which are refused here."

# LightGBM and XGBoost have these in float32.
_LN_1E_15, _LN_1E_16 = (float(np.float32(math.log(floor))) for floor in (1e-15, 1e-16))
_1E_10 = float(np.float32(1e-10))
_SINGLE: Params = {"dtype": "float32"}
_HARD_LABELS = {
    "y_true": kinds.TRUTH._replace(
        meaning="0 or 1, the labels that LightGBM's binary_logloss takes",
        allowed=(0.0, 1.0),
        help="--like exact takes soft labels",
    )
}
_BINARY_OF_LIGHTGBM = "LightGBM's cross_entropy, which takes soft labels, has its floor at ln 1e-12."
_LEVEL_OF_CATBOOST = "CatBoost rounds the parameter to float32."
_WHOLE_OF_CATBOOST = (
    "MultiLogloss and MultiCrossEntropy cut each weight off to a whole number where they divide by the weights; "
    "here weights count as they are."
)


def _of_one_output(rows: Mapping[str, Row]) -> Mapping[str, Row]:
    return {loss: row._replace(one_output=True) for loss, row in rows.items()}


CONVENTIONS: Mapping[str, Mapping[str, Row]] = {
    EXACT: {},
    # TensorFlow backend, float64 arrays, losses of rows: (N, D) gives N values.
    "keras": {
        "mse": Row("keras.losses.MeanSquaredError", mean="rows"),
        "mae": Row("keras.losses.MeanAbsoluteError", mean="rows"),
        "mape": Row("keras.losses.MeanAbsolutePercentageError", {"eps": 1e-7, "percent": True}, "rows"),
        "msle": Row("keras.losses.MeanSquaredLogarithmicError", {"clip": 1e-7}, "rows"),
        "rmse": Row("keras.metrics.RootMeanSquaredError"),
        "huber": Row("keras.losses.Huber", mean="rows"),
        "log_cosh": Row(
            "keras.losses.LogCosh",
            mean="rows",
            remark="Keras loses the digits of errors below 1e-5, and all below 1e-8. It takes ln 2 as float32 has it, so "
            "that in float64 its rows are 1.9e-9 too low.",
        ),
        "poisson_nll": Row("keras.losses.Poisson", {"eps": 1e-7}, "rows"),
        "bce": Row("keras.losses.BinaryCrossentropy", {"clip": 1e-7}, "rows"),
        "bce_logits": Row("keras.losses.BinaryCrossentropy(from_logits=True)", mean="rows"),
        "hinge": Row("keras.losses.Hinge", mean="rows"),
        "squared_hinge": Row("keras.losses.SquaredHinge", mean="rows"),
        "cce": Row("keras.losses.CategoricalCrossentropy", {"renormalise": True, "clip": 1e-7}, "rows"),
        "cce_logits": Row("keras.losses.CategoricalCrossentropy(from_logits=True)", mean="rows"),
        "sparse_cce": Row("keras.losses.SparseCategoricalCrossentropy", {"clip": 1e-7, "renormalise": True}, "kept"),
        "sparse_cce_logits": Row("keras.losses.SparseCategoricalCrossentropy(from_logits=True)", mean="kept"),
        "kl": Row("keras.losses.KLDivergence", {"clip": 1e-7}, "rows"),
        "binary_focal": Row("keras.losses.BinaryFocalCrossentropy", {"clip": 1e-7}, "rows"),
        "categorical_focal": Row(
            "keras.losses.CategoricalFocalCrossentropy", {"renormalise": True, "clip": 1e-7, "alpha": 0.25}, "rows"
        ),
        "sparse_categorical_focal": Row(
            "keras.losses.CategoricalFocalCrossentropy", {"renormalise": True, "clip": 1e-7, "alpha": 0.25}, "rows"
        ),
        "generalized_ce": Row("keras.losses.CategoricalGeneralizedCrossEntropy", mean="rows"),
        "multiclass_hinge": Row("keras.losses.CategoricalHinge", {"with_zero": True}, "rows"),
        "categorical_hinge": Row("keras.losses.CategoricalHinge", {"with_zero": True}, "rows"),
        "cosine": Row("keras.losses.CosineSimilarity", {"similarity": True}, "rows"),
        "dice": Row("keras.losses.Dice", {"pool": True, "eps": 1e-7}, remark=_ONE_MASK),
        "tversky": Row(
            "keras.losses.Tversky", {"pool": True, "eps": 1e-7, "swapped": True}, remark=_ONE_MASK + " " + _SWAPPED
        ),
    },
    "torch": {
        "mse": Row("torch.nn.functional.mse_loss", sum="elements"),
        "mae": Row("torch.nn.functional.l1_loss", sum="elements"),
        "huber": Row("torch.nn.functional.huber_loss", mean="rows", sum="elements"),
        "smooth_l1": Row("torch.nn.functional.smooth_l1_loss", sum="elements"),
        "poisson_nll": Row(
            "torch.nn.functional.poisson_nll_loss", {"log_input": True, "eps": 1e-8, "stirling": True}, sum="elements"
        ),
        "bce": Row("torch.nn.functional.binary_cross_entropy", {"log_floor": -100.0}, "rows", "elements"),
        "bce_logits": Row(
            "torch.nn.functional.binary_cross_entropy_with_logits",
            mean="rows",
            sum="elements",
            remark=_TORCH_LOGITS + " The sum of its multilabel_soft_margin_loss adds the means of rows.",
        ),
        "soft_margin": Row(
            "torch.nn.functional.soft_margin_loss", {"raw_labels": True}, sum="elements", remark=_NO_RELABELLING
        ),
        "cce_logits": Row("torch.nn.functional.cross_entropy", mean="rows", remark=_TORCH_LOGITS),
        "sparse_cce_logits": Row("torch.nn.functional.cross_entropy", {"ignore_index": -100}, remark=_TORCH_LOGITS),
        "nll": Row("torch.nn.functional.nll_loss", {"ignore_index": -100}),
        "kl": Row(
            "torch.nn.functional.kl_div",
            mean="elements",
            remark="PyTorch takes ln q, here y_pred is q; where it prints nan for p = q = 0, the class adds nothing. "
            "Its reduction batchmean is the exact mean.",
        ),
        "multi_margin": Row("torch.nn.functional.multi_margin_loss", mean="rows"),
        "multilabel_margin": Row("torch.nn.functional.multilabel_margin_loss"),
        "gaussian_nll": Row("torch.nn.functional.gaussian_nll_loss", {"eps": 1e-6}, sum="elements"),
        "hinge_embedding": Row("torch.nn.functional.hinge_embedding_loss", sum="elements", kinds=_HARD_SIGNS),
        "margin_ranking": Row("torch.nn.functional.margin_ranking_loss", sum="elements", kinds=_HARD_SIGNS),
        "cosine_embedding": Row("torch.nn.functional.cosine_embedding_loss", kinds=_HARD_SIGNS),
        "triplet_margin": Row(
            "torch.nn.functional.triplet_margin_loss", {"eps": 1e-6}, takes={"margin": kinds.ABOVE_ZERO}
        ),
        "sigmoid_focal": Row("torchvision.ops.sigmoid_focal_loss", {"alpha": 0.25}, sum="elements"),
        "giou": Row("torchvision.ops.generalized_box_iou_loss", {"eps": 1e-7}, remark=_BOXES),
        "diou": Row("torchvision.ops.distance_box_iou_loss", {"eps": 1e-7}, remark=_BOXES),
        "ciou": Row(
            "torchvision.ops.complete_box_iou_loss",
            {"eps": 1e-7},
            remark=_BOXES + " Where it prints nan for boxes without height, the limit of the formula stands.",
        ),
    },
    "sklearn": {
        "mse": Row("sklearn.metrics.mean_squared_error"),
        "mae": Row("sklearn.metrics.mean_absolute_error"),
        "rmse": Row("sklearn.metrics.root_mean_squared_error", _BY_OUTPUT),
        "msle": Row("sklearn.metrics.mean_squared_log_error"),
        "rmsle": Row("sklearn.metrics.root_mean_squared_log_error", _BY_OUTPUT),
        "mape": Row("sklearn.metrics.mean_absolute_percentage_error", {"eps": _EPS}),
        "quantile": Row("sklearn.metrics.mean_pinball_loss"),
        "poisson_deviance": Row("sklearn.metrics.mean_poisson_deviance", one_output=True),
        "gamma_deviance": Row(
            "sklearn.metrics.mean_gamma_deviance", one_output=True, kinds={"y_true": kinds.POSITIVE_AMOUNT}
        ),
        "tweedie_deviance": Row(
            "sklearn.metrics.mean_tweedie_deviance", one_output=True, remark="Its default power 0 is mse."
        ),
        "bce": Row(
            "sklearn.metrics.log_loss",
            {"clip": _EPS},
            kinds=_HARD_BINARY,
            remark=_ONE_LABEL,
            single=_CLIP_OF_SINGLE,
            one_output=True,
        ),
        "cce": Row(
            "sklearn.metrics.log_loss", {"clip": _EPS}, kinds=_HARD_TARGETS, remark=_ONE_LABEL, single=_CLIP_OF_SINGLE
        ),
        "sparse_cce": Row(
            "sklearn.metrics.log_loss", {"clip": _EPS}, kinds=_UNCLIPPED, remark=_ONE_LABEL, single=_CLIP_OF_SINGLE
        ),
        "brier": Row("sklearn.metrics.brier_score_loss", one_output=True, kinds=_HARD, remark=_ONE_LABEL),
        "brier_multiclass": Row(
            "sklearn.metrics.brier_score_loss", {"halve_two": True}, kinds=_HARD_TARGETS, remark=_ONE_LABEL
        ),
        "sparse_brier": Row("sklearn.metrics.brier_score_loss", {"halve_two": True}, remark=_ONE_LABEL),
        "hinge": Row("sklearn.metrics.hinge_loss", one_output=True, both_signs=True, remark=_ONE_SIGN),
        "multiclass_hinge": Row("sklearn.metrics.hinge_loss", remark=_ONE_LABEL),
        "max_error": Row("sklearn.metrics.max_error", one_output=True),
        "median_absolute_error": Row("sklearn.metrics.median_absolute_error", _BY_OUTPUT),
        "zero_one": Row("sklearn.metrics.hamming_loss"),
        "subset_zero_one": Row("sklearn.metrics.zero_one_loss"),
    },
    "optax": {
        "mse": Row("optax.losses.squared_error", sum="elements"),
        "half_mse": Row("optax.losses.l2_loss", sum="elements"),
        "huber": Row("optax.losses.huber_loss", sum="elements"),
        "log_cosh": Row(
            "optax.losses.log_cosh",
            sum="elements",
            remark="optax loses the digits of errors below 1e-5, and all below 1e-8.",
        ),
        "bce_logits": Row("optax.losses.sigmoid_binary_cross_entropy", sum="elements", remark=_OPTAX_LOGITS),
        "hinge": Row("optax.losses.hinge_loss", {"raw_labels": True}, sum="elements"),
        "perceptron": Row("optax.losses.perceptron_loss", {"raw_labels": True}, sum="elements"),
        "cce_logits": Row("optax.losses.softmax_cross_entropy", remark=_OPTAX_LOGITS),
        "sparse_cce_logits": Row("optax.losses.softmax_cross_entropy_with_integer_labels", remark=_OPTAX_LOGITS),
        "multiclass_hinge": Row("optax.losses.multiclass_hinge_loss"),
        "multiclass_perceptron": Row("optax.losses.multiclass_perceptron_loss"),
        "poly_ce": Row("optax.losses.poly_loss_cross_entropy"),
        "sigmoid_focal": Row("optax.losses.sigmoid_focal_loss", sum="elements"),
        "ranking_softmax": Row("optax.losses.ranking_softmax_loss"),
        "kl": Row("optax.losses.kl_divergence", remark="optax takes ln q, here y_pred is q."),
        "generalized_kl": Row("optax.losses.generalized_kl_divergence", remark="optax takes ln q, here y_pred is q."),
        "cosine": Row(
            "optax.losses.cosine_distance", remark="Where optax prints nan for a zero vector, the loss is 1."
        ),
        "triplet_margin": Row(
            "optax.losses.triplet_margin_loss", {"root_eps": 1e-6}, takes={"p": _EVEN_POWER}, remark=_POWERS_OF_OPTAX
        ),
        "dice": Row(
            "optax.losses.binary_dice_loss",
            {"smooth": 1.0},
            remark="optax takes logits, here y_pred holds probabilities.",
        ),
        "generalized_dice": Row(
            "optax.losses.multiclass_generalized_dice_loss",
            {"eps": 1e-7, "smooth": 1.0},
            remark="optax takes logits of one picture or more, here a row holds the probabilities of one class in one picture.",
        ),
    },
    # Metrics of given predictions, on probabilities and rates as the models print them.
    "lightgbm": _of_one_output(
        {
            "mse": Row("l2"),
            "rmse": Row("rmse"),
            "mae": Row("l1"),
            "quantile": Row("quantile", {"level": 0.9}),
            "huber": Row("huber", {"delta": 0.9}),
            "fair": Row("fair"),
            "mape": Row("mape", {"eps": 1.0}),
            "poisson_nll": Row("poisson", {"clip": _1E_10}),
            "gamma_nll": Row("gamma"),
            "gamma_deviance": Row("gamma_deviance", {"eps": 1e-9}, mean="one"),
            "tweedie_nll": Row("tweedie", {"clip": _1E_10}),
            "bce": Row("binary_logloss", {"log_floor": _LN_1E_15}, kinds=_HARD_LABELS, remark=_BINARY_OF_LIGHTGBM),
            "sparse_cce": Row("multi_logloss", {"log_floor": _LN_1E_15}),
            "top_k_error": Row("multi_error", {"ties": True}),
        }
    ),
    "xgboost": {
        "rmse": Row("rmse", _SINGLE),
        "rmsle": Row("rmsle", _SINGLE),
        "mae": Row("mae", _SINGLE),
        "mape": Row("mape", _SINGLE),
        "pseudo_huber": Row("mphe", _SINGLE),
        "quantile": Row("quantile", _SINGLE),
        "poisson_nll": Row("poisson-nloglik", {"clip": 1e-16, "full": True, **_SINGLE}),
        "gamma_nll": Row("gamma-nloglik", {"clip": 1e-6, **_SINGLE}),
        "gamma_deviance": Row("gamma-deviance", {"eps": 1e-6, "eps_true": 1e-6, **_SINGLE}),
        "tweedie_nll": Row("tweedie-nloglik", _SINGLE),
        "bce": Row("logloss", {"log_floor": _LN_1E_16, **_SINGLE}),
        "sparse_cce": Row("mlogloss", {"log_floor": _LN_1E_16, **_SINGLE}),
        "top_k_error": Row("merror", _SINGLE),
    },
    "catboost": {
        "rmse": Row("RMSE, MultiRMSE", mean="added"),
        "bce_logits": Row("Logloss, CrossEntropy, MultiLogloss, MultiCrossEntropy", remark=_WHOLE_OF_CATBOOST),
        **_of_one_output(
            {
                "mae": Row("MAE", {"dead_zone": 1e-6}),
                "mape": Row("MAPE", {"eps": 1.0}),
                "smape": Row("SMAPE", {"percent": True}),
                "quantile": Row("Quantile", {"dead_zone": 1e-6}, remark=_LEVEL_OF_CATBOOST),
                "expectile": Row("Expectile", remark=_LEVEL_OF_CATBOOST),
                "huber": Row("Huber", remark=_LEVEL_OF_CATBOOST),
                "lq": Row("Lq"),
                "log_cosh": Row("LogCosh", remark="CatBoost's logarithm has four to five right digits here."),
                "fair": Row("FairLoss"),
                "msle": Row("MSLE"),
                "poisson_nll": Row("Poisson", {"log_input": True}),
                "hinge": Row("HingeLoss"),
                "sparse_cce_logits": Row("MultiClass"),
                "one_vs_all": Row("MultiClassOneVsAll"),
                "tweedie_nll": Row("Tweedie", {"log_input": True}),
                "sigmoid_focal": Row(
                    "Focal", remark="CatBoost has no default for alpha and gamma, and rounds both to float32."
                ),
                "brier": Row("BrierScore", remark="CatBoost takes logits, here y_pred holds probabilities."),
                "median_absolute_error": Row("MedianAbsoluteError"),
            }
        ),
    },
    "vw": _of_one_output(
        {
            "mse": Row("squared", _SINGLE),
            "quantile": Row("quantile", _SINGLE),
            "expectile": Row("expectile", _SINGLE, remark="Its expectile_q is 1 less the level."),
            "soft_margin": Row("logistic", _SINGLE),
            "hinge": Row("hinge", _SINGLE),
        }
    ),
}
"""For each convention its rows, by the name of the loss. `exact` leaves every formula as it is."""

WORDS: Mapping[str, str] = {
    "clip": "clips probabilities to {value}",
    "msle.clip": "raises values below {value} to it",
    "poisson_nll.clip": "raises rates below {value} to it",
    "gamma_nll.clip": "raises rates below {value} to it",
    "tweedie_nll.clip": "raises rates below {value} to it",
    "gamma_deviance.eps": "adds {value} to y_pred",
    "eps_true": "adds {value} to y_true",
    "full": "adds ln y!",
    "ties": "counts classes of an equal score as higher",
    "dead_zone": "takes {value} from each error",
    "log_floor": "lets no logarithm fall below {value}",
    "renormalise": "divides each row by its sum",
    "eps": "adds {value} inside the logarithm",
    "gaussian_nll.eps": "raises variances below {value} to it",
    "triplet_margin.eps": "adds {value} to each difference",
    "mape.eps": "divides by {value} where y_true is smaller",
    "dice.eps": "adds {value} to the denominator",
    "tversky.eps": "adds {value} to the denominator",
    "swapped": "gives alpha to the pixels missed and beta to those too many",
    "smooth": "adds {value} to the intersection and to half the denominator",
    "generalized_dice.smooth": "averages the dice of classes, with {value} added to the intersection and half the denominator",
    "generalized_dice.eps": "adds {value} to the squared sizes of the classes, by which they are weighed",
    "giou.eps": "adds {value} to the areas that it divides by",
    "diou.eps": "adds {value} to the area and the squared diagonal that it divides by",
    "ciou.eps": "adds {value} to what it divides by",
    "root_eps": "adds {value} under each root",
    "sigmoid_focal.alpha": "weighs the label 1 by {value} and the label 0 by the rest",
    "pool": "takes {rows} as one mask",
    "by_output": "takes the root of each output over {rows}, then their mean",
    "median_absolute_error.by_output": "takes the median of each output over {rows}, then their mean",
    "percent": "multiplies by 100",
    "log_input": "takes y_pred for logarithms of rates",
    "stirling": "approximates ln y! by Stirling's formula, and leaves it out up to y = 1",
    "raw_labels": "takes a label of 0 for the number 0",
    "ignore_index": "ignores the label {value}",
    "alpha": "multiplies by {value}",
    "with_zero": "counts the true class as a score of 0 among the others",
    "similarity": "gives minus the cosine, not 1 minus it",
    "halve_two": "halves the score of two classes",
    "dtype": "computes in {value}",
}
"""What a parameter does when a convention sets it, to follow the framework's name; one loss's own words stand under its
name and a dot. Parameters without words are said to be taken."""


TOGETHER = frozenset({"pool", "by_output"})
"""Parameters that say how rows end in a value together, whatever they do to the loss of a single row."""


def words(loss: str, name: str, value: object, rows: str = "all rows") -> str:
    """What a parameter of a loss does at a value, to follow the name of a framework.

    Args:
        loss: the name of the loss.
        name: that of the parameter.
        value: its value.
        rows: the rows, where it is about rows together.

    >>> words("bce", "clip", 1e-7), words("quantile", "level", 0.9)
    ('clips probabilities to 1e-07', 'takes level 0.9')
    """
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return WORDS.get(f"{loss}.{name}", WORDS.get(name, f"takes {name} {text}")).format(value=text, rows=rows)
