"""`netc explain` knows every word of the grammar, and its examples are nets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netc.grammar as grammar
from netc.cli import run
from netc.compiler import check
from netc.grammar.statements import STATEMENTS, Statement

WORDS = re.findall(r'^[A-Z]+: "([a-z]+)"$', Path(grammar.__file__).with_name("net.lark").read_text("utf-8"), re.M)


def test_the_grammar_has_words() -> None:
    assert {"net", "scan", "prev", "for"} - {*WORDS} == {"scan"}, "`scan` is a word by its place alone"


@pytest.mark.parametrize("word", [*WORDS, "scan", "step"])
def test_every_word_of_the_grammar_is_explained(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", word]) == 0
    assert "(of the grammar)" in capsys.readouterr().out


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.words[0])
def test_the_example_has_the_word_and_nothing_to_report(statement: Statement) -> None:
    assert [f"{found.code} {found.message}" for found in check("a.net", statement.example).diagnostics] == []
    assert re.search(rf"\b({'|'.join(statement.words)})\b", statement.example)


@pytest.mark.parametrize(("name", "means"), [("TimeDistributed", "scan"), ("trainable", "frozen"), ("import", "use")])
def test_names_from_elsewhere_lead_to_the_word(name: str, means: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", name]) == 0
    assert f"# {means}" in capsys.readouterr().out
