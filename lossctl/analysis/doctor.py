"""Notes of a doctor: data that were probably misread, with the evidence and the command that mends it.

Each rule is a test against clean data of any quality, useless predictions included, and gives a note only where chance
would do so in less than one of 50,000 inputs, most of them far less; a comment at each says why. Silence is no promise.
Numbers that overflow become infinite or NaN here, which no rule takes for evidence.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossctl.aggregates.specimen import FEWEST_ROWS
from lossctl.errors import count, listed, printable, quoted
from lossctl.kinds import ABOVE_MINUS_ONE, DISTRIBUTION, LABEL, LOGITS, PROBABILITY, REAL, TRUTH
from lossctl.losses.declare import spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lossctl.kinds import Array, Floats
    from lossctl.losses.declare import Loss, Params

FEWEST_PAIRS = 30
"""Rows with both neighbours, below which nothing is said of shifts."""
LONGEST = 200
"""Characters that a command may have; a longer one is no one-liner, and words take its place."""
NATS = 12.0
"""How much likelier the other reading must make the truth; a calibrated one is refuted by chance e^-12 of the time."""
SURE = 18.0
"""Exponent of the bounds that count rows: e^-18 is one in 65 million."""

CODES = {
    "probabilities-as-logits": "Every value lies between 0 and 1, and the values go with y_true, or add to 1 in each row, "
    "as probabilities do; the loss takes values before the sigmoid or softmax.",
    "percents": "One of y_true and y_pred lies between 0 and 1, and a hundredth of the other fits it far better than the "
    "other itself.",
    "class-ids-as-numbers": "Both columns hold whole numbers that agree often and are any distance apart where they "
    "differ, as ids of classes are; the loss takes them for quantities.",
    "swapped": "y_pred holds labels only and y_true fractions; a fraction of truth beside a certain forecast has an "
    "infinite loss, so the columns are probably exchanged.",
    "classes-permuted": "Some classes have their highest value in each other's columns, far more often than in their own.",
    "rows-shifted": "The predictions fit y_true of the row before or after far better than that of their own row, while "
    "y_true of one row says nothing about the next.",
}
"""What each note means, in words that hold for every input."""

_SHRINKAGES = (0.001, 0.1, 0.25)
_FAMILIES = ("y_pred_", "p_", "prob_", "proba_")
_NUMBERS = (REAL, ABOVE_MINUS_ONE)
_NAME = r"(?<![\w.:=-])[A-Za-z][\w-]*"  # of a loss: no parameter, no word after "=", no exponent


class Case(NamedTuple):
    """The first rows of an input as one loss receives them, without rows that miss a cell.

    Attributes:
        loss: the loss.
        params: its parameters.
        y_true: shape (n,) or (n, k), float64; of class ids int64 of shape (n,).
        y_pred: shape (n,) or (n, k), float64.
        rows: shape (n,), the number of each row, increasing; only rows whose numbers differ by one are neighbours.
        complete: whether the input has no further rows.
    """

    loss: Loss
    params: Params
    y_true: Array
    y_pred: Array
    rows: NDArray[np.intp]
    complete: bool


class Sheet(NamedTuple):
    """Where the numbers come from, for the command that a note ends with.

    Attributes:
        path: the file, `-` for standard input, None for values that came from no file: then there is no command.
        text: the LOSS, one spec.
        y_true: the columns taken for it, empty for values that have no names.
        y_pred: likewise.
        classes: the names of the classes in the order of the columns, None where y_true holds ids.
        names: all columns of the file, in order.
        delimiter: of one file of uncompressed delimited text whose first line is the header, without quotes, with lines
            ended by line feeds alone and with decimal points; else None.
        truth: whether y_true lies in a file of its own.
        options: the further options of the command line, which the command repeats: `("--positive", "yes")`.
        command: the command that was given.
    """

    path: str | None
    text: str
    y_true: tuple[str, ...] = ()
    y_pred: tuple[str, ...] = ()
    classes: tuple[str, ...] | None = None
    names: tuple[str, ...] = ()
    delimiter: str | None = None
    truth: bool = False
    options: tuple[str, ...] = ()
    command: str = "compute"


class Finding(NamedTuple):
    """A note: its code, and one sentence that ends with what mends the data."""

    code: str
    message: str


def examine(case: Case, sheet: Sheet) -> list[Finding]:
    """What in the data looks misread, most often nothing."""
    if len(case.y_pred) < FEWEST_ROWS:
        return []
    with np.errstate(all="ignore"):
        found = [finding for rule in _rules(case.loss) if (finding := rule(case, sheet)) is not None]
    return [Finding(finding.code, printable(finding.message)) for finding in found]


def _rules(loss: Loss) -> tuple[Callable[[Case, Sheet], Finding | None], ...]:
    true, pred = loss.roles["y_true"], loss.roles["y_pred"]
    if pred in _NUMBERS and true in _NUMBERS:
        return (_percents, _class_ids, _shifted)
    if pred == REAL and true == TRUTH:
        return (_probabilities, _shifted)
    if pred == PROBABILITY:
        return (_swapped, _shifted)
    if pred == LOGITS:
        return (_distributions, _mixed_up)
    if pred == DISTRIBUTION and true == LABEL:
        return (_mixed_up,)
    if pred == DISTRIBUTION:
        return (_swapped_rows, _mixed_up)
    return ()


# Values of the wrong scale.


def _probabilities(case: Case, sheet: Sheet) -> Finding | None:
    """Probabilities given to a loss that takes values before the sigmoid."""
    z, y = case.y_pred, case.y_true
    low, high = z.min(), z.max()
    if not (0 <= low < 0.2 and 0.8 < high <= 1 and ((z > 0) & (z < 1)).any()):
        return None
    # If y is drawn from (or has the mean) sigmoid(z), the ratio of two likelihoods has mean 1, so by Markov it exceeds
    # e^12 in one of 160,000 inputs, three times that for three forecasts; and logits that lie in [0, 1] and fill it are
    # rare already. The forecasts shrink z towards 1/2, so that confident misses do not hide what z is. Outputs of one
    # row may all say the same: they count as one.
    surprise = np.log1p(np.exp(z)) - y * z
    gains = [
        (y * np.log(p) + (1 - y) * np.log1p(-p) + surprise).sum() for p in (s + (1 - 2 * s) * z for s in _SHRINKAGES)
    ]
    if not max(gains) * len(z) / z.size >= NATS:
        return None
    renamed = None if "pos_weight" in sheet.text else _renamed(case, sheet, "bce")  # bce has no such parameter
    return Finding(
        "probabilities-as-logits",
        f"{case.loss.name} takes values before the sigmoid, and {_all_of(case, sheet)} lie between 0 and 1 and go "
        f"with {_shown(sheet.y_true, 'y_true')} as probabilities do; "
        f"{_compute(sheet, text=renamed) or 'bce takes probabilities'}",
    )


def _distributions(case: Case, sheet: Sheet) -> Finding | None:
    """Rows of class probabilities given to a loss that takes logits."""
    p = case.y_pred
    low, high = p.min(), p.max()
    # Nothing ties the sum of logits to 1. The values range over 0.2 or more while the sums keep within the rounding of
    # two digits, ten rows in turn; rows of 0 and 1 alone are decisions, and no loss of probabilities helps them.
    if not (low >= 0 and high <= 1 and high - low >= 0.2 and np.abs(p.sum(axis=1) - 1).max() <= 0.01):
        return None
    if np.count_nonzero(((p > 0) & (p < 1)).any(axis=1)) * 2 < len(p):
        return None
    better = "sparse_cce" if case.loss.roles["y_true"] == LABEL else "cce"
    return Finding(
        "probabilities-as-logits",
        f"{case.loss.name} takes values before the softmax, and {_all_of(case, sheet, 'row')} lie between 0 and 1 and "
        f"add to 1 like probabilities; "
        f"{_compute(sheet, text=_renamed(case, sheet, better)) or f'{better} takes probabilities'}",
    )


def _percents(case: Case, sheet: Sheet) -> Finding | None:
    """Percents on one side and fractions on the other."""
    sides = {"y_true": case.y_true, "y_pred": case.y_pred}
    for percent, fraction in (("y_pred", "y_true"), ("y_true", "y_pred")):
        a, b = sides[fraction], sides[percent]
        if not (a.min() >= 0 and a.max() <= 1 and b.max() > 2):
            continue
        n = len(a)
        spread, error = a - a.mean(axis=0), b / 100 - a
        other = b - b.mean(axis=0)
        common, square = (spread * other).sum(), (spread * spread).sum()
        r = common / np.sqrt(square * (other * other).sum())
        # Fisher: of independent sides atanh(r) sqrt(n - 3) is near normal, and 6 is one in a billion. The slope, which
        # noise makes less than 100, tells percents from counts and from an offset, and a hundredth must fit better than
        # the mean does.
        if n >= 2 * FEWEST_ROWS and r > 0.5 and np.arctanh(min(r, 1 - 1e-9)) * math.sqrt(n - 3) >= 6:
            if not (30 * square < common < 300 * square and (error * error).sum() < square):
                continue
            name, base = (_shown(getattr(sheet, role), role) for role in (percent, fraction))
            return Finding(
                "percents",
                f"the values of {name} go up to {b.max():.4g}, those of {base} lie between 0 and 1, and a hundredth of "
                f"the former fits the latter far better, so the former seem to be percents; "
                f"{_divided(sheet, percent) or f'divide {name} by 100'}",
            )
    return None


def _class_ids(case: Case, sheet: Sheet) -> Finding | None:
    """Class ids given to a loss of quantities."""
    t, p = case.y_true, case.y_pred
    if t.ndim > 1 or len(t) < 3 * FEWEST_ROWS:
        return None
    low, high = t.min(), t.max()
    if not (low in {0, 1} and 2 <= high - low < 100 and p.min() >= low and p.max() <= high):
        return None
    if (t != np.rint(t)).any() or (p != np.rint(p)).any():
        return None
    k = int(high - low) + 1
    pairs = np.bincount(((t - low) * k + (p - low)).astype(np.intp), minlength=k * k).reshape(k, k)
    trues, preds = pairs.sum(axis=1), pairs.sum(axis=0)
    if not (trues.all() and preds.all()):  # what counts the rare large values predicts them less often
        return None
    n = len(t)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    by_chance = np.outer(trues, preds) / n
    hits, lucky = int(np.trace(pairs)), float(np.trace(by_chance))
    missed = n - hits
    # Quantities rounded to whole numbers that agree this often (Cohen's kappa from 1/2) are off by 1 where they differ
    # and hardly ever by more; a useless prediction of ratings or counts misses by any distance, but has a kappa near 0.
    # Ids miss by any distance although they agree. Twice and more is measured beside what the marginals give where they
    # differ, at least half of it, two standard errors away. Columns of probabilities named after the ids speak for
    # ids themselves, and the errors are left out.
    family = _family(sheet, [str(int(low) + index) for index in range(k)])
    if not (missed >= (3 if family else FEWEST_ROWS) and (hits - lucky) >= (n - lucky) / 2):
        return None
    # Levels that are set anew in some rows look like ids; only their name tells, or the columns of their classes.
    if not family and not any(word in name.casefold() for name in sheet.y_true for word in ("label", "class")):
        return None
    expected = float((by_chance * apart).sum()) / (n - lucky) - 1
    mean = float((pairs * apart).sum()) / missed - 1
    deviation = math.sqrt(max(float((pairs * (apart - 1) ** 2).sum() - hits) / missed - mean * mean, 0.0))
    if not (expected >= 0.2 and mean - (0 if family else 2) * deviation / math.sqrt(missed) >= expected / 2):
        return None
    names = _shown(sheet.y_true, "y_true"), _shown(sheet.y_pred, "y_pred")
    mend = f"sparse_cce takes class ids in {names[0]} beside a probability for each class"
    if family:
        mend = _compute(sheet, text="sparse_cce", y_pred=family) or mend
    return Finding(
        "class-ids-as-numbers",
        f"{names[0]} and {names[1]} hold the whole numbers {low:.0f} to {high:.0f}, agree in {_share(hits, n)} of "
        f"{_rows(case)} and are any distance apart in the others, as class ids are, which {case.loss.name} takes for "
        f"quantities; {mend}",
    )


# Columns that were taken for others.


def _swapped(case: Case, sheet: Sheet) -> Finding | None:
    """Labels in y_pred and probabilities in y_true."""
    t, p = case.y_true, case.y_pred
    if not (p.min() == 0 and p.max() == 1 and ((p == 0) | (p == 1)).all()):
        return None
    # No chance is involved: a fraction of truth beside a certain forecast makes the loss infinite, so as it stands the
    # input has no other use. Soft labels beside decisions may still occur; those of a few judges have few values.
    fractions = t[(t > 0) & (t < 1)]
    if fractions.size * 2 < t.size or len(np.unique(fractions)) < FEWEST_ROWS:
        return None
    return _exchanged(sheet, "0 and 1")


def _swapped_rows(case: Case, sheet: Sheet) -> Finding | None:
    """One-hot rows in y_pred and distributions in y_true: as with two classes."""
    t, p = case.y_true, case.y_pred
    if not ((p == 0) | (p == 1)).all() or not (p.max(axis=0) == 1).sum() > 1:
        return None
    tops = t.max(axis=1)
    fractions = tops[(tops > 0) & (tops < 1)]
    if fractions.size * 2 < len(t) or len(np.unique(fractions)) < FEWEST_ROWS:
        return None
    return _exchanged(sheet, "one-hot rows")


def _exchanged(sheet: Sheet, held: str) -> Finding:
    true, pred = _shown(sheet.y_true, "y_true"), _shown(sheet.y_pred, "y_pred")
    command = None if sheet.truth else _compute(sheet, y_true=sheet.y_pred, y_pred=sheet.y_true)
    return Finding(
        "swapped",
        f"only {held} stand in {pred} and fractions in {true}, so they seem to be exchanged; "
        f"{command or '-t takes the true values and -p the predicted ones'}",
    )


def _mixed_up(case: Case, sheet: Sheet) -> Finding | None:
    """Columns of classes in another order, or rows beside their neighbours: whichever explains more."""
    labels, top = _labels(case), case.y_pred.argmax(axis=1)
    k = case.y_pred.shape[1]
    order = _order(labels, top, k)
    if order is not None:
        return _permuted(case, sheet, labels, top, order)
    return _beside(case, sheet, labels, top)


def _labels(case: Case) -> NDArray[np.intp]:
    """The class of each row; -1 where it is an ignored label."""
    if case.loss.roles["y_true"] != LABEL:
        tops: NDArray[np.intp] = np.argmax(case.y_true, axis=1)
        return tops
    there = (case.y_true >= 0) & (case.y_true < case.y_pred.shape[1])
    return np.where(there, case.y_true, -1)


def _order(labels: NDArray[np.intp], top: NDArray[np.intp], k: int) -> NDArray[np.intp] | None:
    """For each class the column that seems to be its own, None where the columns may be right as they are."""
    there = labels >= 0
    if k * k > 4 * max(len(labels), 1000):  # too many classes for so few rows, and for a table of their pairs
        return None
    pairs = np.bincount(labels[there] * k + top[there], minlength=k * k).reshape(k, k)
    classes = np.arange(k)
    order = np.where(pairs.any(axis=1), pairs.argmax(axis=1), classes)
    moved = np.flatnonzero(order != classes)
    # A model that is bad at a class gives it away to one that keeps its own, or to one that no row has: so the moved
    # classes must exchange columns among themselves, each with rows of its own, and each by two to one.
    if not moved.size or len({*order.tolist()}) != k or (pairs[moved].sum(axis=1) < 5).any():
        return None
    taken, own = pairs[moved, order[moved]], pairs[moved, moved]
    if (taken < 2 * own).any():
        return None
    # Hoeffding: if a row prefers no wrong column to its own, then of m rows that choose one of the two, as many more as
    # this take the wrong one with a chance of at most exp(-more² / 2m); and there are k! orders to choose from.
    more, either = int((taken - own).sum()), int((taken + own).sum())
    return order if more > 0 and more * more / (2 * either) >= SURE + math.lgamma(k + 1) else None


def _permuted(
    case: Case, sheet: Sheet, labels: NDArray[np.intp], top: NDArray[np.intp], order: NDArray[np.intp]
) -> Finding:
    k = len(order)
    classes = sheet.classes or tuple(map(str, range(k)))
    belongs = np.argsort(order)  # for each column the class that it holds
    there = labels >= 0
    n = int(np.count_nonzero(there))
    before = int(np.count_nonzero((top == labels)[there]))
    after = int(np.count_nonzero((top == order[labels])[there]))
    right = tuple(classes[index] for index in belongs)
    mend = _reordered(case, sheet, belongs, right)
    columns = f"the columns{' of' if len(sheet.y_pred) < 2 else ''} {_shown(sheet.y_pred, 'y_pred')}"
    return Finding(
        "classes-permuted",
        f"{columns} seem to belong to the classes {listed(right)}, in this order: their highest value is then that "
        f"of the true class in {_share(after, n)} of {_rows(case)}, as they stand in {_share(before, n)}; "
        f"{mend or 'name the classes in the order of the columns'}",
    )


def _reordered(case: Case, sheet: Sheet, belongs: NDArray[np.intp], right: tuple[str, ...]) -> str | None:
    """The command that gives each column its class."""
    if case.params.get("class_weight") is not None:  # its numbers may follow the columns or the classes
        return None
    columns = sheet.y_pred
    apart = len(columns) == len(right)
    if case.loss.roles["y_true"] != LABEL:
        turned = tuple(columns[index] for index in np.argsort(belongs)) if apart else ()
        named = sheet.names and sheet.classes is not None
        if turned and not (named and sorted(_after_prefix(sheet.y_true)) == sorted(_after_prefix(columns))):
            return _compute(sheet, y_pred=turned)
    elif sheet.classes is None or sorted(_after_prefix(columns)) != sorted(sheet.classes):
        return _compute(sheet, classes=right)
    if not apart or sheet.delimiter is None:
        return None
    named_after = dict(zip(columns, (columns[index] for index in belongs), strict=True))
    header = sheet.delimiter.join(named_after.get(name, name) for name in sheet.names)
    for mark in "\\/&":
        header = header.replace(mark, f"\\{mark}")
    header = header.replace("\t", "\\t")
    # The columns in one order, since y_true and y_pred may not name their classes in two.
    true, pred = (_in_turn(names) for names in (sheet.y_true, columns))
    return _piped(sheet, ["sed", f"1s/.*/{header}/"], true, pred)


# Rows beside their neighbours.


class _Lag(NamedTuple):
    """How well the predictions of rows fit the truth beside them.

    Attributes:
        late: whether a prediction fits the truth of the row before, else that of the row behind.
        own, other: mean error beside the own truth and beside the other.
        pairs: how many rows were compared.
    """

    late: bool
    own: float
    other: float
    pairs: int


def _shifted(case: Case, sheet: Sheet) -> Finding | None:
    """Predictions that stand one row too low or too high."""
    t, p = case.y_true, case.y_pred
    if case.loss.roles["y_pred"] == REAL and case.loss.roles["y_true"] == TRUTH:
        p = 0.5 + 0.5 * np.tanh(p / 2)  # the sigmoid

    def error(true: slice, pred: slice) -> Floats:
        gaps: Floats = np.square(p[pred] - t[true])
        if gaps.ndim > 1:
            gaps = gaps.sum(axis=1)
        return gaps

    def alike(lag: int, neighbours: NDArray[np.bool_]) -> float:
        centred = t - t.mean(axis=0)
        products = (centred[lag:] * centred[:-lag])[neighbours]
        return float(products.sum() / (np.square(centred).mean() * products.size))

    lag = _lagging(case.rows, error, alike)
    if lag is None:
        return None
    # Where predictions are the last truth, rounded or damped perhaps, they are the naive forecast, a baseline of good
    # repute.
    if lag.late and (np.count_nonzero(p[1:] == t[:-1]) * 2 > t[1:].size or _linear(p[1:], t[:-1])):
        return None
    where = "before" if lag.late else "after"
    return Finding(
        "rows-shifted",
        f"the values of {_shown(sheet.y_pred, 'y_pred')} fit {_shown(sheet.y_true, 'y_true')} of the row {where} far "
        f"better than that of their own row: the mean squared error is {lag.other:.3g} against {lag.own:.3g} over "
        f"{count(lag.pairs, 'row')}; {_moved(sheet, late=lag.late)}",
    )


def _linear(p: Floats, t: Floats) -> bool:
    """Whether the one is the other but for scale, offset and rounding."""
    a, b = (p - p.mean(axis=0)).ravel(), (t - t.mean(axis=0)).ravel()
    return bool(np.square((a * b).sum()) > 0.9999 * np.square(a).sum() * np.square(b).sum())


def _beside(case: Case, sheet: Sheet, labels: NDArray[np.intp], top: NDArray[np.intp]) -> Finding | None:
    """Class predictions that stand one row too low or too high."""
    k = case.y_pred.shape[1]

    def error(true: slice, pred: slice) -> Floats:
        missed: Floats = ((labels[true] != top[pred]) & (labels[true] >= 0)).astype(np.float64)
        return missed

    def alike(lag: int, neighbours: NDArray[np.bool_]) -> float:
        by_chance = np.square(np.bincount(labels + 1, minlength=k + 1) / len(labels)).sum()
        equal = (labels[lag:] == labels[:-lag])[neighbours]
        return float((np.divide(np.count_nonzero(equal), equal.size) - by_chance) / (1 - by_chance))

    lag = _lagging(case.rows, error, alike)
    if lag is None:
        return None
    where = "before" if lag.late else "after"
    return Finding(
        "rows-shifted",
        f"the highest of {_shown(sheet.y_pred, 'y_pred')} is the class of the row {where} in "
        f"{100 * (1 - lag.other):.0f} % of {count(lag.pairs, 'row')} and that of its own row in "
        f"{100 * (1 - lag.own):.0f} %; {_moved(sheet, late=lag.late)}",
    )


def _lagging(
    rows: NDArray[np.intp],
    error: Callable[[slice, slice], Floats],
    alike: Callable[[int, NDArray[np.bool_]], float],
) -> _Lag | None:
    """Whether the predictions fit the truth of a neighbouring row instead of their own.

    Args:
        rows: shape (n,), row numbers.
        error: for slices of truth and of predictions the error of each row.
        alike: for a lag the correlation of the truth with itself, over the pairs that are neighbours.
    """
    if len(rows) < FEWEST_PAIRS + 2:
        return None
    inner = slice(1, -1)
    own = error(inner, inner)
    between = rows[2:] - rows[:-2] == 2
    pairs = int(np.count_nonzero(between))
    for late, beside in ((True, slice(2, None)), (False, slice(0, -2))):
        other = error(inner, beside)
        # The same truths on both sides, so that an outlier among them decides nothing. A moving average of two rows on
        # noise has a ratio of 1/3, and predictions turned upside down one of 1/2.
        if not (pairs >= FEWEST_PAIRS and other[between].mean() < own[between].mean() / 4):
            continue
        # For outliers among the predictions: without a shift the gain is as often negative, so that (Hoeffding, given
        # the sizes) its sum exceeds sqrt(2 x) times their root with a chance of at most e^-x, or e^-x/2 where neighbours
        # go together.
        gain = (np.sqrt(own) - np.sqrt(other))[between]
        if not (gain.sum() > 0 and np.square(gain.sum()) >= 2 * SURE * np.square(gain).sum()):
            continue
        # In a random walk, a season or sorted rows a neighbour is a good forecast: only where the truth says nothing
        # about its neighbours, up to four rows away (so that no period escapes), can fitting them be no merit.
        if all(abs(alike(step, rows[step:] - rows[:-step] == step)) < 0.3 for step in (1, 2, 3, 4)):
            return _Lag(late, float(own[between].mean()), float(other[between].mean()), pairs)
    return None


def _moved(sheet: Sheet, *, late: bool) -> str:
    """What puts predictions back beside their truth: the column that is ahead takes the cell of the line before."""
    columns = sheet.y_true if late else sheet.y_pred
    move = f"the predictions seem to stand one row too {'low' if late else 'high'}"
    if sheet.truth or (places := _places(sheet, columns)) is None:
        return move
    steps = "".join(f"t=${place};${place}=s{place};s{place}=t;" for place in places).removesuffix(";")
    return _awk(sheet, f"NF&&NR>1{{{steps}}}NR!=2") or move


def _divided(sheet: Sheet, role: str) -> str | None:
    columns = sheet.y_true if role == "y_true" else sheet.y_pred
    if (sheet.truth and role == "y_true") or (places := _places(sheet, columns)) is None:
        return None
    # A cell that is no number stays what it is.
    return _awk(sheet, "".join(f"NR>1&&${place}==${place}+0{{${place}/=100}}" for place in places) + "1")


# The commands.


def _compute(
    sheet: Sheet,
    *,
    text: str | None = "",
    y_true: Sequence[str] = (),
    y_pred: Sequence[str] = (),
    classes: Sequence[str] = (),
) -> str | None:
    """The user's command with something changed; None where it cannot be written, or the new text is None."""
    if text is None or sheet.path is None:
        return None
    words = ["lossctl", sheet.command, text or sheet.text, _file(sheet.path)]
    true, pred = _selected(sheet, y_true or sheet.y_true), _selected(sheet, y_pred or sheet.y_pred)
    return _command(sheet, [], words, true, pred, classes or _given_classes(sheet))


