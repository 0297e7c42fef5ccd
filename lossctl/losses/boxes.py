"""Losses of boxes, one true and one predicted box a row.

Throughout, I = a b, the area that the two boxes share, U = w h + w' h' - I, the area that they cover together, and C = m n,
that of the least box around both; w and h are the width and height of the true box, w' and h' those of the predicted one, a
and b what they share of the two, m and n those of the box around both, d and e how far their centres lie apart. Areas are
in the units of the coordinates, and so is eps, which is added where the formula says so.

Slopes are by the four numbers of y_pred as its format has them. Where two sides lie upon each other a slope is the mean of
those to both sides, as PyTorch has it of a minimum and a maximum; what has no area shares none, so boxes that touch, and
lines, have the slopes of boxes apart, as in torchvision.
"""

from collections.abc import Callable
from typing import NamedTuple, Self, TypeAlias

import numpy as np

from lossctl.kinds import Array, Box, BoxFormat, Floats, NonNegative, PerRow
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import difference, log_ratio, quotient

FAMILY = "boxes"


def _lengths(y_true: Floats, y_pred: Floats, *, format: str, **_: float) -> dict[str, Floats]:
    x, y, *_rest, exponent = _pair(y_true, y_pred, format)
    lengths = (
        ("w", x.true),
        ("h", y.true),
        ("w'", x.pred),
        ("h'", y.pred),
        ("a", np.maximum(x.inner, 0.0)),
        ("b", np.maximum(y.inner, 0.0)),
        ("m", x.outer),
        ("n", y.outer),
        ("d", np.abs(x.start + x.end) / 2),
        ("e", np.abs(y.start + y.end) / 2),
    )
    return {symbol: np.ldexp(length, exponent) for symbol, length in lengths}


def _iou_slope(y_true: Floats, y_pred: Floats, *, format: str, eps: float) -> Floats:
    """0 where the boxes do not overlap; the mean of both sides where two sides of the boxes lie upon each other."""
    return _by_coordinates(_pair(y_true, y_pred, format, eps), format, _missed_rise)


@loss(
    "iou_loss", "box_iou_loss", "linear_iou", family=FAMILY, claims=NEVER_NEGATIVE, slope=_iou_slope, measures=_lengths
)
def iou(y_true: Box, y_pred: Box, *, format: BoxFormat = "xyxy", eps: NonNegative = 0.0) -> PerRow:
    """One minus the intersection over the union of two boxes.

    Formula:
        1 - I / (U + ε),   ε = eps; of boxes without any area 0 where they are the same box, 1 elsewhere

    Range:
        0 to 1; 1 wherever the boxes do not overlap.

    Use:
        For boxes that are near their truth already. Boxes that do not overlap all have 1, however far apart they are:
        giou and diou tell them apart.

    References:
        Jaccard (1912), The Distribution of the Flora in the Alpine Zone.

    Example:
        >>> iou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[0.0, 0.0, 2.0, 1.0]]))
        array([0.5])
    """
    return _pair(y_true, y_pred, format, eps).missed


def _unitbox_slope(y_true: Floats, y_pred: Floats, *, format: str) -> Floats:
    """As for iou; 0 where the boxes do not overlap, because the loss stays inf there."""
    return _by_coordinates(_pair(y_true, y_pred, format), format, _log_rise)


@loss(
    "unitbox_loss",
    "log_iou",
    "log_iou_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_unitbox_slope,
    measures=_lengths,
)
def unitbox(y_true: Box, y_pred: Box, *, format: BoxFormat = "xyxy") -> PerRow:
    """Minus the logarithm of the intersection over the union of two boxes.

    Formula:
        -ln(I / U); boxes without any area have 0 if they are the same box, else inf

    Range:
        0 to inf; inf wherever the boxes do not overlap.

    Use:
        Where bad overlaps should cost much more than good ones. One pair of boxes that do not overlap makes the mean
        infinite.

    References:
        Yu, Jiang, Wang, Cao and Huang (2016), UnitBox: An Advanced Object Detection Network.

    Example:
        >>> unitbox(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[0.0, 0.0, 2.0, 1.0]])).round(7)
        array([0.6931472])
    """
    pair = _pair(y_true, y_pred, format)
    none = pair.both == 0
    return np.where(
        none, np.where(pair.missed == 0, 0.0, np.inf), log_ratio(pair.apart, np.where(none, 1.0, pair.both))
    )


def _giou_slope(y_true: Floats, y_pred: Floats, *, format: str, eps: float) -> Floats:
    """The mean of both sides where two sides of the boxes lie upon each other; boxes that touch are boxes apart."""
    return _by_coordinates(_pair(y_true, y_pred, format, eps), format, _missed_rise, _uncovered_rise)


