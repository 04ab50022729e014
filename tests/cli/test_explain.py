"""Every code that netc can give has a long version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netc.cli as cli
from netc.compiler.check import check
from netc.compiler.lint import all_rules
from netc.grammar.codes import all_codes
from netc.grammar.words import files

REPOSITORY = Path(__file__).parents[2]
SOURCES = [
    path for room in ("grammar", "compiler", "runtime", "netc/cli") for path in REPOSITORY.glob(f"{room}/**/*.py")
]


def test_every_code_in_the_program_is_explained() -> None:
    given = {code for path in SOURCES for code in re.findall(r'"(E[1-9]\d\d)"', path.read_text("utf-8"))}
    assert len(given) > 50
    assert sorted(given - set(all_codes())) == []


@pytest.mark.parametrize("code", [*all_codes(), *all_rules()])
def test_explain(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", code.lower() if code.startswith("E") else code]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"# {code} ")
    assert len(text.splitlines()) >= 4


@pytest.mark.parametrize(
    ("word", "near"),
    [("L999", "use `L909`"), ("l999", "use `L909`"), ("L880", "near it are `L805` and `L806`"), ("L0001", "`L001`"),
     ("Q100", "use `E100`"), ("unsaid-varient", "use `unsaid-variant`")],
)  # fmt: skip
def test_an_unknown_code_says_what_is_near(word: str, near: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", word]) == 2
    assert near in capsys.readouterr().err


def test_list_has_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    *codes, last = (line for line in lines if line)
    assert [line.split()[0] for line in codes] == [*all_codes(), *all_rules()]
    assert last.startswith("What the language has: `netc explain WORD`, of layers, ")


# ---------------------------------------------------------------- words of the language itself
def keywords() -> list[str]:
    """Every word that the grammar has."""
    text = (REPOSITORY / "grammar/net.lark").read_text("utf-8")
    return sorted(set(re.findall(r'^[A-Z]+: "([a-z]+)"$', text, re.MULTILINE)))


@pytest.mark.parametrize("word", [*keywords(), "scan", "weights", "step", "int", "bytes", "zip"])
def test_a_word_of_the_language_is_explained(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", word]) == 0
    text = capsys.readouterr().out
    assert word in text.splitlines()[0].partition(":")[0]
    example = text.partition("```net\n")[2].partition("```")[0]
    assert re.search(rf"\b{word}\b", example)


@pytest.mark.parametrize("path", sorted(set(files().values())), ids=lambda path: path.stem)
def test_the_example_of_a_word_is_a_program(path: Path) -> None:
    for example in re.findall("```net\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
        found = check("a.net", example).diagnostics
        assert [f"{one.code} {one.message}" for one in found] == []


def test_every_keyword_is_found() -> None:
    assert {"net", "block", "use", "train", "input", "repeat", "prev", "none"} <= set(keywords())


def test_a_word_of_two_kinds_is_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", "step"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# step: ")
    assert "# step (schedule)" in text


def test_the_words_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", "words"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == set(files())