def _awk(sheet: Sheet, program: str) -> str | None:
    if sheet.delimiter is None:
        return None
    mark = {"\t": "\\t", " ": "[ ]"}.get(sheet.delimiter, sheet.delimiter)
    glue = {"\t": "\\t"}.get(sheet.delimiter, sheet.delimiter)
    digits = ["-v", "CONVFMT=%.17g"] if "/" in program else []  # all that a float64 has
    filter = ["awk", f"-F{mark}", "-v", f"OFS={glue}", *digits, program]
    return _piped(sheet, filter, _selected(sheet, sheet.y_true), _selected(sheet, sheet.y_pred))


def _piped(sheet: Sheet, filter: list[str], y_true: str | None, y_pred: str | None) -> str | None:
    """The user's command behind a filter that changes the file on its way."""
    if sheet.path is None:
        return None
    words = ["lossctl", sheet.command, sheet.text, "-"]
    return _command(sheet, [*filter, _file(sheet.path)], words, y_true, y_pred, _given_classes(sheet))


def _command(
    sheet: Sheet, filter: list[str], words: list[str], y_true: str | None, y_pred: str | None, classes: Sequence[str]
) -> str | None:
    import shlex  # only notes pay for it

    if y_true is None or y_pred is None or any("," in name or name != name.strip() for name in classes):
        return None
    words = [*words, *(["-t", y_true] if y_true.casefold() != "y_true" else [])]
    words += ["-p", y_pred] if y_pred.casefold() != "y_pred" else []
    words += ["--classes", ",".join(classes)] if classes else []
    words += sheet.options
    if words[2].startswith("-"):  # a LOSS with a negative factor is no option
        words = [*words[:2], *words[4:], "--", *words[2:4]]
    command = " | ".join(shlex.join(part) for part in (filter, words) if part)
    return command if command.isprintable() and len(command) <= LONGEST else None


