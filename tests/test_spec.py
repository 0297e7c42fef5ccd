"""The grammar of LOSS."""

from __future__ import annotations

import pytest

from lossctl.errors import UsageError
from lossctl.losses.declare import Loss, every, folded, spelled
from lossctl.losses.spec import Shapes, Spec, fit, fits, parse

ONE = Shapes(1, 1)
LABELS = Shapes(1, 3)
VECTORS = Shapes(3, 3)
NAMES = [loss.name for loss in every()]


def specs(text: str, shapes: Shapes = ONE) -> list[Spec]:
    return fit(parse(text), shapes)


@pytest.mark.parametrize("loss", every(), ids=lambda loss: loss.name)
def test_each_loss_is_found_under_each_of_its_spellings(loss: Loss) -> None:
    for spelling in (loss.name, *loss.aliases):
        assert loss in spelled(spelling)
        assert loss in spelled(spelling.upper().replace("_", "-"))


@pytest.mark.parametrize(
    ("spelling", "name"),
    [  # classes and functions of Keras 3, PyTorch 2, scikit-learn 1 and optax
        ("MeanSquaredError", "mse"),
        ("MSELoss", "mse"),
        ("mean_squared_error", "mse"),
        ("squared_error", "mse"),
        ("MeanAbsoluteError", "mae"),
        ("L1Loss", "mae"),
        ("l1_loss", "mae"),
        ("mean_absolute_error", "mae"),
        ("root_mean_squared_error", "rmse"),
        ("MeanSquaredLogarithmicError", "msle"),
        ("mean_squared_log_error", "msle"),
        ("HuberLoss", "huber"),
        ("SmoothL1Loss", "smooth_l1"),
        ("LogCosh", "log_cosh"),
        ("mean_pinball_loss", "quantile"),
        ("BinaryCrossentropy", "bce"),
        ("BCELoss", "bce"),
        ("binary_cross_entropy", "bce"),
        ("log_loss", "bce"),
        ("BCEWithLogitsLoss", "bce_logits"),
        ("binary_cross_entropy_with_logits", "bce_logits"),
        ("sigmoid_binary_cross_entropy", "bce_logits"),
        ("Hinge", "hinge"),
        ("hinge_loss", "hinge"),
        ("SquaredHinge", "squared_hinge"),
        ("MeanAbsolutePercentageError", "mape"),
        ("root_mean_squared_log_error", "rmsle"),
        ("zero_one_loss", "zero_one"),
        ("hamming_loss", "zero_one"),
        ("Poisson", "poisson_nll"),
        ("PoissonNLLLoss", "poisson_nll"),
        ("mean_poisson_deviance", "poisson_deviance"),
        ("mean_gamma_deviance", "gamma_deviance"),
        ("mean_tweedie_deviance", "tweedie_deviance"),
        ("perceptron_loss", "perceptron"),
        ("SoftMarginLoss", "soft_margin"),
        ("brier_score_loss", "brier"),
        ("focal", "binary_focal"),
        ("BinaryFocalCrossentropy", "binary_focal"),
    ],
)
def test_frameworks_spellings_of_losses_of_one_column(spelling: str, name: str) -> None:
    assert [spec.name for spec in specs(spelling)] == [name]


