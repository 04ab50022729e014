"""The tree of every statement and item, the newline rules, comments, and exact spans."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc.grammar import ast
from netc.grammar.parse import parse
from netc.grammar.reading import parse_file
from netc.grammar.source import Source
from netc.grammar.walk import children, walk

from .shown import shown, statements

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.net"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_parse(path: Path) -> None:
    file, findings = parse_file(path)
    assert findings == []
    assert len(file.items) >= 2


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("input image: 1x28x28", "(input image:float:1x28x28)"),
        ("input a: 3, b: int [T], c: int, d: int 128", "(input a:float:3 b:int:[T] c:int:None d:int:128)"),
        ("input image: bytes 224x224x3, m: [1, 2 * H, W]", "(input image:bytes:224x224x3 m:float:[1 (2 * H) W])"),
        ("input x: sizes[0]", "(input x:float:(index sizes 0))"),
        ("output a, b.c", "(output a (attribute b c))"),
        ('expect a == 1 "why"', "(expect (a == 1) 'why')"),
        ("expect params", "(expect params None)"),
        ("if a { b }", "(if a {b})"),
        ("if a { b } else { c }", "(if a {b} else {c})"),
        ("if a { b } else if c { d } else { e }", "(if a {b} else {(if c {d} else {e})})"),
        ("if (add { a; b }) { c }", "(if add {a; b} {c})"),
        ("for f, n in [[1, 2]] { a }", "(for f n in [[1 2]] {a})"),
        ("for i in 0..n { }", "(for i in (0 .. n) {})"),
        ("repeat 2 * n { a }", "(repeat (2 * n) {a})"),
        ("frozen { a }", "(frozen {a})"),
        ("train only { a = b }", "(train only {(a = b)})"),
        ("a = b", "(a = b)"),
        ("i, f = x -> split(2)", "(i f = (x -> (call split 2)))"),
        ("shared f = a -> b", "(shared f = (a -> b))"),
        ("s = repeat n { a }", "(s = (repeat n {a}))"),
        ("s = for i in x { a }", "(s = (for i in x {a}))"),
        ("s = if a { b } else { c }", "(s = (if a {b} else {c}))"),
        ("s = frozen { a }", "(s = (frozen {a}))"),
        ("s = train only { a }", "(s = (train only {a}))"),
        ("a; b;; c\n\n;d", "a\nb\nc\nd"),
        ("add { a; b }", "add {a; b}"),
        ("scan { }", "scan {}"),
        ("step a { b = 1 }", "(step a {(b = 1)})"),
        ("step = 3\nstep(2)\nx -> step", "(step = 3)\n(call step 2)\n(x -> step)"),
        ("int = 3\nfloat(int)", "(int = 3)\n(call float int)"),
        ("averagepool\nnetwork\nintern\nfort", "averagepool\nnetwork\nintern\nfort"),
    ],
)
def test_the_tree_of(text: str, tree: str) -> None:
    assert statements(text) == tree


def test_items() -> None:
    text = """
