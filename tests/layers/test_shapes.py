"""Sizes that stay open, through layers whose arithmetic needs them to be even."""

from __future__ import annotations

from netc.compiler.ir import Dim


def test_symbolic_sizes_flow_through(bench):
    H, W = Dim.symbol("H", divisor=2), Dim.symbol("W", divisor=2)
    assert bench.shape("conv", 3, H, W, filters=8, kernel=3, pad="same") == (8, H, W)
    assert bench.shape("maxpool", 3, H, W, kernel=2) == (3, H // 2, W // 2)
    assert bench.shape("conv", 3, H, W, filters=8, kernel=3, stride=2, pad="same") == (8, H // 2, W // 2)
    assert bench.shape("flatten", 3, H, W, from_=1) == (3, H * W)
    assert bench.shape("global_avgpool", 3, H, W) == (3,)
    assert bench.shape("slice", H, 3, start=1) == (H - 1, 3)
