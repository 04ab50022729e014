"""L904: a number that is written again and again."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import parts
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label, Span
from netc.grammar.walk import children, walk

TIMES = 3
SMALL_FACTORS = (1, 3, 5, 7)
DIGITS = 3
COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))


@rule("L904")
def repeated_number(subject: Subject) -> Iterator[Diagnostic]:
    """A number out of the ordinary is written three times or more.

    ## What it does
    Finds numbers of three digits that count, such as 784 or 0.0316, which a net or block has three times or more.
    Left alone are 1, 3, 5 and 7 times a power of two, as widths and sizes are, round numbers such as 1000, and what
    stands in `expect`, in comparisons, in lists and in defaults.

    ## Why is this bad
    The three belong together, and the text doesn't say so. Whoever changes one forgets another, and the shapes may fit
    all the same.

    ## Example
    ```
    net Code {
      input pixels: 784
      dense(392, act=relu)
      code   = dense(20)
      wide   = dense(392, act=relu)
      again  = dense(392, act=relu)
      output again, code, wide
    }
    ```

    ## Use instead
    ```
    net Code(hidden = 392) {
      input pixels: 784
      dense(hidden, act=relu)
      code   = dense(20)
      wide   = dense(hidden, act=relu)
      again  = dense(hidden, act=relu)
      output again, code, wide
    }
    ```
    """
    for part in parts(subject):
        item = part.item
        if sum(_unusual(number.value) for number in part.all(ast.Number)) < TIMES:
            continue
        places: dict[int | float, list[Span]] = {}
        for node in walk(item.body, inside=_inside):
            if isinstance(node, ast.Number) and _unusual(node.value):
                places.setdefault(node.value, []).append(node.span)
        for value, spans in places.items():
            if len(spans) >= TIMES:
                yield warning(
                    f"{value:,} is written {counted(len(spans), 'time')} in `{item.name}`",
                    spans[0],
                    secondary=[Label(span, "again") for span in spans[1:4]],
                    help=f"give it a name: `{item.name}(… = {value})`, or `… = {value}` above",
                )


def _inside(node: ast.Syntax) -> list[ast.Syntax]:
    if isinstance(node, (ast.Expect, ast.List, ast.Table)):
        return []
    compares = isinstance(node, ast.Binary) and node.operator in COMPARISONS
    return [] if compares else children(node)


def _unusual(value: int | float) -> bool:
    """Whether a number is one that two people wouldn't come to write by chance."""
    digits = f"{abs(value):.10g}".replace(".", "").partition("e")[0].strip("0")
    if len(digits) < DIGITS:
        return False
    if isinstance(value, float) and not value.is_integer():
        return True
    whole = abs(int(value))
    while whole % 2 == 0:
        whole //= 2
    return whole not in SMALL_FACTORS
