"""Masks: row by row and pooled, empty ones, and what each framework adds to their sums."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lossctl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

MASKS = ("dice", "tversky", "generalized_dice")
TRUE = [[1, 1, 0, 0], [0, 0, 0, 1]]
PRED = [[1, 0.5, 0.5, 0], [0, 0, 0.5, 0.5]]
EMPTY = [[0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("loss", "true", "pred", "value"),
    [
        # by hand: 1 - 2 · 1.5 / 4 and 1 - 2 · 0.5 / 2, their mean, and with all pixels in one sum 1 - 2 · 2 / 6
        ("dice", TRUE[:1], PRED[:1], 0.25),
        ("dice", TRUE, PRED, 0.375),
        ("dice:pool=true", TRUE, PRED, 1 / 3),
        # keras 3.15.1 losses.dice and optax 0.2.8 losses.dice_loss of two empty masks; 0 by definition here
        ("dice:pool=true:eps=1e-7", EMPTY, EMPTY, 1.0),
        ("dice:smooth=1", EMPTY, EMPTY, 0.0),
        ("dice", EMPTY, EMPTY, 0.0),
        # keras' ε once in the one sum: 1 - 4 / (6 + 1e-7); optax' smooth: 1 - (1.5 + 1) / (2 + 1) and 1 - 1.5 / 2
        ("dice:pool=true:eps=1e-7", TRUE, PRED, 1 - 4 / 6.0000001),
        ("dice:smooth=1", TRUE, PRED, (0.5 / 3 + 0.25) / 2),
        # 1 - 1.5 / (1.5 + 0.7 · 0.5 + 0.3 · 0.5), by hand: half a pixel too many, half of one missed
        ("tversky:alpha=0.7:beta=0.3", TRUE[:1], PRED[:1], 0.25),
        ("tversky:alpha=1:beta=0", [[1, 0]], [[0.5, 1]], 1 - 0.5 / 1.5),
        ("tversky:alpha=0:beta=1", [[1, 0]], [[0.5, 1]], 1 - 0.5 / 1),
        ("tversky:alpha=1:beta=1", TRUE[:1], PRED[:1], 1 - 1.5 / 2.5),
        # class weights 1/4 and 1: 1 - 2 (1.5 / 4 + 0.5) / (4 / 4 + 2), by hand
        ("generalized_dice", TRUE, PRED, 1 - 1.75 / 3),
        # a class that is nowhere true is left out, and with ε = 1e-7 it is nearly all there is
        ("generalized_dice", [*TRUE, [0, 0, 0, 0]], [*PRED, [1, 0, 0, 0]], 1 - 1.75 / 3),
        ("generalized_dice:eps=1e-7", [*TRUE, [0, 0, 0, 0]], [*PRED, [1, 0, 0, 0]], 1.0),
        # class weights 1/4 and 1 of 1 - (1.5 + 1) / (2 + 1) and 1 - (0.5 + 1) / (1 + 1), by hand
        ("generalized_dice:smooth=1", TRUE, PRED, (0.5 / 3 / 4 + 0.25) / 1.25),
        ("generalized_dice:smooth=0", TRUE, PRED, (0.25 / 4 + 0.5) / 1.25),
    ],
)
def test_golden_numbers_hold(loss: str, true: Any, pred: Any, value: float) -> None:
    assert lossctl.compute(loss, true, pred) == pytest.approx(value, rel=2e-7 if value == 1 else 1e-15)


pixels = st.lists(
    st.tuples(*(st.sampled_from([0, 1]),) * 3, *(st.sampled_from([0.0, 0.25, 0.5, 1.0]),) * 3, st.integers(0, 3)),
    min_size=1,
    max_size=20,
)


@given(rows=pixels, smooth=st.sampled_from([0.0, 0.5]), eps=st.sampled_from([0.0, 0.125]))
def test_pooled_rows_are_one_mask(rows: list[tuple[float, ...]], smooth: float, eps: float) -> None:
    table = np.array(rows)
    true, pred, weight = table[:, :3], table[:, 3:6], table[:, 6]
    if not weight.any():
        return
    spec = f"dice:pool=true:smooth={smooth}:eps={eps}"
    both, sizes = (Fraction(float((weight[:, None] * part).sum())) for part in (true * pred, true + pred))
    below = sizes + 2 * Fraction(smooth) + Fraction(eps)
    expected = float((sizes - 2 * both + Fraction(eps)) / below) if below else 0.0
    assert lossctl.compute(spec, true, pred, weight=weight) == expected
    assert lossctl.compute(spec, true.ravel(), pred.ravel(), weight=weight.repeat(3)) == expected
    assert lossctl.compute(spec, true[::-1], pred[::-1], weight=weight[::-1]) == expected


def test_masks_come_in_columns_and_in_lists(run: Callable[..., Ran], tmp_path: Path) -> None:
    names = [f"{role}_{place}" for role in "tp" for place in range(4)]
    lines = [",".join(map(str, (*true, *pred))) for true, pred in zip(TRUE, PRED, strict=True)]
    (tmp_path / "m.csv").write_text("\n".join([",".join(names), *lines]) + "\n")
    (tmp_path / "m.json").write_text(json.dumps({"y_true": TRUE, "y_pred": PRED}))
    loss = "dice,dice:pool=true,tversky:beta=0.9,generalized_dice"
    columns = run("compute", loss, f"{tmp_path}/m.csv", "-t", "t_*", "-p", "p_*", "-f", "value")
    assert columns.out.split()[:2] == ["0.375", "0.3333333333333333"]
    assert run("compute", loss, f"{tmp_path}/m.json", "-f", "value") == columns


def test_a_breakdown_of_one_mask_shows_each_row_by_itself(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"y_true": TRUE, "y_pred": PRED, "picture": ["a", "b"]}))
    told = json.loads(run("breakdown", "dice:pool=true", f"{tmp_path}/m.json", "-g", "picture", "--json").out)
    assert [(row["row"], row["dice:pool=true"], row["shares"]["dice:pool=true"]) for row in told["rows"]] == [
        (2, 0.5, 0.5),
        (1, 0.25, 0.5),
    ]
    assert [value["value"] for value in told["results"]] == [0.25, 0.5, 1 / 3]


def test_a_mask_that_is_a_column_has_to_be_pooled(run: Callable[..., Ran]) -> None:
    told = run("compute", "dice:eps=1e-7", "-t", "1,1,0", "-p", "1,0.5,0")
    assert told.code == 2
    assert told.err == (
        "lossctl: arguments: dice:eps=1e-7 takes each row as a mask, and there is one column of y_pred, so one pixel a "
        "row\n  help: dice:pool=true takes all rows as one mask\n"
    )
    assert run("compute", "dice:pool=true", "-t", "1,1,0", "-p", "1,0.5,0", "-f", "value").out == f"{0.5 / 3.5}\n"
    told = run("compute", "all", "-t", "1,1,0", "-p", "1,0.5,0")
    assert not [line for line in told.out.splitlines() if line.split()[:1] in (["dice"], ["tversky"])]
    told = run("compute", "all", "-t", json.dumps(TRUE), "-p", json.dumps(PRED))
    assert {"dice", "tversky", "generalized_dice"} <= {line.split()[0] for line in told.out.splitlines() if line}


def test_what_is_no_mask_is_refused(run: Callable[..., Ran]) -> None:
    told = run("compute", "dice", "-t", "[[1,0]]", "-p", "[[255,0]]")
    assert told.err == (
        'lossctl: arguments: row 1: column "y_pred": "255.0" is not a probability between 0 and 1\n'
        "  help: a mask holds probabilities, those after the sigmoid; grey values have to be divided by 255\n"
    )
    told = run("compute", "dice:pool=true", "-t", "[[1,0]]", "-p", "[[1,0]]", "--reduction", "sum")
    assert told.err.startswith("lossctl: dice:pool=true is no mean of rows, so it has no sum\n")
    assert run("compute", "dice", "-t", "[[1,0]]", "-p", "[[0,0]]", "--reduction", "sum", "-f", "value").out == "1.0\n"
    told = run("compute", "mse+dice:pool=true", "-t", "[[1,0]]", "-p", "[[1,0]]")
    assert told.err.startswith('lossctl: arguments: dice is no mean of rows, so it cannot be a term of "mse+dice:')
    assert run("compute", "bce+dice", "-t", "[[1,0]]", "-p", "[[1,0]]", "-f", "value").out == "0.0\n"


def test_keras_takes_all_rows_as_one_mask_and_says_so(run: Callable[..., Ran]) -> None:
    # keras 3.15.1 losses.Dice(dtype="float64") on its TensorFlow backend
    for true, pred, printed in ((TRUE, PRED, 0.3333333444444442), (EMPTY, EMPTY, 1.0)):
        assert lossctl.compute("dice", true, pred, like="keras") == pytest.approx(printed, rel=1e-12)
    told = run("compute", "dice", "-t", json.dumps(TRUE), "-p", json.dumps(PRED), "--like", "keras", "--json")
    (value,) = json.loads(told.out)["results"]
    assert (value["params"]["pool"], value["params"]["eps"], value["exact"]) == (True, 1e-7, 0.375)
    assert value["reasons"] == [
        "keras takes all 2 rows as one mask",
        "keras adds 1e-07 to the denominator, once",
    ]
    grouped = run("compute", "dice:smooth=1:pool=true", "-t", "[[1,0]]", "-p", "[[1,0.5]]", "--like", "keras", "--json")
    (value,) = json.loads(grouped.out)["results"]
    assert value["exact"] == 0.5 / 4.5  # smooth, given, is added to the exact sums, too
