"""Texts: every prefix of the examples, programs with other tokens or bytes, strings of the grammar without a meaning.

Each is checked, its findings are drawn, and where its syntax is right it is laid out and linted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

from random_texts import RandomText

from fuzzing.judge import ROOT
from fuzzing.kind import Kind
from fuzzing.mutate import WRITTEN, mutated
from netc.compiler.check import check
from netc.compiler.lint import lint_checked
from netc.grammar.diagnostics import Severity
from netc.grammar.layout import laid_out
from netc.grammar.render import render_full

FENCE = re.compile(r"^```net\n(.*?)^```", re.DOTALL | re.MULTILINE)
TOKEN = re.compile(r"\w+|->|\*\*|//|==|\.\.|\s+|.", re.DOTALL)
RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
ODD = (
    "\x00",
    "\x1b[2J",
    "é",
    "→",
    "٣",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\r",
    "\t",
    "\\",
    "\U000e0041",
    "𝐱",
    "'",
    '"',
    "#",
)
SIGNS = "ab1 \n;{}()[]=-><.,:\"'#*/+x3_\r\t"
NAME = "fuzz.net"


@cache
def examples() -> list[str]:
    """Whole programs: the examples, the standard library, those of the grammar's tests."""
    folders = ("examples", "compiler/std", "tests/grammar/examples")
    return [path.read_text(encoding="utf-8") for folder in folders for path in sorted((ROOT / folder).rglob("*.net"))]


@cache
def programs() -> list[str]:
    """Short programs: those of the pages and of the tests of elaboration, and the lecture's."""
    pages = [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "tests/elaborate/cases").glob("*.md"))]
    found = [block[1] for page in pages for block in FENCE.finditer(page.read_text(encoding="utf-8"))]
    return [text for text in found if len(text) < 900]


@cache
def vocabulary() -> list[str]:
    """Every token of the programs, extreme numbers, and characters that have no place in a text."""
    tokens = {token for text in programs() for token in TOKEN.findall(text) if not token.isspace()}
    return [*sorted(tokens), *WRITTEN, *ODD]


@cache
def _ends() -> list[int]:
    return list(accumulate(len(text) for text in examples()))


def prefix(at: int) -> bytes:
    """Prefix number `at` of all the examples, one after another."""
    ends = _ends()
    which = bisect_right(ends, at % ends[-1])
    return examples()[which][: at % ends[-1] - (ends[which - 1] if which else 0)].encode()


def other_tokens(random: Random) -> bytes:
    """A program with one to four tokens dropped, doubled, swapped, replaced or put in."""
    tokens = TOKEN.findall(random.choice(programs()))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(tokens))
        match random.randrange(7):
            case 0:
                tokens[at] = ""
            case 1:
                tokens[at] *= 2
            case 2:
                other = random.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3 | 4:
                tokens[at] = random.choice(vocabulary())
            case 5:
                far = at + random.randint(1, 12)
                tokens[at] = "".join(tokens[at:far]) * 2
            case _:
                tokens[at] += f" {random.choice(vocabulary())} "
    return "".join(tokens).encode()


def of_the_grammar(random: Random) -> bytes:
    """A text of right syntax in an ugly layout."""
    return RandomText(random.getrandbits(60)).text().encode()


def of_words(random: Random) -> bytes:
    """Words and signs in any order, some of them inside of a net."""
    if random.random() < 0.5:
        said = "".join(random.choice(SIGNS) for _ in range(random.randint(0, 80)))
    else:
        said = " ".join(random.choice(vocabulary()) for _ in range(random.randint(0, 25)))
    return (said if random.random() < 0.5 else f"net A {{\ninput x: 3x8x8\n{said}\n}}\n").encode()


def other_bytes(random: Random) -> bytes:
    """A program with other bytes, of which some are no UTF-8."""
    text = random.choice(programs()).encode()
    return mutated(random, text, [word.encode() for word in vocabulary()[:400]], [random.choice(programs()).encode()])


def look(content: bytes, place: Path) -> None:
    """What is done with a text: check, draw, and where its syntax is right `fmt` and `lint`."""
    result = check(NAME, content)
    drawn = render_full(result.diagnostics, result.sources)
    assert not RAW.search(drawn), "a control character is drawn"
    for finding in result.diagnostics:
        assert finding.message, "a finding says nothing"
    if any(finding.code.startswith("E1") for finding in result.diagnostics):
        return
    text = content.decode("utf-8")
    laid, found = laid_out(text, NAME)
    assert found or laid_out(laid, NAME)[0] == laid, "another layout the second time"
    if not any(finding.severity is Severity.ERROR for finding in result.diagnostics):
        render_full(lint_checked(result, NAME), result.sources)


@cache
def _warm() -> None:
    vocabulary()
    for text in examples()[:4]:
        look(text.encode(), Path())


KINDS = (
    Kind("prefixes", "texts", look, make_at=prefix, count=lambda: _ends()[-1], warm=_warm),
    Kind("tokens", "texts", look, other_tokens, warm=_warm, share=2),
    Kind("grammar", "texts", look, of_the_grammar, warm=_warm),
    Kind("words", "texts", look, of_words, warm=_warm, share=2),
    Kind("bytes", "texts", look, other_bytes, warm=_warm),
)
