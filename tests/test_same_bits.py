"""Chunks, row order, formats and pipes: not a bit of difference."""

from __future__ import annotations

import json
import math
from contextlib import ExitStack
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tables
from hypothesis import given, settings
from hypothesis import strategies as st

from lossctl.engines.local import fold
from lossctl.losses.declare import every
from lossctl.losses.spec import parse
from lossctl.plan import planned
from lossctl.readers.columns import Asked, assembled
from lossctl.readers.locate import Options, locate
from lossctl.readers.table import Memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

    from lossctl.losses.declare import Loss
    from lossctl.results import Result

RNG = np.random.default_rng(20260101)
ROWS = 9000


def classes(rows: int) -> tables.Table:
    rng = np.random.default_rng(8)
    names = ["ant", "bee", "cat"]
    probabilities = rng.dirichlet([1, 2, 3], rows)
    columns = {f"p_{name}": probabilities[:, index].tolist() for index, name in enumerate(names)}
    return {"label": rng.choice(names, rows).tolist(), **columns, "w": rng.uniform(0, 3, rows).tolist()}


def result(source: Memory, loss: str, asked: Asked, rows: int) -> Result:
    header = source.header()
    plan = planned(parse(loss), header, asked, source.path, "mean")
    (totals,) = fold([plan], assembled(source, [plan.binding], rows))
    return plan.result("compute", "x", None, header, totals)


TABLES = pytest.mark.parametrize(
    ("table", "loss", "by"),
    [
        pytest.param(
            tables.regression, "mae,mse,rmse,msle,huber:delta=0.1,log_cosh,mse+0.5*mae", "region", id="regression"
        ),
        pytest.param(classes, "log_loss,sparse_cce:class_weight=[1,2,3]:label_smoothing=0.1", "label", id="classes"),
    ],
)


@TABLES
@pytest.mark.parametrize("weight", ["", "w"])
def test_chunks_and_order_never_show(table: Callable[[int], tables.Table], loss: str, by: str, weight: str) -> None:
    columns = table(ROWS)
    asked = Asked(weight=weight, by=(by,) if by else ())
    whole = result(Memory("x", "x", columns), loss, asked, ROWS)
    assert all(math.isfinite(value.value) for value in whole.values)
    for rows in (7, 4096):
        assert result(Memory("x", "x", columns), loss, asked, rows) == whole
    order = RNG.permutation(ROWS).tolist()
    shuffled = {name: [cells[row] for row in order] for name, cells in columns.items()}
    assert result(Memory("x", "x", shuffled), loss, asked, 4096) == whole
    few = {name: cells[:500] for name, cells in columns.items()}
    assert result(Memory("x", "x", few), loss, asked, 1) == result(Memory("x", "x", few), loss, asked, 500)


@pytest.mark.parametrize("loss", [loss for loss in every() if loss.elementwise], ids=lambda loss: loss.name)
def test_chunks_never_show_with_several_outputs(loss: Loss) -> None:
    rng = np.random.default_rng(3)
    columns = {role: rng.uniform(0, 1, (300, 5)) + (role == "upper") for role in loss.roles}
    source = Memory("x", "x", columns | {"y_true": rng.integers(0, 2, (300, 5)) * 1.0})
    text = tables.asked(loss)
    assert result(source, text, Asked(), 1) == result(source, text, Asked(), 7) == result(source, text, Asked(), 300)


@TABLES
@pytest.mark.parametrize("format", tables.FORMATS)
def test_formats_never_show(
    table: Callable[[int], tables.Table], loss: str, by: str, format: str, tmp_path: Path, run: Callable[..., Ran]
) -> None:
    columns = table(400)
    path = tmp_path / format
    path.write_bytes(tables.FORMATS[format](columns))
    arguments = ("--by", by, "-w", "w", "-f", "csv")
    expected = result(Memory("x", "x", columns), loss, Asked(weight="w", by=(by,) if by else ()), 400)
    ran = run("compute", loss, f"x={path}", *arguments)
    assert ran.err == ""
    values = [float(line.rpartition(",")[2]) for line in ran.out.splitlines()[1:]]
    assert values == [value.value for value in expected.values]
    assert ran.out.count("\n") == 1 + len(expected.values)


