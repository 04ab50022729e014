"""Every code that netc can give has a long version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netc.cli as cli
from netc.compiler.lint import all_rules
from netc.grammar.codes import all_codes

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


def test_list_has_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    *codes, last = (line for line in lines if line)
    assert [line.split()[0] for line in codes] == [*all_codes(), *all_rules()]
    assert last.startswith("What the language has: `netc explain WORD`, of layers, ")
