"""What the grammar takes and this version does not have yet: what is true until then, and what to write instead."""

from __future__ import annotations

from netc.compiler.elaborate.frame import Frame
from netc.grammar import ast

LATER = {
    "adapt": "write the low-rank product out: "
    "`add { frozen { dense(n) }; dense(8, bias=false) -> dense(n, bias=false) }`",
}


def not_yet(frame: Frame, word: str, node: ast.Syntax) -> None:
    """Report a part of the language that this version does not have."""
    frame.error("E290", f"`{word}` is a word of the language that this version does not have yet", node.span,
                help=LATER[word])  # fmt: skip
