"""Convolutions and pooling. Padding that Keras doesn't take stands in front of them."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.ir import Node
from netc.compiler.sources.parts import CannotWriteError
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression


def padded(x: str, pads: Sequence[int], value: str = "") -> str:
    """`pad(x, 1)`, or a pair for each axis; x itself where there is nothing to pad."""
    axes = len(pads) // 2
    pairs = tuple(zip(pads[:axes], pads[axes:], strict=True))
    if not any(pads):
        return x
    width = pairs[0][0] if len(set(pads)) == 1 else pairs
    return f"pad({x}, {width}{value and f', {value}'})"


def _pool(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    pads, more = at["pads"], f'{tuple(at["kernel"])}, {tuple(at["strides"])}, "valid", FIRST'
    if node.op == "MaxPool":
        least = 'float("-inf")'
        return f"ops.max_pool({padded('{0}', pads, least)}, {more})"
    text = f"ops.average_pool({padded('{0}', pads)}, {more})"
    if not any(pads) or at["count_include_pad"]:
        return text
    return f"{text} / ops.average_pool({padded('ops.ones_like({0})', pads)}, {more})"


def _conv(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    axes = len(at["strides"])
    kernel = f"ops.transpose({{1}}, {(*range(2, axes + 2), 1, 0)})"
    more = f'{tuple(at["strides"])}, "valid", FIRST, {tuple(at["dilations"])}'
    text = f"ops.conv({padded('{0}', at['pads'])}, {kernel}, {more})"
    return f"{text} + ops.reshape({{2}}, (-1{', 1' * axes}))" if len(node.inputs) > 2 else text


def _conv_transpose(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    axes = len(at["strides"])
    if at["group"] != 1:
        raise CannotWriteError(f"the groups of the transposed convolution {node.origin.scope}")
    sizes_of = [(size - 1) * by + 1 for size, by in zip(node.inputs[1].shape[2:], at["dilations"], strict=True)]
    kernel = f"ops.transpose({{1}}, {(*range(2, axes + 2), 1, 0)})"
    text = (
        f'ops.conv_transpose({{0}}, {kernel}, {tuple(at["strides"])}, "valid", None, FIRST, {tuple(at["dilations"])})'
    )
    extra = [max(0, stride - size) for stride, size in zip(at["strides"], sizes_of, strict=True)]
    begins = at["pads"][:axes]
    ends = [end - out + more for end, out, more in zip(at["pads"][axes:], at["output_padding"], extra, strict=True)]
    if any(end < 0 for end in ends):
        text = padded(text, [*[0] * axes, *[max(0, -end) for end in ends]])
    cuts = [f"{begin or ''}:{-end if end > 0 else ''}" for begin, end in zip(begins, ends, strict=True)]
    return text if set(cuts) == {":"} else f"{text}[..., {', '.join(cuts)}]"


FUNCTIONS: dict[str, Expression] = {
    **dict.fromkeys(("MaxPool", "AveragePool"), _pool),
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
}