@loss(
    "giou_loss",
    "generalized_iou",
    "generalized_iou_loss",
    "generalized_box_iou",
    "generalized_box_iou_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_giou_slope,
    measures=_lengths,
)
def giou(y_true: Box, y_pred: Box, *, format: BoxFormat = "xyxy", eps: NonNegative = 0.0) -> PerRow:
    """The IoU loss plus the share of the box around both that neither covers.

    Formula:
        1 - I / (U + ε) + (C - U) / (C + ε),   ε = eps; the first part as in iou, the second 0 where C has no area

    Range:
        0 to 2, which boxes far apart come near to.

    Use:
        For boxes that may not overlap. torchvision adds ε = 1e-7 whatever the unit, which makes two equal boxes 2e-5
        wide almost as bad as two that do not meet: eps=1e-7 shows it.

    References:
        Rezatofighi, Tsoi, Gwak, Sadeghian, Reid and Savarese (2019), Generalized Intersection over Union.

    Example:
        >>> giou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 3.0]])).round(7)
        array([1.0793651])
    """
    pair = _pair(y_true, y_pred, format, eps)
    return pair.missed + quotient(pair.uncovered, pair.around + pair.eps)


def _diou_slope(y_true: Floats, y_pred: Floats, *, format: str, eps: float) -> Floats:
    """The mean of both sides where two sides of the boxes lie upon each other; boxes that touch are boxes apart."""
    return _by_coordinates(_pair(y_true, y_pred, format, eps), format, _missed_rise, _distance_rise)


@loss(
    "diou_loss",
    "distance_iou",
    "distance_iou_loss",
    "distance_box_iou_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_diou_slope,
    measures=_lengths,
)
def diou(y_true: Box, y_pred: Box, *, format: BoxFormat = "xyxy", eps: NonNegative = 0.0) -> PerRow:
    """The IoU loss plus the squared distance of the boxes' centres.

    Formula:
        1 - I / (U + ε) + ρ² / (c² + ε),   ρ = √(d² + e²), the distance of the centres,   c = √(m² + n²), the diagonal of
        the box around both,   ε = eps; the first part as in iou, the second 0 where ρ is

    Range:
        0 to 2, which boxes far apart come near to.

    Use:
        For boxes that may not overlap, or of which one lies in the other, where giou is no more than iou.

    References:
        Zheng, Wang, Liu, Li, Ye and Ren (2020), Distance-IoU Loss, equation 7.

    Example:
        >>> diou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 3.0]])).round(7)
        array([0.968254])
    """
    pair = _pair(y_true, y_pred, format, eps)
    return pair.missed + pair.distance


def _ciou_slope(y_true: Floats, y_pred: Floats, *, format: str, eps: float) -> Floats:
    """As for diou, with the factor v / (1 - I / (U + ε) + v + ε) of the last part held, as torchvision does."""
    return _by_coordinates(_pair(y_true, y_pred, format, eps), format, _missed_rise, _distance_rise, _proportions_rise)


@loss(
    "ciou_loss",
    "complete_iou",
    "complete_iou_loss",
    "complete_box_iou_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_ciou_slope,
    measures=_lengths,
)
def ciou(y_true: Box, y_pred: Box, *, format: BoxFormat = "xyxy", eps: NonNegative = 0.0) -> PerRow:
    """The distance-IoU loss plus a part for the boxes' proportions.

    Formula:
        1 - I / (U + ε) + ρ² / (c² + ε) + v² / (1 - I / (U + ε) + v + ε),
        v = (2 / π · (arctan(w / h) - arctan(w' / h')))²,   ρ = √(d² + e²),   c = √(m² + n²),   ε = eps;
        the first parts as in diou; the last part is 0 where v is, as it is where one of the boxes is a point

    Range:
        0 to 2.5.

    Use:
        Where the proportions of boxes matter beside their place. torchvision adds 1e-7 whatever its eps, and gives no
        number for boxes without height.

    References:
        Zheng, Wang, Liu, Li, Ye and Ren (2020), Distance-IoU Loss, equation 10.

    Example:
        >>> ciou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[5.0, 5.0, 6.0, 8.0]])).round(7)
        array([1.5119822])
    """
    pair = _pair(y_true, y_pred, format, eps)
    v = np.square(_turn(pair.x, pair.y) * (2 / np.pi))
    return pair.missed + pair.distance + quotient(np.square(v), pair.missed + v + pair.plain_eps)


_Coordinate: TypeAlias = tuple[Floats, Floats]
"""A number, and what rounding took from it."""


