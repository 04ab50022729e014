"""What operators are in PyTorch: an expression of the names of their inputs, by operator.

Sizes that are known when the network runs alone (the batch, `H`) are read from shapes of what is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netc.compiler.ir import Node, Size, Value
from netc.compiler.ir.dims import Dim, Quotient, Symbol
from netc.compiler.ops.pooling import torch_takes
from netc.compiler.ops.window import torch_pads
from netc.compiler.sources.parts import CannotWriteError, Part


class Sizes:
    """Numbers of a node in a text: marks for the known ones, shapes of values at hand for the others."""

    def __init__(self, part: Part, node: Node, known: Sequence[Value]) -> None:
        self.part, self.node, self.known = part, node, list(reversed(known))
        self.asked: list[Value] = []

    def __call__(self, size: Size, label: str = "size") -> str:
        """A size as text; a symbolic one with `{3}` for the name of a value, see `asked`."""
        if isinstance(size, int):
            return self.part.mark(label, size, in_run=True)
        for value in self.known:
            for axis, other in enumerate(value.shape):
                if other == size:
                    return self._shape(value, axis)
        terms = []
        for monomial, share in size.terms.items():
            factors = [self._atom(atom) for atom in monomial]
            if share.numerator != 1 or not factors:
                factors.insert(0, str(share.numerator))
            terms.append(" * ".join(factors) + (f" // {share.denominator}" if share.denominator != 1 else ""))
        return f"({' + '.join(terms)})"

    def _atom(self, atom: Symbol | Quotient) -> str:
        if isinstance(atom, Quotient):
            return f"({self(atom.numerator)} // {self(atom.denominator)})"
        pure = Dim(atom)
        for value in self.known:
            for axis, other in enumerate(value.shape):
                if other == pure:
                    return self._shape(value, axis)
        raise CannotWriteError(f"the size {atom.name} where {self.node.op} needs it")

    def _shape(self, value: Value, axis: int) -> str:
        if value not in self.asked:
            self.asked.append(value)
        return f"{{{len(self.node.inputs) + self.asked.index(value)}}}.shape[{axis}]"

    def device(self) -> str:
        """`, device=x.device`, of a value at hand."""
        if not self.known:
            return ""
        if self.known[0] not in self.asked:
            self.asked.append(self.known[0])
        return f", device={{{len(self.node.inputs) + self.asked.index(self.known[0])}}}.device"

    def shape(self, shape: Sequence[Size], label: str = "size") -> str:
        """Sizes with commas."""
        return ", ".join(self(size, label) for size in shape)


Written = Callable[[Node, Sizes], str]
"""An expression with `{0}` for the first input's name."""

SIGNS = {"Add": "+", "Sub": "-", "Mul": "*", "MatMul": "@", "Equal": "==", "Greater": ">", "GreaterOrEqual": ">=",
         "Less": "<", "LessOrEqual": "<=", "Pow": "**", "And": "&", "Or": "|", "BitwiseXor": "^"}  # fmt: skip
CALLS = {"Relu": "F.relu", "Sigmoid": "torch.sigmoid", "Tanh": "torch.tanh", "Erf": "torch.erf", "Exp": "torch.exp",
         "Log": "torch.log", "Sqrt": "torch.sqrt", "Reciprocal": "torch.reciprocal", "Abs": "torch.abs", "Neg": "torch.neg",
         "Sign": "torch.sign", "Sin": "torch.sin", "Cos": "torch.cos", "Floor": "torch.floor", "Ceil": "torch.ceil",
         "Round": "torch.round", "Max": "torch.maximum", "Min": "torch.minimum", "Where": "torch.where",
         "Not": "torch.logical_not", "Mod": "torch.remainder", "Softsign": "F.softsign"}  # fmt: skip
REDUCTIONS = {"ReduceSum": "sum", "ReduceMean": "mean", "ReduceMax": "amax", "ReduceMin": "amin"}


