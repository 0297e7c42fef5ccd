"""Loss values from prediction files, exact to the last digit.

`lossctl.compute` is the command line's main job for Python, `lossctl.check` its gates, and `lossctl.compare` holds two
models against each other; `lossctl.losses` holds the bare formulas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["LossctlError", "__version__", "check", "compare", "compute", "losses"]

if TYPE_CHECKING:
    from lossctl import losses
    from lossctl.api import check, compare, compute
    from lossctl.errors import LossctlError

_HOMES = dict.fromkeys(("check", "compare", "compute"), "lossctl.api") | {"LossctlError": "lossctl.errors"}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: `lossctl --version` must not wait for NumPy."""
    if name == "losses":
        return import_module("lossctl.losses")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lossctl' has no attribute {name!r}")
