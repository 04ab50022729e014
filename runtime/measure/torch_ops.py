"""The forward pass's operators as PyTorch's functions, one row each. PyTorch is imported here when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from netc.compiler import Node

Function = Callable[..., Any]
Maker = Callable[[Any, Node], Function]


class NoEquivalentError(Exception):
    """What has no equivalent in PyTorch, in words."""


def function_of(node: Node) -> Function:
    """What a node does, on PyTorch's tensors; several outputs come as a tuple. Raises NoEquivalentError."""
    torch = import_module("torch")
    if node.op in SAME:
        found: Function = getattr(torch, SAME[node.op])
        return found
    if node.op not in MAKERS:
        raise NoEquivalentError(f"the operator {node.op}")
    return MAKERS[node.op](torch, node)


SAME = {
    "Abs": "abs", "Add": "add", "And": "logical_and", "BitwiseXor": "bitwise_xor", "Equal": "eq", "Exp": "exp",
    "Greater": "gt", "GreaterOrEqual": "ge", "Less": "lt", "LessOrEqual": "le", "Log": "log", "MatMul": "matmul",
    "Max": "maximum", "Min": "minimum", "Mod": "remainder", "Mul": "mul", "Neg": "neg", "Not": "logical_not",
    "Or": "logical_or", "Pow": "pow", "Reciprocal": "reciprocal", "Relu": "relu", "Sigmoid": "sigmoid", "Sign": "sign",
    "Sqrt": "sqrt", "Sub": "sub", "Tanh": "tanh", "Where": "where",
}  # fmt: skip
"""Operators that are a function of PyTorch under another name."""


def dtype_of(torch: Any, name: str) -> Any:
    """PyTorch's element type of this name."""
    return getattr(torch, str(name))


# ------------------------------------------------------------ windows
def _padding(torch: Any, pads: tuple[int, ...]) -> list[int]:
    """Begins and ends, as `functional.pad` wants them: pairs from the last axis to the first."""
    axes = len(pads) // 2
    return [pad for axis in reversed(range(axes)) for pad in (pads[axis], pads[axis + axes])]


def _convolution(torch: Any, node: Node) -> Function:
    given, functional = node.attributes, torch.nn.functional
    axes = len(given["strides"])
    convolution = getattr(functional, f"conv{axes}d")
    pads, more = given["pads"], {"stride": given["strides"], "dilation": given["dilations"], "groups": given["group"]}
    if pads[:axes] == pads[axes:]:
        return lambda x, w, bias=None: convolution(x, w, bias, padding=pads[:axes], **more)
    around = _padding(torch, pads)
    return lambda x, w, bias=None: convolution(functional.pad(x, around), w, bias, **more)


def _transposed_convolution(torch: Any, node: Node) -> Function:
    given = node.attributes
    axes = len(given["strides"])
    begins, ends = given["pads"][:axes], given["pads"][axes:]
    # PyTorch pads both ends alike; what the end lacks is cut from the output
    pads = tuple(map(min, begins, ends))
    cut = tuple(
        slice(begin - pad, -(end - pad) or None) for begin, end, pad in zip(begins, ends, pads, strict=True)
    )  # fmt: skip
    transposed = getattr(torch.nn.functional, f"conv_transpose{axes}d")
    more = (given["strides"], pads, given["output_padding"], given["group"], given["dilations"])
    return lambda x, w: transposed(x, w, None, *more)[(..., *cut)]


def _even(node: Node) -> bool:
    """Whether PyTorch's pooling takes the padding: alike at both ends, at most half a window."""
    pads, kernel = node.attributes["pads"], node.attributes["kernel"]
    axes = len(kernel)
    return bool(pads[:axes] == pads[axes:]) and all(2 * pads[i] <= kernel[i] for i in range(axes))


def _max_pool(torch: Any, node: Node) -> Function:
    given, functional = node.attributes, torch.nn.functional
    kernel, strides, pads = given["kernel"], given["strides"], given["pads"]
    pool = getattr(functional, f"max_pool{len(kernel)}d")
    if _even(node):
        return lambda x: pool(x, kernel, strides, pads[: len(kernel)])
    around = _padding(torch, pads)
    return lambda x: pool(functional.pad(x, around, value=float("-inf")), kernel, strides)


def _average_pool(torch: Any, node: Node) -> Function:
    given, functional = node.attributes, torch.nn.functional
    kernel, strides, pads = given["kernel"], given["strides"], given["pads"]
    pool = getattr(functional, f"avg_pool{len(kernel)}d")
    everywhere = bool(given["count_include_pad"])
    if _even(node):
        return lambda x: pool(x, kernel, strides, pads[: len(kernel)], count_include_pad=everywhere)
    around = _padding(torch, pads)
    if everywhere:
        return lambda x: pool(functional.pad(x, around), kernel, strides)

    def inside(x: Any) -> Any:
        share = pool(functional.pad(torch.ones_like(x[:1, :1]), around), kernel, strides)
        return pool(functional.pad(x, around), kernel, strides) / share

    return inside


# ------------------------------------------------------------ products, normalization, reductions
def _gemm(torch: Any, node: Node) -> Function:
    left, right, beta = (node.attributes[name] for name in ("left", "right", "beta"))

    def product(a: Any, b: Any, bias: Any = None) -> Any:
        a, b = a.mT if left else a, b.mT if right else b
        return a @ b if bias is None else torch.addmm(bias, a, b, beta=beta)

    return product


