"""Several files as one input: folders, patterns, Hive folders, and what may happen to files while they are read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tables

from lossctl.readers import delimited, streams
from lossctl.readers.locate import label_and_path, paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from conftest import Ran

PAIR = "y_true,y_pred\n1,1.5\n0,2\n"
ROWS = 500


def table(rows: int = ROWS) -> tables.Table:
    return tables.regression(rows, seed=11)


def cut(columns: tables.Table, pieces: int) -> list[tables.Table]:
    rows = len(next(iter(columns.values())))
    ends = [rows * piece // pieces for piece in range(pieces + 1)]
    return [{name: cells[a:b] for name, cells in columns.items()} for a, b in pairwise(ends)]


def write(files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


ASKED = ("-w", "w", "--by", "region", "-f", "csv")


def values(ran: Ran) -> list[str]:
    assert (ran.code, ran.err) == (0, "")
    return [line.partition(",")[2] for line in ran.out.splitlines()]


@pytest.mark.parametrize("format", tables.FORMATS)
def test_parts_and_folders_never_show(format: str, run: Callable[..., Ran]) -> None:
    columns = table()
    arguments = ("compute", "mse,rmse,mae+0.5*huber")
    write({"whole/x.csv": tables.delimited(columns)})
    expected = values(run(*arguments, "x=whole/x.csv", *ASKED))

    suffix = format.partition(".")[1] + format.partition(".")[2]
    make = tables.FORMATS[format]
    write({f"parts/part-{number}{suffix}": make(part) for number, part in enumerate(cut(columns, 7))})
    for region in dict.fromkeys(columns["region"]):
        rows = [row for row, cell in enumerate(columns["region"]) if cell == region]
        part = {name: [cells[row] for row in rows] for name, cells in columns.items() if name != "region"}
        write({f"hive/region={region}/data{suffix}": make(part)})
    by_name = ["parts", "hive", "hive/*"] if suffix not in {"", ".txt"} else []
    for argument in [*by_name, "parts/*", "hive/*/*", "hive/**", "hive/**/data*"]:
        assert values(run(*arguments, f"x={argument}", *ASKED)) == expected


def test_rows_are_numbered_through_and_parts_come_in_natural_order(run: Callable[..., Ran]) -> None:
    for number in (1, 2, 9, 10, 11):
        write({f"p/part-{number}.csv": f"id,y_true,y_pred\na{number},0,{number}\nb{number},0,0\n"})
    ran = run("breakdown", "mae", "p", "--all", "--id", "id", "-f", "csv")
    rows = [line.split(",")[:2] for line in ran.out.splitlines()[1:]]
    assert rows == [[str(row), f"{'ab'[(row - 1) % 2]}{(1, 2, 9, 10, 11)[(row - 1) // 2]}"] for row in range(1, 11)]
    (worst, *_) = json.loads(run("breakdown", "mae", "p", "-k", "1", "--json").out)["rows"]
    assert (worst["row"], worst["mae"]) == (9, 11.0)


def test_an_input_of_parts_says_how_many(run: Callable[..., Ran]) -> None:
    write({"p/a.csv": PAIR, "p/b.csv": PAIR, "p/README.md": "about", "p/_SUCCESS": "", "p/.a.csv.crc": "x"})
    assert run("compute", "mse", "p").out.splitlines()[-1] == (
        "p (2 parts): all 4 rows used; y_true is y_true, y_pred is y_pred; 1 other file left out"
    )
    assert run("compute", "mse", "new=p/*.csv").out.splitlines()[-1] == (
        "new (p/*.csv, 2 parts): all 4 rows used; y_true is y_true, y_pred is y_pred"
    )
    (record,) = json.loads(run("compute", "mse", "new=p/*.csv", "--json").out)["inputs"]
    assert (record["label"], record["path"], record["parts"], record["rows"]) == ("new", "p/*.csv", 2, 4)
    assert run("compute", "mse", "p/a.csv").out.splitlines()[-1].startswith("p/a.csv: all 2 rows used;")


@pytest.mark.parametrize(
    ("argument", "label", "found"),
    [
        ("p", "p", ["p/a.csv", "p/b=1/c.csv", "p/b=1/d.json"]),
        ("p/", "p/", ["p/a.csv", "p/b=1/c.csv", "p/b=1/d.json"]),
        ("p/*.csv", "p/*.csv", ["p/a.csv"]),
        ("p/**/*.csv", "p/**/*.csv", ["p/a.csv", "p/b=1/c.csv"]),
        ("**/c.csv", "**/c.csv", ["p/b=1/c.csv"]),
        ("p/**", "p/**", ["p/a.csv", "p/b=1/c.csv", "p/b=1/d.json", "p/notes.txt"]),
        ("p/b=*", "p/b=*", ["p/b=1/c.csv", "p/b=1/d.json"]),
        ("p/?.csv", "p/?.csv", ["p/a.csv"]),
        ("p/[ab].csv", "p/[ab].csv", ["p/a.csv"]),
        ("p/[!a].csv", "p/[!a].csv", []),
        ("x=p", "x", ["p/a.csv", "p/b=1/c.csv", "p/b=1/d.json"]),
        ("x=p/*.csv", "x", ["p/a.csv"]),
        ("k=*.csv", "k=*.csv", ["k=1.csv", "k=2.csv"]),
        ("k=1.csv", "k=1.csv", ["k=1.csv"]),
        ("we[i]rd*.csv", "we[i]rd*.csv", ["we[i]rd*.csv"]),
        ("x=we[i]rd*.csv", "x", ["we[i]rd*.csv"]),
        ("p/.*.csv", "p/.*.csv", ["p/.hidden.csv"]),
    ],
)
def test_what_an_argument_names(argument: str, label: str, found: Sequence[str]) -> None:
    files = ["p/a.csv", "p/b=1/c.csv", "p/b=1/d.json", "p/notes.txt", "p/.hidden.csv", "p/_x/e.csv"]
    write(dict.fromkeys([*files, "k=1.csv", "k=2.csv", "we[i]rd*.csv", "weirdest.csv"], PAIR))
    if argument == "p/**":
        found = [*found[:1], "p/_x/e.csv", *found[1:]]
    if argument == "p/**/*.csv":
        found = [*found[:1], "p/_x/e.csv", *found[1:]]
    assert label_and_path(argument)[0] == label
    assert sorted(paths(argument)) == sorted(found)


def test_folders_are_columns_of_text(run: Callable[..., Ran]) -> None:
    write({f"s/year={year}/city={city}/x.csv": PAIR for year in (2023, 2024) for city in ("New%20York", "Rome")})
    record = json.loads(run("compute", "mse", "s", "-g", "year,city", "--json").out)
    assert [result["group"] for result in record["results"]] == [
        {"year": 2023, "city": "New York"},
        {"year": 2023, "city": "Rome"},
        {"year": 2024, "city": "New York"},
        {"year": 2024, "city": "Rome"},
        None,
    ]
    assert run("compute", "mse", "s", "--where", "city=Rome", "-f", "csv").out.splitlines()[1].split(",")[6] == "4"
    assert run("compute", "mae", "s", "-t", "year", "-f", "value").out == "2021.75\n"


def test_a_column_of_the_file_comes_before_that_of_its_folder(run: Callable[..., Ran]) -> None:
    write({"s/g=1/x.csv": "y_true,y_pred,g\n1,2,7\n", "s/g=2/x.csv": "y_true,y_pred,g\n1,2,8\n"})
    record = json.loads(run("compute", "mse", "s", "-g", "g", "--json").out)
    assert [result["group"] for result in record["results"]] == [{"g": 7}, {"g": 8}, None]


def test_columns_of_parts_may_stand_in_another_order(run: Callable[..., Ran]) -> None:
    write(
        {"p/a.csv": "y_true,y_pred\n1,3\n", "p/b.csv": "y_pred,y_true\n9,5\n", "p/c.json": '[{"y_pred":0,"y_true":3}]'}
    )
    assert run("compute", "mae", "p", "-f", "value").out == "3.0\n"


@pytest.mark.parametrize("end", ["csv", "parquet", "arrow", "ndjson", "json"])
@pytest.mark.parametrize("other", ["csv", "parquet", "arrow", "json"])
@pytest.mark.parametrize("by", ["id", "position"])
def test_truth_of_any_format_in_parts(end: str, other: str, by: str, run: Callable[..., Ran]) -> None:
    kinds: dict[str, Callable[[tables.Table], bytes]] = {
        "csv": tables.delimited,
        "parquet": tables.parquet,
        "arrow": tables.arrow,
        "ndjson": tables.FORMATS["lines.ndjson"],
        "json": tables.FORMATS["columns.json"],
    }
    columns = table()
    order = np.random.default_rng(3).permutation(ROWS) if by == "id" else np.arange(ROWS)
    pred = {name: [columns[name][row] for row in order] for name in ("id", "y_pred")}
    truth = {name: columns[name] for name in ("id", "y_true", "w", "region")}
    write({f"pred/{n}.{end}": kinds[end](part) for n, part in enumerate(cut(pred, 3))})
    write({f"truth/{n}.{other}": kinds[other](part) for n, part in enumerate(cut(truth, 4))})
    write({"whole.csv": tables.delimited(columns)})
    join = ("--id", "id") if by == "id" else ()
    expected = values(run("compute", "mse,mae", "whole.csv", *ASKED))
    assert values(run("compute", "mse,mae", "pred", "--truth", "truth/*", *join, *ASKED)) == expected


def test_a_part_that_vanishes(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    write({"p/a.csv": PAIR, "p/b.csv": PAIR})
    read = delimited.read

    def and_gone(*arguments: Any) -> Any:
        if os.path.exists("p/b.csv"):
            os.remove("p/b.csv")
        return read(*arguments)

    monkeypatch.setattr(delimited, "read", and_gone)
    ran = run("compute", "mse", "p")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "lossctl: p/b.csv: it was there when the files were listed and is gone\n  help: let nothing move the parts\n"
    )


def test_a_link_to_nothing_is_a_part_that_is_missing(run: Callable[..., Ran]) -> None:
    write({"p/a.csv": PAIR})
    os.symlink("nowhere.csv", "p/b.csv")
    assert (
        run("compute", "mse", "p").err
        == "lossctl: p/b.csv: it is a link to nothing\n  help: mend the link or remove it\n"
    )


def test_a_part_that_may_not_be_read(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal is played, because root may read everything."""
    write({"p/a.csv": PAIR, "p/b.csv": PAIR, "q/r/c.csv": PAIR})

    def refusing(what: Callable[..., Any], name: str) -> Callable[..., Any]:
        def refuse(path: str, *more: Any) -> Any:
            if path == name:
                raise PermissionError(13, "no")
            return what(path, *more)

        return refuse

    monkeypatch.setattr(streams, "open", refusing(open, "p/b.csv"), raising=False)
    assert run("compute", "mse", "p").err == "lossctl: p/b.csv: cannot open it: Permission denied\n"
    monkeypatch.setattr(os, "listdir", refusing(os.listdir, "q/r"))
    assert run("compute", "mse", "q").err == "lossctl: q/r: cannot read the folder: Permission denied\n"


