"""Sums, means and extremes over axes; normalization over them."""

from __future__ import annotations

from netc.compiler.ir import Node
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression

REDUCTIONS = {"ReduceSum": "sum", "ReduceMean": "mean", "ReduceMax": "max", "ReduceMin": "min"}


def _reduction(node: Node, sizes: Sizes) -> str:
    axes = tuple(node.attributes["axes"])
    if not axes:
        return "{0}"
    keep = ", keepdims=True" if node.attributes["keepdims"] else ""
    return f"ops.{REDUCTIONS[node.op]}({{0}}, {axes[0] if len(axes) == 1 else axes}{keep})"


def _standardization(node: Node, sizes: Sizes) -> str:
    x, at = node.inputs[0], node.attributes
    axes = tuple(sorted(axis % x.rank for axis in at["axes"]))
    shown = axes[0] if len(axes) == 1 else axes
    if at["centred"]:
        scale = f"ops.var({{0}}, {shown}, keepdims=True)"
        return f"({{0}} - ops.mean({{0}}, {shown}, keepdims=True)) * ops.rsqrt({scale} + {at['epsilon']!r})"
    return f"{{0}} * ops.rsqrt(ops.mean(ops.square({{0}}), {shown}, keepdims=True) + {at['epsilon']!r})"


def _cumulative(node: Node, sizes: Sizes) -> str:
    axis = node.attributes["axis"]
    if node.attributes["reverse"]:
        return f"ops.flip(ops.cumsum(ops.flip({{0}}, {axis}), {axis}), {axis})"
    return f"ops.cumsum({{0}}, {axis})"


def _largest(node: Node, sizes: Sizes) -> str:
    k, axis, last = node.attributes["k"], node.attributes["axis"] % node.inputs[0].rank, node.inputs[0].rank - 1
    if axis == last:
        return f"ops.top_k({{0}}, {k})"
    moved = f"ops.top_k(ops.moveaxis({{0}}, {axis}, {last}), {k})"
    return f"[ops.moveaxis(found, {last}, {axis}) for found in {moved}]"


FUNCTIONS: dict[str, Expression] = {
    **dict.fromkeys(REDUCTIONS, _reduction),
    "Standardization": _standardization,
    "CumSum": _cumulative,
    "TopK": _largest,
}