use std.resnet (ResNet)
use "residual.net" (basic as plain, unit)
width = 64; heads = [1: 2]
block unit(filters, kernel = 1x1, act = relu -> bn) { }
block bare { }
net Small { }
net Big(depth = 20) "label" { }
train Small { batch = 3 }
train Big(depth=4) "long" { step one { trains = ["d"] }; follow = ["t": copy("o", every=1000)] }
"""
    file, findings = parse(text, "x.net")
    assert findings == []
    assert shown(file).splitlines() == [
        "(use ('std', 'resnet') ResNet/ResNet)",
        "(use 'residual.net' basic/plain unit/unit)",
        "(width = 64)",
        "(heads = [1:2])",
        "(block unit (filters kernel=1x1 act=(relu -> bn)) {})",
        "(block bare () {})",
        "(net Small () None {})",
        "(net Big (depth=20) 'label' {})",
        "(train Small () None {(batch = 3)})",
        "(train Big (depth=4) 'long' {(step one {(trains = ['d'])}); (follow = ['t':(call copy 'o' every=1000)])})",
    ]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a\n-> b\n\n  # note\n  -> c", "(a -> b -> c)"),
        ("a ->\nb", "(a -> b)"),
        ("x =\n\n a +\n b", "(x = (a + b))"),
        ("f(\na\n,\nb=\n3\n)", "(call f a b=3)"),
        ("x = [\n1,\n2\n]", "(x = [1 2])"),
        ("if a { b }\nelse { c }", "(if a {b} else {c})"),
        ("if a { b }\n\n# why\nelse if c { d }", "(if a {b} else {(if c {d})})"),
        ("x = not\na and\nb", "(x = ((not a) and b))"),
        ("a, b =\nc", "(a b = c)"),
        ("output a,\nb", "(output a b)"),
        ("f(act = {\na\nb\n})", "(call f act={a; b})"),
        ("a\n[b, c]", "a\n[b c]"),
        ("a\n(b)", "a\nb"),
        ("a\n{ b }", "a\n{b}"),
        ("a\nif b { c }", "a\n(if b {c})"),
        ("a\n-b", "a\n(- b)"),
        ("{\n\n a\n\n}", "{a}"),
        ("{ ; }", "{}"),
    ],
)
def test_newlines(text: str, tree: str) -> None:
    assert statements(text) == tree
    assert statements(text.replace("\n", "\r\n")) == tree
    assert statements(text.replace("\n", "\r")) == tree
    assert statements(text.replace("\n", "  # a remark\n")) == tree


def test_a_semicolon_is_no_newline() -> None:
    assert [finding.code for finding in parse("net A { a; -> b }", "x.net")[1]] == ["E109"]
    assert [finding.code for finding in parse("net A { if a { }; else { } }", "x.net")[1]] == ["E110"]


def test_comments_are_kept_in_order() -> None:
    file, findings = parse("# one\nnet A { # two\n  a # three\n}\n# four", "x.net")
    assert findings == []
    assert [(comment.text, comment.span.line, comment.span.column) for comment in file.comments] == [
        ("# one", 1, 1),
        ("# two", 2, 9),
        ("# three", 3, 5),
        ("# four", 5, 1),
    ]


def text_of(source: str, node: ast.Syntax) -> str:
    lines = Source("", source)
    starts = [0]
    for number in range(1, lines.lines):
        starts.append(starts[-1] + len(lines.line(number)) + 1)
    span = node.span
    return source[starts[span.line - 1] + span.column - 1 : starts[span.end_line - 1] + span.end_column - 1]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_spans(path: Path) -> None:
    """A node lies inside its parent, and the text of an expression's span parses to the same expression."""
    file, _ = parse_file(path)
    nodes = list(walk(*file.items))
    for node in nodes:
        text = text_of(file.source, node)
        assert text == text.strip()
        for child in children(node):
            start, end = (node.span.line, node.span.column), (node.span.end_line, node.span.end_column)
            assert start <= (child.span.line, child.span.column)
            assert (child.span.end_line, child.span.end_column) <= end
        match node:
            case ast.Name():
                assert text == node.id
            case ast.Comment():
                assert text == node.text
            case ast.Body():
                assert text[0] == "{" or text.startswith("if")
                assert text[-1] == "}"
            case ast.Argument() | ast.Parameter() | ast.InputDeclaration() | ast.UseName() | ast.Braced():
                pass
            case ast.Use() | ast.Block() | ast.Net() | ast.Train():
                again, findings = parse(text, "x.net")
                assert findings == []
                assert shown(again.items[0]) == shown(node)
            case ast.Step() | ast.Input() | ast.Output() | ast.Expect() | ast.Bind():
                assert statements(text) == shown(node)
            case _:
                assert statements(text) == shown(node)
    assert len(nodes) > 40
