"""The fast reader is the careful reader, only faster: same rows, same lines, same mistakes."""

from __future__ import annotations

import gzip
import random
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tables import FORMATS
from zlib_ng import gzip_ng

from lossctl.errors import LossctlError
from lossctl.readers import cells, delimited, fast
from lossctl.readers.locate import Options, locate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


pytest.importorskip("polars")

NO_POLARS = lambda: None  # noqa: E731


def facts(path: Path, options: Options, *, numbers: bool) -> list[Any]:
    """All that a reader says of a file: for each row its number, line and cells, and the error that ended it."""
    found: list[Any] = []
    try:
        with ExitStack() as opened:
            source = locate(str(path), options, opened)
            names = source.header().names
            wanted = frozenset(names[1:]) if numbers else frozenset[str]()
            for chunk in source.chunks(names, 5, wanted):
                values = {name: _read(chunk, name) for name in names}
                found += [
                    (
                        chunk.first_row + row,
                        chunk.origin.line(row),
                        *(chunk.origin.cell(row, name) for name in names),
                        *(values[name][row] if name in wanted else chunk.columns[name][row] for name in names),
                    )
                    for row in range(chunk.rows)
                ]
    except LossctlError as error:
        found.append((type(error), error.message, error.help))
    return found


def _read(chunk: Any, name: str) -> list[object]:
    """The cells of a column as numbers, each by itself: a bad one shows in its row."""
    column = chunk.columns[name]
    decimal = "," if name in chunk.commas else "."
    read: list[object] = []
    for row in range(chunk.rows):
        try:
            coded = cells.numbers(column[row : row + 1], decimal)
        except cells.BadCell:
            read.append("bad")
        else:
            read.append(None if coded.missing is not None else coded.values.tobytes())
    return read


class Taken(NamedTuple):
    """How many blocks were taken: all, those with quotes, and those with line ends within quotes."""

    all: int = 0
    quoted: int = 0
    wrapped: int = 0

    def and_those(self, others: Taken) -> Taken:
        return Taken(*map(sum, zip(self, others, strict=True)))


def both(path: Path, options: Options, block: int, slice: int, monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Hold the fast reader to the careful one; the blocks that it took itself."""
    taken = Taken()
    parse = fast.Parser.parse

    def counted(self: fast.Parser, data: bytes) -> fast.Parsed | None:
        nonlocal taken
        parsed = parse(self, data)
        if parsed is not None:
            taken = taken.and_those(Taken(1, b'"' in data, parsed.ends is not None))
        return parsed

    for numbers in (True, False):
        with monkeypatch.context() as patch:
            patch.setattr(fast, "polars", NO_POLARS)
            careful = facts(path, options, numbers=numbers)
        with monkeypatch.context() as patch:
            patch.setattr(delimited, "LARGE", 0)
            patch.setattr(fast, "BLOCK", block)
            patch.setattr(fast, "SLICE", slice)
            patch.setattr(fast.Parser, "parse", counted)
            quick = facts(path, options, numbers=numbers)
        assert quick == careful, (path.read_bytes(), options, block, slice)
    return taken


TABLE = {
    "y_true": [0.5, -2.25, 3.0, 1e-300, 7.0],
    "y_pred": [0.25, 2.5, -3.0, 2e300, 0.1],
    "label": ["a", "b", "01", "1.50", "d e"],
}


@pytest.mark.parametrize("block", [16, 64, 1 << 20])
@pytest.mark.parametrize("name", [name for name in FORMATS if "json" not in name and "np" not in name])
def test_both_readers_read_each_kind_of_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, block: int
) -> None:
    path = tmp_path / name
    path.write_bytes(FORMATS[name](TABLE))
    both(path, Options(), block, 2, monkeypatch)


NUMBERS = (
    *("0", "1", "-1", "+1", "0.5", ".5", "5.", "1e5", "1E-5", "-1.5e+10", "00012", "1.e5", "1e400", "1e-400", "5e-324"),
    *("inf", "-inf", "Infinity", "+INF", "2.4703282292062328e-324", "9007199254740993", "0.1" + "0" * 400 + "1"),
    *("1" * 400, "179769313486231580793728971405301e276", "123456789.123456789", "8.5", "3.25", "12", "7"),
)
ODD = (
    *("", "NA", "nan", "NaN", "-nan", "null", "None", "n/a", " ", "  ", "abc", "1_0", "١", "²", "0x10", "1e", ".", "-"),
    *("true", "True", "1 2", " 1", "1 ", "\t1", "1\t", " 1 ", "1\x00", "\xa01", "1\xa0", "\ufeff1", "1\x0b", "\x0c1"),
    *("1,5", "1.234,5", "1;5", "infin", "in f", "nan(1)", "++1", "1e5.5", "1d5", "1f", "é", "\u2028", "\x1c1", "1\x85"),
)
QUOTED = (
    '"1"',
    '"a,b"',
    '"a\nb"',
    '"a\r\nb"',
    '"a""b"',
    '"',
    '5"',
    'a"b',
    '""',
    '"1"2',
    ' "1"',
    '"1" ',
    '"\n',
    '"\n\n"',
    '" a"',
    '"a "',
    '"a"""',
    '"""a"',
    '""""',
    '"a\x1fb"',
    '"a\x1e"',
    '"\ufeff1"',
    '"NA"',
    '"1,5"',
    '"a;b|c d\te,f"',
    '"a\rb"',
    '"a"\r',
    "'1'",
)


