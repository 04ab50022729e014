"""Nothing raw reaches a terminal, and no text looks like another one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netc.cli import run
from netc.cli.streams import cleaned
from netc.grammar.parse import parse
from netc.grammar.reading import parse_bytes

OBEYED = [*range(9), *range(11, 32), 127, *range(0x80, 0xA0), 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F),
          *range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF, 0xE0001, 0xE0041]  # fmt: skip
TURNED = ["\u202e", "\u2066", "\u200f", "\u061c", "\U000e0041"]


@pytest.mark.parametrize("code", OBEYED)
def test_no_such_character_is_printed(code: int) -> None:
    assert chr(code) not in cleaned(f"a{chr(code)}b")


def test_letters_and_signs_are_printed_as_they_are() -> None:
    text = "größe 3×3 — עברית, العربية, 日本語 👩‍💻\n\ttab"
    assert cleaned(text.replace("\u200d", "").replace("\t", " ")) == text.replace("\u200d", "").replace("\t", " ")


@pytest.mark.parametrize("style", ["full", "concise", "github"])
def test_findings_show_signs(tmp_path: Path, capsys: pytest.CaptureFixture[str], style: str) -> None:
    path = tmp_path / "a\u202eb\x1b[31m.net"
    path.write_text("net A {\n  input x: 8 # \x1b]0;title\x07 \u200b\n  foo\n  bar\x9b31m\n}\n", encoding="utf-8")
    assert run(["check", str(path), "--format", style, "--color", "never"]) == 1
    said = "".join(capsys.readouterr())
    assert not set(said) & set(map(chr, OBEYED))


def test_json_is_right_and_ascii(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a\u202eb.net"
    path.write_text("net A {\n  input x: 8\n  foo\n}\n")
    assert run(["check", str(path), "--format", "json"]) == 1
    said = capsys.readouterr().out
    assert said.isascii()
    assert json.loads(said)["diagnostics"][0]["file"] == str(path)


@pytest.mark.parametrize("character", TURNED)
@pytest.mark.parametrize("text", ["# a ? b\nnet A { input x: 8; relu }\n", 'net A "a ? b" { input x: 8; relu }\n'])
def test_a_text_that_turns_is_an_error(text: str, character: str) -> None:
    written = text.replace("?", character)
    (finding,) = parse(written, "a.net")[1]
    assert finding.code == "E137"
    assert finding.severity == "error"
    assert finding.primary is not None
    span = finding.primary.span
    assert written.splitlines()[span.line - 1][span.column - 1] == character
    assert finding.fix is not None
    assert parse(written.replace(character, ""), "a.net")[1] == []


def test_elsewhere_it_is_an_invisible_character_and_told_once() -> None:
    found = parse("net A { input x: 8; \u202e\u202e relu }\n", "a.net")[1]
    assert [finding.code for finding in found] == ["E101"]


def test_many_are_one_finding() -> None:
    (finding,) = parse("# \u202e\u202c\n" * 100 + "net A { input x: 8; relu }\n", "a.net")[1]
    assert len(finding.secondary) == 3
    assert "196 more places" in finding.notes[-1]


def test_right_to_left_letters_may_stand_in_comments() -> None:
    assert parse("# שלום, مرحبا\nnet A { input x: 8; relu }\n", "a.net")[1] == []


def test_columns_are_right_behind_a_byte_order_mark() -> None:
    for data in (b"\xef\xbb\xbfnet A { $ relu }", b"net A { $ relu }"):
        (finding, *_) = parse_bytes(data, "a.net")[1]
        assert finding.primary is not None
        assert (finding.primary.span.line, finding.primary.span.column) == (1, 9)
    places = {found.code: found.primary for found in parse_bytes(b"\xef\xbb\xbfnet \xff", "a.net")[1]}
    assert (place := places["E113"]) is not None
    assert place.span.column == 5
