"""`list` and `explain`: everything in them comes from the declarations, and every row ends at the digits of breakdown."""

from __future__ import annotations

import ast
import json
import re
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tables import asked, demanded
from test_docs import table_of_losses
from test_losses import LOSSES, drawn

import lossctl
from lossctl.catalogue import codes
from lossctl.cli.main import main
from lossctl.kinds import Floats, NonNegative, PerElement, Real
from lossctl.losses import declare
from lossctl.losses.card import card
from lossctl.losses.conventions import CONVENTIONS
from lossctl.losses.declare import Loss, every, get, loss
from lossctl.losses.formula import Unreadable, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conftest import Ran

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
each = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)

PROSE = {
    *("ciou", "diou", "giou", "iou", "unitbox", "cosine_embedding"),
    *("dss", "energy_score", "generalized_dice", "nrmse", "top_k_error", "triplet_margin"),
}
"""The losses whose formula has words in the place of symbols; their rows show what the function held."""


# Everything is derived.


def _wobble_slope(y_true: Floats, y_pred: Floats, *, width: float) -> Floats:
    """Taken as 0 at the kink."""
    return width * np.sign(y_pred - y_true)


def wobble(y_true: Real, y_pred: Real, *, width: NonNegative = 2.0) -> PerElement:
    """Absolute error, made wide.

    Formula:
        w |r|,   r = y_pred - y_true,   w = width

    Range:
        0 to inf.

    Use:
        Never; the mae does as well.

    References:
        Nobody (1900), On Nothing.

    Example:
        >>> wobble(np.zeros(1), np.array([1.5]))
        array([3.])
    """
    return width * np.abs(y_pred - y_true)


