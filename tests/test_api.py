"""lossctl.compute: the command line's numbers and sentences for Python's arrays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

import lossctl

TRUE, PRED = [1.0, 2.0, 4.0], [1.5, 2.0, 2.0]


@pytest.mark.parametrize(
    "convert",
    [
        list,
        tuple,
        np.array,
        lambda values: np.array(values, np.float32),
        lambda values: np.array(values, ">f8"),
        lambda values: np.array(values).astype(object),
        lambda values: np.array([np.float32(value) for value in values], object),
        lambda values: np.array(values)[:, None],
        lambda values: np.repeat(values, 2)[::2],
        lambda values: [[value] for value in values],
        lambda values: [Decimal(value) for value in values],
        lambda values: [[Fraction(value)] for value in values],
        pl.Series,
        lambda values: pl.Series([[value] for value in values]),
    ],
)
def test_every_kind_of_array_gives_the_same_number(convert: Any) -> None:
    true, pred = convert(TRUE), convert(PRED)
    assert lossctl.compute("mse", true, pred) == 4.25 / 3
    assert lossctl.compute("mse", true, PRED) == 4.25 / 3


def test_rows_of_several_values_come_as_series_too() -> None:
    rows = [[0.0, 1.0], [2.0, 3.0]]
    assert lossctl.compute("mse", pl.Series(rows), [[0, 2], [2, 3]]) == 0.25


def test_a_triplet_takes_its_inputs_by_their_names() -> None:
    arrays: dict[str, Any] = {"anchor": [[0, 0]], "positive": [[3, 4]], "negative": [[0, 1]]}
    assert lossctl.compute("triplet_margin", **arrays) == 5.0
    assert lossctl.compute("triplet_margin", [[3, 4]], [[0, 1]], anchor=[[0, 0]]) == 5.0
    assert lossctl.check(max={"triplet_margin": 5}, **arrays).passed


def test_a_read_only_array_of_fortran_order_is_read_by_rows() -> None:
    true = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    true.flags.writeable = False
    assert lossctl.compute("mse", true, true + 2, reduction="none").tolist() == [4.0] * 4  # type: ignore[union-attr]


def test_single_numbers_are_one_row() -> None:
    assert lossctl.compute("mae", 1, 3.5) == 2.5


def test_reductions_and_weights() -> None:
    weight = [1, 1, 2]
    assert lossctl.compute("mae", [0, 0, 0], [1, 2, 3], weight=weight) == 2.25
    assert lossctl.compute("mae", [0, 0, 0], [1, 2, 3], weight=weight, reduction="sum") == 9.0
    assert lossctl.compute("mae", [0, 0, 0], [1, 2, 3], weight=weight, reduction="mean-count") == 3.0
    none = lossctl.compute("mae", [0, 0, 0], [1, 2, 3], weight=weight, reduction="none")
    assert isinstance(none, np.ndarray)
    assert none.dtype == np.float64
    assert none.tolist() == [1.0, 2.0, 6.0]


def test_none_averages_the_outputs_of_a_row() -> None:
    rows = lossctl.compute("mse", [[0, 0], [0, 0]], [[1, 3], [2, 2]], reduction="none")
    assert np.array_equal(rows, [5.0, 4.0])


@pytest.mark.parametrize("classes", [["cat", "dog"], ("cat", "dog"), np.array(["cat", "dog"])])
def test_classes_by_name(classes: Any) -> None:
    value = lossctl.compute("log_loss", ["cat", "dog"], [[0.5, 0.5], [0.25, 0.75]], classes=classes)
    assert value == pytest.approx((np.log(2) - np.log(0.75)) / 2, rel=1e-15)


@pytest.mark.parametrize("truth", [[True, False], [1, 0], ["yes", "no"], np.array([True, False])])
def test_positive_labels(truth: Any) -> None:
    positive = "yes" if "yes" in list(truth) else truth[0]
    value = lossctl.compute("bce", truth, [0.9, 0.1], positive=positive)
    assert value == pytest.approx(0.10536051565782628, rel=1e-14)


def test_non_finite_values_are_values() -> None:
    assert lossctl.compute("bce", [1, 0], [0, 0.5]) == np.inf
    assert lossctl.compute("mae", [0], [-np.inf]) == np.inf


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("hubr", TRUE, PRED), {}, 'there is no loss "hubr"'),
        ((3, TRUE, PRED), {}, 'loss is text, not "3"'),
        (("mse,mae", TRUE, PRED), {}, 'compute takes one LOSS, and "mse,mae" is 2'),
        (("mse", TRUE, PRED[:2]), {}, "y_true has 3 rows and y_pred has 2"),
        (("mse", TRUE, PRED), {"weight": [1]}, "y_true has 3 rows and weight has 1"),
        (("mse", [], []), {}, "y_true holds no rows"),
        (("mse", np.zeros((0, 2)), np.zeros((0, 2))), {}, "y_true holds no rows"),
        (("mse", np.zeros((2, 0)), PRED), {}, "y_true has shape (2, 0), not (rows,) or (rows, outputs)"),
        (("mse",), {}, 'mse takes "y_true" and "y_pred", and "y_true" and "y_pred" are not given'),
        (("mse", [Decimal("NaN"), 1], [1, 1]), {}, 'arguments: row 1: column "y_true": the cell is missing ("nan")'),
        (
            ("mse", [[date(2020, 1, 1), 1]], [[1, 2]]),
            {},
            'arguments: row 1: column "y_true": cannot read "["2020-01-01", 1]" as a number',
        ),
        (("mse", [Decimal("sNaN")], [1]), {}, 'arguments: row 1: column "y_true": cannot read "sNaN" as a number'),
        (("mse", np.zeros((2, 2, 2)), PRED), {}, "y_true has shape (2, 2, 2), not (rows,) or (rows, outputs)"),
        (("mse", TRUE, [1, None, 2]), {}, 'arguments: row 2: column "y_pred": the cell is missing ("null")'),
        (("mse", TRUE, [1, np.nan, 2]), {}, 'arguments: row 2: column "y_pred": the cell is missing ("nan")'),
        (
            ("mse", np.ma.masked_greater(np.array(TRUE), 3), PRED),
            {},
            'arguments: row 3: column "y_true": the cell is missing ("null")',
        ),
        (("mse", [1, "a", 3], PRED), {}, 'arguments: row 2: column "y_true": cannot read "a" as a number'),
        (
            ("mse", [[1, 2], [3]], [[1, 2], [3, 4]]),
            {},
            'arguments: row 2: column "y_true": "[3]" holds 1 value, and the first rows hold 2',
        ),
        (("bce", [1], [1.5]), {}, 'arguments: row 1: column "y_pred": "1.5" is not a probability between 0 and 1'),
        (
            ("mse", np.array(["2020-01-01"], "M8[ns]"), [1]),
            {},
            "y_true holds datetime64[ns], neither numbers nor text",
        ),
        (
            ("mse", TRUE, PRED),
            {"reduction": "avg"},
            'reduction is "mean", "sum", "mean-weight", "mean-count" or "none", not "avg"',
        ),
        (("mse", TRUE, PRED), {"like": "exacly"}, 'there is no convention "exacly"'),
        (("mse", TRUE, PRED), {"like": None}, 'like is text, not "None"'),
        (("cce", [0], [[1, 0]]), {"classes": "ab"}, 'classes is a list of names, not "ab"'),
        (
            ("hinge", [0, -1, 1], [0.5, 0.5, 0.5]),
            {"reduction": "none"},
            "arguments: y_true holds both 0 and -1, and for a hinge loss both mean the negative class",
        ),
        (("mse", TRUE, PRED), {"var": TRUE}, 'mse has no input "var"'),
        (
            ("bce", ["yes", "no"], [0.9, 0.1]),
            {"positive": "Yes"},
            'arguments: no y_true cell is "Yes", which --positive names; there are "no" and "yes"',
        ),
    ],
)
def test_bad_input_is_a_value_error_with_the_sentence_of_the_command_line(
    arguments: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(lossctl.LossctlError) as caught:
        lossctl.compute(*arguments, **options)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == message
