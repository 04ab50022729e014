"""What a wrong text gets: the code, the place underlined, and words that name the mistake."""

from __future__ import annotations

import re
from functools import partial

import pytest
from growth import assert_linear

from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, suggestions
from netc.grammar.lexer import Token
from netc.grammar.parse import parse
from netc.grammar.reading import parse_file
from netc.grammar.situation import Situation
from netc.grammar.source import Source
from netc.grammar.stack import Stack
from netc.grammar.syntax_errors import explain
from netc.grammar.tables import load


def findings(text: str) -> list[Diagnostic]:
    return parse(text, "x.net")[1]


def underlined(text: str, finding: Diagnostic) -> str:
    assert finding.primary is not None
    span = finding.primary.span
    assert span.line == span.end_line
    return Source("", text).line(span.line)[span.column - 1 : span.end_column - 1]


# the text of a net's body, the code, what is underlined, a part of the message
STATEMENTS = [
    ("x → relu", "E101", "→", "no sign"),
    ("größe = 3", "E101", "größe", "letters outside"),
    ("a @ b", "E101", "@", "no sign"),
    ("a && b", "E101", "&&", "no sign"),
    ("a |> b", "E101", "|>", "no sign"),
    ("\u00a0relu", "E101", "\u00a0", "U+00A0, no-break space"),
    ("\x00relu", "E101", "\x00", "U+0000"),
    ("conv(32, pad='same')", "E102", "'same'", "not in `'`"),
    ('s = "abc', "E102", '"abc', "does not end"),
    (r's = "C:\data"', "E102", r'"C:\data"', r"`\d` means nothing"),
    ("input x: 3xHxW", "E103", "3xHxW", "no shape"),
    ("x = 12abc", "E103", "12abc", "neither a number nor a name"),
    ("x = .5", "E103", ".", "`.5` is no number"),
    ("x = 1٣", "E103", "1٣", "no number"),
    ("x = ٣٤", "E103", "٣٤", "no number"),
    ("x = 1_", "E103", "1_", "stray `_`"),
    ("x = 5kiB", "E103", "5kiB", "`kiB` is no unit"),
    ("x = 1e999", "E103", "1e999", "too large"),
    ("x = 99999999999999999999", "E103", "99999999999999999999", "too large"),
    ("conv(32\nrelu", "E104", "(", "`(` is never closed"),
    ("x = [1, 2\nrelu", "E104", "[", "`[` is never closed"),
    ("conv(32, 3x3,\nrelu\ndense(10)", "E104", "(", "`(` is never closed"),
    ("add { f(a }", "E104", "(", "`(` is never closed"),
    ("x = (1]", "E105", "]", "`]` closes `(`"),
    ("relu)", "E105", ")", "closes nothing"),
    ("repeat = 3", "E106", "repeat", "reserved word"),
    ("net = 3", "E106", "net", "reserved word"),
    ("conv(for=3)", "E106", "for", "reserved word"),
    ("x = y.input", "E106", "input", "reserved word"),
    ("for if in x { }", "E106", "if", "reserved word"),
    ("conv 32", "E107", "32", "`conv` and `32` stand side by side"),
    ("conv(32 3x3)", "E107", "3x3", "a comma is missing"),
    ("conv(32,\n3x3\npad=same)", "E107", "pad", "a comma is missing"),
    ("repeat 2 { a } b", "E107", "b", "side by side"),
    ("relu relu", "E107", "relu", "side by side"),
    ("{ x = }", "E109", "}", "no value"),
    ("x = relu ->\ny = 3", "E109", "->", "nothing on its right"),
    ("x = a +\ny = 3", "E109", "+", "nothing on its right"),
    ("f(a,, b)", "E109", ",", "between two commas"),
    ("f(, b)", "E109", ",", "nothing on its left"),
    ("f(k=)", "E109", ")", "no value"),
    ("{ -> relu }", "E109", "->", "nothing on its left"),
    ("* 3", "E109", "*", "nothing on its left"),
    ("// a remark", "E109", "//", "nothing on its left"),
    ("/* a remark */", "E109", "/", "opens no comment"),
    ("x = a if b", "E109", "if", "no `else`"),
    ("if { a }", "E109", "{", "no condition"),
    ("repeat { a }", "E109", "{", "no count"),
    ("for i in { a }", "E109", "{", "nothing to run over"),
    ("expect", "E109", "", "no condition"),
    ("output", "E109", "", "no value"),
    ("input x", "E109", "", "no shape"),
    ("shared f", "E109", "", "no value"),
    ("a, b", "E109", "", "bound to nothing"),
    ("x[]", "E109", "]", "index is missing"),
    ("x -> repeat 2 { a }", "E110", "repeat", "behind an arrow"),
    ("else { a }", "E110", "else", "follows no `if`"),
    ("if a { b } elif c { d }", "E110", "elif", "no word"),
    ("while x { a }", "E110", "while", "no word"),
    ("return x", "E110", "return", "no word"),
    ("imput x: 3", "E110", "imput", "no word"),
    ("Repeat 3 { a }", "E110", "Repeat", "no word"),
    ("outptu x", "E110", "outptu", "no word"),
    ("conv(8) // a remark", "E109", "//", "opens no comment"),
    ("input x = 1x28x28", "E118", "=", "behind `:`"),
    ("my-skip = relu", "E118", "=", "only a name"),
    ("conv(3×3)", "E101", "×", "no sign"),
    ("f(a=1, 2)", "E111", "2", "positional argument"),
    ("f(a=1, a=2)", "E111", "a=2", "given twice"),
    ("a < b < c", "E112", "<", "do not chain"),
    ("x = 0..2..3", "E112", "..", "do not chain"),
    ("a -> b * c", "E114", "b * c", "arithmetic"),
    ("a -> -b", "E114", "-b", "arithmetic"),
    ("a -> 3", "E114", "3", "only a layer"),
    ("x = (1, 2)", "E115", ",", "one value"),
    ("x[1, 2]", "E115", ",", "one number"),
    ("a -> b, c", "E115", ",", "separates no statements"),
    ("x => y", "E115", "=", "`=>` is no sign"),
    ("x := y", "E115", ":", "`:=` is no sign"),
    ("x += y", "E115", "+", "`+=` is no sign"),
    ("(a; b)", "E115", ";", "stands in `(`"),
    ("-a { b }", "E107", "{", "side by side"),
    ("x. ", "E116", "", "a name belongs"),
    ("x.3", "E116", "3", "a name belongs"),
    ("prev 3", "E116", "3", "no name"),
    ("for s reversed(x) { a }", "E116", "reversed", "no `in`"),
    ("step 3 { }", "E116", "3", "the step has no name"),
    ("repeat 3 a", "E117", "a", "no body"),
    ("frozen a", "E117", "a", "no body"),
    ("if a\n{ b }", "E117", "{", "next line"),
    ("if a { b } else c", "E117", "c", "no body"),
    ("if a = 3 { b }", "E118", "=", "does not compare"),
    ("x.y = 3", "E118", "=", "only a name"),
    ("a = b = c", "E118", "=", "only a name"),
    ("[a = 1]", "E118", "=", "in a list"),
    ("conv(32, stride: 2)", "E119", ":", "an argument is written with `=`"),
    ("[a, b: c]", "E119", ":", "mixed"),
    ("[a: b, c]", "E119", "c", "mixed"),
    ("if a: b", "E119", ":", "opens no body"),
    ("input x: text [T]", "E120", "text", "no type `text`"),
]

