"""What a text states of itself, and what is counted of it."""

from __future__ import annotations

import pytest

from netc import loads
from netc.compiler import totals
from netc.grammar.diagnostics import DiagnosticError


def test_two_counts_in_one_expect_are_both_stated() -> None:
    head = "train only { aux = dense(3) }\n logits = dense(2)"
    net = loads(f"net A {{ input x: 4\n {head}\n expect params == 10 and params(training) == 25 }}")
    assert net.stated == {"params": 10, "params(training)": 25}


@pytest.mark.parametrize("layer", ["upsample(2, mode=bilinear)", "upsample(size=9x9, mode=bicubic)",
                                   "adaptive_avgpool(3x3)"])  # fmt: skip
def test_products_with_fixed_numbers_count_none(layer: str) -> None:
    assert totals(loads(f"net A {{ input x: 2x5x5\n conv(3, 1x1) -> {layer} }}")).flops == 2 * 3 * 25


@pytest.mark.parametrize(
    ("merge", "instead"),
    [("mul(-1)", "{ in * -1 }"), ("add(0.5)", "{ in + 0.5 }"), ("maximum(0)", "clip(min=0)")],
)
def test_a_number_is_no_tensor_to_merge(merge: str, instead: str) -> None:
    text = "net A {{ input x: 4\n dense(3) -> {} -> dense(1) }}"
    with pytest.raises(DiagnosticError) as caught:
        loads(text.format(merge))
    assert f"write `{instead}`" in (caught.value.diagnostics[0].help or "")
    assert loads(text.format(instead)).params == 15 + 4
