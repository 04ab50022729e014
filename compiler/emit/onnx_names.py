"""Names of tensors and nodes in a model: what the text calls things, made unique without losing determinism."""

from __future__ import annotations

from netc.compiler.ir import Graph, Value


class Names:
    """Inputs, parameters and outputs keep their names; everything else has its own, numbered where it is taken."""

    def __init__(self, graph: Graph) -> None:
        self._names: dict[Value, str] = {}
        self._taken: set[str] = set()
        self._taken_by_nodes: set[str] = set()
        self._next: dict[str, int] = {}
        for value in graph.sources():
            assert value.name not in self._taken, f"two inputs are called {value.name}"
            self._names[value] = value.name
            self._taken.add(value.name)
        for name, value in graph.outputs.items():
            if value.node is None and value.name == name:
                raise AssertionError(f"output {name} has the name of an input")
            assert name not in self._taken, f"output {name} has the name of an input"
            self._taken.add(name)
            if value.node is not None and value.node.op != "Constant" and value not in self._names:
                self._names[value] = name

    def inside(self) -> Names:
        """Names of another graph in the same model: unlike all those that are taken here, or will be."""
        made = Names(Graph(""))
        made._taken, made._taken_by_nodes, made._next = self._taken, self._taken_by_nodes, self._next
        return made

    def of(self, value: Value) -> str:
        """The name of a value; it gets one on first use."""
        name = self._names.get(value)
        if name is None:
            name = self._names[value] = self.unique(value.name)
        return name

    def bind(self, value: Value, name: str) -> None:
        """Let a value go by a name that exists."""
        self._names[value] = name

    def unique(self, stem: str) -> str:
        """A tensor name that nothing else has."""
        return self._fresh(stem, self._taken)

    def unique_node(self, stem: str) -> str:
        """A node name that no other node has."""
        return self._fresh(stem, self._taken_by_nodes)

    def _fresh(self, stem: str, taken: set[str]) -> str:
        name = stem
        while name in taken:
            count = self._next[stem] = self._next.get(stem, 0) + 1
            name = f"{stem}_{count}"
        taken.add(name)
        return name