def test_a_file_that_several_links_lead_to_counts_once(run: Callable[..., Ran]) -> None:
    write({"p/part-1.csv": PAIR, "p/part-2.csv": PAIR})
    os.symlink("part-2.csv", "p/latest.csv")
    record = json.loads(run("compute", "mse", "p", "--json").out)
    assert (record["inputs"][0]["parts"], record["inputs"][0]["rows"]) == (2, 4)


@pytest.mark.parametrize("argument", ["p", "p/**/*.csv", "p/**", "p/**/*", "p/*"])
def test_folders_that_lead_in_circles_are_read_once(argument: str, run: Callable[..., Ran]) -> None:
    write({"p/a.csv": PAIR, "p/q/b.csv": PAIR})
    for link, target in (("p/loop", "."), ("p/q/up", ".."), ("p/q/up2", ".."), ("p/q/other", "../../p")):
        os.symlink(target, link)
    record = json.loads(run("compute", "mse", argument, "--json").out)
    assert (record["inputs"][0]["parts"], record["inputs"][0]["rows"]) == (2, 4)


@pytest.mark.parametrize("format", ["plain.csv", "columns.parquet", "batches.arrow", "stream.arrows", "plain.csv.zst"])
def test_a_pipe_with_a_name_is_read_as_a_stream(format: str, run: Callable[..., Ran]) -> None:
    data = tables.FORMATS[format](table())
    write({"whole.csv": tables.delimited(table())})
    os.mkfifo("fifo")

    def feed() -> None:
        with open("fifo", "wb") as file:
            file.write(data)

    feeder = threading.Thread(target=feed)
    feeder.start()
    ran = run("compute", "mse", "fifo", "-f", "value")
    feeder.join()
    assert (ran.err, ran.out) == ("", run("compute", "mse", "whole.csv", "-f", "value").out)


