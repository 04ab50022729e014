"""A graph that runs for each element of sequences, and hands states from one run to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.ir import Builder, DType, Graph, Node, Value
from netc.compiler.ir.operators import ShapeError, operator
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ops.base import REQUIRED, Op, Result, op, sample
from netc.compiler.ops.checks import shape_of
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, everything
from netc.compiler.ops.writer import Writer

RUNNING_SUM = """\
graph running_sum
input %sum: float32[3]
input %x: float32[3]
%next = Add(%sum, %x) : float32[3]
output sum = %next
output all = %next
"""

TWO_STATES = """\
graph two_states
input %h: float32[2, 3]
input %c: float32[2, 3]
input %x: float32[2, 4]
input %gate: float32[2, 3]
input %w: float32[4, 3]
input %r: float32[3, 3]
%xw = MatMul(%x, %w) : float32[2, 3]
%hr = MatMul(%h, %r) : float32[2, 3]
%z = Add(%xw, %hr) : float32[2, 3]
%g = Sigmoid(%gate) : float32[2, 3]
%kept = Mul(%g, %c) : float32[2, 3]
%c.next = Add(%kept, %z) : float32[2, 3]
%h.next = Tanh(%c.next) : float32[2, 3]
output h = %h.next
output c = %c.next
output h.before = %h
output y = %h.next
"""

SQUARES = """\
graph squares
input %x: float32[2, 3]
%y = Mul(%x, %x) : float32[2, 3]
output y = %y
"""

WITH_WHOLE_NUMBERS = """\
graph with_whole_numbers
input %h: float32[3]
input %count: int64[]
input %x: float32[3]
input %k: int64[]
input %w: float32[3]
%next = Add(%count, %k) : int64[]
%factor = Cast(%next) to=float32 : float32[]
%scaled = Mul(%x, %factor) : float32[3]
%weighted = Mul(%scaled, %w) : float32[3]
%h.next = Add(%h, %weighted) : float32[3]
output h = %h.next
output count = %next
output y = %weighted
"""

WITH_COUNTER = """\
graph with_counter
input %count: int64[]
input %h: float32[3]
input %x: float32[3]
%one = Constant() value=int64[](1,) : int64[]
%next = Add(%count, %one) : int64[]
%factor = Cast(%next) to=float32 : float32[]
%scaled = Mul(%x, %factor) : float32[3]
%h.next = Tanh(%scaled) : float32[3]
%both = Mul(%h.next, %h) : float32[3]
output count = %next
output h = %h.next
output y = %both
output counts = %next
"""


@op
class Scan(Op):
    """(*states, *sequences [T, …], *captured) -> (*last states, *results [T, …]).

    body       what runs for each element, a closed graph. Its inputs are the states, one element of each sequence, and
               what it captures from around it, which is the same in each run; its outputs the next states, then what
               one run gives of each result
    carried    how many states there are;  sequences: how many sequences, at least one
    reverse    from the last element to the first; results stand where their elements do
    saved      how many of the results, the last ones, are there for the gradient alone
    backward   one run of the gradient, a closed graph, as `training/scan_gradient.py` makes it; none until then
    """

    kind = Kind.CONTROL
    attributes = {
        "body": REQUIRED, "carried": REQUIRED, "sequences": REQUIRED, "reverse": False, "saved": 0, "backward": None,
    }  # fmt: skip
    samples = (
        sample((3,), (5, 3), body=from_text(RUNNING_SUM), carried=1, sequences=1),
        sample((3,), (5, 3), body=from_text(RUNNING_SUM), carried=1, sequences=1, reverse=True),
        *(
            sample(*[(2, 3)] * 2, (steps, 2, 4), (steps, 2, 3), (4, 3), (3, 3), body=from_text(TWO_STATES), carried=2,
                   sequences=2)
            for steps in (5, 1)
        ),
        sample((4, 2, 3), body=from_text(SQUARES), carried=0, sequences=1),
        sample((3,), (), (4, 3), (), (3,), body=from_text(WITH_WHOLE_NUMBERS), carried=2, sequences=1,
               dtypes=(DType.FLOAT32, DType.INT64, DType.FLOAT32, DType.INT64, DType.FLOAT32),
               ranges=((-1, 1), (0, 3), (-1, 1), (2, 5), (-1, 1))),
        sample((), (3,), (4, 3), body=from_text(WITH_COUNTER), carried=2, sequences=1, reverse=True,
               dtypes=(DType.INT64, DType.FLOAT32, DType.FLOAT32), ranges=((0, 4), (-1, 1), (-1, 1))),
    )  # fmt: skip

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        body, carried, sequences = attributes["body"], attributes["carried"], attributes["sequences"]
        results = list(body.outputs.values())
        if not sequences or len(inputs) != len(body.inputs) or len(results) < carried:
            raise ShapeError(f"a body that takes {len(body.inputs)} and gives {len(results)} doesn't fit {len(inputs)}")
        length = inputs[carried].shape[0]
        for at, (given, inner) in enumerate(zip(inputs, body.inputs, strict=True)):
            wanted = (length, *inner.shape) if carried <= at < carried + sequences else inner.shape
            if given.shape != tuple(wanted) or given.dtype != inner.dtype:
                raise ShapeError(f"the body takes {inner.dtype} {shape_of(wanted)}, found {given.dtype} "
                                 f"{shape_of(given.shape)}", at=at)  # fmt: skip
        for at, (before, after) in enumerate(zip(inputs[:carried], results[:carried], strict=True)):
            if before.shape != tuple(after.shape) or before.dtype != after.dtype:
                raise ShapeError(f"a state {shape_of(before.shape)} becomes {shape_of(after.shape)}", at=at)
        last = tuple((value.dtype, tuple(value.shape)) for value in results[:carried])
        return last + tuple((value.dtype, (length, *value.shape)) for value in results[carried:])

    @staticmethod
    def grad(g: Builder, node: Node, *dy: Value | None) -> tuple[Value | None, ...]:
        """One more Scan in the other direction. Slopes of states are its states; so are those of what is captured, as
        sums that grow from run to run."""
        at = node.attributes
        carried, sequences = at["carried"], at["sequences"]
        assert at["backward"] is not None, "training/scan_gradient.py lets a Scan save what its gradient reads"
        states, elements, captured = parts_of(node)
        end = len(node.outputs) - at["saved"]
        saved = node.outputs[end:]
        slopes = [
            _zeros(g, value) if part is None else part
            for part, value in zip(dy[:end], node.outputs[:end], strict=True)
            if is_real(value)
        ]
        count = sum(map(is_real, states))
        sums = [_zeros(g, value) for value in captured if is_real(value)]
        made = g.add(
            "Scan",
            (*slopes[:count], *sums, *elements, *saved, *slopes[count:], *captured),
            {
                "body": at["backward"],
                "carried": count + len(sums),
                "sequences": len(elements) + len(saved) + len(slopes) - count,
                "reverse": not at["reverse"],
            },
        )
        of_states, of_captured = iter(made[:count]), iter(made[count : count + len(sums)])
        of_elements = iter(made[count + len(sums) :])
        sources = [of_states] * carried + [of_elements] * sequences + [of_captured] * len(captured)
        return tuple(
            next(source) if is_real(value) else None for source, value in zip(sources, node.inputs, strict=True)
        )

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at])

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        """One run after the other."""
        at = node.attributes
        run, carried, sequences = _in_torch(torch, at["body"]), at["carried"], at["sequences"]

        def scanned(*values: Any) -> Any:
            states, captured = list(values[:carried]), values[carried + sequences :]
            elements = list(zip(*values[carried : carried + sequences], strict=True))
            results: list[tuple[Any, ...]] = []
            for element in reversed(elements) if at["reverse"] else elements:
                made = run(*states, *element, *captured)
                states = list(made[:carried])
                results.append(made[carried:])
            if at["reverse"]:
                results.reverse()
            found = (*states, *map(torch.stack, zip(*results, strict=True)))
            return found[0] if len(found) == 1 else found

        return scanned

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        at = node.attributes
        states, elements, captured = parts_of(node)
        directions = (int(at["reverse"]),) * max(len(elements), len(node.outputs))
        results = len(node.outputs) - len(states)
        e.node(
            node, "Scan", [*states, *elements],
            body=e.body(at["body"], captured),
            num_scan_inputs=len(elements),
            scan_input_directions=directions[: len(elements)],
            scan_output_directions=directions[:results] if results else None,
        )  # fmt: skip


def parts_of(node: Node) -> tuple[tuple[Value, ...], tuple[Value, ...], tuple[Value, ...]]:
    """A Scan's inputs: states, sequences, what is captured."""
    carried = node.attributes["carried"]
    end = carried + node.attributes["sequences"]
    return node.inputs[:carried], node.inputs[carried:end], node.inputs[end:]


def is_real(value: Value) -> bool:
    """Whether a gradient can flow through a value."""
    return value.dtype == DType.FLOAT32


def _zeros(g: Builder, value: Value) -> Value:
    zero = g.constant(0.0)
    return g.Expand(zero, shape=value.shape) if value.shape else zero


def _in_torch(torch: Any, body: Graph) -> Callable[..., tuple[Any, ...]]:
    """A graph as a function of PyTorch's tensors."""
    literals = {
        node.output: torch.tensor(literal.values, dtype=getattr(torch, literal.dtype)).reshape(literal.shape)
        for node in body.nodes
        if node.op == "Constant" and (literal := node.attributes["value"])
    }
    calls = [(operator(node.op).torch(torch, node), node) for node in body.nodes if node.op != "Constant"]

    def run(*given: Any) -> tuple[Any, ...]:
        values: dict[Value, Any] = {**literals, **dict(zip(body.inputs, given, strict=True))}
        for function, node in calls:
            made = function(*[values[value] for value in node.inputs])
            values.update(zip(node.outputs, (made,) if len(node.outputs) == 1 else made, strict=True))
        return tuple(values[value] for value in body.outputs.values())

    return run


__all__ = ["Scan", "is_real", "parts_of"]
