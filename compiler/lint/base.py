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
from typing import Any, TypeVar, Unpack

from netc.compiler.lint.allow import Allow
from netc.compiler.lint.evidence import NOTHING, DataCard, Evidence, Record
from netc.compiler.lint.wiring import Wiring
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import Change, Details, Diagnostic, Severity, Span

FAMILIES = {
    "L0": "The first nine, and what nothing uses",
    "L1": "Parameters and size",
    "L2": "Shapes",
    "L3": "Normalization",
    "L4": "Activations and losses",
    "L5": "Initialization",
    "L6": "Training",
    "L7": "Data",
    "L8": "Memory and speed",
    "L9": "Naming and style",
}
"""What the hundreds of the rules' codes stand for."""

CHECKER = "E"
"""The family of the checker's own findings, which are no rules."""
SECTIONS = ("What it does", "Why is this bad", "Example", "Use instead")


Shared = TypeVar("Shared")


@dataclass(frozen=True, slots=True)
class Subject:
    """One file under lint.

    file      its path as given, `tree` its syntax, `nets` those of its nets that elaborate, `sources` file -> text
    found     the checker's findings
    allows    its `# netc: allow` comments
    budgets   conditions from the nearest settings whose pattern matches the file: pattern -> `params <= 150M`
    config    that netc.toml or pyproject.toml
    ran       the codes of the rules that run
    given     what is set for rules there: code -> setting -> value
    evidence  what is known beyond the text: see `card` and `history`
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
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    evidence: Evidence = NOTHING
    _wirings: dict[int, Wiring] = field(default_factory=dict, init=False, repr=False)
    _shared: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def wiring(self, net: Net) -> Wiring:
        """How one of the nets hangs together, worked out once, when the first rule asks."""
        if id(net) not in self._wirings:
            self._wirings[id(net)] = Wiring(net)
        return self._wirings[id(net)]

    def setting(self, code: str, name: str) -> Any:
        """A setting of a rule: what netc.toml or pyproject.toml says, else the default that the rule declares."""
        return self.given.get(code, {}).get(name, all_rules()[code].settings[name])

    def shared(self, make: Callable[[Subject], Shared]) -> Shared:
        """What a function makes of the file, worked out once, when the first rule asks."""
        if make not in self._shared:
            self._shared[make] = make(self)
        found: Shared = self._shared[make]
        return found

    def card(self, net: Net) -> DataCard | None:
        """What the data of a net's training are, where that is at hand."""
        return self.evidence.card if self.evidence.net in (None, net.name) else None

    def history(self, net: Net) -> tuple[Record, ...]:
        """A record for each epoch of a training of a net, empty where none is at hand."""
        return self.evidence.history if self.evidence.net in (None, net.name) else ()


Check = Callable[[Subject], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered rule.

    in_check  `netc check` runs it too
    last      it looks at what became of the others' findings
    settings  what can be set for it in netc.toml or pyproject.toml, with the defaults
    fix       whether some of its findings bring a fix: "safe", "unsafe" or ""
    changes   what its fixes may change
    """

    code: str
    name: str
    documentation: str
    check: Check
    in_check: bool = False
    last: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    fix: str = ""
    changes: tuple[Change, ...] = ()

    def begins(self, word: str) -> bool:
        """Whether a word stands for this rule: its code, a beginning of it, or the letters of its family alone."""
        return self.code.startswith(word) and family(self.code) == family(word)

    @property
    def headline(self) -> str:
        """The first line of the documentation."""
        return self.documentation.split("\n", 1)[0].rstrip(".")

    def run(self, subject: Subject) -> Iterator[Diagnostic]:
        """The rule's findings in one file, under its code."""
        for finding in self.check(subject):
            fix = finding.fix
            if fix is not None:
                fix = replace(fix, safe=fix.safe or self.fix == "safe", changes=fix.changes or self.changes)
            yield replace(finding, code=self.code, fix=fix)


_known: dict[str, Rule] = {}


def hundred(code: str) -> str:
    """What a code's hundred stands for: "Shapes" for L204; the letters alone where they are another family's."""
    return FAMILIES.get(code[:2] if len(code) == 4 else "", family(code))


def family(code: str) -> str:
    """The letters that a code begins with."""
    return code.rstrip("0123456789")


def rule(
    code: str,
    *,
    check: bool = False,
    last: bool = False,
    fix: str = "",
    changes: tuple[Change, ...] = (),
    **settings: int | float | str | bool,
) -> Callable[[Check], Check]:
    """Register a generator of findings as the rule `code`; refuse one whose documentation lacks a section.

    A code is letters and digits: the letters name the family that the rule belongs to. The checker's family is `E`.
    The function's name is the rule's, with dashes; it reads as "allow <name>". `check` has `netc check` run it too,
    `last` runs it after the comments have been applied to the others. A rule that has fixes says of which kind:
    `fix="safe"` or `fix="unsafe"`, and what they may change besides the text. Further keywords are settings with
    their defaults: `@rule("L004", share=0.5)` has `subject.setting("L004", "share")`, which `[tool.netc.lint.L004]`
    with `share = 0.6` changes.
    """

    def register(function: Check) -> Check:
        name = function.__name__.replace("_", "-")
        documentation = inspect.getdoc(function) or ""
        missing = [section for section in SECTIONS if f"\n## {section}\n" not in documentation]
        assert not missing, f"lint rule {code} ({name}) doesn't say: {', '.join(missing)}"
        assert re.fullmatch(r"[A-Z]+\d+", code), f"{code} is no lint code"
        assert family(code) != CHECKER, f"{code} is a code of the checker's"
        assert code not in _known, f"lint rule {code} is declared twice"
        assert name not in {other.name for other in _known.values()}, f"a second lint rule is called {name}"
        assert fix in ("", "safe", "unsafe"), f"{code}: a fix is safe or unsafe"
        _known[code] = Rule(code, name, documentation, function, check, last, settings, fix, changes)
        return function

    return register


@cache
def all_rules() -> Mapping[str, Rule]:
    """Every rule by its code, family by family: those of the files in `rules/`."""
    folder = f"{__package__}.rules"
    for module in pkgutil.iter_modules(import_module(folder).__path__):
        import_module(f"{folder}.{module.name}")
    return dict(sorted(_known.items(), key=lambda item: (family(item[0]), int(item[0].removeprefix(family(item[0]))))))


def warning(message: str, span: Span, label: str = "", **details: Unpack[Details]) -> Diagnostic:
    """A rule's finding: a warning at a place. `Rule.run` puts the code on it."""
    return Diagnostic.at(Severity.WARNING, "", message, span, label, **details)