def odd_file(rng: random.Random) -> tuple[bytes, Options]:
    """A file that is mostly in order."""
    width = rng.choice([1, 2, 3, 3, 3, 5])
    delimiter = rng.choice([",", ",", ",", ";", "\t", "|", " "])
    decimal = "," if delimiter == ";" and rng.random() < 0.5 else "."
    end = rng.choice(["\n", "\n", "\n", "\r\n", "\r"])
    often = {
        name: rng.choice([0, 0, 0.02, 0.1]) for name in ("odd", "quoted", "ragged", "blank", "blanks", "end", "cancel")
    }
    wrapped = rng.choice([0, 0, 0.1, 1])
    breaks = rng.choice(["a\nb", "\r\n", 'a""\n' + delimiter + "\n", "a\rb"])

    def cell() -> str:
        chance = rng.random()
        if chance < often["odd"]:
            return rng.choice(ODD)
        if chance < often["odd"] + often["quoted"]:
            return rng.choice(QUOTED)
        text = rng.choice(NUMBERS) if rng.random() < 0.3 else repr(round(rng.uniform(-9, 9), rng.randrange(17)))
        text = text.replace(".", decimal)
        if rng.random() < wrapped:
            text = rng.choice(
                [*[text] * 6, *["a" + delimiter, 'so ""called""', delimiter + delimiter, '""', ""] * 2, breaks]
            )
            return f'"{text}"'
        return rng.choice(["{}", "{}", " {}", "{} ", "  {}"]).format(text) if rng.random() < often["blanks"] else text

    lines = [delimiter.join(f"c{index}" for index in range(width))] if rng.random() < 0.85 else []
    for _ in range(rng.choice([2, 5, 20, 60])):
        row = [cell() for _ in range(width)]
        if rng.random() < often["ragged"]:
            row = row[:-1] if rng.random() < 0.5 else [*row, cell()]
        if rng.random() < often["blank"]:
            lines.append(rng.choice(["", "", " ", "  ", "\t"]))
        lines.append(delimiter.join(row))
        if rng.random() < often["cancel"]:
            pair = [delimiter.join([cell() for _ in range(width + change)]) for change in (1, -1)]
            lines += pair if rng.random() < 0.5 else reversed(pair)
    ends = [rng.choice(["\n", "\r\n", "\r", "\n\r"]) if rng.random() < often["end"] else end for _ in lines]
    if rng.random() < 0.2:
        ends[-1] = ""
    text = "".join(line + end for line, end in zip(lines, ends, strict=True))
    data = (b"\xef\xbb\xbf" if rng.random() < 0.1 else b"") + text.encode()
    if rng.random() < 0.05:
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.choice([b"\xff", b"\xc3", b"\xed\xb2\x80", b'"', b"\r", b"\n", b" "]) + data[at:]
    chosen = rng.random() < 0.5
    return data, Options(delimiter=delimiter if chosen else "", decimal=decimal if chosen else "")


