"""What LightGBM, XGBoost, CatBoost and Vowpal Wabbit say of given predictions, which they did not learn."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def of_lightgbm(metric: str, y: Floats, p: Floats, w: Floats | None, **params: Any) -> float:
    """A metric of scores that a model without trees begins with, of which the objective makes nothing else."""
    lightgbm = import_module("lightgbm")

    quiet = {"verbose": -1, "feature_pre_filter": False}
    data = lightgbm.Dataset(np.zeros((len(y), 1)), label=y, weight=w, init_score=p.ravel(order="F"), params=quiet)
    model = lightgbm.Booster(
        params={"metric": metric, "objective": "none", **quiet, **params}, train_set=data.construct()
    )
    return float(model.eval_train()[0][2])


def of_xgboost(metric: str, y: Floats, p: Floats, w: Floats | None, **params: Any) -> float:
    """A metric of the base margin of a model without trees; of probabilities of classes their logarithms are it."""
    xgboost = import_module("xgboost")

    margin = np.log(np.maximum(p, 1e-30)) if p.ndim == 2 else p
    data = xgboost.DMatrix(np.zeros((len(y), 1)), label=y, weight=w, base_margin=margin)
    settings = {"eval_metric": metric, "objective": "reg:squarederror", "base_score": 0.0, "verbosity": 0, **params}
    return float(xgboost.train(settings, data, num_boost_round=0).eval(data).rpartition(":")[2])


def of_catboost(metric: str, y: Floats, p: Floats, w: Floats | None) -> float:
    """A metric of given values."""
    return float(import_module("catboost.utils").eval_metric(y, p, metric, weight=w)[0])


def of_vw(loss: str, reduction: str, y: Floats, p: Floats, w: Floats | None) -> float:
    """The loss of predictions that examples bring with them, to which a model without weights adds nothing."""
    options = f"--quiet -t --noconstant --loss_function {loss} --min_prediction -1e9 --max_prediction 1e9"
    model = import_module("vowpalwabbit").Workspace(options)
    for label, base, weight in zip(y.tolist(), p.tolist(), [1.0] * len(y) if w is None else w.tolist(), strict=True):
        model.predict(f"{label!r} {weight!r} {base!r} |f x:1")
    total, examples = model.get_sum_loss(), model.get_weighted_examples()
    model.finish()
    return float(total if reduction == "sum" else total / examples)
