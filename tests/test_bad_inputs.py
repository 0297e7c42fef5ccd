"""What people really feed a program with, and the sentence each of them gets.

A sentence says what was sought, what was found and where; the line under it says what to type. The whole of both is
held here, because half a sentence is what a careless change leaves behind.
"""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
import lzma
import shlex
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import tables

from lossctl.errors import listed
from lossctl.losses.conventions import CONVENTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from _pytest.mark import ParameterSet
    from conftest import Ran

NUMBERS_HELP = "-t and -p choose columns by number; two nameless columns are y_true and y_pred"
NO_FILE = "values on the command line go with -t and -p; standard input is -"
LITERALS = "write values like 0,1 or as JSON like [[0,1],[1,0]]"
OTHER_FORMAT = "--input-format names another format"
ONE_ROW = "at least one row is needed"
AS_MANY = "give as many of one as of the other; rows of several values are like [[0,1],[1,0]]"
LOGITS = "bce_logits takes values before the sigmoid"
PERCENTS = "bce_logits takes values before the sigmoid; percents have to be divided by 100"
FROM_ONE = "--classes 1,2,3 names the classes where labels count from 1"
POSITIVE = "--positive LABEL says which label counts as 1; --y-true COLUMN chooses another column"
ANOTHER = "--nan covers missing cells only; --y-pred COLUMN chooses another column"
CLASSES_HELP = "--classes names the classes in the order of the y_pred columns"
DELIMITER = 'the delimiter is ","; -d chooses another, and a cell that holds it needs quotes'
EMPTY = "a header and at least one row are needed"
EVIL = "[red]\x1b[31mx"
LATIN1 = "for Latin-1: iconv -f LATIN1 -t UTF-8 FILE"
MISSING = "--nan drop leaves such rows out, --nan propagate lets the loss be nan"
PICKLED = "save plain numbers or text: np.save(file, array.astype(float))"
QUOTES = 'a quoted cell is "like this", and a quote in it is written twice: "so ""called"""'
RENORMALISE = (
    "the parameter renormalise=true divides each row by its sum; for logits there are cce_logits and sparse_cce_logits"
)
TABLES = "wanted is an object of columns, a list of records, or pandas' orient columns or split"
UNSET = "a shell variable may be unset"
BINARY = (
    "wanted is CSV, JSON, NDJSON, Parquet, Arrow, npy or npz, plain or compressed; "
    "for UTF-16: iconv -f UTF-16 -t UTF-8 FILE"
)
AGAIN = "make the file again, or export the table as CSV"
SAVE = "choose another column, or save this one as numbers or text"
SAME = "the parts of one input have the same columns; other files are inputs of their own"
ELSE = "--input-format reads it as another format"

PAIR = {"a.csv": b"y_true,y_pred\n1,1.5\n0,2\n"}
THREE = {"a.csv": b"y_true,p_0,p_1,p_2\n0,0.2,0.5,0.3\n1,0.1,0.8,0.1\n"}
WEIGHTED = {"a.csv": b"y_true,y_pred,weight,site\n1,2,0,x\n3,4,0,y\n"}


def bad(id: str, line: str, message: str, help: str = "", files: Mapping[str, bytes] = PAIR) -> ParameterSet:
    """A case: the command line behind `lossctl`, what it should say, and the files it finds."""
    said = f"lossctl: {message}\n" + (f"  help: {help}\n" if help else "")
    return pytest.param(shlex.split(line), said, files, id=id)


def csv(*rows: str) -> dict[str, bytes]:
    return {"a.csv": "".join(f"{row}\n" for row in rows).encode("utf-8", "surrogateescape")}


def cell(text: str) -> dict[str, bytes]:
    return csv("y_true,y_pred", "1,2", f'3,"{text}"')


def js(text: str) -> dict[str, bytes]:
    return {"a.json": text.encode()}


def npy(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def npz(**arrays: Any) -> dict[str, bytes]:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return {"a.npz": file.getvalue()}


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, PAIR["a.csv"])
    return file.getvalue()


def long(end: str = "\n", note: str = "", blank: int = 0, before: int = 0) -> dict[str, bytes]:
    """Ten thousand rows with text in row 7,341: `before` blank lines, a note in row 5,000, blank lines behind it."""
    rows = [f"{row},{'abc' if row == 7341 else row}," for row in range(1, 10_001)]
    rows[4999] += f"{note}{end * blank}"
    return {"a.csv": (end * before + end.join(["y_true,y_pred,note", *rows, ""])).encode()}


def text(line: int) -> str:
    return f'a.csv:{line}: column "y_pred": cannot read "abc" as a number'


NOISE = np.random.default_rng(7).integers(0, 10**9, 20_000).tolist()
NUMBERS = b"y_true,y_pred\n" + b"".join(b"%d,%d\n" % pair for pair in zip(NOISE, NOISE[::-1], strict=True))


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def damaged(data: bytes) -> bytes:
    return data[:-6] + bytes(byte ^ 0xFF for byte in data[-6:])


FILES = [
    bad(
        "near",
        "compute mse pred.csv",
        "pred.csv: there is no such file",
        'did you mean "preds.csv"?',
        {"preds.csv": b""},
    ),
    bad(
        "far",
        "compute mse zzz.csv",
        "zzz.csv: there is no such file",
        NO_FILE,
        {"preds.csv": b""},
    ),
    bad(
        "labelled",
        "compute mse new=pred.csv",
        "pred.csv: there is no such file",
        'did you mean "preds.csv"?',
        {"preds.csv": b""},
    ),
    bad(
        "values-as-file",
        "compute mse 0,1",
        "0,1: there is no such file",
        NO_FILE,
    ),
    bad(
        "no-such-folder",
        "compute mse nowhere/preds.csv",
        "nowhere/preds.csv: there is no such file",
        'there is no folder "nowhere" either',
    ),
    bad("empty-name", "compute mse ''", "FILE is an empty text", "a shell variable may be unset; standard input is -"),
    bad("empty-weight", "compute mse a.csv -w ''", "--weight is an empty text", UNSET),
    bad("empty-gate", "check a.csv --max mse=1 --min-rows ''", "--min-rows is an empty text", UNSET),
    bad("empty-one-of-two", "compute mse a.csv -p y_pred -p ''", "--y-pred is an empty text", UNSET),
    bad("empty-values", "compute mse -t '' -p ''", "--y-true is an empty text", UNSET),
    bad("empty-in-list", "list --fits ''", "--fits is an empty text", UNSET),
    bad("empty", "compute mse a.csv", "a.csv: it is empty", EMPTY, {"a.csv": b""}),
    bad("blank-lines", "compute mse a.csv", "a.csv: it is empty", EMPTY, {"a.csv": b"\n\n \r\n"}),
    bad("byte-order-mark-only", "compute mse a.csv", "a.csv: it is empty", EMPTY, {"a.csv": b"\xef\xbb\xbf\n"}),
    bad("empty-gz", "compute mse a.csv.gz", "a.csv.gz: it is empty", EMPTY, {"a.csv.gz": gzip.compress(b"")}),
    bad("empty-as-ndjson", "compute mse a.csv --input-format ndjson", "a.csv: it is empty", EMPTY, {"a.csv": b""}),
    bad(
        "header-only",
        "compute mse a.csv",
        "a.csv: it has a header but no rows",
        ONE_ROW,
        csv("y_true,y_pred"),
    ),
    bad(
        "header-and-blank-lines",
        "compute mse a.csv",
        "a.csv: it has a header but no rows",
        ONE_ROW,
        csv("y_true,y_pred", "", ""),
    ),
    bad(
        "two-of-one-label",
        "compute mse m=a.csv m=b.csv",
        'two inputs are called "m"',
        "label=path gives an input another name",
        PAIR | {"b.csv": PAIR["a.csv"]},
    ),
    bad(
        "same-file-twice",
        "compute mse a.csv a.csv",
        'two inputs are called "a.csv"',
        "label=path gives an input another name",
    ),
    bad("stdin-twice", "compute mse - -", "standard input is named twice", "it can be read once"),
    bad(
        "escapes-in-file-name",
        "compute mse 'a\x1b[31m\nb.csv'",
        'a\\x1b[31m\\nb.csv:3: column "y_pred": cannot read "abc" as a number',
        ANOTHER,
        {"a\x1b[31m\nb.csv": cell("abc")["a.csv"]},
    ),
    bad(
        "escapes-in-missing-name",
        "compute mse 'a\x1b[31m\nb/c.csv'",
        "a\\x1b[31m\\nb/c.csv: there is no such file",
        'there is no folder "a\\x1b[31m\\nb" either',
    ),
    bad(
        "latin-1-in-missing-name",
        "compute mse a\udce4.csv",
        "a\\xe4.csv: there is no such file",
        'did you mean "a.csv"?',
    ),
]

