"""Sizes of images that augmentation makes: what a net or a change cannot take is said where it is written."""

from __future__ import annotations

import pytest

from netc.compiler.check import check
from netc.grammar.diagnostics import Diagnostic

NET = """net M {{
  input x: [3, {sizes}]
  logits = conv(4, 3x3, pad=1) -> {pool} -> global_avgpool -> dense(2)
}}
train M {{
  loss = cross_entropy(logits, label)
  augmentation = [{listed}]
}}
"""


def found(listed: str, sizes: str = "H, W", pool: str = "maxpool(7x7)") -> tuple[str, list[Diagnostic]]:
    text = NET.format(sizes=sizes, pool=pool, listed=listed)
    return text, list(check("m.net", source=text).diagnostics)


@pytest.mark.parametrize(
    ("listed", "sizes", "code", "place", "says", "help"),
    [
        ("crop(9)", "5, 5", "E418", "crop(9)", "up to 9 pixels", "`crop(4)`"),
        ("crop(5)", "5, 5", "E418", "crop(5)", "a side of 5", "`crop(4)`"),
        ("crop(4)", "9, 4", "E418", "crop(4)", "a side of 4", "`crop(3)`"),
        ("crop(1)", "5, 1", "E418", "crop(1)", "a side of 1", "leave it out"),
        ("crop(6), resize(5), crop(5)", "5, 5", "E418", "crop(5)", "a side of 5", "`crop(4)`"),
        ("resize(9), crop(9)", "H, W", "E418", "crop(9)", "a side of 9", "`crop(8)`"),
        ("crop(7)", "7, W", "E418", "crop(7)", "a side of 7", "`crop(6)`"),
        ("resize(4)", "H, W", "E418", "resize(4)", "a height of 4, and the net takes at least 7 for `H`", "at least 7"),
        ("resize(7x6)", "H, W", "E418", "resize(7x6)", "a width of 6, and the net takes at least 7", "at least"),
        ("flip, random_resized_crop(6)", "H, W", "E418", "random_resized_crop(6)", "a height of 6", "at least 7"),
        ("resize(1000000)", "H, W", "E141", "resize(1000000)", "1,000,000 x 1,000,000", "make it smaller"),
        ("resize(1000000), resize(7)", "7, 7", "E141", "resize(1000000)", "11,175.9 GiB", "make it smaller"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_where_it_stands(
    listed: str, sizes: str, code: str, place: str, says: str, help: str
) -> None:
    pool = "relu" if "H" not in sizes else "maxpool(7x7)" if sizes == "H, W" else "relu"
    text, findings = found(listed, sizes, pool)
    first = findings[0]
    assert first.code == code
    assert says in first.message
    assert help in (first.help or "")
    assert first.primary is not None
    span = first.primary.span
    assert text.splitlines()[span.line - 1][span.column - 1 :].startswith(place)


@pytest.mark.parametrize(
    ("listed", "sizes"),
    [
        ("crop(4)", "5, 5"), ("crop(3)", "9, 4"), ("crop(6), resize(5)", "5, 5"), ("crop(9)", "H, W"),
        ("resize(9), crop(8)", "H, W"), ("resize(4), resize(7)", "H, W"), ("random_resized_crop(7x8)", "H, W"),
    ],
)  # fmt: skip
def test_what_fits_is_let_be(listed: str, sizes: str) -> None:
    _, findings = found(listed, sizes, "maxpool(7x7)" if sizes == "H, W" else "relu")
    assert not [item for item in findings if item.code.startswith("E")]
