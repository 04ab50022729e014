"""Tensor operators, a family a file. `get_op("Conv")` finds one; adding a file here is all it takes to add one."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import OPS, REQUIRED, Op, Result, Sample, broadcast, op, sample

__all__ = ["REQUIRED", "Op", "Result", "Sample", "ShapeError", "all_ops", "broadcast", "get_op", "op", "sample"]


@cache
def all_ops() -> dict[str, type[Op]]:
    """Every operator of ONNX and of the gradients by name, without those of a runtime's own domain."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return {name: OPS[name] for name in sorted(OPS) if not OPS[name].domain}


def get_op(name: str) -> type[Op]:
    """The operator of this name; an unknown one is a bug in netc."""
    found = OPS.get(name) or all_ops().get(name)
    assert found is not None, f"no operator is called {name}"
    return found
