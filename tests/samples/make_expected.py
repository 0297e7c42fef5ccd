"""Ask pandas and scikit-learn for the losses of the samples, and write them into expected.json beside this file.

    python tests/samples/make_expected.py

"compute" holds calls of scikit-learn and SciPy and what they gave; the text of a call is what is run, and `t` in it is
the sample, or one group of it, as pandas reads it. "breakdown" holds how the losses of single rows are spread. The
tests read the numbers and need neither library.

A breakdown is:

    value, total    what `compute` prints, and the sum behind it
    min … max       of the losses of single rows; quantiles are interpolated linearly
    carried         which part of the total lies in the worst 1, 5, 10 and 50 % of the rows, rounded up to whole rows
    worst           the ten worst rows, counted from 1, the earlier first among equals, and their losses
    groups          rows, value, part of the total and worst row of each group

A row of `rmse` is an absolute error, but its total, and so every value and part of it, is that of the squares.
"""

from __future__ import annotations

import json
import math
import os
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = os.path.dirname(__file__)
SAMPLES = os.path.join(HERE, "..", "..", "samples")
EXPECTED = os.path.join(HERE, "expected.json")
LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy")
WHERE = {"metrics": "sklearn.metrics", "special": "scipy.special"}
NEAR_TIE = 1e-10

Losses = NDArray[np.float64]

REGRESSIONS = (
    ("diabetes.csv", "ridge", "sex"),
    ("diabetes.csv", "boosting", "sex"),
    ("ink.csv", "poisson", "digit"),
    ("ink.csv", "boosting", "digit"),
    ("ink.json", "poisson", "digit"),
    ("ink.json", "boosting", "digit"),
    ("ink.parquet", "poisson", "digit"),
    ("ink.parquet", "boosting", "digit"),
)
POSITIVE = ("--positive", "malignant")


class Ask(NamedTuple):
    """A command line without its first word, the call that gives its number, and the column of its groups, if any."""

    arguments: tuple[str, ...]
    call: str
    by: str = ""


class Spread(NamedTuple):
    """The arguments that choose a loss, the losses of its rows, and the column that makes groups."""

    arguments: tuple[str, ...]
    losses: Callable[[Any], Any]
    by: str


def asks() -> Iterator[Ask]:
    """The losses of every sample, over all rows and by group."""
    for ask in _asks():
        yield ask._replace(by="")
        yield ask._replace(arguments=(*ask.arguments, "--by", ask.by))


def _asks() -> Iterator[Ask]:
    for file, p, by in REGRESSIONS:
        for loss, call in (
            ("mse", f"metrics.mean_squared_error(t.y_true, t.{p})"),
            ("mae", f"metrics.mean_absolute_error(t.y_true, t.{p})"),
            ("rmse", f"metrics.root_mean_squared_error(t.y_true, t.{p})"),
            ("msle", f"metrics.mean_squared_log_error(t.y_true, t.{p})"),
            ("quantile:level=0.9", f"metrics.mean_pinball_loss(t.y_true, t.{p}, alpha=0.9)"),
            ("huber:delta=10", f"special.huber(10, t.y_true - t.{p}).mean()"),
        ):
            yield Ask((loss, file, "-p", p), call, by)

    log_loss = "metrics.log_loss(t.truth == 'malignant', {}, labels=[False, True])"
    yield Ask(("bce", "cancer.json", *POSITIVE), log_loss.format("t.prob"), "truth")
    for model in ("logistic", "boosting"):
        prob, logit = f"{model}_prob", f"{model}_logit"
        yield Ask(("bce", "cancer.csv", "-p", prob, *POSITIVE), log_loss.format(f"t.{prob}"), "size")
        call = log_loss.format(f"special.expit(t.{logit})")
        yield Ask(("bce_logits", "cancer.csv", "-p", logit, *POSITIVE), call, "size")
        call = f"metrics.hinge_loss(t.truth, t.{logit}, labels=['benign', 'malignant'])"
        yield Ask(("hinge", "cancer.csv", "-p", logit, *POSITIVE), call, "size")

    # scikit-learn takes the columns in the order of the sorted labels.
    names = ["barbera", "barolo", "grignolino"]
    call = f"metrics.log_loss(t.label, t[{[f'p_{name}' for name in names]}], labels={names})"
    yield Ask(("log_loss", "wine.csv"), call, "label")
    softmax = f"special.softmax(t[{[f'logit_{name}' for name in names]}].to_numpy(), axis=1)"
    yield Ask(("cross_entropy", "wine_logits.csv"), f"metrics.log_loss(t.label, {softmax}, labels={names})", "label")
    call = "metrics.log_loss(t.label, t.loc[:, 'p_0':'p_9'], labels=range(10))"
    yield Ask(("log_loss", "digits.ndjson"), call, "label")


def spreads() -> Iterator[Spread]:
    """Every sample with the losses that fit it."""
    for file, p, by in REGRESSIONS:
        yield Spread(("mse", file, "-p", p), partial(squared, p=p), by)
        yield Spread(("mae", file, "-p", p), partial(absolute, p=p), by)
        yield Spread(("rmse", file, "-p", p), partial(absolute, p=p), by)
    yield Spread(("bce", "cancer.json", *POSITIVE), partial(bce, p="prob"), "truth")
    for model in ("logistic", "boosting"):
        prob, logit = f"{model}_prob", f"{model}_logit"
        yield Spread(("bce", "cancer.csv", "-p", prob, *POSITIVE), partial(bce, p=prob), "size")
        yield Spread(("bce_logits", "cancer.csv", "-p", logit, *POSITIVE), partial(bce_logits, p=logit), "size")
    yield Spread(("sparse_cce", "wine.csv"), sparse_cce, "label")
    yield Spread(("sparse_cce_logits", "wine_logits.csv"), sparse_cce_logits, "label")
    yield Spread(("sparse_cce", "digits.ndjson"), sparse_cce, "label")


