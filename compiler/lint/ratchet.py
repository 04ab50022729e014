"""`netc budget`: what the nets of a tree cost beside what they may, and budgets that follow the figures downwards."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netc.compiler.check import check
from netc.compiler.ir import Size
from netc.compiler.lint.allowance import Allowance, allowances, refused
from netc.compiler.lint.budget import BudgetError, Figure, NoPartError, bound, figures, miss
from netc.compiler.lint.config import config_for
from netc.compiler.lint.expectations import CODE
from netc.compiler.lint.files import find_files
from netc.compiler.lint.fixing import edited
from netc.compiler.lint.variants import without_budgets
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Edit, Severity
from netc.grammar.opening import read_text_file
from netc.grammar.source import Source


@dataclass(frozen=True, slots=True)
class Line:
    """One condition and one net: what it has, and whether that is within the budget; None where it isn't measured.

    source  who says so: `expect` in the text, or a pattern in `settings`
    """

    file: str
    net: str
    measure: str
    figure: Size | None
    condition: str
    holds: bool | None
    source: str
    settings: Path | None
    held: Allowance

    @property
    def spare(self) -> float | None:
        """How much of an upper bound is left, as a share; below 0 where it is missed."""
        limit = bound(self.held.comparison)
        if limit is None or limit[0] not in ("<", "<=") or not isinstance(self.figure, int) or not limit[1].value:
            return None
        return 1 - self.figure / limit[1].value


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a tree; the nets that have no budget, with their parameters; what stands in the way of counting."""

    lines: list[Line]
    free: list[tuple[str, str, int]]
    errors: list[Diagnostic]
    sources: dict[str, str]
    trees: dict[str, ast.File]


def table(paths: Iterable[str | Path]) -> Table:
    """Every net of some files and folders. Raises DiagnosticError E260 for conditions that cannot be understood."""
    found = Table([], [], [], {}, {})
    for file in find_files(paths):
        result = check(file)
        wrong = [one for one in result.diagnostics if one.severity is Severity.ERROR]
        found.sources.update(result.sources)
        if any(one.code != CODE for one in wrong):
            found.errors.extend(wrong)
            continue
        if wrong:  # a missed `expect` is what a table of budgets is for
            result = check(file, without_budgets(result.file))
        found.trees[file] = tree = _tree(file, found.sources[file])
        config = config_for(Path(file))
        for net in _first_of_each(result.nets):
            held = allowances(tree, net, config.budgets_for(Path(file)), config.path)
            lines = [line for one in held if (line := _line(file, net, one, config.path)) is not None]
            found.lines.extend(lines)
            if not lines:
                found.free.append((file, net.name, net.params))
    return found


def _tree(file: str, text: str) -> ast.File:
    from netc.grammar.parse import parse

    return parse(text, file)[0]


def _first_of_each(nets: Sequence[Net]) -> list[Net]:
    """A net once, whatever arguments its train sections give it."""
    return list({net.name: net for net in reversed(nets)}.values())[::-1]


def _line(file: str, net: Net, held: Allowance, settings: Path | None) -> Line | None:
    comparison = held.comparison
    source = held.pattern if held.pattern is not None else "expect"
    if comparison.timed:
        return Line(file, net.name, comparison.about, None, comparison.text, None, source, settings, held)
    try:
        counted: tuple[Figure, ...] = figures(comparison, net)
        holds = miss(comparison, net) is None
    except NoPartError as error:
        if held.pattern is None or "*" in held.pattern:
            return None
        raise refused(error, held.pattern, comparison.text, settings) from None
    except BudgetError as error:
        raise refused(error, held.pattern, comparison.text, settings) from None
    figure = counted[0] if counted else None
    name = figure.name if figure else comparison.about
    value = figure.value if figure else None
    return Line(file, net.name, name, value, comparison.text, holds, source, settings, held)


