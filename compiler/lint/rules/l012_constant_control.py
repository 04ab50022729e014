"""L012: control that always goes the same way."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import literal, parts
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Span
from netc.grammar.walk import walk


@rule("L012")
def constant_control(subject: Subject) -> Iterator[Diagnostic]:
    """Control goes the same way whatever the arguments are: `if` about numbers alone, a loop of one pass or none.

    ## What it does
    Finds conditions of `if` that mention no name, `repeat` of a number below 2, and `for` over a list or a range of
    numbers with fewer than two elements.

    ## Why is this bad
    Somebody reads it as a choice, and there is none. It is mostly left over from a trial.

    ## Example
    ```
    net Trial {
      input image: 1x28x28
      if true { conv(8, 3x3, act=relu) }
      repeat 1 { conv(16, 3x3, act=relu) }
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Plain {
      input image: 1x28x28
      conv(8, 3x3, act=relu)
      conv(16, 3x3, act=relu)
      flatten
      logits = dense(10)
    }
    ```
    """
    for part in parts(subject):
        for node in (*part.all(ast.If), *part.all(ast.Repeat), *part.all(ast.For)):
            found = _constant(node)
            if found is not None:
                message, span, help = found
                yield warning(message, span, help=help)


def _constant(node: ast.Syntax) -> tuple[str, Span, str] | None:
    match node:
        case ast.If(condition=condition) if not any(isinstance(part, ast.Name) for part in walk(condition)):
            return "this condition never changes", condition.span, "write what it comes to, without `if`"
        case ast.Repeat(count=count) if literal(count) in (0, 1):
            once = literal(count) == 1
            message = f"`repeat {literal(count)}` {'is no loop' if once else 'leaves out what is in it'}"
            return message, count.span, "write the braces' content once, without `repeat`" if once else "leave it out"
        case ast.For(iterable=ast.List(items=items) as iterable) if len(items) < 2:
            return _passes(len(items), iterable.span)
        case ast.For(iterable=ast.Range(start=start, stop=stop) as iterable):
            low, high = literal(start), literal(stop)
            if isinstance(low, int) and isinstance(high, int) and high - low < 2:
                return _passes(max(high - low, 0), iterable.span)
    return None


def _passes(count: int, span: Span) -> tuple[str, Span, str]:
    if count:
        return "a loop of one pass", span, "write the braces' content once, without `for`"
    return "a loop without a pass", span, "leave it out"
