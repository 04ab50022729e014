"""Formatting in an editor: the edits lead to what `netc fmt` says, and are none where nothing is to do."""

from __future__ import annotations

import pytest
from editor_program import PROGRAM
from random_texts import random_text
from tiers import examples

from netc.compiler.language_service.formatting import formatting
from netc.compiler.language_service.rename import edited
from netc.grammar.layout import laid_out
from netc.grammar.source import Source

UGLY = PROGRAM.replace("base = 16", "base=16").replace("  y = dense(4)", "      y=dense( 4 )")


def formatted(text: str, lines: tuple[int, int] | None = None) -> str:
    return edited(text, formatting(Source("typed.net", text), lines))


@pytest.mark.quick(4)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_the_edits_lead_to_the_one_layout(newline: str, end: str) -> None:
    text = (UGLY.rstrip("\n") + end).replace("\n", newline)
    wanted = laid_out(text, "typed.net")[0]
    assert formatted(text) == wanted
    assert formatting(Source("typed.net", wanted)) == []


def test_random_texts() -> None:
    for seed in range(examples(60)):
        text = random_text(seed)
        assert formatted(text) == laid_out(text, "typed.net")[0], text


def test_lines_that_stay_are_in_no_edit() -> None:
    edits = formatting(Source("typed.net", UGLY))
    changed = {line for edit in edits for line in range(edit.span.line, edit.span.end_line)}
    lines = UGLY.split("\n")
    assert "      y=dense( 4 )" in {lines[line - 1] for line in changed}
    assert "net B {" not in {lines[line - 1] for line in changed}


def test_a_part_is_laid_out_as_the_whole_would_be() -> None:
    line = UGLY.split("\n").index("      y=dense( 4 )") + 1
    part = formatted(UGLY, (line, line))
    assert "\n  y = dense(4)\n" in part
    assert "\nbase=16\n" in part
    assert formatted(part, (1, UGLY.count("\n"))) == laid_out(UGLY, "typed.net")[0]


def test_a_text_with_mistakes_stays() -> None:
    assert formatting(Source("typed.net", UGLY + "net {")) == []
