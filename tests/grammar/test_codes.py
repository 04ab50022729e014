"""Every code has its text, every text its code, and the examples in them are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netc.grammar import codes
from netc.grammar.parse import parse

ROOT = Path(codes.__file__).resolve().parents[1]
LIMITS = [f"E{number}" for number in range(130, 142)]
"""Codes about what a text asks for, whose examples are in `tests/limits/`."""
SYNTAX = [code for code in codes.all_codes() if code.startswith("E1")]


def used_codes() -> set[str]:
    found: set[str] = set()
    for folder in ("grammar", "compiler", "runtime", "netc/cli"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(re.findall(r"[\"'](E[1-9][0-9]{2})[\"']", path.read_text(encoding="utf-8")))
    return found


def test_codes_and_texts_agree() -> None:
    used, known = used_codes(), set(codes.all_codes())
    assert used - known == set(), "write grammar/codes/<code>.md"
    assert known - used == set(), "nothing reports these codes"


@pytest.mark.parametrize("code", codes.all_codes())
def test_a_text_is_well_formed(code: str) -> None:
    text = codes.explanation(code)
    assert text is not None
    lines = text.splitlines()
    assert lines[0].startswith("# ")
    assert lines[0] == f"# {codes.headline(code)}"
    assert not lines[0].endswith(".")
    assert 3 <= len(lines) <= 60


@pytest.mark.parametrize("code", SYNTAX)
def test_the_example_fails_and_its_repair_does_not(code: str) -> None:
    text = codes.explanation(code)
    assert text is not None
    blocks = re.findall(r"^```net\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    if not blocks:
        assert code in ("E100", "E108", "E113", *LIMITS)
        return
    wrong, repaired = blocks
    assert code in [finding.code for finding in parse(wrong, "wrong.net")[1]]
    assert parse(repaired, "repaired.net")[1] == []


def test_look_up() -> None:
    assert codes.explanation("e104") == codes.explanation(" E104 ") != None  # noqa: E711
    for unknown in ("E999", "", "../E104", "E104.md", "codes"):
        assert codes.explanation(unknown) is None
        assert codes.headline(unknown) is None
