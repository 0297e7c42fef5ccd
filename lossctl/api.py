"""The jobs of the command line for Python."""

from __future__ import annotations

from contextlib import ExitStack
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lossctl.aggregates.mean import weighted
from lossctl.analysis.gates import Seen, Wish, chosen, gates, judged
from lossctl.engines.local import fold
from lossctl.errors import DataError, InputError, NoRowsError, UsageError, count, listed, quoted
from lossctl.guard import Guard
from lossctl.losses.spec import ALL, parse
from lossctl.plan import REDUCTIONS, Model, planned
from lossctl.readers.cells import as_text
from lossctl.readers.columns import LITERAL, Asked, assembled
from lossctl.readers.table import Memory
from lossctl.results import Input, Result
from lossctl.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from lossctl.aggregates.mean import Reduction
    from lossctl.comparisons import Comparison
    from lossctl.kinds import Floats
    from lossctl.losses.spec import Request
    from lossctl.plan import Scored
    from lossctl.readers.cells import Cells

_ROWS = 65_536


def compute(
    loss: str,
    y_true: ArrayLike | None = None,
    y_pred: ArrayLike | None = None,
    *,
    weight: ArrayLike | None = None,
    reduction: str = "mean",
    like: str = "exact",
    classes: Sequence[object] | None = None,
    positive: object = None,
    **roles: ArrayLike,
) -> float | Floats:
    """The value of one loss.

    Args:
        loss: one LOSS as on the command line: `mse`, `huber:delta=2`, `smooth_l1+0.5*bce`.
        y_true: shape (n,) or (n, k): values, class ids or class names.
        y_pred: shape (n,) or (n, k).
        weight: shape (n,), finite and at least 0; None for weights of 1.
        reduction: `mean` (Σwℓ / Σw), `sum` (Σwℓ), `mean-weight`, `mean-count` (Σwℓ / n), or `none`.
        like: the convention.
        classes: names of the classes, in the order of the columns of y_pred.
        positive: the y_true value that counts as 1 in losses of two classes; of a triplet the input of that name.
        roles: inputs by name, of losses that have others: `var`, `lower`, `upper`, `anchor`; shape (n,) or (n, k).

    Returns:
        The value; with `none` the loss of each row, multiplied by its weight, shape (n,).

    Raises:
        LossctlError: the loss does not exist, or the data are not what it takes; a `ValueError`.

    Example:
        >>> compute("huber:delta=2", [0.0, 1.0], [0.5, 5.0])
        3.0625
    """
    request = _request("compute", loss, like, reduction=reduction)
    if reduction not in {*REDUCTIONS, "none"}:
        raise UsageError(f"reduction is {listed([*REDUCTIONS, 'none'], 'or')}, not {quoted(reduction)}")
    given, positive = _given([request], {"y_true": y_true, "y_pred": y_pred, **roles}, positive)
    arrays = _by_role(request, given)
    arrays |= {} if weight is None else {"weight": weight}
    source = _source(arrays)
    header = source.header()
    asked = _asked(source, "y_pred", classes, positive)
    plan = planned([request], header, asked, LITERAL, "mean" if reduction == "none" else cast("Reduction", reduction))
    of_rows: list[Floats] = []

    def watch(scored: Sequence[Scored]) -> None:
        of_rows.extend(
            weighted(losses.values, part.batch.weight)
            for part in scored
            for losses in part.losses
            if losses is not None
        )

    batches = assembled(source, [plan.binding], _ROWS)
    (totals,) = fold([plan], batches, watch if reduction == "none" else None)
    if reduction == "none":
        plan.judge(LITERAL, totals)
        return np.concatenate(of_rows)
    return plan.result("compute", LITERAL, None, header, totals).values[0].value