@pytest.mark.parametrize("format", tables.FORMATS)
def test_a_pipe_reads_like_a_file(format: str, shell: Callable[..., Ran]) -> None:
    data = tables.FORMATS[format](tables.regression(300))
    ran = shell("lossctl compute mse,huber -f value", stdin=data)
    columns = tables.regression(300)
    expected = [value.value for value in result(Memory("x", "x", columns), "mse,huber", Asked(), 300).values]
    assert (ran.code, ran.err) == (0, "")
    assert [float(line) for line in ran.out.split()] == expected


WORKED = [
    ("cce", [[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]], 1.176939193690798),
    ("bce", [[0], [1]], [[0.4], [0.6]], 0.5108256237659907),
    ("mae", [[0], [0]], [[1], [1]], 1.0),
    ("mse", [[0], [1]], [[1], [1]], 0.5),
    ("huber", [[0], [1]], [[0.6], [0.4]], 0.18),
]
"""The worked examples of the Keras documentation, computed by hand: (ln 20 - ln 19 + ln 10) / 2, -ln 0.6, and so on."""


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "expected"), WORKED)
def test_the_worked_examples_by_argument(
    loss: str, y_true: list[list[float]], y_pred: list[list[float]], expected: float, run: Callable[..., Ran]
) -> None:
    ran = run("compute", loss, "-t", json.dumps(y_true), "-p", json.dumps(y_pred), "-f", "value")
    assert (ran.out, ran.err, ran.code) == (f"{expected!r}\n", "", 0)


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "expected"), WORKED)
@pytest.mark.parametrize("format", tables.FORMATS)
def test_the_worked_examples_from_every_format(
    format: str,
    loss: str,
    y_true: list[list[float]],
    y_pred: list[list[float]],
    expected: float,
    tmp_path: Path,
    run: Callable[..., Ran],
) -> None:
    width = len(y_true[0])
    table: tables.Table = {}
    for role, rows in (("y_true", y_true), ("y_pred", y_pred)):
        for output in range(width):
            name = role if width == 1 else f"{role}_{output}"
            table[name] = [row[output] for row in rows]
    path = tmp_path / format
    path.write_bytes(tables.FORMATS[format](table))
    ran = run("compute", loss, str(path), "-f", "value")
    assert (ran.out, ran.err, ran.code) == (f"{expected!r}\n", "", 0)


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "expected"), WORKED)
@pytest.mark.parametrize(
    "format",
    [
        *("columns.json", "records.json", "lines.ndjson", "members.npz", "records.npy"),
        *("columns.parquet", "columns.arrow", "stream.arrows"),
    ],
)
def test_the_worked_examples_from_cells_that_are_lists(
    format: str,
    loss: str,
    y_true: list[list[float]],
    y_pred: list[list[float]],
    expected: float,
    tmp_path: Path,
    run: Callable[..., Ran],
) -> None:
    table: tables.Table = {"y_true": y_true, "y_pred": y_pred}
    if format == "records.npy":
        width = len(y_true[0])
        records = np.array(
            list(zip(map(tuple, y_true), map(tuple, y_pred), strict=True)),
            [("y_true", np.float64, (width,)), ("y_pred", np.float64, (width,))],
        )
        np.save(tmp_path / format, records)
    else:
        (tmp_path / format).write_bytes(tables.FORMATS[format](table))
    ran = run("compute", loss, str(tmp_path / format), "-f", "value")
    assert (ran.out, ran.err, ran.code) == (f"{expected!r}\n", "", 0)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_totals_add_in_any_grouping(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    table = {"y_true": rng.normal(size=60), "y_pred": rng.normal(size=60), "g": rng.integers(0, 3, 60)}
    source = Memory("x", "x", table)
    plan = planned(parse("mse,rmse"), source.header(), Asked(by=("g",)), "x", "mean")
    parts = [plan.total(plan.score(batch)) for (batch,) in assembled(source, [plan.binding], rows)]
    whole = reduce(add, parts, plan.empty)
    assert reduce(add, reversed(parts), plan.empty) == whole
    middle = len(parts) // 2
    assert reduce(add, parts[:middle], plan.empty) + reduce(add, parts[middle:], plan.empty) == whole


def test_a_careful_reader_keeps_the_line_of_each_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'y_true,note,y_pred\n1,"a\nb",1\n\n\n2,"c\r\nd\ne",2\n3,f,3\n')
    with ExitStack() as opened:
        (chunk,) = locate(str(path), Options(), opened).chunks(["y_true"])
    assert [chunk.origin.line(row) for row in range(3)] == [2, 6, 9]
