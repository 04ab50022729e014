"""Any text gives a file and located findings, never an exception; and time grows with length alone."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from growth import assert_linear
from hypothesis import given, settings, strategies as st
from tiers import ALL, examples

from netc.grammar import render
from netc.grammar.lexer import Lexer
from netc.grammar.newlines import Layout
from netc.grammar.parse import parse
from netc.grammar.source import Source
from netc.grammar.stack import Stack
from netc.grammar.tables import load

EXAMPLES = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "examples").glob("*.net"))}
TOKENS = {name: re.findall(r"\w+|\s+|[^\w\s]", text) for name, text in EXAMPLES.items()}
VOCABULARY = sorted({token for tokens in TOKENS.values() for token in tokens})
VOCABULARY += ['"', "'", "→", "é", "٣", "\x00", "..", "\\"]


def check(text: str) -> None:
    file, findings = parse(text, "x.net")
    assert file.source == text
    source = Source("x.net", text)
    places = []
    for finding in findings:
        assert finding.primary is not None
        assert finding.help
        for label in (finding.primary, *finding.secondary):
            span = label.span
            assert 1 <= span.line <= span.end_line <= source.lines
            assert 1 <= span.column <= len(source.line(span.line)) + 2
            assert (span.line, span.column) <= (span.end_line, span.end_column)
        places.append((finding.primary.span.line, finding.primary.span.column))
    assert places == sorted(places)
    if not findings:
        check_nothing_is_lost(text)
    drawn = render.render_full(findings, {"x.net": text})
    assert drawn.count("error[E1") >= len(findings)
    drawn.encode()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", drawn)


def check_nothing_is_lost(text: str) -> None:
    """Without a finding every token went into the tree: none dropped, none made up, and no repair."""
    source = Source("x.net", text)
    lexed = Lexer(source, load()).run()
    before = [token for token in lexed.tokens if token.kind != "SEP"]
    tokens = Layout(source, lexed).run()
    after = [token for token in tokens if token.kind != "SEP"]
    assert [(token.start, token.end) for token in after] == [(token.start, token.end) for token in before]
    assert not any(token.made for token in tokens)
    assert Stack(load()).accepts(*(token.kind for token in tokens))


@settings(max_examples=examples(300), deadline=None)
@given(st.text())
def test_random_text(text: str) -> None:
    check(text)


@settings(max_examples=examples(300), deadline=None)
@given(st.text(alphabet="ab1 \n;{}()[]=-><.,:\"'#*/+x3_\r\t"))
def test_random_signs(text: str) -> None:
    check(text)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=60))
def test_random_words(words: list[str]) -> None:
    check(" ".join(words))
    check("net A {\n" + " ".join(words) + "\n}")


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_mutations(data: st.DataObject) -> None:
    tokens = list(TOKENS[data.draw(st.sampled_from(sorted(TOKENS)))])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(tokens) - 1))
        action = data.draw(st.sampled_from(["delete", "double", "replace", "swap", "insert"]))
        if action == "delete" and len(tokens) > 1:
            del tokens[at]
        elif action == "double":
            tokens.insert(at, tokens[at])
        elif action == "replace":
            tokens[at] = data.draw(st.sampled_from(VOCABULARY))
        elif action == "swap" and at:
            tokens[at - 1], tokens[at] = tokens[at], tokens[at - 1]
        else:
            tokens.insert(at, data.draw(st.sampled_from(VOCABULARY)))
    check("".join(tokens))


BY_LENGTH = sorted(EXAMPLES, key=lambda name: len(EXAMPLES[name]))
"""The examples from the shortest: all prefixes of a text cost the square of its length."""


@pytest.mark.parametrize(
    "name", [BY_LENGTH[0], *(pytest.param(name, marks=pytest.mark.slow) for name in BY_LENGTH[1:])]
)
def test_truncated_at_every_character(name: str) -> None:
    text = EXAMPLES[name]
    for end in range(len(text)):
        check(text[:end])


def test_a_deleted_token_costs_few_findings() -> None:
    """What one missing token brings: nearly always one finding, never a flood."""
    counts = []
    for name, tokens in TOKENS.items():
        for at in range(0, len(tokens), 1 if ALL else 6):
            token = tokens[at]
            if not token.isspace() and "#" not in token:
                counts.append(len(parse("".join(tokens[:at] + tokens[at + 1 :]), name)[1]))
    assert max(counts) <= 3
    assert sum(count > 1 for count in counts) < 0.005 * len(counts)


def test_time_is_linear_in_length() -> None:
    text = "".join(EXAMPLES.values())
    assert parse(text, "x.net")[1] == []
    assert_linear(lambda count: partial(parse, text * count, "x.net"), 1)