FILES = [
    ("conv(32)\ndense(3)\nrelu", "E110", "conv", "stands outside of a net"),
    ("input x: 3", "E110", "input", "stands outside of a net"),
    ("def f(x)", "E110", "def", "no word"),
    ("import torch", "E110", "import", "no word"),
    ("Net A { a }", "E110", "Net", "no word"),
    ("trian A { batch = 3 }", "E110", "trian", "no word"),
    ("net { a }", "E116", "{", "the net has no name"),
    ("net 3 { a }", "E116", "3", "the net has no name"),
    ("net if { a }", "E106", "if", "reserved word"),
    ("use std.resnet", "E116", "", "names nothing"),
    ("net A", "E117", "", "no body"),
    ("net A\n{\n a\n}", "E117", "{", "next line"),
    ("block f(a, 3) { a }", "E116", "3", "a name belongs"),
    ("}\nnet A { a }", "E105", "}", "closes nothing"),
    ("net A { conv(", "E104", "(", "never closed"),
    ("net A { {", "E104", "{", "never closed"),
    ("net A {\n a\n train A { }\n}", "E110", "train", "inside of braces"),
]  # fmt: skip


def check(text: str, code: str, place: str, words: str) -> None:
    (finding,) = findings(text)
    assert finding.code == code, finding.message
    assert underlined(text, finding) == place
    assert words in finding.message
    assert finding.help
    assert not finding.message[0].isupper()
    assert not finding.message.endswith(".")
    assert not finding.help.endswith("?")
    assert not re.search(r"\b[A-Z]{4,}\b", re.sub(r"`[^`]*`", "", finding.message + finding.help)), "a terminal's name"


