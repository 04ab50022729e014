"""What the grammar takes and this version does not have yet: what is true until then, and what to write instead."""

from __future__ import annotations

from netc.compiler.elaborate.frame import Frame
from netc.grammar import ast

ALL_TRAIN = (
    "a text trains every weight; `freeze` of a plan keeps some as they are, from Python (docs/training.md, Several "
    "updates a batch)"
)
LATER = {
    "frozen": ALL_TRAIN,
    "step": "a text makes one update a batch: write one `loss`, a sum such as `mse(a, x) + 0.3 * mse(b, y)`; plans of "
    "several updates are made in Python (docs/training.md)",
    "init": "give the weights to the command: `netc train FILE --init WEIGHTS`",
    "freeze": ALL_TRAIN,
    "unfreeze": ALL_TRAIN,
    "trains": "a text trains every weight; `trains` of a step of a plan chooses some, from Python (docs/training.md)",
    "follow": "each weight is moved by the optimizer alone; write the net without the one that follows",
    "adapt": "write the low-rank product out: `add { dense(n); dense(8, bias=false) -> dense(n, bias=false) }`",
}


def not_yet(frame: Frame, word: str, node: ast.Syntax) -> None:
    """Report a part of the language that this version does not have."""
    frame.error("E290", f"`{word}` is a word of the language that this version does not have yet", node.span,
                help=LATER[word])  # fmt: skip
