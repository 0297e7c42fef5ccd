"""Makes the samples again: out-of-fold predictions of real models on data sets that ship with scikit-learn 1.9.

    python samples/make.py

Each row was predicted by a model that had not seen it (ten folds, shuffled with a fixed seed).
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HERE = Path(__file__).parent
FOLDS = KFold(10, shuffle=True, random_state=0)


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


if __name__ == "__main__":
    diabetes()
    wine()
    cancer()
