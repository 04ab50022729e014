"""Convolutions and pooling."""

from __future__ import annotations

from netc.compiler.ir import Node
from netc.compiler.ops.pooling import torch_takes
from netc.compiler.ops.window import torch_pads
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression


def _pool(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    kernel, strides, pads = at["kernel"], at["strides"], at["pads"]
    axes, word = len(kernel), "max" if node.op == "MaxPool" else "avg"
    pool, more = f"F.{word}_pool{axes}d", f"{tuple(kernel)}, {tuple(strides)}"
    everywhere = bool(at.get("count_include_pad"))
    if torch_takes(pads, kernel):
        counted = f", count_include_pad={everywhere}" if word == "avg" else ""
        return f"{pool}({{0}}, {more}, {tuple(pads[:axes])}{counted})"
    around = tuple(torch_pads(pads))
    if word == "max":
        return f'{pool}(F.pad({{0}}, {around}, value=float("-inf")), {more})'
    padded = f"{pool}(F.pad({{0}}, {around}), {more})"
    return padded if everywhere else f"{padded} / {pool}(F.pad(torch.ones_like({{0}}), {around}), {more})"


def _conv(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    axes, pads = len(at["strides"]), at["pads"]
    x, padding = "{0}", f", padding={tuple(pads[:axes])}"
    if pads[:axes] != pads[axes:]:
        x, padding = f"F.pad({{0}}, {tuple(torch_pads(pads))})", ""
    bias = ", {2}" if len(node.inputs) > 2 else ""
    more = f", stride={tuple(at['strides'])}{padding}, dilation={tuple(at['dilations'])}, groups="
    return f"F.conv{axes}d({x}, {{1}}{bias}{more}{sizes(at['group'], 'groups')})"


def _conv_transpose(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    axes = len(at["strides"])
    begins, ends = at["pads"][:axes], at["pads"][axes:]
    pads = tuple(map(min, begins, ends))
    text = (
        f"F.conv_transpose{axes}d({{0}}, {{1}}, stride={tuple(at['strides'])}, padding={pads}, "
        f"output_padding={tuple(at['output_padding'])}, groups={at['group']}, dilation={tuple(at['dilations'])})"
    )
    if begins == ends:
        return text
    cuts = [f"{begin - pad or ''}:{pad - end or ''}" for begin, end, pad in zip(begins, ends, pads, strict=True)]
    return f"{text}[..., {', '.join(cuts)}]"


FUNCTIONS: dict[str, Expression] = {
    **dict.fromkeys(("MaxPool", "AveragePool"), _pool),
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
}
