"""The formats that drawings are written in, by the endings of files."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from netc.compiler.drawing.model import Drawing
from netc.grammar.deep import deep
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.replacing import replace_file
from netc.grammar.writing import cannot_write, encoded


@dataclass(frozen=True, slots=True)
class Look:
    """How a drawing is to look, as far as a format has a choice.

    theme    `light`, `dark` or `auto`
    columns  side by side at most; None as many as fit a page
    """

    theme: str = "auto"
    columns: int | None = None


def _svg(drawing: Drawing, look: Look) -> bytes:
    from netc.compiler.drawing.svg import svg

    return encoded(svg(drawing, look.theme, look.columns))


def _png(drawing: Drawing, look: Look) -> bytes:
    from netc.compiler.drawing.png import png

    return png(drawing, look.theme, look.columns)


def _html(drawing: Drawing, look: Look) -> bytes:
    from netc.compiler.drawing.html import html

    return encoded(html(drawing, look.theme))


def _dot(drawing: Drawing, _: Look) -> bytes:
    from netc.compiler.drawing.dot import dot

    return encoded(dot(drawing))


def _mermaid(drawing: Drawing, _: Look) -> bytes:
    from netc.compiler.drawing.mermaid import mermaid

    return encoded(mermaid(drawing))


FORMATS: dict[str, Callable[[Drawing, Look], bytes]] = {
    ".svg": _svg,
    ".png": _png,
    ".html": _html,
    ".dot": _dot,
    ".mmd": _mermaid,
}


def format_of(path: str | Path) -> str:
    """The ending of a file that a drawing can be written to; raises DiagnosticError E278 for another one."""
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        help = f"end it with {', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}"
        raise DiagnosticError(Diagnostic("E278", f"{path} is of no format that a drawing is written in", help=help))
    return ending


def render(drawing: Drawing, ending: str, look: Look | None = None) -> bytes:
    """The content of a file with this ending: `.svg`, `.png`, `.html`, `.dot` or `.mmd`."""
    with deep():
        return FORMATS[ending](drawing, look or Look())


def save(drawing: Drawing, path: str | Path, look: Look | None = None) -> None:
    """Write a drawing; raises DiagnosticError E278 for another ending, E562 where nothing can be written."""
    path = Path(path)
    content = render(drawing, format_of(path), look)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        replace_file(path, content)
    except OSError as error:
        raise cannot_write(path, error, "use `-o` for another place") from error