class _Axis(NamedTuple):
    """Two intervals, the sides of two boxes along one axis, each length rounded once.

    Attributes:
        start: how far the predicted one begins behind the true one; negative where it begins before.
        end: likewise for their ends.
        true, pred: their lengths.
        inner: the length that they share; where they share none, minus the gap between them.
        outer: the length from the first beginning to the last end.
    """

    start: Floats
    end: Floats
    true: Floats
    pred: Floats
    inner: Floats
    outer: Floats

    @classmethod
    def of(cls, first: _Coordinate, last: _Coordinate, other_first: _Coordinate, other_last: _Coordinate) -> Self:
        start, end = _gap(other_first, first), _gap(other_last, last)
        true, pred = _gap(last, first), _gap(other_last, other_first)
        across, back = _gap(other_last, first), _gap(last, other_first)
        return cls(
            start,
            end,
            true,
            pred,
            np.where(start > 0, np.where(end > 0, back, pred), np.where(end > 0, true, across)),
            np.where(start > 0, np.where(end > 0, across, true), np.where(end > 0, pred, back)),
        )

    @property
    def true_alone(self) -> Floats:
        """The length of the true interval outside the other, where they meet."""
        return np.maximum(self.start, 0.0) + np.maximum(-self.end, 0.0)

    @property
    def pred_alone(self) -> Floats:
        """The length of the predicted interval outside the other, where they meet."""
        return np.maximum(-self.start, 0.0) + np.maximum(self.end, 0.0)


class _Pair(NamedTuple):
    """Two boxes: areas as sums of areas, so that nothing cancels.

    Attributes:
        x, y: their sides, of coordinates times a power of two for each row.
        eps: what is added to denominators, in the same unit of area.
        plain_eps: the same as it is given, for what is no area.
        exponent: of the power of two, which is 2**-exponent.
    """

    x: _Axis
    y: _Axis
    eps: Floats
    plain_eps: float
    exponent: Array

    @property
    def meet(self) -> Array:
        """Whether they share an area."""
        return (self.x.inner > 0) & (self.y.inner > 0)

    @property
    def both(self) -> Floats:
        """The area that they share."""
        return np.where(self.meet, self.x.inner * self.y.inner, 0.0)

    @property
    def apart(self) -> Floats:
        """The area that only one of them covers."""
        x, y = self.x, self.y
        true = x.true_alone * y.true + x.inner * y.true_alone
        pred = x.pred_alone * y.pred + x.inner * y.pred_alone
        return np.where(self.meet, true + pred, x.true * y.true + x.pred * y.pred)

    @property
    def missed(self) -> Floats:
        """1 - I / (U + ε)."""
        x, y = self.x, self.y
        same = (x.start == 0) & (x.end == 0) & (y.start == 0) & (y.end == 0)
        apart = self.apart + self.eps
        union = apart + self.both
        return np.where(union == 0, np.where(same, 0.0, 1.0), apart / np.where(union == 0, 1.0, union))

    @property
    def around(self) -> Floats:
        """The area of the least box around both."""
        return self.x.outer * self.y.outer

    @property
    def uncovered(self) -> Floats:
        """The area of that box which none of them covers: its corners, or else what is beside and between them."""
        x, y = self.x, self.y
        corners = (np.maximum(-x.start * y.start, 0.0) + np.maximum(-x.end * y.end, 0.0)) + (
            np.maximum(x.start * y.end, 0.0) + np.maximum(x.end * y.start, 0.0)
        )
        beside = x.true * y.pred_alone + x.pred * y.true_alone - x.inner * y.outer
        below = y.true * x.pred_alone + y.pred * x.true_alone - y.inner * x.outer
        return np.where(x.inner < 0, beside, np.where(y.inner < 0, below, corners))

    @property
    def distance(self) -> Floats:
        """ρ² / (c² + ε)."""
        x, y = self.x, self.y
        apart = np.square(x.start + x.end) + np.square(y.start + y.end)
        return quotient(apart / 4, (np.square(x.outer) + np.square(y.outer)) + self.eps)


def _pair(y_true: Box, y_pred: Box, format: str, eps: float = 0.0) -> _Pair:
    largest = np.maximum(np.abs(y_true).max(axis=1), np.abs(y_pred).max(axis=1))
    _, exponent = np.frexp(largest)
    true = _sides(np.ldexp(y_true.T, -exponent), format)
    pred = _sides(np.ldexp(y_pred.T, -exponent), format)
    x, y = (_Axis.of(*one, *other) for one, other in zip(true, pred, strict=True))
    with np.errstate(over="ignore"):
        unit = np.minimum(np.ldexp(eps, -2 * exponent), 1e300)  # beside areas below 16 it is all the same
        return _Pair(x, y, unit, eps, exponent)


