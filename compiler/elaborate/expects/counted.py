"""Counts in the place of `params`, `memory(batch=32)`, `receptive_field(x)`, once there is something to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import Shared
from netc.compiler.elaborate.resolve import in_sight
from netc.compiler.elaborate.scope import Env, Ref
from netc.compiler.elaborate.values import POISON, Several, Tensor, kind
from netc.compiler.facts.count import Memory, distinct_parameters, figure, memory, receptive_field
from netc.compiler.net import Net
from netc.grammar import ast

COUNTS = ("params", "trainable", "flops", "activations", "layers", "memory")
MEASURED = "latency"
"""What only `netc bench --check` knows."""

CALLS = (*COUNTS, "receptive_field", MEASURED)


class Counted:
    """Puts counts in the place of `params`, `memory(batch=32)`, `receptive_field(x)`."""

    def __init__(self, frame: Frame, layers: Sequence[LayerInstance], net: Net | None) -> None:
        self.frame = frame
        self.layers = layers
        self.net = net
        self.env = Env(frame.env)

    def rewrite(self, node: Any) -> Any:
        """The condition with counts filled in."""
        match node:
            case ast.Name(id=name) if name in COUNTS and in_sight(self.frame, name) is None:
                return self._filled(node, self._count(name, self._inference(self.layers), node))
            case ast.Call(function=ast.Name(id=name)) if name == MEASURED and in_sight(self.frame, name) is None:
                return node
            case ast.Call(function=ast.Name(id=name)) if name in CALLS and in_sight(self.frame, name) is None:
                return self._filled(node, self._call(name, node))
            case ast.Binary():
                return replace(node, left=self.rewrite(node.left), right=self.rewrite(node.right))
            case ast.Unary():
                return replace(node, operand=self.rewrite(node.operand))
            case ast.Call():
                given = tuple(replace(argument, value=self.rewrite(argument.value)) for argument in node.arguments)
                return replace(node, arguments=given)
        return node

    def _filled(self, node: ast.Expression, value: Any) -> ast.Name:
        name = f"{len(self.env.names)} {node.span.line}:{node.span.column}"
        self.env.names[name] = Ref(value, node.span)
        return ast.Name(node.span, name)

    @staticmethod
    def _inference(layers: Sequence[LayerInstance]) -> list[LayerInstance]:
        return [layer for layer in layers if not layer.training_only]

    def _count(self, name: str, layers: Sequence[LayerInstance], node: ast.Syntax, batch: int = 1) -> Any:
        if name == "memory":
            if self.net is None:
                self.frame.error(
                    "E308", "`memory` is counted of a net, not of a block", node.span, help="move the line to the net"
                )
                return POISON
            used: Memory = memory(self.net, batch)
            return used.total
        if name == "params":  # by far the most asked for, and cheap
            return params(layers)
        return figure(name, layers, batch)

    def _call(self, name: str, node: ast.Call) -> Any:
        batch, layers = 1, self._inference(self.layers)
        part: ast.Expression | None = None
        for argument in node.arguments:
            value = argument.value
            if argument.name == "batch" and name != "receptive_field":
                size = self.frame.evaluate(value)
                if type(size) is not int or size < 1:
                    if size is not POISON:
                        self.frame.error(
                            "E224",
                            f"`batch` is a positive whole number, found {kind(size)}",
                            value.span,
                            help="write `batch=32`",
                        )
                    return POISON
                batch = size
            elif argument.name is not None:
                self.frame.error(
                    "E220",
                    f"`{name}` has no argument `{argument.name}`",
                    argument.span,
                    help="give it a layer or a value, or leave that out for all",
                )
                return POISON
            elif isinstance(value, ast.Name) and value.id == "training" and in_sight(self.frame, "training") is None:
                layers = list(self.layers)
            else:
                part = value
        if part is not None:
            return self._of(name, part, batch, list(self.layers) if self.frame.training else layers)
        if name == "receptive_field":
            self.frame.error("E223", "`receptive_field` needs a value", node.span, help="name it: `receptive_field(x)`")
            return POISON
        return self._count(name, layers, node, batch)

    def _of(self, name: str, node: ast.Expression, batch: int, layers: Sequence[LayerInstance]) -> Any:
        target = self.frame.evaluate(node)
        if target is POISON:
            return POISON
        if name == "receptive_field" and isinstance(target, Tensor):
            inputs = [self.frame.run.values.get(value.name, value) for value in self.frame.run.graph.inputs]
            fields = receptive_field(target.value, inputs)
            return fields[0] if fields and all(field == fields[0] for field in fields) else tuple(fields)
        parts = list(target) if isinstance(target, Several) else [target]
        paths = [p for item in parts if (p := _path(item)) is not None]
        if name in ("memory", "receptive_field") or len(paths) != len(parts):
            self.frame.error("E308", f"`{name}` does not count {kind(target)}", node.span,
                             help="name a layer, block, chain or merge that a bind gave a name")  # fmt: skip
            return POISON
        inside = [layer for layer in layers if any(_within(layer, path) for path in paths)]
        return self._count(name, inside, node, batch)


def _path(item: Any) -> str | None:
    scope = item.weights if isinstance(item, Shared) else getattr(item, "scope", None)
    if isinstance(item, Several) and scope is None:
        paths = [_path(inner) for inner in item]
        return paths[0].rpartition(".")[0] if paths and paths[0] else None
    return scope.path if scope is not None and scope.path else None


def _within(layer: LayerInstance, path: str) -> bool:
    names = (layer.path, *(parameter.name for parameter in layer.parameters))
    return any(name == path or name.startswith(f"{path}.") for name in names)


def params(layers: Sequence[LayerInstance]) -> int:
    """Parameters of some layers, each once."""
    return sum(parameter.count for parameter in distinct_parameters(layers) if not parameter.buffer)
