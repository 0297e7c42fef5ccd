"""Boxes: the numbers of others, the laws of geometry, and what is no box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lossctl
from lossctl import losses

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

BOX_LOSSES = ("iou", "giou", "diou", "ciou", "unitbox")
each = pytest.mark.parametrize("loss", BOX_LOSSES)
FORMATS = (
    "format=xyxy takes x1, y1, x2, y2; format=xywh takes x1, y1, width, height; "
    "format=cxcywh takes the centre's x and y, width, height"
)


@pytest.mark.parametrize(
    ("loss", "true", "pred", "value"),
    [
        # torchvision 0.28.0 ops.generalized_box_iou_loss, distance_box_iou_loss, complete_box_iou_loss
        ("giou", [0, 0, 2, 2], [1, 1, 3, 3], "1.0793651"),
        ("diou", [0, 0, 2, 2], [1, 1, 3, 3], "0.9682540"),
        ("ciou", [0, 0, 2, 2], [1, 1, 3, 3], "0.9682540"),
        ("giou", [0, 0, 2, 2], [5, 5, 6, 8], "1.8541667"),
        ("diou", [0, 0, 2, 2], [5, 5, 6, 8], "1.5050000"),
        ("ciou", [0, 0, 2, 2], [5, 5, 6, 8], "1.5119822"),
        # two equal boxes 2e-5 wide: 0 by definition, 0.996 in torchvision 0.28.0, whose formula eps=1e-7 is
        ("giou", [0, 0, 2e-5, 2e-5], [0, 0, 2e-5, 2e-5], "0.0000000"),
        ("giou:eps=1e-7", [0, 0, 2e-5, 2e-5], [0, 0, 2e-5, 2e-5], "0.996"),
        ("diou:eps=1e-7", [0, 0, 2e-5, 2e-5], [0, 0, 2e-5, 2e-5], "0.996"),
        # a point and itself: torchvision 0.28.0 gives 1.0 and nan
        ("giou", [0, 0, 0, 0], [0, 0, 0, 0], "0.0"),
        ("ciou", [0, 0, 0, 0], [0, 0, 0, 0], "0.0"),
        # 1 - 1/7 and ln 7, by hand; a cross: 2 of 4 + 8 - 2 are shared; boxes of no area that are not the same
        ("iou", [0, 0, 2, 2], [1, 1, 3, 3], "0.8571429"),
        ("unitbox", [0, 0, 2, 2], [1, 1, 3, 3], "1.9459101"),
        ("iou", [0, 0, 4, 1], [1, -2, 3, 2], "0.8"),
        ("giou", [0, 0, 4, 1], [1, -2, 3, 2], "1.1750"),
        ("iou", [0, 0, 0, 1], [0, 0, 0, 2], "1.0"),
        ("unitbox", [0, 0, 1, 1], [1, 1, 2, 2], "inf"),
        # the same boxes as x1, y1, width, height and by their centres
        ("giou:format=xywh", [0, 0, 2, 2], [5, 5, 1, 3], "1.8541667"),
        ("ciou:format=cxcywh", [1, 1, 2, 2], [5.5, 6.5, 1, 3], "1.5119822"),
    ],
)
def test_golden_numbers_hold(loss: str, true: list[float], pred: list[float], value: str) -> None:
    given = lossctl.compute(loss, [true], [pred])
    assert f"{given:.{len(value.partition('.')[2])}f}" == value


cells = st.integers(-8, 8)
boxes = st.tuples(cells, cells, cells, cells).map(lambda c: (*map(min, c[:2], c[2:]), *map(max, c[:2], c[2:])))


@given(one=boxes, other=boxes)
def test_areas_are_those_of_counted_cells(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    def covered(box: tuple[int, ...]) -> set[tuple[int, int]]:
        return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}

    mine, yours = covered(one), covered(other)
    both, union = len(mine & yours), len(mine | yours)
    around = (max(one[2], other[2]) - min(one[0], other[0])) * (max(one[3], other[3]) - min(one[1], other[1]))
    iou = both / union if union else float(one == other)
    true, pred = np.array([one], float), np.array([other], float)
    assert abs(losses.iou(true, pred)[0] - (1 - iou)) < 1e-15
    assert abs(losses.giou(true, pred)[0] - (1 - iou + ((around - union) / around if around else 0))) < 1e-15


@each
@given(one=boxes, other=boxes, shift=st.integers(-9, 9))
def test_only_the_boxes_positions_to_each_other_count(
    loss: str, one: tuple[int, ...], other: tuple[int, ...], shift: int
) -> None:
    formula: Callable[..., np.ndarray] = getattr(losses, loss)
    true, pred = np.array([one], float), np.array([other], float)
    value = formula(true, pred)
    assert formula(pred, true) == value
    assert formula(true * 1024 + shift, pred * 1024 + shift) == value
    swapped = [1, 0, 3, 2]
    np.testing.assert_allclose(formula(true[:, swapped], pred[:, swapped]), value, rtol=1e-15)
    mirrored = [-true[:, [2, 1, 0, 3]] * [1, -1, 1, -1], -pred[:, [2, 1, 0, 3]] * [1, -1, 1, -1]]
    assert formula(*mirrored) == value
    assert (value == 0) == (one == other)


@each
@given(one=boxes, other=boxes)
def test_a_box_is_the_same_in_each_format(loss: str, one: tuple[int, ...], other: tuple[int, ...]) -> None:
    formula = getattr(losses, loss)
    true, pred = np.array([one], float), np.array([other], float)
    (size, centre), (wide, middle) = (
        ((box[:, 2:] - box[:, :2]), (box[:, 2:] + box[:, :2]) / 2) for box in (true, pred)
    )
    value = formula(true, pred)
    assert formula(np.hstack([true[:, :2], size]), np.hstack([pred[:, :2], wide]), format="xywh") == value
    assert formula(np.hstack([centre, size]), np.hstack([middle, wide]), format="cxcywh") == value


def test_corners_that_a_format_leaves_to_a_sum_are_not_rounded() -> None:
    # 0.1 + 0.2 is not 0.3, and the box from 0.1 with width 0.2 ends where the sum of the two float64 numbers is
    true, pred = [0.1, 0.0, 0.2, 1.0], [0.1, 0.0, 0.2 - 2.0**-55, 1.0]
    exact = 2.0**-55 / 0.2
    assert lossctl.compute("iou:format=xywh", [true], [pred]) == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize(
    ("loss", "pred", "sentence"),
    [
        ("iou", "5,5,4,8", '"4" is below x1 of its box, which is 5'),
        ("giou", "5,5,6,-8", '"-8" is below y1 of its box, which is 5'),
        ("iou:format=xywh", "5,5,-1,8", '"-1" is the width of a box, and negative'),
        ("iou:format=cxcywh", "5,5,1,-0.5", '"-0.5" is the height of a box, and negative'),
    ],
)
def test_what_is_no_box_is_refused_with_its_place(
    run: Callable[..., Ran], tmp_path: Callable[..., str], loss: str, pred: str, sentence: str
) -> None:
    path = f"{tmp_path}/b.csv"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"a,b,c,d,e,f,g,h\n0,0,2,2,1,1,3,3\n0,0,2,2,{pred}\n")
    told = run("compute", loss, path, "-t", "a,b,c,d", "-p", "e:h")
    column = "gh"[pred.split(",")[3].startswith("-")]
    assert told.code == 2
    assert told.err == f'lossctl: {path}:3: column "{column}": {sentence}\n  help: {FORMATS}\n'


def test_boxes_have_four_numbers(run: Callable[..., Ran]) -> None:
    told = run("compute", "giou", "-t", "[[0,0,2]]", "-p", "[[0,0,2]]")
    assert told.code == 2
    assert "y_true has 3 columns and y_pred has 3 columns: giou takes 4 columns each of y_true and y_pred\n" in told.err
    told = run("compute", "giou:format=yxyx", "-t", "[[0,0,2,2]]", "-p", "[[0,0,2,2]]")
    assert 'giou takes "xyxy", "xywh" or "cxcywh" as format, not "yxyx"' in told.err


def test_the_parameters_of_all_are_boxes_only_where_each_row_is_one(run: Callable[..., Ran]) -> None:
    told = run("compute", "all", "-t", "[[0,0,2,2],[0,0,1,1]]", "-p", "[[1,1,3,3],[0,0,1,1]]").out
    assert "giou" in told
    told = run("compute", "all", "-t", "[[0,0,2,2],[0,0,1,1]]", "-p", "[[1,1,3,3],[0,5,1,1]]").out
    assert "mse" in told
    assert "iou" not in told