ROWS = [
    bad(
        "too-few-cells",
        "compute mse a.csv",
        "a.csv:3: the row has 1 cell, the header has 2",
        DELIMITER,
        csv("y_true,y_pred", "1,2", "3"),
    ),
    bad(
        "too-many-cells",
        "compute mse a.csv",
        "a.csv:3: the row has 3 cells, the header has 2",
        DELIMITER,
        csv("y_true,y_pred", "1,2", "3,4,5"),
    ),
    bad(
        "too-many-cells-tsv",
        "compute mse a.tsv",
        "a.tsv:2: the row has 3 cells, the header has 2",
        'the delimiter is "tab"; -d chooses another, and a cell that holds it needs quotes',
        {"a.tsv": b"y_true\ty_pred\n1\t2\t3\n"},
    ),
    bad(
        "too-many-cells-headerless",
        "compute mse a.csv",
        "a.csv:2: the row has 3 cells, the first row has 2",
        DELIMITER,
        csv("1,2", "3,4,5"),
    ),
    bad(
        "decimal-commas",
        "compute mse a.csv",
        "a.csv:2: the row has 4 cells, the header has 2",
        DELIMITER,
        csv("y_true,y_pred", "1,5,2,5", "3,5,4,5"),
    ),
    bad(
        "long-header",
        "compute sparse_cce a.csv",
        "a.csv:2: the row has 20,000 cells, the header has 20,001",
        DELIMITER,
        csv("y_true," + ",".join(f"p_{n}" for n in range(20_000)), ",".join("0" * 20_000)),
    ),
    bad(
        "web-page",
        "compute mse a.csv",
        'a.csv: no column is named like y_true; there is "<!DOCTYPE html>"',
        "-t COLUMN says which it is, --truth FILE takes it from another file",
        csv("<!DOCTYPE html>", "<p>404, not found</p>"),
    ),
    bad("text-in-row-7341", "compute mse a.csv", text(7342), ANOTHER, long()),
    bad("text-behind-blank-lines", "compute mse a.csv", text(7345), ANOTHER, long(blank=2, before=1)),
    bad("text-behind-quoted-newlines", "compute mse a.csv", text(7344), ANOTHER, long(note='"a\nb\n"')),
    bad("text-behind-crlf", "compute mse a.csv", text(7343), ANOTHER, long("\r\n", blank=1)),
    bad("text-behind-quoted-crlf", "compute mse a.csv", text(7343), ANOTHER, long("\r\n", note='"a\r\nb"')),
    bad("text-behind-cr", "compute mse a.csv", text(7342), ANOTHER, long("\r")),
    bad(
        "text-behind-newline-in-header",
        "compute mse a.csv -t 'y\ntrue'",
        text(3),
        ANOTHER,
        csv('"y\ntrue",y_pred', "1,abc"),
    ),
    bad(
        "quote-never-closed",
        "compute mse a.csv",
        "a.csv:3: a quoted cell begins and its closing quote never comes",
        QUOTES,
        csv("y_true,y_pred", "1,2", '3,"4', "5,6"),
    ),
    bad(
        "quote-never-closed-in-header",
        "compute mse a.csv",
        "a.csv:2: a quoted cell begins and its closing quote never comes",
        QUOTES,
        csv("", 'y_true,"y_pred', "1,2"),
    ),
    bad(
        "stray-quote",
        "compute mse a.csv",
        "a.csv:3: a quoted cell goes on behind its closing quote",
        QUOTES,
        csv("y_true,y_pred", "1,2", '3,"a"b'),
    ),
    bad(
        "stray-quote-in-header",
        "compute mse a.csv",
        "a.csv:1: a quoted cell goes on behind its closing quote",
        QUOTES,
        csv('y_true,y_pred,"a"b', "1,2,3"),
    ),
    bad("text-before-stray-quote", "compute mse a.csv", text(2), ANOTHER, csv("y_true,y_pred", "1,abc", '3,"a"b')),
    bad("text-before-too-few-cells", "compute mse a.csv", text(2), ANOTHER, csv("y_true,y_pred", "1,abc", "3")),
]

CELLS = [
    *(
        bad(
            f"missing-{marker}",
            "compute mse a.csv",
            f'a.csv:3: column "y_pred": the cell is missing ("{marker}")',
            MISSING,
            cell(marker),
        )
        for marker in ("NA", "N/A", "null", "None", "NaN", "+nan", "-nan")
    ),
    bad(
        "missing-nothing",
        "compute mse a.csv",
        'a.csv:3: column "y_pred": the cell is missing',
        MISSING,
        csv("y_true,y_pred", "1,2", "3,"),
    ),
    bad("missing-blanks", "compute mse a.csv", 'a.csv:3: column "y_pred": the cell is missing', MISSING, cell(" \t")),
    bad(
        "missing-json-null",
        "compute mse a.json",
        'a.json: row 2: column "y_pred": the cell is missing ("null")',
        MISSING,
        js('{"y_true": [1, 2], "y_pred": [1, null]}'),
    ),
    bad(
        "missing-key",
        "compute mse a.json",
        'a.json:2: column "y_pred": the cell is missing ("null")',
        MISSING,
        js('{"y_true": 1, "y_pred": 2}\n{"y_true": 1}'),
    ),
    bad(
        "missing-npz-nan",
        "compute mse a.npz",
        'a.npz: row 2: column "y_pred": the cell is missing ("nan")',
        MISSING,
        npz(y_true=[1.0, 2.0], y_pred=[1.0, np.nan]),
    ),
    bad("missing-value", "compute mse -t 1, -p 1,2", 'arguments: row 2: column "y_true": the cell is missing', MISSING),
    bad(
        "no-number-thousands",
        "compute mse a.csv",
        'a.csv:3: column "y_pred": cannot read "1,000" as a number',
        "--nan covers missing cells only; --decimal , reads commas as decimal marks; "
        "--y-pred COLUMN chooses another column",
        cell("1,000"),
    ),
    bad(
        "thousands-or-decimals",
        "compute mse a.tsv",
        'a.tsv:2: column "y_true": cannot read "1,234" as a number',
        "--nan covers missing cells only; --decimal , reads commas as decimal marks; "
        "--y-true COLUMN chooses another column",
        {"a.tsv": b"y_true\ty_pred\n1,234\t1,235\n"},
    ),
    bad(
        "point-among-decimal-commas",
        "compute mse a.csv",
        'a.csv:62: column "y_true": cannot read "1.234" as a number',
        "--nan covers missing cells only; the decimal mark here is a comma, which --decimal . changes; "
        "--y-true COLUMN chooses another column",
        {"a.csv": b"y_true;y_pred\n" + b"1,5;1,5\n" * 60 + b"1.234;1234\n"},
    ),
    bad(
        "first-fault-first",
        "compute bce a.csv",
        'a.csv:2: column "y_pred": "1.2" is not a probability between 0 and 1',
        PERCENTS,
        csv("y_true,y_pred", "0,1.2", "0,0.5", "0,x"),
    ),
    bad(
        "first-fault-of-two-models",
        "compute mse a.csv -t t -p a -p b",
        'a.csv:2: column "b": cannot read "y" as a number',
        ANOTHER,
        csv("t,a,b", "1,1,y", "1,1,1", "1,x,1"),
    ),
    bad("all-twice", "compute all,all a.csv", '"all" is asked for twice', "name each loss once"),
    bad(
        "sign-in-a-list",
        "compute sparse_cce:class_weight=[1,+2] a.csv",
        "a.csv: class_weight of sparse_cce has 2 values, and y_pred has 3 classes",
        "give one number for each class, in the order of the columns",
        THREE,
    ),
    bad(
        "model-twice",
        "compute mse a.csv -p y_pred -p y_pred",
        '-p "y_pred" is given twice',
        "give each model once",
    ),
    bad(
        "infinite-factor",
        "compute 1e999*mse a.csv",
        'the factor "1e999" is beyond the largest float64',
        "write a smaller one",
    ),
    bad(
        "where-of-several",
        "compute mse a.csv --where y_true,y_pred=1",
        'a.csv: --where "y_true,y_pred=1" names several columns',
        "repeat --where, once for each column",
    ),
    bad(
        "classes-in-another-order",
        "compute sparse_cce a.csv --classes b,a",
        'a.csv: --classes names "b" and "a", and the columns are named "a" and "b", in another order',
        "-p can name the columns in the order of --classes",
        csv("y_true,p_a,p_b", "a,0.9,0.1"),
    ),
    bad(
        "class-columns-of-one-name",
        "compute sparse_cce a.csv",
        'a.csv: two columns of y_pred are named after the class "1"',
        "--classes names them apart",
        csv("y_true,p_1,p_1.0", "1,0.9,0.1"),
    ),
    bad(
        "outputs-in-another-order",
        "compute mse a.csv",
        'a.csv: the columns of y_true come as "a" and "b", those of y_pred as "b" and "a"',
        "-t and -p can name the columns in one order",
        csv("y_true_a,y_true_b,y_pred_b,y_pred_a", "1,2,2,1"),
    ),
    bad(
        "y-true-in-two-spellings",
        "compute mse a.csv",
        'a.csv: "Y_TRUE" or "Y_True" may be y_true, and nothing says which',
        "-t COLUMN says it",
        csv("Y_TRUE,Y_True,y_pred", "5,1,1"),
    ),
    bad(
        "positive-mistyped",
        "compute bce a.csv --positive Yes",
        'a.csv: no y_true cell is "Yes", which --positive names; there are "no" and "yes"',
        "--positive LABEL names the label that counts as 1",
        csv("y_true,y_pred", "yes,0.9", "no,0.1"),
    ),
    bad(
        "key-of-later-records",
        "compute mse a.ndjson -w w",
        'a.ndjson: --weight names no column "w"; there are in the first rows "y_true" and "y_pred"',
        "--weight takes one of these names",
        {"a.ndjson": b'{"y_true": 1, "y_pred": 2}\n' * 5000 + b'{"y_true": 1, "y_pred": 2, "w": 1}\n'},
    ),
    bad(
        "odd-blanks",
        "compute mse a.csv",
        "a.csv: it is empty",
        "a header and at least one row are needed",
        {"a.csv": b"\x1e"},
    ),
    bad(
        "empty-lists",
        "compute mse -t [[]] -p [[]]",
        'arguments: row 1: column "y_true": "[]" holds 0 values, and the first rows hold 1',
        "values are like 0,1 or [[0,1],[1,0]]",
    ),
    bad(
        "missing-weight",
        "compute mse a.csv -w weight",
        'a.csv:3: column "weight": the cell is missing',
        MISSING,
        csv("y_true,y_pred,weight", "1,2,1", "3,4,"),
    ),
    bad(
        "missing-group",
        "compute mse a.csv -g site",
        'a.csv:3: column "site": the cell is missing',
        MISSING,
        csv("y_true,y_pred,site", "1,2,x", "3,4,"),
    ),
    *(
        bad(
            f"no-number-{name}",
            "compute mse a.csv",
            f'a.csv:3: column "y_pred": cannot read "{number}" as a number',
            ANOTHER,
            cell(number),
        )
        for name, number in {
            "nan-and-text": "-nan(ind)",
            "underscore": "1_000",
            "arabic-indic": "\u0661\u0662",
            "fullwidth": "\uff11",
            "hexadecimal": "0x1F",
            "thousands-blank": "1 000",
            "decimal-comma": "1.234,5",
            "minus-sign": "\u22121",
            "half-exponent": "1e",
            "bool": "true",
        }.items()
    ),
    bad(
        "no-number-line-end",
        "compute mse a.csv",
        'a.csv:3: column "y_pred": cannot read "1\\n" as a number',
        ANOTHER,
        cell("1\n"),
    ),
    bad(
        "no-number-no-break-space",
        "compute mse a.csv",
        'a.csv:3: column "y_pred": cannot read "1\\xa0" as a number',
        ANOTHER,
        cell("1\u00a0"),
    ),
    bad(
        "no-number-escapes",
        "compute mse a.csv",
        'a.csv:3: column "y_pred": cannot read "[red]\\x1b[31mx" as a number',
        ANOTHER,
        cell(EVIL),
    ),
    bad(
        "no-number-long",
        "compute mse a.csv",
        'a.csv:3: column "y_pred": cannot read "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" as a number',
        ANOTHER,
        cell("x" * 200),
    ),
    bad(
        "text-is-not-missing",
        "compute mse a.csv --nan drop",
        'a.csv:3: column "y_pred": cannot read "nope" as a number',
        ANOTHER,
        cell("nope"),
    ),
    bad(
        "infinity-where-a-row-of-numbers-may-be-one",
        "compute nrmse,minkowski:p=2 a.csv",
        'a.csv:3: column "y_pred": "inf" is not a finite number',
        "",
        csv("y_true,y_pred", "1,2", "3,inf"),
    ),
    bad(
        "nothing-left-by-drop",
        "compute mse a.csv --nan drop",
        "a.csv: each of 2 rows misses a cell, so --nan drop leaves none",
        "-t and -p choose other columns",
        csv("y_true,y_pred", "1,", "2,NA"),
    ),
    bad(
        "nothing-left-by-where",
        "compute mse a.csv --where y_true=9",
        "a.csv: none of 2 rows has y_true=9",
        "--where compares the whole cell",
    ),
]

