"""Which parameters and binds stand for an initializer: `normal` and `uniform` are words of layers, too.

What is meant follows from where the value goes: to `init=start` in the block, or in a block that hands it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from netc.compiler.declare.arguments import ArgumentType, Optional_
from netc.compiler.declare.references import DeclaredType
from netc.compiler.elaborate.module import Module, Written
from netc.compiler.initializers.base import initializer
from netc.compiler.layers.base import layer as layers
from netc.grammar import ast
from netc.grammar.walk import walk


@cache
def taking() -> dict[str, ArgumentType]:
    """The arguments of layers that take an initializer, by name: `init`, `bias_init`."""
    found = {}
    for definition in layers.all().values():
        for name, spec in definition.arguments.items():
            inner = spec.type.inner if isinstance(spec.type, Optional_) else spec.type
            if isinstance(inner, DeclaredType) and inner.kind == initializer.kind:
                found[name] = spec.type
    return found


def is_either(node: ast.Expression) -> bool:
    """Whether an expression is the word of an initializer and of a layer, with arguments or without."""
    word = node.function if isinstance(node, ast.Call) else node
    return isinstance(word, ast.Name) and word.id in initializer.all() and word.id in layers.all()


def initializer_expected(module: Module, body: ast.Syntax, name: str) -> ArgumentType | None:
    """The type of an argument inside a body that a name is handed to, if that is an initializer's; None otherwise."""
    asked = (id(body), name)
    if asked not in module.expected:
        module.expected[asked] = next(_places(module, body, name, set()), None)
    return module.expected[asked]


def _places(module: Module, body: ast.Syntax, name: str, seen: set[tuple[int, str]]) -> Iterator[ArgumentType]:
    if (id(body), name) in seen:
        return
    seen.add((id(body), name))
    for node in walk(body):
        if not isinstance(node, ast.Call):
            continue
        called = module.layer(node.function.id) if isinstance(node.function, ast.Name) else None
        for place, argument in enumerate(node.arguments):
            if not isinstance(argument.value, ast.Name) or argument.value.id != name:
                continue
            if isinstance(called, Written) and called.definition is not None and called.module is not None:
                names = [parameter.name for parameter in called.definition.parameters]
                handed_on = argument.name or (names[place] if place < len(names) else "")
                yield from _places(called.module, called.definition.body, handed_on, seen)
            elif argument.name in taking():
                yield taking()[argument.name]