def _given_classes(sheet: Sheet) -> tuple[str, ...]:
    """The names of the classes where the columns alone do not give them."""
    return () if sheet.classes in {None, _after_prefix(sheet.y_pred)} else sheet.classes or ()


def _file(path: str) -> str:
    """The path so that neither an option nor an assignment of awk is read into it."""
    return f"./{path}" if path[0] == "-" != path or ("=" in path and path[0] != "/") else path


def _selected(sheet: Sheet, columns: Sequence[str]) -> str | None:
    """What `-t` and `-p` take for these columns, the shortest that is sure; None where nothing is."""
    if not columns:
        return None
    if len(columns) == 1:
        return columns[0]
    prefix = _prefix(columns)
    if prefix and not sheet.truth and [name for name in sheet.names if name.startswith(prefix)] == [*columns]:
        return f"{prefix}*" if "*" not in prefix and "," not in prefix and ":" not in prefix else None
    return _in_turn(columns)


def _in_turn(columns: Sequence[str]) -> str | None:
    """The columns by name, None where a name would not survive it."""
    if len(columns) > 1 and any("," in name or name != name.strip() for name in columns):
        return None
    return ",".join(columns) or None


def _places(sheet: Sheet, columns: Sequence[str]) -> list[int] | None:
    """The numbers of the columns from 1, None where the file does not have them as columns of text."""
    if sheet.delimiter is None or not columns or not all(name in sheet.names for name in columns):
        return None
    return [sheet.names.index(name) + 1 for name in columns]


