"""L903: a name that hides another."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.layers.base import layer as layers
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import definitions, file_names
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Label, Span
from netc.grammar.walk import walk


@rule("L903")
def shadowed_name(subject: Subject) -> Iterator[Diagnostic]:
    """A name in a net or block hides one of the whole file, or a layer that is used beside it.

    ## What it does
    Finds values, inputs, parameters and names of loops that are called as a block, a net or a static value of the file,
    or as a layer that the same net or block applies. A value may be called after the block that makes it:
    `down = down(64)`.

    ## Why is this bad
    Two things have one name in neighbouring lines. The nearer one counts, so that a line which is moved, or copied from
    one block to another, means something else there.

    ## Example
    ```
    width = 64

    net Small(width = 32) {
      input image: 1x28x28
      conv(width, 3x3, act=relu)
      flatten
      logits = dense(10)
    }
    net Large {
      input image: 1x28x28
      conv(width, 3x3, act=relu)
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    wide = 64

    net Small(width = 32) {
      input image: 1x28x28
      conv(width, 3x3, act=relu)
      flatten
      logits = dense(10)
    }
    net Large {
      input image: 1x28x28
      conv(wide, 3x3, act=relu)
      flatten
      logits = dense(10)
    }
    ```
    """
    known = file_names(subject)
    words = layers.all()
    for item in definitions(subject):
        given = dict(_given(item))
        for name, span in given.items():
            if name in known:
                yield warning(
                    f"`{name}` hides the file's `{name}`",
                    span,
                    secondary=(Label(known[name], "the other one"),),
                    help="call one of them something else",
                )
        hidden = given.keys() & words.keys() - known.keys()
        for call in _applied(item.body) if hidden else ():
            if call.id in hidden:
                hidden.discard(call.id)
                yield warning(
                    f"`{call.id}` is a value here, and a layer",
                    given[call.id],
                    secondary=(Label(call.span, "the layer"),),
                    help="call the value something else",
                )


def _given(item: ast.Net | ast.Block) -> Iterator[tuple[str, Span]]:
    """The names that a definition gives, each at its first place."""
    found: dict[str, Span] = {}
    for parameter in item.parameters:
        found.setdefault(parameter.name, parameter.span)
    for node in walk(item.body):
        if isinstance(node, (ast.Bind, ast.For)):
            for target in node.targets:
                if not (isinstance(node, ast.Bind) and _makes(node.value, target.id)):
                    found.setdefault(target.id, target.span)
        elif isinstance(node, ast.InputDeclaration):
            found.setdefault(node.name, node.name_span)
    yield from found.items()


def _makes(value: ast.Flow | ast.Control, name: str) -> bool:
    """Whether a value is what the layer or block of a name gives."""
    last = value.elements[-1] if isinstance(value, ast.Flow) else None
    word = last.function if isinstance(last, ast.Call) else last
    return isinstance(word, ast.Name) and word.id == name


def _applied(body: ast.Body) -> Iterator[ast.Name]:
    """The words of layers that are applied with arguments or behind an arrow."""
    for node in walk(body):
        if isinstance(node, ast.Call) and isinstance(node.function, ast.Name):
            yield node.function
        elif isinstance(node, ast.Flow):
            yield from (element for element in node.elements[1:] if isinstance(element, ast.Name))
