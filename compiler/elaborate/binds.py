"""Flows and binds as statements: where they start, what flows on, and which names they give."""

from __future__ import annotations

from typing import Any

from netc.compiler.applications import Kind
from netc.compiler.elaborate import flows
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.heads import head_is_layer
from netc.compiler.elaborate.layer_values import Chain, LayerValue, Shared
from netc.compiler.elaborate.rename import renamed
from netc.compiler.elaborate.scope import Ref, join
from netc.compiler.elaborate.values import POISON, Tensor, is_flowing, kind, named_values, tensors
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label


def run_branch(frame: Frame, node: ast.Flow | ast.Bind) -> None:
    """In a merge a flow starts from what entered the braces, and is a branch if a value comes out of it."""
    assert frame.branches is not None
    frame.flow, before = frame.input, len(frame.branches)
    with frame.recording(Kind.BRANCH, "branch", node.span) as branch:
        run_flow_or_bind(frame, node)
        branch.outputs = tensors(tuple(frame.branches[before:]))


def run_flow_or_bind(frame: Frame, node: ast.Flow | ast.Bind) -> None:
    """Run a flow, or a bind with its names; what comes out of it goes on, or is a branch."""
    if isinstance(node, ast.Bind):
        _bind(frame, node)
    else:
        _advance(frame, *flows.run_flow(frame, node, None))


def _advance(frame: Frame, value: Any, flows_on: bool) -> None:
    if flows_on:
        frame.flow = value
        if frame.branches is not None:
            frame.branches.append(value)


def _bind(frame: Frame, node: ast.Bind) -> None:
    free = all(frame.env.lookup(target.id) is None for target in node.targets)
    errors = frame.report.errors
    if len({target.id for target in node.targets}) < len(node.targets):
        frame.error("E205", "a bind gives one name twice", node.span, help="give each value its own name")
        free = False
    value = node.value
    if not isinstance(value, ast.Flow):
        body = ast.Body(value.span, (value,))
        value = ast.Flow(value.span, (ast.Braced(value.span, None, body),))
    if node.shared:
        _shared(frame, node, value, free and all(check_free(frame, target) for target in node.targets))
        return
    single = node.targets[0] if len(node.targets) == 1 and free else None
    name, span = (single.id, single.span) if single else (None, None)
    result, flows_on = flows.run_flow(frame, value, name, span, bound=True)
    if free:
        _give_names(frame, node, result)
    elif frame.report.errors == errors:
        for target in node.targets:
            if not check_free(frame, target, node):
                _doubt(frame, target)
    _advance(frame, result, flows_on)


def check_free(frame: Frame, target: ast.Name, bind: ast.Bind | None = None) -> bool:
    """Whether a name may be bound; one that is bound already is reported."""
    known = frame.env.lookup(target.id)
    if known is None:
        return True
    frame.error("E205", f"`{target.id}` is bound already", target.span,
                secondary=[Label(known.span, "first bound here")],
                help="give the new value another name; a name is bound once",
                fix=renamed(frame, target, bind) if bind is not None else None)  # fmt: skip
    return False


def _doubt(frame: Frame, target: ast.Name) -> None:
    """Whoever reads a name below that is bound twice may mean either value: nothing more is said of it."""
    known = frame.env.lookup(target.id)
    if known is not None and is_flowing(known.value):
        known.value = POISON


def _give_names(frame: Frame, node: ast.Bind, value: Any) -> None:
    names = node.targets
    if not is_flowing(value):
        frame.run.statics += [(target, frame.module) for target in names]
    if len(names) == 1:
        _bind_name(frame, names[0], value)
        return
    if value is not POISON and (not isinstance(value, tuple) or len(value) != len(names)):
        found = f"a list of {len(value)}" if isinstance(value, tuple) else kind(value)
        frame.error(
            "E208",
            f"{counted(len(names), 'name')} for {found}",
            node.span,
            help="give as many names as there are values",
        )
        value = POISON
    for number, target in enumerate(names):
        _bind_name(frame, target, POISON if value is POISON else value[number])


def _bind_name(frame: Frame, target: ast.Name, value: Any) -> None:
    """Bind a name, and enter the value under its path."""
    frame.env.bind(target.id, Ref(value, target.span, frame.training))
    enter(frame, target.id, value)


def enter(frame: Frame, name: str, value: Any) -> None:
    """Make a bound value known by its dotted path, for those who look into a finished net."""
    if isinstance(value, Tensor) and value.scope is not None and value.scope.path:
        frame.run.values.setdefault(value.scope.path, value.value)
    if frame.env.scope is not None and is_flowing(value):
        for path, item in named_values(join(frame.env.scope.path, name), value):
            if item is not None:
                frame.run.values.setdefault(path, item)


def _shared(frame: Frame, node: ast.Bind, flow: ast.Flow, free: bool) -> None:
    if len(node.targets) != 1:
        frame.error("E208", "`shared` names one layer", node.span, help="write a `shared` bind for each layer")
        return
    target = node.targets[0]
    head = flow.elements[0]
    layer: Any
    if len(flow.elements) == 1 and not isinstance(head, ast.Braced):
        layer = flows.head_layer(frame, head)
    elif head_is_layer(frame, head):
        layer = Chain("chain", None, flow.elements, frame.env)
    else:
        frame.error("E207", "`shared` names a layer, this starts from a value", head.span,
                    help="leave the source out, and apply the layer later: `x -> f`")  # fmt: skip
        layer = POISON
    if layer is not POISON and not isinstance(layer, LayerValue):
        frame.error(
            "E207",
            f"`shared` names a layer, found {kind(layer)}",
            head.span,
            help="write a layer, as in `shared f = conv(8, 3x3)`, or leave `shared` out",
        )
        layer = POISON
    if not free:
        return
    frame.run.statics.append((target, frame.module))
    value = POISON if layer is POISON else Shared(target.id, None, layer, frame.claim(target.id, target.span))
    frame.env.bind(target.id, Ref(value, target.span, frame.training))
