"""Functions that a model defines, written out in their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netc.compiler.importing.findings import LIMITS, damaged, too_large
from netc.compiler.importing.records import ForeignFunction, ForeignGraph, ForeignModel, ForeignNode, Reference

DEEPEST = 64


def inline(model: ForeignModel) -> ForeignGraph:
    """The model's graph without calls of its own functions; raises DiagnosticError E591 for one that calls itself."""
    expander = _Inliner(model.functions)
    expander.expand(model.graph.nodes, {}, "", 0)
    model.graph.nodes = expander.nodes
    return model.graph


class _Inliner:
    def __init__(self, functions: Mapping[tuple[str, str], ForeignFunction]) -> None:
        self.functions = functions
        self.nodes: list[ForeignNode] = []
        self.calls = 0

    def expand(self, nodes: Any, names: dict[str, str], prefix: str, depth: int) -> None:
        """Add nodes whose values are called by `names`, those made here with the prefix."""
        if depth > DEEPEST:
            raise damaged("its functions call each other without end")
        for node in nodes:
            if prefix:
                for output in node.outputs:
                    names.setdefault(output, prefix + output if output else "")
                node = replace(
                    node,
                    inputs=tuple(names.get(name, name) for name in node.inputs),
                    outputs=tuple(names[name] for name in node.outputs),
                )
            function = self.functions.get((node.domain, node.op))
            if function is None:
                self.nodes.append(node)
                if len(self.nodes) > LIMITS["nodes"]:
                    raise too_large("nodes", len(self.nodes), LIMITS["nodes"])
            else:
                self.call(node, function, depth)

    def call(self, node: ForeignNode, function: ForeignFunction, depth: int) -> None:
        self.calls += 1
        if self.calls > LIMITS["calls"]:
            raise too_large("calls of functions", self.calls, LIMITS["calls"])
        given = {**function.attributes, **node.attributes}
        inputs = node.inputs + ("",) * (len(function.inputs) - len(node.inputs))
        names = dict(zip(function.inputs, inputs, strict=False))
        names |= dict(zip(function.outputs, node.outputs, strict=False))
        body = [
            replace(inner, attributes=_resolved(inner.attributes, given), scope=inner.scope or node.scope)
            for inner in function.nodes
        ]
        self.expand(body, names, f"{node.op}.{self.calls}.", depth + 1)


def _resolved(attributes: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with those of the function around in the place of references to them."""
    found = {
        name: given.get(str(value)) if isinstance(value, Reference) else value for name, value in attributes.items()
    }
    return {name: value for name, value in found.items() if value is not None}