def _reduction(node: Node, sizes: Sizes) -> str:
    axes = tuple(node.attributes["axes"])
    if not axes:
        return "{0}"
    shown = axes[0] if len(axes) == 1 else axes
    keep = ", keepdim=True" if node.attributes["keepdims"] else ""
    return f"{{0}}.{REDUCTIONS[node.op]}({shown}{keep})"


def _reshape(node: Node, sizes: Sizes) -> str:
    shape = node.attributes["shape"]
    before = node.inputs[0].shape
    if len(shape) == 2 and shape[0] == before[0] and len(before) > 2:
        return "{0}.flatten(1)"
    texts: list[str] = []
    opened = [axis for axis, size in enumerate(shape) if isinstance(size, Dim)]
    for axis, size in enumerate(shape):
        if len(opened) == 1 and axis == opened[0]:
            texts.append("-1")
        elif axis < len(before) and isinstance(size, Dim) and before[axis] == size:
            texts.append(f"{{0}}.shape[{axis}]")
        else:
            texts.append(sizes(size))
    return f"{{0}}.reshape({', '.join(texts) or '()'})"


def _expand(node: Node, sizes: Sizes) -> str:
    before = node.inputs[0].shape
    shape = node.attributes["shape"]
    front = len(shape) - len(before)
    texts = ["-1" if axis >= front and before[axis - front] == size else sizes(size) for axis, size in enumerate(shape)]
    return f"{{0}}.expand({', '.join(texts)})"


def _slice(node: Node, sizes: Sizes) -> str:
    given = node.attributes
    cuts = [":"] * node.inputs[0].rank
    flips = []
    for start, stop, axis, step in zip(given["starts"], given["stops"], given["axes"], given["steps"], strict=True):
        if step < 0:
            if not all(isinstance(item, int) for item in (start, stop, node.inputs[0].shape[axis])):
                raise CannotWriteError("a slice backwards of a size that isn't known")
            chosen = range(*slice(start, stop, step).indices(node.inputs[0].shape[axis]))  # type: ignore[arg-type]
            start, stop, step = chosen[-1], chosen[0] + 1, -step
            flips.append(axis % node.inputs[0].rank)
        low = "" if start == 0 else sizes(start)
        high = "" if isinstance(stop, int) and stop >= (1 << 31) - 1 else sizes(stop)
        cuts[axis] = f"{low}:{high}" + (f":{step}" if step != 1 else "")
    while len(cuts) > 1 and cuts[-1] == ":":
        cuts.pop()
    return f"{{0}}[{', '.join(cuts)}]" + (f".flip({', '.join(map(str, flips))})" if flips else "")


def _pad(node: Node, sizes: Sizes) -> str:
    pads = ", ".join(sizes(pad, "pad") for pad in _trimmed(torch_pads(node.attributes["pads"])))
    value = node.attributes["value"]
    return f"F.pad({{0}}, ({pads},)" + (f", value={value!r})" if value else ")")


def _trimmed(pads: list[int]) -> list[int]:
    while len(pads) > 2 and pads[-2:] == [0, 0]:
        pads = pads[:-2]
    return pads