def _family(sheet: Sheet, classes: Sequence[str]) -> tuple[str, ...]:
    """Columns of the file that hold a probability for each of these classes, as their names say."""
    for prefix in _FAMILIES:
        columns = tuple(name for name in sheet.names if name.casefold().startswith(prefix))
        if len(columns) > 1 and sorted(_after_prefix(columns)) == sorted(classes):
            return columns
    return ()


def _prefix(columns: Sequence[str]) -> str:
    shared = os.path.commonprefix(list(columns))  # noqa: RUF071 — of letters, not of folders
    return shared[: max(shared.rfind(mark) for mark in "_-.") + 1]


def _after_prefix(columns: Sequence[str]) -> tuple[str, ...]:
    """The names of classes that the program gives to these columns."""
    return tuple(name[len(_prefix(columns)) :] for name in columns)


def _renamed(case: Case, sheet: Sheet, better: str) -> str:
    """The LOSS with another name for this loss, weights and parameters as they were."""
    import re  # only notes pay for it

    return re.sub(_NAME, lambda name: better if case.loss in spelled(name[0]) else name[0], sheet.text)


# The words.


def _shown(columns: Sequence[str], role: str) -> str:
    if not columns or (*columns,) == (role,):
        return role
    return quoted(columns[0]) if len(columns) == 1 else f"{quoted(columns[0])} to {quoted(columns[-1])}"


def _rows(case: Case) -> str:
    return f"{'all' if case.complete else 'the first'} {count(len(case.y_pred), 'row')}"


def _all_of(case: Case, sheet: Sheet, noun: str = "") -> str:
    number = f"{len(case.y_pred):,}"
    return f"{'all' if case.complete else 'the first'} {number}{f' {noun}s' * bool(noun)} of {_shown(sheet.y_pred, 'y_pred')}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"
