"""The long versions of the findings' codes: one Markdown file a code, in `codes/`."""

from __future__ import annotations

import re
from pathlib import Path

CODES = Path(__file__).with_name("codes")
CODE = re.compile(r"[A-Z]+[0-9]+")


def explanation(code: str) -> str | None:
    """The Markdown text about a code, or None where there is no such code. Lower case is understood."""
    name = code.strip().upper()
    path = CODES / f"{name}.md"
    return path.read_text(encoding="utf-8") if CODE.fullmatch(name) and path.is_file() else None


def all_codes() -> list[str]:
    """Every code that has a text here, in order. Lint rules carry theirs in their own docstrings."""
    return sorted(path.stem for path in CODES.glob("*.md") if CODE.fullmatch(path.stem))


def headline(code: str) -> str | None:
    """The first line about a code, without its `#`."""
    text = explanation(code)
    return text.splitlines()[0].lstrip("# ").strip() if text else None
