"""One result in every format; the table at every width."""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from lossctl import __version__
from lossctl.render import FORMATS, Look, render
from lossctl.render.numbers import aligned, full, short
from lossctl.results import Input, Result, TermRecord, Value, Warn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


def value(text: str, number: float, **changes: object) -> Value:
    whole = Value("a.csv", text.partition(":")[0], text, {}, None, "exact", "mean", None, 998, 998.0, number)
    return whole._replace(**changes)  # type: ignore[arg-type]  # the names of the fields are those of the tests


INPUT = Input("a.csv", "a.csv", 1000, 998, 2, 0, {"y_true": ("label",), "y_pred": ("p_1",)})
SUM = (TermRecord(1.0, "mse", {}), TermRecord(0.5, "huber", {"delta": 2.0}))
RESULT = Result(
    "compute",
    (INPUT,),
    (
        value("huber:delta=2", 0.41231234567, params={"delta": 2.0}),
        value("mse", math.inf, group={"region": "a|b", "year": None}),
        value("mse+0.5*huber:delta=2", 1234.5, loss="mse+0.5*huber:delta=2", terms=SUM),
        value("mae", math.nan, weight=12.5),
    ),
    (Warn("rows-off-one", "2 rows of y_pred add to 1 only roughly.", "a.csv", (3, 9)),),
)
HOSTILE = Result(
    "compute",
    (INPUT._replace(label="x\x1b[31m\n[red]y", columns={"y_true": ("\x1b]0;t\x07",), "y_pred": ("[/b]",)}),),
    (value("mse", 1.0, input="x\x1b[31m\n[red]y", group={"g\x1b[1m": "\u202eevil\x9b31m"}),),
    (),
)


def test_the_table() -> None:
    assert render("table", RESULT, Look()) == (
        "loss                    region   year     n   weight         value\n"
        "──────────────────────────────────────────────────────────────────\n"
        "huber:delta=2           all      all    998    998        0.412312\n"
        "mse                     a|b             998    998      inf\n"
        "mse+0.5*huber:delta=2   all      all    998    998     1234.5\n"
        "mae                     all      all    998     12.5    nan\n"
        "\n"
        "a.csv: 998 of 1,000 rows used, 2 dropped for a missing cell; y_true is label, y_pred is p_1\n"
    )


@pytest.mark.parametrize("width", [60, 80, 100, 160, 200])
@pytest.mark.parametrize("color", [False, True])
def test_the_table_fits_and_loses_nothing(width: int, color: bool) -> None:
    names = [f"a_rather_long_column_name_{index}" for index in range(4)]
    record = INPUT._replace(columns={"y_true": ("label",), "y_pred": tuple(names)}, classes=tuple(names))
    values = tuple(
        value(
            f"sparse_cce_logits:label_smoothing=0.{index}", 10.0**-index, group={"a_long_group": "north-by-northwest"}
        )
        for index in range(1, 6)
    )
    text = render("table", Result("compute", (record,), values), Look(width=width, color=color, digits=17))
    bare = text.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert color == (bare != text)
    assert "\x1b" not in bare
    assert max(map(len, bare.splitlines())) <= width
    for shown in values:
        assert short(shown.value, 17) in bare
    squeezed = "".join(bare.split())
    for shown in values:
        assert shown.text[-7:] in squeezed
    assert "…" not in bare


def test_ascii_where_the_stream_has_no_more() -> None:
    text = render("table", RESULT, Look(unicode=False))
    assert text.isascii()
    assert "\n-----" in text


def test_plain() -> None:
    assert render("plain", RESULT, Look(digits=3)) == (
        "loss\tregion\tyear\tn\tweight\tvalue\n"
        "huber:delta=2\tall\tall\t998\t998\t0.412\n"
        "mse\ta|b\t\t998\t998\tinf\n"
        "mse+0.5*huber:delta=2\tall\tall\t998\t998\t1.23e+03\n"
        "mae\tall\tall\t998\t12.5\tnan\n"
    )


