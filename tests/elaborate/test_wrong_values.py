"""Values of the wrong kind: what was meant is said and repaired; and what nothing applied is looked through."""

from __future__ import annotations

import pytest

from tests.support.repairs import errors, repaired

NET = "net A {{ input x: 1x8x8; {}; flatten; l = dense(10) }}\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('conv("32", 3x3)', "conv(32, 3x3)"), ('conv(32, "3x3")', "conv(32, 3x3)"), ("conv(-32, 3x3)", "conv(32, 3x3)"),
        ("conv(3x3, 32)", "conv(32, 3x3)"), ("conv(4, 3x3, bias=0)", "conv(4, 3x3, bias=false)"),
        ("conv(4, (3, 3))", "conv(4, [3, 3])"), ("nn.MaxPool2d((2, 2))", "maxpool(2x2)"),
        ('Conv2D(4, (3, 3), activation="relu")', "conv(4, 3x3, act=relu)"), ("conv(4.0, 3x3)", "conv(4, 3x3)"),
    ],
)  # fmt: skip
def test_what_was_meant_is_written(wrong: str, right: str) -> None:
    (found,) = errors(NET.format(wrong))
    assert found.fix is not None
    assert repaired(NET.format(wrong)) == (NET.format(right), [])


@pytest.mark.parametrize(("label", "right"), [("9", True), ("10", False), ("-1", False), ("0.5", False)])
def test_a_label_in_the_text_is_one_of_the_classes(label: str, right: bool) -> None:
    text = NET.format("relu") + f"train A {{ loss = cross_entropy(l, {label}) }}"
    codes = [found.code for found in errors(text)]
    assert codes == ([] if right else ["E413"])


@pytest.mark.parametrize(
    ("body", "code"),
    [('conv("32", 3x3)', "E224"), ("dense(n, bais=false)", "E220"), ("b(n)", "E215"), ("dropout(1 / 0)", "E240"),
     ("dense(n)", None), ("{ in * round(n / 2) }", None),
     ("conv(n, 3x3, init=normal(0.02))", None)],
)  # fmt: skip
def test_a_block_that_nothing_applies_is_looked_through(body: str, code: str | None) -> None:
    found = errors(f"block b(n) {{ {body} }}\n" + NET.format("relu"))
    assert [one.code for one in found] == ([] if code is None else [code])


def test_what_a_condition_did_not_pick_is_looked_through() -> None:
    text = "block b(n) { if n > 3 { conv(n, 3x3, stried=2) } else { relu } }\n" + NET.format("b(2)")
    (found,) = errors(text)
    assert found.code == "E220"


def test_a_reserved_word_as_a_name_is_told_once() -> None:
    text = "net A {\n  input x: 8\n  repeat = dense(8)\n  a = repeat -> relu\n  repeat + a -> dense(3)\n}\n"
    (found,) = errors(text)
    assert found.code == "E106"
