"""L006: what nothing uses. Inner values that are read by dots are a use of the block."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc.compiler.lint import lint

BLOCK = "block enc(w) { h = dense(w, act=relu); g = dense(2) }\n"
SIAMESE = """net A { input left: 4, right: 4
  shared e = enc(3)
  a = left -> e
  b = right -> e
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("net A { input x: 4\n e = x -> enc(3)\n y = e.h -> dense(2) }", []),
        (SIAMESE + "  y = a.h + b.h -> dense(2)\n}", []),
        (SIAMESE + "  y = a + b.h -> dense(2)\n}", []),
        (SIAMESE + "  y = a.h -> dense(2)\n}", ["the input `right`", "the value of `b`"]),
        (SIAMESE + "  y = a -> dense(2)\n}", ["the input `right`", "the value of `b`"]),
        ("net A { input x: 4\n  e = x -> enc(3)\n  x -> dense(2) }", ["the value of `e`"]),
        ("block two { a = dense(2); in -> dense(2) }\nnet A { input x: 4\n  two -> relu }", ["the value of `two1.a`"]),
    ],
)
def test_of_a_block(text: str, found: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text((BLOCK if "enc" in text else "") + text)
    said = [item.message for item in lint([tmp_path]).diagnostics if item.code == "L006"]
    assert said == [f"nothing uses {what}" for what in found]


@pytest.mark.parametrize(
    ("setting", "found"),
    [("loss = w * mse(y, t)", []), ("loss = mse(y, t); optimizer = sgd(lr=w)", []), ("loss = mse(y, t)", ["A", "B"])],
)
def test_a_parameter_that_the_train_section_of_its_net_uses(setting: str, found: list[str], tmp_path: Path) -> None:
    """Before: it was said to be of no use. The section of another net, whose parameter it isn't, is none."""
    nets = "".join(f"net {name}(w = 0.3) {{ input x: 4\n y = dense(2) }}\n" for name in "AB")
    (tmp_path / "a.net").write_text(f"{nets}train A {{ {setting} }}\ntrain B {{ loss = mse(y, t) }}")
    said = [item.message for item in lint([tmp_path]).diagnostics if item.code == "L006"]
    assert said == [f"nothing uses the parameter `w` of `{name}`" for name in found or ["B"]]


def test_a_shared_layer_that_is_not_applied_does_not_flow(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(BLOCK + "net A { input x: 4\n  shared e = enc(3)\n  x -> e\n  e.h -> dense(2) }")
    (finding,) = lint([tmp_path]).diagnostics
    assert (finding.code, finding.message) == ("E232", "the inside of `e.h` does not flow")
