"""Conventions: what a name given to --like sets. A convention is data, never a code path.

A row says what one framework does with one loss: the values it gives the loss's own parameters, what its mean divides
by, what its sum adds, which inputs it refuses, and what no parameter shows. What a LOSS gives itself wins over a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from lossctl import kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lossctl.losses.declare import Params

EXACT = "exact"

Mean: TypeAlias = Literal["weights", "rows", "kept", "elements"]
"""What a framework's own mean divides by: the sum of the weights, class weights among them; the number of rows, or of
those that are not ignored; or the number of values in y_pred."""
Sum: TypeAlias = Literal["rows", "elements"]
"""What a framework's own sum adds: the rows, in which outputs are averaged, or each output of each row."""


class Row(NamedTuple):
    """What one framework does with one loss.

    Attributes:
        name: what the framework calls it.
        params: the parameters it sets.
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


_EPS = float(np.finfo(np.float64).eps)
_TORCH_LOGITS = "Where an infinite logit makes PyTorch print nan, the limit of the formula stands."
_OPTAX_LOGITS = "Where an infinite logit makes optax print nan, the limit of the formula stands."
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
_UNCLIPPED = {"y_pred": kinds.DISTRIBUTION._replace(clipped=False)}
_ONE_LABEL = (
    "scikit-learn orders the classes of text labels by name and refuses labels of a single class; here --positive and "
    "--classes say what they are."
)

_ONE_MASK = "Keras multiplies the one value by each weight; here weights count in the sums."

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
            remark="Keras loses the digits of errors below 1e-5, and all below 1e-8.",
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
        "generalized_ce": Row("keras.losses.CategoricalGeneralizedCrossEntropy", mean="rows"),
        "multiclass_hinge": Row("keras.losses.CategoricalHinge", {"with_zero": True}, "rows"),
        "cosine": Row("keras.losses.CosineSimilarity", {"similarity": True}, "rows"),
        "dice": Row("keras.losses.Dice", {"pool": True, "eps": 1e-7}, remark=_ONE_MASK),
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
            "torch.nn.functional.binary_cross_entropy_with_logits", mean="rows", sum="elements", remark=_TORCH_LOGITS
        ),
        "soft_margin": Row(
            "torch.nn.functional.soft_margin_loss", {"raw_labels": True}, sum="elements", remark=_NO_RELABELLING
        ),
        "cce_logits": Row("torch.nn.functional.cross_entropy", mean="rows", remark=_TORCH_LOGITS),
        "sparse_cce_logits": Row("torch.nn.functional.cross_entropy", {"ignore_index": -100}, remark=_TORCH_LOGITS),
        "nll": Row("torch.nn.functional.nll_loss"),
        "kl": Row(
            "torch.nn.functional.kl_div",
            mean="elements",
            remark="PyTorch takes ln q, here y_pred is q; where it prints nan for p = q = 0, the class adds nothing.",
        ),
        "multi_margin": Row("torch.nn.functional.multi_margin_loss", mean="rows"),
        "multilabel_margin": Row("torch.nn.functional.multilabel_margin_loss"),
    },
    "sklearn": {
        "mse": Row("sklearn.metrics.mean_squared_error"),
        "mae": Row("sklearn.metrics.mean_absolute_error"),
        "rmse": Row("sklearn.metrics.root_mean_squared_error"),
        "msle": Row("sklearn.metrics.mean_squared_log_error"),
        "rmsle": Row("sklearn.metrics.root_mean_squared_log_error"),
        "mape": Row("sklearn.metrics.mean_absolute_percentage_error", {"eps": _EPS}),
        "quantile": Row("sklearn.metrics.mean_pinball_loss"),
        "poisson_deviance": Row("sklearn.metrics.mean_poisson_deviance"),
        "gamma_deviance": Row("sklearn.metrics.mean_gamma_deviance", kinds={"y_true": kinds.POSITIVE_AMOUNT}),
        "tweedie_deviance": Row("sklearn.metrics.mean_tweedie_deviance", remark="Its default power 0 is mse."),
        "bce": Row("sklearn.metrics.log_loss", {"clip": _EPS}, kinds=_HARD_BINARY, remark=_ONE_LABEL),
        "cce": Row("sklearn.metrics.log_loss", {"clip": _EPS}, kinds=_HARD_TARGETS, remark=_ONE_LABEL),
        "sparse_cce": Row("sklearn.metrics.log_loss", {"clip": _EPS}, kinds=_UNCLIPPED, remark=_ONE_LABEL),
        "brier": Row("sklearn.metrics.brier_score_loss", kinds=_HARD, remark=_ONE_LABEL),
        "brier_multiclass": Row(
            "sklearn.metrics.brier_score_loss", {"halve_two": True}, kinds=_HARD_TARGETS, remark=_ONE_LABEL
        ),
        "sparse_brier": Row("sklearn.metrics.brier_score_loss", {"halve_two": True}, remark=_ONE_LABEL),
        "hinge": Row("sklearn.metrics.hinge_loss", remark=_ONE_LABEL),
        "multiclass_hinge": Row("sklearn.metrics.hinge_loss", remark=_ONE_LABEL),
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
        "kl": Row("optax.losses.kl_divergence", remark="optax takes ln q, here y_pred is q."),
        "generalized_kl": Row("optax.losses.generalized_kl_divergence", remark="optax takes ln q, here y_pred is q."),
        "cosine": Row(
            "optax.losses.cosine_distance", remark="Where optax prints nan for a zero vector, the loss is 1."
        ),
    },
}
"""For each convention its rows, by the name of the loss. `exact` leaves every formula as it is."""

WORDS: Mapping[str, str] = {
    "clip": "clips probabilities to {value}",
    "msle.clip": "raises values below {value} to it",
    "rmsle.clip": "raises values below {value} to it",
    "poisson_nll.clip": "raises rates below {value} to it",
    "log_floor": "lets no logarithm fall below {value}",
    "renormalise": "divides each row by its sum",
    "eps": "adds {value} inside the logarithm",
    "mape.eps": "divides by {value} where y_true is smaller",
    "dice.eps": "adds {value} to the denominator",
    "pool": "takes all rows as one mask",
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


def words(loss: str, name: str, value: object) -> str:
    """What a parameter of a loss does at a value, to follow the name of a framework.

    >>> words("bce", "clip", 1e-7), words("quantile", "level", 0.9)
    ('clips probabilities to 1e-07', 'takes level 0.9')
    """
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return WORDS.get(f"{loss}.{name}", WORDS.get(name, f"takes {name} {text}")).format(value=text)
