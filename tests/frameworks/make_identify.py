"""Ask frameworks for numbers on the samples, as a log would print them, and write them into identify.json beside this file.

    python tests/frameworks/make_identify.py

Each number has four digits behind the point or four significant ones, and the loss and the convention that a reader of
that log should be told. The text of a call is what was run: `y`, `p` and `z` in it are true values, predictions and
logits, `one` true values as one-hot rows, `v` predicted variances. `tools` is boosters.py beside this file.
"""

from __future__ import annotations

import csv
import json
import os
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

os.environ["KERAS_BACKEND"] = "tensorflow"
HERE = os.path.dirname(__file__)
SAMPLES = os.path.join(HERE, "..", "..", "samples")
WHERE = {
    "metrics": "sklearn.metrics",
    "F": "torch.nn.functional",
    "keras": "keras",
    "optax": "optax",
    "tools": "boosters",
}
PACKAGES = ("scikit-learn", "torch", "keras", "optax", "lightgbm", "xgboost", "catboost")


class Data(NamedTuple):
    """A sample: its file, the options that choose columns, and its arrays."""

    file: str
    options: list[str]
    arrays: dict[str, Any]


def table(file: str) -> dict[str, list[str]]:
    """The columns of a CSV file."""
    with open(os.path.join(SAMPLES, file), encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: [row[name] for row in rows] for name in rows[0]}


def regression(file: str, pred: str) -> Data:
    """A sample of real values."""
    columns = table(file)
    return Data(file, ["-p", pred], {"y": np.array(columns["y_true"], float), "p": np.array(columns[pred], float)})


def binary(model: str, suffix: str) -> Data:
    """The sample of two classes."""
    columns = table("cancer.csv")
    name = f"{model}_{suffix}"
    y = np.array([cell == "malignant" for cell in columns["truth"]], float)
    options = ["-t", "truth", "-p", name, "--positive", "malignant"]
    return Data("cancer.csv", options, {"y": y, "p": np.array(columns[name], float)})


def multiclass(file: str, prefix: str) -> Data:
    """A sample of three classes."""
    columns = table(file)
    classes = [name.removeprefix(prefix) for name in columns if name.startswith(prefix)]
    y = np.array([classes.index(cell) for cell in columns["label"]])
    p = np.array([columns[prefix + name] for name in classes], float).T
    return Data(file, [], {"y": y, "p": p, "one": np.eye(len(classes))[y], "names": classes})


RIDGE, BOOSTING = regression("diabetes.csv", "ridge"), regression("diabetes.csv", "boosting")
POISSON, INK = regression("ink.csv", "poisson"), regression("ink.csv", "boosting")
LOGISTIC, TREES = binary("logistic", "prob"), binary("boosting", "prob")
LOGITS, MARGINS = binary("logistic", "logit"), binary("boosting", "logit")
WEIGHED = RIDGE._replace(options=[*RIDGE.options, "-w", "boosting"], arrays=RIDGE.arrays | {"w": BOOSTING.arrays["p"]})
LIKELY = LOGISTIC._replace(
    options=[*LOGISTIC.options, "-w", "boosting_prob"], arrays=LOGISTIC.arrays | {"w": TREES.arrays["p"]}
)
NORMAL = RIDGE._replace(
    options=["-p", "mean=ridge,var=boosting"],
    arrays=RIDGE.arrays | {"v": BOOSTING.arrays["p"]},
)
WINE, WINE_LOGITS = multiclass("wine.csv", "p_"), multiclass("wine_logits.csv", "logit_")

