"""The long versions of the findings' codes: one Markdown file a code, in `codes/`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from netc.grammar.diagnostics import did_you_mean

CODES = Path(__file__).with_name("codes")
CODE = re.compile(r"([A-Z]+)([0-9]+)")


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


def near(wrong: str, known: Iterable[str]) -> str | None:
    """The help for a code that nobody gives: those that are spelt nearly so, of its letters if there are any; else the
    two of its letters whose numbers are nearest, in its hundred if it has any. Of a beginning, `L99`, the first counts.
    """
    known = list(known)
    found = CODE.fullmatch(wrong.upper())
    same = [code for code in known if found is not None and CODE.sub(r"\1", code) == found[1]]
    spelt = did_you_mean(wrong.upper(), same or known)
    if found is None or not same or spelt is not None:
        return spelt
    number = int(found[2].ljust(3, "0"))

    def apart(code: str) -> tuple[bool, int]:
        other = int(CODE.sub(r"\2", code))
        return other // 100 != number // 100, abs(other - number)

    return f"near it are {' and '.join(f'`{code}`' for code in sorted(sorted(same, key=apart)[:2]))}"
