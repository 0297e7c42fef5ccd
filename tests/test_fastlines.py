"""The fast reader of NDJSON is the careful one, only faster: same rows, same lines, same mistakes."""

from __future__ import annotations

import gzip
import json
import math
import random
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lossctl.errors import LossctlError
from lossctl.readers import cells, fast, fastlines, lines
from lossctl.readers.locate import Options, locate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

polars = pytest.importorskip("polars")

NO_POLARS = lambda: None  # noqa: E731


def facts(path: Path, names: tuple[str, ...], wanted: frozenset[str]) -> list[Any]:
    """All that a reader says of a file: for each row its number, line and cells, and the error that ended it."""
    found: list[Any] = []
    try:
        with ExitStack() as opened:
            source = locate(str(path), Options(input_format="ndjson"), opened)
            found.append(source.header())
            for chunk in source.chunks(names, 5, wanted):
                for row in range(chunk.rows):
                    found.append((chunk.first_row + row, chunk.origin.line(row)))
                    for name in names:
                        cell = chunk.columns[name][row : row + 1]
                        found += [chunk.origin.cell(row, name), number(cell) if name in wanted else repr(cell)]
    except LossctlError as error:
        found.append((type(error), error.message, error.help))
    return found


def number(cell: Any) -> object:
    """What a cell is as a number."""
    try:
        coded = cells.numbers(cell, width=len(cell[0]) if isinstance(cell[0], (list, np.ndarray)) else 1)
    except cells.BadCell as bad:
        return "bad", bad.problem
    return None if coded.missing is not None else (coded.values.shape, coded.values.tobytes())


