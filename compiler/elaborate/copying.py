"""Copies of what an application of a block added to a net: weights, nodes, layers, the tree of them, and names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from netc.compiler.applications import Application, Applied, LayerInstance
from netc.compiler.declare.parameter import Parameter
from netc.compiler.elaborate.frame import Elaboration, Frame
from netc.compiler.elaborate.scope import Scope
from netc.compiler.elaborate.stretch import Stretch, UnfitError, check
from netc.compiler.elaborate.values import Several, Tensor
from netc.compiler.ir import Node, Origin, Value, append


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: the path of its scope, what flows in, its values and layers by their numbers."""

    root: str
    flow: Tensor
    values: list[Value]
    layers: list[LayerInstance]


class Pattern:
    """A stretch with numbers in the place of values: what flows in is 0, then come weights, then what nodes make.

    Raises UnfitError where something of it is also another's.
    """

    def __init__(self, run: Elaboration, stretch: Stretch) -> None:
        start, end = stretch.start, stretch.end
        if start.named is not run.values:
            raise UnfitError("values were taken out since then")
        self.stretch, self.extent, self.length = stretch, stretch.extent, len(stretch.scope.path)
        self.numbers: dict[Value, int] = {stretch.flow.value: 0}
        self.origins: dict[Origin, int] = {}
        self.weights = list(islice(run.parameters.values(), start.weights, end.weights))
        self.nodes = start.graph.nodes[start.nodes : end.nodes]
        self.layers = run.layers[start.layers : end.layers]
        for weight in self.weights:
            self._enter(weight.value)
        for node in self.nodes:
            for value in node.outputs:
                self._enter(value)
        self.layer_numbers = {layer: number for number, layer in enumerate(self.layers)}
        try:
            self._number_parts(run)
        except KeyError as other:
            raise UnfitError(f"{other} is not its own") from None
        check(stretch, self.numbers, [one.layer.settings() for one in self.layers if one.layer is not None])

    def _enter(self, value: Value) -> None:
        self.stretch.below(value.origin.scope)
        self.numbers[value] = len(self.numbers)
        self.origins.setdefault(value.origin, len(self.origins))

    def _number_parts(self, run: Elaboration) -> None:
        start, end, below = self.stretch.start, self.stretch.end, self.stretch.below
        nodes = {node: number for number, node in enumerate(self.nodes)}
        weights = {id(weight): number for number, weight in enumerate(self.weights)}
        self.made = [self._made(node) for node in self.nodes]
        self.begun = [
            (below(one.name), below(one.drawn_as) if one.drawn_as else None, one, self.origins[one.value.origin])
            for one in self.weights
        ]
        self.parts = [
            (below(layer.path), layer, self._numbered(layer.inputs), self._numbered(layer.outputs),
             [nodes[node] for node in layer.nodes], [weights[id(one)] for one in layer.parameters])
            for layer in self.layers
        ]  # fmt: skip
        named = islice(run.values.items(), start.values, end.values)
        self.named = [(below(path), self.numbers[value]) for path, value in named]
        results = islice(run.results.items(), start.results, end.results)
        self.results = [(self.numbers[value], path[self.length :], span) for value, (path, span) in results
                        if path.startswith(f"{self.stretch.scope.path}.")]  # fmt: skip
        self.looped = [number for value, number in self.numbers.items() if number and value in run.looped]

    def _made(self, node: Node) -> tuple[Any, ...]:
        if node.bodies:
            raise UnfitError("a scan")
        if "stream" in node.attributes:
            raise UnfitError("random numbers, whose stream is its path's")
        results = tuple((value.dtype, value.shape) for value in node.outputs)
        return node.op, self._numbered(node.inputs), node.attributes, results, self.origins[node.origin]

    def _numbered(self, values: tuple[Value, ...]) -> list[int]:
        return [self.numbers[value] for value in values]

    # ---------------------------------------------------------------- copies
    def copy(self, frame: Frame, applied: list[Applied]) -> Any:
        """Add a copy to the net, in a block's frame; what is applied is entered in `applied`. What flows out."""
        run, scope = frame.run, frame.scope
        made = Copy(scope.path, frame.input, [frame.input.value], [])
        origins = [Origin(made.root + one.scope[self.length :], one.span, one.purpose) for one in self.origins]
        weights = self._copy_weights(run, made, origins)
        nodes = self._copy_nodes(run, made, origins)
        self._copy_layers(frame, made, nodes, weights)
        values = made.values
        for below, number in self.named:
            run.values[made.root + below] = values[number]
        for number, below, span in self.results:
            run.results[values[number]] = made.root + below, span
        run.looped.update(values[number] for number in self.looped)
        run.recorder.layers += len(self.layers)
        applied += self._copied_tree(self.stretch.applied, made, run.recorder.idle)
        scope.filled = partial(self._members, self.stretch.scope, made)
        return self._member(self.stretch.result, made)

    def _copy_weights(self, run: Elaboration, made: Copy, origins: list[Origin]) -> list[Parameter]:
        weights = []
        for below, drawn_as, one, origin in self.begun:
            name = made.root + below
            value = Value(name, one.value.dtype, one.value.shape, origins[origin])
            weight = run.parameters[name] = one.named(name, value, "" if drawn_as is None else made.root + drawn_as)
            run.graph.parameters.append(value)
            made.values.append(value)
            weights.append(weight)
        return weights

    def _copy_nodes(self, run: Elaboration, made: Copy, origins: list[Origin]) -> list[Node]:
        graph, values, first = run.graph, made.values, len(run.graph.nodes)
        for op, inputs, attributes, results, origin in self.made:
            read = tuple([values[number] for number in inputs])
            values += append(graph, op, read, dict(attributes), results, origins[origin])
        return graph.nodes[first:]

    def _copy_layers(self, frame: Frame, made: Copy, nodes: list[Node], weights: list[Parameter]) -> None:
        run, values, root = frame.run, made.values, made.root
        for below, one, inputs, outputs, its_nodes, its_weights in self.parts:
            results = tuple([values[number] for number in outputs])
            layer = LayerInstance(
                root + below, one.word, one.layer, tuple([values[number] for number in inputs]), results,
                tuple([nodes[number] for number in its_nodes]), tuple([weights[number] for number in its_weights]),
                one.span, one.argument_spans, one.training_only, one.steps,
            )  # fmt: skip
            made.layers.append(layer)
            for value in results:
                run.producers.setdefault(value, layer)
            if frame.nested:
                run.foreign.add(id(layer))
        run.layers += made.layers

    def _copied_tree(self, applied: list[Applied], made: Copy, idle: set[Application]) -> list[Applied]:
        found: list[Applied] = []
        for item in applied:
            if isinstance(item, LayerInstance):
                found.append(made.layers[self.layer_numbers[item]])
                continue
            one = Application(
                item.kind, item.word, made.root + item.path[self.length :], made.root + item.weights[self.length :],
                item.span, item.definition, self._moved(item.arguments, made), item.argument_spans,
                self._moved(item.outputs, made), self._copied_tree(item.children, made, idle),
            )  # fmt: skip
            if item in idle:
                idle.add(one)
            found.append(one)
        return found

    def _moved(self, value: Any, made: Copy) -> Any:
        """Arguments or outputs of an application, with the copy's values."""
        if isinstance(value, Value):
            return made.values[self.numbers[value]]
        if isinstance(value, tuple):
            return tuple([self._moved(item, made) for item in value])
        return {key: self._moved(item, made) for key, item in value.items()} if isinstance(value, dict) else value

    # ---------------------------------------------------------------- names, once somebody asks
    def _members(self, scope: Scope, made: Copy) -> dict[str, Any]:
        return {name: self._member(value, made) for name, value in scope.members.items()}

    def _member(self, value: Any, made: Copy) -> Any:
        if isinstance(value, Tensor):
            return Tensor(made.values[self.numbers[value.value]], self._scope(value.scope, made))
        if isinstance(value, Several):
            return Several.of([self._member(item, made) for item in value], self._scope(value.scope, made))
        return self._scope(value, made) if isinstance(value, Scope) else value

    def _scope(self, scope: Scope | None, made: Copy) -> Scope | None:
        if scope is None:
            return None
        if scope is self.stretch.flow.scope:
            return made.flow.scope
        copied = Scope(made.root + scope.path[self.length :], made.root + scope.weights[self.length :])
        copied.filled = partial(self._members, scope, made)
        return copied
