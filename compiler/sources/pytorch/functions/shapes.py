"""What moves elements and changes none."""

from __future__ import annotations

from netc.compiler.ir import Node
from netc.compiler.ir.dims import Dim
from netc.compiler.ops.window import torch_pads
from netc.compiler.sources.parts import CannotWriteError
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression


def _reshape(node: Node, sizes: Sizes) -> str:
    shape = node.attributes["shape"]
    before = node.inputs[0].shape
    if len(shape) == 2 and shape[0] == before[0] and len(before) > 2:
        return "{0}.flatten(1)"
    texts: list[str] = []
    opened = [axis for axis, size in enumerate(shape) if isinstance(size, Dim)]
    for axis, size in enumerate(shape):
        if len(opened) == 1 and axis == opened[0]:
            texts.append("-1")
        elif axis < len(before) and isinstance(size, Dim) and before[axis] == size:
            texts.append(f"{{0}}.shape[{axis}]")
        else:
            texts.append(sizes(size))
    return f"{{0}}.reshape({', '.join(texts) or '()'})"


def _expand(node: Node, sizes: Sizes) -> str:
    before = node.inputs[0].shape
    shape = node.attributes["shape"]
    front = len(shape) - len(before)
    texts = ["-1" if axis >= front and before[axis - front] == size else sizes(size) for axis, size in enumerate(shape)]
    return f"{{0}}.expand({', '.join(texts)})"


def _transpose(node: Node, sizes: Sizes) -> str:
    return "{0}.mT" if node.inputs[0].rank == 2 else f"{{0}}.permute{tuple(node.attributes['axes'])}"


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
    return f"{{0}}[{', '.join(cuts)}]" + (f".flip({', '.join(map(str, flips))})" if flips else "")


def _pad(node: Node, sizes: Sizes) -> str:
    pads = ", ".join(sizes(pad, "pad") for pad in _trimmed(torch_pads(node.attributes["pads"])))
    value = node.attributes["value"]
    return f"F.pad({{0}}, ({pads},)" + (f", value={value!r})" if value else ")")


def _trimmed(pads: list[int]) -> list[int]:
    while len(pads) > 2 and pads[-2:] == [0, 0]:
        pads = pads[:-2]
    return pads


def _concat(node: Node, sizes: Sizes) -> str:
    parts = ", ".join(f"{{{at}}}" for at in range(len(node.inputs)))
    return f"torch.cat(({parts}), {node.attributes['axis']})"


def _split(node: Node, sizes: Sizes) -> str:
    parts = node.attributes["sizes"]
    shown = ", ".join(sizes(size) for size in parts)
    comma = "," if len(parts) == 1 else ""
    return f"{{0}}.split(({shown}{comma}), {node.attributes['axis']})"


def _gather(node: Node, sizes: Sizes) -> str:
    axis = node.attributes["axis"] % node.inputs[0].rank
    if axis == 0:
        return "{0}[{1}]"
    return f"{{0}}[{':, ' * axis}{{1}}]"


def _gather_each(node: Node, sizes: Sizes) -> str:
    ones = ", 1" * (node.inputs[1].rank - 1)
    return f"{{0}}[torch.arange({{0}}.shape[0], device={{0}}.device).reshape(-1{ones}), {{1}}]"


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