ASKED = [
    *(
        (data, loss, like, call)
        for data in (RIDGE, BOOSTING, POISSON, INK)
        for loss, like, call in (
            ("mse", "sklearn", "metrics.mean_squared_error(y, p)"),
            ("mae", "torch", "F.l1_loss(p, y)"),
            ("rmse", "sklearn", "metrics.root_mean_squared_error(y, p)"),
            ("msle", "keras", "keras.losses.mean_squared_logarithmic_error(y, p)"),
            ("mape", "keras", "keras.losses.mean_absolute_percentage_error(y, p)"),
            ("mape", "sklearn", "metrics.mean_absolute_percentage_error(y, p)"),
            ("huber", "torch", "F.huber_loss(p, y)"),
            ("log_cosh", "keras", "keras.losses.log_cosh(y, p)"),
            ("quantile:level=0.9", "sklearn", "metrics.mean_pinball_loss(y, p, alpha=0.9)"),
        )
    ),
    *(
        (data, loss, like, call)
        for data in (POISSON, INK)
        for loss, like, call in (
            ("poisson_deviance", "sklearn", "metrics.mean_poisson_deviance(y, p)"),
            ("gamma_deviance", "sklearn", "metrics.mean_gamma_deviance(y, p)"),
            ("poisson_nll", "keras", "keras.losses.poisson(y, p)"),
        )
    ),
    (RIDGE, "half_mse", "optax", "optax.l2_loss(p, y).mean()"),
    (BOOSTING, "huber:delta=10", "keras", "keras.losses.huber(y, p, delta=10)"),
    *(
        (data, loss, like, call)
        for data in (LOGISTIC, TREES)
        for loss, like, call in (
            ("bce", "sklearn", "metrics.log_loss(y, p)"),
            ("brier", "sklearn", "metrics.brier_score_loss(y, p)"),
            ("binary_focal", "keras", "keras.losses.binary_focal_crossentropy(y, p)"),
        )
    ),
    *(
        (data, loss, like, call)
        for data in (LOGITS, MARGINS)
        for loss, like, call in (
            ("bce_logits", "torch", "F.binary_cross_entropy_with_logits(p, y)"),
            ("hinge", "keras", "keras.losses.hinge(y, p)"),
            ("squared_hinge", "keras", "keras.losses.squared_hinge(y, p)"),
        )
    ),
    (WINE, "sparse_cce", "sklearn", "metrics.log_loss(y, p)"),
    (WINE, "sparse_brier", "sklearn", "metrics.brier_score_loss(y, p)"),
    (WINE_LOGITS, "sparse_cce_logits", "torch", "F.cross_entropy(p, y)"),
    (WINE_LOGITS, "sparse_cce_logits:label_smoothing=0.1", "torch", "F.cross_entropy(p, y, label_smoothing=0.1)"),
    (WINE_LOGITS, "multi_margin", "torch", "F.multi_margin_loss(p, y)"),
    (WINE_LOGITS, "multiclass_hinge", "sklearn", "metrics.hinge_loss(y, p)"),
    (RIDGE, "max_error", "sklearn", "metrics.max_error(y, p)"),
    (BOOSTING, "median_absolute_error", "sklearn", "metrics.median_absolute_error(y, p)"),
    (POISSON, "rmsle", "sklearn", "metrics.root_mean_squared_log_error(y, p)"),
    (INK, "tweedie_deviance", "sklearn", "metrics.mean_tweedie_deviance(y, p, power=1.5)"),
    (BOOSTING, "smooth_l1:beta=0.5", "torch", "F.smooth_l1_loss(p, y, beta=0.5)"),
    (TREES, "binary_focal:gamma=3", "keras", "keras.losses.binary_focal_crossentropy(y, p, gamma=3.0)"),
    (NORMAL, "gaussian_nll", "torch", "F.gaussian_nll_loss(p, y, v)"),
    (NORMAL, "gaussian_nll:full=true", "torch", "F.gaussian_nll_loss(p, y, v, full=True)"),
    (MARGINS, "sigmoid_focal", "optax", "optax.sigmoid_focal_loss(p, y).mean()"),
    (TREES, "dice", "keras", "keras.losses.dice(y, p)"),
    (RIDGE, "fair", "lightgbm", "tools.of_lightgbm('fair', y, p, None)"),
    (RIDGE, "huber", "lightgbm", "tools.of_lightgbm('huber', y, p, None)"),
    (INK, "mape", "lightgbm", "tools.of_lightgbm('mape', y, p, None)"),
    (INK, "gamma_nll", "lightgbm", "tools.of_lightgbm('gamma', y, p, None)"),
    (INK, "gamma_deviance", "lightgbm", "tools.of_lightgbm('gamma_deviance', y, p, None)"),
    (POISSON, "tweedie_nll", "lightgbm", "tools.of_lightgbm('tweedie', y, p, None)"),
    (TREES, "bce", "lightgbm", "tools.of_lightgbm('binary_logloss', y, p, None)"),
    (WINE, "top_k_error", "lightgbm", "tools.of_lightgbm('multi_error', y, p, None, num_class=3)"),
    (BOOSTING, "pseudo_huber", "xgboost", "tools.of_xgboost('mphe', y, p, None)"),
    (INK, "poisson_nll", "xgboost", "tools.of_xgboost('poisson-nloglik', y, p, None)"),
    (INK, "tweedie_nll:power=1.2", "xgboost", "tools.of_xgboost('tweedie-nloglik@1.2', y, p, None)"),
    (
        WINE,
        "sparse_cce",
        "xgboost",
        "tools.of_xgboost('mlogloss', y, p, None, objective='multi:softprob', num_class=3)",
    ),
    (BOOSTING, "quantile:level=0.9", "xgboost", "tools.of_xgboost('quantile', y, p, None, quantile_alpha=0.9)"),
    (RIDGE, "smape", "catboost", "tools.of_catboost('SMAPE', y, p, None)"),
    (BOOSTING, "expectile:level=0.9", "catboost", "tools.of_catboost('Expectile:alpha=0.9', y, p, None)"),
    (RIDGE, "lq:p=1.5", "catboost", "tools.of_catboost('Lq:q=1.5', y, p, None)"),
    (LOGITS, "bce_logits", "catboost", "tools.of_catboost('Logloss', y, p, None)"),
    (WINE_LOGITS, "one_vs_all", "catboost", "tools.of_catboost('MultiClassOneVsAll', y, p, None)"),
]

