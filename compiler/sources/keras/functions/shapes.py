"""What moves elements and changes none."""

from __future__ import annotations

from itertools import accumulate

from netc.compiler.ir import Node
from netc.compiler.ir.dims import Dim
from netc.compiler.sources.parts import CannotWriteError
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression


def _reshape(node: Node, sizes: Sizes) -> str:
    shape = node.attributes["shape"]
    before = node.inputs[0].shape
    texts: list[str] = []
    opened = [axis for axis, size in enumerate(shape) if isinstance(size, Dim)]
    for axis, size in enumerate(shape):
        if len(opened) == 1 and axis == opened[0]:
            texts.append("-1")
        elif axis < len(before) and isinstance(size, Dim) and before[axis] == size:
            texts.append(f"{{0}}.shape[{axis}]")
        else:
            texts.append(sizes(size))
    return f"ops.reshape({{0}}, {_tuple(texts)})"


def _tuple(texts: list[str]) -> str:
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _expand(node: Node, sizes: Sizes) -> str:
    before = node.inputs[0].shape
    shape = node.attributes["shape"]
    front = len(shape) - len(before)
    texts = [
        f"{{0}}.shape[{axis - front}]"
        if axis >= front and isinstance(size, Dim) and before[axis - front] == size
        else sizes(size)
        for axis, size in enumerate(shape)
    ]
    return f"ops.broadcast_to({{0}}, {_tuple(texts)})"


def _transpose(node: Node, sizes: Sizes) -> str:
    axes = tuple(node.attributes["axes"])
    return "ops.transpose({0})" if axes == (1, 0) else f"ops.transpose({{0}}, {axes})"


def _slice(node: Node, sizes: Sizes) -> str:
    given = node.attributes
    cuts = [":"] * node.inputs[0].rank
    flips = []
    for start, stop, axis, step in zip(given["starts"], given["stops"], given["axes"], given["steps"], strict=True):
        if step < 0:
            if not all(isinstance(item, int) for item in (start, stop, node.inputs[0].shape[axis])):
                raise CannotWriteError("a slice backwards of a size that isn't known")
            chosen = range(*slice(start, stop, step).indices(node.inputs[0].shape[axis]))
            start, stop, step = chosen[-1], chosen[0] + 1, -step
            flips.append(axis % node.inputs[0].rank)
        low = "" if start == 0 else sizes(start)
        high = "" if isinstance(stop, int) and stop >= (1 << 31) - 1 else sizes(stop)
        cuts[axis] = f"{low}:{high}" + (f":{step}" if step != 1 else "")
    while len(cuts) > 1 and cuts[-1] == ":":
        cuts.pop()
    text = f"{{0}}[{', '.join(cuts)}]"
    return f"ops.flip({text}, {flips[0] if len(flips) == 1 else tuple(flips)})" if flips else text


def _pad(node: Node, sizes: Sizes) -> str:
    pads, rank = node.attributes["pads"], node.inputs[0].rank
    if min(pads) < 0:
        cuts = [
            f"{-min(low, 0) or ''}:{min(high, 0) or ''}" for low, high in zip(pads[:rank], pads[rank:], strict=True)
        ]
        text, pads = f"{{0}}[{', '.join(cuts)}]", [max(pad, 0) for pad in pads]
    else:
        text = "{0}"
    value = node.attributes["value"]
    if not any(pads):
        return text
    shown = ", ".join(
        f"({sizes(low, 'pad')}, {sizes(high, 'pad')})" for low, high in zip(pads[:rank], pads[rank:], strict=True)
    )
    return f"ops.pad({text}, ({shown}{',' if rank == 1 else ''})" + (f", constant_values={value!r})" if value else ")")


def _concat(node: Node, sizes: Sizes) -> str:
    return f"ops.concatenate({_tuple([f'{{{at}}}' for at in range(len(node.inputs))])}, {node.attributes['axis']})"


def _split(node: Node, sizes: Sizes) -> str:
    parts = node.attributes["sizes"]
    ends = list(accumulate(parts))[:-1]
    return f"ops.split({{0}}, [{', '.join(sizes(end) for end in ends)}], {node.attributes['axis']})"


def _gather(node: Node, sizes: Sizes) -> str:
    return f"ops.take({{0}}, {{1}}, {node.attributes['axis'] % node.inputs[0].rank})"


def _gather_each(node: Node, sizes: Sizes) -> str:
    ones = ", 1" * (node.inputs[1].rank - 1)
    rows = "ops.arange({0}.shape[0])"
    return f"{{0}}[ops.reshape({rows}, (-1{ones})), {{1}}]" if ones else f"{{0}}[{rows}, {{1}}]"


FUNCTIONS: dict[str, Expression] = {
    "Reshape": _reshape,
    "Expand": _expand,
    "Transpose": _transpose,
    "Slice": _slice,
    "Pad": _pad,
    "Concat": _concat,
    "Split": _split,
    "Gather": _gather,
    "GatherEach": _gather_each,
}
