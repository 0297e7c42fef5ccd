"""The losses: pure NumPy functions of arrays, each declared once.

`lossctl.losses.huber(y_true, y_pred, delta=2.0)` is the bare formula: it checks nothing, reduces nothing, and gives a
value per element or per row. `lossctl.compute` is the same with everything around it.
"""

# The families stand in the order in which lists show them.
# isort: off
from lossctl.losses.regression import huber, log_cosh, mae, mse, msle, pseudo_huber, quantile, rmse, smooth_l1
from lossctl.losses.binary import bce, bce_logits, hinge, squared_hinge
from lossctl.losses.multiclass import cce, cce_logits, kl, sparse_cce, sparse_cce_logits
# isort: on

__all__ = [
    "bce",
    "bce_logits",
    "cce",
    "cce_logits",
    "hinge",
    "huber",
    "kl",
    "log_cosh",
    "mae",
    "mse",
    "msle",
    "pseudo_huber",
    "quantile",
    "rmse",
    "smooth_l1",
    "sparse_cce",
    "sparse_cce_logits",
    "squared_hinge",
]
