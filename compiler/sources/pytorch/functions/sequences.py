"""Recurrent layers, and steps along a sequence."""

from __future__ import annotations

from netc.compiler.ir import Node
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression


def _recurrent(node: Node, sizes: Sizes) -> str:
    name = f"rnn_{node.attributes['activation']}" if node.op == "RNN" else node.op.lower()
    given = "({5}[None], {6}[None])" if node.op == "LSTM" else "{5}[None]"
    weights = "[{1}, {2}, {3}, {4}], True, 1, 0.0, False, False, False"
    return f"recurrent(torch.{name}, {{0}}, {given}, {weights}, reverse={bool(node.attributes['reverse'])})"


FUNCTIONS: dict[str, Expression] = dict.fromkeys(("RNN", "GRU", "LSTM"), _recurrent)
