"""A graph in the making together with what its inputs and outputs are for."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Container
from typing import Any

from netc.compiler.artifact import Port, Role
from netc.compiler.ir import Builder, DType, Graph, Origin, Purpose, Shape, Value
from netc.compiler.ir.open_sizes import needed_sizes
from netc.grammar.diagnostics import Span


class Assembly:
    """Collects inputs, nodes and outputs of a model, each port with its role and a sentence of documentation.

    Names follow the text. Where one is taken already, the later port gets a number, and `text` in the manifest keeps
    what it is called: a loss is `loss` in results, whatever an input is called.

    network  what of the net is in it, as the text has it: what its layers need of open sizes, the model's inputs need
    """

    def __init__(self, name: str) -> None:
        self.graph = Graph(name)
        self.network = Graph(name)
        self.notes: dict[str, str] = {}
        self._inputs: dict[str, dict[str, Any]] = {}
        self._outputs: dict[str, dict[str, Any]] = {}
        self._said: set[str] = set()

    def builder(self, purpose: Purpose, name: str = "", span: Span | None = None) -> Builder:
        """Adds nodes that belong to no layer, under a scope of their own, at a place in the text."""
        return Builder(self.graph, Origin.of(purpose, name, span))

    def input(self, name: str, dtype: DType, shape: Shape, role: Role, note: str, **more: Any) -> Value:
        """A new input."""
        free = self._free(name)
        value = Value(free, dtype, shape)
        self.take(value, role, note, **_text(name, free), **more)
        return value

    def take(self, value: Value, role: Role, note: str, **more: Any) -> None:
        """An existing value as an input under its own name; weights and state count as parameters of the graph."""
        (self.graph.parameters if role in ("param", "state") else self.graph.inputs).append(value)
        assert value.name not in self._inputs, f"two inputs are called {value.name}"
        self._inputs[value.name] = {"role": role, **more}
        self.notes[value.name] = note

    def output(self, name: str, value: Value, role: Role, note: str, **more: Any) -> None:
        """A value as an output. What outputs are called, inputs don't narrow: two of one name are numbered."""
        text = _numbered(name, self._said)
        self._said.add(text)
        free = self._free(text)
        self.graph.outputs[free] = value
        self._outputs[free] = {"role": role, **_text(text, free), **more}
        self.notes[free] = note

    def replaced(self) -> dict[str, Value]:
        """For each output that is a new parameter or state, the input that it replaces in the next step."""
        sources = {value.name: value for value in self.graph.parameters}
        outputs = self._outputs.items()
        return {name: sources[facts["of"]] for name, facts in outputs if facts["role"] in ("param", "state")}

    def renewed(self) -> dict[str, Value]:
        """What parameters and inputs that the step moves are after it, by their names."""
        return {
            facts["of"]: self.graph.outputs[name] for name, facts in self._outputs.items() if facts["role"] == "param"
        }

    def outputs_of(self, role: Role) -> dict[str, dict[str, Any]]:
        """The outputs with a role, and what is said of each."""
        return {name: facts for name, facts in self._outputs.items() if facts["role"] == role}

    def role(self, value: Value) -> Role:
        """The role of an input."""
        found: Role = self._inputs[value.name]["role"]
        return found

    def drop_inputs(self, values: set[Value]) -> None:
        """Forget inputs and parameters that turned out not to be needed."""
        for value in values:
            del self._inputs[value.name], self.notes[value.name]
        self.graph.inputs = [value for value in self.graph.inputs if value not in values]
        self.graph.parameters = [value for value in self.graph.parameters if value not in values]

    def ports(self, graph: Graph) -> tuple[list[Port], list[Port]]:
        """Inputs and outputs for the manifest, with shapes as they are in the finished graph."""
        values = {value.name: value for value in graph.sources()}
        inputs = [_port(name, values[name], facts) for name, facts in self._inputs.items()]
        outputs = [_port(name, graph.outputs[name], facts) for name, facts in self._outputs.items()]
        return inputs, outputs

    def _free(self, name: str) -> str:
        return _numbered(name, ChainMap(self._inputs, self._outputs))


def _numbered(name: str, taken: Container[str]) -> str:
    free, count = name, 0
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


def _text(name: str, free: str) -> dict[str, str]:
    return {} if free == name else {"text": name}


def _port(name: str, value: Value, facts: dict[str, Any]) -> Port:
    shape = [size if isinstance(size, int) else str(size) for size in value.shape]
    if facts["role"] == "data" and (needed := needed_sizes([value])):
        facts = {**facts, "sizes": needed}
    return {"name": name, "shape": shape, "dtype": value.dtype.value, **facts}  # type: ignore[typeddict-item]
