"""Which rules run on a file: what the command line and the file's settings say, the more specific word first.

As in ruff, a longer beginning of a code wins over a shorter one, and at equal length what is ignored is left out:
`select = ["L1"]` with `ignore = ["L104"]` runs L1xx but L104, `ignore = ["L"]` with `select = ["L104"]` L104 alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netc.compiler.lint.base import Rule, all_rules
from netc.compiler.lint.config import Config, fits
from netc.compiler.lint.evidence import Evidence
from netc.grammar.codes import near
from netc.grammar.diagnostics import Diagnostic, DiagnosticError


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for besides the settings of a file: codes, beginnings of codes (`L1`), or families (`L`).

    select            replaces what the settings select
    ignore            is left out besides what the settings ignore
    extend_select     is added to what is selected, here or in the settings
    per_file_ignores  pattern -> what is left out in files that fit; seen from the working directory
    only_check        the rules that `netc check` runs too, whatever the settings say
    evidence          what is known of data and training; None is what the run folder knows that a file lies in
    given             arguments of the nets, as `compiler.check` takes them
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    only_check: bool = False
    evidence: Evidence | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    def rules(self, config: Config, file: Path) -> list[Rule]:
        """The rules for one file; raises DiagnosticError E260 for words that no code begins with."""
        if self.only_check:
            return [rule for rule in all_rules().values() if rule.in_check]
        without = [*self.ignore, *config.ignore, *ignored(file, Path.cwd(), self.per_file_ignores)]
        without += ignored(file, config.folder, config.per_file_ignores)
        return selected(self.select or config.select, without, (*self.extend_select, *config.extend_select))


def ignored(file: Path, base: Path, table: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The codes that are left out in one file, however special the selection: the list is about that file."""
    words = [word for pattern, codes in table.items() if fits(file, base, pattern) for word in codes]
    return [rule.code for rule in selected(words, ())] if words else []


def selected(select: Iterable[str], ignore: Iterable[str], extend: Iterable[str] = ()) -> list[Rule]:
    """The rules that `select` (all, if empty) or `extend` stands for, and `ignore` does not more specially."""
    chosen, without = [*select], [*ignore]
    added = [*extend]
    if not (chosen or added or without):
        return list(all_rules().values())
    _known((*chosen, *added, *without))
    return [rule for rule in all_rules().values() if _weight(rule, chosen, added) > _longest(rule, without)]


def _weight(rule: Rule, select: list[str], extend: list[str]) -> int:
    """How specially a rule is selected; 0 where it runs because nothing is selected, -1 where it isn't."""
    found = max(_longest(rule, select), _longest(rule, extend))
    return found if found >= 0 or select else 0


def _longest(rule: Rule, words: Iterable[str]) -> int:
    return max((len(word) for word in words if rule.begins(word)), default=-1)


def _known(words: Iterable[str]) -> None:
    rules = all_rules()
    for word in words:
        if not any(rule.begins(word) for rule in rules.values()):
            named = [code for code, rule in rules.items() if rule.name == word]
            help = f"use `{named[0]}`" if named else near(word, rules) or "see `netc rules` for the codes"
            raise DiagnosticError(Diagnostic("E260", f"no lint rule's code begins with `{word}`", help=help))


def mappings(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """`PATTERN:CODE` pairs of a command line, separated by commas; raises DiagnosticError E260."""
    for value in values:
        for pair in value.split(","):
            pattern, colon, code = pair.strip().rpartition(":")
            if not colon or not pattern or not code.strip():
                help = "write a pattern, a colon and a code: `--per-file-ignores 'old/**:L007'`"
                raise DiagnosticError(Diagnostic("E260", f"`{pair.strip()}` ignores nothing", help=help))
            yield pattern.strip(), code.strip()