def _pool(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    kernel, strides, pads = at["kernel"], at["strides"], at["pads"]
    axes, word = len(kernel), "max" if node.op == "MaxPool" else "avg"
    pool, more = f"F.{word}_pool{axes}d", f"{tuple(kernel)}, {tuple(strides)}"
    everywhere = bool(at.get("count_include_pad"))
    if torch_takes(pads, kernel):
        counted = f", count_include_pad={everywhere}" if word == "avg" else ""
        return f"{pool}({{0}}, {more}, {tuple(pads[:axes])}{counted})"
    around = tuple(torch_pads(pads))
    if word == "max":
        return f'{pool}(F.pad({{0}}, {around}, value=float("-inf")), {more})'
    padded = f"{pool}(F.pad({{0}}, {around}), {more})"
    return padded if everywhere else f"{padded} / {pool}(F.pad(torch.ones_like({{0}}), {around}), {more})"


def _conv(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    axes, pads = len(at["strides"]), at["pads"]
    x, padding = "{0}", f", padding={tuple(pads[:axes])}"
    if pads[:axes] != pads[axes:]:
        x, padding = f"F.pad({{0}}, {tuple(torch_pads(pads))})", ""
    bias = ", {2}" if len(node.inputs) > 2 else ""
    more = f", stride={tuple(at['strides'])}{padding}, dilation={tuple(at['dilations'])}, groups="
    return f"F.conv{axes}d({x}, {{1}}{bias}{more}{sizes(at['group'], 'groups')})"


def _conv_transpose(node: Node, sizes: Sizes) -> str:
    at = node.attributes
    axes = len(at["strides"])
    begins, ends = at["pads"][:axes], at["pads"][axes:]
    pads = tuple(map(min, begins, ends))
    text = (
        f"F.conv_transpose{axes}d({{0}}, {{1}}, stride={tuple(at['strides'])}, padding={pads}, "
        f"output_padding={tuple(at['output_padding'])}, groups={at['group']}, dilation={tuple(at['dilations'])})"
    )
    if begins == ends:
        return text
    cuts = [f"{begin - pad or ''}:{pad - end or ''}" for begin, end, pad in zip(begins, ends, pads, strict=True)]
    return f"{text}[..., {', '.join(cuts)}]"


def _gather(node: Node, sizes: Sizes) -> str:
    axis = node.attributes["axis"] % node.inputs[0].rank
    if axis == 0:
        return "{0}[{1}]"
    return f"{{0}}[{':, ' * axis}{{1}}]"


def _gather_each(node: Node, sizes: Sizes) -> str:
    ones = ", 1" * (node.inputs[1].rank - 1)
    return f"{{0}}[torch.arange({{0}}.shape[0], device={{0}}.device).reshape(-1{ones}), {{1}}]"


def _standardization(node: Node, sizes: Sizes) -> str:
    x, at = node.inputs[0], node.attributes
    axes = tuple(sorted(axis % x.rank for axis in at["axes"]))
    if axes != tuple(range(axes[0], x.rank)):
        middle = f"({{0}} - {{0}}.mean({axes}, keepdim=True))" if at["centred"] else "{0}"
        scale = (
            f"{{0}}.var({axes}, correction=0, keepdim=True)"
            if at["centred"]
            else f"{{0}}.square().mean({axes}, keepdim=True)"
        )
        return f"{middle} * torch.rsqrt({scale} + {at['epsilon']!r})"
    word = "layer_norm" if at["centred"] else "rms_norm"
    return f"F.{word}({{0}}, {{0}}.shape[{axes[0]}:], eps={at['epsilon']!r})"


def _constant(node: Node, sizes: Sizes) -> str:
    literal = node.attributes["value"]
    place = sizes.device()
    if not literal.shape:
        return f"torch.tensor({literal.values[0]!r}, dtype=torch.{literal.dtype}{place})"
    if len(set(literal.values)) == 1:
        return f"torch.full({literal.shape}, {literal.values[0]!r}, dtype=torch.{literal.dtype}{place})"
    values = ", ".join(map(repr, literal.values))
    text = f"torch.tensor([{values}], dtype=torch.{literal.dtype}{place})"
    return text if len(literal.shape) == 1 else f"{text}.reshape({', '.join(map(str, literal.shape))})"


def _iota(node: Node, sizes: Sizes) -> str:
    (size,) = node.attributes["shape"]
    place = sizes.device()
    return f"torch.arange({sizes(size)}{place})"


def _split(node: Node, sizes: Sizes) -> str:
    parts = node.attributes["sizes"]
    shown = ", ".join(sizes(size) for size in parts)
    return f"{{0}}.split(({shown},), {node.attributes['axis']})"


def _clip(node: Node, sizes: Sizes) -> str:
    low, high = node.attributes["low"], node.attributes["high"]
    return "F.relu6({0})" if (low, high) == (0, 6) else f"{{0}}.clamp({low!r}, {high!r})"


def _recurrent(node: Node, sizes: Sizes) -> str:
    name = f"rnn_{node.attributes['activation']}" if node.op == "RNN" else node.op.lower()
    given = "({5}[None], {6}[None])" if node.op == "LSTM" else "{5}[None]"
    weights = "[{1}, {2}, {3}, {4}], True, 1, 0.0, False, False, False"
    return f"recurrent(torch.{name}, {{0}}, {given}, {weights}, reverse={bool(node.attributes['reverse'])})"


FUNCTIONS: dict[str, Written] = {
    **{op: lambda node, sizes, sign=sign: f"{{0}} {sign} {{1}}" for op, sign in SIGNS.items()},
    **{
        op: lambda node, sizes, call=call: f"{call}({', '.join(f'{{{at}}}' for at in range(len(node.inputs)))})"
        for op, call in CALLS.items()
    },
    **dict.fromkeys(REDUCTIONS, _reduction),
    "Div": lambda node, sizes: "{0} / {1}" if node.output.dtype.is_float else '{0}.div({1}, rounding_mode="trunc")',
    "Reshape": _reshape,
    "Expand": _expand,
    "Transpose": lambda node, sizes: "{0}.mT" if node.inputs[0].rank == 2 else f"{{0}}.permute{tuple(node.attributes['axes'])}",
    "Slice": _slice,
    "Pad": _pad,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Concat": lambda node, sizes: f"torch.cat(({', '.join(f'{{{at}}}' for at in range(len(node.inputs)))},), {node.attributes['axis']})",
    "Split": _split,
    "Gather": _gather,
    "GatherEach": _gather_each,
    "OneHot": lambda node, sizes: f"F.one_hot({{0}}, {node.attributes['depth']}).float()",
    "Softmax": lambda node, sizes: f"{{0}}.softmax({node.attributes['axis']})",
    "LogSoftmax": lambda node, sizes: f"{{0}}.log_softmax({node.attributes['axis']})",
    "Standardization": _standardization,
    "BatchNormalization": lambda node, sizes: f"F.batch_norm({{0}}, {{3}}, {{4}}, {{1}}, {{2}}, eps={node.attributes['epsilon']!r})",
    "LeakyRelu": lambda node, sizes: f"F.leaky_relu({{0}}, {node.attributes['alpha']!r})",
    "Elu": lambda node, sizes: f"F.elu({{0}}, {node.attributes['alpha']!r})",
    "Softplus": lambda node, sizes: "torch.logaddexp({0}, torch.zeros_like({0}))",
    "HardSigmoid": lambda node, sizes: f"({node.attributes['alpha']!r} * {{0}} + {node.attributes['beta']!r}).clamp(0, 1)",
    "Clip": _clip,
    "Cast": lambda node, sizes: f"{{0}}.to(torch.{node.attributes['to']})",
    "StopGradient": lambda node, sizes: "{0}.detach()",
    "Dropout": lambda node, sizes: f"drop({{0}}, {node.attributes['rate']!r}, self.training)",
    "Constant": _constant,
    "Iota": _iota,
    "Dimension": lambda node, sizes: f"torch.tensor({sizes(node.attributes['size'])})",
    "CumSum": lambda node, sizes: f"{{0}}.flip({node.attributes['axis']}).cumsum({node.attributes['axis']}).flip({node.attributes['axis']})"
    if node.attributes["reverse"] else f"{{0}}.cumsum({node.attributes['axis']})",
    "ArgMax": lambda node, sizes: f"{{0}}.argmax({node.attributes['axis']})",
    "RandomNormal": lambda node, sizes: f"torch.randn({sizes.shape(node.attributes['shape'])})",
    "RNN": _recurrent,
    "GRU": _recurrent,
    "LSTM": _recurrent,
    "TopK": lambda node, sizes: f"{{0}}.topk({node.attributes['k']}, {node.attributes['axis']})",
}  # fmt: skip
