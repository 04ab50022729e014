"""What a lint rule declares: its code, its name, its documentation, and the check."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from netc.compiler.lint.allow import Allow
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Fix, Label, Severity, Span

if TYPE_CHECKING:
    from netc.compiler.net import Net

SECTIONS = ("What it does", "Why is this bad", "Example", "Use instead")


@dataclass(frozen=True, slots=True)
class Subject:
    """One file under lint.

    file      its path as given, `tree` its syntax, `nets` those of its nets that elaborate, `sources` file -> text
    found     the checker's findings
    allows    its `# netc: allow` comments
    budgets   conditions from the nearest pyproject.toml whose pattern matches the file: pattern -> `params <= 150M`
    config    that pyproject.toml
    ran       the codes of the rules that run
    """

    file: str
    tree: ast.File
    nets: tuple[Net, ...]
    sources: Mapping[str, str]
    found: tuple[Diagnostic, ...] = ()
    allows: tuple[Allow, ...] = ()
    budgets: Mapping[str, str] = field(default_factory=dict)
    config: Path | None = None
    ran: frozenset[str] = frozenset()


Check = Callable[[Subject], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered rule.

    in_check  `netc check` runs it too
    last      it looks at what became of the others' findings
    """

    code: str
    name: str
    documentation: str
    check: Check
    in_check: bool = False
    last: bool = False

    @property
    def headline(self) -> str:
        """The first line of the documentation."""
        return self.documentation.split("\n", 1)[0].rstrip(".")

    def run(self, subject: Subject) -> Iterator[Diagnostic]:
        """The rule's findings in one file, under its code."""
        for finding in self.check(subject):
            yield replace(finding, code=self.code)


_known: dict[str, Rule] = {}


def rule(code: str, *, check: bool = False, last: bool = False) -> Callable[[Check], Check]:
    """Register a generator of findings as the rule `code`; refuse one whose documentation lacks a section.

    The function's name is the rule's, with dashes; it reads as "allow <name>". `check` has `netc check` run it too,
    `last` runs it after the comments have been applied to the others.
    """

    def register(function: Check) -> Check:
        name = function.__name__.replace("_", "-")
        documentation = inspect.getdoc(function) or ""
        missing = [section for section in SECTIONS if f"\n## {section}\n" not in documentation]
        assert not missing, f"lint rule {code} ({name}) doesn't say: {', '.join(missing)}"
        assert re.fullmatch(r"L\d{3}", code), f"{code} is no lint code"
        assert code not in _known, f"lint rule {code} is declared twice"
        assert name not in {other.name for other in _known.values()}, f"a second lint rule is called {name}"
        _known[code] = Rule(code, name, documentation, function, check, last)
        return function

    return register


@cache
def all_rules() -> Mapping[str, Rule]:
    """Every rule by its code: those of the files of this folder that are called `l…`."""
    package = import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        if re.match(r"l\d", module.name):
            import_module(f"{__package__}.{module.name}")
    return dict(sorted(_known.items()))


def warning(
    message: str,
    span: Span,
    label: str = "",
    *,
    secondary: Iterable[Label] = (),
    notes: Iterable[str] = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """A rule's finding: a warning at a place. `Rule.run` puts the code on it."""
    return Diagnostic("L000", message, Label(span, label), tuple(secondary), tuple(notes), help, Severity.WARNING, fix)
