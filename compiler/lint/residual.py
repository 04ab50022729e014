"""Residual sums: a value, and what a branch of layers made of it, on maps of one size."""

from __future__ import annotations

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.layers import ends_linear, is_norm, keeps
from netc.compiler.lint.wiring import Wiring

ADDING = ("add", "+")
POOLS = ("avgpool", "maxpool")


def sides(total: LayerInstance, wiring: Wiring) -> list[tuple[Value, Value]]:
    """The two values that a sum adds, both ways round: as skip and branch. None where it adds others than two."""
    values = wiring.before(total)
    if len(values) != 2 or values[0] is values[1] or values[0].shape != values[1].shape:
        return []
    return [(values[0], values[1]), (values[1], values[0])]


def is_residual(skip: Value, branch: Value, wiring: Wiring) -> bool:
    """Whether a branch was made of what is skipped, or of what that is a linear projection of."""
    return _is_made_of(branch, _start(skip, wiring), wiring)


def _start(skip: Value, wiring: Wiring) -> list[Value]:
    """What is skipped: the value itself, and what it is a linear projection of, the earliest last."""
    found = [skip]
    while (maker := wiring.maker(found[-1])) is not None and _projects(maker) and len(wiring.before(maker)) == 1:
        found += wiring.before(maker)
    return found


def _projects(layer: LayerInstance) -> bool:
    return ends_linear(layer) or is_norm(layer) or keeps(layer) or layer.word in POOLS


def _is_made_of(branch: Value, start: list[Value], wiring: Wiring) -> bool:
    """Whether layers that don't make the map larger make one value of another."""
    first = _number(start[-1], wiring)
    if _number(branch, wiring) <= first:
        return False
    stack, seen = [branch], {branch}
    while stack:
        maker = wiring.maker(stack.pop())
        for value in wiring.before(maker) if maker is not None else ():
            if value in start:
                return True
            if value not in seen and _number(value, wiring) > first and not _is_smaller(value, branch):
                seen.add(value)
                stack.append(value)
    return False


def _number(value: Value, wiring: Wiring) -> int:
    """The number of the layer that makes a value, in the order in which they run."""
    maker = wiring.maker(value)
    return -1 if maker is None else wiring.order[maker]


def _is_smaller(value: Value, than: Value) -> bool:
    """Whether a map has fewer places: what was made larger again comes from another level of a U-Net."""
    if value.rank != than.rank or value.rank < 3:
        return False
    pairs = zip(value.shape[2:], than.shape[2:], strict=True)
    return any(isinstance(a, int) and isinstance(b, int) and a < b for a, b in pairs)