COLUMNS = [
    bad(
        "duplicate-column",
        "compute mse a.csv",
        'a.csv: two columns are named "y_pred"',
        "rename one of them",
        csv("y_true,y_pred,y_pred", "1,2,3"),
    ),
    bad(
        "two-candidates",
        "compute mse a.csv",
        'a.csv: "pred" or "score" may be y_pred, and nothing says which',
        "-p COLUMN says it",
        csv("y_true,pred,score", "1,2,3"),
    ),
    bad(
        "no-candidate",
        "compute mse a.csv",
        'a.csv: no column is named like y_true; there are "a" and "b"',
        "-t COLUMN says which it is, --truth FILE takes it from another file",
        csv("a,b", "1,2"),
    ),
    bad(
        "escapes-in-column-names",
        "compute mse a.csv",
        'a.csv: no column is named like y_pred; there are "y_true" and "[red]\\x1b[31mx"',
        "-p COLUMN says which it is",
        csv(f"y_true,{EVIL}", "1,2"),
    ),
    bad(
        "escapes-in-column-in-use",
        f"compute mse a.csv -p '{EVIL}'",
        'a.csv:2: column "[red]\\x1b[31mx": cannot read "abc" as a number',
        ANOTHER,
        csv(f"y_true,{EVIL}", "1,abc"),
    ),
    bad(
        "headerless-three",
        "compute mse a.csv",
        "a.csv: it has 3 columns and no header, so nothing says which is y_true",
        "-t chooses a column by its number, -t 1 the first",
        csv("1,2,3", "4,5,6"),
    ),
    bad(
        "headerless-one",
        "compute mse a.csv",
        "a.csv: it has one column and no names, so it is y_pred, and y_true is missing",
        NUMBERS_HELP,
        csv("1", "2"),
    ),
    bad(
        "wrong-column",
        "compute mse a.csv -p y_perd",
        'a.csv: --y-pred names no column "y_perd"; there are "y_true" and "y_pred"',
        'did you mean "y_pred"?',
    ),
    bad(
        "wrong-column-far",
        "compute mse a.csv -p zzz",
        'a.csv: --y-pred names no column "zzz"; there are "y_true" and "y_pred"',
        "--y-pred takes one of these names",
    ),
    bad(
        "number-for-a-name",
        "compute mse a.csv -p 2",
        'a.csv: --y-pred names no column "2"; there are "y_true" and "y_pred"',
        "numbers name columns of files without a header; -H says that there is none",
    ),
    bad(
        "number-too-high",
        "compute mse a.csv -H -t 1 -p 3",
        'a.csv: --y-pred names no column "3"; there are "1" and "2"',
        "--y-pred takes one of these names",
        csv("1,2"),
    ),
    bad(
        "wrong-weight",
        "compute mse a.csv -w wieght",
        'a.csv: --weight names no column "wieght"; there are "y_true", "y_pred", "weight" and "site"',
        'did you mean "weight"?',
        WEIGHTED,
    ),
    bad(
        "two-weights",
        "compute mse a.csv -w weight,y_true",
        '--weight names "weight" and "y_true", and weights are one column',
        "",
        WEIGHTED,
    ),
    bad(
        "wrong-group",
        "compute mse a.csv -g city",
        'a.csv: --by names no column "city"; there are "y_true", "y_pred", "weight" and "site"',
        "--by takes one of these names",
        WEIGHTED,
    ),
    bad(
        "wrong-where",
        "compute mse a.csv --where split=test",
        'a.csv: --where names no column "split"; there are "y_true" and "y_pred"',
        "--where takes one of these names",
    ),
    bad(
        "where-without-equals",
        "compute mse a.csv --where split",
        'cannot read --where "split"',
        "write it like --where split=test",
    ),
    bad(
        "range-backwards",
        "compute sparse_cce a.csv -p p_2:p_0",
        'a.csv: --y-pred "p_2:p_0" runs backwards: column "p_0" stands before "p_2"',
        'write "p_0:p_2", or name the columns with commas',
        THREE,
    ),
    bad(
        "range-to-nowhere",
        "compute sparse_cce a.csv -p p_0:p_9",
        'a.csv: --y-pred names no column "p_9"; there are "y_true", "p_0", "p_1" and "p_2"',
        'did you mean "p_2", "p_1" or "p_0"?',
        THREE,
    ),
    bad(
        "pattern-without-match",
        "compute sparse_cce a.csv -p 'q_*'",
        'a.csv: --y-pred names no column "q_*"; there are "y_true", "p_0", "p_1" and "p_2"',
        "--y-pred takes one of these names",
        THREE,
    ),
    bad(
        "column-twice",
        "compute sparse_cce a.csv -p p_0,p_1,p_0",
        'a.csv: --y-pred names column "p_0" twice',
        "name each column once",
        THREE,
    ),
    bad(
        "too-few-columns",
        "compute sparse_cce a.csv",
        "a.csv: y_true has 1 column and y_pred has 1 column: sparse_cce takes one column of class ids or names in y_true and one column per class in y_pred",
        "-t and -p choose other columns, for example -p 'p_*'; by argument one row of three classes is [[0.2,0.5,0.3]]",
    ),
    bad(
        "too-many-columns",
        "compute mse a.csv",
        "a.csv: y_true has 2 columns and y_pred has 3 columns: mse takes as many of one as of the other",
        "-t and -p choose other columns",
        csv("y_true_0,y_true_1,p_0,p_1,p_2", "1,2,3,4,5"),
    ),
    bad(
        "too-few-classes",
        "compute sparse_cce a.csv --classes a,b",
        "a.csv: --classes names 2, and y_pred has 3 classes",
        "name each class once, in the order of the columns",
        THREE,
    ),
    bad(
        "class-twice",
        "compute sparse_cce a.csv --classes a,b,b",
        "a.csv: --classes names 3 and one of them twice, and y_pred has 3 classes",
        "name each class once, in the order of the columns",
        THREE,
    ),
    bad(
        "lengths-of-values",
        "compute mse -t 0,1,2 -p 1,2",
        "y_true has 3 values (-t), y_pred has 2 (-p)",
        AS_MANY,
    ),
    bad(
        "lengths-of-weights",
        "compute mse -t 0,1 -p 1,2 -w 1",
        "y_true has 2 values (-t), weight has 1 (-w)",
        AS_MANY,
    ),
    bad(
        "lengths-of-json-columns",
        "compute mse a.json",
        'a.json: column "y_true" has 2 rows and column "y_pred" has 3',
        "columns must be of one length",
        js('{"y_true": [1, 2], "y_pred": [1, 2, 3]}'),
    ),
    bad(
        "lengths-of-npz-members",
        "compute mse a.npz",
        'a.npz: column "y_true" has 3 rows and column "y_pred" has 2',
        "columns must be of one length",
        npz(y_true=[1.0, 2.0, 3.0], y_pred=[1.0, 2.0]),
    ),
    bad(
        "orders-of-classes",
        "compute cce a.csv",
        'a.csv: the columns of y_true come as "a" and "b", those of y_pred as "b" and "a"',
        "-t and -p can name the columns in one order",
        csv("y_true_a,y_true_b,p_b,p_a", "1,0,0.5,0.5"),
    ),
    bad(
        "no-values",
        "compute mse -t '[]' -p 1",
        "-t holds no values",
        LITERALS,
    ),
    bad(
        "values-cut-off",
        "compute mse -t [1, -p 1",
        "-t:1: character 4: this is not JSON: it ends too early",
        LITERALS,
    ),
    bad(
        "values-ragged",
        "compute mse -t [[1,2],[3]] -p [[1,2],[3,4]]",
        'arguments: row 2: column "y_true": "[3]" holds 1 value, and the first rows hold 2',
        "values are like 0,1 or [[0,1],[1,0]]",
    ),
    bad(
        "values-ragged-behind-one",
        "compute mse -t [[1],[2],[3,4]] -p 1,2,3",
        'arguments: row 3: column "y_true": "[3, 4]" holds 2 values, and the first rows hold 1',
        "values are like 0,1 or [[0,1],[1,0]]",
    ),
    bad(
        "values-number-then-list",
        "compute mse -t [1,[2,3]] -p 1,2",
        'arguments: row 2: column "y_true": "[2, 3]" holds 2 values, and the first rows hold 1',
        "values are like 0,1 or [[0,1],[1,0]]",
    ),
    bad(
        "fault-behind-another-kind",
        "compute multi_margin a.json",
        'a.json: row 1: column "y_true": "1.5" is no class id; ids are whole numbers from 0',
        "--y-true COLUMN chooses another column",
        {"a.json": b'{"y_true": [1.5, [1, 2]], "y_pred": [[1, 2], [3, 4]]}'},
    ),
    bad(
        "y-true-alone",
        "compute mse -t 1,2",
        "-t is given without -p and without FILE",
        "give values with both -t and -p, or a FILE; columns of standard input need FILE -",
    ),
    bad(
        "y-pred-alone",
        "compute mse -p 1,2",
        "-p is given without -t and without FILE",
        "give values with both -p and -t, or a FILE; columns of standard input need FILE -",
    ),
    bad(
        "values-of-two-models",
        "compute mse -t 1 -p 1 -p 2",
        "-p is given twice with values",
        "several predictions need a FILE with columns",
    ),
]

