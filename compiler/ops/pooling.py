"""Pooling over 1 to 3 spatial axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Half, Kind
from netc.compiler.ops.fields import Field, along_window
from netc.compiler.ops.window import Ints, check_settings, spatial, torch_pads, window_sizes
from netc.compiler.ops.writer import Writer

# (x, settings): the usual halving, overlap, padding on one side, leftovers, gaps, 1 and 3 axes, the whole map.
CASES: tuple[tuple[tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 2, 4, 6), {"kernel": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}),
    ((1, 2, 5, 7), {"kernel": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}),
    ((1, 2, 7, 7), {"kernel": (3, 3), "strides": (2, 2), "pads": (0, 0, 0, 0)}),
    ((2, 1, 6, 8), {"kernel": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((1, 2, 5, 6), {"kernel": (3, 2), "strides": (1, 1), "pads": (1, 0, 0, 1)}),
    ((1, 1, 9, 8), {"kernel": (2, 3), "strides": (3, 4), "pads": (0, 1, 1, 0)}),
    ((1, 2, 4, 4), {"kernel": (4, 4), "strides": (4, 4), "pads": (0, 0, 0, 0)}),
    ((2, 2, 9), {"kernel": (3,), "strides": (2,), "pads": (1, 1)}),
    ((1, 2, 4, 5, 4), {"kernel": (2, 3, 2), "strides": (2, 1, 2), "pads": (0, 1, 0, 0, 1, 0)}),
)
POOL = {"kernel": REQUIRED, "strides": REQUIRED, "pads": REQUIRED}


def pooled(x: Shape, rest: Mapping[str, Any]) -> Shape:
    """The shape of a pooling's output."""
    return (*x[:2], *window_sizes(x[2:], rest["kernel"], rest["strides"], rest["pads"]))


class Pooling(Op):
    """One number for each window of each map."""

    kind = Kind.WINDOW
    half = Half.WITH_ALL

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return along_window(field, node.attributes["kernel"], node.attributes["strides"])


@op
class MaxPool(Pooling):
    """The largest element of each window; padding never wins. x [N, C, *spatial] -> y [N, C, *windows]."""

    attributes = POOL
    samples = tuple(sample(x, **rest) for x, rest in CASES)

    @staticmethod
    def shape(x: Value, *, kernel: Ints, strides: Ints, pads: Ints) -> Shape:
        check_pool(x, kernel, strides, pads)
        return pooled(x.shape, {"kernel": kernel, "strides": strides, "pads": pads})

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.MaxPoolGradient(node.inputs[0], node.output, dy, **node.attributes),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        emit_pool(e, node)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        given, functional = node.attributes, torch.nn.functional
        kernel, strides, pads = given["kernel"], given["strides"], given["pads"]
        pool = getattr(functional, f"max_pool{len(kernel)}d")
        if torch_takes(pads, kernel):
            return lambda x: pool(x, kernel, strides, pads[: len(kernel)])
        around = torch_pads(pads)
        return lambda x: pool(functional.pad(x, around, value=float("-inf")), kernel, strides)


@op
class AveragePool(Pooling):
    """The mean of each window, over what lies inside x, or over padding too with `count_include_pad`."""

    attributes = {**POOL, "count_include_pad": False}
    samples = (
        *(sample(x, **rest) for x, rest in CASES),
        *(sample(x, **rest, count_include_pad=True) for x, rest in CASES[3:6]),
    )

    @staticmethod
    def shape(x: Value, *, kernel: Ints, strides: Ints, pads: Ints, count_include_pad: bool) -> Shape:
        check_pool(x, kernel, strides, pads)
        return pooled(x.shape, {"kernel": kernel, "strides": strides, "pads": pads})

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.AveragePoolGradient(dy, shape=node.inputs[0].shape[2:], **node.attributes),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        emit_pool(e, node, count_include_pad=int(bool(node.attributes["count_include_pad"])))

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        given, functional = node.attributes, torch.nn.functional
        kernel, strides, pads = given["kernel"], given["strides"], given["pads"]
        pool = getattr(functional, f"avg_pool{len(kernel)}d")
        everywhere = bool(given["count_include_pad"])
        if torch_takes(pads, kernel):
            return lambda x: pool(x, kernel, strides, pads[: len(kernel)], count_include_pad=everywhere)
        around = torch_pads(pads)
        if everywhere:
            return lambda x: pool(functional.pad(x, around), kernel, strides)

        def inside(x: Any) -> Any:
            share = pool(functional.pad(torch.ones_like(x[:1, :1]), around), kernel, strides)
            return pool(functional.pad(x, around), kernel, strides) / share

        return inside


def check_pool(x: Value, kernel: Ints, strides: Ints, pads: Ints) -> None:
    """Refuse inputs without spatial axes, settings for other axes, and padding that could fill a whole window."""
    floating(x)
    axes = len(spatial(x))
    check_settings(axes, kernel=kernel, strides=strides, pads=pads)
    for index, pad in enumerate(pads):
        if pad >= kernel[index % axes]:
            raise ShapeError(f"padding {pad} fills a whole window of {kernel[index % axes]}", argument="pad")


def torch_takes(pads: Ints, kernel: Ints) -> bool:
    """Whether PyTorch's pooling takes the padding: alike at both ends, at most half a window."""
    axes = len(kernel)
    return pads[:axes] == pads[axes:] and all(2 * pads[i] <= kernel[i] for i in range(axes))


def emit_pool(e: Writer, node: Node, **more: Any) -> None:
    """A pooling node under ONNX's attribute names."""
    windows = {
        "kernel_shape": node.attributes["kernel"],
        **{name: node.attributes[name] for name in ("strides", "pads")},
    }
    e.node(node, node.op, node.inputs, None, **windows, **more)
