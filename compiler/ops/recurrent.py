"""Recurrent networks as one operator each, in PyTorch's layout and order of gates; ONNX has them for inference.

Where a gradient flows they are written out as a Scan first, with the product of all inputs in front of it
(`training/scan_gradient.py`): ONNX's operators don't tell what a gradient reads. Operators of `netc[fast]` do, and take
the place of these scans (`targets/fast/recurrences.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from netc.compiler.ir import Builder, DType, Graph, Node, Origin, Shape, Size, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import Op, Result, op, sample
from netc.compiler.ops.checks import floating, shape_of
from netc.compiler.ops.facts import Half, Kind
from netc.compiler.ops.fields import Field, everything
from netc.compiler.ops.writer import Writer


def shapes(gates: int, states: int, steps: int, width: int = 3) -> tuple[tuple[int, ...], ...]:
    """Of x, both weights, both biases, and the states, for two examples of four numbers a step."""
    return (steps, 2, 4), (gates * width, 4), (gates * width, width), *[(gates * width,)] * 2, *[(2, width)] * states


class Recurrent(Op):
    """x [T, N, I], weights [G H, I] and [G H, H], biases [G H] twice, states [N, H] -> y [T, N, H], last states.

    G is the number of gates; reverse goes from the last step to the first.
    """

    kind = Kind.PRODUCT
    half = Half.NEVER
    torch_keeps = True
    attributes: ClassVar[Mapping[str, Any]] = {"reverse": False}
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1
    onnx_order: ClassVar[tuple[int, ...]] = (0,)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        floating(*inputs)
        x, _, r, *_ = inputs
        if x.rank != 3:
            raise ShapeError(f"a sequence of vectors is needed, found {shape_of(x.shape)}")
        width = r.shape[-1]
        rows = cls.gates * width
        wanted = [x.shape, (rows, x.shape[2]), (rows, width), (rows,), (rows,), *[(x.shape[1], width)] * cls.states]
        for at, (value, shape) in enumerate(zip(inputs, wanted, strict=True)):
            if value.shape != shape:
                raise ShapeError(f"{shape_of(shape)} is needed, found {shape_of(value.shape)}", at=at)
        return ((x.dtype, (*x.shape[:2], width)), *[(x.dtype, (x.shape[1], width))] * cls.states)

    @staticmethod
    def grad(g: Builder, node: Node, *dy: Value | None) -> tuple[Value | None, ...]:
        raise AssertionError("training/scan_gradient.py writes it as a Scan where a gradient flows through")

    @classmethod
    def as_scan(cls, g: Builder, node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...]:
        """The same as a Scan."""
        x, w, r, bias, recurrent_bias, *starts = inputs
        given = g.Add(g.MatMul(x, g.Transpose(w, axes=(1, 0))), bias)
        rest = (g.Transpose(r, axes=(1, 0)), recurrent_bias)
        settings = {name: value for name, value in node.attributes.items() if name != "reverse"}
        body = cls.one_step(starts[0].shape, settings, f"{node.origin.scope}.step", node.origin)
        *last, y = g.add(
            "Scan", (*starts, given, *rest),
            {"body": body, "carried": len(starts), "sequences": 1, "reverse": node.attributes["reverse"]},
        )  # fmt: skip
        return y, *last

    @classmethod
    def one_step(cls, shape: Shape, settings: Mapping[str, Any], name: str, origin: Origin) -> Graph:
        """What a Scan runs for each step, with states of this shape, [N, H].

        Its inputs are the states, the product of the step's input with its bias [N, G H], and the weights [H, G H] and
        the bias [G H] of the state; its outputs the next states, and `y`, the first of them.
        """
        examples, width = shape
        rows = product((cls.gates, width))
        states = [Value(f"state.{at}", DType.FLOAT32, shape, origin) for at in range(cls.states)]
        element = Value("x", DType.FLOAT32, (examples, rows), origin)
        captured = [Value(f"captured.{at}", DType.FLOAT32, sizes, origin)
                    for at, sizes in enumerate(((width, rows), (rows,)))]  # fmt: skip
        body = Graph(name, [*states, element, *captured])
        b = Builder(body, origin)
        recurrent = b.Add(b.MatMul(states[0], captured[0]), captured[1])
        after = cls.step(b, element, recurrent, *states, **settings)
        body.outputs = {**{str(at): value for at, value in enumerate(after)}, "y": after[0]}
        return body

    @staticmethod
    def step(b: Builder, x: Value, recurrent: Value, *states: Value, **_: Any) -> tuple[Value, ...]:
        """The states after a step, from the product of its input and that of the state, both with their biases."""
        raise AssertionError("a recurrent operator declares its step")

    @staticmethod
    def flops(node: Node) -> Size:
        x, w, r, *_ = node.inputs
        return x.shape[0] * x.shape[1] * r.shape[0] * (w.shape[1] + r.shape[1])

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at])

    @classmethod
    def settings(cls, node: Node) -> dict[str, Any]:
        """What else ONNX's operator is told."""
        return {}

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        x, w, r, bias, recurrent_bias, *starts = node.inputs
        inputs: list[Value | str] = [x, cls._first_axis(e, node, [w]), cls._first_axis(e, node, [r])]
        inputs += [cls._first_axis(e, node, [bias, recurrent_bias]), ""]
        for start in starts:
            inputs.append(e.temporary())
            e.node(node, "Unsqueeze", [start, e.ints((0,))], [inputs[-1]])
        made = [e.temporary() for _ in node.outputs]
        direction = "reverse" if node.attributes["reverse"] else "forward"
        width = r.shape[1]
        e.node(node, cls.__name__, inputs, made, hidden_size=width, direction=direction, **cls.settings(node))
        for at, (name, value) in enumerate(zip(made, node.outputs, strict=True)):
            e.node(node, "Squeeze", [name, e.ints((0 if at else 1,))], [value])

    @classmethod
    def _first_axis(cls, e: Writer, node: Node, parts: list[Value]) -> str:
        """Weights or biases with ONNX's order of gates, under an axis for the one direction."""
        width = node.inputs[2].shape[1]
        ordered: list[Value | str] = []
        for part in parts:
            names = [e.temporary() for _ in range(cls.gates)]
            if cls.gates == 1:
                ordered.append(part)
                continue
            e.node(node, "Split", [part, e.ints((width,) * cls.gates)], names, axis=0)
            ordered += [names[gate] for gate in cls.onnx_order]
        joined, found = e.temporary(), e.temporary()
        e.node(node, "Concat", ordered, [joined], axis=0)
        e.node(node, "Unsqueeze", [joined, e.ints((0,))], [found])
        return found

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        name = {"RNN": f"rnn_{node.attributes.get('activation')}"}.get(cls.__name__, cls.__name__.lower())
        function, flips = getattr(torch, name), node.attributes["reverse"]

        def ran(x: Any, w: Any, r: Any, bias: Any, recurrent_bias: Any, *starts: Any) -> Any:
            given = tuple(start[None] for start in starts)
            weights = (w, r, bias, recurrent_bias)
            turned = x.flip(0) if flips else x
            y, *last = function(
                turned, given if len(given) > 1 else given[0], weights, True, 1, 0.0, False, False, False
            )
            return (y.flip(0) if flips else y, *(state[0] for state in last))

        return ran