@pytest.fixture
def wobbling(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogue with one loss more, and without it again."""
    home = types.ModuleType("wobbles", "Losses of a test.")
    monkeypatch.setitem(sys.modules, "wobbles", home)
    wobble.__module__ = "wobbles"
    monkeypatch.setattr(declare, "_declared", dict(declare._declared))
    declare._book.cache_clear()
    # A declaration reads its annotations, which must not be text here.
    wobble.__annotations__ = {"y_true": Real, "y_pred": Real, "width": NonNegative, "return": PerElement}
    loss("wobble_loss", family="wobbles", slope=_wobble_slope)(wobble)
    yield
    declare._book.cache_clear()
    get.cache_clear()


@pytest.mark.usefixtures("wobbling")
def test_a_loss_that_is_declared_appears_everywhere(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list", "-f", "value").out.endswith("\nwobble\n")
    (entry,) = json.loads(run("list", "--family", "wobbles", "--json").out)["losses"]
    assert entry == {
        "name": "wobble",
        "aliases": ["wobble_loss"],
        "family": "wobbles",
        "summary": "Absolute error, made wide.",
        "inputs": {"y_true": "real number", "y_pred": "real number"},
        "params": {"width": {"default": 2.0, "required": False, "takes": "a number of at least 0"}},
    }
    assert run("compute", "WobbleLoss:width=3", "-t", "1", "-p", "2", "-f", "value").out == "3.0\n"
    explained = run("explain", "wobble_loss").out
    for text in ("wobble   wobbles", "w |r|", "Never; the mae", "Nobody (1900)", "2.0 unless given", "at the kink"):
        assert text in explained
    assert "w |r| = 2·|1| = 2" in run("explain", "wobble", "-t", "1", "-p", "2", "--row", "1").out
    points = run("plot", "wobble", "--slope", "--from", "0", "--to", "3", "-f", "csv").out.splitlines()
    assert (points[0], points[-1]) == ("y_pred,wobble,slope of wobble", "3.0,6.0,2.0")
    assert run("list", "--fits", str(SAMPLES / "ink.csv"), "-p", "poisson", "-f", "value").out.endswith("wobble\n")
    assert table_of_losses()[-1] == "| `wobble` | Absolute error, made wide | `wobble_loss` | `width` |"
    assert completed("lossctl compute mse,wob", monkeypatch, capsys) == ["mse,wobble"]


def test_the_catalogue_is_whole_again_afterwards(run: Callable[..., Ran]) -> None:
    assert "wobble" not in run("list", "-f", "value").out


def completed(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the shell is offered behind a line that is being typed."""
    with monkeypatch.context() as shell:
        shell.setenv("_LOSSCTL_COMPLETE", "complete_bash")
        shell.setenv("COMP_WORDS", line)
        shell.setenv("COMP_CWORD", str(len(line.split()) - 1))
        with pytest.raises(SystemExit, match="0"):
            main([])
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("lossctl compute pseudo", ["pseudo_huber"]),
        ("lossctl breakdown 0.5*log_", ["0.5*log_cosh"]),
        ("lossctl explain perc", ["perceptron", "percents"]),
        ("lossctl plot mse,smooth", ["mse,smooth_l1"]),
        ("lossctl compute mse a.csv -f nd", ["ndjson"]),
        ("lossctl list --family robust", ["robust regression"]),
        ("lossctl expl", ["explain"]),
    ],
)
def test_the_shell_completes(
    line: str, offered: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert completed(line, monkeypatch, capsys) == offered


# list.


def test_a_list_as_it_is_read(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    text = run("list", "--family", "robust regression").out
    assert text.startswith(
        "robust regression\n"
        "  fair           Squared near zero, nearly absolute in the\n"
        "                 tails, smooth throughout.\n"
        "                 y_true and y_pred: real number; scale=1.0\n"
    )
    assert max(map(len, run("list").out.splitlines())) <= 60


def test_a_list_in_every_format(run: Callable[..., Ran]) -> None:
    names = [loss.name for loss in every()]
    assert run("list", "-f", "value").out.split() == names
    record = json.loads(run("list", "-f", "json").out)
    assert (record["schema"], record["command"], record["version"]) == ("lossctl/list/1", "list", lossctl.__version__)
    assert record["losses"] == [json.loads(line) for line in run("list", "-f", "ndjson").out.splitlines()]
    for format, first in (("csv", "family,loss,"), ("tsv", "family\tloss\t"), ("plain", "family\tloss\t")):
        lines = run("list", "-f", format).out.splitlines()
        assert lines[0].startswith(first)
        assert len(lines) == 1 + len(names)
    assert run("list", "-f", "md").out.count("\n| ") == 1 + len(names)


@pytest.mark.parametrize(
    "arguments",
    [
        ["diabetes.csv", "-p", "ridge"],
        ["wine.csv"],
        ["ink.parquet", "-p", "poisson"],
        ["cancer.csv", "-t", "truth", "-p", "boosting_prob", "--positive", "malignant"],
    ],
)
def test_what_fits_a_file_is_what_all_computes(arguments: list[str], run: Callable[..., Ran]) -> None:
    file, *options = arguments
    fitting = run("list", "--fits", str(SAMPLES / file), *options, "-f", "value").out.split()
    results = json.loads(run("compute", "all", str(SAMPLES / file), *options, "--json").out)["results"]
    assert fitting == [result["loss"] for result in results]
    assert 5 < len(fitting) < len(LOSSES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["list", "--family", "robust"],
            '--family is "regression", "robust regression", "counts and amounts", "binary", "margins", ',
        ),
        (
            ["list", "-t", "a"],
            "options of data need a file, and --fits names none\n  help: lossctl list --fits preds.csv -p prediction",
        ),
        (
            ["list", "-f", "svg"],
            '--format is "table", "plain", "md", "json", "ndjson", "csv", "tsv" or "value", not "svg"',
        ),
        (
            ["explain", "hubr"],
            'there is neither a loss nor a code "hubr"\n  help: did you mean "huber"?',
        ),
        (
            ["explain", "rows-of-one"],
            'there is neither a loss nor a code "rows-of-one"\n  help: did you mean "rows-off-one"?',
        ),
        (["explain"], "LOSS is missing\n  help: lossctl explain mse; lossctl list names the losses"),
        (
            ["explain", "mse", "a.csv"],
            "a FILE and options of data are for one row, and --row names none\n"
            "  help: lossctl explain mse preds.csv --row 1",
        ),
        (
            ["explain", "mse", "-t", "1", "-p", "2", "--row", "0"],
            '--row is a whole number from 1 on, not "0"\n  help: --row 17',
        ),
        (
            ["explain", "mse", "-t", "1", "-p", "2", "--row", "2"],
            "arguments has 1 row, so there is no row 2\n  help: --row counts from 1",
        ),
        (
            ["explain", "mse", "-t", "1,nan", "-p", "2,3", "--nan", "drop", "--row", "2"],
            "arguments: row 2 is left out\n  help: --where and --nan drop leave rows out",
        ),
        (
            ["explain", "mse", "-t", "1,nan", "-p", "2,3", "--nan", "propagate", "--row", "2"],
            "arguments: row 2 misses a cell, so it has no loss\n  help: --row names another row",
        ),
        (["explain", "mse,hubr"], 'there is no loss "hubr"\n  help: did you mean "huber"?'),
        (["explain", "l2_loss"], '"l2_loss" is the squared error here'),
    ],
)
def test_what_cannot_be_told(arguments: list[str], message: str, run: Callable[..., Ran]) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"lossctl: {message}")


