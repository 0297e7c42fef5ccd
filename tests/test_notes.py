"""Samples read the wrong way: what the program notes, and the number that the command in the note gives."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conftest import Ran

SAMPLES = Path(__file__).parent.parent / "samples"


def rows(name: str) -> list[dict[str, Any]]:
    if name.endswith(".ndjson"):
        return [json.loads(line) for line in (SAMPLES / name).read_text().splitlines()]
    with (SAMPLES / name).open() as file:
        return list(csv.DictReader(file))


def write(path: Path, names: Sequence[str], table: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(table)


CANCER = rows("cancer.csv")
MALIGNANT = np.array([row["truth"] == "malignant" for row in CANCER]).astype(int)
PROBABILITIES = np.array([float(row["boosting_prob"]) for row in CANCER])
WINE = rows("wine.csv")
DIGITS = rows("digits.ndjson")


def bce(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    return float(-np.mean(np.where(y_true == 1, np.log(y_pred), np.log1p(-y_pred))))


def wine() -> float:
    return float(-np.mean([np.log(float(row[f"p_{row['label']}"])) for row in WINE]))


def digits() -> float:
    return float(-np.mean([np.log(row[f"p_{row['label']}"]) for row in DIGITS]))


def probabilities_as_logits(folder: Path) -> tuple[str, float]:
    (folder / "cancer.csv").write_bytes((SAMPLES / "cancer.csv").read_bytes())
    return "bce_logits cancer.csv -t truth -p boosting_prob --positive malignant", bce(MALIGNANT, PROBABILITIES)


def class_probabilities_as_logits(folder: Path) -> tuple[str, float]:
    (folder / "wine.csv").write_bytes((SAMPLES / "wine.csv").read_bytes())
    return "cross_entropy wine.csv", wine()


def percents(folder: Path) -> tuple[str, float]:
    write(folder / "brier.csv", ["y_true", "percent"], list(zip(MALIGNANT, 100 * PROBABILITIES, strict=True)))
    return "mse brier.csv -p percent", float(np.mean((100 * PROBABILITIES / 100 - MALIGNANT) ** 2))


def swapped(folder: Path) -> tuple[str, float]:
    write(folder / "turned.csv", ["prob", "label"], list(zip(PROBABILITIES, MALIGNANT, strict=True)))
    return "bce turned.csv -t prob -p label", bce(MALIGNANT, PROBABILITIES)


def permuted(folder: Path) -> tuple[str, float]:
    columns = ["p_barolo", "p_grignolino", "p_barbera"]
    table = [[row["label"], *(row[name] for name in columns)] for row in WINE]
    write(folder / "classes.csv", ["label", columns[1], columns[0], columns[2]], table)
    return "sparse_cce classes.csv", wine()


def shifted(folder: Path) -> tuple[str, float]:
    late = [*zip(MALIGNANT[1:], PROBABILITIES[:-1], strict=True)]
    write(folder / "late.csv", ["y_true", "y_pred"], late)
    return "bce late.csv", bce(MALIGNANT[1:-1], PROBABILITIES[1:-1])


def class_ids(folder: Path) -> tuple[str, float]:
    names = [f"p_{digit}" for digit in range(10)]
    table = [
        [row["label"], max(range(10), key=lambda digit: row[f"p_{digit}"]), *(row[name] for name in names)]
        for row in DIGITS
    ]
    write(folder / "ids.csv", ["label", "guess", *names], table)
    return "mse ids.csv -p guess", digits()


CASES = {
    "probabilities-as-logits": probabilities_as_logits,
    "probabilities-as-logits of classes": class_probabilities_as_logits,
    "percents": percents,
    "swapped": swapped,
    "classes-permuted": permuted,
    "rows-shifted": shifted,
    "class-ids-as-numbers": class_ids,
}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("command", ["compute", "breakdown"])
def test_a_note_names_the_command_that_gives_the_right_number(
    kind: str, command: str, shell: Callable[..., Ran], tmp_path: Path
) -> None:
    arguments, expected = CASES[kind](tmp_path)
    ran = shell(f"lossctl {command} {arguments} -f json")
    assert ran.code == 0
    (note,) = ran.err.splitlines()
    code = kind.partition(" ")[0]
    assert [warning["code"] for warning in json.loads(ran.out)["warnings"]] == [code]
    match = re.fullmatch(rf"lossctl: note: \S+: .+; ((?:awk|sed|lossctl) .+) \[{code}\]", note)
    assert match is not None, note
    again = shell(f"{match[1]} -f value")
    assert (again.code, again.err) == (0, "")
    mended = shell(f"{match[1]} -f value".replace("lossctl breakdown", "lossctl compute"))
    assert abs(float(mended.out) - expected) <= 1e-12 * expected
    assert shell(f"lossctl {command} {arguments} -q").err == ""


def test_a_note_as_it_is_read(shell: Callable[..., Ran], tmp_path: Path) -> None:
    arguments, _ = class_probabilities_as_logits(tmp_path)
    assert shell(f"lossctl compute {arguments} -f value").err == (
        "lossctl: note: wine.csv: sparse_cce_logits takes values before the softmax, and all 178 rows of "
        '"p_barolo" to "p_barbera" lie between 0 and 1 and add to 1 like probabilities; '
        "lossctl compute sparse_cce wine.csv -t label -p 'p_*' [probabilities-as-logits]\n"
    )


@pytest.mark.parametrize(
    ("loss", "lines", "message", "mended"),
    [
        (
            "bce",
            "y_true,y_pred\n1,97\n0,2.5\n",
            'a.csv:2: column "y_pred": "97" is not a probability between 0 and 1\n'
            "  help: bce_logits takes values before the sigmoid; percents have to be divided by 100",
            "awk -F, -v OFS=, -v CONVFMT=%.17g 'NR>1{$2/=100}1' a.csv | lossctl compute bce -",
        ),
        (
            "bce",
            "y_true,y_pred\n1,0.5\n0,-3\n",
            'a.csv:3: column "y_pred": "-3" is not a probability between 0 and 1\n'
            "  help: bce_logits takes values before the sigmoid",
            "lossctl compute bce_logits a.csv",
        ),
        (
            "sparse_cce",
            "label,p_0,p_1,p_2\n1,0.5,0.25,0.25\n3,0.25,0.5,0.25\n",
            'a.csv:3: column "label": "3" is none of the classes, which are "0", "1" and "2"\n'
            "  help: --classes 1,2,3 names the classes where labels count from 1",
            "lossctl compute sparse_cce a.csv --classes 1,2,3",
        ),
        (
            "sparse_cce",
            "label,p_0,p_1\n1,97.5,2.5\n0,25,75\n",
            'a.csv:2: column "p_0": "97.5" is not a probability between 0 and 1\n'
            "  help: the parameter renormalise=true divides each row by its sum, also a row of percents",
            "lossctl compute sparse_cce:renormalise=true a.csv",
        ),
    ],
)
def test_an_error_names_what_reads_the_data_right(
    loss: str, lines: str, message: str, mended: str, shell: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(lines)
    ran = shell(f"lossctl compute {loss} a.csv")
    assert (ran.code, ran.out, ran.err) == (2, "", f"lossctl: {message}\n")
    assert shell(f"{mended} -f value").code == 0


def test_true_distributions_are_never_divided(shell: Callable[..., Ran]) -> None:
    ran = shell("lossctl compute cce:renormalise=true -t '[[40,60]]' -p '[[40,60]]'")
    assert (ran.code, ran.out) == (2, "")
    ran = shell("lossctl compute cce:renormalise=true -t '[[0.4,0.6]]' -p '[[40,60]]' -f value")
    assert abs(float(ran.out) - 0.6730116670092565) < 1e-12


@pytest.mark.parametrize(
    ("arguments", "code"), [("hubr a.csv", "usage"), ("mse b.csv", "input"), ("msle a.csv -t y_pred -p y_true", "data")]
)
def test_errors_have_codes_for_who_asks(arguments: str, code: str, shell: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("y_true,y_pred\n1,2\n-3,4\n")
    quiet, told = (shell(f"lossctl compute {arguments} {option}").err for option in ("", "-v"))
    assert told == f"{quiet}  code: {code}\n"
