"""Flows: from where they start through their layers, what each layer is called, braces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netc.compiler.applications import Kind
from netc.compiler.elaborate.arguments import bind
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.heads import Element, has_layers, head_is_layer, holds_tensor, is_lone
from netc.compiler.elaborate.layer_values import BuiltIn, Chain, LayerValue
from netc.compiler.elaborate.module import Written
from netc.compiler.elaborate.resolve import BRACED, layer_named, layer_or_error, nothing_flows
from netc.compiler.elaborate.scans import scan
from netc.compiler.elaborate.scope import Env, Scope
from netc.compiler.elaborate.values import POISON, Several, is_flowing, kind, scoped, spread, tensors
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Edit, Fix, Label, Span


def run_flow(
    frame: Frame, node: ast.Flow, name: str | None, span: Span | None = None, *, bound: bool = False
) -> tuple[Any, bool]:
    """The value of a flow that is a statement or a bind's value, and whether it flows on.

    A bind's name is the name of its only layer, or the scope of several; `bound` says that it is a bind, of several
    names perhaps.
    """
    head, rest = node.elements[0], node.elements[1:]
    starts = head_is_layer(frame, head)
    count = len(rest) + starts
    if count == 0 and (name is None or not holds_tensor(frame, head)):
        return _value(frame, head, bound)
    layers = node.elements if starts else rest
    if name is None:
        value = frame.flow if starts else source(frame, head)
        return through(frame, layers, value, None, starts), True
    name_span = span or node.span
    scope = frame.claim(name, name_span)
    if starts and count == 1:
        return scoped(through(frame, layers, frame.flow, scope, starts), scope), True
    only = scope if count == 1 and not has_layers(head) else None
    with frame.naming(scope), frame.recording(Kind.CHAIN, "chain", name_span.to(node.span), node.span) as chain:
        if count == 0 and is_lone(frame, head):
            frame.lone = scope
        value = frame.flow if starts else source(frame, head, alone=count == 0)
        frame.lone = None
        result = scoped(through(frame, layers, value, only, starts), scope)
        chain.outputs = tensors(result)
    return result, count > 0 or is_flowing(result)


def _value(frame: Frame, head: Element, bound: bool) -> tuple[Any, bool]:
    """A flow of one expression that applies no layer by itself."""
    assert not isinstance(head, ast.Braced)
    value = frame.evaluate(head)
    if isinstance(value, LayerValue) and not bound:
        return frame.apply(value, frame.flow, None, head.span), True
    if not bound and not is_flowing(value):
        if not (value is None or value == ()):
            frame.error("E232", f"{kind(value)} does not flow", head.span, help="bind it to a name, or remove it")
        return POISON, False
    return value, is_flowing(value)


def source(frame: Frame, head: Element, *, alone: bool = False) -> Any:
    """The value that a flow starts from. `alone`: no layer follows, so it may be one that doesn't flow."""
    assert not isinstance(head, ast.Braced)
    value = frame.operand(head)
    if isinstance(value, LayerValue):
        return frame.apply(value, frame.flow, None, head.span)
    if not is_flowing(value) and not alone:
        frame.error("E232", f"{kind(value)} does not flow", head.span,
                    help="start a flow from a tensor, or from a layer without input")  # fmt: skip
        return POISON
    return value


def inner_flow(frame: Frame, node: ast.Flow) -> Any:
    """A flow inside an expression: a tensor where it starts from one, else a layer that isn't applied."""
    head, rest = node.elements[0], node.elements[1:]
    if not head_is_layer(frame, head):
        value = frame.operand(head) \
            if not isinstance(head, ast.Braced) else POISON  # fmt: skip
        if not isinstance(value, LayerValue):
            if not is_flowing(value):
                frame.error(
                    "E232",
                    f"{kind(value)} does not flow",
                    head.span,
                    help="start from an input, or from what a layer makes",
                )
                return POISON
            return through(frame, rest, value, None)
    elif isinstance(head, (ast.Name, ast.Call)):
        first = head_layer(frame, head)
        if first is POISON:
            return POISON
        if isinstance(first, BuiltIn) and first.is_source:
            return through(frame, rest, frame.apply(first, None, None, head.span), None)
    return Chain("chain", None, node.elements, frame.env)


def through(frame: Frame, elements: Sequence[Element], flow: Any, named: Scope | None, starts: bool = False) -> Any:
    """Send a value through layers; `named` names the last, `starts` says that the first may be a source."""
    for index, element in enumerate(elements):
        last = index == len(elements) - 1
        flow = step(frame, element, flow, named if last else None, starts and index == 0)
    return flow


def step(frame: Frame, element: Element, flow: Any, named: Scope | None, starts: bool) -> Any:
    """Apply one element to the flow."""
    if isinstance(element, ast.Braced):
        return braced(frame, element, flow, named)
    layer = head_layer(frame, element)
    if layer is POISON:
        return POISON
    if layer is not None and not isinstance(layer, LayerValue):
        frame.error("E203", f"{kind(layer)} is not a layer", element.span, help="a flow goes through layers")
        return POISON
    if isinstance(layer, BuiltIn) and layer.is_source and not starts:
        frame.error("E234", f"`{layer.word}` takes nothing from the left", element.span,
                    help=f"start a flow from it, or use it as a value: `x + {layer.word}(…)`")  # fmt: skip
        return POISON
    return frame.apply(layer, flow, named, element.span)


