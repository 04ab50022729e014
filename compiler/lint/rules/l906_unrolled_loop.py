"""L906: a loop that was written out by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import parts, source
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic, Edit, Fix, Span
from netc.grammar.source import Source

PERIODS = (1, 2, 3, 4)
TIMES = 3


@rule("L906", fix="unsafe", changes=(Change.NAMES,))
def unrolled_loop(subject: Subject) -> Iterator[Diagnostic]:
    """The same lines stand three times or more in a row.

    ## What it does
    Finds one to four statements without a name of their own that are written three times or more one after the other,
    and the same in a chain: `unit(64) -> unit(64) -> unit(64)`.

    ## Why is this bad
    The reader compares the lines to see whether they really are alike, and a change has to be made in each. `repeat`
    says how often; the layers keep their names, so that weights fit as before.

    ## Example
    ```
    net Stack {
      input image: 16x28x28
      conv(16, 3x3, pad=same, act=relu)
      conv(16, 3x3, pad=same, act=relu)
      conv(16, 3x3, pad=same, act=relu)
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Stack {
      input image: 16x28x28
      repeat 3 { conv(16, 3x3, pad=same, act=relu) }
      flatten
      logits = dense(10)
    }
    ```
    """
    text = source(subject)
    for body in (body for part in parts(subject) for body in part.all(ast.Body)):
        yield from _statements(body, text)
        for statement in body.statements:
            flow = statement.value if isinstance(statement, ast.Bind) else statement
            if isinstance(flow, ast.Flow) and len(flow.elements) >= TIMES:
                yield from _chain(flow, text)


def _statements(body: ast.Body, text: Source) -> Iterator[Diagnostic]:
    says = [_says(item, text) if isinstance(item, ast.Flow) else None for item in body.statements]
    for start, period, times in _runs(says):
        run = body.statements[start : start + period * times]
        whole = run[0].span.to(run[-1].span)
        which = "the same line stands" if period == 1 else f"the same {counted(period, 'line')} stand"
        yield warning(
            f"{which} here {counted(times, 'time')} in a row",
            run[0].span.to(run[period - 1].span),
            help=f"write `repeat {times} {{ … }}`",
            fix=_repeated(run[:period], whole, times, text),
        )


def _chain(flow: ast.Flow, text: Source) -> Iterator[Diagnostic]:
    says = [_says(item, text) if isinstance(item, ast.Call) else None for item in flow.elements]
    for start, period, times in _runs(says):
        run = flow.elements[start : start + period * times]
        which = "the same layer stands" if period == 1 else f"the same {counted(period, 'layer')} stand"
        inside = " -> ".join(text.between(item.span) for item in run[:period])
        yield warning(
            f"{which} here {counted(times, 'time')} in a row",
            run[0].span.to(run[-1].span),
            help=f"write `{{ repeat {times} {{ {inside} }} }}`",
        )


def _says(item: ast.Syntax, text: Source) -> str:
    return " ".join(text.between(item.span).split())


def _runs(says: Sequence[str | None]) -> Iterator[tuple[int, int, int]]:
    """Where a few statements are repeated: the first, how many they are, and how often they stand there."""
    start = 0
    while start < len(says):
        best = (0, 0)
        for period in PERIODS:
            unit = says[start : start + period]
            if None in unit or len(unit) < period or (period > 1 and len(set(unit)) == 1):
                continue
            times = 1
            while list(says[start + times * period : start + (times + 1) * period]) == list(unit):
                times += 1
            if times >= TIMES and times * period > best[0] * best[1]:
                best = (period, times)
        if best[1]:
            yield start, *best
        start += best[0] * best[1] or 1


def _repeated(run: Sequence[ast.Statement], whole: Span, times: int, text: Source) -> Fix | None:
    """`repeat` in the place of the lines, where no comment stands between them."""
    if "#" in text.between(whole):
        return None
    lines = [text.between(item.span) for item in run]
    if len(lines) == 1:
        inside = f" {lines[0]} "
    else:
        first = text.line(whole.line)
        indent = first[: len(first) - len(first.lstrip())]
        inside = "\n" + "".join(f"{indent}  {line}\n" for line in lines) + indent
    return Fix(f"write `repeat {times}`", (Edit(whole, f"repeat {times} {{{inside}}}"),))
