"""Recurrent layers, step by step: their gates are in PyTorch's order, which Keras's layers don't take."""

from __future__ import annotations

from netc.compiler.ir import Node
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression


def _recurrent(node: Node, sizes: Sizes) -> str:
    step = f"ops.{node.attributes['activation']}" if node.op == "RNN" else node.op.lower()
    step = f"lambda x, h, _: ({step}(x + h),)" if node.op == "RNN" else step
    states = "{5}, {6}" if node.op == "LSTM" else "{5},"
    return (
        f"recurrent({step}, {{0}}, ({states}), {{1}}, {{2}}, {{3}}, {{4}}, reverse={bool(node.attributes['reverse'])})"
    )


FUNCTIONS: dict[str, Expression] = dict.fromkeys(("RNN", "GRU", "LSTM"), _recurrent)
