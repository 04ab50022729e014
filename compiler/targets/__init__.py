"""How operators that ONNX lacks are written with the stock operators of a target: a table a target, a row a choice.

Each row of a table has a name. The first that applies, and is meant for the node, is taken; a caller may force or
forbid rows by name (`Options.lowerings`). To tune a target, change the order of its rows or their conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from netc.compiler.ir import Graph
from netc.compiler.ops import get_op
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.choice import Choice, read_choice
from netc.compiler.targets.cpu import FINISH, blocked_layout, rows
from netc.compiler.targets.cuda import CUDA, masks_as_choices
from netc.compiler.targets.fast import FAST_FINISH, fast_rows
from netc.compiler.targets.layout import Rows, ways
from netc.compiler.targets.registry import Table, names_of, pick
from netc.compiler.targets.std import STD


@dataclass(frozen=True)
class Target:
    """What a target makes of a graph: perhaps a layout by its rows, the table for the rest, perhaps a last touch.

    rows   makes the rows: which operators they are for is known when all are declared
    opset  the version of ONNX's operators to write in, where the usual one doesn't do
    """

    table: Table
    layout: Callable[[Graph, Rows], Graph] | None = None
    finish: tuple[Callable[[Graph], Graph], ...] = ()
    rows: Callable[[], Rows] = dict
    opset: int | None = None

    def names(self) -> dict[str, list[str]]:
        """For each operator that the target has a form of its own for, the names of its forms in order."""
        named = ways(self.rows())
        return {
            op: names_of(named.get(op, ()), self.table.get(op, ())) for op in sorted({*named, *self.table})
        }  # fmt: skip


TARGETS: dict[str, Target] = {
    "std": Target(STD),
    "cpu": Target(STD, partial(blocked_layout, block=16), FINISH, rows),
    "cpu8": Target(STD, partial(blocked_layout, block=8), FINISH, rows),
    "fast": Target(STD, partial(blocked_layout, block=16), FAST_FINISH, fast_rows),
    "fast8": Target(STD, partial(blocked_layout, block=8), FAST_FINISH, fast_rows),
    "cuda": Target(CUDA, finish=(masks_as_choices,), opset=18),
    "web": Target(STD),
}
"""`cpu` is for blocks of 16 channels, as the runtime has with AVX-512; `cpu8` for blocks of 8. See `cpu/probe.py`.
`fast` and `fast8` are the same with the library of `netc[fast]`. CUDA's kernels for padding, and for the reductions to
a maximum, are registered for operator set 18 exactly: in a later one such nodes go through the host."""


def legalise(graph: Graph, target: str = "std", lowerings: Sequence[str] = ()) -> Graph:
    """The graph in the operators that the target has.

    lowerings   `OP=NAME` and `OP=-NAME`, as in Options

    Raises ValueError where there is no such target, DiagnosticError E495 for lowerings that it doesn't have and E496
    where those that are left don't apply to a node.
    """
    if target not in TARGETS:
        raise ValueError(f"there is no target {target!r}: use one of {', '.join(TARGETS)}")
    chosen = TARGETS[target]
    choice = read_choice(lowerings, target, chosen.names() if lowerings else {})
    if chosen.layout is not None:
        graph = chosen.layout(graph, choice.rows(chosen.rows(), chosen.table))
    graph = _lower(graph, choice.table(chosen.table), choice, target)
    for touch in chosen.finish:
        graph = touch(graph)
    return graph


def _lower(graph: Graph, table: Table, choice: Choice, target: str) -> Graph:
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        if node.op in table:
            lowering = pick(table[node.op], node)
            if lowering is None:
                raise choice.refusal(node)
            made = lowering.write(rewriter.builder(node.origin), *rewriter.inputs(node), **node.attributes)
            rewriter.replace(node.outputs, made if isinstance(made, tuple) else (made,))
        else:
            assert get_op(node.op).stock, f"target {target} has no row for {node.op}"
            rewriter.keep(node)
    return rewriter.finish()