def test_output_in_a_loss() -> None:
    """A loss in the text names the value, as `output` stands for it on the command line alone."""
    (finding,) = findings("net A { a }\ntrain A { loss = cross_entropy(output, label) }")
    assert finding.code == "E106"
    assert "`logits`" in (finding.help or "")
    (finding,) = findings("net A { output = dense(3) }")
    assert "`output_`" in (finding.help or "")


@pytest.mark.parametrize(("body", "code", "place", "words"), STATEMENTS)
def test_one_finding_in_a_net(body: str, code: str, place: str, words: str) -> None:
    text = f"net A {{\nfirst\n{body}\nlast\n}}\nnet B {{ a }}"
    check(text, code, place, words)
    file, _ = parse(text, "x.net")
    assert [item.name for item in file.items if isinstance(item, ast.Net)] == ["A", "B"]


@pytest.mark.parametrize(("text", "code", "place", "words"), FILES)
def test_one_finding_in_a_file(text: str, code: str, place: str, words: str) -> None:
    check(text, code, place, words)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("Net A { a }", "write `net`"),
        ("blok b { a }", "write `block`"),
        ("net A { imput x: 3 }", "write `input`"),
        ("net A { input image = 1x28x28 }", "write `image: 1x28x28`"),
        ("net A { my-skip = relu }", "`my_skip`"),
        ("net A { x.y = relu }", "`x_y`"),
        ("net A { conv(8, 3×3) }", "write `x`"),
        ("net A { conv[8, 3x3] }", "arguments in parentheses"),
        ("net A { flatten, dense(10) }", "`->` between layers"),
        ("net A { conv(8) // first layer }", "after `#`"),
    ],
)
def test_the_help_names_what_was_meant(text: str, help: str) -> None:
    (finding,) = findings(text)
    assert finding.help is not None
    assert help in finding.help


@pytest.mark.parametrize(
    ("wrong", "known", "near"),
    [
        ("ReLU", ["relu", "mul"], ["relu"]),
        ("clases", ["classes", "A"], ["classes"]),
        ("n", ["A", "in"], []),
        ("n", ["N", "m"], ["N"]),
        ("yes", ["abs", "exp"], []),
        ("cnov", ["conv"], ["conv"]),
        ("depth", ["depht", "Depth"], ["Depth", "depht"]),
        ("flaten", ["flatten", "flat"], ["flatten", "flat"]),
    ],
)
def test_near_names(wrong: str, known: list[str], near: list[str]) -> None:
    assert suggestions(wrong, known) == near


def test_a_net_inside_braces_means_a_missing_brace() -> None:
    text = "net A {\n  a\n  add {\n    b\n\n  c\n}\n\nnet B {\n  d\n}\nblock c {\n  e\n}\n"
    (finding,) = findings(text)
    assert finding.code == "E104"
    assert finding.primary is not None
    assert (finding.primary.span.line, finding.primary.span.column) == (3, 7)  # by the indentation of the last `}`
    assert [(label.span.line, label.message) for label in finding.secondary] == [
        (9, "a net cannot stand inside braces")
    ]
    assert len(parse(text, "x.net")[0].items) == 3


def test_several_findings_come_out_of_one_run() -> None:
    text = """
net A(depth = ) {
  input x: 3
  conv(32 3x3)
  if depth = 3 { relu -> }
  y = (a + ) * b
  add {
    x ->
  }
}
train A { batch = ; epochs = 3 4 }
conv(3)
"""
    found = findings(text)
    assert [finding.code for finding in found] == [
        "E109", "E107", "E118", "E109", "E109", "E109", "E109", "E107", "E110",
    ]  # fmt: skip
    assert [finding.primary.span.line for finding in found if finding.primary] == [2, 4, 5, 5, 6, 9, 11, 11, 12]