@pytest.mark.parametrize(
    "data",
    [
        b'a,"b\n1,2\n3,"\n',
        b'a,"b\n1,2\n3,"',
        b"\n\r\n a,b\n1,2\n",
        b"a,b\n1,2,3\n4\n",
        b"a,b\n4\n1,2,3\n",
        b"a,b\n1,2,\n4\n",
        b"a,b\n\n1,2,3\n",
        b"a\n1\n\n2\n",
        b'a,b\n1,"2\n3"\n4,"5\n6\n7\n8"\n',
        b"a b\n1  2\n 3 4\n",
        b'a,b\n1,"2\r"\n3,"""\r"\n',
        b'a,b\n"\n"\n1,2\n3,4\n',
        b"a,b\n1,2\n\xef\xbb\xbf3,4\n",
        b"a,b\n1,2\n3,4\r",
        b"a;b\n1,5;2\n2.5;3\n",
        b"a,,\n1,2,3\n4,5\n6,7,8,9\n",
        b"a,,\n1,2,3\n4,5,x\n6,7,8\n",
        b"a,b\nNA,2\n n/a , 3 \nNull,4\n",
    ],
)
def test_both_readers_read_what_is_easily_misread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(data)
    for block in range(1, len(data) + 1):
        both(path, Options(), block, 1, monkeypatch)


def test_both_readers_read_odd_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(4)
    path = tmp_path / "odd.csv"
    taken = Taken()
    for _ in range(1500):
        data, options = odd_file(rng)
        path.write_bytes(data)
        block, slice = rng.choice([16, 50, 200, 1000, 1 << 20]), rng.choice([1, 3, 1000])
        taken = taken.and_those(both(path, options, block, slice, monkeypatch))
    assert taken.all > 1500  # the fast reader was at work
    assert taken.quoted > 500
    assert taken.wrapped > 200


