"""`plot`: the points are those of the losses, and the pictures show them."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from test_losses import LOSSES

from lossctl import losses
from lossctl.cards import Curve, Picture
from lossctl.curves import drawable
from lossctl.render.curve import looks
from lossctl.render.sketch import frame, legend, sketch, ticks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

    from lossctl.losses.declare import Loss

DRAWN = [loss for loss in LOSSES if drawable(loss)]


def points(text: str) -> dict[str, np.ndarray]:
    names, *rows = csv.reader(io.StringIO(text))
    return dict(zip(names, np.array(rows, np.float64).T, strict=True))


def test_points_are_those_of_the_losses(run: Callable[..., Ran]) -> None:
    found = points(
        run("plot", "mse,huber:delta=2,0.5*mae+mse", "--at", "1", "--from", "-4", "--to", "8", "-f", "csv").out
    )
    x = found["y_pred"]
    truth = np.ones_like(x)
    assert (x[0], x[-1], x.size) == (-4.0, 8.0, 241)
    assert found["mse"].tolist() == losses.mse(truth, x).tolist()
    assert found["huber:delta=2"].tolist() == losses.huber(truth, x, delta=2.0).tolist()
    assert found["0.5*mae+mse"].tolist() == (0.5 * losses.mae(truth, x) + losses.mse(truth, x)).tolist()


@pytest.mark.parametrize(
    ("loss", "low", "high", "truth"),
    [
        ("mse", -3.0, 3.0, "y_true 0"),
        ("mape", -2.0, 4.0, "y_true 1"),  # of a truth of 0 every error is infinite
        ("msle", -1.0, 3.0, "y_true 0"),
        ("poisson_deviance", 0.0, 4.0, "y_true 1"),
        ("poisson_nll:log_input=true", -2.0, 4.0, "y_true 1"),
        ("bce", 0.0, 1.0, "y_true 1"),
        ("bce_logits", -6.0, 6.0, "y_true 1"),
        ("hinge", -6.0, 6.0, "y_true 1"),
        ("sparse_cce", 0.0, 1.0, "y_true is the first of 3 classes"),
        ("cross_entropy", -6.0, 6.0, "y_true 1 for the first of 3 classes"),
        ("nll", -6.0, 0.0, "y_true is the first of 3 classes"),
        ("kl", 0.0, 1.0, "y_true 0.5 for the first of 3 classes"),
        ("multilabel_margin", -6.0, 6.0, "y_true is the first of 3 labels"),
        ("brier,mse", 0.0, 1.0, "y_true 1"),
    ],
)
def test_ranges_and_truths_suit_the_losses(
    loss: str, low: float, high: float, truth: str, run: Callable[..., Ran]
) -> None:
    record = json.loads(run("plot", loss, "--json").out)
    assert (record["schema"], record["command"], record["y_true"]) == ("lossctl/plot/1", "plot", truth)
    assert (record["points"][0]["y_pred"], record["points"][-1]["y_pred"]) == (low, high)


def test_an_ending_of_no_format_is_refused_and_nothing_written(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("plot", "mse", "-o", "x.JPG")
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        'lossctl: the output "x.JPG" ends in .jpg, the ending of no format here\n'
        "  help: the endings are .json, .ndjson, .jsonl, .csv, .tsv, .md, .svg and .png, and .txt for a table; "
        "-f names a format too\n",
    )
    for line in (["compute", "mse", "-t", "1", "-p", "2"], ["breakdown", "mse", "-t", "1", "-p", "2"]):
        ran = run(*line, "-o", "x.png")
        assert (ran.code, ran.err) == (
            2,
            'lossctl: the output "x.png" ends in .png, the ending of no format here\n'
            "  help: the endings are .json, .ndjson, .jsonl, .csv, .tsv, .md and .svg, and .txt for a table; "
            "-f names a format too\n",
        )
    assert run("list", "-o", "x.svg").code == 2
    assert not list(tmp_path.iterdir())
    for name, format in (("x.txt", ()), ("x", ()), ("x.v2", ()), ("x.jpg", ("-f", "table")), ("x.xml", ("--json",))):
        assert run("plot", "mse", "-o", name, *format).code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"x.txt", "x", "x.v2", "x.jpg", "x.xml"}


def test_classes_share_what_is_left(run: Callable[..., Ran]) -> None:
    record = json.loads(run("plot", "sparse_cce,sparse_brier", "--from", "0.5", "--to", "1", "--json").out)
    assert record["y_pred"] == "y_pred of the true class, the rest shared equally by 2 others"
    first = record["points"][0]
    assert first["sparse_cce"] == pytest.approx(math.log(2))
    assert first["sparse_brier"] == pytest.approx(0.25 + 2 * 0.25**2)
    logits = json.loads(run("plot", "sparse_cce_logits", "--from", "0", "--to", "1", "--json").out)
    assert logits["points"][0]["sparse_cce_logits"] == pytest.approx(math.log(3))


@pytest.mark.parametrize("loss", DRAWN, ids=lambda loss: loss.name)
def test_every_curve_is_drawn_and_its_slope_is_that_of_the_curve(loss: Loss, run: Callable[..., Ran]) -> None:
    ran = run("plot", loss.name, "--slope", "-f", "csv")
    assert ran.code == 0
    found = points(ran.out)
    x, y = found["y_pred"], found[loss.name]
    assert np.isfinite(y).sum() > 200
    if loss.slope is None:
        assert ran.err == f"lossctl: note: plot: {loss.name} declares no derivative [no-slope]\n"
        return
    slope = found[f"slope of {loss.name}"]
    with np.errstate(invalid="ignore"):
        between = np.diff(y) / np.diff(x)  # lies between the slopes at both ends, where the curve has no turn
        low, high = np.minimum(slope[:-1], slope[1:]), np.maximum(slope[:-1], slope[1:])
        inside = (between >= low - 1e-6 * (1 + abs(low))) & (between <= high + 1e-6 * (1 + abs(high)))
    assert inside.mean() > 0.9


def test_infinite_points_are_null_in_json(run: Callable[..., Ran]) -> None:
    first, second = [json.loads(line) for line in run("plot", "bce", "-f", "ndjson").out.splitlines()[:2]]
    assert first == {"y_pred": 0.0, "bce": None, "value_str": {"bce": "inf"}}
    assert second["bce"] == pytest.approx(-math.log(second["y_pred"]))


def test_a_sketch_as_it_is_read(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert run("plot", "mae", "--at", "0").out == (
        "   3 ┤⢱                      ⡸\n"
        "     │ ⡇                    ⢀⠇\n"
        "     │ ⠸⡀                   ⡜\n"
        " 2.5 ┤  ⢣                  ⢰⠁\n"
        "     │  ⠘⡄                 ⡎\n"
        "     │   ⢱                ⢸\n"
        "   2 ┤   ⠈⡆              ⢀⠇\n"
        "     │    ⠸⡀             ⡜\n"
        "     │     ⢇            ⢠⠃\n"
        "     │     ⠘⡄           ⡎\n"
        " 1.5 ┤      ⢱          ⢸\n"
        "     │      ⠈⡆        ⢀⠇\n"
        "     │       ⠸⡀       ⡜\n"
        "   1 ┤        ⢇      ⢠⠃\n"
        "     │        ⠘⡄     ⡎\n"
        "     │         ⢣    ⢰⠁\n"
        " 0.5 ┤         ⠈⡆  ⢀⠇\n"
        "     │          ⢸  ⡸\n"
        "     │           ⢇⢠⠃\n"
        "   0 ┤           ⠘⠊\n"
        "     └────────────┴───────────\n"
        "                  0\n"
        "\n"
        "y_pred; y_true 0\n"
        "mae\n"
    )


def test_several_lines_have_marks_in_ascii_too(shell: Callable[..., Ran]) -> None:
    ran = shell("lossctl plot mae,mse --from=-2 --to=2", PYTHONIOENCODING="ascii", COLUMNS="44")
    assert ran.out.startswith(
        " 4 +o                                      o\n   | o                                     o\n"
    )
    assert ran.out.endswith("   -2                   0                  2\n\ny_pred; y_true 0\n* mae\no mse\n")
    assert max(map(len, ran.out.splitlines())) <= 44


def test_a_line_stays_in_the_picture() -> None:
    x = tuple(float(place) for place in range(11))
    line = Curve("a", slope=False, y=tuple(place * 1.0 for place in range(11)))
    hole = Curve("b", slope=False, y=(math.nan, math.inf, *([5.0] * 9)))
    for curves in ((line,), (hole,), (line, hole)):
        drawn = sketch(Picture("x", "", x, curves), 40, 8, unicode=True)
        assert len(drawn) == 8 + 2
        assert max(map(len, drawn)) <= 40
    assert frame([line.y]) == (0.0, 10.0)
    assert frame([(1.0, 1.0, 1.0)]) == (0.0, 1.0)
    assert frame([(0.0, 0.0)]) == (0.0, 1.0)
    steep = tuple(1 / (place + 0.01) for place in range(100))
    assert frame([steep]).top < 5  # 100 would flatten all the rest
    falling = tuple(-1 / (place / 100 + 0.01) for place in range(100))
    assert frame([falling]).bottom < -30
    assert frame([falling, (5.0, 0.0)]).bottom == -10.0  # which leaves the other line a third
    assert frame([falling, (0.0, 0.0)]).bottom < -30
    assert frame([tuple(-value for value in falling), (-5.0, 0.0)]).top == 10.0
    assert frame([(-1.0, 7.0)]) == (-1.0, 7.0)  # nothing leaves it


def test_no_two_of_many_lines_look_alike(run: Callable[..., Ran], tmp_path: Path) -> None:
    names = ["mse", "mae", "huber", "pseudo_huber", "log_cosh", "fair", "cauchy", "tukey", "welsch"]
    curves = tuple(Curve(name, slope, (0.0, 1.0)) for name in names for slope in (False, True))
    for shown in (curves, curves[::2], curves[1::2]):
        assert len(set(looks(Picture("x", "", (0.0, 1.0), shown)))) == len(shown)
        for unicode in (True, False):
            marks = [line.split()[0] for line in legend(Picture("x", "", (0.0, 1.0), shown), unicode=unicode)]
            assert len(set(marks)) == len(shown)
    pairs = looks(Picture("x", "", (0.0, 1.0), curves))
    assert [color for color, _ in pairs[::2]] == [color for color, _ in pairs[1::2]]  # a loss and its slope share one
    assert run("plot", "mse", "--slope", "-o", str(tmp_path / "a.svg")).code == 0
    text = (tmp_path / "a.svg").read_text()
    dark = text.partition("(prefers-color-scheme: dark)")[2].partition("</style>")[0]
    assert all(f'[stroke="{color}"]' in dark for color in {color for color, _ in pairs})


@pytest.mark.parametrize("low", [-3.0, 0.0, 1e-9, -1e12])
@pytest.mark.parametrize("span", [1e-6, 0.7, 6.0, 12345.0])
@pytest.mark.parametrize("most", [2, 5, 9])
def test_ticks_are_few_and_round(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    assert 1 <= len(found) <= most
    assert found == sorted(set(found))
    assert all(low - 1e-6 * span <= value <= low + span * (1 + 1e-6) for value in found)


def test_svg_is_a_picture_of_all_lines(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    assert run("plot", "mse,bce:label_smoothing=0.1", "--slope", "-o", str(path)).code == 0
    text = path.read_text()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    root = ET.fromstring(text)
    curves = [
        part.get("d", "") for part in root.iter("{http://www.w3.org/2000/svg}path") if part.get("class") == "curve"
    ]
    assert len(curves) == 2 * 4  # each line, and its piece in the legend
    assert "nan" not in text
    assert "inf" not in "".join(curves)
    names = [part.text for part in root.iter("{http://www.w3.org/2000/svg}text")]
    assert names[-4:] == ["mse", "slope of mse", "bce:label_smoothing=0.1", "slope of bce:label_smoothing=0.1"]


def test_png_needs_matplotlib(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    path = tmp_path / "a.png"
    ran = run("plot", "mse", "-o", str(path))
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        "lossctl: PNG needs matplotlib, which is not installed\n"
        "  help: python -m pip install 'lossctl[plot]'; -o x.svg needs nothing\n",
    )
    assert not path.exists()


def test_png_is_what_matplotlib_draws(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert run("plot", "mse,mae", "-o", str(path)).code == 0
    assert path.read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "LOSS is missing\n  help: lossctl plot mse,mae\n"),
        (["all"], "all losses are no one picture\n  help: name those to draw, like lossctl plot mse,mae\n"),
        (["hubr"], 'there is no loss "hubr"\n  help: did you mean "huber"?\n'),
        (["mse,MSELoss"], '"mse" is asked for twice\n  help: name each loss once\n'),
        (["mse", "--at", "x"], '--at is a finite number, not "x"\n  help: --at 1.5\n'),
        (["mse", "--from", "nan"], '--from is a finite number, not "nan"\n  help: --from 1.5\n'),
        (
            ["mse", "--from", "3", "--to", "1"],
            "the range from 3 to 1 is empty\n  help: --from is the lower end, --to the upper\n",
        ),
        (
            ["bce", "--from", "2", "--to", "3"],
            "there is nothing to draw: bce has no finite value for y_pred from 2 to 3\n"
            "  help: --from and --to choose another range\n",
        ),
        (
            ["mse,mae", "--from", "3", "--to", "3.000000000000001"],
            "the range from 3 to 3 cannot be parted into 240 points\n  help: --from and --to choose another range\n",
        ),
        (
            ["mse", "--from", "-1e308", "--to", "1e308"],
            "the range from -1e+308 to 1e+308 cannot be parted into 240 points\n"
            "  help: --from and --to choose another range\n",
        ),
        (
            ["mse", "--from", "-1e200", "--to", "1e300"],
            "there is nothing to draw: mse has no finite value for y_pred from -1e+200 to 1e+300\n"
            "  help: --from and --to choose another range\n",
        ),
        (
            ["bce", "--at", "2"],
            "--at 2 is not 0, 1 or a probability between them, which bce takes as y_true\n"
            "  help: --at chooses another\n",
        ),
        (
            ["sparse_cce", "--at", "1"],
            "--at is a number of y_true, and sparse_cce takes class id or name\n  help: leave it out\n",
        ),
        (
            ["mse,sparse_cce"],
            "mse runs over y_pred, sparse_cce over y_pred of the true class, the rest shared equally by 2 others, which "
            "no one picture can show\n  help: plot them one by one\n",
        ),
        (
            ["cosine"],
            "cosine takes y_true (vector of finite numbers) and y_pred (vector of finite numbers), so it is no curve over "
            "one number\n  help: lossctl explain cosine tells what it is\n",
        ),
        (
            ["interval:alpha=0.1"],
            "interval takes y_true (real number), lower (real number) and upper (real number), so it is no curve over "
            "one number\n  help: lossctl explain interval tells what it is\n",
        ),
        (
            ["mse", "-f", "value"],
            '--format is "table", "plain", "md", "json", "ndjson", "csv", "tsv", "svg" or "png", not "value"\n'
            '  help: did you mean "table"?\n',
        ),
    ],
)
def test_what_cannot_be_drawn(arguments: list[str], message: str, run: Callable[..., Ran]) -> None:
    ran = run("plot", *arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"lossctl: {message}")