def check(
    y_true: ArrayLike | None = None,
    y_pred: ArrayLike | None = None,
    *,
    max: Mapping[str, float] | None = None,
    min: Mapping[str, float] | None = None,
    max_row: Mapping[str, float] | None = None,
    min_skill: Mapping[str, float] | None = None,
    min_rows: int | None = None,
    baseline: str | PathLike[str] | None = None,
    tolerance: Mapping[str, float | str] | None = None,
    by: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    reduction: str = "mean",
    like: str = "exact",
    classes: Sequence[object] | None = None,
    positive: object = None,
    **roles: ArrayLike,
) -> Verdict:
    """Hold losses to limits, as `lossctl check` does; no settings are read.

    Args:
        y_true: shape (n,) or (n, k): values, class ids or class names.
        y_pred: shape (n,) or (n, k).
        max: by LOSS the largest value allowed.
        min: by LOSS the smallest value allowed.
        max_row: by LOSS the largest value allowed for each row.
        min_skill: by LOSS the smallest skill allowed: 1 - loss / loss of the best constant prediction.
        min_rows: how many rows there must be.
        baseline: the path of an earlier result in JSON, than which losses must be no worse.
        tolerance: by LOSS how much worse than the baseline is allowed: 0.01, or "2%" of its size.
        by: shape (n,), the group of each row; limits hold for each group and for all rows.
        weight: shape (n,), finite and at least 0; None for weights of 1.
        reduction: `mean` (Σwℓ / Σw), `sum` (Σwℓ), `mean-weight` or `mean-count` (Σwℓ / n).
        like: the convention.
        classes: names of the classes, in the order of the columns of y_pred.
        positive: the y_true value that counts as 1 in losses of two classes; of a triplet the input of that name.
        roles: inputs by name, as `compute` takes them.

    Returns:
        The verdict: `passed`, `exit_code`, and `checks`, one for each gate and group.

    Raises:
        LossctlError: a loss does not exist, or the data are not what it takes; a `ValueError`.

    Example:
        >>> check([0.0, 1.0], [0.5, 5.0], max={"mse": 9}).passed
        True
    """
    _refuse_no_text(reduction=reduction, like=like)
    if reduction not in REDUCTIONS:
        raise UsageError(f"reduction is {listed(REDUCTIONS, 'or')}, not {quoted(reduction)}")
    if not isinstance(baseline, str | PathLike | None):
        raise UsageError(f"baseline is a path, not {quoted(baseline)}", help="lossctl compute LOSS FILE --json -o FILE")
    baseline_result = None if baseline is None else _earlier(fspath(baseline))
    wishes = [
        *_wishes("max", max),
        *_wishes("min", min),
        *_wishes("max-row", max_row),
        *_wishes("min-skill", min_skill),
        *_wishes("tolerance", tolerance),
    ]
    losses = None if baseline_result is None else [value.text for value in baseline_result.values]
    gated = gates(wishes, "" if min_rows is None else str(min_rows), like, losses, python=True)
    given, positive = _given(gated.requests, {"y_true": y_true, "y_pred": y_pred, **roles}, positive)
    arrays: dict[str, ArrayLike] = {}
    for request in gated.requests:
        words = {word for loss in request.candidates for word in loss.words}
        alone = len(gated.requests) == 1
        arrays |= _by_role(request, {word: values for word, values in given.items() if alone or word in words})
    arrays |= {name: values for name, values in (("weight", weight), ("by", by)) if values is not None}
    limits = None if baseline_result is None else chosen(baseline_result, str(baseline), LITERAL)
    try:
        source = _source(arrays)
    except NoRowsError as error:
        nothing = Result("check", (Input(LITERAL, None, 0, 0, 0, 0, {}),))
        return Verdict(tuple(judged(gated, Seen(nothing, emptiness=error.message), limits)))
    header = source.header()
    plan = planned(gated.requests, header, _asked(source, "y_pred", classes, positive), LITERAL, reduction)
    guard = Guard.of(plan, gated)
    (known,) = fold([guard], assembled(source, [plan.binding], _ROWS))
    seen = guard.seen(LITERAL, None, header, known, counted=gated.only_counts)
    return Verdict(tuple(judged(gated, seen, limits)))


def _wishes(gate: str, limits: Mapping[str, float | str] | None) -> list[Wish]:
    if limits is None:
        return []
    if not hasattr(limits, "items"):
        raise UsageError(
            f"{gate} is a mapping of LOSS to limit, not {quoted(limits)}", help='write it like {"mse": 0.1}'
        )
    return [Wish(gate, str(loss), str(limit)) for loss, limit in limits.items()]