@op
class RNN(Recurrent):
    """h' = tanh(W x + b + R h + b'), or relu of it (Elman 1990)."""

    attributes: ClassVar[Mapping[str, Any]] = {"reverse": False, "activation": "tanh"}
    samples = (
        sample(*shapes(1, 1, 5)),
        sample(*shapes(1, 1, 4), reverse=True, activation="relu"),
        sample(*shapes(1, 1, 1, width=2)),
    )

    @staticmethod
    def step(b: Builder, x: Value, recurrent: Value, *states: Value, **more: Any) -> tuple[Value, ...]:
        total = b.Add(x, recurrent)
        return (b.Tanh(total) if more["activation"] == "tanh" else b.Relu(total),)

    @classmethod
    def settings(cls, node: Node) -> dict[str, Any]:
        return {"activations": (node.attributes["activation"].capitalize(),)}


@op
class LSTM(Recurrent):
    """c' = f c + i g, h' = o tanh(c'), the gates i, f, g, o in this order, sigmoids but for the tanh g.

    Hochreiter and Schmidhuber 1997; with the forget gate of Gers et al. 2000.
    """

    gates = 4
    states = 2
    onnx_order = (0, 3, 1, 2)
    samples = (
        sample(*shapes(4, 2, 5)),
        sample(*shapes(4, 2, 4), reverse=True),
        sample(*shapes(4, 2, 1, width=2)),
    )

    @staticmethod
    def step(b: Builder, x: Value, recurrent: Value, *states: Value, **_: Any) -> tuple[Value, ...]:
        width = states[1].shape[1]
        i, f, g, o = b.add("Split", (b.Add(x, recurrent),), {"axis": 1, "sizes": (width,) * 4})
        cell = b.Add(b.Mul(b.Sigmoid(f), states[1]), b.Mul(b.Sigmoid(i), b.Tanh(g)))
        return b.Mul(b.Sigmoid(o), b.Tanh(cell)), cell


@op
class GRU(Recurrent):
    """h' = (1 - z) n + z h with n = tanh(W x + b + r (R h + b')), the gates r, z, n in this order.

    Cho et al. 2014, arXiv:1406.1078; the reset gate is applied after the product, as in PyTorch and cuDNN.
    """

    gates = 3
    onnx_order = (1, 0, 2)
    samples = (
        sample(*shapes(3, 1, 5)),
        sample(*shapes(3, 1, 4), reverse=True),
        sample(*shapes(3, 1, 1, width=2)),
    )

    @staticmethod
    def step(b: Builder, x: Value, recurrent: Value, *states: Value, **_: Any) -> tuple[Value, ...]:
        (h,) = states
        sizes = (h.shape[1],) * 3
        xr, xz, xn = b.add("Split", (x,), {"axis": 1, "sizes": sizes})
        hr, hz, hn = b.add("Split", (recurrent,), {"axis": 1, "sizes": sizes})
        reset, keep = b.Sigmoid(b.Add(xr, hr)), b.Sigmoid(b.Add(xz, hz))
        new = b.Tanh(b.Add(xn, b.Mul(reset, hn)))
        return (b.Add(new, b.Mul(keep, b.Sub(h, new))),)

    @classmethod
    def settings(cls, node: Node) -> dict[str, Any]:
        return {"linear_before_reset": 1}
