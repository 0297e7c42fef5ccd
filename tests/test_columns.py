"""Which columns are meant: asked for, conventional, ambiguous, missing; class names; rows kept and set aside."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lossctl.cli.inputs import collected, models
from lossctl.cli.options import Data
from lossctl.engines.local import fold
from lossctl.losses.spec import parse
from lossctl.readers.columns import assembled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


@pytest.fixture
def compute(tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The JSON of `compute` over a CSV text."""
    monkeypatch.chdir(tmp_path)

    def compute(loss: str, text: str, *arguments: str) -> dict[str, Any]:
        (tmp_path / "a.csv").write_text(text)
        ran = run("compute", loss, "a.csv", *arguments, "--json", "-q")
        assert (ran.err, ran.code) == ("", 0)
        record: dict[str, Any] = json.loads(ran.out)
        return record

    return compute


@pytest.fixture
def refused(tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What `compute` over a CSV text says when it fails."""
    monkeypatch.chdir(tmp_path)

    def refused(loss: str, text: str, *arguments: str) -> str:
        (tmp_path / "a.csv").write_text(text)
        ran = run("compute", loss, "a.csv", *arguments)
        assert (ran.code, ran.out) == (2, "")
        return ran.err

    return refused


def taken(record: dict[str, Any]) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = record["inputs"][0]["columns"]
    return columns


@pytest.mark.parametrize(
    ("header", "y_true", "y_pred"),
    [
        ("y_true,y_pred", "y_true", "y_pred"),
        ("Y_True,Y_PRED", "Y_True", "Y_PRED"),
        ("target,prediction", "target", "prediction"),
        ("prob,label", "label", "prob"),
        ("gold,yhat", "gold", "yhat"),
        ("y,y_hat", "y", "y_hat"),
        ("actual,forecast", "actual", "forecast"),
        ("expected,score", "expected", "score"),
        ("truth,logit", "truth", "logit"),
        ("label,y_true,y_pred,score", "y_true", "y_pred"),
        ("id,true, pred ", "true", "pred"),
    ],
)
def test_conventional_names_are_found(
    header: str, y_true: str, y_pred: str, compute: Callable[..., dict[str, Any]]
) -> None:
    record = compute("mse", f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    assert taken(record) == {"y_true": [y_true], "y_pred": [y_pred]}


@pytest.mark.parametrize("family", ["y_pred_", "p_", "prob_", "proba_", "logit_"])
def test_families_of_class_columns_are_found(family: str, compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("log_loss", f"label,{family}ant,{family}bee\nbee,0.25,0.75\n")
    assert taken(record)["y_pred"] == [f"{family}ant", f"{family}bee"]
    assert record["inputs"][0]["classes"] == ["ant", "bee"]


def test_the_loss_decides_between_one_column_and_one_per_class(compute: Callable[..., dict[str, Any]]) -> None:
    text = "y_true,y_pred,p_0,p_1\n1,0,0.5,0.5\n"
    assert taken(compute("sparse_cce", text))["y_pred"] == ["p_0", "p_1"]
    assert taken(compute("mse", text))["y_pred"] == ["y_pred"]
    assert taken(compute("mae", "y,pred,p_0,p_1\n1,0,0.5,0.5\n"))["y_pred"] == ["pred"]


def test_two_candidates_are_doubt(refused: Callable[..., str]) -> None:
    assert refused("mse", "label,target,pred\n1,1,1\n") == (
        'lossctl: a.csv: "label" or "target" may be y_true, and nothing says which\n  help: -t COLUMN says it\n'
    )
    assert refused("bce", "y,score,prob\n1,1,1\n") == (
        'lossctl: a.csv: "score" or "prob" may be y_pred, and nothing says which\n  help: -p COLUMN says it\n'
    )
    assert refused("log_loss", "y,p_0,p_1,prob_0,prob_1\n1,0,1,0,1\n") == (
        'lossctl: a.csv: "p_0 … p_1" or "prob_0 … prob_1" may be y_pred, and nothing says which\n'
        "  help: -p COLUMN says it\n"
    )


@pytest.mark.parametrize(
    ("selector", "columns"),
    [
        ("p_2", ["p_2"]),
        ("p_0,p_2", ["p_0", "p_2"]),
        ("p_2,p_0", ["p_2", "p_0"]),
        ("p_0:p_2", ["p_0", "p_1", "p_2"]),
        ("p_*", ["p_0", "p_1", "p_2"]),
        ("p_0,p_1:p_2", ["p_0", "p_1", "p_2"]),
        ("*_1", ["p_1"]),
        ("a,b", ["a,b"]),
        ("x:y", ["x:y"]),
        ("s*", ["s*"]),
        ("7", ["7"]),
    ],
)
def test_selectors_try_the_whole_text_as_a_name_first(
    selector: str, columns: list[str], compute: Callable[..., dict[str, Any]]
) -> None:
    text = 't,p_0,p_1,p_2,"a,b",x:y,s*,7,stars\n1,1,1,1,1,1,1,1,1\n'
    truth = ",".join(["t"] * len(columns))
    if len(columns) > 1:
        text = text.replace("t,", "t_0,t_1,t_2,", 1).replace("\n1,", "\n1,1,1,")
        truth = ",".join(f"t_{index}" for index in range(len(columns)))
    assert taken(compute("mse", text, "-t", truth, "-p", selector))["y_pred"] == columns


def test_headerless_files_are_known_by_their_numbers(compute: Callable[..., dict[str, Any]]) -> None:
    assert taken(compute("mae", "1,2\n3,5\n")) == {"y_true": ["1"], "y_pred": ["2"]}
    assert taken(compute("mae", "9,1,2\n9,3,5\n", "-t", "2", "-p", "3")) == {"y_true": ["2"], "y_pred": ["3"]}
    record = compute("sparse_cce", "0,0.5,0.5\n1,0.25,0.75\n", "-t", "1", "-p", "2:3")
    assert record["results"][0]["n"] == 2
    assert record["inputs"][0]["classes"] is None


def test_no_header_makes_the_first_row_data(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("sparse_cce", "cat,0.5,0.5\ndog,0.25,0.75\n", "-H", "-t", "1", "-p", "2:3", "--classes", "cat,dog")
    assert record["inputs"][0]["rows"] == 2


@pytest.mark.parametrize(
    ("columns", "labels", "classes"),
    [
        ("p_cat,p_dog", ("cat", "dog"), ["cat", "dog"]),
        ("p_1,p_2", ("1", "2.0"), ["1", "2"]),
        ("p_10,p_11", ("10", "11"), ["10", "11"]),
        ("cat,dog", ("cat", "dog"), ["cat", "dog"]),
        ("prob-x.a,prob-x.b", ("a", "b"), ["a", "b"]),
        ("score_class_no,score_class_yes", ("no", "yes"), ["no", "yes"]),
        ("p_NA,p_None", ("NA", "None"), ["NA", "None"]),
    ],
)
def test_classes_are_named_after_their_columns(
    columns: str, labels: tuple[str, str], classes: list[str], compute: Callable[..., dict[str, Any]]
) -> None:
    first, second = columns.split(",")
    text = f"y_true,{columns}\n{labels[0]},0.5,0.5\n{labels[1]},0.5,0.5\n"
    record = compute("sparse_cce", text, "-p", f"{first}:{second}")
    assert record["inputs"][0]["classes"] == classes
    assert record["results"][0]["value"] == pytest.approx(0.6931471805599453, rel=1e-15)


def test_what_the_star_matched_names_the_class(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("sparse_cce", "y_true,x_a_end,x_b_end\nb,0,1\n", "-p", "x_*_end")
    assert record["inputs"][0]["classes"] == ["a", "b"]
    assert record["results"][0]["value"] == 0.0


def test_class_columns_keep_file_order_whatever_the_labels(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("log_loss", "label,p_dog,p_cat\ncat,0.25,0.75\ndog,0.75,0.25\n")
    assert record["inputs"][0]["classes"] == ["dog", "cat"]
    assert record["results"][0]["value"] == pytest.approx(0.2876820724517809, rel=1e-15)


def test_one_hot_columns_in_another_order_are_refused(refused: Callable[..., str]) -> None:
    assert refused("cce", "y_true_a,y_true_b,p_b,p_a\n1,0,0,1\n") == (
        'lossctl: a.csv: the columns of y_true come as "a" and "b", those of y_pred as "b" and "a"\n'
        "  help: -t and -p can name the columns in one order\n"
    )


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        ("0,1", ()),
        ("1.0,0", ()),
        ("true,FALSE", ()),
        ("ham,spam", ("--positive", "spam")),
        ("1,2", ("--positive", "2")),
    ],
)
@pytest.mark.parametrize("loss", ["bce", "bce_logits", "hinge", "squared_hinge"])
def test_labels_of_binary_losses(
    loss: str, labels: str, options: tuple[str, ...], compute: Callable[..., dict[str, Any]]
) -> None:
    first, second = labels.split(",")
    record = compute(loss, f"label,score\n{first},0.25\n{second},0.25\n", *options)
    reference = compute(loss, "label,score\n0,0.25\n1,0.25\n")
    assert record["results"][0]["value"] == reference["results"][0]["value"]


def test_a_positive_label_that_never_comes_is_told(tmp_path: Path, run: Callable[..., Ran]) -> None:
    (tmp_path / "a.csv").write_text("label,prob\nham,0.5\n")
    ran = run("compute", "bce", f"a={tmp_path}/a.csv", "--positive", "sapm", "-f", "value")
    assert ran.err == 'lossctl: note: a: no y_true cell is "sapm", so every row counts as negative [positive-unseen]\n'


MISSING = "y_true,y_pred,w\n1,1,1\n2,NA,1\n3,5,1\n,1,1\n"


def test_rows_with_missing_cells_are_refused_dropped_or_carried(
    compute: Callable[..., dict[str, Any]], refused: Callable[..., str]
) -> None:
    assert refused("mae", MISSING) == (
        'lossctl: a.csv:3: column "y_pred": the cell is missing ("NA")\n'
        "  help: --nan drop leaves such rows out, --nan propagate lets the loss be nan\n"
    )
    record = compute("mae", MISSING, "--nan", "drop", "-w", "w")
    assert record["inputs"][0] | {"columns": 0} == {
        "label": "a.csv",
        "path": "a.csv",
        "rows": 4,
        "used": 2,
        "dropped": 2,
        "filtered": 0,
        "columns": 0,
        "classes": None,
        "notes": [],
        "parts": None,
    }
    assert (record["results"][0]["value"], record["results"][0]["n"]) == (1.0, 2)
    record = compute("mae", MISSING, "--nan", "propagate")
    assert (record["results"][0]["value"], record["results"][0]["value_str"]) == (None, "nan")
    assert record["results"][0]["n"] == 4


@pytest.mark.parametrize("mark", ["", "NA", "n/a", "NULL", "none", "NaN", " nan "])
def test_each_mark_of_a_missing_cell(mark: str, compute: Callable[..., dict[str, Any]]) -> None:
    assert compute("mae", f"y_true,y_pred\n1,3\n2,{mark}\n", "--nan", "drop")["results"][0]["value"] == 2.0


def test_a_missing_cell_in_a_column_not_in_use_does_not_matter(compute: Callable[..., dict[str, Any]]) -> None:
    assert compute("mae", "y_true,y_pred,note\n1,3,\n")["results"][0]["value"] == 2.0


def test_propagated_rows_spoil_their_group_alone(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("mae", "y_true,y_pred,g\n1,NA,a\n1,2,b\n", "--nan", "propagate", "-g", "g")
    assert [result["value_str"] for result in record["results"]] == ["nan", "1.0", "nan"]


def test_infinities_are_numbers_for_real_values(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("mae,hinge", "y_true,y_pred\n1,-Infinity\n", "--nan", "error")
    assert [result["value_str"] for result in record["results"]] == ["inf", "inf"]


def test_where_keeps_rows_and_counts_the_others(compute: Callable[..., dict[str, Any]]) -> None:
    text = "y_true,y_pred,split,fold\n1,3,test,1\n1,9,train,1\n1,4,test,2\nx,9,train,2\n"
    record = compute("mae", text, "--where", "split=test")
    assert (record["results"][0]["value"], record["inputs"][0]["filtered"]) == (2.5, 2)
    record = compute("mae", text, "--where", "split=test", "--where", "fold=1")
    assert (record["results"][0]["value"], record["inputs"][0]["used"]) == (2.0, 1)


def test_groups_come_sorted_numbers_first_and_all_rows_last(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("mae", "y_true,y_pred,g,h\n0,1,b,x\n0,2,10,x\n0,3,9,y\n0,4,b,y\n", "-g", "g,h")
    found = [(result["group"], result["n"], result["value"]) for result in record["results"]]
    assert found == [
        ({"g": 9, "h": "y"}, 1, 3.0),
        ({"g": 10, "h": "x"}, 1, 2.0),
        ({"g": "b", "h": "x"}, 1, 1.0),
        ({"g": "b", "h": "y"}, 1, 4.0),
        (None, 4, 2.5),
    ]


@pytest.mark.parametrize("by", ["label", "y_true"])
def test_groups_may_be_those_of_y_true(by: str, compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("log_loss", "label,p_a,p_b\na,1,0\nb,0.5,0.5\n", "-g", by)
    assert [result["group"] for result in record["results"]] == [{"label": "a"}, {"label": "b"}, None]


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [("mean", 2.25), ("mean-weight", 2.25), ("mean-count", 3.0), ("sum", 9.0)],
)
def test_reductions_with_weights(reduction: str, expected: float, compute: Callable[..., dict[str, Any]]) -> None:
    # losses.md, golden vectors: MAE [1,2,3], w=[1,1,2]: Keras mean 3.0, Keras mean_with_sample_weight, PyTorch 2.25
    record = compute("mae", "y,pred,w\n0,1,1\n0,2,1\n0,3,2\n", "-w", "w", "--reduction", reduction)
    assert (record["results"][0]["value"], record["results"][0]["weight"]) == (expected, 4.0)


def test_each_p_is_a_model_read_in_one_pass(shell: Callable[..., Ran]) -> None:
    ran = shell("printf 'y,a,b\\n1,1,2\\n2,2,4\\n' | lossctl compute mae,mse - -p a -p b -f csv")
    rows = [line.split(",") for line in ran.out.splitlines()[1:]]
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("a", "mae", "0.0"),
        ("a", "mse", "0.0"),
        ("b", "mae", "1.5"),
        ("b", "mse", "2.5"),
    ]


def test_several_files_and_labels(tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("y,a,b\n1,1,2\n")
    (tmp_path / "x=a.csv").write_text("y,a,b\n1,5,5\n")
    ran = run("compute", "mae", "a.csv", "new=a.csv", "x=a.csv", "-p", "b", "-f", "csv")
    assert [line.split(",")[0] for line in ran.out.splitlines()[1:]] == ["a.csv", "new", "x=a.csv"]
    ran = run("compute", "mae", "a.csv", "new=a.csv", "-p", "a", "-p", "b", "-f", "csv")
    assert [line.split(",")[0] for line in ran.out.splitlines()[1:]] == ["a.csv:a", "a.csv:b", "new:a", "new:b"]


def test_all_leaves_out_the_losses_whose_kinds_refuse_a_value(compute: Callable[..., dict[str, Any]]) -> None:
    names = [result["loss"] for result in compute("all", "y_true,y_pred\n1,0.5\n0,0.25\n")["results"]]
    assert {"mse", "bce", "bce_logits", "hinge", "msle"} <= set(names)
    text = "y_true,y_pred\n" + "1,0.5\n" * 9000 + "1,1.5\n-1,-2\n"
    names = [result["loss"] for result in compute("all", text)["results"]]
    assert {"mse", "hinge"} <= set(names)
    assert not {"bce", "bce_logits", "msle"} & set(names)
    names = [result["loss"] for result in compute("all", "label,p_a,p_b\na,1,0\n")["results"]]
    assert names[:2] == ["sparse_cce", "sparse_cce_logits"]
    assert "nll" not in names


def test_probabilities_a_little_off_one_are_noted_not_mended(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("log_loss", "label,p_a,p_b\na,0.5,0.5\nb,0.5,0.499\nb,0.5,0.5000001\n")
    assert record["warnings"] == [
        {
            "code": "rows-off-one",
            "message": "1 row of y_pred adds to 1 only roughly (first row 2); nothing was divided, "
            "renormalise=true divides",
            "input": "a.csv",
            "rows": [2],
        }
    ]


def test_a_column_of_ids_is_no_candidate_and_must_exist(
    compute: Callable[..., dict[str, Any]], refused: Callable[..., str]
) -> None:
    text = "y,label,pred\n1,7,3\n"
    assert taken(compute("mae", text, "--id", "label"))["y_true"] == ["y"]
    assert refused("mae", "row,y,pred\n1,7,3\n", "--id", "rwo") == (
        'lossctl: a.csv: --id names no column "rwo"; there are "row", "y" and "pred"\n  help: did you mean "row"?\n'
    )


def test_a_column_groups_once(refused: Callable[..., str]) -> None:
    assert refused("mae", "y,pred,g\n1,3,a\n", "-g", "g,g") == (
        'lossctl: a.csv: --by names column "g" twice\n  help: name each column once\n'
    )


@pytest.mark.parametrize("by", [",", "g,", " ", ",g"])
def test_a_group_that_an_unset_variable_names_does_not_vanish(by: str, refused: Callable[..., str]) -> None:
    assert refused("mae", "y,pred,g\n1,3,a\n", "-g", by).startswith('lossctl: a.csv: --by names no column "')


def test_groups_named_one_by_one_are_no_column_with_a_comma(
    compute: Callable[..., dict[str, Any]],
) -> None:
    text = 'a,b,"a,b",y,pred\n1,2,x,1,3\n'
    assert compute("mae", text, "-g", "a", "-g", "b")["results"][0]["group"] == {"a": 1, "b": 2}
    assert compute("mae", text, "-g", "a,b", "-g", "a")["results"][0]["group"] == {"a,b": "x", "a": 1}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('[{"y": 1, "pred": 3}]', ("y", "pred")),
        ('\n [\n  {"y": 1, "pred": 3}]', ("y", "pred")),
        ('{"y": [1], "pred": [3]}', ("y", "pred")),
        ("[y],[pred]\n1,3\n", ("[y]", "[pred]")),
        ("{y},{pred}\n1,3\n", ("{y}", "{pred}")),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_content_goes_before_the_name_of_a_file(
    text: str, columns: tuple[str, str], name: str, tmp_path: Path, run: Callable[..., Ran]
) -> None:
    (tmp_path / name).write_text(text.replace(",", "\t") if name == "a.tsv" and "\n1," in text else text)
    true, pred = columns
    assert run("compute", "mae", f"{tmp_path}/{name}", "-t", true, "-p", pred, "-f", "value").out == "2.0\n"


def test_what_stands_beside_the_columns_of_a_document_is_let_be(tmp_path: Path, run: Callable[..., Ran]) -> None:
    (tmp_path / "a.json").write_text('{"model": "a", "epochs": 7, "y_true": [1, 2], "y_pred": [1, 4]}')
    assert run("compute", "mae", f"{tmp_path}/a.json", "-f", "value").out == "1.0\n"
    members = {"epochs": np.array(7), "classes": np.array(["a", "b", "c"])}
    np.savez(tmp_path / "a.npz", y_true=np.array([1, 2]), y_pred=np.array([1, 4]), **members)  # type: ignore[arg-type]  # its stub knows allow_pickle only
    assert run("compute", "mae", f"{tmp_path}/a.npz", "-f", "value").out == "1.0\n"


def test_options_that_nothing_would_heed_are_refused(refused: Callable[..., str]) -> None:
    assert refused("mae", "y,pred\n1,3\n", "--classes", "a,b") == (
        "lossctl: --classes names classes, and no loss asked for takes a column per class\n"
        "  help: cce and sparse_cce do\n"
    )
    assert refused("mae", "y,pred\n1,3\n", "--positive", "1") == (
        "lossctl: --positive names a label, and no loss asked for has two classes\n  help: bce and hinge have\n"
    )


def test_lists_that_change_their_length_are_refused_in_any_chunk(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ['{"y_true": [1, 2], "y_pred": [1, 2]}'] * 8192
    odd = '{"y_true": [1, 2, 3], "y_pred": [1, 2, 3]}'
    for more in ([odd] * 3, [odd, *rows[:3]]):
        (tmp_path / "a.ndjson").write_text("\n".join(rows + more))
        ran = run("compute", "mae", "a.ndjson")
        assert ran.err == (
            'lossctl: a.ndjson:8193: column "y_true": "[1, 2, 3]" holds 3 values, and the first rows hold 2\n'
            "  help: --y-true COLUMN chooses another column\n"
        )
    (tmp_path / "a.ndjson").write_text("\n".join([*rows[:8192], '{"y_true": null, "y_pred": null}']))
    assert run("compute", "mae", "a.ndjson", "--nan", "drop", "-f", "value", "-q").out == "0.0\n"


@pytest.mark.parametrize("row", [3, 8192, 9000])
def test_a_list_of_one_is_its_value_in_any_row(
    row: int, tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plain, listed = '{"y_true": 1, "y_pred": 3, "g": 1}', '{"y_true": [1], "y_pred": 3, "g": [1]}'
    for first, then in ((plain, listed), (listed, plain)):
        (tmp_path / "a.ndjson").write_text("\n".join([first] * row + [then] * (10_000 - row)))
        ran = run("compute", "mse", "a.ndjson", "--by", "g", "-f", "csv")
        assert ran.out.splitlines()[1:] == [
            "a.ndjson,mse,,exact,mean,g=1,10000,10000.0,4.0",
            "a.ndjson,mse,,exact,mean,,10000,10000.0,4.0",
        ]


def test_a_missing_weight_spoils_the_mean_in_every_format(
    compute: Callable[..., dict[str, Any]], tmp_path: Path, run: Callable[..., Ran]
) -> None:
    record = compute("mse,rmse", "y,pred,w\n1,2,1\n3,5,\n2,2,1\n", "-w", "w", "--nan", "propagate")
    assert [result["value_str"] for result in record["results"]] == ["nan", "nan"]
    np.savez(tmp_path / "a.npz", y=np.array([1.0, 3, 2]), pred=np.array([2.0, 5, 2]), w=np.array([1, np.nan, 1]))
    assert run("compute", "mse", f"{tmp_path}/a.npz", "-w", "w", "--nan", "propagate", "-f", "value").out == "nan\n"


@pytest.mark.parametrize(("ignored", "weight"), [("1", 2.0), ("2", 2.0), ("-100", 3.0)])
def test_an_ignored_label_is_the_class_of_its_name(
    ignored: str, weight: float, compute: Callable[..., dict[str, Any]]
) -> None:
    text = "y_true,p_1,p_2,p_3\n" + "".join(f"{label},0.5,0.25,0.25\n" for label in (1, 2, 3))
    (result,) = compute(f"sparse_cce:ignore_index={ignored}", text)["results"]
    assert (result["weight"], result["params"]["ignore_index"]) == (weight, int(ignored))


@pytest.mark.parametrize("ignored", ["-100", "0", "7"])
def test_an_ignored_label_needs_no_column(ignored: str, compute: Callable[..., dict[str, Any]]) -> None:
    text = f"y_true,p_cat,p_dog\ncat,0.5,0.5\n{ignored},0.5,0.5\ndog,0.5,0.5\n"
    (result,) = compute(f"sparse_cce:ignore_index={ignored}", text)["results"]
    assert (result["weight"], result["n"]) == (2.0, 3)


@pytest.mark.parametrize("kept", ["b", "zz"])
def test_a_chunk_of_arrays_without_a_kept_row(kept: str, tmp_path: Path, run: Callable[..., Ran]) -> None:
    rows = 9000
    marks = np.array(["a"] * 8192 + ["b"] * (rows - 8192))
    np.savez(tmp_path / "a.npz", y_true=np.zeros((rows, 2)), y_pred=np.ones((rows, 2)), s=marks)
    ran = run("compute", "mse", f"a={tmp_path}/a.npz", "--where", f"s={kept}", "-f", "value", "-q")
    if kept == "b":
        assert ran.out == "1.0\n"
    else:
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"lossctl: {tmp_path}/a.npz: none of 9,000 rows has s=zz\n")


@pytest.mark.parametrize("positive", ["true", "True", "TRUE"])
def test_truths_are_compared_without_case(positive: str, compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("bce", "y_true,y_pred\nTrue,0.9\nFalse,0.1\n", "--positive", positive)
    assert record["results"][0]["value"] == pytest.approx(0.10536051565782628, rel=1e-14)


def test_text_keeps_its_commas_beside_decimal_commas(compute: Callable[..., dict[str, Any]]) -> None:
    text = "name;y_true;y_pred\nSmith, J;1,5;2,5\nWu;1;1\n"
    record = compute("mae", text, "-g", "name")
    assert [result["group"] for result in record["results"]] == [{"name": "Smith, J"}, {"name": "Wu"}, None]
    assert compute("mae", text, "--where", "name=Smith, J")["results"][0]["value"] == 1.0
    assert compute("mae", text, "--where", "y_true=1,5")["results"][0]["value"] == 1.0


def test_all_leaves_out_the_losses_of_classes_where_truths_are_plain_numbers(
    compute: Callable[..., dict[str, Any]], run: Callable[..., Ran], tmp_path: Path
) -> None:
    text = "y,p_1,p_2\n1,0.5,0.5\n2.5,0.25,0.75\n"
    assert [result["loss"] for result in compute("all", text)["results"]] == ["crps_ensemble", "dss"]
    (tmp_path / "a.csv").write_text(text)
    ran = run("compute", "all,sparse_cce", f"{tmp_path}/a.csv")
    assert ran.code == 2
    assert 'column "y": "2.5" is none of the classes, which are "1" and "2"' in ran.err


def test_all_leaves_out_what_labels_and_booleans_do_not_fit(
    compute: Callable[..., dict[str, Any]], tmp_path: Path, run: Callable[..., Ran]
) -> None:
    names = [result["loss"] for result in compute("all", "y_true,y_pred\n0,1\n-1,2\n1,3\n")["results"]]
    assert "mse" in names
    assert not {"hinge", "squared_hinge"} & {*names}
    (tmp_path / "b.json").write_text('{"y_true": [true, false], "y_pred": [0.9, 0.2]}')
    ran = run("compute", "all", f"{tmp_path}/b.json", "-f", "csv", "-q")
    names = [line.split(",")[1] for line in ran.out.splitlines()[1:]]
    assert names[:4] == ["bce", "bce_logits", "hinge", "squared_hinge"]
    assert not {"mse", "zero_one"} & {*names}


def test_lines_of_blanks_are_skipped_and_blanks_before_quotes_let_be(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("mae", 'y_true, "y_pred"\n1, "2"\n   \n3,5\n')
    assert (record["inputs"][0]["rows"], record["results"][0]["value"]) == (2, 1.5)


def test_groups_that_no_float_can_be_keep_their_text(compute: Callable[..., dict[str, Any]]) -> None:
    huge = "1" + "0" * 309 + ".5"
    record = compute("mae", f"y,pred,g\n1,1,{huge}\n1,1,1.00000000000000001\n1,1,1\n1,1,0.10\n", "-g", "g")
    assert [result["group"] and result["group"]["g"] for result in record["results"]] == [
        0.1,
        1,
        "1.00000000000000001",
        huge,
        None,
    ]


@pytest.mark.parametrize("wanted", ["2.5", "2.50"])
def test_where_keeps_the_numbers_that_are_one_group(compute: Callable[..., dict[str, Any]], wanted: str) -> None:
    text = "y,pred,g\n1,2,2.50\n2,4,2.5\n3,4,2.55\n"
    (group, _, _) = compute("mae", text, "-g", "g")["results"]
    (kept,) = compute("mae", text, "--where", f"g={wanted}")["results"]
    assert group["group"] == {"g": 2.5}
    assert (group["n"], group["value"]) == (kept["n"], kept["value"]) == (2, 1.5)


def test_a_name_may_hold_the_sign_of_where(compute: Callable[..., dict[str, Any]]) -> None:
    assert compute("mae", "y,pred,a=b\n1,1,c=d\n1,3,e\n", "--where", "a=b=c=d")["inputs"][0]["used"] == 1


def test_many_columns_and_many_groups_take_no_more_than_their_share(
    compute: Callable[..., dict[str, Any]], tmp_path: Path, run: Callable[..., Ran]
) -> None:
    wide = 20_000
    header = ",".join(["label", *(f"p_{index}" for index in range(wide))])
    record = compute("sparse_cce", f"{header}\n7,{','.join(['0.00005'] * wide)}\n")
    assert record["results"][0]["value"] == pytest.approx(9.903487552536127, rel=1e-14)
    groups = 60_000
    (tmp_path / "g.csv").write_text("y,pred,g\n" + "".join(f"0,1,{row}\n" for row in range(groups)))
    assert run("compute", "mae", f"{tmp_path}/g.csv", "-g", "g", "-f", "value").out == "1.0\n" * (groups + 1)


def test_lines_of_blanks_end_no_chunk_and_no_file(compute: Callable[..., dict[str, Any]]) -> None:
    for blanks in (1, 8191, 8192, 20_000):
        record = compute("mae", "y_true,y_pred\n1,2\n" + " \n" * blanks + "1,4\n")
        assert (record["inputs"][0]["rows"], record["results"][0]["value"]) == (2, 2.0)


def test_a_label_that_one_loss_ignores_is_no_class_for_another(refused: Callable[..., str]) -> None:
    text = "y_true,p_a,p_b\na,0.5,0.5\n100,0.5,0.5\n-100,0.5,0.5\n"
    assert refused("sparse_cce:ignore_index=100,sparse_cce:ignore_index=-100", text) == (
        'lossctl: a.csv:4: column "y_true": "-100" is not a class id: y_pred has 2 classes, so ids run from 0 to 1\n'
        "  help: --classes names the classes in the order of the y_pred columns\n"
    )


@pytest.mark.parametrize("label", ["99999999999999999999", "-99999999999999999999"])
def test_an_ignored_label_of_any_length(label: str, compute: Callable[..., dict[str, Any]]) -> None:
    text = f"y_true,p_a,p_b\na,0.5,0.5\n{label},0.5,0.5\n"
    assert compute(f"sparse_cce:ignore_index={label}", text)["results"][0]["weight"] == 1.0


def test_cells_that_are_lists_of_one_are_filtered_like_their_value(tmp_path: Path, run: Callable[..., Ran]) -> None:
    (tmp_path / "a.json").write_text('{"y_true": [[1], [2]], "y_pred": [1, 3], "g": [["a"], ["b"]]}')
    assert run("compute", "mae", f"{tmp_path}/a.json", "--where", "g=b", "-f", "value", "-q").out == "1.0\n"


@pytest.mark.parametrize(
    ("text", "loss", "value"),
    [
        ('{"y_true": 1, "y_pred": [0.25, 0.75]}', "log_loss", "0.2876820724517809\n"),
        ('{"y_true": 1, "y_pred": 2, "tags": []}', "mae", "1.0\n"),
        ('{"y_true": 1, "y_pred": 2, "meta": {"a": 1}}', "mae", "1.0\n"),
    ],
)
def test_a_lone_record_is_a_row(text: str, loss: str, value: str, shell: Callable[..., Ran]) -> None:
    ran = shell(f"lossctl compute {loss} -f value", stdin=text.encode())
    assert (ran.out, ran.err) == (value, "")


def test_names_with_colons_make_ranges_too(compute: Callable[..., dict[str, Any]]) -> None:
    record = compute("sparse_cce", "y,x:0,x:1,x:2\n0,0.5,0.25,0.25\n", "-p", "x:0:x:2", "--classes", "0,1,2")
    assert taken(record)["y_pred"] == ["x:0", "x:1", "x:2"]


def test_labels_that_count_from_1_are_read_by_the_help_of_their_error(
    compute: Callable[..., dict[str, Any]], refused: Callable[..., str]
) -> None:
    text = "y_true,p_0,p_1\n1,0.5,0.5\n2,0.75,0.25\n"
    option = refused("sparse_cce", text).partition("help: ")[2].split()[:2]
    assert option == ["--classes", "1,2"]
    assert compute("sparse_cce", text, *option)["results"][0]["value"] == pytest.approx(1.0397207708399179, rel=1e-12)


MORE = "y_true,y_pred,var,lower,upper\n1,1.5,{0},0,2\n2,2.5,1,{1},3\n4,2,2,3,5\n"


@pytest.mark.parametrize(
    ("command", "cells", "options", "left_out"),
    [
        ("compute all", "abc,1", "", '"gaussian_nll" is left out: a.csv:2: column "var": cannot read "abc" as a number'),
        ("list --fits", ",1", "--nan drop", '"gaussian_nll" is left out: a.csv:2: column "var": the cell is missing'),
        ("compute all", ",1", "--like torch", '"gaussian_nll" is left out: a.csv:2: column "var": the cell is missing'),
        ("compute all", ",1", "--where y_true=2", ""),
        ("compute all", "1,x", "", ""),  # interval and wis need a parameter
        ("identify 0.5", "1,x", "", '"interval" and "wis" are left out: a.csv:3: column "lower": cannot read "x" as a number'),
        ("identify 0.5", "1,", "--nan drop", '"interval" and "wis" are left out: a.csv:3: column "lower": the cell is missing'),
        ("identify 0.5", "NA,1", "", '"gaussian_nll" is left out: a.csv:2: column "var": the cell is missing ("NA")'),
    ],
)  # fmt: skip  # one case a line
def test_a_column_merely_named_like_an_input_takes_its_losses_only(
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    cells: str,
    options: str,
    left_out: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(MORE.format(*cells.split(",")))
    ran = run(*command.split(), "a.csv", *options.split(), "-f", "json")
    record = json.loads(ran.out)
    noted = [warning["message"] for warning in record["warnings"] if warning["code"] == "left-out"]
    assert noted == ([left_out] if left_out else [])
    assert ran.code == 0
    (whole,) = record["inputs"]
    assert whole["used"] + whole.get("filtered", 0) == 3
    if command == "compute all":
        losses = {result["loss"] for result in record["results"]}
        assert "mse" in losses
        assert ("gaussian_nll" in losses) == (not left_out)


def test_a_column_named_like_an_input_counts_where_its_loss_is_named(refused: Callable[..., str]) -> None:
    text = MORE.format("abc", "1")
    message = (
        'lossctl: a.csv:2: column "var": cannot read "abc" as a number\n'
        "  help: --nan covers missing cells only; --y-pred var=COLUMN chooses another column\n"
    )
    assert refused("all,gaussian_nll", text) == message
    assert refused("all", text, "-p", "mean=y_pred,var=var") == message


def test_rows_of_all_losses_show_no_input_that_nobody_named(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(MORE.format("abc", "1"))
    (row,) = json.loads(run("breakdown", "all", str(tmp_path / "a.csv"), "-k", "1", "-f", "json").out)["rows"]
    assert [*row][:4] == ["row", "y_true", "y_pred", "mae"]


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_what_is_left_out_is_told_alike_however_rows_come(rows: int, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred,var\n1,1.5,-1\n2,2.5,x\n4,2,\n")
    with ExitStack() as opened:
        job = collected(parse("all"), [str(path)], Data(), opened)
        (model,) = models(job.sources[0], job, "mean")
        batches = opened.enter_context(closing(assembled(job.sources[0], [model.plan.binding], rows)))
        (totals,) = fold([model.plan], batches)
    (warning,) = model.plan.result("compute", "a", str(path), model.header, totals).warnings
    assert warning.message == f'"gaussian_nll" is left out: {path}:3: column "var": cannot read "x" as a number'
    assert warning.rows == (2,)