# ---------------------------------------------------------------- downwards
@dataclass(frozen=True, slots=True)
class Lowered:
    """One condition that became narrower: where it stands, and how it read and reads."""

    file: str
    before: str
    after: str


def lowered(found: Table) -> dict[str, tuple[str, str, list[Lowered]]]:
    """File -> its text, the text with budgets at present figures, and what changed. No budget is ever raised.

    The bound of a pattern becomes the largest figure among all nets below its settings that it holds for; where one of
    those files doesn't compile, it stays. Bounds that are missed, other
    forms than `measure <= number`, and latencies stay as they are.
    """
    changes = {**_in_texts(found), **_in_settings(found)}
    return {file: change for file, change in changes.items() if change[2]}


def _target(lines: Sequence[Line]) -> int | None:
    """The number that a bound can come down to; None where it stays."""
    limit = bound(lines[0].held.comparison)
    values = [line.figure for line in lines]
    if limit is None or limit[0] not in ("<", "<=") or not all(isinstance(value, int) for value in values):
        return None
    largest = max(value for value in values if isinstance(value, int)) + (limit[0] == "<")
    return largest if largest < limit[1].value else None


def _in_texts(found: Table) -> dict[str, tuple[str, str, list[Lowered]]]:
    changes = {}
    for file, tree in found.trees.items():
        edits, told = [], []
        for line in (line for line in found.lines if line.file == file and line.source == "expect"):
            limit, number = bound(line.held.comparison), _target([line])
            if limit is not None and number is not None:
                edits.append(Edit(limit[1].span, f"{number:_}"))
                told.append(Lowered(file, line.condition, _lower(line.condition, number)))
        changes[file] = (tree.source, edited(Source(file, tree.source), edits), told)
    return changes


def _in_settings(found: Table) -> dict[str, tuple[str, str, list[Lowered]]]:
    groups: dict[tuple[Path, str, str], list[Line]] = {}
    for settings in {line.settings: None for line in found.lines if line.settings and line.source != "expect"}:
        whole = table([settings.parent])  # a pattern is about nets that were not asked for, too
        for line in whole.lines if not whole.errors else ():
            if line.settings == settings and line.source != "expect":
                groups.setdefault((settings, line.source, line.condition), []).append(line)
    texts: dict[Path, str] = {}
    told: dict[Path, list[Lowered]] = {}
    for (path, pattern, condition), lines in groups.items():
        number = _target(lines)
        text = texts.setdefault(path, read_text_file(path))
        changed = None if number is None else _replaced(text, pattern, condition, _lower(condition, number))
        if changed is not None and number is not None:
            texts[path] = changed
            told.setdefault(path, []).append(Lowered(str(path), condition, _lower(condition, number)))
    return {str(path): (read_text_file(path), text, told.get(path, [])) for path, text in texts.items()}


def _lower(condition: str, number: int) -> str:
    return re.sub(r"[^\s<=]+$", f"{number:_}", condition)


def _replaced(text: str, pattern: str, before: str, after: str) -> str | None:
    """Settings with a condition of one pattern changed; None where the change would touch anything else."""
    old = tomllib.loads(text)
    for line in re.finditer(rf"^.*{re.escape(pattern)}.*$", text, re.MULTILINE):
        if before not in line[0]:
            continue
        made = text[: line.start()] + line[0].replace(before, after, 1) + text[line.end() :]
        if _differs_in(old, tomllib.loads(made), pattern, before, after):
            return made
    return None


def _differs_in(old: Mapping[str, object], new: Mapping[str, object], pattern: str, before: str, after: str) -> bool:
    """Whether the only difference between two tables is that condition."""
    differences = []
    for key in {*old, *new}:
        one, other = old.get(key), new.get(key)
        if one == other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            differences.append(_differs_in(one, other, pattern, before, after))
        else:
            same = isinstance(one, str) and key == pattern and one.replace(before, after, 1) == other
            differences.append(same)
    return differences == [True]
