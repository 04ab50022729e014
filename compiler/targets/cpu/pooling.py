"""Pooling and its gradient in the blocked layout."""

from __future__ import annotations

from netc.compiler.ir import Builder, Node
from netc.compiler.targets.layout import Layout
from netc.compiler.targets.pooling import max_pool_gradient as standard_gradient, maxima


def max_pool(layout: Layout, g: Builder, node: Node) -> bool:
    """The domain's pooling, for maps that are blocked already."""
    (x,) = node.inputs
    if not layout.is_blocked(x):
        return False
    return layout.set_blocked(node.output, g.BlockedMaxPool(layout.blocked(x), **node.attributes))


def max_pool_by_maxima(layout: Layout, g: Builder, node: Node) -> bool:
    """The maxima that its gradient needs, an axis at a time, for maps that are blocked already."""
    (x,) = node.inputs
    if not layout.is_blocked(x):
        return False
    lying = layout.as_it_lies(g, x)
    _, largest = maxima(g, lying, (*lying.shape[:2], *node.output.shape[2:]), **node.attributes)
    return layout.set_blocked(node.output, g.Reshape(largest, shape=node.output.shape))


def needs_maxima(layout: Layout, node: Node) -> bool:
    """where a gradient follows"""
    return layout.has_reader(node.output, "MaxPoolGradient")


def max_pool_gradient(layout: Layout, g: Builder, node: Node) -> bool:
    """The standard form on the tensors as they lie: [N, C / block, H, W, block]."""
    x = node.inputs[0]
    if not layout.is_blocked(x):
        return False
    lying = [layout.as_it_lies(g, value) for value in node.inputs]
    dx = standard_gradient(g, *lying, **node.attributes)
    return layout.set_blocked(node.output, g.Reshape(dx, shape=x.shape))
