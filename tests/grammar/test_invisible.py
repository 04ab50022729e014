"""What no eye sees in a text: how it is called, and what its repair leaves."""

from __future__ import annotations

import pytest

from netc.grammar.reading import parse_bytes


@pytest.mark.parametrize(
    ("text", "name", "mended"),
    [
        ("lo\u200bgits", "U+200B, zero width space", "logits"), ("lo\x1bgits", "U+001B, ESC", "logits"),
        ("a = \u200bb", "U+200B, zero width space", "a =  b"), ("a\x7f = b", "U+007F, DEL", "a  = b"),
        ("a\u2028b", "U+2028, line separator", "a b"), ("a\x9fb", "U+009F, a control character", "ab"),
    ],
)  # fmt: skip
def test_what_nobody_sees_is_named_and_its_fix_leaves_words_whole(text: str, name: str, mended: str) -> None:
    found = [each for each in parse_bytes(text.encode(), "a.net")[1] if each.code == "E101"]
    (one,) = found
    assert one.message.endswith(name)
    assert one.fix is not None
    (edit,) = one.fix.edits
    assert text[: edit.span.column - 1] + edit.text + text[edit.span.end_column - 1 :] == mended
    assert one.help == one.fix.title
