"""Findings of one lint rule in a text, and the text after their repairs."""

from __future__ import annotations

from repairs import applied

from netc.compiler.check import check
from netc.compiler.lint import lint_checked
from netc.grammar.diagnostics import Diagnostic, Severity


def findings(text: str, code: str) -> list[Diagnostic]:
    """What a rule finds in a program that is right."""
    checked = check("a.net", text)
    assert [found.message for found in checked.diagnostics if found.severity is Severity.ERROR] == []
    return [found for found in lint_checked(checked, "a.net", select=(code,)) if found.code == code]


def said(text: str, code: str) -> list[str]:
    """The messages of a rule, each with the label of its place."""
    return [f"{found.message}: {found.primary.message}" for found in findings(text, code) if found.primary]


def fixed(text: str, code: str) -> str:
    """A program after the first repair that a rule offers."""
    fix = next(found.fix for found in findings(text, code) if found.fix is not None)
    return applied(text, fix)


def net(body: str, shape: str = "3x32x32", train: str = "") -> str:
    """A net of this body, a line each for `;`, with a train section where one is given."""
    lines = "".join(f"  {line.strip()}\n" for line in body.split(";"))
    return f"net A {{\n  input x: {shape}\n{lines}}}\n" + (f"train A {{ {train} }}\n" if train else "")
