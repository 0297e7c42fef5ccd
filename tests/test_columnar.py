"""Parquet and Arrow: what the types of their columns become, and what is said where a float64 cannot hold them."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import tables

from lossctl.readers import arrow
from lossctl.readers.cells import unheld
from lossctl.readers.locate import Options, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from conftest import Ran

    from lossctl.readers.table import Chunk

BIG = 2**53


def chunks(path: Path, *names: str) -> list[Chunk]:
    with ExitStack() as opened:
        return list(locate(str(path), Options(), opened).chunks(names))


def cells(chunk: Chunk, name: str = "c") -> tuple[str, list[Any]]:
    column = chunk.columns[name]
    return (str(column.dtype), column.tolist()) if isinstance(column, np.ndarray) else ("list", list(column))


nan = float("nan")
TYPES = [
    ("float64", pl.Series([1.5, None, -0.0]), "float64", [1.5, nan, -0.0]),
    ("float32", pl.Series([0.1, None], dtype=pl.Float32), "float32", [float(np.float32(0.1)), nan]),
    ("float16", pl.Series([0.1, 2.0], dtype=pl.Float16), "float16", [float(np.float16(0.1)), 2.0]),
    ("int8", pl.Series([1, -128], dtype=pl.Int8), "int8", [1, -128]),
    ("int64", pl.Series([1, None]), "float64", [1.0, nan]),
    ("large-int64", pl.Series([BIG + 1, None]), "list", [BIG + 1, None]),
    ("uint64", pl.Series([1, 2**64 - 1], dtype=pl.UInt64), "uint64", [1, 2**64 - 1]),
    ("int128", pl.Series([1, None], dtype=pl.Int128), "float64", [1.0, nan]),
    ("large-int128", pl.Series([2**100, 1], dtype=pl.Int128), "list", [str(2**100), "1"]),
    ("bool", pl.Series([True, False]), "bool", [True, False]),
    ("bool-with-null", pl.Series([True, None]), "list", [True, None]),
    ("decimal", pl.Series([Decimal("1.10"), None, Decimal("-2.35")]), "float64", [1.1, nan, -2.35]),
    ("long-decimal", pl.Series([Decimal("1.00"), Decimal("12345678901234567.89")]), "list", ["1.00", "12345678901234567.89"]),
    ("small-decimal", pl.Series(["0.0000000000000000000000001"]).cast(pl.Decimal(38, 25)), "list", ["0.0000000000000000000000001"]),
    ("text", pl.Series(["1", None, "x"]), "list", ["1", None, "x"]),
    ("categorical", pl.Series(["b", "a", None], dtype=pl.Categorical), "list", ["b", "a", None]),
    ("enum", pl.Series(["b", "a"], dtype=pl.Enum(["a", "b"])), "list", ["b", "a"]),
    ("null", pl.Series([None, None]), "list", [None, None]),
    ("lists", pl.Series([[1.0, 2.0], [3.0, None]]), "float64", [[1.0, 2.0], [3.0, nan]]),
    ("arrays", pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int16, 2)), "int16", [[1, 2], [3, 4]]),
    ("lists-of-decimals", pl.Series([[Decimal("0.1"), Decimal("0.2")]]), "float64", [[0.1, 0.2]]),
    ("lists-of-bools", pl.Series([[True, False]]), "bool", [[True, False]]),
    ("lists-of-text", pl.Series([["a"], ["b"]]), "list", [["a"], ["b"]]),
    ("ragged", pl.Series([[1.0, 2.0], [], None, [3.0]]), "list", [[1.0, 2.0], [], None, [3.0]]),
    ("empty-lists", pl.Series([[], []], dtype=pl.List(pl.Int64)), "list", [[], []]),
    ("lists-of-lists", pl.Series([[[1], [2]], [[3], [4]]]), "list", [[[1], [2]], [[3], [4]]]),
    ("lists-of-arrays", pl.Series([[[1, 2]]], dtype=pl.List(pl.Array(pl.Int8, 2))), "list", [[[1, 2]]]),
]  # fmt: skip


@pytest.mark.parametrize(("column", "kind", "values"), [case[1:] for case in TYPES], ids=[case[0] for case in TYPES])
@pytest.mark.parametrize("write", [tables.parquet, tables.arrow, tables.FORMATS["stream.arrows"]])
def test_types(column: pl.Series, kind: str, values: list[Any], write: Callable[..., bytes], tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(write({"c": column}))
    (chunk,) = chunks(tmp_path / "a", "c")
    found, given = cells(chunk)
    assert (found, repr(given)) == (kind, repr(values))


@pytest.mark.parametrize(
    ("array", "rows"),
    [
        (np.array([BIG, -BIG, BIG + 2]), []),
        (np.array([BIG + 1, 5, -BIG - 1]), [0, 2]),
        (np.array([2**63 - 1, -(2**63), 2**62]), [0]),
        (np.array([2**64 - 1, 2**63, 2**63 + 2**11], np.uint64), [0]),
        (np.array([[1, BIG + 1], [1, 2]]), [0]),
        (np.array([BIG + 1.0]), []),
        (np.array([1, 2], np.int32), []),
        (np.array([], np.int64), []),
    ],
)
def test_whole_numbers_that_no_float64_is(array: Any, rows: Sequence[int]) -> None:
    mask = unheld(array)
    assert [*([] if mask is None else np.flatnonzero(mask))] == [*rows]
    held = [row for row in range(len(array)) if row not in rows]
    assert all((np.array(array[row], object) == np.array(array[row].astype(float), object)).all() for row in held)


@pytest.mark.parametrize("format", ["parquet", "arrow", "npy", "npz"])
def test_rounded_numbers_are_counted(format: str, run: Callable[..., Ran], tmp_path: Path) -> None:
    true, pred = np.arange(10) + BIG, np.arange(10)
    path = tmp_path / f"a.{format}"
    if format == "npz":
        np.savez(path, y_true=true, y_pred=pred, w=true)
    elif format == "npy":
        records = np.array(
            [*zip(true, pred, true, strict=True)], [(name, np.int64) for name in ("y_true", "y_pred", "w")]
        )
        np.save(path, records)
    else:
        path.write_bytes(getattr(tables, format)({"y_true": true, "y_pred": pred, "w": true}))
    ran = run("compute", "mae", f"a={path}", "--json", "-w", "w")
    warnings = json.loads(ran.out)["warnings"]
    assert [(warning["code"], warning["rows"]) for warning in warnings] == [("rounded-numbers", [2, 4, 6, 8, 10])] * 2
    message = (
        "5 rows of {} hold numbers with more digits than a float64 has (first row 2); they were rounded to the nearest"
    )
    assert ran.err == "".join(
        f"lossctl: note: a: {message.format(role)} [rounded-numbers]\n" for role in ("weight", "y_true")
    )
    assert run("compute", "mae", str(path), "-w", "w", "-q").err == ""
    told = json.loads(run("compute", "mae", str(path), "--where", "y_pred=2", "--json").out)
    assert (told["warnings"], told["results"][0]["value"]) == ([], BIG)


def test_rounded_decimals_are_counted_and_rounded_as_text_is(run: Callable[..., Ran], tmp_path: Path) -> None:
    texts = ["0.1", "12345678901234567890.12", "0.30000000000000004", "9007199254740993.00"]
    (tmp_path / "a.parquet").write_bytes(
        tables.parquet({"y_true": pl.Series(texts).cast(pl.Decimal(38, 17)), "y_pred": [0.0] * 4})
    )
    (tmp_path / "a.csv").write_text("y_true,y_pred\n" + "".join(f"{text},0\n" for text in texts))
    ran = run("compute", "mae", f"a={tmp_path}/a.parquet", "-f", "value")
    assert ran.out == run("compute", "mae", f"{tmp_path}/a.csv", "-f", "value").out
    assert ran.err == (
        "lossctl: note: a: 2 rows of y_true hold numbers with more digits than a float64 has (first row 2); "
        "they were rounded to the nearest [rounded-numbers]\n"
    )


def test_ids_and_groups_keep_all_digits(run: Callable[..., Ran], tmp_path: Path) -> None:
    ids = [2**60 + row for row in range(6)]
    (tmp_path / "pred.parquet").write_bytes(tables.parquet({"id": ids[::-1], "y_pred": [5.0, 4, 3, 2, 1, 0]}))
    (tmp_path / "truth.arrow").write_bytes(tables.arrow({"id": ids, "y_true": [0, 1, 2, 3, 4, 5], "g": ids}))
    arguments = (f"{tmp_path}/pred.parquet", "--truth", f"{tmp_path}/truth.arrow", "--id", "id")
    ran = run("compute", "mae", *arguments, "-g", "g", "-f", "csv")
    assert ran.err == ""
    assert [line.split(",")[5:9:3] for line in ran.out.splitlines()[1:]] == [
        *([f"g={id}", "0.0"] for id in ids),
        ["", "0.0"],
    ]


def test_rounded_numbers_of_a_joined_truth_are_counted(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "pred.csv").write_text("id,y_pred\nb,1\na,1\n")
    (tmp_path / "truth.parquet").write_bytes(tables.parquet({"id": ["a", "b"], "y_true": [1, BIG + 1]}))
    for join in ((), ("--id", "id")):
        ran = run("compute", "mae", f"{tmp_path}/pred.csv", "--truth", f"{tmp_path}/truth.parquet", *join, "--json")
        (warning,) = json.loads(ran.out)["warnings"]
        assert (warning["code"], warning["rows"]) == ("rounded-numbers", [1 if join else 2])


@pytest.mark.parametrize("write", [tables.parquet, tables.arrow])
def test_labels_of_every_type(write: Callable[..., bytes], run: Callable[..., Ran], tmp_path: Path) -> None:
    def value(loss: str, *arguments: str, **columns: Any) -> str:
        (tmp_path / "a").write_bytes(write(columns))
        ran = run("compute", loss, str(tmp_path / "a"), *arguments, "-f", "value", "-q")
        assert ran.err == ""
        return ran.out

    p = [0.25, 0.5, 0.5]
    bce = value("bce", y_true=[1.0, 0.0, 1.0], y_pred=p)
    assert value("bce", y_true=[True, False, True], y_pred=p) == bce
    assert value("bce", "--nan", "drop", y_true=[True, None, False, True], y_pred=[0.25, 1, 0.5, 0.5]) == bce
    assert (
        value("bce", "--positive", "spam", y_true=pl.Series(["spam", "ham", "spam"], dtype=pl.Categorical), y_pred=p)
        == bce
    )
    classes = {"p_0": [0.25, 0.5, 0.5], "p_1": [0.75, 0.5, 0.5]}
    cce = value("sparse_cce", y_true=["0", "1", "1"], **classes)
    for labels in (
        pl.Series([0, 1, 1], dtype=pl.UInt8),
        pl.Series([0.0, 1.0, 1.0], dtype=pl.Float32),
        pl.Series([Decimal("0.0"), Decimal("1.0"), Decimal("1.0")]),
        pl.Series(["0", "1", "1"], dtype=pl.Enum(["1", "0"])),
    ):
        assert value("sparse_cce", y_true=labels, **classes) == cce


def test_lists_are_vectors_of_classes(run: Callable[..., Ran], tmp_path: Path) -> None:
    rows = [[0.2, 0.5, 0.3], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]]
    outs = set()
    for column in (pl.Series(rows), pl.Series(rows, dtype=pl.Array(pl.Float64, 3))):
        (tmp_path / "a.parquet").write_bytes(tables.parquet({"y_true": [0, 1, 2], "y_pred": column}, row_group_size=2))
        ran = run("compute", "sparse_cce", str(tmp_path / "a.parquet"), "-f", "value")
        assert ran.err == ""
        outs.add(ran.out)
    outs.add(run("compute", "sparse_cce", "-t", "0,1,2", "-p", json.dumps(rows), "-f", "value").out)
    assert len(outs) == 1


@pytest.mark.parametrize("format", ["row_groups.parquet", "batches.arrow", "stream.arrows"])
def test_only_the_columns_in_use_are_read(format: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(tables.FORMATS[format]({"y_true": [1, 2], "note": ["x", "y"], "y_pred": [3, 4]}))
    for chunk in chunks(tmp_path / "a", "y_pred"):
        assert list(chunk.columns) == ["y_pred"]
        assert all(isinstance(column, np.ndarray) and column.flags.c_contiguous for column in chunk.columns.values())


def test_small_batches_are_read_together_and_large_ones_alone(tmp_path: Path) -> None:
    table = {"a": np.arange(400_000), "c": pl.Series(["x", "y"] * 200_000, dtype=pl.Categorical)}
    for batch, most in ((100, 10), (200_000, 2)):
        (tmp_path / "a").write_bytes(tables.arrow(table, record_batch_size=batch))
        with (tmp_path / "a").open("rb") as file:
            frames = [pl.read_ipc_stream(part) for part in arrow.parts(file)]
        assert frames[0].height == 0
        assert 2 <= len(frames) - 1 <= most
        assert pl.concat(frames).equals(pl.DataFrame(table))


def test_without_polars_a_sentence_says_what_to_install(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, format, wanted in (
        ("a.parquet", "columns.parquet", "Parquet"),
        ("a.arrow", "columns.arrow", "Arrow"),
        ("a.csv.zst", "plain.csv.zst", "zstd"),
    ):
        (tmp_path / name).write_bytes(tables.FORMATS[format]({"y_true": [1], "y_pred": [2]}))
        for module in ("polars", "backports", "compression"):
            monkeypatch.setitem(sys.modules, module, None)
        ran = run("compute", "mse", name)
        otherwise = "zstd -d FILE" if wanted == "zstd" else "export the table as CSV"
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            f"lossctl: {name}: {wanted} needs the extra fast\n"
            f"  help: python -m pip install 'lossctl[fast]', or {otherwise}\n"
        )
        monkeypatch.undo()
        monkeypatch.chdir(tmp_path)


class PanicException(BaseException):
    """What a library of Rust raises where it did not expect to fail."""


def test_a_panic_is_damage(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(tables.parquet({"y_true": [1], "y_pred": [2]}))

    def panic(*_: object, **__: object) -> Iterator[object]:
        raise PanicException("called `Option::unwrap()` on a `None` value")

    monkeypatch.setattr(pl.LazyFrame, "collect_batches", panic)
    ran = run("compute", "mse", f"{path}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(
        f"lossctl: {path}: the Parquet data are cut off, damaged or of a kind that is not known here\n"
    )


def test_what_an_engine_prints_past_python_is_not_seen(shell: Callable[..., Ran]) -> None:
    script = """