def _earlier(path: str) -> Result:
    from lossctl.readers.earlier import earlier  # reading files is for those who name one
    from lossctl.readers.streams import open_path

    with ExitStack() as opened:
        result = earlier(path, opened)
        if result is None:
            raise InputError(
                f"{open_path(path, opened).path}: it holds no earlier result",
                help="lossctl compute LOSS FILE --json writes one",
            )
    return result


def _refuse_no_text(**given: object) -> None:
    for name, text in given.items():
        if not isinstance(text, str):
            raise UsageError(f"{name} is text, not {quoted(text)}", help="a LOSS is like huber:delta=2")


def compare(
    loss: str,
    y_true: ArrayLike,
    base: ArrayLike,
    new: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    like: str = "exact",
    classes: Sequence[object] | None = None,
    positive: object = None,
    confidence: float = 0.95,
    bootstrap: int = 0,
    seed: int = 0,
) -> Comparison:
    """The loss of one model held against that of another on the same rows: is it better, or is it chance?

    Args:
        loss: one LOSS as on the command line: `mse`, `huber:delta=2`, `smooth_l1+0.5*bce`.
        y_true: shape (n,) or (n, k): values, class ids or class names.
        base: what the model compared with predicts, shape (n,) or (n, k).
        new: what the model compared predicts, likewise.
        weight: shape (n,), finite and at least 0; None for weights of 1.
        like: the convention.
        classes: names of the classes, in the order of the columns of the predictions.
        positive: the y_true value that counts as 1 in losses of two classes.
        confidence: of the interval, from 0.5 to below 1.
        bootstrap: how many replicates give interval and p-value; 0 for Student's t, or of few rows a sign-flip test.
        seed: of the bootstrap, and of tests on few rows.

    Returns:
        Values, difference, interval, p-value and verdict; lower is better.

    Raises:
        LossctlError: the loss does not exist, or the data are not what it takes; a `ValueError`.

    Example:
        >>> compare("mae", [1.0, 2.0, 3.0], [2.0, 2.5, 3.0], [1.5, 2.0, 3.0]).difference
        -0.3333333333333333
    """
    from lossctl.analysis.comparison import CONFIDENCES, How, is_confidence
    from lossctl.pairing import FEWEST_REPLICATES, MOST_REPLICATES, Options, Pairing

    request = _request("compare", loss, like)
    if not is_confidence(confidence):
        raise UsageError(f"confidence is {CONFIDENCES}, not {quoted(confidence)}")
    for name, number in (("bootstrap", bootstrap), ("seed", seed)):
        if not _is_count(number, MOST_REPLICATES):
            raise UsageError(f"{name} is a whole number from 0 to {MOST_REPLICATES:,}, not {quoted(number)}")
    if 0 < bootstrap < FEWEST_REPLICATES:
        raise UsageError(f"bootstrap is 0 or at least {FEWEST_REPLICATES} replicates, not {bootstrap}")
    source = _source({"y_true": y_true, "base": base, "new": new} | ({} if weight is None else {"weight": weight}))
    header = source.header()
    models = [
        Model(
            planned([request], header, _asked(source, name, classes, positive), LITERAL, "mean"),
            name,
            None,
            header,
        )
        for name in ("base", "new")
    ]
    pairing = Pairing.of(models, Options(How(float(confidence), int(seed)), int(bootstrap)))
    batches = assembled(source, [model.plan.binding for model in models], _ROWS)
    (known,) = fold([pairing], ((batch,) for batch in batches))
    return pairing.result(known).comparisons[0]


def _request(call: str, loss: str, like: str, **texts: str) -> Request:
    """The one loss that a call asks for."""
    _refuse_no_text(loss=loss, **texts, like=like)
    if like == ALL:
        raise UsageError(f"{call} takes one convention, not all", help="call it for each")
    requests = parse(loss, like)
    if len(requests) != 1:
        raise UsageError(f"{call} takes one LOSS, and {quoted(loss)} is {len(requests)}", help="call it for each")
    return requests[0]


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, (int, np.integer)) and bool(0 <= value <= most)


