"""Rules beyond correctness, one a file in `rules/`, each with its documentation; who runs them and what is allowed."""

from netc.compiler.lint.base import Rule, all_rules
from netc.compiler.lint.choice import Choice, selected
from netc.compiler.lint.files import find_files
from netc.compiler.lint.running import LintResult, lint, lint_checked, lint_file

__all__ = ["Choice", "LintResult", "Rule", "all_rules", "find_files", "lint", "lint_checked", "lint_file", "selected"]