VALUES = [
    bad(
        "class-id-too-high",
        "compute sparse_cce a.npz",
        'a.npz: row 2: column "y_true": "3" is not a class id: y_pred has 3 classes, so ids run from 0 to 2',
        FROM_ONE,
        npz(y_true=[0, 3], y_pred=np.full((2, 3), 1 / 3)),
    ),
    bad(
        "class-id-far-too-high",
        "compute sparse_cce a.npz",
        'a.npz: row 2: column "y_true": "4" is not a class id: y_pred has 3 classes, so ids run from 0 to 2',
        CLASSES_HELP,
        npz(y_true=[0, 4], y_pred=np.full((2, 3), 1 / 3)),
    ),
    bad(
        "class-ids-from-1-of-many-classes",
        "compute sparse_cce a.npz",
        'a.npz: row 2: column "y_true": "20" is not a class id: y_pred has 20 classes, so ids run from 0 to 19',
        "--classes 1,2,3,…,20 names the classes where labels count from 1",
        npz(y_true=[1, 20], y_pred=np.full((2, 20), 1 / 20)),
    ),
    bad(
        "class-labels-from-1",
        "compute sparse_cce a.csv",
        'a.csv:3: column "y_true": "3" is none of the classes, which are "0", "1" and "2"',
        FROM_ONE,
        csv("y_true,p_0,p_1,p_2", "1,0.2,0.5,0.3", "3,0.2,0.5,0.3"),
    ),
    bad(
        "class-id-negative",
        "compute sparse_cce -t 0,-1 -p [[0.5,0.5],[0.5,0.5]]",
        'arguments: row 2: column "y_true": "-1" is not a class id: y_pred has 2 classes, so ids run from 0 to 1',
        CLASSES_HELP,
    ),
    bad(
        "class-id-fraction",
        "compute sparse_cce -t 0,0.5 -p [[0.5,0.5],[0.5,0.5]]",
        'arguments: row 2: column "y_true": "0.5" is no class id; ids are whole numbers from 0',
        "values are like 0,1 or [[0,1],[1,0]]",
    ),
    bad(
        "class-without-column",
        "compute sparse_cce a.csv",
        'a.csv:2: column "y_true": "bird" is none of the classes, which are "cat" and "dog"',
        CLASSES_HELP,
        csv("y_true,p_cat,p_dog", "bird,0.5,0.5"),
    ),
    bad(
        "class-id-without-column",
        "compute sparse_cce a.csv",
        'a.csv:2: column "y_true": "0" is none of the classes, which are "1" and "2"',
        CLASSES_HELP,
        csv("y_true,p_1,p_2", "0,0.5,0.5"),
    ),
    bad(
        "probability-above-1",
        "compute bce a.csv",
        'a.csv:3: column "y_pred": "1.2" is not a probability between 0 and 1',
        PERCENTS,
        csv("y_true,y_pred", "1,0.5", "0,1.2"),
    ),
    bad(
        "probability-above-100",
        "compute bce a.csv",
        'a.csv:2: column "y_pred": "100.5" is not a probability between 0 and 1',
        LOGITS,
        csv("y_true,y_pred", "1,100.5"),
    ),
    bad(
        "class-probabilities-in-percents",
        "compute sparse_cce a.csv",
        'a.csv:2: column "p_1": "99.5" is not a probability between 0 and 1',
        "the parameter renormalise=true divides each row by its sum, also a row of percents",
        csv("y_true,p_0,p_1", "0,0.5,99.5"),
    ),
    bad(
        "targets-in-percents",
        "compute cce a.csv",
        'a.csv:2: column "y_true_0": "40" is not a probability between 0 and 1',
        "each row of y_true must add to 1; percents have to be divided by 100",
        csv("y_true_0,y_true_1,p_0,p_1", "40,60,0.5,0.5"),
    ),
    bad(
        "probability-below-0",
        "compute bce a.csv",
        'a.csv:2: column "y_pred": "-0.1" is not a probability between 0 and 1',
        LOGITS,
        csv("y_true,y_pred", "1,-0.1"),
    ),
    bad(
        "probability-inf",
        "compute bce a.csv",
        'a.csv:2: column "y_pred": "inf" is not a probability between 0 and 1',
        LOGITS,
        csv("y_true,y_pred", "1,inf"),
    ),
    bad(
        "class-probability-above-1",
        "compute sparse_cce a.csv",
        'a.csv:2: column "p_0": "1.2" is not a probability between 0 and 1',
        RENORMALISE,
        csv("y_true,p_0,p_1", "0,1.2,-0.2"),
    ),
    bad(
        "row-adds-to-0.9",
        "compute sparse_cce a.csv",
        'a.csv:3: columns "p_0" to "p_1": the row adds to 0.9, not to 1',
        RENORMALISE,
        csv("y_true,p_0,p_1", "0,0.5,0.5", "0,0.2,0.7"),
    ),
    bad(
        "target-adds-to-0.9",
        "compute cce a.csv",
        'a.csv:2: columns "y_true_0" to "y_true_1": the row adds to 0.9, not to 1',
        "each row of y_true must add to 1; class ids and names go in one column",
        csv("y_true_0,y_true_1,p_0,p_1", "0.4,0.5,0.5,0.5"),
    ),
    bad(
        "row-of-zeros",
        "compute sparse_cce:renormalise=true a.csv",
        'a.csv:2: columns "p_0" to "p_1": the row adds to 0, which nothing can renormalise',
        RENORMALISE,
        csv("y_true,p_0,p_1", "0,0,0"),
    ),
    bad(
        "row-of-no-logit",
        "compute sparse_cce_logits a.csv",
        'a.csv:2: columns "logit_0" to "logit_1": the row has no logit above -inf, so no class is possible',
        "leave one class of the row a finite logit",
        csv("y_true,logit_0,logit_1", "0,-inf,-inf"),
    ),
    bad(
        "msle-at-minus-1",
        "compute msle a.csv",
        'a.csv:3: column "y_true": "-1" is not a number above -1, which ln(1 + y) needs',
        "mse takes any number",
        csv("y_true,y_pred", "1,2", "-1,2"),
    ),
    bad(
        "bce-label-2",
        "compute bce a.csv",
        'a.csv:3: column "y_true": "2" is not 0, 1 or a probability between them',
        "--positive LABEL says which label counts as 1",
        csv("y_true,y_pred", "1,0.2", "2,0.2"),
    ),
    bad(
        "bce-label-text",
        "compute bce a.csv",
        'a.csv:2: column "y_true": cannot read "spam" as a number',
        POSITIVE,
        csv("y_true,y_pred", "spam,0.2"),
    ),
    bad(
        "hinge-label-2",
        "compute hinge a.csv",
        'a.csv:3: column "y_true": "2" is not a sign: 1, or -1 or 0',
        "--positive LABEL says which label counts as 1",
        csv("y_true,y_pred", "1,0.2", "2,0.2"),
    ),
    bad(
        "hinge-label-text",
        "compute hinge a.csv",
        'a.csv:2: column "y_true": cannot read "spam" as a number',
        POSITIVE,
        csv("y_true,y_pred", "spam,0.2"),
    ),
    bad(
        "hinge-of-0-and-minus-1",
        "compute hinge a.csv",
        "a.csv: y_true holds both 0 and -1, and for a hinge loss both mean the negative class",
        "keep -1 and 1, or 0 and 1",
        csv("y_true,y_pred", "0,0.2", "-1,0.2"),
    ),
    bad(
        "weight-negative",
        "compute mse a.csv -w weight",
        'a.csv:3: column "weight": "-1" is no weight: weights are finite and at least 0',
        "--weight COLUMN chooses another column",
        csv("y_true,y_pred,weight", "1,2,1", "3,4,-1"),
    ),
    bad(
        "weight-inf",
        "compute mse a.csv -w weight",
        'a.csv:2: column "weight": "inf" is no weight: weights are finite and at least 0',
        "--weight COLUMN chooses another column",
        csv("y_true,y_pred,weight", "3,4,inf"),
    ),
    bad(
        "weight-text",
        "compute mse a.csv -w weight",
        'a.csv:2: column "weight": cannot read "heavy" as a number',
        "--nan covers missing cells only; --weight COLUMN chooses another column",
        csv("y_true,y_pred,weight", "3,4,heavy"),
    ),
    bad(
        "weights-all-zero",
        "compute mse a.csv -w weight",
        "a.csv: the weights add to 0, so mse has no mean",
        "give a row some weight, or leave these rows out with --where",
        WEIGHTED,
    ),
    bad(
        "compared-rows-of-other-width",
        "compare mse a.csv b.json",
        "b.json has 2 columns of y_true and a.csv has 1",
        "both must hold the same rows; -t and -p choose other columns",
        {**PAIR, "b.json": b'{"y_true": [[1, 1], [0, 0]], "y_pred": [[1, 2], [0, 1]]}'},
    ),
    bad(
        "checked-rows-of-other-width",
        "check b.json --max mse=1 --baseline a.csv --significant",
        "b.json has 2 columns of y_true and a.csv has 1",
        "both must hold the same rows; -t and -p choose other columns",
        {**PAIR, "b.json": b'{"y_true": [[1, 1], [0, 0]], "y_pred": [[1, 2], [0, 1]]}'},
    ),
    bad(
        "weights-all-zero-sum",
        "compute mse a.csv -w weight --reduction sum",
        "a.csv: the weights add to 0, so mse has no sum",
        "give a row some weight, or leave these rows out with --where",
        WEIGHTED,
    ),
    bad(
        "weights-all-zero-mean-count",
        "compute mse a.csv -w weight --reduction mean-count --like keras",
        "a.csv: the weights add to 0, so mse has no mean",
        "give a row some weight, or leave these rows out with --where",
        WEIGHTED,
    ),
    bad(
        "weights-all-zero-in-group",
        "compute mse a.csv -w weight -g site",
        'a.csv: the weights of group "site=x" add to 0, so mse has no mean',
        "give a row some weight, or leave these rows out with --where",
        WEIGHTED,
    ),
    bad(
        "weights-all-zero-rmse",
        "compute rmse a.csv -w weight",
        "a.csv: the weights add to 0, so rmse has no mean",
        "give a row some weight, or leave these rows out with --where",
        WEIGHTED,
    ),
]

