"""Borders around what flows, and what is cut from it."""

from __future__ import annotations

from typing import Any

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import ApartError, Flow, placed
from netc.compiler.importing.lower.parts import cut
from netc.compiler.importing.lowering import Lowering, lowers
from netc.compiler.importing.records import ForeignNode


@lowers("Pad")
def pad(g: Lowering, node: ForeignNode) -> Flow:
    x, mode = g.flow(node), node.attributes.get("mode", "constant")
    found = g.constant(node, 1)
    given: Any = node.attributes.get("pads", node.attributes.get("paddings")) if found is None else found.array.ravel()
    pads = [int(size) for size in given]
    value = g.number(node, 2) if g.has(node, 2) else node.attributes.get("value", 0.0)
    chosen = g.constant(node, 3)
    axes = list(range(x.rank)) if chosen is None else [x.axis(int(at)) for at in chosen.array]
    half = len(pads) // 2
    wanted = {axis: (pads[at], pads[at + half]) for at, axis in enumerate(axes) if pads[at] or pads[at + half]}
    if not wanted:
        return x
    if x.batch in wanted:
        raise ApartError("it adds examples")
    for axis, (before, after) in list(wanted.items()):
        if before < 0 or after < 0:  # cut instead
            x = cut(g, node, x, axis, max(-before, 0), x.shape[axis] - max(-after, 0))
            wanted[axis] = (max(before, 0), max(after, 0))
    if mode not in ("constant", "reflect", "edge"):
        raise unsupported(f"padding of mode {mode}", node=node)
    x = placed(g.b, x)
    return Flow(_padded(g, x, wanted, mode, float(value or 0.0)), x.axes)


def _padded(g: Lowering, x: Flow, wanted: dict[int, tuple[int, int]], mode: str, number: float) -> Any:
    value, parts = x.value, {x.axes[axis][0]: ends for axis, ends in wanted.items()}
    given: dict[str, Any] = ({} if mode == "constant" else {"mode": mode}) | ({"value": number} if number else {})
    shape = tuple(size + sum(parts.get(at, (0, 0))) for at, size in enumerate(value.shape))
    spatial = range(2, value.rank)
    if 3 <= value.rank <= 5 and set(parts) <= set(spatial):
        ends = [parts.get(at, (0, 0)) for at in spatial]
        amount: Any = tuple(ends)
        if all(before == after for before, after in ends):
            sizes = [before for before, _ in ends]
            amount = sizes[0] if len(set(sizes)) == 1 else tuple(sizes)
        return g.layer("pad", [value], shape, {"amount": amount} | given)
    for at, (before, after) in parts.items():
        grown = tuple(size + (before + after if place == at else 0) for place, size in enumerate(value.shape))
        both: Any = before if before == after else (before, after)
        value = g.layer("pad", [value], grown, {"amount": both, **given, "axis": at - 1})
    return value