def rows(count: int, change: dict[int, str] | None = None) -> str:
    """A file of so many rows; y_pred of some of them changed."""
    change = change or {}
    return "id,y_true,y_pred\n" + "".join(f"a{row},{row % 2},{change.get(row, '0.5')}\n" for row in range(count))


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, read fast from the first byte."""
    monkeypatch.setattr(delimited, "LARGE", 0)
    monkeypatch.setattr(fast, "BLOCK", 4096)
    monkeypatch.setattr(fast, "SLICE", 100)


def twice(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Ran:
    """What a command says, which must be the same with both readers."""
    quick = run(*arguments)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, fast.Ahead)]
    with monkeypatch.context() as patch:
        patch.setattr(fast, "polars", NO_POLARS)
        assert run(*arguments) == quick
    return quick


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("change", ["abc", "", "1.5", "0.5,7", '0.5"', '"0.5', "0.5\n\n0.5,2", "0.5\ra1"])
@pytest.mark.parametrize("row", [0, 7777, 9999])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_bad_cell_is_told_with_its_line_and_no_thread_is_left(
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    row: int,
    pack: Callable[[bytes], bytes],
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(pack(rows(10_000, {row: change}).encode()))
    done = twice(run, monkeypatch, "compute", "bce", str(path))
    line = row + 2 + change.count("\n\n") * 2 + change.count("\r")
    assert (done.code, done.out) == (2, "")
    assert f"{path}:{line}: " in done.err


@pytest.mark.usefixtures("blocks")
def test_a_damaged_file_is_told_behind_what_stands_before_the_damage(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    for change, said in (
        ({}, "the gzip data are cut off or damaged"),
        ({3: "abc"}, ':5: column "y_pred": cannot read'),
    ):
        data = gzip.compress(rows(100_000, change).encode())
        path.write_bytes(data[: len(data) // 2])
        done = run("compute", "mse", str(path))
        assert done.code == 2
        assert said in done.err


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data, 0),
        (lambda data: data + data, 0),
        (lambda data: data + b"\0" * 9, 0),
        (lambda data: data + b"more", 2),
        (lambda data: data[:-3], 2),
        (lambda data: data[: len(data) // 2], 2),
        (lambda data: data[:-8] + b"sums" + data[-4:], 2),
        (lambda data: data[:2000] + b"\xff\xff" + data[2002:], 2),
    ],
)
def test_gz_reads_the_same_without_the_extra(
    spoil: Callable[[bytes], bytes],
    code: int,
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(spoil(gzip.compress(b"".join(b"1,%d\n" % (row * row) for row in range(20_000)))))
    opened: list[object] = []
    inflate: Any = gzip_ng.GzipNGFile  # it has no types

    def counted(**given: Any) -> object:
        opened.append(given)
        return inflate(**given)

    monkeypatch.setattr(gzip_ng, "GzipNGFile", counted)
    done = run("compute", "mse", str(path), "-f", "value")
    assert done.code == code
    assert len(opened) == 1
    monkeypatch.setitem(sys.modules, "zlib_ng", None)
    assert run("compute", "mse", str(path), "-f", "value") == done
    assert len(opened) == 1


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize(
    "arguments",
    [
        ("compute", "mse,mae,huber", "-g", "id", "--where", "site=01"),
        ("compute", "bce", "-w", "w"),
        ("compute", "bce", "--nan", "drop", "-p", "gaps"),
        ("compute", "mse", "--nan", "propagate", "-p", "gaps", "-p", "y_pred"),
        ("compute", "hinge", "--positive", "1", "-f", "json"),
        ("compute", "sparse_cce", "-t", "site", "-p", "p_01,p_1.50,p_c", "--classes", "01,1.50,c"),
        ("breakdown", "mse", "--id", "id", "-k", "7"),
        ("breakdown", "bce", "--id", "site", "--all", "-f", "csv"),
        ("breakdown", "mse,mae", "-g", "site", "-f", "json"),
        ("compute", "mse", "--truth", "b.csv"),
        ("compute", "mse", "--truth", "b.csv", "--id", "id"),
        ("breakdown", "bce", "--truth", "b.csv", "-k", "3", "-f", "json"),
    ],
    ids=" ".join,
)
def test_every_command_says_the_same_with_the_fast_reader(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = random.Random(1)
    lines = ["id,site,w,gaps,p_01,p_1.50,p_c,y_true,y_pred"]
    for row in range(900):
        gap = rng.choice(["0.25", "0.75", "", "NaN", " 0.5"])
        lines.append(
            f"{row:04},{rng.choice(['01', '1.50', 'c'])},{rng.random()},{gap},0.25,0.25,0.5,{row % 2},{rng.random()}"
        )
    lines[500] = lines[500].replace(",0.5,", ',"0.5",')
    (tmp_path / "a.csv").write_text("\n".join(lines))
    (tmp_path / "b.csv").write_text("id,truth\n" + "".join(f"{row:04},{(row + 1) % 2}\n" for row in range(900)))
    command, loss, *options = arguments
    if "--truth" not in options and "-t" not in options:
        options += ["-t", "y_true"]
    done = twice(run, monkeypatch, command, loss, "a.csv", *options, *([] if "-p" in options else ["-p", "y_pred"]))
    assert done.code == 0
    assert done.out


def test_without_polars_a_large_file_is_noted_once(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(rows(1000))
    monkeypatch.setattr(delimited, "LARGE", 0)
    monkeypatch.setattr(delimited, "WORTH_A_NOTE", path.stat().st_size)
    note = (
        f"lossctl: note: {path}: this file is read faster with the extra fast; "
        "python -m pip install 'lossctl[fast]' [slow-reader]\n"
    )
    for command in ("compute", "breakdown"):
        arguments = (command, "mse", str(path), "-p", "y_pred", "-p", "y_true", "-t", "y_true")
        assert run(*arguments).err == ""
        with monkeypatch.context() as patch:
            patch.setattr(fast, "polars", NO_POLARS)
            assert run(*arguments).err == note
            assert run(*arguments, "-q").err == ""
            patch.setattr(delimited, "WORTH_A_NOTE", path.stat().st_size + 1)
            assert run(*arguments).err == ""