@pytest.mark.parametrize(
    ("spelling", "shapes", "name"),
    [
        ("log_loss", LABELS, "sparse_cce"),
        ("log_loss", VECTORS, "cce"),
        ("cce", LABELS, "sparse_cce"),
        ("cce", VECTORS, "cce"),
        ("CategoricalCrossentropy", VECTORS, "cce"),
        ("SparseCategoricalCrossentropy", LABELS, "sparse_cce"),
        ("cross_entropy", LABELS, "sparse_cce_logits"),
        ("CrossEntropyLoss", VECTORS, "cce_logits"),
        ("CrossEntropyLoss", LABELS, "sparse_cce_logits"),
        ("softmax_cross_entropy", VECTORS, "cce_logits"),
        ("softmax_cross_entropy_with_integer_labels", LABELS, "sparse_cce_logits"),
        ("kl_div", VECTORS, "kl"),
        ("KLDivergence", VECTORS, "kl"),
        ("KLDivLoss", VECTORS, "kl"),
        ("kl_divergence", VECTORS, "kl"),
        ("focal", LABELS, "sparse_categorical_focal"),
        ("focal", VECTORS, "categorical_focal"),
        ("CategoricalFocalCrossentropy", VECTORS, "categorical_focal"),
        ("CategoricalGeneralizedCrossEntropy", LABELS, "generalized_ce"),
        ("brier_score_loss", LABELS, "sparse_brier"),
        ("brier_score_loss", VECTORS, "brier_multiclass"),
        ("hinge_loss", LABELS, "multiclass_hinge"),
        ("perceptron_loss", LABELS, "multiclass_perceptron"),
        ("MultiMarginLoss", LABELS, "multi_margin"),
        ("MultiLabelMarginLoss", VECTORS, "multilabel_margin"),
        ("MultiLabelSoftMarginLoss", VECTORS, "bce_logits"),
        ("NLLLoss", LABELS, "nll"),
        ("zero_one_loss", VECTORS, "subset_zero_one"),
        ("hamming_loss", VECTORS, "zero_one"),
        ("poly_loss_cross_entropy", LABELS, "sparse_poly_ce"),
        ("poly_loss_cross_entropy", VECTORS, "poly_ce"),
        ("CosineSimilarity", VECTORS, "cosine"),
        ("generalized_kl_divergence", VECTORS, "generalized_kl"),
    ],
)
def test_where_a_spelling_fits_several_losses_the_shapes_pick(spelling: str, shapes: Shapes, name: str) -> None:
    assert [spec.name for spec in specs(spelling, shapes)] == [name]


def test_parameters_are_read_and_defaults_filled_in() -> None:
    (spec,) = specs("huber:delta=2")
    assert (spec.name, spec.params, spec.text) == ("huber", {"delta": 2.0}, "huber:delta=2")
    assert specs("huber")[0].params == {"delta": 1.0}
    (spec,) = specs("sparse_cce_logits:class_weight=[1, 2,3]:ignore_index=-100", LABELS)
    assert spec.params == {"label_smoothing": 0.0, "class_weight": (1.0, 2.0, 3.0), "ignore_index": -100}
    (spec,) = specs("cce:renormalise=TRUE", VECTORS)
    assert spec.params["renormalise"] is True


def test_commas_part_losses_but_not_the_values_of_a_list() -> None:
    texts = [spec.text for spec in specs("sparse_cce:class_weight=[1,2,3] , sparse_cce_logits", LABELS)]
    assert texts == ["sparse_cce:class_weight=[1,2,3]", "sparse_cce_logits"]


@pytest.mark.parametrize("text", ["smooth_l1+0.5*bce", "smooth_l1 + 0.5 * BCE", "SmoothL1Loss+0.5*binary_crossentropy"])
def test_a_weighted_sum_has_terms(text: str) -> None:
    (spec,) = specs(text)
    assert (spec.text, spec.name, spec.params) == ("smooth_l1+0.5*bce", "smooth_l1+0.5*bce", {})
    assert [(term.weight, term.loss.name) for term in spec.terms] == [(1.0, "smooth_l1"), (0.5, "bce")]


@pytest.mark.parametrize(
    ("text", "weights"), [("1e+3*mse+2*mae", [1e3, 2.0]), ("-1*mse+.5*mae", [-1.0, 0.5]), ("2*mse", [2.0])]
)
def test_a_plus_inside_a_number_belongs_to_it(text: str, weights: list[float]) -> None:
    assert [term.weight for term in specs(text)[0].terms] == weights


def test_all_is_every_loss_that_fits_and_gives_way_to_what_is_named() -> None:
    named = [spec.text for spec in specs("huber:delta=2,all")]
    fitting = [loss.name for loss in every() if fits(loss, ONE)]
    assert named == [
        "huber:delta=2",
        *(name for name in fitting if name not in {"dice", "tversky", "minkowski"}),
    ]  # not of one pixel, and not what needs a parameter
    assert [spec.text for spec in specs("huber,all")].count("huber") == 1
    assert [spec.name for spec in specs("all", LABELS)][:2] == ["sparse_cce", "sparse_cce_logits"]


