"""From foreign nodes to a graph of our operators, node by node: what is known is worked out, the rest is built."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netc.compiler.importing.findings import damaged, no_words, refused, unsupported
from netc.compiler.importing.flows import ApartError, Flow, plain
from netc.compiler.importing.folding import FOLDS
from netc.compiler.importing.inputs import declare_inputs
from netc.compiler.importing.lowering import LOWERS, OTHERS, Known, Lowering
from netc.compiler.importing.records import Constant, ForeignGraph, ForeignNode, derived, settled
from netc.compiler.ir import Builder, Graph, Origin, Undecided
from netc.compiler.ir.operators import ShapeError
from netc.grammar.diagnostics import DiagnosticError

DIVISORS = (1, 2, 4, 8, 16, 32)
"""What open sizes are assumed to be a multiple of, one after the other, until all that flows together fits."""


def lower(foreign: ForeignGraph, opset: int) -> Lowering:
    """A graph of ours that computes what a foreign one does; raises DiagnosticError E590, E591."""
    is_open = any(not isinstance(size, int) for item in foreign.inputs for size in (item.shape or ())[1:])
    for divisor in DIVISORS[:-1] if is_open else ():
        try:
            return _lower(foreign, opset, divisor)
        except DiagnosticError as error:
            if not isinstance(error.__cause__, ShapeError | Undecided):
                raise
    return _lower(foreign, opset, DIVISORS[-1] if is_open else 1)


def _lower(foreign: ForeignGraph, opset: int, divisor: int) -> Lowering:
    from netc.compiler.importing import fold, lower  # the registries are filled by importing them

    assert fold
    assert lower
    g = Lowering(opset, Graph(foreign.name or "imported"), Builder(Graph("")), divisor=divisor)
    g.b = Builder(g.graph)
    for name, constant in foreign.constants.items():
        g.known[name] = constant
        g.left += HELD * constant.array.size
    nodes = read_nodes(foreign)
    declare_inputs(g, foreign, nodes)
    for node in nodes:
        _add(g, node)
    for name in foreign.outputs:
        if name not in g.known:
            raise damaged(f"nothing makes the output `{name}`")
        found = g.known[name]
        if isinstance(found, Constant):
            g.note(f"the output `{name}` is the same for all inputs, and was left out")
            continue
        try:
            g.graph.outputs[name] = plain(g.b, found)
        except ApartError as error:
            raise unsupported(f"the output `{name}` has no batch: {error}") from error
        if found.batch:
            g.batch_axes[name] = found.batch
            g.note(f"the output `{name}` has the batch as axis {found.batch} in the model, here it is axis 0")
    return g


def _add(g: Lowering, node: ForeignNode) -> None:
    """Build what a node makes, and remember it by its names."""
    before = len(g.graph.nodes)
    g.b.origin = Origin(".".join(node.scope))
    for name, made in zip(node.outputs, _branch(g, node) if node.op == "If" else _lowered(g, node), strict=False):
        if name in g.known:
            raise damaged(f"two nodes make `{name}`")
        if name:
            g.known[name] = made
    for new in g.graph.nodes[before:]:
        g.scopes.setdefault(new, node.scope)


def _lowered(g: Lowering, node: ForeignNode) -> Sequence[Known]:
    for name in node.inputs:
        if name and name not in g.known:
            raise damaged(f"{node.shown()} reads `{name}`, which nothing before it makes")
    inputs = [g.known[name] if name else None for name in node.inputs]
    key = f"{node.domain}.{node.op}" if node.domain else node.op
    known = [item for item in inputs if isinstance(item, Constant)]
    foldable = len(known) == len([item for item in inputs if item is not None]) and key in FOLDS
    if foldable and node.op in WRITTEN and any(item.is_open for item in known):
        foldable = False  # the numbers are known, how many there are is not
    try:
        if foldable:
            try:
                return _folded(g, node, [item if isinstance(item, Constant) else None for item in inputs])
            except TypeError:  # a size that only a run knows, where a number is needed
                if key not in LOWERS:
                    raise
        made = _written(g, node, key)
        return [made] if isinstance(made, Flow | Constant) else list(made)
    except (ShapeError, ApartError, Undecided) as error:
        raise unsupported(f"{node.op} cannot be written with the batch in front: {error}", node=node) from error
    except (
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        AssertionError,
        ZeroDivisionError,
        OverflowError,
    ) as error:
        raise damaged(f"{node.shown()}, operator `{node.op}`, does not fit what it reads: {error}") from error


def _branch(g: Lowering, node: ForeignNode) -> list[Known]:
    """What the part of an `If` makes that is always the one to run; raises DiagnosticError E590 where data decides."""
    condition = g.at(node, 0)
    if not isinstance(condition, Constant) or condition.is_open:
        raise no_words(node)
    if condition.open_sizes:
        raise unsupported(
            "control flow: which part runs depends on a size that the model leaves open",
            "say what it is: `--given NAME=NUMBER`, by its name in the model, or `input.1` for axis 1 of an input",
            node,
        )
    graph: ForeignGraph = node.attributes["then_branch" if condition.array.any() else "else_branch"]
    outside = dict(g.known)
    g.known |= graph.constants
    for inner in read_nodes(graph):
        _add(g, inner)
    found = [g.known[name] for name in graph.outputs]
    g.known = outside
    return found


def _written(g: Lowering, node: ForeignNode, key: str) -> Known | Sequence[Known]:
    """What an operator is in layers; where there are none like it, the operator itself, if that can be held."""
    if key not in LOWERS:
        if node.domain or refused(node):
            raise no_words(node)
        return LOWERS[OTHERS](g, node)
    try:
        return LOWERS[key](g, node)
    except DiagnosticError as error:
        if node.domain or refused(node):
            raise
        try:
            return LOWERS[OTHERS](g, node)
        except (DiagnosticError, ShapeError, ApartError, Undecided):
            raise error from None


def _folded(g: Lowering, node: ForeignNode, inputs: Sequence[Constant | None]) -> list[Known]:
    with np.errstate(all="ignore"):
        made = FOLDS[node.op](node, *(None if item is None else item.array for item in inputs))
    arrays = made if isinstance(made, tuple) else (made,)
    g.count(map(np.asarray, arrays))
    parents = [item for item in inputs if item is not None]
    weight = max(parents, key=lambda item: item.array.size, default=None)
    compares = node.op in COMPARISONS and any(item.is_open for item in parents)
    general = compares or any(item.open_sizes for item in parents)
    found: list[Known] = []
    for at, array in enumerate(arrays):
        key = f"{node.op}.{node.outputs[at] if at < len(node.outputs) else at}"
        if weight is not None and (array is weight.array or node.op in MOVES):
            key = weight.key if array is weight.array else derived(weight.key, node.op, array.shape, node.attributes)
        name = weight.name if weight is not None else node.outputs[at]
        found.append(Constant(settled(np.asarray(array)), key, name, general))
    return found


HELD = 4
"""So many times the numbers that it holds a model may compute besides: converted, laid out anew, turned."""

COMPARISONS = ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")

MOVES = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze")
"""Operators after which the numbers are the same ones."""

WRITTEN = ("Expand", "ConstantOfShape", "Range", "Tile")
"""Operators whose results may have sizes that only a run knows."""


def read_nodes(foreign: ForeignGraph) -> list[ForeignNode]:
    """The nodes that an output depends on, in the file's order."""
    makers: dict[str, ForeignNode] = {}
    for node in foreign.nodes:
        for name in filter(None, node.outputs):
            if name in makers or name in foreign.constants:
                raise damaged(f"two nodes make `{name}`")
            makers[name] = node
    waiting, kept = list(foreign.outputs), set()
    while waiting:
        made = makers.get(waiting.pop())
        if made is not None and id(made) not in kept:
            kept.add(id(made))
            waiting += made.reads
    return [node for node in foreign.nodes if id(node) in kept]