@pytest.mark.slow
def test_no_floods() -> None:
    layers = "\n".join(f"conv({number})" for number in range(100))
    assert len(findings(layers)) == 1
    assert len(findings("net A {\n" + layers.replace(")", "", 1) + "\n}")) == 1
    assert len(findings("net A {\n" + layers + "\n")) == 1
    assert len(findings("x = " + "(" * 5000)) == 1
    many = findings("}\n" * 70)
    assert len(many) == 50
    assert many[-1].notes == ("20 more syntax errors follow",)


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 300 + "1" + ")" * 300,
        "x = " + "[" * 5_000,
        "x = " + "-" * 5_000 + "y",
        "x = " + "not " * 5_000 + "y",
        "x = " + " + ".join(["y"] * 5_000),
        "x = " + " ** ".join(["y"] * 5_000),
        "x = y" + ".a" * 5_000,
        "x = y" + "(1)" * 5_000,
        "x = " + "a if b else " * 5_000 + "c",
        "net A { " + "add { " * 5_000,
        "net A { " + "add { " * 100 + "a" + "}" * 100 + " }",
        "net A { if a { } " + "else if b { } " * 10_000 + "}",
    ],
    ids=lambda text: text[:16],
)
def test_depth_is_limited(text: str) -> None:
    found = findings(text)
    assert "E108" in [finding.code for finding in found]
    assert len(found) <= 2
    assert found[0].primary is not None


@pytest.mark.quick(4)
@pytest.mark.parametrize(
    ("before", "again", "after", "count"),
    [
        ("net A {\n", "conv(32, a\n x, b\n", "}\n", 30),
        ("net A { ", "a = ; ", "}", 60),
        ("x = (\n", "\n", ")", 400),
        ("x = (", "a\n", ")", 100),
        ("", "net A {\n add {\n", "", 60),
        ("", "net A(3) { if 3 3 { relu } }\n", "", 30),
        ("", '"\n', "", 100),
        ("", "@", "", 100),
        ("", " @", "", 100),
        ("x = [", "1 = 2, ", "]", 100),
    ],
    ids=lambda given: given[:12] if isinstance(given, str) else None,
)
def test_wrong_texts_take_linear_time(before: str, again: str, after: str, count: int) -> None:
    assert findings(before + again * count + after)
    assert_linear(lambda times: partial(findings, before + again * times + after), count)


def test_a_long_flow_is_not_deep() -> None:
    assert findings("net A { a" + " -> a" * 5_000 + " }") == []
    assert findings("net A { " + "a\n" * 5_000 + " }") == []
    assert findings("x = [" + "1, " * 5_000 + "]") == []


def test_a_situation_needs_no_parser() -> None:
    source, stack = Source("x.net", "net {}"), Stack(load())
    tokens = [Token("NET", "net", 0, 3), Token("LBRACE", "{", 4, 5), Token("RBRACE", "}", 5, 6)]
    stack.push(load().actions[0]["NET"], "NET", tokens[0], 0, 3)
    finding = explain(Situation(source, tokens, 1, stack))
    assert (finding.code, finding.message) == ("E116", "the net has no name: `{` follows")
    assert [finding] == findings("net {}")


def test_files_that_are_no_text(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.net"
    (finding,) = parse_file(path)[1]
    assert (finding.code, finding.primary) == ("E100", None)
    assert "no such file" in finding.message
    (finding,) = parse_file(tmp_path)[1]
    assert finding.code == "E530"
    path.write_bytes(b"net A {\n  # caf\xe9\n  relu\n}\n")
    file, (finding,) = parse_file(path)
    assert finding.code == "E113"
    assert finding.primary is not None
    assert (finding.primary.span.line, finding.primary.span.column) == (2, 8)
    assert len(file.items) == 1
    path.write_bytes("net A { relu }".encode("utf-16"))
    file, (finding,) = parse_file(path)
    assert finding.code == "E113"
    assert len(file.items) == 1
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
    (finding,) = parse_file(path)[1]
    assert finding.code == "E113"
    assert "no text" in finding.message
    path.write_bytes(b"\xef\xbb\xbfnet A {\r\n\trelu\r\n}\r\n")
    assert parse_file(path)[1] == []


def test_fixes_repair() -> None:
    for text in (
        "x = a → b",
        "x = 'abc'",
        "net A { input x: 3xHxW }",
        "net A { conv(k: 2) }",
        "net A { if a = 3 { } }",
    ):
        (finding,) = findings(text)
        assert finding.fix is not None
        for edit in finding.fix.edits:
            text = text[: edit.span.column - 1] + edit.text + text[edit.span.end_column - 1 :]
        assert findings(text) == []