SKILL = "its skill like R², 1 less its share of the best constant's"
EXCHANGED = "with y_true and y_pred exchanged"
OPPOSITE = "with the other class as the positive one"

ALTERED = [
    (RIDGE, "rmse", "exact", "mean", "", "np.sqrt(metrics.mean_squared_error(y, p))"),
    (RIDGE, "mape", "keras", "mean", "", "100 * metrics.mean_absolute_percentage_error(y, p)"),
    (RIDGE, "wmape", "exact", "mean", "times 100", "100 * np.abs(y - p).sum() / np.abs(y).sum()"),
    (RIDGE, "smape", "catboost", "mean", "half of it", "100 * np.mean(np.abs(y - p) / (np.abs(y) + np.abs(p)))"),
    (RIDGE, "nrmse", "exact", "mean", "times 100", "100 * metrics.root_mean_squared_error(y, p) / y.mean()"),
    (RIDGE, "nrmse:normalise=range", "exact", "mean", "", "metrics.root_mean_squared_error(y, p) / np.ptp(y)"),
    (RIDGE, "nrmse:normalise=std", "exact", "mean", "", "metrics.root_mean_squared_error(y, p) / y.std()"),
    (RIDGE, "mse", "exact", "mean", SKILL, "metrics.r2_score(y, p)"),
    (BOOSTING, "mse", "exact", "mean", SKILL, "metrics.r2_score(y, p)"),
    (RIDGE, "mae", "exact", "mean", SKILL, "metrics.d2_absolute_error_score(y, p)"),
    (LOGISTIC, "bce", "exact", "mean", SKILL, "metrics.d2_log_loss_score(y, p)"),
    (LOGISTIC, "brier", "exact", "mean", SKILL, "metrics.d2_brier_score(y, p)"),
    (RIDGE, "mae", "torch", "sum", "", "F.l1_loss(p, y, reduction='sum')"),
    (RIDGE, "mse", "torch", "sum", "", "F.mse_loss(p, y, reduction='sum')"),
    (RIDGE, "mape", "sklearn", "mean", EXCHANGED, "metrics.mean_absolute_percentage_error(p, y)"),
    (INK, "gamma_deviance", "sklearn", "mean", EXCHANGED, "metrics.mean_gamma_deviance(p, y)"),
    (INK, "poisson_deviance", "sklearn", "mean", EXCHANGED, "metrics.mean_poisson_deviance(p, y)"),
    (RIDGE, "huber:delta=1.35", "keras", "mean", "", "keras.losses.huber(y, p, delta=1.35)"),
    (WEIGHED, "mse", "sklearn", "mean", "", "metrics.mean_squared_error(y, p, sample_weight=w)"),
    (WEIGHED, "mse", "keras", "mean", "", "keras.losses.MeanSquaredError()(y[:, None], p[:, None], sample_weight=w)"),
    (INK, "poisson_nll", "torch", "mean", "", "F.poisson_nll_loss(p, y)"),
    (INK, "poisson_nll:log_input=false:full=true", "torch", "mean", "", "F.poisson_nll_loss(p, y, log_input=False, full=True)"),
    (INK, "poisson_deviance", "exact", "sum", "", "len(y) * metrics.mean_poisson_deviance(y, p)"),
    (INK, "tweedie_deviance:power=1.9", "sklearn", "mean", "", "metrics.mean_tweedie_deviance(y, p, power=1.9)"),
    (LOGISTIC, "bce", "sklearn", "mean", "in bits, divided by ln 2", "metrics.log_loss(y, p) / np.log(2)"),
    (LOGISTIC, "bce", "sklearn", "mean", "as a perplexity, e to its power", "np.exp(metrics.log_loss(y, p))"),
    (LOGISTIC, "bce", "sklearn", "sum", "", "metrics.log_loss(y, p, normalize=False)"),
    (LOGISTIC, "bce", "sklearn", "mean", OPPOSITE, "metrics.log_loss(1 - y, p)"),
    (TREES, "bce", "sklearn", "mean", OPPOSITE, "metrics.log_loss(1 - y, p)"),
    (LOGISTIC, "bce:label_smoothing=0.1", "keras", "mean", "", "keras.losses.binary_crossentropy(y, p, label_smoothing=0.1)"),
    (LIKELY, "bce", "keras", "mean", "", "keras.losses.BinaryCrossentropy()(y[:, None], p[:, None], sample_weight=w)"),
    (LOGISTIC, "bce_logits", "torch", "mean", "", "F.binary_cross_entropy_with_logits(p, y)"),
    (LOGITS, "bce", "keras", "mean", "", "keras.losses.binary_crossentropy(y, p)"),
    (MARGINS, "bce_logits:pos_weight=2", "torch", "mean", "", "F.binary_cross_entropy_with_logits(p, y, pos_weight=0 * y + 2)"),
    (LOGITS, "soft_margin", "torch", "mean", "", "F.soft_margin_loss(p, y)"),
    (LOGITS, "hinge", "optax", "mean", "", "optax.hinge_loss(p, y).mean()"),
    (LOGISTIC, "brier", "sklearn", "mean", "its square root", "np.sqrt(metrics.brier_score_loss(y, p))"),
    (WINE, "sparse_cce_logits", "torch", "mean", "", "F.cross_entropy(p, y)"),
    (WINE, "sparse_cce", "sklearn", "mean", "in bits, divided by ln 2", "metrics.log_loss(y, p) / np.log(2)"),
    (WINE, "sparse_cce:label_smoothing=0.1", "keras", "mean", "", "keras.losses.categorical_crossentropy(one, p, label_smoothing=0.1)"),
    (WINE, "sparse_brier", "exact", "mean", "divided by 3, the number of classes", "keras.losses.mean_squared_error(one, p)"),
    (WINE, "top_k_error", "exact", "mean", "1 minus it", "metrics.accuracy_score(y, p.argmax(1))"),
    (WINE_LOGITS, "sparse_cce_logits", "torch", "sum", "", "F.cross_entropy(p, y, reduction='sum')"),
    (WINE_LOGITS, "multi_margin:p=2", "torch", "mean", "", "F.multi_margin_loss(p, y, p=2)"),
    (WINE_LOGITS, "multiclass_hinge", "keras", "mean", "", "keras.losses.categorical_hinge(one, p)"),
    (WINE_LOGITS, "multiclass_perceptron", "optax", "mean", "", "optax.losses.multiclass_perceptron_loss(p, y).mean()"),
    (WINE_LOGITS, "one_vs_all", "exact", "mean", "", "F.binary_cross_entropy_with_logits(p, one)"),
]  # fmt: skip  # one call a line
"""Calls whose number is a sum, was made something else of, or comes of a mistake: with what says so."""


def main() -> None:
    """Run the calls and write what they gave."""
    found, versions = [], {name: version(name) for name in PACKAGES}
    asked = [(data, loss, like, "mean", "", call) for data, loss, like, call in ASKED]
    for data, loss, like, reduction, reading, call in [*asked, *ALTERED]:
        owners = {name: import_module(module) for name, module in WHERE.items() if f"{name}." in call}
        arrays = data.arrays
        if "F" in owners:
            tensor = import_module("torch").tensor
            arrays = {name: tensor(array) for name, array in arrays.items() if name != "names"}
        given = eval(call, {"np": np} | owners | arrays)
        value = float(np.mean(np.asarray(given)))
        text = f"{value:.4f}" if abs(value) < 10 else f"{value:.6g}"
        found.append(
            {"number": text, "file": data.file, "options": data.options, "loss": loss, "like": like, "call": call}
            | ({"reduction": reduction} if reduction != "mean" else {})
            | ({"reading": reading} if reading else {})
        )
    with open(os.path.join(HERE, "identify.json"), "w", encoding="utf-8") as file:
        json.dump({"versions": versions, "cases": found}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
