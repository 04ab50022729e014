"""How operators that ONNX lacks are written with the stock operators of a target: a table a target, a row a choice.

Each row of a table has a name. The first that applies, and is meant for the node, is taken; a caller may force or
forbid rows by name (`Options.lowerings`). To tune a target, change the order of its rows or their conditions.

The parts of writing a graph for a target are stages of `compiler/pipeline/`: `lay_out`, `lower`, then the touches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from netc.compiler.ir import Graph
from netc.compiler.ops import get_op
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.choice import Choice, read_choice
from netc.compiler.targets.cpu import blocked_layout, rows
from netc.compiler.targets.cpu.masks import steep_masks
from netc.compiler.targets.cpu.pads import pads_as_joins
from netc.compiler.targets.cpu.scalars import flat_scalars
from netc.compiler.targets.cuda import CUDA, masks_as_choices
from netc.compiler.targets.fast import fast_rows
from netc.compiler.targets.fast.attention import attention
from netc.compiler.targets.fast.chains import chains
from netc.compiler.targets.fast.layer_normalization import layer_normalization
from netc.compiler.targets.fast.recurrences import recurrences
from netc.compiler.targets.fused.flat_transpositions import flat_transpositions
from netc.compiler.targets.fused.gelu import gelu
from netc.compiler.targets.fused.scaled_normalization import scaled_normalization
from netc.compiler.targets.layout import Rows, ways
from netc.compiler.targets.registry import Table, names_of, pick
from netc.compiler.targets.std import STD
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

Touch = Callable[[Graph], Graph]

TOUCHES: dict[Touch, str] = {
    masks_as_choices: "numbers times a mask become a choice",
    steep_masks: "masks become steep slopes, which run on the fast path",
    chains: "elementwise operators in a row become one",
    pads_as_joins: "padding along one axis becomes a join",
    flat_scalars: "tensors that end in a size of 1 meet numbers as vectors",
}
"""What is rewritten once a graph is in the operators of a target that wants it, in this order."""

FIRST_FUSIONS: dict[Touch, str] = {
    recurrences: "recurrent networks and their gradients become one operator each",
}
"""What is rewritten before all else, while a Scan knows its gradient, for targets that have the operators."""

FUSIONS: dict[Touch, str] = {
    attention: "attention and its gradient become one operator each",
    layer_normalization: "so do layer normalizations",
    scaled_normalization: "a scale and a bias go into the layer normalization before them",
    gelu: "what GELU is made of becomes one operator",
    flat_transpositions: "flattened maps are transposed as maps",
}
"""What is rewritten before a graph is laid out, while it says what it means, for targets that have the operators."""

STANDARD = frozenset({scaled_normalization, gelu, flat_transpositions})
FAST = frozenset({*FIRST_FUSIONS, attention, layer_normalization, scaled_normalization})
CPU = frozenset({steep_masks, pads_as_joins, flat_scalars})


@dataclass(frozen=True)
class Target:
    """What a target makes of a graph: perhaps a layout by its rows, the table for the rest, perhaps some last touches.

    fusions  what it has larger operators for, which are found before all that
    rows   makes the rows: which operators they are for is known when all are declared
    opset  the version of ONNX's operators to write in, where the usual one doesn't do
    """

    table: Table
    layout: Callable[[Graph, Rows], Graph] | None = None
    fusions: frozenset[Touch] = frozenset()
    touches: frozenset[Touch] = frozenset()
    rows: Callable[[], Rows] = dict
    opset: int | None = None

    def names(self) -> dict[str, list[str]]:
        """For each operator that the target has a form of its own for, the names of its forms in order."""
        named = ways(self.rows())
        return {
            op: names_of(named.get(op, ()), self.table.get(op, ())) for op in sorted({*named, *self.table})
        }  # fmt: skip


TARGETS: dict[str, Target] = {
    "std": Target(STD, fusions=STANDARD),
    "cpu": Target(STD, partial(blocked_layout, block=16), STANDARD, CPU, rows),
    "cpu8": Target(STD, partial(blocked_layout, block=8), STANDARD, CPU, rows),
    "fast": Target(STD, partial(blocked_layout, block=16), FAST, CPU | {chains}, fast_rows),
    "fast8": Target(STD, partial(blocked_layout, block=8), FAST, CPU | {chains}, fast_rows),
    "cuda": Target(CUDA, fusions=frozenset({scaled_normalization}), touches=frozenset({masks_as_choices}), opset=18),
    "web": Target(STD, fusions=STANDARD),
}
"""`cpu` is for blocks of 16 channels, as the runtime has with AVX-512; `cpu8` for blocks of 8. See `cpu/probe.py`.
`fast` and `fast8` are the same with the library of `netc[fast]`. CUDA's kernels for padding, and for the reductions to
a maximum, are registered for operator set 18 exactly: in a later one such nodes go through the host."""


def target_of(name: str) -> Target:
    """The target of that name; raises DiagnosticError E609 where there is none."""
    if not isinstance(name, str) or name not in TARGETS:
        help = f"use one of {', '.join(TARGETS)}"
        raise DiagnosticError(Diagnostic("E609", f"there is no target `{name}`", help=help))
    return TARGETS[name]


def lay_out(graph: Graph, name: str, lowerings: Sequence[str] = ()) -> Graph:
    """The graph in the target's layout, where it has one.

    lowerings   `OP=NAME` and `OP=-NAME`, as in Options

    Raises DiagnosticError E495 for lowerings that the target doesn't have, E496 where those left don't apply to a node.
    """
    target = target_of(name)
    choice = _choice(target, name, lowerings)
    return graph if target.layout is None else target.layout(graph, choice.rows(target.rows(), target.table))


def lower(graph: Graph, name: str, lowerings: Sequence[str] = ()) -> Graph:
    """The graph, laid out, in the operators that the target has; lowerings and errors are those of `lay_out`."""
    target = target_of(name)
    choice = _choice(target, name, lowerings)
    table = choice.table(target.table)
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op in table:
            lowering = pick(table[node.op], node)
            if lowering is None:
                raise choice.refusal(node)
            made = lowering.write(rewriter.builder(node.origin), *rewriter.inputs(node), **node.attributes)
            rewriter.replace(node.outputs, made if isinstance(made, tuple) else (made,))
        else:
            assert get_op(node.op).stock, f"target {name} has no row for {node.op}"
            rewriter.keep(node)
    return rewriter.finish()


def _choice(target: Target, name: str, lowerings: Sequence[str]) -> Choice:
    return read_choice(lowerings, name, target.names() if lowerings else {})