BYTES = [
    bad(
        "utf-16",
        "compute mse a.csv",
        "a.csv: it holds UTF-16 text, not UTF-8",
        "iconv -f UTF-16 -t UTF-8 FILE turns it into UTF-8",
        {"a.csv": PAIR["a.csv"].decode().encode("utf-16")},
    ),
    bad(
        "utf-16-unmarked",
        "compute mse a.csv",
        "a.csv: it holds binary data of no format known here",
        BINARY,
        {"a.csv": PAIR["a.csv"].decode().encode("utf-16-le")},
    ),
    bad(
        "binary",
        "compute mse a.bin",
        "a.bin: it holds binary data of no format known here",
        BINARY,
        {"a.bin": b"\x7fELF" + bytes(range(256))},
    ),
    bad(
        "gz-of-gz",
        "compute mse a.gz",
        "a.gz: it holds binary data of no format known here",
        BINARY,
        {"a.gz": gzip.compress(gzip.compress(PAIR["a.csv"]))},
    ),
    bad(
        "latin-1-header",
        "compute mse a.csv",
        "a.csv: the name of column 2 is not UTF-8",
        LATIN1,
        {"a.csv": b"y_true,pr\xe4d\n1,2\n"},
    ),
    bad(
        "latin-1-group",
        "compute mse a.csv -g site",
        'a.csv:3: column "site": the cell is not UTF-8',
        LATIN1,
        {"a.csv": b"y_true,y_pred,site\n1,2,a\n3,4,\xe4\n"},
    ),
    bad(
        "latin-1-json",
        "compute mse a.json",
        "a.json:2: this is not UTF-8 text",
        LATIN1,
        {"a.json": b'{"y_true": [1],\n "y_pr\xe4d": [1]}'},
    ),
    bad(
        "latin-1-ndjson",
        "compute mse a.json",
        "a.json:2: this is not UTF-8 text",
        LATIN1,
        {"a.json": b'{"y_true": 1}\n{"y_true": "\xe4"}\n'},
    ),
    *(
        bad(
            f"{kind}-{tool}",
            f"compute mse a.csv.{tool}",
            f"a.csv.{tool}: the {tool} data are cut off or damaged",
            f"make the file again; {tool} -t FILE tests it",
            {f"a.csv.{tool}": spoil(compress(NUMBERS))},
        )
        for tool, compress in (
            ("gzip", gzip.compress),
            ("bzip2", bz2.compress),
            ("xz", lzma.compress),
            ("zstd", tables.zst),
        )
        for kind, spoil in (("cut-off", cut), ("damaged", damaged))
    ),
    bad(
        "cut-off-json-gz",
        "compute mse a.json.gz",
        "a.json.gz: the gzip data are cut off or damaged",
        "make the file again; gzip -t FILE tests it",
        {"a.json.gz": cut(gzip.compress(json.dumps(NOISE).encode()))},
    ),
    bad(
        "cut-off-npy-gz",
        "compute mse a.npy.gz",
        "a.npy.gz: the gzip data are cut off or damaged",
        "make the file again; gzip -t FILE tests it",
        {"a.npy.gz": cut(gzip.compress(npy(NOISE)))},
    ),
    bad(
        "zip-of-csv",
        "compute mse a.zip",
        'a.zip: it is a zip archive with "a.csv" in it, not an npz file',
        "unpack it, or export the table as CSV",
        {"a.zip": zipped("a.csv")},
    ),
    bad(
        "spreadsheet",
        "compute mse a.xlsx",
        'a.xlsx: it is a zip archive with "xl/workbook.xml" in it, not an npz file',
        "unpack it, or export the table as CSV",
        {"a.xlsx": zipped("xl/workbook.xml")},
    ),
    bad(
        "npy-pickled",
        "compute mse a.npy",
        "a.npy: the array holds pickled objects, which are never loaded",
        PICKLED,
        {"a.npy": npy([1, "a", None])},
    ),
    bad(
        "npy-cut-off",
        "compute mse a.npy",
        "a.npy: the array is cut off or damaged",
        "save it again with np.save or np.savez",
        {"a.npy": cut(npy(NOISE))},
    ),
    bad(
        "npy-cut-off-in-header",
        "compute mse a.npy",
        "a.npy: the array is cut off or damaged",
        "save it again with np.save or np.savez",
        {"a.npy": npy(NOISE)[:30]},
    ),
    bad(
        "npy-of-three-dimensions",
        "compute mse a.npy",
        "a.npy: the array has shape (2, 3, 4), not (rows,) or (rows, outputs)",
        "reshape it before saving: array.reshape(len(array), -1)",
        {"a.npy": npy(np.zeros((2, 3, 4)))},
    ),
    bad(
        "npy-of-no-dimension",
        "compute mse a.npy",
        "a.npy: the array is a single value, not one for each row",
        "save values of shape (rows,)",
        {"a.npy": npy(3.0)},
    ),
    bad(
        "npy-of-no-rows",
        "compute mse a.npy",
        "a.npy: it holds no rows",
        ONE_ROW,
        {"a.npy": npy(np.zeros((0, 2)))},
    ),
    bad(
        "npy-complex",
        "compute mse a.npy",
        "a.npy: the array holds complex128, neither numbers nor text",
        "save it as float64: array.astype(float), of complex numbers array.real",
        {"a.npy": npy([1j, 2j])},
    ),
    bad(
        "npy-vector-alone",
        "compute mse a.npy",
        "a.npy: it has one column and no names, so it is y_pred, and y_true is missing",
        NUMBERS_HELP,
        {"a.npy": npy([1.0, 2.0])},
    ),
    bad(
        "npz-pickled-member",
        "compute mse a.npz",
        'a.npz: array "y_pred" holds pickled objects, which are never loaded',
        PICKLED,
        npz(y_true=[1.0, 2.0], y_pred=[1, None]),
    ),
    bad(
        "npz-cut-off",
        "compute mse a.npz",
        "a.npz: the npz file is cut off or damaged",
        "save it again with np.savez, with plain numbers",
        {"a.npz": cut(npz(y_true=NOISE, y_pred=NOISE)["a.npz"])},
    ),
    bad("npz-of-nothing", "compute mse a.npz", "a.npz: it holds no rows", ONE_ROW, npz()),
    bad(
        "csv-as-npy",
        "compute mse a.csv --input-format npy",
        "a.csv: the array is not in NumPy's format",
        "save it with np.save or np.savez",
    ),
]

JSON = [
    bad(
        "trailing-comma",
        "compute mse a.json",
        'a.json:2: character 18: this is not JSON from "]}" on, a comma stands before it',
        OTHER_FORMAT,
        js('{"y_true": [1, 2],\n "y_pred": [1, 2,]}\n'),
    ),
    bad(
        "trailing-comma-in-object",
        "compute mse a.json",
        'a.json:3: character 1: this is not JSON from "}]" on, a comma stands before it',
        OTHER_FORMAT,
        js('[{"y_true": 1,\n  "y_pred": 2,\n}]'),
    ),
    bad(
        "json-cut-off",
        "compute mse a.json",
        "a.json:2: character 17: this is not JSON: it ends too early",
        OTHER_FORMAT,
        js('{"y_true": [1, 2],\n "y_pred": [1, 2'),
    ),
    bad(
        "json-with-text-behind",
        "compute mse a.json",
        'a.json:1: character 32: this is not JSON from "and more" on',
        OTHER_FORMAT,
        js('{"y_true": [1], "y_pred": [1]} and more'),
    ),
    bad(
        "json-nested-deep",
        "compute mse a.json",
        "a.json: its brackets are nested too deep",
        TABLES,
        js("[" * 100_000 + "]" * 100_000),
    ),
    bad(
        "json-key-twice",
        "compute mse a.json",
        'a.json: an object has the key "y_true" twice',
        "rename one of them",
        js('{"y_true": [1],\n "y_true": [2]}'),
    ),
    bad(
        "json-scalar",
        "compute mse a.json --input-format json",
        "a.json: it holds a single value, not a table",
        TABLES,
        js("3.5"),
    ),
    bad(
        "json-scalar-column",
        "compute mse a.json",
        'a.json: row 1: column "y_pred": cannot read "{"0": 1}" as a number',
        ANOTHER,
        js('{"y_true": 1, "y_pred": {"0": 1}}'),
    ),
    bad("json-no-rows", "compute mse a.json", "a.json: it holds no rows", ONE_ROW, js("[]")),
    bad(
        "json-numbers-alone",
        "compute mse a.json",
        "a.json: it has one column and no names, so it is y_pred, and y_true is missing",
        NUMBERS_HELP,
        js("[1, 2, 3]"),
    ),
    bad(
        "json-records-and-numbers",
        "compute mse a.json",
        "a.json: row 2: it is no record like the others",
        TABLES,
        js('[{"y_true": 1, "y_pred": 2}, 3]'),
    ),
    bad(
        "json-ragged-lists",
        "compute sparse_cce a.json",
        'a.json: row 2: column "y_pred": "[null]" holds 1 value, and the first rows hold 2',
        "--y-pred COLUMN chooses another column",
        js('{"y_true": [0, 1], "y_pred": [[1, 0], [null]]}'),
    ),
    bad(
        "json-record-in-cell",
        "compute mse a.json",
        'a.json: row 2: column "y_pred": cannot read "{"a": 2}" as a number',
        ANOTHER,
        js('{"y_true": [0, 1], "y_pred": [1, {"a": 2}]}'),
    ),
    bad(
        "json-bool",
        "compute mse a.json",
        'a.json: row 1: column "y_pred": cannot read "true" as a number',
        ANOTHER,
        js('{"y_true": [0], "y_pred": [true]}'),
    ),
    bad(
        "json-split-ragged",
        "compute mse a.json",
        "a.json: row 2 has 1 cell, there are 2 columns",
        TABLES,
        js('{"columns": ["y_true", "y_pred"], "data": [[1, 2], [3]]}'),
    ),
    bad(
        "json-split-duplicate",
        "compute mse a.json",
        'a.json: two columns are named "a"',
        "rename one of them",
        js('{"columns": ["a", "a"], "data": [[1, 2]]}'),
    ),
    bad(
        "json-different-indices",
        "compute mse a.json",
        'a.json: columns "y_true" and "y_pred" have different row keys',
        "each column needs the same rows",
        js('{"y_true": {"0": 1}, "y_pred": {"1": 1}}'),
    ),
    bad(
        "escapes-in-json-key",
        "compute mse a.json -t '[red]*'",
        'a.json: column "[red]\\x1b[31mx" has 2 rows and column "y_pred" has 1',
        "columns must be of one length",
        js(json.dumps({EVIL: [1, 2], "y_pred": [1]})),
    ),
    bad(
        "ndjson-bad-line",
        "compute mse a.json",
        'a.json:2: character 25: this is not JSON from "}" on',
        OTHER_FORMAT,
        js('{"y_true": 1, "y_pred": 2}\n{"y_true": 1, "y_pred": }\n'),
    ),
    bad(
        "ndjson-bad-late-line",
        "compute mse a.ndjson",
        "a.ndjson:9002: character 2: this is not JSON: it ends too early",
        OTHER_FORMAT,
        {"a.ndjson": b'{"y_true": 1, "y_pred": 2}\n' * 9000 + b"\n{\n"},
    ),
    bad(
        "ndjson-other-line",
        "compute mse a.ndjson",
        "a.ndjson:2: the line holds no JSON object",
        "NDJSON has one record a line; --input-format json reads a document",
        {"a.ndjson": b'{"y_true": 1, "y_pred": 2}\n[1, 2]\n'},
    ),
    bad(
        "ndjson-key-twice",
        "compute mse a.json",
        'a.json:2: an object has the key "y_true" twice',
        "rename one of them",
        js('{"y_true": 1}\n{"y_true": 1, "y_true": 2}\n'),
    ),
    bad(
        "ndjson-text",
        "compute mse a.json",
        'a.json:3: column "y_pred": cannot read "x" as a number',
        ANOTHER,
        js('{"y_true": 1, "y_pred": 2}\n\n{"y_true": 1, "y_pred": "x"}\n'),
    ),
]