def _refuse_labels(classes: Sequence[object] | None, positive: object) -> None:
    if classes is not None and (isinstance(classes, str) or not np.iterable(classes)):
        raise UsageError(f"classes is a list of names, not {quoted(classes)}", help='write it like ["cat", "dog"]')
    if isinstance(positive, str) and not positive:
        raise UsageError("positive is an empty text, which no label is", help="None stands for no label")


def _source(arrays: Mapping[str, ArrayLike]) -> Memory:
    """The arrays as columns of one length."""
    columns = {name: _cells(name, values) for name, values in arrays.items()}
    first, rows = next((name, len(column)) for name, column in columns.items())
    for name, column in columns.items():
        if len(column) != rows:
            raise DataError(f"{first} has {count(rows, 'row')} and {name} has {len(column):,}")
    return Memory(LITERAL, LITERAL, columns)


def _asked(source: Memory, y_pred: str, classes: Sequence[object] | None, positive: object) -> Asked:
    _refuse_labels(classes, positive)
    there = {name: name if name in source.columns else "" for name in ("y_true", y_pred, "weight", "by")}
    return Asked(
        y_true=there["y_true"],
        y_pred=there[y_pred],
        weight=there["weight"],
        by=("by",) if there["by"] else (),
        classes=() if classes is None else tuple(map(as_text, classes)),
        positive="" if positive is None else as_text(positive),
    )


def _given(
    requests: Sequence[Request], inputs: Mapping[str, ArrayLike | None], positive: object
) -> tuple[dict[str, ArrayLike], object]:
    """The inputs that are given, and the label that counts as 1; `positive` is an input of losses that have it."""
    if any("positive" in loss.words for request in requests for loss in request.candidates):
        inputs, positive = {**inputs, "positive": cast("ArrayLike | None", positive)}, None
    return {name: values for name, values in inputs.items() if values is not None}, positive


def _by_role(request: Request, given: Mapping[str, ArrayLike]) -> dict[str, ArrayLike]:
    """The inputs of a loss by their roles."""
    name = request.candidates[0].name
    words = {word: role for loss in request.candidates for word, role in loss.words.items()}
    wanted = dict.fromkeys(role for loss in request.candidates for role in loss.roles)
    arrays: dict[str, ArrayLike] = {}
    for word, values in given.items():
        role = words.get(word)
        if role is None:
            raise UsageError(f"{name} has no input {quoted(word)}", help=f"its inputs are {listed(wanted)}")
        if role in arrays:
            raise UsageError(f"{name} is given {role} twice", help="give each input once")
        arrays[role] = values
    if lacking := [role for role in wanted if role not in arrays]:
        are = "is" if len(lacking) == 1 else "are"
        raise UsageError(
            f"{name} takes {listed(wanted)}, and {listed(lacking)} {are} not given", help="give it by name"
        )
    return {role: arrays[role] for role in wanted}


def _cells(name: str, values: ArrayLike) -> Cells:
    if isinstance(values, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(values)
        values = np.asarray(values.data, object)
        values[masked] = None  # a masked value is missing
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        if isinstance(values, (list, tuple)):  # of unequal length: the row is named where cells become arrays
            return list(values)
        raise DataError(f"{name} cannot be read as an array: {error}", help="np.asarray must take it") from None
    if array.shape[:1] == (0,):
        raise NoRowsError(f"{name} holds no rows", help="at least one row is needed")
    if array.ndim > 2 or 0 in array.shape:
        raise DataError(f"{name} has shape {array.shape}, not (rows,) or (rows, outputs)")
    if array.dtype.kind not in "fiubUSO":
        raise DataError(f"{name} holds {array.dtype}, neither numbers nor text", help="convert it to float first")
    array = np.atleast_1d(array)
    return [_cell(cell) for cell in array.tolist()] if array.dtype.kind not in "fiubU" else array


def _cell(cell: Any) -> Any:
    """A cell of an array of objects as JSON has it: a decimal is a number, an array a list."""
    if isinstance(cell, np.ndarray):
        return _cell(cell.tolist())
    if isinstance(cell, list):
        return [_cell(part) for part in cell]
    if isinstance(cell, (str, int, float, np.generic)) or not hasattr(cell, "__float__"):
        return cell
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return cell
