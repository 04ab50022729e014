"""Every operator parses to the tree its precedence says: `->`, if else, or, and, not, one comparison, .., + -, …"""

from __future__ import annotations

import pytest

from netc.grammar.parse import parse

from .shown import expression

# from loosest to tightest; operators of a row associate to the left
LEVELS = [("or",), ("and",), ("==", "!=", "<", "<=", ">", ">="), ("..",), ("+", "-"), ("*", "/", "//", "%"), ("**",)]
NOT_TWICE = {"==", "!=", "<", "<=", ">", ">=", ".."}
OPERATORS = [(operator, level) for level, row in enumerate(LEVELS) for operator in row]


@pytest.mark.parametrize(("left", "left_level"), OPERATORS)
@pytest.mark.parametrize(("right", "right_level"), OPERATORS)
def test_every_pair_of_binary_operators(left: str, left_level: int, right: str, right_level: int) -> None:
    text = f"a {left} b {right} c"
    if left_level == right_level and left in NOT_TWICE:
        assert [finding.code for finding in parse(f"x = {text}", "x.net")[1]] == ["E112"]
    elif right_level > left_level or (left == right == "**"):
        assert expression(text) == f"(a {left} (b {right} c))"
    else:
        assert expression(text) == f"((a {left} b) {right} c)"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("not a", "(not a)"),
        ("not not a", "(not (not a))"),
        ("not a == b", "(not (a == b))"),
        ("not a and b", "((not a) and b)"),
        ("a and not b or c", "((a and (not b)) or c)"),
        ("-a", "(- a)"),
        ("--a", "(- (- a))"),
        ("-a ** 2", "(- (a ** 2))"),
        ("2 ** -a", "(2 ** (- a))"),
        ("2 ** -a ** 3", "(2 ** (- (a ** 3)))"),
        ("-a * b", "((- a) * b)"),
        ("a * -b", "(a * (- b))"),
        ("a - -b", "(a - (- b))"),
        ("-x.y", "(- (attribute x y))"),
        ("-f(1)", "(- (call f 1))"),
        ("-s[0]", "(- (index s 0))"),
        ("s[-1]", "(index s (- 1))"),
        ("0..n", "(0 .. n)"),
        ("0..n - 1", "(0 .. (n - 1))"),
        ("-1..n", "((- 1) .. n)"),
        ("2..len(x)", "(2 .. (call len x))"),
        ("a == 0..n", "(a == (0 .. n))"),
        ("a if b else c", "(a if b else c)"),
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        ("a or b if c or d else e or f", "((a or b) if (c or d) else (e or f))"),
        ("(a if b else c) if d else e", "((a if b else c) if d else e)"),
        ("x -> a if b else c", "(x -> (a if b else c))"),
        ("a - b -> abs", "((a - b) -> abs)"),
        ("(a -> tanh) * b", "((a -> tanh) * b)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a.b.c", "(attribute (attribute a b) c)"),
        ("a.b(1).c[2]", "(index (attribute (call (attribute a b) 1) c) 2)"),
        ("f(1)(2)", "(call (call f 1) 2)"),
        ("f(1, k=2, act=a -> b)", "(call f 1 k=2 act=(a -> b))"),
        ("f(g(x), 3x3,)", "(call f (call g x) 3x3)"),
        ("[18: a, 34: b][depth]", "(index [18:a 34:b] depth)"),
        ("[main: 1, aux: 0.3 * x,]", "[main:1 aux:(0.3 * x)]"),
        ('["a": none, "b.*": f(r=8)]', "['a':none 'b.*':(call f r=8)]"),
        ("[]", "[]"),
        ("[[64, 2], [128, 3],]", "[[64 2] [128 3]]"),
        ("in.channels", "(attribute in channels)"),
        ("in[0]", "(index in 0)"),
        ("prev h * 2", "((prev h) * 2)"),
        ("[in, prev h] -> concat", "([in (prev h)] -> concat)"),
        ("true and false or none", "((true and false) or none)"),
        ("int(step)", "(call int step)"),
        ("3x224x224", "3x224x224"),
        ("add { a; b } -> c", "(add {a; b} -> c)"),
        ("{ a } -> b", "({a} -> b)"),
        ("f(act = { a -> b })", "(call f act={(a -> b)})"),
        ("(x -> add { a; b }) * 2", "((x -> add {a; b}) * 2)"),
        ("scan(h = s, reverse=true) { h = in }", "(call scan h=s reverse=true) {(h = in)}"),
    ],
)
def test_the_tree_of(text: str, tree: str) -> None:
    assert expression(text) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("32", 32), ("1_000", 1000), ("129_130", 129130), ("007", 7),
        ("0.5", 0.5), ("1.0", 1.0), ("1e-3", 0.001), ("1e3", 1000.0), ("2.5E+2", 250.0), ("1_0.2_5", 10.25),
        ("0.3M", 300_000), ("150M", 150_000_000), ("8k", 8000), ("8K", 8000),
        ("1.5G", 1_500_000_000),
        ("2T", 2 * 10**12),
        ("512MB", 512_000_000), ("4GiB", 4 * 2**30), ("1.5KiB", 1536), ("0.1k", 100), ("0.0001k", 0.1), ("1e-3k", 1),
        ("9223372036854775807", 2**63 - 1), ("1.7e308", 1.7e308), ("1e-400", 0.0),
    ],
)  # fmt: skip
def test_the_value_of(text: str, value: float) -> None:
    file, findings = parse(f"x = {text}", "x.net")
    assert not findings
    number = file.items[0].value.elements[0]
    assert number.value == value
    assert type(number.value) is type(value)


@pytest.mark.parametrize(
    "text",
    ["9223372036854775808", "1" * 5000, "1e999", "1" * 5000 + "x3", "10000GiBB",
     "1_", "1__0", "5q", "12abc",
     "99999999999T", "1e99999999", "1e5000M", "٣", "1٣", "²", "0.5.5", "3xHxW", "1e", ".5", "1kB2"],
)  # fmt: skip
def test_numbers_out_of_form_or_range(text: str) -> None:
    codes = {finding.code for finding in parse(f"x = {text}", "x.net")[1]}
    assert codes
    assert codes <= {"E103", "E107", "E116"}


def test_strings() -> None:
    assert expression(r'"a\n\t\"\\é日"') == repr('a\n\t"\\é日')
    assert expression('"# no comment; -> { ("') == repr("# no comment; -> { (")
