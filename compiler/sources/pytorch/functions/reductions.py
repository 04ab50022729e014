"""Sums, means and extremes over axes; normalization over them."""

from __future__ import annotations

from netc.compiler.ir import Node
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression

REDUCTIONS = {"ReduceSum": "sum", "ReduceMean": "mean", "ReduceMax": "amax", "ReduceMin": "amin"}


def _reduction(node: Node, sizes: Sizes) -> str:
    axes = tuple(node.attributes["axes"])
    if not axes:
        return "{0}"
    shown = axes[0] if len(axes) == 1 else axes
    keep = ", keepdim=True" if node.attributes["keepdims"] else ""
    return f"{{0}}.{REDUCTIONS[node.op]}({shown}{keep})"


def _standardization(node: Node, sizes: Sizes) -> str:
    x, at = node.inputs[0], node.attributes
    axes = tuple(sorted(axis % x.rank for axis in at["axes"]))
    if axes != tuple(range(axes[0], x.rank)):
        middle = f"({{0}} - {{0}}.mean({axes}, keepdim=True))" if at["centred"] else "{0}"
        scale = f"{{0}}.var({axes}, correction=0, keepdim=True)"
        if not at["centred"]:
            scale = f"{{0}}.square().mean({axes}, keepdim=True)"
        return f"{middle} * torch.rsqrt({scale} + {at['epsilon']!r})"
    word = "layer_norm" if at["centred"] else "rms_norm"
    return f"F.{word}({{0}}, {{0}}.shape[{axes[0]}:], eps={at['epsilon']!r})"


def _cumulative(node: Node, sizes: Sizes) -> str:
    axis = node.attributes["axis"]
    added = f"cumsum({axis})"
    return f"{{0}}.flip({axis}).{added}.flip({axis})" if node.attributes["reverse"] else f"{{0}}.{added}"


FUNCTIONS: dict[str, Expression] = {
    **dict.fromkeys(REDUCTIONS, _reduction),
    "Standardization": _standardization,
    "CumSum": _cumulative,
}
