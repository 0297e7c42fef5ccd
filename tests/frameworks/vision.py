"""The losses of torchvision, which are Python: they are read without the compiled library beside them.

That library fits one build of PyTorch only, and `import torchvision` fails without it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def _bare(name: str) -> None:
    """A package whose modules can be read, though its own code is not run."""
    package = ModuleType(name)
    spec = find_spec(name)
    package.__path__ = list(spec.submodule_search_locations or ()) if spec is not None else []
    sys.modules[name] = package


_bare("torchvision")
_bare("torchvision.ops")


def loss(name: str, *inputs: Any, **options: Any) -> Any:
    """A function of torchvision.ops, which stands in the module of its short name."""
    short = {"generalized_box_iou_loss": "giou", "distance_box_iou_loss": "diou", "complete_box_iou_loss": "ciou"}
    module = import_module(f"torchvision.ops.{short[name]}_loss" if name in short else "torchvision.ops.focal_loss")
    return getattr(module, name)(*inputs, **options)