def head_layer(frame: Frame, element: ast.Expression) -> Any:
    """The layer that an element stands for after `->`."""
    if isinstance(element, ast.Name) and element.id != "in":
        return layer_or_error(frame, element)
    if isinstance(element, ast.Call) and isinstance(element.function, ast.Name):
        layer = layer_or_error(frame, element.function, element)
        if layer is POISON:
            return POISON
        if isinstance(layer, LayerValue):
            bound = bind(frame, layer, element.arguments, element)
            return POISON if bound is None else layer.with_arguments(bound)
    return frame.evaluate(element)


# ---------------------------------------------------------------- braces
def braced(frame: Frame, node: ast.Braced, flow: Any, named: Scope | None) -> Any:
    """A chain, a merge, a scan, or a block given branches."""
    if node.head is None:
        return _chain(frame, node, flow, named)
    word = node.head.function if isinstance(node.head, ast.Call) else node.head
    if isinstance(word, ast.Name) and word.id in BRACED and layer_named(frame, word.id) is None:
        return scan(frame, node, flow, named)
    layer = head_layer(frame, node.head)
    if layer is not POISON and not isinstance(layer, (BuiltIn, Written)):
        frame.error("E230", f"{kind(layer)} takes no branches", node.head.span, help="give branches to a merge")
        layer = POISON
    if isinstance(layer, BuiltIn) and layer.definition.inputs[1] == 1:
        frame.error("E230", f"`{layer.word}` takes one value, braces make several", node.head.span,
                    help="put the braces after a merge such as `add` or `concat`")  # fmt: skip
        layer = POISON
    if flow is None:
        nothing_flows(frame, "a branch", node.head.span)
        return POISON
    name, scope = ("", named) if named is not None or layer is POISON else frame.claim_default(layer.word, node.span)
    inner = frame.inside(Env(frame.env, scope=named), named or frame.scope, flow)
    inner.branches = []
    if layer is POISON:
        inner.run_body(node.body)
        return POISON
    with inner.recording(Kind.MERGE, layer.word, node.span, bound=layer.bound) as merge:
        inner.run_body(node.body)
        if _lacks_branch(inner, node, layer):
            result = POISON
        else:
            result = frame.apply(layer, Several.of(inner.branches), scope, node.head.span)
        merge.outputs = tensors(result)
    if named is None:
        frame.scope.members[name] = result
    return result


def _lacks_branch(inner: Frame, node: ast.Braced, layer: LayerValue) -> bool:
    """Whether a merge has too few branches because control in it gives none, which is reported."""
    given = len(list(spread(tuple(inner.branches or ()))))
    given += len(list(spread(layer.bound.tensors))) if layer.bound is not None else 0
    if not inner.idle or not isinstance(layer, BuiltIn) or given >= layer.definition.inputs[0] or node.head is None:
        return False
    control = inner.idle[0]
    word, why, place = _idle(control)
    help, fix = f"give `{layer.word}` another branch, such as `identity`", None
    if isinstance(control, ast.If) and control.otherwise is None:
        end = control.then.span
        after = Span(end.file, end.end_line, end.end_column, end.end_line, end.end_column)
        help = "write `else { identity }`, which passes on what flowed in where the condition is false"
        fix = Fix("write `else { identity }`", (Edit(after, " else { identity }"),))
    needs = f"`{layer.word}` merges at least {counted(layer.definition.inputs[0], 'value')}, found {given}"
    inner.error("E231", f"this `{word}` is no branch: {why}", place, secondary=[Label(node.head.span, needs)],
                help=help, fix=fix)  # fmt: skip
    return True


def _idle(control: ast.Control) -> tuple[str, str, Span]:
    """The word of control that gives no branch, why that is, and where to point."""
    match control:
        case ast.If() if control.otherwise is None:
            return "if", "its condition is false", control.condition.span
        case ast.If():
            return "if", "the braces that its condition chose give no value", control.condition.span
        case ast.For():
            return "for", "its list is empty, or its braces give no value", control.iterable.span
        case ast.Repeat():
            return "repeat", "its count is 0, or its braces give no value", control.count.span
    return "train only", "it is a side road", control.span


def _chain(frame: Frame, node: ast.Braced, flow: Any, named: Scope | None) -> Any:
    inner = frame.inside(Env(frame.env, scope=named), named or frame.scope, flow)
    with inner.recording(Kind.CHAIN, "chain", node.span) as chain:
        inner.run_body(node.body)
        chain.outputs = tensors(inner.flow)
    if inner.flow is None:
        frame.error("E233", "nothing flows out of these braces", node.span, help="start a flow inside them")
        return POISON
    return inner.flow
