"""How many bytes a graph's own tensors take while its nodes run in order, as ONNX Runtime reuses memory."""

from __future__ import annotations

from netc.compiler.ir import DType, Graph, Value

WIDTHS = {DType.FLOAT32: 4, DType.INT64: 8, DType.INT32: 4, DType.UINT8: 1, DType.BOOL: 1}
VIEWS = ("Reshape", "Identity")
IN_PLACE = ("Add", "Sub", "Mul", "Div", "Max", "Min", "Neg", "Relu", "HardSigmoid", "Sqrt", "Reciprocal")


def bytes_of(value: Value) -> int:
    """The bytes of a tensor of known size."""
    total = WIDTHS[value.dtype]
    for size in value.shape:
        assert isinstance(size, int), "fix the batch first"
        total *= size
    return total


def live_bytes(graph: Graph) -> list[int]:
    """After the start of each node: the bytes of what nodes made and what is still to be read.

    Inputs, parameters and outputs of the graph are not counted: their buffers are the caller's. A view takes none; an
    elementwise operator writes over an input that nothing else will read.
    """
    origin: dict[Value, Value] = {}
    last: dict[Value, int] = {}
    for number, node in enumerate(graph.nodes):
        if node.op in VIEWS:
            origin[node.output] = origin.get(node.inputs[0], node.inputs[0])
        for value in (*node.inputs, *node.outputs):
            last[origin.get(value, value)] = number
    never = {*graph.sources(), *(origin.get(value, value) for value in graph.outputs.values())}
    alive: dict[Value, int] = {}
    found: list[int] = []
    for number, node in enumerate(graph.nodes):
        dying = [v for v in {origin.get(v, v): None for v in node.inputs} if v in alive and last[v] == number]
        for value in node.outputs:
            if value in origin or value in never or node.op == "Constant":
                continue
            same = [v for v in dying if bytes_of(v) == bytes_of(value)] if node.op in IN_PLACE else []
            if same:
                dying.remove(same[0])
                del alive[same[0]]
            alive[value] = bytes_of(value)
        found.append(sum(alive.values()))
        for value in (*dying, *(v for v in node.outputs if last[origin.get(v, v)] == number)):
            alive.pop(value, None)
    return found
