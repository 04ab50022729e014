"""L907: an argument that says what holds anyway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, ArgumentSpec
from netc.compiler.layers.base import layer as layers
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import file_names, literal, parts, source, without_argument
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Fix


@rule("L907", fix="safe")
def redundant_argument(subject: Subject) -> Iterator[Diagnostic]:
    """A layer is given an argument that equals its default.

    ## What it does
    Finds named arguments of layers, written as a number or a word, that are what the layer takes without them:
    `stride=1`, `pad=0`, `bias=true`. Settings of train sections are left alone: there a default is worth saying.

    ## Why is this bad
    What is written is taken for a choice. Where all convolutions say `stride=1`, the one with `stride=2` is easy to
    miss.

    ## Example
    ```
    net Small {
      input image: 1x28x28
      conv(8, 3x3, stride=1, pad=same, act=relu)
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Small {
      input image: 1x28x28
      conv(8, 3x3, pad=same, act=relu)
      flatten
      logits = dense(10)
    }
    ```
    """
    own = file_names(subject)
    known = layers.all()
    for node in (call for part in parts(subject) for call in part.all(ast.Call)):
        if not isinstance(node.function, ast.Name) or node.function.id in own:
            continue
        definition = known.get(node.function.id)
        for argument in node.arguments if definition is not None else ():
            spec = definition.arguments.get(argument.name or "") if definition is not None else None
            if spec is not None and not spec.required and _is_default(spec, argument.value):
                edit = without_argument(node, argument, source(subject))
                yield warning(
                    f"`{source(subject).between(argument.span)}` is what `{node.function.id}` does anyway",
                    argument.span,
                    help="leave it out",
                    fix=None if edit is None else Fix("leave it out", (edit,)),
                )


def _is_default(spec: ArgumentSpec, node: ast.Expression) -> bool:
    """Whether what is written is the default of an argument."""
    value: Any = literal(node)
    if isinstance(node, ast.Name) and node.id in spec.type.words:
        value = node.id
    if value is ...:
        return False
    try:
        return bool(spec.type.convert(value) == _converted(spec)) and isinstance(value, bool) == isinstance(
            spec.default, bool
        )
    except ArgumentError:
        return False


def _converted(spec: ArgumentSpec) -> Any:
    try:
        return spec.type.convert(spec.default)
    except ArgumentError:
        return spec.default