# Cards.


@each
def test_a_card_says_everything(loss: Loss, run: Callable[..., Ran]) -> None:
    (found,) = (
        one for one in json.loads(run("explain", loss.name, "--json").out)["losses"] if one["name"] == loss.name
    )
    for name in ("formula", "range", "use", "references", "summary"):
        assert found[name], name
    assert found["use"].endswith(".")
    assert [one["like"] for one in found["frameworks"]] == [
        name for name, losses in CONVENTIONS.items() if loss.name in losses
    ]
    assert not (loss.slope and loss.slope.__doc__) or found["kink"]
    text = run("explain", loss.name).out
    assert all(word in text for word in ("Formula", "Range", "Inputs", "Use", "References", "Try"))


@each
def test_the_examples_of_a_card_run(loss: Loss, run: Callable[..., Ran]) -> None:
    import shlex

    (found,) = (
        one for one in json.loads(run("explain", loss.name, "--json").out)["losses"] if one["name"] == loss.name
    )
    file, *others = found["examples"]
    assert "preds.csv" in file
    assert others or not loss.plain or any(kind.of_each for kind in loss.roles.values())
    for command in others:
        ran = run(*shlex.split(command)[1:])
        assert (ran.code, ran.err) == (0, ""), command


def test_a_card_as_it_is_read(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    text = run("explain", "epsilon_insensitive").out
    assert text.startswith(
        "epsilon_insensitive   regression\n"
        "Absolute error beyond a tolerance.\n"
        "\n"
        "Formula\n"
        "  max(0, |r| - ε),   ε = epsilon\n"
        "  where r = y_pred - y_true\n"
        "\n"
        "Range\n"
        "  0 to inf.\n"
        "\n"
        "Inputs\n"
        "  y_true  real number\n"
        "  y_pred  real number\n"
        "  A row may hold several outputs; its value is the mean of the\n"
        "  outputs' values.\n"
        "\n"
        "Parameters\n"
        "  epsilon  a number of at least 0; 0.1 unless given\n"
    )
    assert max(map(len, text.splitlines())) <= 70
    assert run("explain", "epsilon_insensitive", "-f", "md").out.startswith(
        "## epsilon_insensitive\n\nAbsolute error beyond a tolerance.\n\n### Formula\n\n```text\nmax(0, "
    )


def test_a_spelling_of_several_losses_explains_them_all(run: Callable[..., Ran]) -> None:
    text = run("explain", "log_loss").out
    assert text.startswith("The shapes of the data pick one of 3 losses: bce, cce, sparse_cce.\n\nbce   binary\n")
    assert text.count("\nFormula\n") == 3


def test_frameworks_in_words(run: Callable[..., Ran]) -> None:
    frameworks = {
        one["like"]: one for one in json.loads(run("explain", "bce", "--json").out)["losses"][0]["frameworks"]
    }
    assert frameworks["keras"] == {
        "like": "keras",
        "name": "keras.losses.BinaryCrossentropy",
        "params": {"clip": 1e-7},
        "differs": ["clips probabilities to 1e-07", "divides by the number of rows, whatever their weights"],
    }


def test_the_curves_of_a_card_fit_a_narrow_terminal(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run("explain", "mse")
    assert max(map(len, ran.out.splitlines())) > 60
    monkeypatch.setenv("COLUMNS", "60")
    ran = run("explain", "mse")
    assert max(len(line) for line in ran.out.splitlines() if "lossctl" not in line) <= 60


def test_ascii_carries_a_card_too(shell: Callable[..., Ran]) -> None:
    ran = shell("lossctl explain huber", PYTHONIOENCODING="ascii", COLUMNS="80")
    assert ran.code == 0
    assert "1/2 r^2             where |r| <= delta" in ran.out
    assert "\\x" not in ran.out


# Codes.


def _kebab(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[a-z]+(?:-[a-z]+)+|percents|swapped|refused", text) is not None


def _printed(path: Path) -> Iterator[str]:
    """The codes that a module gives to notes and errors, and those that stand in brackets in its texts."""
    tree = ast.parse(path.read_text())
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and _kebab(node.value.value)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.startswith("_")
    }
    yield from map(str, named.values())
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"Warn", "Finding", "_doubt"}
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict):
            name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            keys = node.value.keys if name in {"CODES", "_DOUBTS"} else []
            yield from (str(part.value) for part in keys if isinstance(part, ast.Constant))
        if isinstance(node, ast.ClassDef):
            yield from (
                str(part.value.value)
                for part in node.body
                if isinstance(part, ast.Assign)
                and isinstance(part.value, ast.Constant)
                and ast.unparse(part.targets[0]) == "code"
                and node.name != "LossctlError"
            )
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r" \[([a-z]+(?:-[a-z]+)+)\]", node.value)


