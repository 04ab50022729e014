"""Settings of the nearest `netc.toml`, or `pyproject.toml` with a `[tool.netc]`, upward from a file.

In `netc.toml` the sections stand without their prefix: `[lint]`, `[budget]`. Of two in one folder it is `netc.toml`
that counts, and settings of folders further up are not looked at, as ruff does.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from netc.compiler.lint.base import all_rules
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.opening import read_text_file, resolved

SECTIONS = ("lint", "budget")
LISTS = ("select", "ignore", "extend-select")
PER_FILE = "per-file-ignores"


@dataclass(frozen=True, slots=True)
class Config:
    """`select`, `ignore` and `extend_select` hold codes, their beginnings (`L00`) or families (`L`).

    per_file_ignores  pattern -> codes;  budgets: pattern -> condition
    rules             code -> what is set for it: `[tool.netc.lint.L004]` with `share = 0.6`
    """

    path: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    budgets: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its patterns are seen from."""
        return Path.cwd() if self.path is None else self.path.parent

    def budgets_for(self, file: Path) -> dict[str, str]:
        """The budgets whose pattern, relative to the folder of the settings, matches a file; the narrowest last."""
        if self.path is None:
            return {}
        found = [(pattern, text) for pattern, text in self.budgets.items() if fits(file, self.folder, pattern)]
        return dict(sorted(found, key=lambda pair: narrowness(pair[0])))


def config_for(file: Path) -> Config:
    """The settings for a file; raises DiagnosticError E260 where they cannot be understood."""
    return _upward(resolved(file).parent)


def fits(file: Path, base: Path, pattern: str) -> bool:
    """Whether a file fits a pattern that is seen from a folder; one without a slash may be the file's name alone."""
    path = resolved(file)
    if "/" not in pattern and "**" not in pattern and matches(path.name, pattern):
        return True
    base = resolved(base)
    return path.is_relative_to(base) and matches(path.relative_to(base).as_posix(), pattern)


def matches(path: str, pattern: str) -> bool:
    """Whether a relative path fits a pattern: `*` and `?` stay within a folder, `**` crosses folders."""
    return _compiled(pattern).fullmatch(path) is not None


def narrowness(pattern: str) -> tuple[int, int, int]:
    """How special a pattern is: by its folders, by what of it is no wildcard, by its wildcards."""
    fixed = re.sub(r"\*+|\?", "", pattern)
    return (pattern.replace("**/", "").count("/"), len(fixed), -pattern.count("*"))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./"))
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wild.get(piece, re.escape(piece)) for piece in pieces))


# ---------------------------------------------------------------- reading
@cache
def _upward(folder: Path) -> Config:
    found = _read(folder / "netc.toml", ()) or _read(folder / "pyproject.toml", ("tool", "netc"))
    if found is not None:
        return found
    return Config() if folder.parent == folder else _upward(folder.parent)


def forget() -> None:
    """Read the files again when they are next asked for."""
    _upward.cache_clear()


def _read(path: Path, below: tuple[str, ...]) -> Config | None:
    """The settings in one file; None where it is missing or says nothing about netc."""
    try:
        table: Any = tomllib.loads(read_text_file(path))
    except OSError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refuse(path, f"{path.name} cannot be read: {error}", "repair the line it names") from None
    for name in below:
        table = table.get(name) if isinstance(table, dict) else None
    return None if table is None else _Reader(path, below).config(table)


class _Reader:
    """Takes the table apart; `head` is how its sections are called in this file."""

    def __init__(self, path: Path, below: tuple[str, ...]) -> None:
        self.path = path
        self.below = below

    def config(self, table: Any) -> Config:
        self._known(table, SECTIONS, self._head(), "section")
        sections = {name: self._section(table, name) for name in SECTIONS}
        lint, budget = sections["lint"], sections["budget"]
        rules = {code: value for code, value in lint.items() if code in all_rules()}
        self._known(lint, (*LISTS, PER_FILE, *rules), self._head("lint"), "setting", [*LISTS, PER_FILE, *all_rules()])
        for pattern, condition in budget.items():
            if not isinstance(condition, str):
                raise self._refuse(
                    f'the budget of "{pattern}" is not a text',
                    f'write "{pattern}" = "params <= 1M", several conditions as "params <= 1M and flops <= 1G"',
                )
        select, ignore, extend = (self._codes(lint, key) for key in LISTS)
        per_file = self._section(lint, PER_FILE, "lint")
        ignored = {pattern: self._codes(per_file, pattern, f"lint.{PER_FILE}") for pattern in per_file}
        settings = {code: self._rule(code, value) for code, value in rules.items()}
        return Config(self.path, select, ignore, extend, ignored, budget, settings)

    def _head(self, *names: str) -> str:
        return ".".join((*self.below, *names))

    def _known(self, table: Any, known: Any, where: str, what: str, near: Any = None) -> None:
        for name in table if isinstance(table, dict) else ():
            if name not in known:
                place = f"{where}.{name}" if where else name
                message = (
                    f"there is no section [{place}]" if what == "section" else f"[{where}] has no setting `{name}`"
                )
                help = did_you_mean(name, near or known) or f"it knows {', '.join(known)}"
                raise self._refuse(message, help)

    def _section(self, table: Any, name: str, *above: str) -> dict[str, Any]:
        section = table.get(name, {}) if isinstance(table, dict) else None
        if not isinstance(section, dict):
            head = self._head(*above, name)
            raise self._refuse(f"{head} is not a table", f"write [{head}] on a line of its own")
        return section

    def _codes(self, table: Mapping[str, Any], key: str, section: str = "lint") -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            quoted = key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'
            help = f'write {quoted} = ["L001"]'
            raise self._refuse(f"`{key}` in [{self._head(section)}] is not a list of codes", help)
        return tuple(value)

    def _rule(self, code: str, table: Any) -> Mapping[str, Any]:
        """What is set for a rule, each of the kind of its default."""
        head = self._head("lint", code)
        known = all_rules()[code].settings
        if not isinstance(table, dict):
            raise self._refuse(f"{head} is not a table", f"write [{head}] on a line of its own")
        for name, value in table.items():
            if name not in known:
                help = did_you_mean(name, known) or f"it knows {', '.join(known) or 'no settings'}"
                raise self._refuse(f"[{head}] has no setting `{name}`", help)
            if not _alike(value, known[name]):
                wanted = f"write {name} = {_toml(known[name])}, or another value of that kind"
                raise self._refuse(f"`{name}` in [{head}] is of the wrong kind", wanted)
        return table

    def _refuse(self, message: str, help: str | None) -> DiagnosticError:
        return _refuse(self.path, message, help)


def _alike(value: Any, default: Any) -> bool:
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def _refuse(path: Path, message: str, help: str | None) -> DiagnosticError:
    return DiagnosticError(Diagnostic("E260", message, notes=(f"in {path}",), help=help))