WORDS = [
    bad("command", "comput mse a.csv", 'there is no command "comput"', 'did you mean "compute" or "compare"?'),
    bad("command-far", "zzzz", 'there is no command "zzzz"', "lossctl --help lists the commands"),
    bad(
        "loss-for-a-command",
        "mse,huber:delta=2 a.csv",
        'there is no command "mse,huber:delta=2"',
        "it is a loss: lossctl compute mse,huber:delta=2 FILE",
    ),
    bad(
        "option",
        "compute mse a.csv --fromat json",
        'lossctl compute has no option "--fromat"',
        'did you mean "--format" or "--input-format"?',
    ),
    bad(
        "option-far",
        "compute mse a.csv --zzzz",
        'lossctl compute has no option "--zzzz"',
        "lossctl compute --help lists the options",
    ),
    bad(
        "option-before-command",
        "--json compute mse a.csv",
        'lossctl has no option "--json"',
        "options stand behind the command, like lossctl compute mse preds.csv --json",
    ),
    bad(
        "escapes-in-option",
        "compute mse a.csv '--\x1b[31m'",
        'lossctl compute has no option "--\\x1b[31m"',
        "lossctl compute --help lists the options",
    ),
    bad("no-loss", "compute", "LOSS is missing", "lossctl compute mse preds.csv"),
    bad("loss", "compute hubr a.csv", 'there is no loss "hubr"', 'did you mean "huber"?'),
    bad(
        "loss-empty-part",
        "compute mse, a.csv",
        'LOSS "mse," has an empty part',
        'write losses like "mse,huber:delta=2" or "mse+0.5*mae"',
    ),
    bad(
        "loss-grammar",
        "compute 'mse(2)' a.csv",
        'cannot read "mse(2)" in LOSS "mse(2)"',
        "a loss is a name with parameters, like huber:delta=2; a weighted sum is like mse+0.5*mae",
    ),
    bad(
        "loss-ambiguous",
        "compute l2_loss a.csv",
        '"l2_loss" is the squared error here and half of it in optax, so it names no loss; write "mse" for r², "0.5*mse" for ½ r²',
    ),
    bad("loss-twice", "compute mse,MSELoss a.csv", 'a.csv: "mse" is asked for twice', "name each loss once"),
    bad("parameter", "compute huber:dleta=2 a.csv", 'huber has no parameter "dleta"', 'did you mean "delta"?'),
    bad("parameter-of-none", "compute mse:delta=2 a.csv", 'mse has no parameter "delta"', "mse has no parameters"),
    bad(
        "parameter-twice",
        "compute huber:delta=2:delta=3 a.csv",
        '"delta" is given twice in "huber:delta=2:delta=3"',
        "give each parameter once",
    ),
    bad(
        "parameter-without-name",
        "compute huber:2 a.csv",
        'cannot read ":2" in "huber:2"',
        "a parameter is like :delta=2",
    ),
    bad(
        "parameter-out-of-range",
        "compute huber:delta=0 a.csv",
        'a.csv: huber takes a number above 0 as delta, not "0"',
        "its default is 1.0",
    ),
    bad(
        "parameter-infinite",
        "compute huber:delta=inf a.csv",
        'a.csv: huber takes a number above 0 as delta, not "inf"',
        "its default is 1.0",
    ),
    bad(
        "parameter-text",
        "compute sparse_cce:renormalise=yes a.csv",
        'a.csv: sparse_cce takes true or false as renormalise, not "yes"',
        "its default is false",
        THREE,
    ),
    bad(
        "parameter-too-short",
        "compute sparse_cce:class_weight=[1,2] a.csv",
        "a.csv: class_weight of sparse_cce has 2 values, and y_pred has 3 classes",
        "give one number for each class, in the order of the columns",
        THREE,
    ),
    bad(
        "rmse-in-a-sum",
        "compute mse+rmse a.csv",
        'a.csv: rmse is no mean of rows, so it cannot be a term of "mse+rmse"',
        "ask for it by itself",
    ),
    bad(
        "rmse-summed",
        "compute rmse a.csv --reduction sum",
        "rmse is no mean of rows, so it has no sum",
        "--reduction mean is the default",
    ),
    bad(
        "convention", "compute mse a.csv --like zzz", 'there is no convention "zzz"', f"there is {listed(CONVENTIONS)}"
    ),
    bad(
        "format",
        "compute mse a.csv -f jsn",
        '--format is "table", "plain", "json", "ndjson", "csv", "tsv", "md", "svg" or "value", not "jsn"',
        'did you mean "json" or "ndjson"?',
    ),
    bad("formats", "compute mse a.csv --json -f csv", "--json and -f csv contradict each other", "give one of them"),
    bad(
        "reduction",
        "compute mse a.csv --reduction meen",
        '--reduction is "mean", "sum", "mean-weight" or "mean-count", not "meen"',
        'did you mean "mean"?',
    ),
    bad("nan", "compute mse a.csv --nan skip", '--nan is "error", "drop" or "propagate", not "skip"'),
    bad("color", "compute mse a.csv --color yes", '--color is "auto", "always" or "never", not "yes"'),
    bad("digits-0", "compute mse a.csv --digits 0", '--digits is a whole number from 1 to 17, not "0"'),
    bad("digits-text", "compute mse a.csv --digits two", '--digits is a whole number from 1 to 17, not "two"'),
    bad(
        "input-format", "compute mse a.csv --input-format cvs", 'there is no input format "cvs"', 'did you mean "csv"?'
    ),
    bad(
        "wrong-input-format",
        "compute mse a.csv --input-format json",
        'a.csv:1: character 1: this is not JSON from "y_true,y_pred" on',
        OTHER_FORMAT,
    ),
    bad(
        "delimiter",
        "compute mse a.csv -d ab",
        'a delimiter is one character, not "ab"',
        "write a tab as -d tab or -d '\\t'",
    ),
    bad("decimal-mark", "compute mse a.csv --decimal x", 'a decimal mark is . or , and not "x"', "write --decimal ,"),
    bad(
        "delimiter-is-decimal-mark",
        "compute mse a.csv -d , --decimal ,",
        'the delimiter and the decimal mark are both ","',
        "-d ';' --decimal , is common",
    ),
    bad(
        "output-onto-input",
        "compute mse a.csv -o ./a.csv",
        'the output "./a.csv" is one of the inputs',
        "-o takes another file",
    ),
    bad(
        "output-onto-labelled-input",
        "compute mse model=a.csv -o a.csv",
        'the output "a.csv" is one of the inputs',
        "-o takes another file",
    ),
    bad(
        "output-into-no-folder",
        "compute mse a.csv -o no/b.json",
        'there is no folder "no" for the output "no/b.json"',
        "mkdir -p makes it",
    ),
    bad(
        "output-is-a-folder",
        "compute mse a.csv -o .",
        'the output "." is a folder, not a file',
        "-o names a file, like -o loss.json",
    ),
    bad(
        "output-names-a-folder",
        "compute mse a.csv -o new/",
        'the output "new/" is a folder, not a file',
        "-o names a file, like -o loss.json",
    ),
]


WRONG_YET = [
    bad(
        "latin-1-number",
        "compute mse a.csv",
        'a.csv:3: column "y_pred": the cell is not UTF-8',
        LATIN1,
        {"a.csv": b"y_true,y_pred\n1,2\n3,\xe4\n"},
    ),
    bad(
        "latin-1-class",
        "compute sparse_cce a.csv",
        'a.csv:2: column "y_true": the cell is not UTF-8',
        LATIN1,
        {"a.csv": b"y_true,p_cat,p_dog\n\xe4,0.5,0.5\n"},
    ),
    bad(
        "latin-1-label",
        "compute bce a.csv --positive ä",
        'a.csv:2: column "y_true": the cell is not UTF-8',
        LATIN1,
        {"a.csv": b"y_true,y_pred\n\xe4,0.5\nb,0.5\n"},
    ),
    bad(
        "parameter-of-other-digits",
        "compute huber:delta=\u0662 a.csv",
        'a.csv: huber takes a number above 0 as delta, not "\u0662"',
        "its default is 1.0",
    ),
    bad(
        "stdin-twice-labelled",
        "compute mse a=- b=-",
        "standard input is named twice",
        "it can be read once",
    ),
    bad(
        "json-nested-once-too-deep",
        "compute mse a.json",
        'a.json: row 1: column "y_true": cannot read "[[1, 2]]" as a number',
        "--nan covers missing cells only; --y-true COLUMN chooses another column",
        js('{"y_true": [[[1, 2]]], "y_pred": [[[1, 3]]]}'),
    ),
]


