"""The generated tables are those of the grammar, and our driver and lark agree about what is in the language."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from lark import Lark
from lark.exceptions import UnexpectedInput
from lark.lexer import Token as LarkToken
from tiers import examples

from netc.grammar import tables
from netc.grammar.lexer import Lexer
from netc.grammar.source import Source
from netc.grammar.stack import Stack

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.net"))
GRAMMAR = tables.GRAMMAR.read_text(encoding="utf-8")


@cache
def larks() -> Lark:
    """lark on the grammar: made once, and not while tests are collected."""
    return Lark(GRAMMAR, parser="lalr", lexer="basic", strict=True, keep_all_tokens=True)


def test_tables_are_those_of_the_grammar() -> None:
    assert tables.dump(tables.build(GRAMMAR)) == tables.TABLES.read_text(encoding="utf-8"), (
        "run python -m netc.grammar.tables"
    )


def test_stale_or_missing_tables_are_built_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = tables.load()
    for content in (None, "", "[]", '{"grammar": "another"}'):
        monkeypatch.setattr(tables, "TABLES", tmp_path / "tables.json")
        if content is not None:
            (tmp_path / "tables.json").write_text(content)
        assert tables.load() == expected


def test_the_digest_ignores_newline_conventions() -> None:
    assert tables.digest("a\r\nb\n") == tables.digest("a\nb\n") != tables.digest("a\nc\n")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_tokens_are_those_of_lark(path: Path) -> None:
    text = path.read_text()
    ours = Lexer(Source("x.net", text), tables.load()).run()
    theirs = list(larks().lex(text))
    assert ours.findings == []
    assert [(token.kind, token.text, token.start) for token in ours.tokens[:-1]] == [
        (token.type, str(token), token.start_pos) for token in theirs
    ]


def accepted_by_lark(kinds: list[str]) -> bool:
    interactive = larks().parse_interactive("")
    try:
        for kind in kinds:
            interactive.feed_token(LarkToken(kind, "x"))
        interactive.feed_eof()
    except UnexpectedInput:
        return False
    return True


def accepted_by_us(kinds: list[str]) -> bool:
    return Stack(tables.load()).accepts(*kinds, "$END")


@cache
def kinds_of_lark() -> list[str]:
    return sorted({terminal.name for terminal in larks().terminals} - {"COMMENT", "SPACE"} | {"STEP", "TYPE"})


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_the_language_is_that_of_lark(data: st.DataObject) -> None:
    """Sentences of the grammar, grown from what lark accepts next, with one token changed now and then."""
    interactive = larks().parse_interactive("")
    kinds: list[str] = []
    for _ in range(data.draw(st.integers(0, 25))):
        kind = data.draw(st.sampled_from(sorted(interactive.accepts())))
        if kind == "$END":
            break
        kinds.append(kind)
        interactive.feed_token(LarkToken(kind, "x"))
    if kinds and data.draw(st.booleans()):
        kinds[data.draw(st.integers(0, len(kinds) - 1))] = data.draw(st.sampled_from(kinds_of_lark()))
    assert accepted_by_us(kinds) == accepted_by_lark(kinds)


def test_parsing_imports_no_lark() -> None:
    """The tables are read, and not made again: that takes lark, and a second."""
    code = (
        "import sys; from netc.grammar.reading import parse_file; "
        f"file, findings = parse_file({str(EXAMPLES[0])!r}); assert not findings; "
        "heavy = {'lark', 'numpy', 'onnx', 'onnxruntime', 'rich'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
