"""Makes the samples again: out-of-fold predictions of real models on data sets that ship with scikit-learn 1.9.

    python samples/make.py

Each row was predicted by a model that had not seen it (ten folds, shuffled with a fixed seed). The files of digits hold
the first 600 rows, to stay small; the models learned from all of them. Polars 2.1 writes the Parquet file, and its
version into it.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HERE = Path(__file__).parent
FOLDS = KFold(10, shuffle=True, random_state=0)
DIGITS = 600
DARK = 8
"""The middle of the grey values, which run from 0 to 16."""


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file beside this script."""
    with (HERE / name).open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def diabetes() -> None:
    """Disease progression after a year: two regressions, with ids and a group."""
    data = load_diabetes(scaled=False)
    models = {"ridge": Ridge(alpha=1.0), "boosting": GradientBoostingRegressor(random_state=0)}
    predictions = {
        name: cross_val_predict(make_pipeline(StandardScaler(), model), data.data, data.target, cv=FOLDS)
        for name, model in models.items()
    }
    rows = [
        (
            f"d{row:03}",
            "female" if data.data[row, 1] == 1 else "male",
            data.target[row],
            *(round(values[row], 2) for values in predictions.values()),
        )
        for row in range(len(data.target))
    ]
    write("diabetes.csv", ["id", "sex", "y_true", *models], rows)


def wine() -> None:
    """Three cultivars of wine: a probability for each class, and the same model's logits."""
    data = load_wine()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    names = ["barolo", "grignolino", "barbera"]
    for name, method, prefix in (("wine.csv", "predict_proba", "p"), ("wine_logits.csv", "decision_function", "logit")):
        values = cross_val_predict(model, data.data, data.target, cv=FOLDS, method=method)
        rows = [
            (names[label], *(f"{value:.8f}" for value in row)) for label, row in zip(data.target, values, strict=True)
        ]
        write(name, ["label", *(f"{prefix}_{name}" for name in names)], rows)


def cancer() -> None:
    """Benign and malignant tumours: the probability that one is malignant, as records."""
    data = load_breast_cancer()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    values = cross_val_predict(model, data.data, data.target, cv=FOLDS, method="predict_proba")[:, 0]
    rows = zip(data.target, values, strict=True)
    records = [{"truth": "benign" if label else "malignant", "prob": round(value, 6)} for label, value in rows]
    text = ",\n".join(map(json.dumps, records))
    (HERE / "cancer.json").write_text(f"[{text}]\n")


def cancer_models() -> None:
    """The same tumours with ids and a group: two models, each before and after the sigmoid."""
    data = load_breast_cancer()
    malignant = data.target == 0
    radius = data.data[:, 0]
    columns = {
        "id": [f"c{row:03}" for row in range(1, len(radius) + 1)],
        "size": np.where(radius > np.median(radius), "large", "small").tolist(),
        "truth": np.where(malignant, "malignant", "benign").tolist(),
    }
    models = {"logistic": LogisticRegression(C=0.1), "boosting": GradientBoostingClassifier(random_state=0)}
    for name, model in models.items():
        scaled = make_pipeline(StandardScaler(), model)
        values = cross_val_predict(scaled, data.data, malignant, cv=FOLDS, method="predict_proba")[:, 1]
        columns[f"{name}_prob"] = values.round(6).tolist()
        values = cross_val_predict(scaled, data.data, malignant, cv=FOLDS, method="decision_function")
        columns[f"{name}_logit"] = values.round(6).tolist()
    write("cancer.csv", list(columns), zip(*columns.values(), strict=True))


def digits() -> None:
    """Handwritten digits: a probability for each of ten classes, which are integers."""
    data = load_digits()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    values = cross_val_predict(model, data.data, data.target, cv=FOLDS, method="predict_proba")[:DIGITS]
    # Nine decimals add to 1 as closely as scikit-learn's log_loss wants it; six would be off by more than 1e-6.
    rows = zip(data.target[:DIGITS].tolist(), values.round(9).tolist(), strict=True)
    records = [
        {"id": f"g{number:03}", "label": label} | {f"p_{digit}": value for digit, value in enumerate(row)}
        for number, (label, row) in enumerate(rows, 1)
    ]
    (HERE / "digits.ndjson").write_text("".join(f"{json.dumps(record)}\n" for record in records))


def ink() -> None:
    """Counts: how many of the 32 pixels in the lower half of a digit are dark, told from its upper half."""
    data = load_digits()
    upper = data.images[:, :4].reshape(-1, 32)
    counts = np.count_nonzero(data.images[:, 4:] > DARK, axis=(1, 2))
    models = {
        "poisson": PoissonRegressor(alpha=0.001, max_iter=1000),
        "boosting": HistGradientBoostingRegressor(loss="poisson", random_state=0),
    }
    columns = {
        "id": [f"g{number:03}" for number in range(1, DIGITS + 1)],
        "digit": data.target[:DIGITS].tolist(),
        "y_true": counts[:DIGITS].tolist(),
    }
    for name, model in models.items():
        values = cross_val_predict(make_pipeline(StandardScaler(), model), upper, counts, cv=FOLDS)
        columns[name] = values[:DIGITS].round(4).tolist()
    write("ink.csv", list(columns), zip(*columns.values(), strict=True))
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(values)}" for name, values in columns.items())
    (HERE / "ink.json").write_text(f"{{{text}}}\n")
    pl.DataFrame(columns).write_parquet(HERE / "ink.parquet", compression="zstd", statistics=False)


if __name__ == "__main__":
    diabetes()
    wine()
    cancer()
    cancer_models()
    digits()
    ink()