def squared(t: Any, p: str) -> Any:
    """Squared errors."""
    return (t.y_true - t[p]) ** 2


def absolute(t: Any, p: str) -> Any:
    """Absolute errors."""
    return (t.y_true - t[p]).abs()


def bce(t: Any, p: str) -> Any:
    """The logarithm of the probability that a model gave to the truth."""
    special = import_module("scipy.special")
    true = t.truth == "malignant"
    return -special.xlogy(true, t[p]) - special.xlog1py(~true, -t[p])


def bce_logits(t: Any, p: str) -> Any:
    """The same from decision values."""
    return np.logaddexp(0.0, np.where(t.truth == "malignant", -t[p], t[p]))


def sparse_cce(t: Any) -> Any:
    """The logarithm of the probability of the true class."""
    return -np.log([t.at[row, f"p_{label}"] for row, label in t.label.items()])


def sparse_cce_logits(t: Any) -> Any:
    """The logarithm of 1 + Σ exp(z - z of the true class) over the other classes, which keeps small losses exact."""
    logits = t.filter(like="logit_")
    own = [f"logit_{label}" for label in t.label]
    true = np.array([logits.at[row, column] for row, column in zip(logits.index, own, strict=True)])
    others = np.array([[column != name for column in logits] for name in own])
    return np.log1p(np.exp(logits.to_numpy() - true[:, None]).sum(axis=1, where=others))


def read(file: str) -> Any:
    """A sample as pandas reads it; Parquet as Polars does, which needs no further library."""
    pd = import_module("pandas")
    path = os.path.join(SAMPLES, file)
    if file.endswith(".parquet"):
        return pd.DataFrame(import_module("polars").read_parquet(path).to_dict(as_series=False))
    if file.endswith(".csv"):
        return pd.read_csv(path)
    return pd.read_json(path, lines=file.endswith(".ndjson"), precise_float=True)


def computed(ask: Ask) -> dict[str, Any]:
    """What a call gives, for each group in order and for all rows."""
    names = {name: import_module(module) for name, module in WHERE.items()}
    table = read(ask.arguments[1])
    parts = [part for _, part in table.groupby(ask.by)] if ask.by else []
    # The text that is stored is the text that was run.
    values = [float(eval(ask.call, {**names, "t": part})) for part in (*parts, table)]
    return {"arguments": ask.arguments, "call": ask.call, "values": values}


def spread(ask: Spread) -> dict[str, Any]:
    """How the losses of the rows of a sample are spread."""
    loss, file, *_ = ask.arguments
    table = read(file)
    losses: Losses = np.asarray(ask.losses(table), np.float64) + 0.0  # a loss of -0.0 is 0.0
    terms: Losses = losses**2 if loss == "rmse" else losses
    total = math.fsum(terms)
    order = np.argsort(-losses, kind="stable")
    _refuse_near_ties(losses[order[:11]], ask)
    groups = []
    for name, rows in sorted(table.groupby(ask.by).indices.items()):
        within = rows[np.argsort(-losses[rows], kind="stable")]
        _refuse_near_ties(losses[within[:2]], ask)
        groups.append(
            {
                "group": str(name),
                "n": len(rows),
                "value": _mean(loss, terms[rows]),
                "share": math.fsum(terms[rows]) / total,
                "worst": int(within[0]) + 1,
            }
        )
    return {
        "arguments": ask.arguments,
        "n": len(losses),
        "value": _mean(loss, terms),
        "total": total,
        "min": losses.min(),
        "median": np.quantile(losses, 0.5),
        "p90": np.quantile(losses, 0.9),
        "p99": np.quantile(losses, 0.99),
        "max": losses.max(),
        "carried": {
            str(percent): math.fsum(terms[order[: -(-percent * len(losses) // 100)]]) / total
            for percent in (1, 5, 10, 50)
        },
        "worst": [int(row) + 1 for row in order[:10]],
        "worst_losses": losses[order[:10]].tolist(),
        "by": ask.by,
        "groups": groups,
    }


def _mean(loss: str, terms: Losses) -> float:
    mean = math.fsum(terms) / len(terms)
    return math.sqrt(mean) if loss == "rmse" else mean


def _refuse_near_ties(falling: Losses, ask: Spread) -> None:
    """A rank that hangs on the last digits is nothing to test."""
    gaps = -np.diff(falling)
    if ((gaps > 0) & (gaps < NEAR_TIE * falling[:-1])).any():
        raise ValueError(f"{' '.join(ask.arguments)}: two of the worst rows are almost the same")


def main() -> None:
    """Write the expected numbers, a case a line."""
    parts = {
        "versions": json.dumps({name: version(name) for name in LIBRARIES}),
        "compute": _lines([computed(ask) for ask in asks()]),
        "breakdown": _lines([spread(ask) for ask in spreads()]),
    }
    with open(EXPECTED, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(f'"{name}": {text}' for name, text in parts.items()) + "\n}\n")


def _lines(cases: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]"


if __name__ == "__main__":
    main()
