"""`scan { … }`: braces that run for each element of a sequence, with states that go from one step to the next."""

from __future__ import annotations

from typing import Any

from netc.compiler.applications import Kind, LayerInstance
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import Bound
from netc.compiler.elaborate.resolve import nothing_flows
from netc.compiler.elaborate.scan_step import Settings, Step, batched
from netc.compiler.elaborate.scope import Env, Ref, Scope
from netc.compiler.elaborate.values import POISON, Several, Tensor, kind, spread
from netc.compiler.ir import Builder, Origin, Value, format_shape, language_shape
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label, Span, did_you_mean


def scan(frame: Frame, node: ast.Braced, flow: Any, named: Scope | None) -> Any:
    """What the braces give, stacked along the steps; POISON after a mistake. `named` is the scope of the bind."""
    assert node.head is not None
    settings = _settings(frame, node.head)
    if flow is None:
        nothing_flows(frame, "scan", node.head.span)
        return POISON
    name, scope = ("", named) if named is not None else frame.claim_default("scan", node.span)
    b = Builder(frame.run.graph, Origin(scope.path, node.head.span))
    first = len(frame.run.graph.nodes)
    sequences = _sequences(frame, b, flow, node.head.span)
    if settings is None or sequences is None:
        _look_at(frame, node, named)
        return POISON
    starts = [batched(b, start) for start, _ in settings.starts.values()]
    step = Step(frame, named, b.origin, settings, starts, sequences)
    given = {state: start for state, (start, _) in settings.starts.items()} | {"reverse": settings.reverse}
    with step.inner.recording(Kind.SCAN, "scan", node.span, bound=Bound(given)) as applied:
        closed = step.run(node.body, applied)
        if closed is None:
            return POISON
        made = b.add(
            "Scan",
            (*starts, *sequences, *closed.captured),
            {"body": closed.body, "carried": len(starts), "sequences": len(sequences), "reverse": settings.reverse},
        )
        last, stacked = made[: len(starts)], made[len(starts) :]
        results = tuple(b.Transpose(value, axes=(1, 0, *range(2, value.rank))) for value in stacked)
        applied.outputs = (*results, *last)
        reads = (*starts, *(item.value for item in spread(flow)), *closed.captured)
        _record(frame, node.head.span, scope, reads, applied.outputs, first)
    for state, value in zip(settings.starts, last, strict=True):
        scope.members[state] = Tensor(value)
        frame.run.values[f"{scope.path}.{state}"] = value
    flowing = [Tensor(value, scope) for value in results]
    result = Several.of(flowing, scope) if closed.several else flowing[0]
    if named is None:
        frame.scope.members[name] = result
    return result


def prev_state(frame: Frame, node: ast.Prev) -> Any:
    """`prev h`: the state h, one step before."""
    ref = frame.states.get(node.name)
    if ref is not None:
        return ref.value
    if frame.states:
        known = list(frame.states)
        help = did_you_mean(node.name, known) or f"the states are {', '.join(f'`{name}`' for name in known)}"
        frame.error("E251", f"no state is called `{node.name}`", node.span, "unknown state", help=help)
    else:
        help = f"declare the state where the scan begins: `scan({node.name} = zeros([8])) {{ … }}`"
        frame.error("E251", "`prev` stands outside of a scan's braces", node.span, help=help)
    return POISON


# ---------------------------------------------------------------- what stands in the parentheses, and what flows in
def _settings(frame: Frame, head: ast.Name | ast.Call) -> Settings | None:
    """The states and the direction, None after a mistake."""
    found = Settings()
    arguments = head.arguments if isinstance(head, ast.Call) else ()
    good = [_setting(frame, found, argument) for argument in arguments]
    return found if all(good) else None


def _setting(frame: Frame, settings: Settings, argument: ast.Argument) -> bool:
    value, name = frame.operand(argument.value), argument.name
    if name is None:
        frame.error("E250", "what a scan is given has a name", argument.span,
                    help="name the state and what it starts from: `scan(h = start) { … }`")  # fmt: skip
    elif name == "reverse" and isinstance(value, bool):
        settings.reverse = value
        return True
    elif name != "reverse" and isinstance(value, Tensor):
        settings.starts[name] = (value.value, argument.span)
        return True
    elif name == "reverse" and value is not POISON:
        frame.error(
            "E224",
            f"`reverse` of `scan` is true or false, found {kind(value)}",
            argument.span,
            help="write `reverse=true`",
        )
    elif value is not POISON:
        frame.error("E224", f"the state `{name}` starts from a tensor, found {kind(value)}", argument.span,
                    help=f"write the shape of the state: `{name} = zeros([8])`")  # fmt: skip
    return False


def _sequences(frame: Frame, b: Builder, flow: Any, span: Span) -> list[Value] | None:
    """What flows in with the steps in front, `[T, N, …]`; None after a mistake."""
    given = list(spread(flow))
    values = [item.value for item in given if isinstance(item, Tensor)]
    if not given or len(values) < len(given):
        return None
    shapes = [language_shape(value) for value in values]
    if not all(shapes):
        frame.error("E254", "a scan goes along axis 0, found a single number an example", span,
                    help="let a sequence flow into it, such as `[T, 8]`")  # fmt: skip
        return None
    other = next((shape[0] for shape in shapes if shape[0] != shapes[0][0]), None)
    if other is not None:
        labels = [Label(v.origin.span, format_shape(language_shape(v))) for v in values if v.origin.span]
        frame.error("E254", f"sequences of {shapes[0][0]} and {counted(other, 'step')}", span, secondary=labels,
                    help="a scan takes one element of each in a step, so they are equally long")  # fmt: skip
        return None
    return [b.Transpose(x, axes=(1, 0, *range(2, x.rank))) for x in (batched(b, value) for value in values)]


def _look_at(frame: Frame, node: ast.Braced, named: Scope | None) -> None:
    """Say what is wrong in the braces too, though nothing flows into them."""
    inner = frame.inside(Env(frame.env, scope=named), named or frame.scope, POISON)
    arguments = node.head.arguments if isinstance(node.head, ast.Call) else ()
    known = {argument.name: Ref(POISON, argument.span) for argument in arguments if argument.name is not None}
    inner.states = {**frame.states, **known}
    inner.run_body(node.body)


def _record(
    frame: Frame, span: Span, scope: Scope, inputs: tuple[Value, ...], outputs: tuple[Value, ...], first: int
) -> None:
    """Enter the scan itself among the applications, behind what happens in its steps."""
    run = frame.run
    if run.absorbed is not None:
        return
    read = tuple(value for value in dict.fromkeys(inputs) if value not in set(run.graph.parameters))
    nodes = tuple(run.graph.nodes[first:])
    made = LayerInstance(scope.path, "scan", None, read, outputs, nodes, (), span, training_only=frame.training)
    frame.enter(made)
    run.values[scope.path] = outputs[0]
