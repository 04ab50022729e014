"""`[tool.netc.lint]` and `[tool.netc.budget]` of the nearest pyproject.toml upward from a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.opening import read_text_file, resolved

SETTINGS = {"lint": ("select", "ignore"), "budget": ()}


@dataclass(frozen=True, slots=True)
class Config:
    """`select` and `ignore` hold codes, their beginnings (`L00`) or families (`L`); `budgets` pattern -> condition."""

    path: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    budgets: Mapping[str, str] = field(default_factory=dict)

    def budgets_for(self, file: Path) -> dict[str, str]:
        """The budgets whose pattern, relative to the pyproject.toml, matches a file."""
        if self.path is None:
            return {}
        relative = resolved(file).relative_to(self.path.parent).as_posix()
        return {pattern: text for pattern, text in self.budgets.items() if matches(relative, pattern)}


def config_for(file: Path) -> Config:
    """The settings for a file; raises DiagnosticError E260 where they cannot be understood."""
    for folder in resolved(file).parents:
        config = _read(folder / "pyproject.toml")
        if config is not None:
            return config
    return Config()


def matches(path: str, pattern: str) -> bool:
    """Whether a relative path fits a pattern: `*` and `?` stay within a folder, `**` crosses folders."""
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./"))
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(wild.get(piece, re.escape(piece)) for piece in pieces), path) is not None


@cache
def _read(path: Path) -> Config | None:
    """The settings in one pyproject.toml; None where it is missing or has no [tool.netc]."""
    try:
        table = tomllib.loads(read_text_file(path)).get("tool", {}).get("netc")
    except OSError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refuse(path, f"pyproject.toml cannot be read: {error}", "repair the line it names") from None
    if table is None:
        return None
    sections = {name: _section(path, table, name) for name in SETTINGS}
    for name in table if isinstance(table, dict) else ():
        if name not in SETTINGS:
            raise _refuse(path, f"there is no section [tool.netc.{name}]", did_you_mean(name, SETTINGS))
    for key in sections["lint"]:
        if key not in SETTINGS["lint"]:
            raise _refuse(path, f"[tool.netc.lint] has no setting `{key}`", did_you_mean(key, SETTINGS["lint"]))
    for pattern, condition in sections["budget"].items():
        if not isinstance(condition, str):
            raise _refuse(path, f'the budget of "{pattern}" is not a text', f'write "{pattern}" = "params <= 1M"')
    select, ignore = (_codes(path, sections["lint"], key) for key in SETTINGS["lint"])
    return Config(path, select, ignore, sections["budget"])


def _section(path: Path, table: Any, name: str) -> dict[str, Any]:
    section = table.get(name, {}) if isinstance(table, dict) else None
    if not isinstance(section, dict):
        raise _refuse(path, f"tool.netc.{name} is not a table", f"write [tool.netc.{name}] on a line of its own")
    return section


def _codes(path: Path, lint: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = lint.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _refuse(path, f"`{key}` in [tool.netc.lint] is not a list of codes", f'write {key} = ["L001"]')
    return tuple(value)


def _refuse(path: Path, message: str, help: str | None) -> DiagnosticError:
    return DiagnosticError(Diagnostic("E260", message, notes=(f"in {path}",), help=help))
