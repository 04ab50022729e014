"""The transpose of a convolution, with 1 to 3 spatial axes. `pads` and weights are as in `convolution.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Size, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.convolution import SETTINGS, check_groups, check_weights, settings
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, across_channels, along_spread, everything
from netc.compiler.ops.window import Ints
from netc.grammar.counted import counted


@op
class ConvTranspose(Op):
    """The transpose of Conv: x [N, C, *windows], w [C, O / group, *kernel] -> y [N, O, *spatial].

    spatial = stride (windows - 1) + dilation (kernel - 1) + 1 - pads + output_padding.
    """

    kind = Kind.PRODUCT
    attributes = {**SETTINGS, "output_padding": REQUIRED}
    samples = (
        sample((1, 3, 4, 4), (3, 2, 3, 3), **settings((2, 2), (1, 1, 1, 1)), output_padding=(1, 1)),
        sample((2, 2, 5), (2, 3, 3), **settings((1,), (0, 1)), output_padding=(0,)),
        sample((1, 2, 3, 4), (2, 2, 2, 3), **settings((3, 1), (0, 1, 0, 0), (1, 2)), output_padding=(2, 0)),
        sample((2, 4, 3, 3), (4, 3, 3, 2), **settings((2, 3), (1, 0, 0, 1), (1, 2), group=2), output_padding=(1, 0)),
        sample((1, 3, 5), (3, 1, 3), **settings((2,), (1, 1), group=3), output_padding=(0,)),
        sample((1, 2, 2, 3, 2), (2, 3, 1, 2, 3), **settings((1, 2, 1), (0, 0, 1, 0, 1, 0)), output_padding=(0, 1, 0)),
    )

    @staticmethod
    def shape(
        x: Value, w: Value, *, strides: Ints, pads: Ints, dilations: Ints, group: int, output_padding: Ints
    ) -> Shape:
        floating(x, w)
        check_weights(x, w, strides, pads, dilations)
        check_groups(x.shape[1], w.shape[1] * group, group)
        if w.shape[0] != x.shape[1]:
            raise ShapeError(f"the weights take {counted(w.shape[0], 'channel')}, found {x.shape[1]}")
        axes = len(strides)
        out: list[Size] = []
        for i, size in enumerate(x.shape[2:]):
            full = (size - 1) * strides[i] + (w.shape[2 + i] - 1) * dilations[i] + 1
            out.append(full - pads[i] - pads[i + axes] + output_padding[i])
        return (x.shape[0], w.shape[1] * group, *out)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        x, w = node.inputs
        rest = {name: node.attributes[name] for name in SETTINGS}
        return g.Conv(dy, w, **rest), g.ConvWeightGradient(dy, x, kernel=w.shape[2:], **rest)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[0].shape) * product(node.inputs[1].shape[1:])

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        kernel, given = node.inputs[1].shape[2:], node.attributes
        if at:
            return everything(node.inputs[at])
        return across_channels(along_spread(field, kernel, given["strides"], given["dilations"]))

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        """PyTorch pads both ends alike; what the end lacks is cut from the output."""
        given = node.attributes
        axes = len(given["strides"])
        begins, ends = given["pads"][:axes], given["pads"][axes:]
        pads = tuple(map(min, begins, ends))
        cut = tuple(slice(begin - pad, pad - end or None) for begin, end, pad in zip(begins, ends, pads, strict=True))
        transposed = getattr(torch.nn.functional, f"conv_transpose{axes}d")
        more = (given["strides"], pads, given["output_padding"], given["group"], given["dilations"])
        return lambda x, w: transposed(x, w, None, *more)[(..., *cut)]