def test_md() -> None:
    assert render("md", RESULT, Look()) == (
        "| loss | region | year | n | weight | value |\n"
        "| --- | --- | --- | --: | --: | --: |\n"
        "| huber:delta=2 | all | all | 998 | 998 | 0.412312 |\n"
        "| mse | a\\|b |  | 998 | 998 | inf |\n"
        "| mse+0.5\\*huber:delta=2 | all | all | 998 | 998 | 1234.5 |\n"
        "| mae | all | all | 998 | 12.5 | nan |\n"
        "\n"
        "a.csv: 998 of 1,000 rows used, 2 dropped for a missing cell; y_true is label, y_pred is p_1\n"
    )


def test_value() -> None:
    assert render("value", RESULT, Look(digits=1)) == "0.41231234567\ninf\n1234.5\nnan\n"


@pytest.mark.parametrize(("format", "mark"), [("csv", ","), ("tsv", "\t")])
def test_csv_and_tsv(format: str, mark: str) -> None:
    expected = (
        "input;loss;params;like;reduction;group;n;weight;value\n"
        "a.csv;huber;delta=2.0;exact;mean;;998;998.0;0.41231234567\n"
        "a.csv;mse;;exact;mean;region=a|b,year=;998;998.0;inf\n"
        "a.csv;mse+0.5*huber:delta=2;;exact;mean;;998;998.0;1234.5\n"
        "a.csv;mae;;exact;mean;;998;12.5;nan\n"
    ).replace(";", mark)
    if mark == ",":
        expected = expected.replace("region=a|b,year=", '"region=a|b,year="')
    assert render(format, RESULT, Look()) == expected


def test_json_is_the_contract() -> None:
    record = json.loads(render("json", RESULT, Look()))
    assert list(record) == ["schema", "command", "version", "inputs", "results", "warnings"]
    assert (record["schema"], record["command"], record["version"]) == ("lossctl/result/1", "compute", __version__)
    assert record["inputs"][0] == {
        "label": "a.csv",
        "path": "a.csv",
        "rows": 1000,
        "used": 998,
        "dropped": 2,
        "filtered": 0,
        "columns": {"y_true": ["label"], "y_pred": ["p_1"]},
        "classes": None,
        "notes": [],
        "parts": None,
    }
    assert record["results"][0] == {
        "input": "a.csv",
        "loss": "huber",
        "params": {"delta": 2.0},
        "like": "exact",
        "reduction": "mean",
        "group": None,
        "n": 998,
        "weight": 998.0,
        "value": 0.41231234567,
        "value_str": "0.41231234567",
        "spec": "huber:delta=2",
        "signature": f"huber|delta:2.0|like:exact|red:mean|n:998|v:{__version__}",
    }
    infinite, weighted, missing = record["results"][1:]
    assert (infinite["value"], infinite["value_str"]) == (None, "inf")
    assert infinite["group"] == {"region": "a|b", "year": None}
    assert (missing["value"], missing["value_str"]) == (None, "nan")
    assert (weighted["loss"], weighted["params"]) == ("mse+0.5*huber:delta=2", {})
    assert weighted["terms"] == [
        {"weight": 1.0, "loss": "mse", "params": {}},
        {"weight": 0.5, "loss": "huber", "params": {"delta": 2.0}},
    ]
    assert record["warnings"] == [
        {
            "code": "rows-off-one",
            "message": "2 rows of y_pred add to 1 only roughly.",
            "input": "a.csv",
            "rows": [3, 9],
        }
    ]


def test_ndjson_is_the_results_of_json() -> None:
    lines = [json.loads(line) for line in render("ndjson", RESULT, Look()).splitlines()]
    assert lines == json.loads(render("json", RESULT, Look()))["results"]