def _batch_normalization(torch: Any, node: Node) -> Function:
    """In training form. PyTorch's running variance divides by one less than ours; no step reads it."""
    normalize, given = torch.nn.functional.batch_norm, node.attributes
    momentum, epsilon = 1.0 - given["momentum"], given["epsilon"]
    return lambda x, scale, bias, mean, variance: normalize(
        x, mean, variance, scale, bias, training=True, momentum=momentum, eps=epsilon
    )


def _reduction(name: str) -> Maker:
    def make(torch: Any, node: Node) -> Function:
        axes, kept, reduce = node.attributes["axes"], bool(node.attributes["keepdims"]), getattr(torch, name)
        return (lambda x: reduce(x, axes, keepdim=kept)) if axes else (lambda x: x)

    return make


def _along(name: str) -> Maker:
    def make(torch: Any, node: Node) -> Function:
        axis, function = node.attributes["axis"], getattr(torch, name)
        return lambda x: function(x, axis)

    return make


# ------------------------------------------------------------ elements
def _cast(torch: Any, node: Node) -> Function:
    wanted = dtype_of(torch, node.attributes["to"])
    return lambda x: x.to(wanted)


def _division(torch: Any, node: Node) -> Function:
    if str(node.output.dtype).startswith("float"):
        return lambda a, b: a / b
    return lambda a, b: torch.div(a, b, rounding_mode="trunc")


def _dropout(torch: Any, node: Node) -> Function:
    rate, dropout = node.attributes["rate"], torch.nn.functional.dropout
    return lambda x: dropout(x, rate)


def _hard_sigmoid(torch: Any, node: Node) -> Function:
    alpha, beta = node.attributes["alpha"], node.attributes["beta"]
    return lambda x: torch.clamp(alpha * x + beta, 0.0, 1.0)


def _leaky_relu(torch: Any, node: Node) -> Function:
    alpha = node.attributes["alpha"]
    return lambda x: torch.nn.functional.leaky_relu(x, alpha)


# ------------------------------------------------------------ shapes
def _concat(torch: Any, node: Node) -> Function:
    axis = node.attributes["axis"]
    return lambda *parts: torch.cat(parts, axis)


def _gather(torch: Any, node: Node) -> Function:
    axis = node.attributes["axis"]

    def gather(data: Any, indices: Any) -> Any:
        place = axis % data.dim()
        chosen = data.index_select(place, indices.reshape(-1))
        return chosen.reshape(*data.shape[:place], *indices.shape, *data.shape[place + 1 :])

    return gather


def _method(name: str, attribute: str) -> Maker:
    def make(torch: Any, node: Node) -> Function:
        value = node.attributes[attribute]
        return lambda x: getattr(x, name)(value)

    return make


def _one_hot(torch: Any, node: Node) -> Function:
    depth = node.attributes["depth"]
    return lambda x: torch.nn.functional.one_hot(x, depth).to(torch.float32)


def _pad(torch: Any, node: Node) -> Function:
    around, value = _padding(torch, node.attributes["pads"]), node.attributes["value"]
    return lambda x: torch.nn.functional.pad(x, around, value=value)


def _slice(torch: Any, node: Node) -> Function:
    given = node.attributes

    def cut(x: Any) -> Any:
        for start, stop, axis, step in zip(
            *(given[name] for name in ("starts", "stops", "axes", "steps")), strict=True
        ):
            chosen = range(*slice(start, stop, step).indices(x.shape[axis]))
            low, high = min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1])
            x = x[(slice(None),) * (axis % x.dim()) + (slice(low, high + 1, abs(step)),)]
            x = x.flip(axis) if step < 0 else x
        return x

    return cut


def _split(torch: Any, node: Node) -> Function:
    axis, sizes = node.attributes["axis"], node.attributes["sizes"]
    return lambda x: torch.split(x, sizes, axis)


def _top_k(torch: Any, node: Node) -> Function:
    k, axis = node.attributes["k"], node.attributes["axis"]
    return lambda x: tuple(torch.topk(x, k, axis))


MAKERS: dict[str, Maker] = {
    "ArgMax": _along("argmax"),
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalization,
    "Cast": _cast,
    "Concat": _concat,
    "Conv": _convolution,
    "ConvTranspose": _transposed_convolution,
    "Div": _division,
    "Dropout": _dropout,
    "Expand": _method("expand", "shape"),
    "Gather": _gather,
    "Gemm": _gemm,
    "HardSigmoid": _hard_sigmoid,
    "Identity": lambda torch, node: lambda x: x,
    "LeakyRelu": _leaky_relu,
    "LogSoftmax": _along("log_softmax"),
    "MaxPool": _max_pool,
    "OneHot": _one_hot,
    "Pad": _pad,
    "ReduceMax": _reduction("amax"),
    "ReduceMean": _reduction("mean"),
    "ReduceMin": _reduction("amin"),
    "ReduceSum": _reduction("sum"),
    "Reshape": _method("reshape", "shape"),
    "Slice": _slice,
    "Softmax": _along("softmax"),
    "Split": _split,
    "TopK": _top_k,
    "Transpose": _method("permute", "axes"),
}
"""Operators whose attributes PyTorch takes in another form."""