def test_a_pipe_in_a_folder_does_not_hang(run: Callable[..., Ran]) -> None:
    write({"p/a.csv": PAIR})
    os.mkfifo("p/b.csv")
    record = json.loads(run("compute", "mse", "p", "--json").out)
    assert record["inputs"][0]["parts"] == 1


@pytest.mark.parametrize("format", ["plain.csv", "row_groups.parquet", "batches.arrow"])
def test_a_file_that_is_replaced_while_it_is_read(
    format: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole rows of one file or a sentence, never a mixture."""
    from lossctl.plan import Plan

    columns, other = table(70_000), {"y_true": [1.0] * 30, "y_pred": [3.0] * 30}
    name = f"a{os.path.splitext(format)[1]}"
    write({name: tables.FORMATS[format](columns), "new": tables.FORMATS[format](other)})
    expected = run("compute", "mse", name, "-f", "value").out
    score = Plan.score

    def and_replaced(*arguments: Any) -> Any:
        if os.path.exists("new"):
            os.replace("new", name)
        return score(*arguments)

    monkeypatch.setattr(Plan, "score", and_replaced)
    ran = run("compute", "mse", name, "-f", "value")
    assert (ran.code, ran.err, ran.out) == (0, "", expected) or (
        ran.code == 2 and ran.out == "" and ran.err.startswith(f"lossctl: {name}: ")
    )


def test_a_bomb_takes_no_memory_and_gives_the_right_number() -> None:
    """Half a gigabyte of rows in a few hundred kilobytes, in members of one compression and frames of another."""
    script = """
import gzip, resource, sys
import tables
from lossctl.cli.main import main
block = b"1,3\\n" * (1 << 18)
compress = {"gz": gzip.compress, "zst": tables.zst}[sys.argv[1]]
with open("bomb", "wb") as file:
    file.write(compress(b"y_true,y_pred\\n"))
    file.write(compress(block) * 3)
limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
code = main(["compute", "mse", "bomb", "-f", "csv"])
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - limit
print(code, grown < 60_000, file=sys.stderr)
"""
    for compression in ("gz", "zst"):
        done = subprocess.run(
            [sys.executable, "-c", script, compression],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([os.path.dirname(tables.__file__), *sys.path])},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert done.stdout.splitlines()[1] == f"bomb,mse,,exact,mean,,{3 << 18},{3 << 18}.0,4.0"
        assert done.stderr == "0 True\n"
