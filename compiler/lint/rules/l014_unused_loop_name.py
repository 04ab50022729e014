"""L014: a loop that counts, and nobody asks how far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import at, between, literal, parts, source
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Edit, Fix


@rule("L014", fix="safe")
def unused_loop_name(subject: Subject) -> Iterator[Diagnostic]:
    """A `for` over a range never uses the number that it counts.

    ## What it does
    Finds `for i in 0..n` where nothing in the definition reads `i`.

    ## Why is this bad
    The reader looks for what changes from pass to pass, and nothing does. `repeat n` says so.

    ## Example
    ```
    net Loop(depth = 4) {
      input image: 16x28x28
      for i in 0..depth { conv(16, 3x3, pad=same, act=relu) }
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Loop(depth = 4) {
      input image: 16x28x28
      repeat depth { conv(16, 3x3, pad=same, act=relu) }
      flatten
      logits = dense(10)
    }
    ```
    """
    for part in parts(subject):
        loops = part.all(ast.For)
        names = Counter(name.id for name in part.all(ast.Name)) if loops else Counter[str]()
        givers: list[ast.Bind | ast.For] = [*part.all(ast.Bind), *loops]
        for giver in givers:
            names.subtract(target.id for target in giver.targets)
        for loop in loops:
            (name, *more) = loop.targets
            if more or names[name.id] > 0 or not isinstance(loop.iterable, ast.Range):
                continue
            start, stop = loop.iterable.start, loop.iterable.stop
            passes = source(subject).between(stop.span)
            counts = literal(start) == 0
            head = between(at(loop.span), loop.iterable.span)
            whole = head.to(loop.iterable.span)
            yield warning(
                f"nothing uses `{name.id}`",
                name.span,
                help=f"write `repeat {passes if counts else '…'} {{ … }}`",
                fix=Fix(f"write `repeat {passes}`", (Edit(whole, f"repeat {passes}"),))
                if counts and "#" not in source(subject).between(whole) and isinstance(stop, (ast.Number, ast.Name))
                else None,
            )