import os, sys
from lossctl.readers.columnar import _quiet
print("before", file=sys.stderr)
with _quiet():
    os.write(2, b"thread panicked\\n")
    print("within", file=sys.stderr)
    with _quiet():
        os.write(2, b"thread panicked\\n")
print("after", file=sys.stderr)
os.write(2, b"raw\\n")
"""
    ran = shell(f"'{sys.executable}' -c '{script}'")
    assert (ran.code, ran.err) == (0, "before\nwithin\nafter\nraw\n")


def test_a_bit_of_a_footer_costs_no_row_without_a_word(shell: Callable[..., Ran], tmp_path: Path) -> None:
    """Polars loses the rows of a group whose place is wrong, and its threads print that they panicked."""
    data = bytearray(tables.parquet({"y_true": range(20_000), "y_pred": range(20_000)}, row_group_size=5000))
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    said = "lossctl: a.parquet: the Parquet data are cut off, damaged or of a kind that is not known here\n"
    for at in range(footer + 40, footer + 45):
        (tmp_path / "a.parquet").write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
        ran = shell("lossctl compute mae a.parquet -f value")
        assert ran == type(ran)(2, "", f"{said}  help: make the file again, or export the table as CSV\n") or (
            ran == type(ran)(0, "0.0\n", "")
        )


def test_names_that_are_no_utf8(run: Callable[..., Ran], tmp_path: Path) -> None:
    name = os.fsencode(tmp_path / "a") + b"\xe4.parquet"
    with open(name, "wb") as file:
        file.write(tables.parquet({"y_true": [1], "y_pred": [3]}))
    assert run("compute", "mse", os.fsdecode(name), "-f", "value").out == "4.0\n"


def test_the_sample_says_what_text_is(tmp_path: Path) -> None:
    table = {"a": ["1", "2"], "b": ["x", "y"], "c": [True, False], "d": [[1, 2], [3, 4]], "e": [1, 2]}
    (tmp_path / "a").write_bytes(tables.parquet(table))
    with ExitStack() as opened:
        header = locate(str(tmp_path / "a"), Options(), opened).header()
    assert [(column.name, column.width, column.is_text) for column in header.columns] == [
        ("a", 1, False),
        ("b", 1, True),
        ("c", 1, True),
        ("d", 2, False),
        ("e", 1, False),
    ]
