"""What follows from one mistake is told once, and what nothing applies is looked through as well."""

from __future__ import annotations

import pytest

from tests.support.repairs import errors


def test_a_comma_that_is_missing_in_the_shape_of_an_input() -> None:
    (found,) = errors("net A(size = 8) { input image: [3 size, size]; relu }\n")
    assert (found.code, found.message) == ("E107", "a comma is missing between `3` and `size`")


def test_an_input_without_a_shape_is_told_as_such() -> None:
    (found,) = errors("net A { input image\n  relu }\n")
    assert (found.code, found.help) == ("E109", "write `image: 3x32x32`")


@pytest.mark.parametrize(
    "loop",
    ["repeat 1_000_000_000 { relu }", "x = maxpool(2x2) -> { repeat 1_000_000_000 { relu } }",
     "for i in 0..1_000_000_000 { relu }", "if in.channels > 3 { frozen { repeat 1_000_000_000 { relu } } }"],
)  # fmt: skip
def test_a_loop_that_is_too_long_in_a_block_that_nothing_applies(loop: str) -> None:
    (found,) = errors(f"block unused {{ {loop} }}\nnet A {{ input x: 10; dense(3) }}\n")
    assert found.code == "E131"
    assert found.help is not None
    assert found.help.startswith("repeat less often")


@pytest.mark.slow
def test_a_loop_that_was_run_counts_once() -> None:
    loop = "repeat 110_000 { n = 1 }"
    assert errors(f"net A {{ input x: 10; {loop}; if n[0] == 1 {{ relu }}; dense(len(n) // 50_000) }}\n") == []


def test_a_loss_says_nothing_more_of_a_value_that_the_net_found_wrong() -> None:
    text = (
        "net A {{ input x: 10; m = x -> dense({}); v = x -> dense(4); m + v }}\ntrain A {{ loss = kl_normal({}, v) }}\n"
    )
    assert [found.code for found in errors(text.format(8, "m"))] == ["E301"]
    assert errors(text.format(4, "m")) == []
    (found,) = errors(text.format(4, "x"))
    assert "compares values of one shape" in found.message
