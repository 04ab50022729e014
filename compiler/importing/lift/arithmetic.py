"""What every operator is by itself, where no larger pattern takes it: arithmetic, functions, comparisons, choices."""

from __future__ import annotations

from typing import Any

from netc.compiler.importing.calls import LITERAL, SYMBOLS, Call
from netc.compiler.importing.lifting import SMALL, Lifting, lifts
from netc.compiler.ir import BATCH, LARGEST_FLOAT32, DType, Node, Value, is_batched

WORDS = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Abs": "abs",
    "Reciprocal": "reciprocal", "Erf": "erf", "Sin": "sin", "Cos": "cos", "Floor": "floor", "Ceil": "ceil",
    "Round": "round", "Sign": "sign", "Softplus": "softplus", "Softsign": "softsign", "Not": "logical_not",
}  # fmt: skip


@lifts(*WORDS, size=SMALL)
def function(m: Lifting, node: Node) -> Call:
    return m.call(WORDS[node.op], node, node.inputs[0])


@lifts("Neg", size=SMALL)
def negative(m: Lifting, node: Node) -> Call:
    return m.call("*", node, node.inputs[0], -1.0)


def stripped(m: Lifting, value: Value, beside: Value) -> Value:
    """A value whose axes of size 1 right behind the batch only stand there for broadcasting."""
    reshape = m.made(value, "Reshape", shared=True)
    if reshape is None or not is_batched(value):
        return value
    source, shape = reshape.inputs[0], value.shape
    ones = next((at for at, size in enumerate(shape[1:]) if size != 1), len(shape) - 1)
    if ones and is_batched(source) and source.shape == (BATCH, *shape[1 + ones :]) and beside.rank >= value.rank:
        return source
    return value


def _typed(m: Lifting, value: Value) -> float | None:
    """The one known number that a value is, a whole one where it is of such a type: a product with 2.0 has another."""
    number = m.number(value)
    return int(number) if number is not None and value.dtype is DType.INT64 else number


@lifts("Add", "Sub", "Mul", "Div", "Pow", size=SMALL)
def arithmetic(m: Lifting, node: Node) -> Call | Value:
    a, b = node.inputs
    first, second = _typed(m, a), _typed(m, b)
    if second is not None:
        if (node.op in ("Add", "Sub") and second == 0) or (node.op in ("Mul", "Div", "Pow") and second == 1):
            return a
        if node.op == "Pow" and second in (2.0, 0.5):
            return m.call("square" if second == 2 else "sqrt", node, a)
        if node.op == "Pow":
            return m.call("pow", node, a, exponent=second)
        return m.call(SYMBOLS[node.op], node, a, second)
    if first is not None:
        if node.op in ("Add", "Mul") and first == (0 if node.op == "Add" else 1):
            return b
        if node.op in ("Add", "Mul"):
            return m.call(SYMBOLS[node.op], node, b, first)
        return (
            m.call("reciprocal", node, b)
            if node.op == "Div" and first == 1
            else m.call(SYMBOLS[node.op], node, first, b)
        )
    if node.op == "Mul" and a is b:
        return m.call("square", node, a)
    a, b = stripped(m, a, b), stripped(m, b, a)
    alike = a.shape == b.shape and is_batched(a)
    word = {"Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div"}.get(node.op)
    if word is not None and alike:
        return m.call(word, node, a, b)
    if word == "mul" and is_batched(a) and is_batched(b) and a.rank == b.rank:
        return m.call(word, node, a, b)
    if node.op in ("Add", "Mul") and not is_batched(a) and is_batched(b):
        a, b = b, a
    return m.call(SYMBOLS[node.op], node, a, b)


@lifts("Max", "Min", size=SMALL)
def extremum(m: Lifting, node: Node) -> Call:
    a, b = node.inputs
    for value, other in ((a, b), (b, a)):
        number = m.number(other)
        if number is not None:
            if node.op == "Max" and number == 0:
                return m.call("relu", node, value)
            bound: dict[str, Any] = {"min" if node.op == "Max" else "max": number}
            return m.call("clip", node, value, **bound)
    return m.call("maximum" if node.op == "Max" else "minimum", node, a, b)