def typed(**columns: Any) -> dict[str, bytes]:
    """A Parquet file."""
    return {"a.parquet": tables.parquet(columns)}


def of_type(*cells: object, kind: Any) -> pl.Series:
    return pl.Series(cells, dtype=kind, strict=False)


def damaged_at(data: bytes, at: int, size: int = 8, bits: int = 0xFF) -> bytes:
    return data[:at] + bytes(byte ^ bits for byte in data[at : at + size]) + data[at + size :]


def unreadable(id: str, name: str, data: bytes) -> ParameterSet:
    kind = "Parquet" if name.endswith("parquet") else "Arrow"
    message = f"{name}: the {kind} data are cut off, damaged or of a kind that is not known here"
    return bad(id, f"compute mse {name}", message, AGAIN, {name: data})


TABLE: tables.Table = {"y_true": NOISE, "y_pred": NOISE[::-1]}
PARQUET = tables.parquet(TABLE)
GROUPS = tables.parquet(TABLE, row_group_size=5000)
FOOTER = len(GROUPS) - 8 - int.from_bytes(GROUPS[-8:-4], "little")
ARROW = tables.arrow(TABLE, record_batch_size=5000)
STREAM = tables.FORMATS["stream.arrows"](TABLE)
DAY = dt.date(2024, 2, 29)

