"""L013: an expectation that says nothing new."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import parts, same
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L013")
def repeated_expect(subject: Subject) -> Iterator[Diagnostic]:
    """The same expectation stands twice in the same braces.

    ## What it does
    Finds an `expect` with the same condition as an earlier one beside it.

    ## Why is this bad
    The second one can fail only where the first one does. It was mostly meant about something else, which is then not
    watched.

    ## Example
    ```
    net Twice {
      input image: 1x28x28
      flatten
      first  = dense(64, act=relu)
      logits = dense(10)
      expect first.shape == [64]
      expect first.shape == [64]
    }
    ```

    ## Use instead
    ```
    net Both {
      input image: 1x28x28
      flatten
      first  = dense(64, act=relu)
      logits = dense(10)
      expect first.shape == [64]
      expect logits.shape == [10]
    }
    ```
    """
    for body in (body for part in parts(subject) if part.all(ast.Expect) for body in part.all(ast.Body)):
        seen: list[ast.Expect] = []
        for statement in body.statements:
            if isinstance(statement, ast.Expect):
                first = next((item for item in seen if same(item.condition, statement.condition)), None)
                if first is None:
                    seen.append(statement)
                    continue
                yield warning(
                    "this expectation stands here twice",
                    statement.span,
                    secondary=(Label(first.span, "first here"),),
                    help="leave it out, or expect something else",
                )
