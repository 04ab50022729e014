"""Which CPU target a runtime has: asked by running a small blocked model, since the domain is the runtime's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.targets.cpu import operators as operators  # makes them known

CHANNELS = 32
TARGET_OF_BLOCK = {16: "cpu", 8: "cpu8"}


def probe_cpu(run: Callable[[bytes, dict[str, Any]], list[Any]]) -> str:
    """The fastest target that works: "cpu", "cpu8", or "std".

    run   runs a model (its bytes) on inputs by name and returns its outputs; what it raises means that the runtime
          does not have the domain
    """
    try:
        lying, summed = run(probe_model(), probe_inputs())
    except Exception:  # a runtime without the domain, or with another one, may fail in any way
        return "std"
    block = next((i for i, value in enumerate(lying.ravel().tolist()) if value >= 100), 0)
    target = TARGET_OF_BLOCK.get(block, "std")
    return target if summed.tolist() == probe_inputs()["x"].tolist() else "std"


def probe_model() -> bytes:
    """A map of 32 channels and two places: as it lies when blocked, and after blocking, scaling by 1 and back."""
    from netc.compiler.emit import emit

    graph = Graph("probe", [Value("x", DType.FLOAT32, (1, CHANNELS, 1, 2))])
    g = Builder(graph)
    blocked = g.ToBlocked(graph.inputs[0])
    ones = g.Expand(g.constant(1.0), shape=(CHANNELS, 1, 1, 1))
    settings = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1), "group": CHANNELS}
    scaled = g.BlockedConv(blocked, ones, **settings)
    graph.outputs = {"lying": g.Identity(blocked), "back": g.FromBlocked(scaled)}
    model: bytes = emit(graph).SerializeToString(deterministic=True)
    return model


def probe_inputs() -> dict[str, Any]:
    """x[0, c, 0, p] = c + 100 p: the first number of at least 100 comes after one block."""
    import numpy as np

    x = np.arange(CHANNELS, dtype=np.float32)[:, None] + 100 * np.arange(2, dtype=np.float32)
    return {"x": x.reshape(1, CHANNELS, 1, 2)}
