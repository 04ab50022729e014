"""When a condition is checked: where it stands, or once the net or block is finished that it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from netc.compiler.applications import LayerInstance
from netc.compiler.elaborate import expressions
from netc.compiler.elaborate.expects.checking import check, source_of
from netc.compiler.elaborate.expects.counted import Counted
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import in_sight
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.walk import children, walk


@dataclass(frozen=True, slots=True)
class Pending:
    """An expectation that waits for its net or block to be finished."""

    node: ast.Expect
    frame: Frame
    depth: int


def run(frame: Frame, node: ast.Expect) -> None:
    """Check a condition now if it is about what is known, later if it counts, or speaks of later names."""
    frame.run.asked += 1
    if len(frame.run.stack) == 1:
        frame.run.expects.add(node.span)
    if _waits(frame, node.condition):
        frame.run.pending.append(Pending(node, replace(frame), len(frame.run.stack)))
    else:
        check(frame, node, node.condition)


def _waits(frame: Frame, condition: ast.Expression) -> bool:
    for node in walk(condition, inside=_operands):
        match node:
            case ast.Name(id=name) if name != "in" and in_sight(frame, name) is None:
                return True
            case ast.Call(function=ast.Name(id=name)) if not expressions.is_function(frame, name, node):
                return True
    return False


def _operands(node: ast.Syntax) -> Iterable[ast.Syntax]:
    """What an expression computes with: a call's function, a flow's layers and a table's keys are no values."""
    match node:
        case ast.Call():
            return node.arguments
        case ast.Flow() | ast.Table():
            return ()
    return children(node)


def check_block(frame: Frame, first: int) -> None:
    """Check what waits in a finished block, over the layers it made."""
    _check_waiting(frame, frame.run.layers[first:])


def check_net(frame: Frame, net: Net) -> None:
    """Check what waits in a finished net."""
    _check_waiting(frame, net.layers, net)


def _check_waiting(frame: Frame, layers: Sequence[LayerInstance], net: Net | None = None) -> None:
    pending, depth = frame.run.pending, len(frame.run.stack)
    waiting = [item for item in pending if item.depth >= depth]
    frame.run.pending = [item for item in pending if item.depth < depth]
    if frame.report.mistakes > frame.run.mistakes or frame.run.poisoned:
        return
    for item in waiting:
        counted = Counted(item.frame, layers, net)
        condition = counted.rewrite(item.node.condition)
        check(replace(item.frame, env=counted.env), item.node, condition, layers)
        if net is not None:
            _note_stated(item.frame, item.node.condition, net)


def _note_stated(frame: Frame, condition: ast.Expression, net: Net) -> None:
    """Keep the number of an `expect params == number`, and of `params(training)`, which a zoo shows as published."""
    if not isinstance(condition, ast.Binary):
        return
    if condition.operator == "and":
        for both in (condition.left, condition.right):
            _note_stated(frame, both, net)
    if condition.operator == "==" and isinstance(condition.right, ast.Number):
        counted = source_of(frame, condition.left)
        if counted in ("params", "params(training)"):
            net.stated[counted] = frame.evaluate(condition.right)
