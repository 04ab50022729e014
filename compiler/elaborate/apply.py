"""Applying a layer to what flows: blocks and nets, chains, shared layers; built-in ones in `built_in.py`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from netc.compiler.applications import Kind
from netc.compiler.elaborate import expects, flows, inputs
from netc.compiler.elaborate.arguments import handed
from netc.compiler.elaborate.built_in import apply_built_in, name_of
from netc.compiler.elaborate.frame import NO_ARGUMENTS, Frame
from netc.compiler.elaborate.layer_values import Bound, BuiltIn, Chain, LayerValue, Shared
from netc.compiler.elaborate.module import Written
from netc.compiler.elaborate.parameters import report_missing
from netc.compiler.elaborate.repeated import run_or_copy
from netc.compiler.elaborate.scope import Env, Ref, Scope
from netc.compiler.elaborate.values import POISON, scoped, tensors
from netc.grammar import ast
from netc.grammar.diagnostics import Label, Span

DEEPEST = 64


def apply(
    frame: Frame, layer: LayerValue | None, flow: Any, named: Scope | None, span: Span, origin: str | None = None
) -> Any:
    """What a layer makes of the flow; POISON after a mistake, which is reported.

    named   the scope of the bind that names this application; None for the default name
    origin  the path that nodes get instead of the layer's own
    """
    match layer:
        case None:
            return flow
        case Chain():
            return _chain(frame, layer, flow, named, span)
        case Shared():
            return _shared(frame, layer, flow, named, span)
        case Written():
            return _written(frame, layer, flow, named, span)
        case BuiltIn():
            return apply_built_in(frame, layer, flow, named, span, origin)
    raise AssertionError(f"no such layer: {layer}")


def _chain(frame: Frame, layer: Chain, flow: Any, named: Scope | None, span: Span) -> Any:
    assert layer.env is not None
    run = frame.run
    written = layer.elements[0].span.to(layer.elements[-1].span)
    if any(elements is layer.elements for elements in run.chains):
        frame.error("E215", "a chain of layers uses itself", span, secondary=[Label(written, "written here")],
                    help="write repeats with `repeat` or `for`")  # fmt: skip
        return POISON
    inner = replace(frame, env=Env(layer.env), scope=named or frame.scope, input=flow, flow=flow, branches=None)
    run.chains.append(layer.elements)
    with inner.recording(Kind.CHAIN, "chain", span, written) as chain:
        result = flows.through(inner, layer.elements, flow, None)
        chain.outputs = tensors(result)
    run.chains.pop()
    return result


def _shared(frame: Frame, layer: Shared, flow: Any, named: Scope | None, span: Span) -> Any:
    assert layer.weights is not None
    name, outer = name_of(frame, layer.word, named, span)
    scope = Scope(outer.path, layer.weights.weights, shared=True)
    scope.mirror = layer.weights
    result = apply(replace(frame, applied=(*frame.applied, span)), layer.inner, flow, scope, span)
    if named is not None:
        named.members.update(scope.members)
    else:
        frame.scope.members[name] = result
    return result


def _written(frame: Frame, layer: Written, flow: Any, named: Scope | None, span: Span) -> Any:
    definition, module = layer.definition, layer.module
    assert definition is not None
    assert module is not None
    run = frame.run
    if definition in run.stack:
        uses_itself(frame, definition, span)
        return POISON
    if len(run.stack) >= DEEPEST:
        frame.error("E217", f"blocks are nested more than {DEEPEST} deep", span, help="flatten the nesting")
        return POISON
    run.report.extent.block(span)
    if flow is POISON and isinstance(definition, ast.Net):
        return POISON
    name, scope = name_of(frame, layer.word, named, span)
    env = Env(None, scope=scope)
    inner = Frame(run, module, env, scope, flow, flow, training=frame.training, nested=frame.nested,
                  applied=(*frame.applied, span))  # fmt: skip
    run.stack.append(definition)
    module.applied.add(definition.name)
    kind = Kind.NET if isinstance(definition, ast.Net) else Kind.BLOCK
    with inner.recording(kind, layer.word, span, definition.span, bound=layer.bound) as applied:
        bound = layer.bound or NO_ARGUMENTS
        if isinstance(definition, ast.Net):
            given = bind_parameters(inner, definition, bound, span)
            result = inputs.run_net_as_layer(inner, definition, flow) if given else POISON
        else:
            work = partial(_run_block, inner, definition, bound, span)
            result = run_or_copy(inner, definition, bound.values, applied.children, work)
        applied.outputs = tensors(result)
    run.stack.pop()
    several = len(applied.outputs) > 1
    for at, output in enumerate(applied.outputs):
        run.results[output] = (f"{scope.path}[{at}]" if several else scope.path, span)
    result = scoped(result, scope)
    if named is None:
        frame.scope.members[name] = result
    return result


def uses_itself(frame: Frame, definition: ast.Block | ast.Net, span: Span) -> None:
    """Report a block or net that is applied inside of itself."""
    what = "block" if isinstance(definition, ast.Block) else "net"
    frame.error("E215", f"the {what} `{definition.name}` uses itself", span,
                secondary=[Label(definition.name_span, "defined here")],
                help="write repeats with `repeat` or `for`")  # fmt: skip


def _run_block(frame: Frame, definition: ast.Block, bound: Bound, span: Span) -> Any:
    if not bind_parameters(frame, definition, bound, span):
        return POISON
    first = len(frame.run.layers)
    frame.run_body(definition.body)
    expects.check_block(frame, first)
    if frame.flow is None:
        frame.error("E233", f"nothing flows out of `{definition.name}`", definition.name_span,
                    help="end the block with a flow")  # fmt: skip
        return POISON
    return frame.flow


def bind_parameters(frame: Frame, definition: ast.Block | ast.Net, bound: Bound, span: Span) -> bool:
    """Give the parameters of a block or net their values, defaults included."""
    missing = [p.name for p in definition.parameters if p.default is None and p.name not in bound.values]
    if missing:
        frame.applied, before = (), frame.applied
        report_missing(frame, f"`{definition.name}`", missing, span)
        frame.applied = before
        return False
    for parameter in definition.parameters:
        if parameter.name in bound.values:
            value = bound.values[parameter.name]
        else:
            assert parameter.default is not None
            value = handed(frame, frame.module, definition, parameter.name, parameter.default)
        if parameter.name in frame.env.names:
            frame.error(
                "E205",
                f"two parameters are called `{parameter.name}`",
                parameter.span,
                help="give one of them another name",
            )
        frame.env.names[parameter.name] = Ref(value, parameter.span)
    return True
