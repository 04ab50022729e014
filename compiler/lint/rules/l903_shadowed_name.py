"""L903: a name that hides another."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.layers.base import layer as layers
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import Part, file_names, parts
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Label, Span


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
    for part in parts(subject):
        given = _given(part)
        for name, span in given.items():
            if name in known:
                yield warning(
                    f"`{name}` hides the file's `{name}`",
                    span,
                    secondary=(Label(known[name], "the other one"),),
                    help="call one of them something else",
                )
        hidden = given.keys() & words.keys() - known.keys()
        for call in _applied(part) if hidden else ():
            if call.id in hidden:
                hidden.discard(call.id)
                yield warning(
                    f"`{call.id}` is a value here, and a layer",
                    given[call.id],
                    secondary=(Label(call.span, "the layer"),),
                    help="call the value something else",
                )


def _given(part: Part) -> dict[str, Span]:
    """The names that a definition gives, each at its first place."""
    found: dict[str, Span] = {}
    for parameter in part.item.parameters:
        found.setdefault(parameter.name, parameter.span)
    for bind in part.all(ast.Bind):
        for target in bind.targets:
            if not _makes(bind.value, target.id):
                found.setdefault(target.id, target.span)
    for loop in part.all(ast.For):
        for target in loop.targets:
            found.setdefault(target.id, target.span)
    for declared in part.all(ast.InputDeclaration):
        found.setdefault(declared.name, declared.name_span)
    return found


def _makes(value: ast.Flow | ast.Control, name: str) -> bool:
    """Whether a value is what the layer or block of a name gives."""
    last = value.elements[-1] if isinstance(value, ast.Flow) else None
    word = last.function if isinstance(last, ast.Call) else last
    return isinstance(word, ast.Name) and word.id == name


def _applied(part: Part) -> Iterator[ast.Name]:
    """The words of layers that are applied with arguments or behind an arrow."""
    yield from (call.function for call in part.all(ast.Call) if isinstance(call.function, ast.Name))
    for flow in part.all(ast.Flow):
        yield from (element for element in flow.elements[1:] if isinstance(element, ast.Name))
