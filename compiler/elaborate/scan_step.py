"""One step of a scan: its braces, written out once as a graph of their own that reads nothing but its inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netc.compiler.applications import Application, LayerInstance
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.scope import Env, Ref, Scope
from netc.compiler.elaborate.values import POISON, Several, Tensor, kind, spread
from netc.compiler.ir import BATCH, Builder, Graph, Origin, Shape, Value, format_shape, is_batched, language_shape
from netc.grammar import ast
from netc.grammar.diagnostics import Label, Span


@dataclass
class Settings:
    """What stands in the parentheses of a scan: where each state starts, with its place, and the direction."""

    starts: dict[str, tuple[Value, Span]] = field(default_factory=dict)
    reverse: bool = False


@dataclass(frozen=True)
class Closed:
    """A finished step.

    body      inputs: states, elements, what is captured; outputs: the next states, then what flows out
    captured  what stands outside for the last inputs
    several   whether a list flows out
    """

    body: Graph
    captured: list[Value]
    several: bool


def batched(b: Builder, x: Value) -> Value:
    """The value with a batch axis."""
    return x if is_batched(x) else b.Expand(b.Reshape(x, shape=(1, *x.shape)), shape=(BATCH, *x.shape))


class Step:
    """The braces while their statements run.

    frame, named  where the scan stands, and the scope of its bind;  origin: of what belongs to the scan itself
    sequences     what flows in, `[T, N, …]`;  starts: of the states, with their batch
    inner         the frame of the braces
    """

    def __init__(
        self, frame: Frame, named: Scope | None, origin: Origin, settings: Settings, starts: list[Value],
        sequences: list[Value],
    ) -> None:  # fmt: skip
        self.frame, self.origin = frame, origin
        self.settings, self.length = settings, sequences[0].shape[0]
        places = [span for _, span in settings.starts.values()]
        names = [f"{name}.before" for name in settings.starts]
        self.states = [
            self._input(name, start, start.shape, span) for name, start, span in zip(names, starts, places, strict=True)
        ]
        self.elements = [self._input(f"in.{number}", x, x.shape[1:], origin.span) for number, x in enumerate(sequences)]
        self.graph = Graph(f"{origin.scope}.step", [*self.states, *self.elements])
        self.first_layer = len(frame.run.layers)
        flowing: list[Any] = [Tensor(value) for value in self.elements]
        flow = flowing[0] if len(flowing) == 1 else Several.of(flowing)
        self.inner = frame.inside(Env(frame.env, scope=named), named or frame.scope, flow)
        before = zip(settings.starts, self.states, places, strict=True)
        self.inner.states = {**frame.states, **{name: Ref(Tensor(value), span) for name, value, span in before}}

    def _input(self, name: str, like: Value, shape: Shape, span: Span | None) -> Value:
        scope = self.origin.scope
        return Value(f"{scope}.{name}", like.dtype, shape, Origin(scope, span))

    def run(self, body: ast.Body, applied: Application) -> Closed | None:
        """Run the statements, and close the graph; None after a mistake. `applied` is what the braces apply."""
        run = self.frame.run
        outer, run.graph = run.graph, self.graph
        try:
            self.inner.run_body(body)
            ends = self._ends()
        finally:
            run.graph = outer
            outer.parameters += self.graph.parameters
            self.graph.parameters = []
        return None if ends is None else self._closed(ends, applied)

    def _ends(self) -> list[Value] | None:
        """The next states, then what flows out."""
        b = Builder(self.graph, self.origin)
        names = self.settings.starts
        after = [self._next(b, name, before) for name, before in zip(names, self.states, strict=True)]
        results = list(spread(self.inner.flow))
        if any(value is None for value in after) or not all(isinstance(item, Tensor) for item in results):
            return None
        return [*(value for value in after if value is not None), *(batched(b, item.value) for item in results)]

    def _next(self, b: Builder, name: str, before: Value) -> Value | None:
        """What a state is after the step."""
        inner = self.inner
        _, span = self.settings.starts[name]
        ref = inner.env.names.get(name)
        if ref is None:
            help = f"bind it in the braces: `{name} = …`; what doesn't change is read by its own name"
            inner.error("E252", f"nothing sets the state `{name}`", span, "declared here", help=help)
            return None
        if not isinstance(ref.value, Tensor):
            if ref.value is not POISON:
                inner.error("E252", f"the state `{name}` becomes {kind(ref.value)}", ref.span,
                            help="a state is one tensor; merge a list first, as with `concat`")  # fmt: skip
            return None
        after = batched(b, ref.value.value)
        if after.shape == before.shape and after.dtype == before.dtype:
            return after
        found, wanted = map(_shown, (after, before))
        inner.error("E253", f"the state `{name}` starts as {wanted} and becomes {found}", ref.span, found,
                    secondary=[Label(span, wanted)],
                    help="a state keeps its shape; `dense` gives a vector another size")  # fmt: skip
        return None

    def _closed(self, ends: list[Value], applied: Application) -> Closed:
        """The graph with inputs for what it reads of the outside, and that; the layers in it learn of their nodes."""
        from netc.compiler.passes.bodies import copied, source_like  # few texts scan, and passes are many
        from netc.compiler.passes.dead_code import dead_code

        run = self.frame.run
        outputs = {str(number): value for number, value in enumerate(ends)}
        lean = dead_code(Graph("", nodes=self.graph.nodes, outputs=outputs)).nodes
        own = {*self.graph.inputs, *(value for node in self.graph.nodes for value in node.outputs)}
        read = [*(value for node in lean for value in node.inputs), *ends]
        captured = list(dict.fromkeys(value for value in read if value not in own))
        now = {value: source_like(value) for value in captured}
        inside = copied(lean, now)
        copies = dict(zip(lean, inside, strict=True))
        made = {value: now[value] for node in lean for value in node.outputs}

        def moved(values: tuple[Value, ...]) -> tuple[Value, ...]:
            return tuple(made.get(value, value) for value in values)

        for layer in run.layers[self.first_layer :]:
            layer.nodes = tuple(copies[node] for node in layer.nodes if node in copies)
            layer.inputs, layer.outputs = moved(layer.inputs), moved(layer.outputs)
            layer.steps = self.length * layer.steps
        for item in applied.walk():
            if not isinstance(item, LayerInstance):
                item.outputs = moved(item.outputs)
        run.inside |= own | {*now.values()}
        run.values = {path: value for path, value in run.values.items() if value not in own}
        names = [*self.settings.starts, *(f"out.{number}" for number in range(len(ends) - len(self.states)))]
        body = Graph(self.graph.name, [*self.graph.inputs, *(now[value] for value in captured)], [], inside)
        body.outputs = {name: now.get(value, value) for name, value in zip(names, ends, strict=True)}
        body.made = self.graph.made
        return Closed(body, captured, isinstance(self.inner.flow, Several))


def _shown(value: Value) -> str:
    typed = "" if value.dtype == "float32" else f" of {value.dtype}"
    return f"{format_shape(language_shape(value))}{typed}"