@pytest.mark.parametrize(
    ("text", "shapes", "message", "help"),
    [
        ("hubr", ONE, 'there is no loss "hubr"', 'did you mean "huber"?'),
        ("MSELos", ONE, 'there is no loss "MSELos"', 'did you mean "mse"?'),
        ("huber:detla=2", ONE, 'huber has no parameter "detla"', 'did you mean "delta"?'),
        ("quantile:alpha=0.5", ONE, 'quantile has no parameter "alpha"', 'its parameters are "level" and "dead_zone"'),
        ("mse:delta=1", ONE, 'mse has no parameter "delta"', "mse has no parameters"),
        ("huber:delta=0", ONE, 'huber takes a number above 0 as delta, not "0"', "its default is 1.0"),
        ("huber:delta=inf", ONE, 'huber takes a number above 0 as delta, not "inf"', "its default is 1.0"),
        ("huber:delta=1_0", ONE, 'huber takes a number above 0 as delta, not "1_0"', "its default is 1.0"),
        ("smooth_l1:beta=-1", ONE, 'smooth_l1 takes a number of at least 0 as beta, not "-1"', "its default is 1.0"),
        ("quantile:level=1.5", ONE, 'quantile takes a number from 0 to 1 as level, not "1.5"', "its default is 0.5"),
        (
            "cce:renormalise=yes",
            VECTORS,
            'cce takes true or false as renormalise, not "yes"',
            "its default is false",
        ),
        ("huber:delta=2:delta=3", ONE, '"delta" is given twice in "huber:delta=2:delta=3"', "give each parameter once"),
        ("huber:delta", ONE, 'cannot read ":delta" in "huber:delta"', "a parameter is like :delta=2"),
        ("mse,l2", ONE, '"mse" is asked for twice', "name each loss once"),
        ("huber,huber:delta=1.0", ONE, '"huber:delta=1.0" is asked for twice', "name each loss once"),
        (
            "l2_loss",
            ONE,
            '"l2_loss" is the squared error here and half of it in optax, so it names no loss; '
            'write "mse" for r², "0.5*mse" for ½ r²',
            "",
        ),
        (
            "mse,,mae",
            ONE,
            'LOSS "mse,,mae" has an empty part',
            'write losses like "mse,huber:delta=2" or "mse+0.5*mae"',
        ),
        (
            "2mse",
            ONE,
            'cannot read "2mse" in LOSS "2mse"',
            "a loss is a name with parameters, like huber:delta=2; a weighted sum is like mse+0.5*mae",
        ),
        ("rmse+mse", ONE, 'rmse is no mean of rows, so it cannot be a term of "rmse+mse"', "ask for it by itself"),
        (
            "sparse_cce+sparse_cce:ignore_index=1",
            LABELS,
            "sparse_cce with class_weight or ignore_index weighs rows, so it cannot be a term of "
            '"sparse_cce+sparse_cce:ignore_index=1"',
            "ask for it by itself",
        ),
        (
            "mse",
            LABELS,
            "y_true has 1 column and y_pred has 3 columns: mse takes as many of one as of the other",
            '-t and -p choose other columns; for these columns there are "sparse_cce", "sparse_cce_logits", "sparse_brier", '
            '"rps", "rls", "sparse_categorical_focal", "generalized_ce", "sparse_poly_ce" and 10 more',
        ),
        (
            "cce:ignore_index=0",
            VECTORS,
            'cce has no parameter "ignore_index"',
            "the shapes of y_true and y_pred call for cce; "
            'its parameters are "label_smoothing", "class_weight", "renormalise" and "clip"',
        ),
    ],
)
def test_what_breaks_the_grammar_is_told_in_a_sentence(text: str, shapes: Shapes, message: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        specs(text, shapes)
    assert (caught.value.message, caught.value.help) == (message, help)


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        parse("mse", "exactly")
    assert (caught.value.message, caught.value.help) == (
        'there is no convention "exactly"',
        'did you mean "exact"?',
    )


def test_names_are_compared_without_case_and_marks_and_none_hides_another() -> None:
    assert len({folded(name) for name in NAMES}) == len(NAMES)
    for loss in every():
        assert spelled(loss.name)[0] is loss or len(spelled(loss.name)) > 1
