"""How `netc check` and `netc lint` write findings: one file a format, those of `grammar/render.py` beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netc.compiler.lint import LintResult

FORMATS = ("full", "concise", "json", "github", "gitlab", "sarif", "junit")
FOR_MACHINES = frozenset(FORMATS[2:])
"""Nobody reads these as they come: nothing is told beside them."""


def written(result: LintResult, style: str) -> str:
    """The findings of some files in a format."""
    from netc.cli.terminal import use_color
    from netc.grammar import render

    match style:
        case "full":
            return render.render_full(result.diagnostics, result.sources, color=use_color(sys.stdout))
        case "concise":
            return render.render_concise(result.diagnostics)
        case "json":
            return render.render_json(result.diagnostics)
        case "github":
            return render.render_github(result.diagnostics)
    assert style in FORMATS
    module = import_module(f"{__name__}.{style}")
    render_it: Callable[[LintResult], str] = getattr(module, style)
    return render_it(result)


def sentence(parts: Sequence[str]) -> str:
    """Lines of a finding one below the other, without empty ones."""
    return "\n".join(part for part in parts if part)