def test_a_result_comes_back_from_its_json() -> None:
    back = Result.from_dict(json.loads(render("json", RESULT, Look())))
    assert repr(back) == repr(RESULT)  # by repr, because NaN is not equal to itself


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_live_from_data_reaches_the_output(format: str) -> None:
    text = render(format, HOSTILE, Look(color=True))
    for shown in ("\x1b[1m", "\x1b[2m", "\x1b[0m"):
        text = text.replace(shown, "")
    for line in text.splitlines():
        assert line.replace("\t", "").isprintable()
    if format not in {"value", "plain"}:
        assert "[red]" in text.replace("\\[red\\]", "[red]")


NAMES = [
    "a\nb",
    "a\tb",
    'a"b,c',
    "a|b;c",
    "a\xa0b\u3000c",
    "א\u200fא",
    "a\ufeff",
    r"a\nb",
    "a\u2028b",
]


def test_a_carriage_return_of_a_name_overwrites_no_line_of_a_terminal(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"id": ["a\r\nb"], "y_true": [0], "y_pred": [1]}))
    done = run("breakdown", "mse", "--id", "id", "--all", "-f", "csv", str(path))
    assert done.out == 'row,id,y_true,y_pred,mse\n1,"a\\r\nb",0.0,1.0,1.0\n'


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("format", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_names_in_csv_are_read_back_as_they_were(
    name: str, format: str, delimiter: str, run: Callable[..., Ran], tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"id": [name, "z"], "y_true": [0, 1], "y_pred": [1, 3]}))
    for line, column, wanted in (
        (["breakdown", "mse", "--id", "id", "--all"], "id", [name, "z"]),
        (["compute", "mse", "-g", "id", "--where", f"id={name}"], "group", [f"id={name}", ""]),
        (["check", "--isolated", "--max", "mse=9", "-g", "id", "--where", f"id={name}"], "group", [f"id={name}", ""]),
    ):
        out = tmp_path / f"out.{format}"
        assert run(*line, str(path), "-o", str(out), "-q").code == 0
        with out.open(newline="", encoding="utf-8") as file:
            assert [row[column] for row in csv.DictReader(file, delimiter=delimiter)] == wanted


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", ["table", "plain", "md"])
def test_names_in_tables_take_one_line(name: str, format: str) -> None:
    one, other = (
        render(format, Result("compute", (INPUT,), (value("mse", 1.0, group={"g": text}),)), Look())
        for text in (name, "a")
    )
    assert len(one.splitlines()) == len(other.splitlines())


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1.17693934, "1.17694"),
        (442.0, "442"),
        (1e-300, "1e-300"),
        (1234567.0, "1.23457e+06"),
        (0.00012345678, "0.000123457"),
        (-0.5, "-0.5"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_short_numbers(number: float, shown: str) -> None:
    assert short(number, 6) == shown


def test_full_numbers_read_back_the_same() -> None:
    for number in (0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 2.0):
        assert float(full(number)) == number


def test_decimal_points_stand_under_each_other() -> None:
    texts = aligned(["1.5", "22.25", "7", "inf", "1e-300", "-3.25e+10", "nan", "-inf"])
    assert [text.rstrip() for text in texts] == [
        "   1.5",
        "  22.25",
        "   7",
        " inf",
        "   1e-300",
        "  -3.25e+10",
        " nan",
        "-inf",
    ]
    assert {*map(len, texts)} == {11}


def test_the_picture_is_well_formed_whatever_the_data() -> None:
    named = HOSTILE.inputs[0]._replace(label='<script>alert("&")</script>', columns={"y_true": ("]]>",)})
    hostile = Result("compute", (named,), (value("mse", 1.0, input="<b>", group={"</text>": "<!--"}),))
    for result in (RESULT, HOSTILE, hostile):
        root = ET.fromstring(render("svg", result, Look()))
        texts = "".join("".join(node.itertext()) for node in root.iter() if node.tag.endswith("text"))
        assert {node.tag.rpartition("}")[2] for node in root.iter()} <= {
            "svg",
            "style",
            "defs",
            "clipPath",
            "rect",
            "g",
            "text",
        }
        assert "[1m" not in texts.replace("\\x1b[1m", "")
    assert "<!--" in texts
    assert '<script>alert("&")</script>' in texts
