"""`breakdown --grad`: the derivative of each row's loss by y_pred, in every format."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lossctl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

SMALL = "id,y_true,y_pred\na,1,1.5\nb,2,1\nc,3,6\n"
OUTPUTS = "t_0,t_1,p_0,p_1\n1,2,4,-2\n0,0,0,0\n1,0,0.5,0.25\n"
CLASSES = "label,p_x,p_y,p_z\nx,0.5,0.25,0.25\nz,0.5,0.375,0.125\n"


@pytest.fixture
def ask(run: Callable[..., Ran], tmp_path: Path) -> Callable[..., str]:
    """What a breakdown with --grad of some text prints."""

    def ask(loss: str, text: str, *options: str) -> str:
        (tmp_path / "a.csv").write_text(text)
        ran = run("breakdown", loss, f"a={tmp_path / 'a.csv'}", "--grad", *options)
        assert (ran.code, ran.err) == (0, "")
        return ran.out

    return ask


def test_csv_grows_at_its_end(ask: Callable[..., str]) -> None:
    assert ask("mse", SMALL, "--all", "-f", "csv", "--id", "id") == (
        "row,id,y_true,y_pred,mse,grad\n1,a,1.0,1.5,0.25,1.0\n2,b,2.0,1.0,1.0,-2.0\n3,c,3.0,6.0,9.0,6.0\n"
    )
    assert ask("mse,huber:delta=2", SMALL, "-k", "1", "-f", "tsv").splitlines() == [
        "row\ty_true\ty_pred\tmse\thuber:delta=2\tgrad_mse\tgrad_huber:delta=2",
        "3\t3.0\t6.0\t9.0\t4.0\t6.0\t2.0",
    ]
    assert ask("sparse_brier", CLASSES, "-k", "1", "-f", "csv").splitlines() == [
        "row,y_true,y_pred_0,y_pred_1,y_pred_2,sparse_brier,grad_0,grad_1,grad_2",
        "2,z,0.5,0.375,0.125,1.15625,1.0,0.75,-1.75",
    ]
    header, *_ = ask("sparse_cce,sparse_brier", CLASSES, "-k", "1", "-f", "csv").splitlines()
    assert header.endswith(
        ",sparse_cce,sparse_brier,grad_sparse_cce_0,grad_sparse_cce_1,grad_sparse_cce_2"
        ",grad_sparse_brier_0,grad_sparse_brier_1,grad_sparse_brier_2"
    )


def test_the_formats_say_the_same(ask: Callable[..., str]) -> None:
    document = json.loads(ask("mse,2*mae", OUTPUTS, "-t", "t_*", "-p", "p_*", "-f", "json", "-k", "1"))
    assert document["rows"][0]["grad"] == {"mse": [3.0, -4.0], "2*mae": [1.0, -1.0]}
    streamed = json.loads(ask("mse,2*mae", OUTPUTS, "-t", "t_*", "-p", "p_*", "-f", "json", "--all"))
    lines = ask("mse,2*mae", OUTPUTS, "-t", "t_*", "-p", "p_*", "-f", "ndjson", "--all").splitlines()
    assert [row["grad"]["mse"] for row in streamed["rows"]] == [[3.0, -4.0], [0.0, 0.0], [-0.5, 0.25]]
    assert [json.loads(line) for line in lines] == streamed["rows"]
    assert ask("mse,2*mae", OUTPUTS, "-t", "t_*", "-p", "p_*", "-f", "value", "-k", "1") == (
        "12.5\n7.0\n3.0\n-4.0\n1.0\n-1.0\n"
    )
    assert "| 12.5 | 98.8 | 3, -4 |" in ask("mse", OUTPUTS, "-t", "t_*", "-p", "p_*", "-f", "md", "-k", "1")
    assert "12.5\t98.8\t3, -4\n" in ask("mse", OUTPUTS, "-t", "t_*", "-p", "p_*", "-f", "plain", "-k", "1")


def test_the_table(ask: Callable[..., str]) -> None:
    assert ask("mse", SMALL, "-k", "2").split("\n\n")[2] == (
        "the 2 worst of 3 rows by mse\n"
        "row   y_true   y_pred   mse   share %   grad\n"
        "────────────────────────────────────────────\n"
        "  3        3        6     9     87.8       6\n"
        "  2        2        1     1      9.76     -2"
    )
    assert ask("sparse_brier", CLASSES, "-k", "1").split("\n\n")[2] == (
        "the worst of 2 rows by sparse_brier\n"
        "row   true class   p(true)   top class   p(top)   sparse_brier   share %   grad(true)   grad(top)\n"
        "─────────────────────────────────────────────────────────────────────────────────────────────────\n"
        "  2   z              0.125   x              0.5        1.15625      75.5        -1.75           1"
    )


SIGNS = [[1.0], [-1.0], [1.0], [-1.0]]
REALS = [[0.3, -1.2], [2.0, 0.7], [-1.0, 1.5]]
ROWS: list[tuple[str, Any, Any]] = [
    ("mse", REALS, [[1.0, 2.0], [0.5, 0.5], [-1.5, 9.0]]),
    ("rmse", REALS, [[1.0, 2.0], [0.5, 0.5], [-1.5, 9.0]]),
    ("rmsle", [[1.0, 3.0]], [[2.0, 0.5]]),
    ("mae+0.25*log_cosh", REALS, [[1.0, 2.0], [0.5, 0.5], [-1.5, 9.0]]),
    ("3*hinge+soft_margin", SIGNS, [[0.5], [0.25], [2.0], [-3.0]]),
    ("sparse_cce_logits:label_smoothing=0.1:class_weight=[1,2,3]:ignore_index=1", [0, 1, 2], [[1.0, 2.0, 0.5]] * 3),
    ("max_error", REALS, [[1.0, 2.0], [0.5, 0.5], [-1.5, 9.0]]),
    ("median_absolute_error", REALS, [[1.0, 2.0], [0.5, 0.5], [-1.5, 9.0]]),
    ("wmape", REALS, [[1.0, 2.0], [0.5, 0.5], [-1.5, 9.0]]),
    ("tversky:alpha=0.3:pool=true", [[0.0, 1.0, 1.0]], [[0.2, 0.7, 0.4]]),
    ("cosine", REALS, [[1.0, 2.0], [0.5, 0.5], [-1.5, 9.0]]),
]


@pytest.mark.parametrize(("spec", "y_true", "y_pred"), ROWS)
def test_it_is_the_derivative_of_the_loss_of_the_row(
    spec: str, y_true: Any, y_pred: Any, run: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"y_true": y_true, "y_pred": y_pred}))
    ran = run("breakdown", spec, str(tmp_path / "a.json"), "--grad", "--all", "-f", "json")
    rows = json.loads(ran.out)["rows"]
    found = np.array([row["grad"][spec] for row in rows]).reshape(np.shape(y_pred))
    step = 1e-5
    for place in range(found.shape[1]):
        move = step * (np.arange(found.shape[1]) == place)
        above, below = (
            lossctl.compute(spec, y_true, np.array(y_pred) + side * move, reduction="none") for side in (1, -1)
        )
        np.testing.assert_allclose(found[:, place], (above - below) / (2 * step), rtol=1e-6, atol=1e-8)


def test_weights_of_rows_are_not_in_it_and_a_batch_changes_nothing(ask: Callable[..., str]) -> None:
    lines = [f"{row},{row * row % 7},{row * 5 % 11},{row % 3}" for row in range(40)]
    text = "\n".join(["id,y_true,y_pred,w", *lines])
    plain = [line.rsplit(",", 1)[1] for line in ask("mse", text, "--all", "-f", "csv").splitlines()[1:]]
    assert plain == [str(2.0 * (row * 5 % 11 - row * row % 7)) for row in range(40)]
    weighed = json.loads(ask("mse", text, "-w", "w", "-k", "5", "-f", "json"))["rows"]
    assert [repr(row["grad"]["mse"]) for row in weighed] == [plain[row["row"] - 1] for row in weighed]


def test_what_is_not_finite_is_null_in_json(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("y_true,y_pred\n1,0\n0,\n0,0.5\n")
    ran = run("breakdown", "bce", str(tmp_path / "a.csv"), "--grad", "--all", "--nan", "propagate", "-f", "ndjson")
    grads = [json.loads(line)["grad"] for line in ran.out.splitlines()]
    assert grads == [
        {"bce": None, "value_str": {"bce": "-inf"}},
        {"bce": None, "value_str": {"bce": "nan"}},
        {"bce": 2.0},
    ]
    (tmp_path / "a.csv").write_text("label,p_x,p_y\nx,0,1\n,0.5,0.5\n")
    ran = run("breakdown", "sparse_cce", str(tmp_path / "a.csv"), "--grad", "--all", "--nan", "propagate", "-f", "csv")
    assert ran.out.splitlines()[1:] == ["1,x,0.0,1.0,inf,-inf,0.0", "2,,0.5,0.5,nan,nan,nan"]


def test_several_models_have_one_each(ask: Callable[..., str]) -> None:
    text = "y_true,one,two\n1,3,1\n0,0,-2\n"
    assert ask("mae", text, "-p", "one", "-p", "two", "--all", "-f", "csv").splitlines() == [
        "input,row,y_true,y_pred,mae,grad",
        "one,1,1.0,3.0,2.0,1.0",
        "two,1,1.0,1.0,0.0,0.0",
        "one,2,0.0,0.0,0.0,0.0",
        "two,2,0.0,-2.0,2.0,-1.0",
    ]


def test_of_equal_largest_errors_the_first_has_the_slope(ask: Callable[..., str]) -> None:
    text = "t_0,t_1,t_2,p_0,p_1,p_2\n0,0,0,1,-2,2\n0,0,0,0,0,0\n"
    document = json.loads(ask("max_error", text, "-t", "t_*", "-p", "p_*", "-f", "json", "--all"))
    assert [row["grad"]["max_error"] for row in document["rows"]] == [[0.0, -1.0, 0.0], [0.0, 0.0, 0.0]]


def test_losses_without_a_slope(run: Callable[..., Ran], ask: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SMALL)
    for loss, message in (
        ("mse,zero_one", '"zero_one" has no derivative by y_pred: it is constant but where it jumps'),
        ("mse+zero_one", '"zero_one" has no derivative by y_pred: it is constant but where it jumps'),
    ):
        ran = run("breakdown", loss, str(tmp_path / "a.csv"), "--grad")
        assert (ran.code, ran.out, ran.err) == (
            2,
            "",
            f"lossctl: {message}\n  help: leave --grad out, or name other losses\n",
        )
    (tmp_path / "a.csv").write_text("y_true,lower,upper\n1,0,2\n")
    ran = run("breakdown", "interval:alpha=0.1", str(tmp_path / "a.csv"), "--grad")
    assert ran.err == (
        'lossctl: "interval" has no derivative by y_pred: it has no y_pred\n'
        "  help: leave --grad out, or name other losses\n"
    )
    (tmp_path / "a.csv").write_text(SMALL)
    # of LOSS all the others have theirs
    (row,) = json.loads(ask("all", SMALL, "-k", "1", "-f", "json"))["rows"]
    assert math.isfinite(row["zero_one"])
    assert "zero_one" not in row["grad"]
    assert row["grad"]["mse"] == 6.0