def test_every_code_is_explained(run: Callable[..., Ran]) -> None:
    printed = {code for path in sorted((ROOT / "lossctl").rglob("*.py")) for code in _printed(path)}
    assert {"usage", "input", "data", "slow-reader", "rows-off-one", "percents", "no-slope", "unlike-exact"} <= printed
    assert printed == set(codes())
    for code, known in codes().items():
        ran = run("explain", code)
        assert ran.code == 0
        assert ran.out.startswith(f"{code}\n  the code of {'an error' if known.kind == 'error' else 'a note'}\n")
        assert known.meaning.endswith(".")


# Rows, step by step.


def written(loss: Loss, folder: Path, seed: int = 5) -> tuple[str, Path]:
    """A LOSS, and a file with rows that it takes."""
    arrays = dict(zip(loss.roles, drawn(loss, np.random.default_rng(seed)), strict=True))
    path = folder / "rows.npz"
    np.savez(path, fold=np.arange(8) % 2, **arrays)  # type: ignore[arg-type]  # its stub knows allow_pickle only
    return asked(loss), path


@each
def test_rows_that_are_all_left_out_are_told(loss: Loss, run: Callable[..., Ran], tmp_path: Path) -> None:
    spec, path = written(loss, tmp_path)
    inputs: dict[str, list[object]] = {
        "compute": [path],
        "breakdown": [path],
        "compare": [f"base={path}", f"new={path}"],
    }
    for command, files in inputs.items():
        ran = run(command, spec, *map(str, files), "--by", "fold", "--where", "fold=2")
        assert (ran.code, ran.out) == (2, ""), command
        assert ran.err == f"lossctl: {path}: none of 8 rows has fold=2\n  help: --where compares the whole cell\n"


@each
def test_a_row_ends_at_the_digits_of_breakdown(loss: Loss, run: Callable[..., Ran], tmp_path: Path) -> None:
    spec, path = written(loss, tmp_path)
    ran = run("breakdown", spec, str(path), "--all", "--json")
    assert ran.code == 0, ran.err
    for row in json.loads(ran.out)["rows"][:2]:
        told = run("explain", spec, str(path), "--row", str(row["row"]), "--json")
        (found,) = json.loads(told.out)["rows"]
        (text,) = (row[key] for key in row if key.startswith(loss.name))
        assert found["value"] == text
        (term,) = found["terms"]
        assert term["value"] == text
        if text is None:  # as infinite as in the breakdown
            assert found["value_str"]["value"] == row["value_str"][spec]
            continue
        steps = term["outputs"][0]["steps"]
        if loss.name not in PROSE:
            assert steps
            assert steps[-1]["name"] == ""
            assert steps[-1]["value"] == pytest.approx(found["value"], rel=1e-9, abs=1e-12)
        last = run("explain", spec, str(path), "--row", str(row["row"])).out.splitlines()
        ending = [line for line in last if line.startswith(f"  {loss.name} = ")][-1]
        assert ending.split(" = ")[1].split()[0] == f"{found['value']:.6g}"