COLUMNAR = [
    unreadable("parquet-magic-only", "a.parquet", b"PAR1"),
    unreadable("parquet-cut-off-early", "a.parquet", PARQUET[:9]),
    unreadable("parquet-cut-off", "a.parquet", cut(PARQUET)),
    unreadable("parquet-cut-off-late", "a.parquet", PARQUET[:-1]),
    unreadable("parquet-footer-damaged", "a.parquet", damaged_at(PARQUET, len(PARQUET) - 40, 32)),
    unreadable("parquet-footer-too-long", "a.parquet", PARQUET[:-8] + b"\xff\xff\xff\x7fPAR1"),
    # Of these polars reads some or none of the rows, and says nothing.
    *(
        unreadable(f"parquet-footer-bit-{at}", "a.parquet", damaged_at(GROUPS, FOOTER + at, 1, 0x40))
        for at in (40, 41, 79, 152, 201, 245)
    ),
    unreadable("parquet-head-of-page-damaged", "a.parquet", damaged_at(PARQUET, 4)),
    unreadable("parquet-of-zeros", "a.parquet", b"PAR1" + bytes(1000) + b"PAR1"),
    unreadable("two-parquets-cut", "a.parquet", PARQUET + cut(PARQUET)),
    unreadable("arrow-magic-only", "a.arrow", b"ARROW1"),
    unreadable("arrow-cut-off", "a.arrow", cut(ARROW)),
    unreadable("arrow-cut-off-late", "a.arrow", ARROW[:-1]),
    unreadable("arrow-footer-damaged", "a.arrow", damaged_at(ARROW, len(ARROW) - 60, 50)),
    unreadable("arrow-footer-of-no-size", "a.arrow", ARROW[:-10] + bytes(4) + b"ARROW1"),
    unreadable("arrow-footer-beyond-file", "a.arrow", ARROW[:-10] + b"\xff\xff\xff\x7fARROW1"),
    unreadable("arrow-of-zeros", "a.arrow", b"ARROW1" + bytes(1000) + b"ARROW1"),
    unreadable("stream-of-one-mark", "a.arrows", b"\xff\xff\xff\xff"),
    unreadable("stream-cut-off", "a.arrows", cut(STREAM)),
    unreadable("stream-of-a-huge-message", "a.arrows", b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(100)),
    unreadable("stream-of-a-negative-size", "a.arrows", b"\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(100)),
    unreadable("stream-damaged", "a.arrows", damaged_at(STREAM, 8)),
    bad(
        "parquet-gz-cut-off",
        "compute mse a.parquet.gz",
        "a.parquet.gz: the gzip data are cut off or damaged",
        "make the file again; gzip -t FILE tests it",
        {"a.parquet.gz": cut(gzip.compress(PARQUET))},
    ),
    bad(
        "stream-xz-cut-off",
        "compute mse a.arrows.xz",
        "a.arrows.xz: the xz data are cut off or damaged",
        "make the file again; xz -t FILE tests it",
        {"a.arrows.xz": cut(lzma.compress(STREAM))},
    ),
    bad(
        "zstd-cut-off-in-head",
        "compute mse a.csv.zst",
        "a.csv.zst: the zstd data are cut off or damaged",
        "make the file again; zstd -t FILE tests it",
        {"a.csv.zst": b"\x28\xb5\x2f\xfd\x00\x00"},
    ),
    bad("empty-parquet", "compute mse a.parquet", "a.parquet: it is empty", EMPTY, {"a.parquet": b""}),
    bad(
        "parquet-without-magic",
        "compute mse a.parquet",
        "a.parquet: it is named like Parquet, and its content is something else",
        ELSE,
        {"a.parquet": b"XXXX" + PARQUET[4:]},
    ),
    bad(
        "text-named-feather",
        "compute mse a.feather",
        "a.feather: it is named like Arrow, and its content is something else",
        ELSE,
        {"a.feather": b"version https://git-lfs.github.com/spec/v1\n"},
    ),
    bad(
        "csv-read-as-parquet",
        "compute mse a.csv --input-format parquet",
        "a.csv: the Parquet data are cut off, damaged or of a kind that is not known here",
        AGAIN,
    ),
    bad(
        "csv-read-as-arrow",
        "compute mse a.csv --input-format arrow",
        "a.csv: the Arrow data are cut off, damaged or of a kind that is not known here",
        AGAIN,
    ),
    bad(
        "parquet-read-as-csv",
        "compute mse a.parquet --input-format csv",
        'a.parquet: no column is named like y_true; there is "PAR1"',
        "-t COLUMN says which it is, --truth FILE takes it from another file",
        {"a.parquet": b"PAR1\n1\n"},
    ),
    bad(
        "parquet-of-no-rows",
        "compute mse a.parquet",
        "a.parquet: it has a header but no rows",
        ONE_ROW,
        typed(y_true=of_type(kind=pl.Int64), y_pred=of_type(kind=pl.Float64)),
    ),
    bad(
        "arrow-of-no-rows",
        "compute mse a.arrow",
        "a.arrow: it has a header but no rows",
        ONE_ROW,
        {"a.arrow": tables.arrow({"y_true": of_type(kind=pl.Int64), "y_pred": of_type(kind=pl.Float64)})},
    ),
    *(
        bad(
            f"parquet-of-{id}",
            "compute mse a.parquet",
            f'a.parquet: column "y_true" is of type "{kind}", neither numbers nor text',
            SAVE,
            typed(y_true=of_type(cell, kind=kind), y_pred=[1.0]),
        )
        for id, cell, kind in (
            ("timestamps", dt.datetime(2024, 2, 29), pl.Datetime("us")),  # noqa: DTZ001 — a naive one is meant
            ("dates", DAY, pl.Date()),
            ("durations", dt.timedelta(1), pl.Duration("ms")),
            ("times", dt.time(1), pl.Time()),
            ("bytes", b"1", pl.Binary()),
            ("records", {"a": 1}, pl.Struct({"a": pl.Int64})),
            ("lists-of-dates", [DAY], pl.List(pl.Date)),
        )
    ),
    bad(
        "parquet-weights-of-dates",
        "compute mse a.parquet -w day",
        'a.parquet: column "day" is of type "Date", neither numbers nor text',
        SAVE,
        typed(y_true=[1], y_pred=[2], day=[DAY]),
    ),
    bad(
        "parquet-text-in-row-17",
        "compute mse a.parquet",
        'a.parquet: row 17: column "y_pred": cannot read "n.a." as a number',
        ANOTHER,
        typed(y_true=[1] * 20, y_pred=["1.5"] * 16 + ["n.a."] + ["2"] * 3),
    ),
    bad(
        "parquet-text-in-row-70000",
        "compute mse a.parquet",
        'a.parquet: row 70000: column "y_pred": cannot read "x" as a number',
        ANOTHER,
        typed(y_true=[1] * 70_010, y_pred=["1.5"] * 69_999 + ["x"] + ["2"] * 10),
    ),
    bad(
        "parquet-null",
        "compute mse a.parquet",
        'a.parquet: row 2: column "y_pred": the cell is missing ("nan")',
        MISSING,
        typed(y_true=[1, 2], y_pred=[1, None]),
    ),
    bad(
        "parquet-null-text",
        "compute mse a.parquet",
        'a.parquet: row 2: column "y_pred": the cell is missing ("null")',
        MISSING,
        typed(y_true=[1, 2], y_pred=["1", None]),
    ),
    bad(
        "parquet-all-null",
        "compute mse a.parquet",
        'a.parquet: row 1: column "y_pred": the cell is missing ("null")',
        MISSING,
        typed(y_true=[1, 2], y_pred=[None, None]),
    ),
    bad(
        "parquet-bools-as-numbers",
        "compute mse a.parquet",
        'a.parquet: row 1: column "y_true": cannot read "True" as a number',
        "--nan covers missing cells only; --y-true COLUMN chooses another column",
        typed(y_true=[True, False], y_pred=[1, 0]),
    ),
    bad(
        "parquet-lists-of-unequal-length",
        "compute mse a.parquet",
        'a.parquet: row 3: column "y_pred": "[5.0]" holds 1 value, and the first rows hold 2',
        ANOTHER.partition("; ")[2],
        typed(y_true=[[1, 2], [3, 4], [5, 6]], y_pred=[[1.0, 2.0], [3.0, 4.0], [5.0]]),
    ),
    bad(
        "parquet-lists-of-lists",
        "compute mse a.parquet",
        'a.parquet: row 1: column "y_true": cannot read "[[1], [2]]" as a number',
        "--nan covers missing cells only; --y-true COLUMN chooses another column",
        typed(y_true=[[[1], [2]]], y_pred=[[1, 2]]),
    ),
    bad(
        "parquet-no-class",
        "compute sparse_cce a.parquet",
        'a.parquet: row 2: column "y_true": "cow" is none of the classes, which are "cat" and "dog"',
        CLASSES_HELP,
        typed(y_true=of_type("cat", "cow", kind=pl.Categorical), p_cat=[0.5, 0.5], p_dog=[0.5, 0.5]),
    ),
    bad(
        "parquet-no-probability",
        "compute bce a.parquet",
        'a.parquet: row 1: column "y_pred": "1.5" is not a probability between 0 and 1',
        PERCENTS,
        typed(y_true=[1], y_pred=of_type(1.5, kind=pl.Float32)),
    ),
]

ONE = b"y_true,y_pred\n1,1.5\n0,2\n"


def parts(**texts: str | bytes) -> dict[str, bytes]:
    """Files in the folder `parts`, a.csv for `a`."""
    return {f"parts/{name}.csv": text.encode() if isinstance(text, str) else text for name, text in texts.items()}


PARTS = [
    bad(
        "folder-of-nothing-known",
        "compute mse parts",
        'parts: the folder holds no file of a format known here; there is "parts/a.txt"',
        "a quoted pattern takes files of any name, like 'preds/*.txt'",
        {"parts/a.txt": ONE},
    ),
    bad(
        "folder-of-hidden-files",
        "compute mse parts",
        "parts: the folder holds no file of a format known here",
        "a quoted pattern takes files of any name, like 'preds/*.txt'",
        {"parts/.a.csv": ONE, "parts/_SUCCESS": b"", "parts/_temporary/b.csv": ONE},
    ),
    bad(
        "pattern-of-nothing",
        "compute mse 'parts/*.parquet'",
        "parts/*.parquet: no file matches this pattern",
        "* stands for any letters, ** for any folders",
        parts(a=ONE),
    ),
    bad(
        "labelled-pattern-of-nothing",
        "compute mse 'new=no/**/*.csv'",
        "no/**/*.csv: no file matches this pattern",
        "* stands for any letters, ** for any folders",
        parts(a=ONE),
    ),
    bad(
        "pattern-like-a-missing-file",
        "compute mse 'a[1].csv'",
        "a[1].csv: no file matches this pattern",
        "* stands for any letters, ** for any folders",
    ),
    bad(
        "part-without-a-column",
        "compute mse parts",
        'parts/b.csv: column "y_pred" is missing, which parts/a.csv has',
        SAME,
        parts(a=ONE, b="y_true,score\n1,2\n"),
    ),
    bad(
        "part-without-a-column-nobody-asks-for",
        "compute mse 'parts/*'",
        'parts/b.csv: column "note" is missing, which parts/a.csv has',
        SAME,
        parts(a="y_true,y_pred,note\n1,2,x\n", b=ONE),
    ),
    bad(
        "part-with-another-class",
        "compute sparse_cce parts",
        'parts/b.csv: column "p_cow" is new, which parts/a.csv lacks',
        SAME,
        parts(a="label,p_cat,p_dog\ncat,0.5,0.5\n", b="label,p_cat,p_dog,p_cow\ncat,0.5,0.25,0.25\n"),
    ),
    bad(
        "part-without-a-header",
        "compute mse parts",
        "parts/b.csv: parts/b.csv has no header and parts/a.csv has one",
        f"{SAME}; -H says that none has",
        parts(a=ONE, b="1,2\n"),
    ),
    bad(
        "headerless-part-of-three-columns",
        "compute mse parts",
        "parts/b.csv: it has 3 columns, parts/a.csv has 2",
        SAME,
        parts(a="1,2\n", b="1,2,3\n"),
    ),
    bad("empty-part", "compute mse parts", "parts/b.csv: it is empty", EMPTY, parts(a=ONE, b="")),
    bad(
        "text-in-a-part",
        "compute mse parts",
        'parts/b.csv:3: column "y_pred": cannot read "x" as a number',
        ANOTHER,
        parts(a=ONE, b="y_true,y_pred\n1,2\n3,x\n"),
    ),
    bad(
        "text-in-the-tenth-part",
        "compute mse parts",
        'parts/part-10.csv:2: column "y_pred": cannot read "x" as a number',
        ANOTHER,
        {
            "parts/part-2.csv": ONE,
            "parts/part-10.csv": b"y_true,y_pred\n1,x\n",
            "parts/part-11.csv": b"y_true,y_pred\n1,y\n",
        },
    ),
    bad(
        "row-in-a-part-without-lines",
        "compute mse parts",
        'parts/b.parquet: row 2: column "y_pred": cannot read "x" as a number',
        ANOTHER,
        {
            "parts/a.parquet": tables.parquet({"y_true": [1, 2, 3], "y_pred": ["1", "2", "3"]}),
            "parts/b.parquet": tables.parquet({"y_true": [1, 2], "y_pred": ["1", "x"]}),
        },
    ),
    bad(
        "damaged-part",
        "compute mse 'parts/*.parquet'",
        "parts/b.parquet: the Parquet data are cut off, damaged or of a kind that is not known here",
        AGAIN,
        {"parts/a.parquet": PARQUET, "parts/b.parquet": cut(PARQUET)},
    ),
    bad(
        "lists-of-another-length-in-a-part",
        "compute mse parts",
        'parts/b.json: row 1: column "y_true": "[1, 2, 3]" holds 3 values, and the first rows hold 2',
        "--y-true COLUMN chooses another column",
        {
            "parts/a.json": b'{"y_true": [[1, 2]], "y_pred": [[1, 2]]}',
            "parts/b.json": b'{"y_true": [[1, 2, 3]], "y_pred": [[1, 2, 3]]}',
        },
    ),
    bad(
        "folder-with-a-key-of-its-own",
        "compute mse sales",
        'sales/year=2023/a.csv: column "year" is new, which sales/b.csv lacks',
        SAME,
        {"sales/year=2023/a.csv": ONE, "sales/b.csv": ONE},
    ),
    bad(
        "folder-of-no-name",
        "compute mse sales -g year",
        'sales/year=__HIVE_DEFAULT_PARTITION__/a.csv:2: column "year": the cell is missing ("__HIVE_DEFAULT_PARTITION__")',
        MISSING,
        {"sales/year=2023/a.csv": ONE, "sales/year=__HIVE_DEFAULT_PARTITION__/a.csv": ONE},
    ),
    bad(
        "folder-as-a-number",
        "compute mse sales -p year",
        'sales/year=late/a.csv:2: column "year": cannot read "late" as a number',
        ANOTHER,
        {"sales/year=2023/a.csv": ONE, "sales/year=late/a.csv": ONE},
    ),
    bad(
        "output-onto-a-part",
        "compute mse parts -o parts/b.csv",
        'the output "parts/b.csv" is one of the inputs',
        "-o takes another file",
        parts(a=ONE, b=ONE),
    ),
    bad(
        "output-onto-a-part-of-a-pattern",
        "compute mse 'x=par*/?.csv' -o ./parts/a.csv",
        'the output "./parts/a.csv" is one of the inputs',
        "-o takes another file",
        parts(a=ONE, b=ONE),
    ),
    bad(
        "parts-and-truth-of-other-length",
        "compute mse parts --truth a.csv",
        "a.csv has 2 rows and parts has 4",
        "rows are joined by position; --id COLUMN joins them by id",
        parts(a=ONE, b=ONE) | PAIR,
    ),
    bad(
        "wrong-column-of-parts",
        "compute mse 'parts/*' -p y_perd",
        'parts/*: --y-pred names no column "y_perd"; there are "y_true" and "y_pred"',
        'did you mean "y_pred"?',
        parts(a=ONE, b=ONE),
    ),
]

EVERY = [*FILES, *ROWS, *CELLS, *COLUMNS, *VALUES, *BYTES, *JSON, *WORDS, *WRONG_YET, *COLUMNAR, *PARTS]

KINDS = [
    bad(
        "rate",
        "compute poisson_nll -t 1,2 -p -1,2",
        'arguments: row 1: column "y_pred": "-1" is not a finite number of at least 0',
        "the parameter log_input=true takes logarithms of rates",
    ),
    bad(
        "count",
        "compute poisson_deviance -t -1,2 -p 1,2",
        'arguments: row 1: column "y_true": "-1" is not a finite number of at least 0',
        "mse and mae take any number",
    ),
    bad(
        "rate-of-nothing",
        "compute gamma_deviance -t 1,2 -p 0,2",
        'arguments: row 1: column "y_pred": "0" is not a finite number above 0',
        "mse and mae take any number",
    ),
    bad(
        "log-probability",
        "compute nll -t 0,1 -p [[1,-1],[-1,-2]]",
        'arguments: row 1: column "y_pred": "1.0" is not the logarithm of a probability, at most 0',
        "sparse_cce takes probabilities, sparse_cce_logits values before the softmax",
    ),
    bad(
        "label-set",
        "compute multilabel_margin -t [[0,2],[1,0]] -p [[1,2],[3,4]]",
        'arguments: row 1: column "y_true": "2.0" is not 0 or 1',
        "a column for each label says whether the row has it",
    ),
    bad(
        "vector",
        "compute cosine -t [[0,1]] -p [[1e999,2]]",
        'arguments: row 1: column "y_pred": "inf" is not a finite number',
    ),
    bad(
        "open-at-both-ends",
        "compute tweedie_nll:power=2 -t 1 -p 1",
        'arguments: tweedie_nll takes a number between 1 and 2 as power, not "2"',
        "its default is 1.5",
    ),
]

EVERY = [*KINDS, *FILES, *ROWS, *CELLS, *COLUMNS, *VALUES, *BYTES, *JSON, *WORDS, *WRONG_YET]


@pytest.mark.parametrize(("arguments", "said", "files"), EVERY)
def test_says_what_is_wrong_and_what_to_type(
    arguments: list[str],
    said: str,
    files: Mapping[str, bytes],
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    done = run(*arguments)
    assert done.err == said
    assert (done.code, done.out) == (2, "")
    left = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in left.items()} == files


def test_every_sentence_is_one_greppable_line() -> None:
    """The table above holds sentences to themselves; this holds them to the manners they share."""
    for case in EVERY:
        said = str(case.values[1])
        first, *others = said.removesuffix("\n").split("\n")
        assert first.startswith("lossctl: ")
        assert not first.endswith(".")
        assert all(line.startswith("  help: ") for line in others)
        assert len(others) < 2
        assert said.replace("\n", "").isprintable()
