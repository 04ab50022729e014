"""L902: values and arguments that aren't called as others are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import parts
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Span

SNAKE = re.compile(r"_*[a-z][a-z0-9]*(_[a-z0-9]+)*_*")
CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


@rule("L902")
def value_name_style(subject: Subject) -> Iterator[Diagnostic]:
    """A value, an input or an argument isn't called in small letters.

    ## What it does
    Finds names of values, inputs, parameters and loops that are not of the form `feature_map`. A name in capitals
    alone, as `N` or `WIDTH`, is left alone.

    ## Why is this bad
    A value's name becomes the name of its weights, in every file that is saved and every program that reads one. With
    capitals in it, it looks like a net's in the text, and some file systems and formats take two names for one that
    differ in capitals alone.

    ## Example
    ```
    net Small {
      input image: 1x28x28
      featureMap = conv(8, 3x3, act=relu)
      flatten
      logits = dense(10)
      output logits, featureMap
    }
    ```

    ## Use instead
    ```
    net Small {
      input image: 1x28x28
      feature_map = conv(8, 3x3, act=relu)
      flatten
      logits = dense(10)
      output logits, feature_map
    }
    ```
    """
    seen: set[tuple[object, str]] = set()
    for owner, name, span in _names(subject):
        if not SNAKE.fullmatch(name) and not CONSTANT.fullmatch(name) and (owner, name) not in seen:
            seen.add((owner, name))
            parts = re.split(r"_+|(?<=[a-z0-9])(?=[A-Z])", name)
            snake = "_".join(part.lower() for part in parts if part)
            yield warning(f"values are called in small letters, not `{name}`", span, help=f"call it `{snake}`")


def _names(subject: Subject) -> Iterator[tuple[object, str, Span]]:
    """The names that the file gives to values, and the definition around each."""
    for item in subject.tree.items:
        if isinstance(item, ast.Bind):
            yield from ((None, target.id, target.span) for target in item.targets)
    for part in parts(subject):
        item = part.item
        yield from ((item.name, parameter.name, parameter.span) for parameter in item.parameters)
        givers: list[ast.Bind | ast.For] = [*part.all(ast.Bind), *part.all(ast.For)]
        for node in givers:
            yield from ((item.name, target.id, target.span) for target in node.targets)
        yield from ((item.name, node.name, node.name_span) for node in part.all(ast.InputDeclaration))
