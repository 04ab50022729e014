"""The rules of `netc lint` over texts that may not be on the disk yet: a whole file, as the command does it."""

from __future__ import annotations

from collections.abc import Mapping

from netc.compiler.check import check
from netc.compiler.lint import lint_checked
from netc.grammar.diagnostics import Diagnostic, DiagnosticError


def lint_text(path: str, text: str, beside: Mapping[str, str]) -> list[Diagnostic]:
    """The findings of a file in reading order, the checker's among them; `beside` are open texts that it may use.

    What is wrong with the project's settings comes back as a finding.
    """
    checked = check(path, text, beside)
    try:
        return lint_checked(checked, path)
    except DiagnosticError as error:
        return [*checked.diagnostics, *error.diagnostics]
