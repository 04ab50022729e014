"""Recurrent networks. ONNX has time first, the direction as an axis of its own, and other orders of gates."""

from __future__ import annotations

from typing import Any

import numpy as np

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import Flow, placed, transposed
from netc.compiler.importing.lowering import Lowering, Weight, lowers
from netc.compiler.importing.records import Array, Constant, ForeignNode, derived
from netc.compiler.ir import Value

GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""For each of our gates (i f g o; r z n) which of ONNX's it is (i o f c; z r h)."""

PEEPHOLES, CELL, STATE, LENGTHS = 7, 6, 5, 4
"""Which inputs are the peepholes of an LSTM, its states at first, and the lengths of sequences."""


@lowers("LSTM", "GRU", "RNN")
def recurrent(g: Lowering, node: ForeignNode) -> list[Flow]:
    said = node.attributes
    _check(g, node)
    both = said.get("direction", "forward") == "bidirectional"
    x = g.flow(node) if not said.get("layout", 0) else transposed(g.flow(node), (1, 0, 2))
    x = placed(g.b, transposed(x, (1, 0, 2)))  # [N, T, F]
    w, r, bias = g.constant(node, 1), g.constant(node, 2), g.constant(node, 3)
    assert w is not None
    assert r is not None
    width = r.array.shape[-1]
    given: dict[str, Any] = {"width": width}
    given |= {"bidirectional": True} if both else {"reverse": True} if said.get("direction") == "reverse" else {}
    given |= {"bias": False} if bias is None else {}
    if node.op == "RNN" and _activation(node, 0) == "relu":
        given["activation"] = "relu"
    if node.op == "LSTM" and not both and x.value.shape[1] == 1 and g.has(node, CELL):
        return _step(g, node, x, w, r, bias)
    weights: dict[str, Weight] = {}
    for at, ending in enumerate(("", "_reverse") if both else ("",)):
        for leaf, array in _leaves(node.op, w.array[at], r.array[at], None if bias is None else bias.array[at]).items():
            weights[f"{leaf}_l0{ending}"] = Weight(derived(w.key, leaf, at), array)
    states = _initial(g, node, both)
    count = 2 if both else 1
    n, steps = x.value.shape[:2]
    shapes = [(n, steps, count * width), *[(n, count * width)] * (2 if node.op == "LSTM" else 1)]
    y, *last = g.layer(
        node.op.lower(),
        [x.value, *states.values()],
        shapes,
        given | states,
        weights,
    )
    cut = g.b.Reshape(y, shape=(n, steps, count, width)) if both else y
    # Y [T, directions, N, H] and the states [directions, N, H].
    whole = Flow(cut, ((1,), (2,), (0,), (3,)) if both else ((1,), (), (0,), (2,)))
    found = [whole]
    for state in last:
        apart = g.b.Reshape(state, shape=(n, count, width)) if both else state
        found.append(Flow(apart, ((1,), (0,), (2,)) if both else ((), (0,), (1,))))
    if said.get("layout", 0):
        found = [transposed(whole, (2, 0, 1, 3)), *(transposed(state, (1, 0, 2)) for state in found[1:])]
    return found


def _step(g: Lowering, node: ForeignNode, x: Flow, w: Constant, r: Constant, bias: Constant | None) -> list[Flow]:
    """An LSTM that goes one step from given states: both of its states flow on, as a stream's caller keeps them."""
    b, back = g.b, bool(node.attributes.get("layout", 0))
    width = r.array.shape[-1]
    h, c = (_state(g, g.flow(node, at), back) for at in (STATE, CELL))
    leaves = _leaves("LSTM", w.array[0], r.array[0], None if bias is None else bias.array[0])
    sums = []
    for ending, value in (("ih", b.Reshape(x.value, shape=(x.value.shape[0], x.value.shape[2]))), ("hh", h)):
        matrix = g.parameter(np.ascontiguousarray(leaves[f"weight_{ending}"].T), derived(w.key, ending))
        made = b.MatMul(value, matrix)
        vector = leaves.get(f"bias_{ending}")
        sums.append(made if vector is None else b.Add(made, g.parameter(vector, derived(w.key, ending, "bias"))))
    parts: Any = b.add("Split", (b.Add(*sums),), {"axis": 1, "sizes": (width,) * 4})
    i, f, o = (b.Sigmoid(parts[at]) for at in (0, 1, 3))
    cell = b.Add(b.Mul(f, c), b.Mul(i, b.Tanh(parts[2])))
    state = b.Mul(o, b.Tanh(cell))
    if back:
        return [Flow(state, ((0,), (), (), (1,))), *(Flow(one, ((0,), (), (1,))) for one in (state, cell))]
    return [Flow(state, ((), (), (0,), (1,))), *(Flow(one, ((), (0,), (1,))) for one in (state, cell))]