def _sides(boxes: Floats, format: str) -> list[tuple[_Coordinate, _Coordinate]]:
    """The first and the last coordinate of boxes, of shape (4, n), along each axis."""
    sides: list[tuple[_Coordinate, _Coordinate]] = []
    for place, size in zip(boxes[:2], boxes[2:], strict=True):
        exact = np.zeros_like(place)
        if format == "xyxy":
            sides.append(((place, exact), (size, exact)))
        elif format == "xywh":
            sides.append(((place, exact), difference(place, -size)))
        else:
            sides.append((difference(place, size / 2), difference(place, -size / 2)))
    return sides


def _gap(last: _Coordinate, first: _Coordinate) -> Floats:
    """The difference of two coordinates, rounded once."""
    (whole, lost), (rest, shed) = (difference(one, other) for one, other in zip(last, first, strict=True))
    gap, cut = difference(whole, -rest)
    return gap + (cut + (lost + shed))


def _turn(x: _Axis, y: _Axis) -> Floats:
    """The angle between the diagonals of the true and of the predicted box; 0 where one of them is a point."""
    turn = np.arctan2(x.true, y.true) - np.arctan2(x.pred, y.pred)
    point = (np.maximum(x.true, y.true) == 0) | (np.maximum(x.pred, y.pred) == 0)
    return np.where(point, 0.0, turn)


class _Move(NamedTuple):
    """A side of the predicted box that moves away from its middle.

    Attributes:
        along, across: the axis that it moves along, and the other.
        ahead: 1 where it moves towards larger coordinates, -1 where towards smaller ones.
        outside: how much of the move leaves the true box: 1, 0, or half where it starts from the other's side.
    """

    along: _Axis
    across: _Axis
    ahead: float
    outside: Floats


def _by_coordinates(pair: _Pair, format: str, *rises: Callable[[_Pair, _Move], Floats]) -> Floats:
    """The derivative by the four numbers of the predicted box of what rises so as its sides move outwards."""
    places, sizes = [], []
    with np.errstate(all="ignore"):
        for along, across in ((pair.x, pair.y), (pair.y, pair.x)):
            moves = (
                _Move(along, across, ahead, np.heaviside(beyond, 0.5))
                for ahead, beyond in ((-1.0, -along.start), (1.0, along.end))
            )
            first, last = (
                np.ldexp(move.ahead * sum(rise(pair, move) for rise in rises), -pair.exponent) for move in moves
            )
            places.append(first if format == "xyxy" else first + last)
            sizes.append((last - first) / 2 if format == "cxcywh" else last)
    return np.stack([*places, *sizes], axis=1)


def _missed_rise(pair: _Pair, move: _Move) -> Floats:
    """That of 1 - I / (U + ε)."""
    return _share_rise(pair, move, pair.apart + pair.both + pair.eps)


def _log_rise(pair: _Pair, move: _Move) -> Floats:
    """That of -ln(I / U)."""
    return _share_rise(pair, move, pair.both)


def _share_rise(pair: _Pair, move: _Move, below: Floats) -> Floats:
    """What I and U make of it, over U + ε and the other denominator; 0 where the boxes share nothing.

    Outside the true box U grows alone. Inside it I grows by the other side of what is shared, and of U what the predicted
    box has beyond the true one.
    """
    along, across, union = move.along, move.across, pair.apart + pair.both + pair.eps
    wider = across.pred * pair.both
    fuller = across.inner * (along.true * across.true + across.pred * along.pred_alone + pair.eps)
    rise = move.outside * wider - (1.0 - move.outside) * fuller
    return np.where(pair.meet, rise / union / below, 0.0)


def _uncovered_rise(pair: _Pair, move: _Move) -> Floats:
    """That of (C - U) / (C + ε); 0 where C has no area."""
    across, around = move.across, pair.around + pair.eps
    inside = np.where(pair.meet, across.pred_alone, across.pred)
    union = move.outside * across.pred + (1.0 - move.outside) * inside
    shrunk = (pair.apart + pair.both + pair.eps) / around
    return np.where(pair.around == 0, 0.0, (move.outside * across.outer * shrunk - union) / around)


def _distance_rise(pair: _Pair, move: _Move) -> Floats:
    """That of ρ² / (c² + ε); 0 where both boxes are one point."""
    along = move.along
    diagonal = (np.square(along.outer) + np.square(move.across.outer)) + pair.eps
    apart = move.ahead * (along.start + along.end) / 2 - 2 * pair.distance * along.outer * move.outside
    return np.where(diagonal == 0, 0.0, apart / diagonal)


def _proportions_rise(pair: _Pair, move: _Move) -> Floats:
    """That of α v with its factor α held."""
    along, across = move.along, move.across
    turn = _turn(along, across)
    below = pair.missed + np.square(turn * (2 / np.pi)) + pair.plain_eps
    diagonal = np.hypot(along.pred, across.pred)
    angle = across.pred / diagonal / diagonal
    return np.where(turn == 0, 0.0, (turn * turn * turn) * angle / below * (-32 / np.pi**4))
