"""torchvision, also beside a build of PyTorch for which its binary extension was not made.

`from vision import models`. The networks need nothing of the extension; only importing the package does, which
describes two of its operators to PyTorch. Without the extension they are declared here, and no one calls them.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

SCHEMAS = tuple(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor" for name in ("nms", "qnms"))


def _extension_loads() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return False
    for library in Path(spec.origin).parent.glob("_C.*"):
        try:
            torch.ops.load_library(str(library))
        except (ImportError, OSError):
            return False
    return hasattr(torch.ops.torchvision, "nms")


if not _extension_loads():
    declared = torch.library.Library("torchvision", "DEF")
    for schema in SCHEMAS:
        declared.define(schema)

models = pytest.importorskip("torchvision.models")