@pytest.mark.parametrize(
    ("loss", "arguments"),
    [
        ("mse,huber:delta=20", ["diabetes.csv", "-p", "ridge"]),
        ("sparse_cce,rps", ["wine.csv"]),
        ("mse+0.5*mae", ["diabetes.csv", "-p", "boosting"]),
        ("sparse_cce", ["digits.ndjson"]),
        ("bce", ["cancer.csv", "-t", "truth", "-p", "boosting_prob", "--positive", "malignant", "--like", "keras"]),
    ],
)
def test_rows_of_samples_end_at_the_digits_of_breakdown(
    loss: str, arguments: list[str], run: Callable[..., Ran]
) -> None:
    file, *options = arguments
    rows = json.loads(run("breakdown", loss, str(SAMPLES / file), *options, "-k", "2", "--json").out)["rows"]
    for row in rows:
        told = run("explain", loss, str(SAMPLES / file), *options, "--row", str(row["row"]), "--json")
        for found in json.loads(told.out)["rows"]:
            assert found["value"] == row[found["loss"]]


def test_a_row_as_it_is_read(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    ran = run("explain", "huber", str(SAMPLES / "diabetes.csv"), "-p", "ridge", "--row", "2")
    assert ran.out == (
        f"huber   row 2 of {SAMPLES / 'diabetes.csv'}\n"
        "\n"
        "Formula\n"
        "  ½ r²             where |r| ≤ δ\n"
        "  δ (|r| - ½ δ)    elsewhere,   δ = delta\n"
        "  where r = y_pred - y_true\n"
        "\n"
        "Numbers\n"
        "  y_true  75\n"
        "  y_pred  67.22 (column ridge)\n"
        "\n"
        "Steps\n"
        "  r = y_pred - y_true = 67.22 - 75 = -7.78\n"
        "  δ = delta = 1\n"
        "  |r| ≤ δ: 7.78 ≤ 1 does not hold\n"
        "  δ (|r| - ½ δ) = 1·(|-7.78| - ½·1) = 7.28\n"
        "\n"
        "  huber = 7.28   (all digits: 7.280000000000001)\n"
        "  its slope by y_pred: -1\n"
    )


def test_a_row_of_classes_as_it_is_read(run: Callable[..., Ran]) -> None:
    text = run("explain", "sparse_brier", str(SAMPLES / "wine.csv"), "--row", "1").out
    assert text.partition("Numbers\n")[2] == (
        "  y_true  barolo (column label)\n"
        "  y_pred  p_barolo 0.985186, p_grignolino 0.0124172, p_barbera 0.00239663\n"
        "\n"
        "Steps\n"
        "  p = y_pred = [0.985186, 0.0124172, 0.00239663]\n"
        "  y = y_true = barolo\n"
        "  c = barolo: (0.985186 - 1)² = 0.00021945\n"
        "  c = grignolino: (0.0124172 - 0)² = 0.000154187\n"
        "  c = barbera: (0.00239663 - 0)² = 5.74384e-06\n"
        "  Σ_c (p_c - [c = y])² = 0.000379382\n"
        "\n"
        "  sparse_brier = 0.000379382   (all digits: 0.0003793816359848987)\n"
        "  its slope by y_pred: -0.0296277, 0.0248344, 0.00479326\n"
    )


def test_a_weighted_sum_and_several_outputs(run: Callable[..., Ran]) -> None:
    text = run("explain", "mse+0.5*mae", "-t", "[[1,2]]", "-p", "[[2,4]]", "--row", "1").out
    assert "Term 1*mse" in text
    assert "Steps of output 2\n  r = y_pred - y_true = 4 - 2 = 2\n  r² = 2² = 4\n\n  mse = 4\n" in text
    assert "The value of the row is the mean of the outputs' values.\n  mse = 2.5\n" in text
    assert text.endswith("Sum\n  mse+0.5*mae = 2.5 + 0.5·1.5\n  = 3.25\n")


def test_digits_that_the_formula_loses_are_told(run: Callable[..., Ran]) -> None:
    text = run("explain", "log_cosh", "-t", "0", "-p", "1e-9", "--row", "1").out
    assert "ln cosh r = ln cosh 1e-09 = 0\n  Rounded at each step, as here, it comes to 0.0;" in text
    assert "\n  log_cosh = 5e-19\n" in text


def test_what_a_function_held_where_the_formula_is_prose(run: Callable[..., Ran]) -> None:
    text = run("explain", "top_k_error", "-t", "0", "-p", "[[0.2,0.7,0.1]]", "--row", "1").out
    assert "Steps\n  higher = 1\n\n  top_k_error = 1\n" in text


def test_what_a_function_threw_away_is_no_step(run: Callable[..., Ran]) -> None:
    text = run("explain", "dss", "-t", "1", "-p", "[[-1,0,1]]", "--row", "1").out
    assert "Steps\n  off = " in text
    assert "\n  _ = " not in text


# The notation of formulas.


SETTINGS: Mapping[str, object] = {
    "alpha": 0.3,
    "beta": 2.0,
    "class_weight": (1.0, 2.0, 0.5),
    "clip": 0.2,
    "delta": 2.0,
    "dispersion": 2.0,
    "epsilon": 0.5,
    "gamma": 1.5,
    "label_smoothing": 0.1,
    "level": 0.9,
    "log_floor": -1.0,
    "log_input": True,
    "margin": 0.7,
    "percent": True,
    "pos_weight": 3.0,
    "power": 1.2,
    "q": 0.3,
    "raw_labels": True,
    "renormalise": True,
    "scale": 2.0,
}
UNTOLD = {
    *((name, "clip") for name in ("msle", "rmsle", "binary_focal", "poisson_nll", "gamma_nll", "tweedie_nll")),
    ("smape", "percent"),
}
"""What the notation has no symbols for; such rows show what the function held."""

NOTED = [
    (loss, name)
    for loss in LOSSES
    if loss.name not in PROSE
    for name in ("", *loss.params)
    if not name or (name in SETTINGS and not loss.params[name].required and (loss.name, name) not in UNTOLD)
]


@pytest.mark.parametrize(("loss", "name"), NOTED, ids=[f"{loss.name}:{name}" for loss, name in NOTED])
def test_a_formula_says_what_its_function_computes(loss: Loss, name: str) -> None:
    arrays = drawn(loss, np.random.default_rng(7), 30)
    params = {one: param.default for one, param in loss.params.items()} | demanded(loss)
    params |= {name: SETTINGS[name]} if name else {}
    values = loss.rows(*arrays, **params)
    said = card(loss)
    size = max((array.shape[1] for array in arrays if array.ndim > 1), default=0)
    for row, value in enumerate(values.tolist()):
        inputs = {
            role: tuple(array[row].tolist()) if array.ndim > 1 else float(array[row])
            for role, array in zip(loss.roles, arrays, strict=True)
        }
        given = inputs | {one: float(part) if isinstance(part, (int, float)) else part for one, part in params.items()}
        labelled = loss.roles["y_true"].coding == "class"
        try:
            steps = work(said.formula, said.symbols, given, [f"c{place}" for place in range(size)], labelled=labelled)
        except Unreadable:
            assert not np.isfinite(value)
            continue
        found = steps[-1].value
        assert isinstance(found, float)
        assert found == value or abs(found - value) <= 1e-9 * max(1.0, abs(value))


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("2 a² / 4 + ½", 2.5),
        ("-a^(1 + 1)", -4.0),
        ("|a - 3| a", 2.0),
        ("b where a ≤ 1, a elsewhere", 2.0),
        ("1 where y_true is 3, 4 where it is 1 or 2", 4.0),
        ("c b,   c = a + b", 1.25),
        ("max(0, 1 - a, b)", 0.5),
        ("ln exp b + √(a² a²)", 4.5),
        ("as often as a is above b", None),
        ("0 / (a - 2)", None),
    ],
)
def test_the_notation(formula: str, found: float | None) -> None:
    if found is None:
        with pytest.raises(Unreadable):
            work([formula], "", {"a": 2.0, "b": 0.5, "y_true": 1.0}, [], labelled=False)
    else:
        assert work([formula], "", {"a": 2.0, "b": 0.5, "y_true": 1.0}, [], labelled=False)[-1].value == found
