"""A plan whose terms read values of another load of the same net, as a plan of this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from netc.compiler.ir import Graph, Value
from netc.compiler.plan.terms import Term, values_of
from netc.compiler.plan.train_plan import TrainPlan, to_json
from netc.grammar.diagnostics import Diagnostic, DiagnosticError


def adopted(plan: TrainPlan, graph: Graph, own: Sequence[TrainPlan] = ()) -> TrainPlan:
    """The plan, reading values of this graph by the names that they have in its own.

    own   the net's plans: one of them that says the same is returned itself

    Raises DiagnosticError E417 where the graph computes something else under a name, or nothing.
    """
    read = dict.fromkeys(value for term in plan.terms for value in values_of(term))
    ours = {value.name: value for value in _values(graph)}
    if all(ours.get(value.name) is value for value in read):
        return plan
    for value in read:
        _check_same(value, ours, graph.name)
    made = replace(
        plan,
        metrics=tuple(_moved(term, ours) for term in plan.metrics),
        steps=tuple(replace(step, losses=tuple(_moved(term, ours) for term in step.losses)) for step in plan.steps),
    )
    return next((item for item in own if _says(item) == _says(made)), made)


def _values(graph: Graph) -> list[Value]:
    return [*graph.inputs, *graph.parameters, *(value for node in graph.nodes for value in node.outputs)]


def _check_same(value: Value, ours: dict[str, Value], net: str) -> None:
    """Compare all that a value is made of, down to inputs and parameters."""
    seen: set[Value] = set()
    waiting = [value]
    while waiting:
        theirs = waiting.pop()
        if theirs in seen:
            continue
        seen.add(theirs)
        found = ours.get(theirs.name)
        if found is None or _made(found) != _made(theirs):
            what = f"`{theirs.origin.scope or theirs.name}`, which {'is not in' if found is None else 'is another in'}"
            raise DiagnosticError(
                Diagnostic(
                    "E417",
                    f"the plan is of another net: it reads {what} net `{net}`",
                    help="give a plan of the model's own net: `model.net.plan()`, or its label",
                )
            )
        waiting += theirs.node.inputs if theirs.node is not None else ()


def _made(value: Value) -> tuple[Any, ...]:
    """What a value is and how it is made, with names for the values that go into it."""
    kind = (value.dtype, tuple(map(str, value.shape)))
    if value.node is None:
        return kind
    node = value.node
    attributes = {name: str(item) for name, item in node.attributes.items()}
    return *kind, node.op, attributes, [item.name for item in node.inputs], node.outputs.index(value)


def _moved(term: Any, ours: dict[str, Value]) -> Any:
    def there(given: Any) -> Any:
        return ours[given.name] if isinstance(given, Value) else given

    return replace(term, given=tuple(map(there, term.given)), mask=there(term.mask))


def _says(plan: TrainPlan) -> tuple[Any, ...]:
    def read(term: Term) -> tuple[Any, ...]:
        return term.name, *(item.name if isinstance(item, Value) else item for item in (*term.given, term.mask))

    return to_json(plan), [read(term) for term in plan.terms]
