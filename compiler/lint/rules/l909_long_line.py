"""L909: a line that doesn't fit on a screen."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import source
from netc.grammar.diagnostics import Diagnostic, Span

LONGEST = 140


@rule("L909")
def long_line(subject: Subject) -> Iterator[Diagnostic]:
    """A line has more than 140 characters.

    ## What it does
    Finds lines of more than 140 characters. `netc fmt` breaks lines at 100 where it can; this is what nobody can read.

    ## Why is this bad
    Editors and reviews cut it off or fold it, and two of them don't fit beside each other. The end of a line is where
    a block's last layer stands.

    ## Example
    ```
    net Long {
      input image: 1x28x28
      conv(16, 3x3, act=relu) -> conv(16, 3x3, act=relu) -> maxpool(2x2) -> conv(32, 3x3, act=relu) -> conv(32, 3x3, act=relu) -> avgpool(2x2)   # the end
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Long {
      input image: 1x28x28
      conv(16, 3x3, act=relu) -> conv(16, 3x3, act=relu) -> maxpool(2x2)
      conv(32, 3x3, act=relu) -> conv(32, 3x3, act=relu) -> maxpool(2x2)
      flatten
      logits = dense(10)
    }
    ```
    """  # noqa: E501
    text = source(subject)
    for number in range(1, text.lines + 1):
        length = len(text.line(number))
        if length > LONGEST:
            yield warning(
                f"this line has {length} characters",
                Span(text.file, number, LONGEST + 1, number, length + 1),
                help="break it before `->` or behind a comma; `netc fmt` does",
            )