def both(path: Path, names: tuple[str, ...], block: int, slice: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Hold the fast reader to the careful one; the number of blocks it took itself."""
    taken = 0
    parse = fastlines.Records.parse

    def counted(self: fastlines.Records, data: bytes) -> fast.Parsed | None:
        nonlocal taken
        parsed = parse(self, data)
        taken += parsed is not None
        return parsed

    for wanted in (frozenset(names[1:]), frozenset[str]()):
        with monkeypatch.context() as patch:
            patch.setattr(fast, "polars", NO_POLARS)
            careful = facts(path, names, wanted)
        with monkeypatch.context() as patch:
            patch.setattr(lines, "LARGE", 0)
            patch.setattr(fast, "BLOCK", block)
            patch.setattr(fastlines, "SLICE", slice)
            patch.setattr(fastlines.Records, "parse", counted)
            quick = facts(path, names, wanted)
        assert quick == careful, (path.read_bytes(), names, wanted, block, slice)
    return taken


NUMBERS = (
    *("0", "1", "-1", "0.5", "1e5", "1E-5", "-1.5e+10", "5e-324", "1e-400", "-0.0", "-0", "2.4703282292062328e-324"),
    *("9007199254740993", "-9007199254740993", "9223372036854775808", "18446744073709551617", "1" * 30, "1.0", "8.5"),
    *("0.1" + "0" * 400 + "1", "179769313486231580793728971405301e276", "123456789.123456789", "3.25"),
)
TEXTS = (
    *('"a"', '"01"', '"1.50"', '""', '"x:y"', '":"', '"a :"', '"{["', '"]}"', '"\\"a\\": \\""', '"\\u00e9"', '"é"'),
    *('"\\ud83d\\ude00"', '"null"', '"a,b"', '"\\\\"', '"\\/\\n\\t"', '"\\u0000"', '"\U0001f600"', '"\u2028"'),
)
ODD = (
    *("null", "true", "false", "NaN", "Infinity", "-Infinity", "1e400", "1" * 400, "[1]", "[]", "[0.25, 0.75]", "{}"),
    *('"1"', '"abc"', '"NA"', '{"a": 1}', '{"c": "x"}', '{"a": 1, "a": 2}', '[{"a": 1}]', '"\\ud800"', '"\\ude00"'),
    *("01", "1.", ".5", "+1", "1_0", "0x10", "tru", "'a'", '"\\x"', '"a\tb"', '"', "", "1 2", "--1", "[1,]", "[" * 70),
    "[" * 70 + "]" * 70,
)
LISTS = (
    *("[0.25, 0.75]", "[0,1]", "[ 1e-5 , -1.5e+10 ]", "[-0, -0.0]", "[9007199254740993, 18446744073709551617]"),
    *("[5e-324, 1]", "[0.5,\t0.5]", f"[{'1' * 30}, 9223372036854775808]", "[123456789.123456789, 1E5]"),
)
ODD_LISTS = (
    *("[]", "[ ]", "[1]", "[0.1, 0.2, 0.7]", "[null, 1]", "[1, null]", "[null, null]", "[true, 1]", "[false, true]"),
    *('["a", 1]', '["1", "2"]', '["NA", 1]', '["a:", ":"]', "[[1, 2]]", "[[1], [2]]", "[1, []]", "[{}, 1]"),
    *('[{"a": 1}, 1]', '[{"a": 1, "a": 2}, 1]', "[NaN, 1]", "[-Infinity, 1]", "[1e400, 1]", f"[{'1' * 400}, 1]"),
    *("[1, 2,]", "[,1, 2]", "[1 2]", "[1, 2", "1, 2]", "[1; 2]", "(1, 2)", "[01, 1]", "[1_0, 1]", "0.5", '"[1, 2]"'),
    *('{"0": 1, "1": 2}', '[1, 2], "b": [1, 2]', "[1, 2]]", f"{'[' * 64}1, 2{']' * 64}"),
)
LINES = (
    *("", " ", "\t", "\r", "\x0b", "[1]", "1", '"a"', "null", "{}", "[]", "{", "}", "]", ",", "//", "\ufeff", "\x00"),
    *('{"a": 1', '{"a": 1,}', '{"a": 1} x', '{"a": 1}{"a": 2}', '{"a": 1},{"a": 2}', "{'a': 1}", '{"a" 1}', '{"z": 1}'),
    *('\ufeff{"a": 1}', '{"a": 1, "a": 2}', '{"\\u0061": 1}', '{"a": 1, "\\u0061": 2}', '{"a"  : 1}', '{"a"\r:\t1}'),
    *('{"b": 1, "b": 2}', '{"a": "x", "b": 1, "c": 2, "c": 3}', '{"\\u0061": "a", "b": ":", "c": 1}'),
)
KINDS = (
    (NUMBERS, ODD),
    (("0.25", "0.5", "3", "1"), ODD),
    (TEXTS, ODD),
    (("0", "1", "2"), NUMBERS),
    (("true", "false"), ODD),
    (LISTS, ODD),
    (LISTS, ODD_LISTS),
    (("[0.5]", "[1]"), ODD_LISTS),
    (("[0.1, 0.2, 0.7]", "[1, 0, 0]"), ODD_LISTS),
)


def odd_file(rng: random.Random) -> bytes:
    """A file that is mostly in order."""
    names = list("abc")[: rng.choice([1, 2, 3, 3, 3])]
    kinds = {name: rng.choice(KINDS) for name in names}
    often = {
        name: rng.choice([0, 0, 0, 0.02, 0.2]) for name in ("odd", "null", "line", "gone", "order", "end", "twice")
    }
    colon, comma = rng.choice([(": ", ", "), (":", ","), (" : ", " , ")] if rng.random() < 0.3 else [(": ", ", ")])
    end = rng.choice(["\n", "\n", "\n", "\r\n"])
    text = "\ufeff" if rng.random() < 0.1 else ""
    for _ in range(rng.choice([2, 5, 20, 60])):
        pairs = []
        for name in names:
            usual, odd = kinds[name]
            cell = "null" if rng.random() < often["null"] else rng.choice(odd if rng.random() < often["odd"] else usual)
            if rng.random() >= often["gone"]:
                pairs.append((name, cell))
            if rng.random() < often["twice"]:
                pairs.append((rng.choice("abcd"), rng.choice(usual)))
        if rng.random() < often["order"]:
            rng.shuffle(pairs)
        if rng.random() < often["line"]:
            text += rng.choice(LINES) + end
        text += "{" + comma.join(f'"{name}"{colon}{cell}' for name, cell in pairs) + "}"
        text += rng.choice(["\n", "\r\n", "\r", "\n\n", " \n"]) if rng.random() < often["end"] else end
    data = text.removesuffix("\n" if rng.random() < 0.2 else "x").encode()
    if rng.random() < 0.05:
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b'"', b"\r", b"\n", b"\\", b"{"]) + data[at:]
    return data


def test_both_readers_read_odd_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(4)
    path = tmp_path / "odd.ndjson"
    taken = 0
    for _ in range(1000):
        path.write_bytes(odd_file(rng))
        names = tuple(rng.sample("abc", rng.choice([1, 2, 3])))
        taken += both(path, names, rng.choice([16, 50, 200, 1000, 1 << 20]), rng.choice([1, 3, 1000]), monkeypatch)
    assert taken > 500  # the fast reader was at work


@pytest.mark.parametrize("usual", ['{"a": "x", "b": 1}', '{"a": 1, "b": 0.5}', '{"a": "x", "b": [0.5, 1]}'])
@pytest.mark.parametrize(
    "line",
    [
        *LINES,
        *(f'{{"a": {cell}, "b": 1}}' for cell in ODD),
        *(f'{{"a": "x", "b": {cell}}}' for cell in (*ODD, *ODD_LISTS)),
    ],
)
def test_both_readers_read_each_odd_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, usual: str
) -> None:
    path = tmp_path / "odd.ndjson"
    path.write_text(f"{usual}\n{usual}\n{line}\n{usual}\n")
    for block in (16, 1000):
        both(path, ("a", "b"), block, 2, monkeypatch)


@pytest.mark.parametrize("gap", ["", '{"p": null}\n', '{"p": [null, null]}\n'])
def test_lists_of_one_length_become_one_array(gap: str) -> None:
    parser = fastlines.Records(polars, "a.ndjson", ("p",), frozenset("p"))
    parsed = parser.parse(f'{{"p": [0.1, 2]}}\n{gap}{{"p": [3, 0.4]}}\n'.encode())
    assert parsed is not None
    array = parsed.columns["p"]
    assert isinstance(array, np.ndarray)
    assert array.dtype == np.float64
    assert array.flags.c_contiguous
    assert array.tolist() == [[0.1, 2.0], *([pytest.approx([math.nan] * 2, nan_ok=True)] if gap else []), [3.0, 0.4]]


def rows(count: int, change: dict[int, str]) -> bytes:
    """A file of so many rows; y_pred of some of them changed."""
    text = "".join(
        f'{{"id": "a{row}", "y_true": {row % 2}, "y_pred": {change.get(row, "0.5")}}}\n' for row in range(count)
    )
    return text.encode()


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, read fast from the first byte."""
    monkeypatch.setattr(lines, "LARGE", 0)
    monkeypatch.setattr(fast, "BLOCK", 4096)
    monkeypatch.setattr(fastlines, "SLICE", 100)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize(
    "change", ['"abc"', "null", "1.5", "0.5} x", "0.5]", "[1, 2]", "0.5}\n\n{", '0.5, "y_pred": 1']
)
@pytest.mark.parametrize(("row", "pack"), [(3, bytes), (1777, gzip.compress), (2999, bytes)])
def test_a_bad_cell_is_told_with_its_line_and_no_thread_is_left(
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    row: int,
    pack: Callable[[bytes], bytes],
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(pack(rows(3000, {row: change})))
    done = run("compute", "bce", str(path))
    assert not [thread for thread in threading.enumerate() if isinstance(thread, fast.Ahead)]
    assert (done.code, done.out) == (2, "")
    assert f"{path}:{row + 1 + change.count(chr(10))}: " in done.err
    with monkeypatch.context() as patch:
        patch.setattr(fast, "polars", NO_POLARS)
        assert run("compute", "bce", str(path)) == done


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize(
    "change", ["[0.5]", "[0.5, 0.2, 0.3]", "[0.5, null]", '[0.5, "x"]', "[0.5, [1]]", "0.5", "[1, 2"]
)
def test_a_bad_list_is_told_with_its_line(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "a.ndjson"
    usual = dict.fromkeys(range(3000), "[0.25, 0.75]")
    path.write_bytes(rows(3000, {**usual, 1777: change}))
    done = run("compute", "sparse_cce", str(path))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"lossctl: {path}:1778: ")
    with monkeypatch.context() as patch:
        patch.setattr(fast, "polars", NO_POLARS)
        assert run("compute", "sparse_cce", str(path)) == done


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize(
    "arguments",
    [
        ("compute", "mse,mae", "-g", "site", "--where", "id=a7"),
        ("compute", "mse", "--nan", "drop", "-p", "gaps"),
        ("compute", "sparse_cce", "-t", "site", "-p", "p_0,p_1,p_2"),
        ("compute", "bce", "-t", "flag"),
        ("compute", "cce", "-t", "site", "-p", "ps"),
        ("compute", "mse", "-t", "ps", "-p", "holes", "--nan", "drop"),
        ("breakdown", "cce", "-t", "site", "-p", "ps", "--id", "id", "-k", "7"),
        ("breakdown", "mse", "--id", "id", "-k", "7"),
        ("breakdown", "bce", "--id", "site", "--all", "-f", "csv"),
    ],
    ids=" ".join,
)
def test_every_command_says_the_same_with_the_fast_reader(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    rng = random.Random(1)
    path = tmp_path / "a.ndjson"
    records = [
        {
            "id": f"a{row % 9}",
            "site": row % 3,
            "flag": row % 2 == 1,
            "y_true": row % 2,
            "y_pred": rng.random(),
            "gaps": rng.choice([None, 0.5]),
            "p_0": 0.25,
            "p_1": 0.5,
            "p_2": 0.25,
            "ps": [0.25, 0.5, 0.25],
            "holes": rng.choice([None, [0, 1, 0.5], [0, None, 1]]),
        }
        for row in range(900)
    ]
    path.write_text("\n".join(map(json.dumps, records)))
    command, loss, *options = arguments
    options += [] if "-t" in options else ["-t", "y_true"]
    options += [] if "-p" in options else ["-p", "y_pred"]
    done = run(command, loss, str(path), *options)
    with monkeypatch.context() as patch:
        patch.setattr(fast, "polars", NO_POLARS)
        assert run(command, loss, str(path), *options) == done
    assert done.code == 0, done.err
    assert done.out


def test_without_polars_a_large_file_is_noted_once(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(rows(100, {}))
    monkeypatch.setattr(lines, "LARGE", 0)
    monkeypatch.setattr(lines, "WORTH_A_NOTE", path.stat().st_size)
    assert run("compute", "mse", str(path)).err == ""
    monkeypatch.setattr(fast, "polars", NO_POLARS)
    assert "[slow-reader]" in run("compute", "mse", str(path)).err
