"""--truth: y_true in a file of its own, joined by position or by id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

TRUTH = "id,y_true,region,w\na,1,n,1\nb,2,s,2\nc,3,n,3\n"
PRED = "id,y_pred\nc,3.5\na,1\nb,2.25\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.chdir(tmp_path)

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (tmp_path / f"{name}.csv").write_text(text)

    return write


def value(run: Callable[..., Ran], *arguments: str) -> float:
    ran = run("compute", *arguments, "-f", "value")
    assert (ran.code, ran.err) == (0, "")
    return float(ran.out)


def test_by_id_the_order_of_rows_does_not_matter(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth=TRUTH, pred=PRED)
    assert value(run, "mse", "pred.csv", "--truth", "truth.csv", "--id", "id") == (0.25 + 0.0625) / 3


def test_by_position_rows_stand_side_by_side(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth=TRUTH, pred="y_pred\n1\n2\n5\n")
    assert value(run, "mse", "pred.csv", "--truth", "truth.csv") == 4 / 3


def test_ids_may_have_another_name_and_another_format(
    files: Callable[..., None], run: Callable[..., Ran], tmp_path: Path
) -> None:
    files(truth="key,y_true\n1,1\n2,2\n")
    (tmp_path / "pred.json").write_text('[{"row": 2, "y_pred": 2.5}, {"row": 1, "y_pred": 1}]')
    assert value(run, "mse", "pred.json", "--truth", "truth.csv", "--id", "key=row") == 0.125


def test_weights_and_groups_come_from_the_truth_where_the_file_lacks_them(
    files: Callable[..., None], run: Callable[..., Ran]
) -> None:
    files(truth=TRUTH, pred=PRED)
    arguments = ("pred.csv", "--truth", "truth.csv", "--id", "id", "-w", "w", "-g", "region", "--json")
    record = json.loads(run("compute", "mse", *arguments).out)
    found = [(result["group"], result["weight"], result["value"]) for result in record["results"]]
    assert found == [
        ({"region": "n"}, 4.0, 3 * 0.25 / 4),
        ({"region": "s"}, 2.0, 0.0625),
        (None, 6.0, (3 * 0.25 + 2 * 0.0625) / 6),
    ]


def test_nameless_arrays_are_y_pred_and_in_truth_y_true(run: Callable[..., Ran], tmp_path: Path) -> None:
    np.save(tmp_path / "truth.npy", np.array([[0, 1, 0], [0, 0, 1]]))
    np.save(tmp_path / "pred.npy", np.array([[0.05, 0.95, 0], [0.1, 0.8, 0.1]]))
    assert value(run, "cce", f"{tmp_path}/pred.npy", "--truth", f"{tmp_path}/truth.npy") == 1.176939193690798
    np.save(tmp_path / "ids.npy", np.array([1, 2]))
    assert value(run, "cce", f"{tmp_path}/pred.npy", "--truth", f"{tmp_path}/ids.npy") == 1.176939193690798


def test_one_truth_serves_several_files(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth=TRUTH, one="y_pred\n1\n2\n3\n", two="y_pred\n1\n2\n6\n")
    ran = run("compute", "mae", "one.csv", "two.csv", "--truth", "truth.csv", "-f", "value")
    assert ran.out == "0.0\n1.0\n"


@pytest.mark.parametrize("rows", [1, 8193, 20_000])
def test_lengths_must_be_equal(rows: int, files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth="y_true\n" + "1\n" * (rows + 1), pred="y_pred\n" + "1\n" * rows)
    ran = run("compute", "mse", "pred.csv", "--truth", "truth.csv")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"lossctl: truth.csv has {rows + 1:,} rows and pred.csv has {rows:,}\n"
        "  help: rows are joined by position; --id COLUMN joins them by id\n"
    )


HELP = "  help: each id must stand once in both files; --where leaves out rows only after they are joined\n"


@pytest.mark.parametrize(
    ("truth", "pred", "message"),
    [
        (TRUTH, PRED.replace("b,", "z,"), 'pred.csv: column "id": 1 id is not in truth.csv: "z"'),
        (TRUTH, PRED + "x,1\ny,2\n", 'pred.csv: column "id": 2 ids are not in truth.csv: "x" and "y"'),
        (TRUTH, PRED.replace("b,2.25\n", ""), 'truth.csv: column "id": 1 id is not in pred.csv: "b"'),
        (TRUTH + "b,2,s,2\n", PRED, 'truth.csv: column "id": 1 id stands twice: "b"'),
        (TRUTH + "c,2,s,2\n", PRED, 'truth.csv: column "id": 1 id stands twice: "c"'),
        (TRUTH.replace("a,1", "a,0,n,1\na,1"), PRED, 'truth.csv: column "id": 1 id stands twice: "a"'),
        (TRUTH, PRED + "a,7\nc,8\na,9\n", 'pred.csv: column "id": 2 ids stand twice: "a" and "c"'),
    ],
)
def test_missing_foreign_and_double_ids_are_named(
    truth: str, pred: str, message: str, files: Callable[..., None], run: Callable[..., Ran]
) -> None:
    files(truth=truth, pred=pred)
    ran = run("compute", "mse", "pred.csv", "--truth", "truth.csv", "--id", "id")
    assert (ran.code, ran.out, ran.err) == (2, "", f"lossctl: {message}\n{HELP}")


@pytest.mark.parametrize("join", [(), ("--id", "id")])
def test_a_bad_cell_of_the_truth_is_named_where_it_stands(
    join: tuple[str, ...], files: Callable[..., None], run: Callable[..., Ran]
) -> None:
    files(truth=TRUTH.replace("b,2", "b,two"), pred="id,y_pred\na,1\nc,1\nb,1\n" if join else PRED)
    ran = run("compute", "mse", "pred.csv", "--truth", "truth.csv", *join)
    assert ran.err == (
        'lossctl: truth.csv:3: column "y_true": cannot read "two" as a number\n'
        "  help: --nan covers missing cells only; --y-true COLUMN chooses another column\n"
    )


def test_an_id_column_must_exist_in_both(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth=TRUTH, pred=PRED.replace("id,", "row,"))
    ran = run("compute", "mse", "pred.csv", "--truth", "truth.csv", "--id", "id")
    assert ran.err.startswith('lossctl: pred.csv: --id names no column "id"; there are "row" and "y_pred"\n')


def test_truth_and_prediction_may_have_one_name(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth="id,target\na,1\nb,x\n", pred="id,target\na,1\nb,2\n")
    ran = run("compute", "mse", "pred.csv", "--truth", "truth.csv", "--id", "id", "-p", "target")
    assert ran.err.startswith('lossctl: truth.csv:3: column "target": cannot read "x" as a number\n')
    files(truth="id,target\na,1\nb,5\n")
    assert value(run, "mse", "pred.csv", "--truth", "truth.csv", "--id", "id", "-p", "target") == 4.5


def test_the_output_may_not_be_the_truth(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth=TRUTH, pred=PRED)
    ran = run("compute", "mse", "pred.csv", "--truth", "truth.csv", "-o", "truth.csv")
    assert (ran.code, ran.err) == (
        2,
        'lossctl: the output "truth.csv" is one of the inputs\n  help: -o takes another file\n',
    )


@pytest.mark.parametrize("blank", [1, 9000, 19_999])
def test_a_line_of_blanks_shifts_no_row(blank: int, files: Callable[..., None], run: Callable[..., Ran]) -> None:
    rows = [f"{row},{row % 7}" for row in range(20_000)]
    truth = "id,y_true\n" + "\n".join(rows) + "\n"
    files(truth=truth, pred="id,y_pred\n" + "\n".join([*rows[:blank], " ", *rows[blank:]]) + "\n")
    ran = run("compute", "mae", "pred.csv", "--truth", "truth.csv", "-f", "csv")
    assert ran.out.splitlines()[1].endswith(",20000,20000.0,0.0")


def test_ids_are_text(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth="id,y_true\n1,1\n1.0,5\n", pred="id,y_pred\n1.0,5\n1,1\n")
    assert value(run, "mse", "pred.csv", "--truth", "truth.csv", "--id", "id") == 0.0
    files(truth="id,y_true\n1,1\n,5\n", pred="id,y_pred\n1,5\n2,1\n")
    ran = run("compute", "mse", "pred.csv", "--truth", "truth.csv", "--id", "id")
    assert ran.err == 'lossctl: truth.csv:3: column "id": the id is missing\n  help: every row needs one\n'


def test_columns_of_both_files_keep_their_names(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(truth="label\n1\n", pred="label,label (truth),y_pred\n7,9,1\n")
    ran = run("compute", "mae", "pred.csv", "--truth", "truth.csv", "-g", "label (truth)", "--json")
    record = json.loads(ran.out)
    assert record["inputs"][0]["columns"] == {"y_true": ["label"], "y_pred": ["y_pred"], "by": ["label (truth)"]}
    assert record["results"][0]["group"] == {"label (truth)": 9}


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ("c,x\n", "t/2.csv:2"),
        ("\nc,x\n", "t/2.csv:3"),
        ("c,x\n\n", "t/2.csv:2"),
        ("c,1\nd,x\n", "t/2.csv:3"),
        ('"c",1\n"d",x\n', "t/2.csv:3"),
        ("c,1\n\nd,x\n", "t/2.csv: row 2"),  # the line of each row is not kept, and these do not follow one another
    ],
)
@pytest.mark.parametrize("command", [("compute",), ("breakdown", "--all", "-f", "csv")], ids=" ".join)
def test_a_bad_cell_of_a_truth_of_several_parts_names_the_part(
    files: Callable[..., None],
    run: Callable[..., Ran],
    tmp_path: Path,
    part: str,
    where: str,
    command: tuple[str, ...],
) -> None:
    files(pred=PRED + ("d,1\n" if "d" in part else ""))
    (tmp_path / "t").mkdir()
    (tmp_path / "t/1.csv").write_text("id,y_true\na,1\nb,2\n")
    (tmp_path / "t/2.csv").write_text(f"id,y_true\n{part}")
    name, *options = command
    ran = run(name, "mse", "pred.csv", "--truth", "t", "--id", "id", *options)
    assert ran.code == 2
    assert ran.err.splitlines()[0] == f'lossctl: {where}: column "y_true": cannot read "x" as a number'


def test_a_bad_cell_beside_predictions_joined_by_id_is_named_where_it_stands(
    files: Callable[..., None], run: Callable[..., Ran], tmp_path: Path
) -> None:
    files(truth=TRUTH, pred=PRED, other="id,y_pred\nb,1\na,1\nc,x\n")
    ran = run("compare", "mse", "pred.csv", "other.csv", "--truth", "truth.csv", "--id", "id")
    assert ran.err.splitlines()[0] == 'lossctl: other.csv:4: column "y_pred": cannot read "x" as a number'
    (tmp_path / "truth.ndjson").write_text(
        '{"id": "a", "y_true": 1}\n{"id": "c", "y_true": 1}\n{"id": "b", "y_true": "x"}\n'
    )
    ran = run("compute", "mse", "pred.csv", "--truth", "truth.ndjson", "--id", "id")
    assert ran.err.splitlines()[0] == 'lossctl: truth.ndjson:3: column "y_true": cannot read "x" as a number'