def _state(g: Lowering, flow: Flow, batch_first: bool) -> Value:
    """One state of one direction, `[N, width]`."""
    value = placed(g.b, flow if batch_first else transposed(flow, (1, 0, 2))).value
    return g.b.Reshape(value, shape=(*value.shape[:-2], value.shape[-1]))


def _leaves(op: str, w: Array, r: Array, bias: Array | None) -> dict[str, Array]:
    width = r.shape[-1]

    def ours(array: Array) -> Array:
        gates = array.reshape(len(GATES[op]), width, *array.shape[1:])
        return np.ascontiguousarray(gates[list(GATES[op])].reshape(array.shape))

    found = {"weight_ih": ours(w), "weight_hh": ours(r)}
    if bias is not None:
        half = len(bias) // 2
        found |= {"bias_ih": ours(bias[:half]), "bias_hh": ours(bias[half:])}
    return found


def _activation(node: ForeignNode, at: int) -> str:
    usual = {"LSTM": ("sigmoid", "tanh", "tanh"), "GRU": ("sigmoid", "tanh"), "RNN": ("tanh",)}[node.op]
    given = node.attributes.get("activations", usual)
    return str(given[at % len(given)]).lower()


def _check(g: Lowering, node: ForeignNode) -> None:
    usual = {"LSTM": ("sigmoid", "tanh", "tanh"), "GRU": ("sigmoid", "tanh"), "RNN": ("tanh",)}[node.op]
    given = node.attributes.get("activations", usual)
    said = [str(word).lower() for word in given]
    if any(said[at : at + len(usual)] != list(usual) for at in range(0, len(said), len(usual))) and not (
        node.op == "RNN" and set(said) == {"relu"}
    ):
        raise unsupported(f"activations {', '.join(map(str, given))}", node=node)
    if node.op == "GRU" and not node.attributes.get("linear_before_reset", 0):
        raise unsupported("a GRU that resets before the product", "export it with `reset_after=True`", node)
    if g.has(node, PEEPHOLES) or "clip" in node.attributes or node.attributes.get("input_forget", 0):
        raise unsupported("peepholes, clipping, or coupled gates", node=node)
    lengths = g.known.get(node.inputs[LENGTHS]) if g.has(node, LENGTHS) else None
    if lengths is not None:
        raise unsupported("sequences of different lengths in a batch", "export it without their lengths", node)


def _initial(g: Lowering, node: ForeignNode, both: bool) -> dict[str, Value]:
    """The states before the first step, as arguments; zeros are none."""
    found: dict[str, Value] = {}
    for at, word in ((5, "initial"), (6, "initial_cell")):
        if not g.has(node, at) or (word == "initial_cell" and node.op != "LSTM"):
            continue
        state = g.known[node.inputs[at]]
        if not isinstance(state, Flow) and not state.array.any():
            continue
        flow = g.flow(node, at)
        if _is_zero(flow.value):
            continue
        flow = flow if node.attributes.get("layout", 0) else transposed(flow, (1, 0, 2))
        if not both:
            found[word] = _state(g, flow, True)
        else:
            found[word] = placed(g.b, flow).value
    return found


def _is_zero(value: Value) -> bool:
    """Whether it is zeros, expanded to the batch."""
    node = value.node
    while node is not None and node.op in ("Expand", "Reshape", "Transpose", "Slice", "Split", "Concat"):
        value = node.inputs[0]
        node = value.node
    return node is not None and node.op == "Constant" and not any(node.attributes["value"].values)