COMPARISONS = {
    "Equal": "equal",
    "Greater": "greater",
    "GreaterOrEqual": "greater_equal",
    "Less": "less",
    "LessOrEqual": "less_equal",
}
TURNED = {
    "Equal": "Equal",
    "Greater": "Less",
    "GreaterOrEqual": "LessOrEqual",
    "Less": "Greater",
    "LessOrEqual": "GreaterOrEqual",
}


@lifts(*COMPARISONS, size=SMALL)
def comparison(m: Lifting, node: Node) -> Call:
    a, b = node.inputs
    number = m.number(b)
    if number is not None:
        return m.call(COMPARISONS[node.op], node, a, than=number)
    number = m.number(a)
    if number is not None:
        return m.call(COMPARISONS[TURNED[node.op]], node, b, than=number)
    return m.call(COMPARISONS[node.op], node, a, b)


@lifts("And", "Or", size=SMALL)
def truth(m: Lifting, node: Node) -> Call:
    return m.call(f"logical_{node.op.lower()}", node, *node.inputs)


@lifts("Where", size=SMALL)
def choice(m: Lifting, node: Node) -> Call:
    return m.call("where", node, *node.inputs)


@lifts("Constant", size=SMALL)
def literal(m: Lifting, node: Node) -> Call | None:
    """A number where a tensor is needed: `zeros([1]) + 3.5`."""
    number = m.number(node.output)
    if number is None or node.output.dtype is not DType.FLOAT32:
        return None
    return m.call(LITERAL, node, value=max(-LARGEST_FLOAT32, min(number, LARGEST_FLOAT32)))


@lifts("Cast", size=SMALL)
def cast(m: Lifting, node: Node) -> Call | Value | None:
    x, wanted = node.inputs[0], node.output.dtype
    if x.dtype is DType.INT64 and wanted is DType.FLOAT32:
        return m.call("*", node, x, 1.0)
    if wanted is DType.BOOL:
        return m.call("not_equal", node, x, than=0)
    if x.dtype is DType.BOOL and wanted is DType.FLOAT32:
        return m.call("where", node, x, *(m.lowering.b.constant(number) for number in (1.0, 0.0)))
    return None


@lifts("Clip", size=SMALL)
def clip(m: Lifting, node: Node) -> Call:
    low, high = node.attributes["low"], node.attributes["high"]
    if low == 0 and high == 6:
        return m.call("relu6", node, node.inputs[0])
    if low == 0 and high is None:
        return m.call("relu", node, node.inputs[0])
    given = {"min": low, "max": high}
    return m.call("clip", node, node.inputs[0], **{name: value for name, value in given.items() if value is not None})


@lifts("Dropout", size=SMALL)
def dropout(m: Lifting, node: Node) -> Call:
    rate = node.attributes["rate"]
    return m.call("dropout", node, node.inputs[0], **({} if rate == 0.5 else {"rate": rate}))


@lifts("Softmax", "LogSoftmax", size=SMALL)
def softmax(m: Lifting, node: Node) -> Call:
    x, axis = node.inputs[0], node.attributes["axis"]
    word = "softmax" if node.op == "Softmax" else "log_softmax"
    return m.call(word, node, x, **({} if axis == x.rank - 1 else {"axis": axis - is_batched(x)}))


REDUCTIONS = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "max", "ReduceMin": "min"}


@lifts(*REDUCTIONS, size=SMALL)
def reduction(m: Lifting, node: Node) -> Call:
    x, axes = node.inputs[0], sorted(node.attributes["axes"])
    if (
        len(axes) == x.rank - 2
        and axes == list(range(2, x.rank))
        and x.rank >= 4
        and node.op in ("ReduceMean", "ReduceMax")
    ):
        return m.call("global_avgpool" if node.op == "ReduceMean" else "global_maxpool", node, x)
    places = [axis - is_batched(x) for axis in axes]
    word = REDUCTIONS[node.op]
    if len(places) == x.rank - is_batched(x):
        return m.call(f"reduce_{word}", node, x)
    return m.call(
        f"reduce_{word}" if word in ("max", "min", "sum") else word,
        node,
        x,
        axis=places[0] if len(places) == 1 else tuple(places),
    )
