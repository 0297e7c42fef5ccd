"""The samples give the numbers of pandas and scikit-learn; `samples/make_expected.py` says how they were asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"
FILES = sorted(path.name for path in SAMPLES.iterdir() if path.is_file() and path.suffix not in {".py", ".md", ".svg"})
EXPECTED: dict[str, Any] = json.loads((HERE / "samples" / "expected.json").read_text())
RELATIVE = 1e-12


@pytest.mark.parametrize("case", EXPECTED["compute"], ids=lambda case: " ".join(case["arguments"]))
def test_a_sample_gives_the_number_of_scikit_learn(
    case: dict[str, Any], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SAMPLES)
    ran = run("compute", *case["arguments"], "-f", "value")
    assert (ran.code, ran.err) == (0, "")
    pairs = list(zip(map(float, ran.out.split()), case["values"], strict=True))
    assert not [(given, value) for given, value in pairs if not abs(given - value) <= RELATIVE * abs(value)]


@pytest.mark.parametrize("part", ["compute", "breakdown"])
def test_every_sample_has_its_numbers(part: str) -> None:
    assert sorted({case["arguments"][1] for case in EXPECTED[part]}) == FILES


def test_the_samples_are_small() -> None:
    assert sum((SAMPLES / name).stat().st_size for name in FILES) < 700_000


@pytest.mark.parametrize("name", FILES)
def test_a_sample_is_read_without_a_note(name: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = next(case["arguments"] for case in EXPECTED["compute"] if case["arguments"][1] == name)
    monkeypatch.chdir(SAMPLES)
    told = json.loads(run("compute", *arguments, "--json").out)
    assert (told["warnings"], told["inputs"][0]["notes"], told["inputs"][0]["dropped"]) == ([], [], 0)


def test_counts_are_the_same_in_every_format() -> None:
    table = pl.read_csv(SAMPLES / "ink.csv")
    columns = table.to_dict(as_series=False)
    assert list(columns) == ["id", "digit", "y_true", "poisson", "boosting"]
    assert list(json.loads((SAMPLES / "ink.json").read_text()).items()) == list(columns.items())
    parquet = pl.read_parquet(SAMPLES / "ink.parquet")
    assert parquet.schema == table.schema
    assert parquet.to_dict(as_series=False) == columns


def test_two_columns_of_a_model_are_one_model_before_and_after_the_sigmoid() -> None:
    table = pl.read_csv(SAMPLES / "cancer.csv")
    for model in ("logistic", "boosting"):
        sigmoid = 1 / (1 + (-pl.col(f"{model}_logit")).exp())
        off = table.select((sigmoid - pl.col(f"{model}_prob")).abs().max()).item()
        assert off <= 1e-6


@pytest.mark.parametrize("name", ["wine.csv", "digits.ndjson"])
def test_probabilities_of_a_row_add_to_one(name: str) -> None:
    path = SAMPLES / name
    table = pl.read_csv(path) if path.suffix == ".csv" else pl.read_ndjson(path)
    off = table.select((pl.sum_horizontal(pl.col("^p_.*$")) - 1).abs().max()).item()
    assert off <= 1e-7


@pytest.mark.parametrize("name", ["cancer.csv", "digits.ndjson", "ink.csv"])
def test_ids_are_unique(name: str) -> None:
    path = SAMPLES / name
    table = pl.read_csv(path) if path.suffix == ".csv" else pl.read_ndjson(path)
    assert table["id"].is_unique().all()
