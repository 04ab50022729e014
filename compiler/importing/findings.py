"""What is told of a model that cannot be imported, and how much of one is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.snippet import printable

if TYPE_CHECKING:
    from netc.compiler.importing.records import ForeignNode

LIMITS: Mapping[str, int] = {
    "bytes": 1 << 31, "nodes": 30_000, "calls": 5_000, "rank": 12, "nesting": 8,
    "elements": 1 << 24, "repeated": 1 << 28, "computed": 1 << 25, "copies": 1_000, "power": 64, "steps": 1 << 28,
    "terms": 32,
}  # fmt: skip
"""The most that is read: bytes of a file, nodes, calls of functions, axes of a tensor, graphs in graphs; numbers of a
constant that the model computes, of one that is a number repeated, and of all that it computes beyond four times those
that it holds; copies of a value side by side, powers of a size, multiplications of a product of constants, terms of an
open size."""


def unsupported(why: str, help: str | None = None, node: ForeignNode | None = None) -> DiagnosticError:
    """E590: a sound model that says something for which networks here have no words."""
    notes = () if node is None else (printable(f"in {node.shown()}, operator `{node.op}`"),)
    return DiagnosticError(Diagnostic("E590", printable(why), notes=notes, help=help))


def damaged(why: str, help: str | None = None) -> DiagnosticError:
    """E591: a model that contradicts itself."""
    help = help or "export the network anew; `onnx.checker` says more about what is wrong with a file"
    return DiagnosticError(Diagnostic("E591", "this is no sound model", notes=(printable(why[:300]),), help=help))


def too_large(what: str, found: int, most: int) -> DiagnosticError:
    """E592: more of something than is read."""
    return DiagnosticError(
        Diagnostic("E592", printable(f"{found:,} {what}, of which at most {most:,} are read"),
                   help="import a smaller part of the model")
    )  # fmt: skip


CONTROL = {
    "If": "which part runs depends on the data", "Loop": "how often it runs depends on the data",
    "Scan": "it runs a graph of its own for each step",
}  # fmt: skip


TEXTS = ("SplitToSequence", "ConcatFromSequence", "TfIdfVectorizer", "RegexFullMatch", "LabelEncoder")


def refused(node: ForeignNode) -> tuple[str, str | None] | None:
    """Why networks here have nothing like an operator, and the way out; None where it may be held as it is."""
    if node.op in CONTROL:
        return f"control flow: {CONTROL[node.op]}", "export the network without it"
    if node.op == "ZipMap":
        return (
            "its probabilities are put into a table for each example, and tables do not flow in networks here",
            "export it with skl2onnx's `options={id(model): {'zipmap': False}}`: they are an array then",
        )
    if node.op.startswith(("Sequence", "Optional", "String")) or node.op in TEXTS:
        return "sequences, optional values and texts do not flow in networks here", None
    if "Quantize" in node.op or node.op.endswith("Integer") or node.op.startswith("QLinear"):
        return "the network is quantised", "import the model that it was made of"
    return None


def no_words(node: ForeignNode) -> DiagnosticError:
    """E590: an operator that nothing here is like, and why."""
    why = refused(node)
    if why is not None:
        return unsupported(*why, node=node)
    domain = f" of domain `{node.domain}`" if node.domain else ""
    return unsupported(f"there are no words for operator `{node.op}`{domain}", node=node)
