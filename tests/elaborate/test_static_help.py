"""What is computed while compiling from values of a wrong kind: each finding says what to write."""

from __future__ import annotations

import itertools

import pytest

from netc.compiler.elaborate import static
from netc.compiler.ir import Dim, Symbol
from tests.support.repairs import errors

FIXED = "give the input fixed sizes, or compute sizes with whole numbers and `+ - * // %`"


@pytest.mark.parametrize(
    ("value", "code", "help"),
    [
        ('"a" + 1', "E240", "join a text with a text"),
        ("[1] + 1", "E240", "join a list with a list"),
        ("[1] * 3", "E240", "take an element, as in `list[0]`"),
        ("3 + true", "E240", "choose numbers by it, as in `1 if deep else 0`"),
        ("[a: 1] - 3", "E240", "take an entry, as in `table[18]`"),
        ("none * 3", "E240", "give a number in its place"),
        ("h * 0.5", "E240", FIXED),
        ('h * "2"', "E240", "give a number, without quotes"),
        ('"a" < "b"', "E240", "compare texts with `==` or `!=`"),
        ('2 < "3"', "E240", "give a number, without quotes"),
        ("h ** -1", "E240", "write such a number, as in `n ** 2`"),
        ("(-8) ** 0.5", "E240", "raise it to a whole number, or take `abs(…)` of it"),
        ("-[1]", "E240", "take an element, as in `list[0]`"),
        ("sqrt(-1)", "E240", "take it of `abs(…)`, or of a number from 0 on"),
        ('sqrt("4")', "E240", "give a number, without quotes"),
        ("sqrt(h)", "E240", FIXED),
        ("min()", "E221", "write `min(a, b)`"),
        ("abs(1, 2)", "E221", "write `abs(a)`"),
        ("zip([1])", "E221", "write `zip(a, b)`"),
        ("max([])", "E240", "give it some, as in `max([1, 2])`"),
        ("max(1, true)", "E240", "choose numbers by it, as in `1 if deep else 0`"),
        ("sum(3)", "E240", "give a list, such as `[32, 64]` or `0..4`"),
        ("len(0..h)", "E240", "give the input fixed sizes: a range is written out while compiling"),
        ('len(0.."a")', "E240", "write it as in `0..4`"),
        ("1 if 3 else 2", "E240", "compare it, as in `n > 0`"),
        ('1 if "relu" else 2', "E240", 'compare it, as in `name == "relu"`'),
        ("1 if [1] else 2", "E240", "compare how much is in it, as in `len(list) > 0`"),
        ("1 if none else 2", "E240", "compare it, as in `value != none`"),
        ("1 if relu else 2", "E240", "compare it, as in `norm == batchnorm`"),
        ("1 if x else 2", "E240", "choose by what is known while compiling; `where` chooses among elements"),
    ],
)
def test_what_to_write(value: str, code: str, help: str) -> None:
    """Before: none of them had a way out."""
    (found,) = errors(f"net A {{ input x: [T, 4]; h = x.shape[0]; n = {value}; x -> dense(4) }}\n")
    assert (found.code, found.help) == (code, help)


VALUES = (1, -2.5, True, "3", None, (1, 2), (), (True,), {"a": 1}, Dim(Symbol("T")))


def test_every_mistake_has_a_way_out() -> None:
    """Whatever operators and functions are given, a value comes of it or a finding with a help."""
    work = [lambda a, b, o=operator: static.binary(o, a, b) for operator in ("+", "*", "/", "//", "**", "<", ">=")]
    work += [lambda a, b: static.negative(a), lambda a, b: static.truth(a), static.span_of]
    work += [lambda a, b, n=name: static.call(n, [a, b]) for name in static.FUNCTIONS]
    work += [lambda a, b, n=name: static.call(n, [a]) for name in static.FUNCTIONS]
    helps = []
    for each, a, b in itertools.product(work, VALUES, VALUES):
        try:
            each(a, b)
        except static.StaticError as error:
            helps.append(error.help)
    assert len(helps) > 1000
    assert all(helps)
