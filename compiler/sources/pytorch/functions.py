"""What operators are in PyTorch: an expression of the names of their inputs, by operator.

Sizes that are known when the network runs alone (the batch, `H`) are read from shapes of what is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from netc.compiler.ir import DType, Node, Size, Value
from netc.compiler.ir.dims import Dim, Quotient, Symbol
from netc.compiler.ops.pooling import torch_takes
from netc.compiler.ops.window import torch_pads
from netc.compiler.sources.parts import ALIASES, CannotWriteError, Part


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

TEXTS = {
    "Add": "{0} + {1}", "Sub": "{0} - {1}", "Mul": "{0} * {1}", "MatMul": "{0} @ {1}", "Pow": "{0} ** {1}",
    "Equal": "{0} == {1}", "Greater": "{0} > {1}", "GreaterOrEqual": "{0} >= {1}", "Less": "{0} < {1}",
    "LessOrEqual": "{0} <= {1}", "And": "{0} & {1}", "Or": "{0} | {1}", "BitwiseXor": "{0} ^ {1}",
    "Not": "torch.logical_not({0})", "Where": "torch.where({0}, {1}, {2})", "Mod": "torch.remainder({0}, {1})",
    "Max": "torch.maximum({0}, {1})", "Min": "torch.minimum({0}, {1})",
    "Abs": "{0}.abs()", "Neg": "-{0}", "Sign": "{0}.sign()", "Exp": "{0}.exp()", "Log": "{0}.log()",
    "Sqrt": "{0}.sqrt()", "Reciprocal": "1 / {0}", "Sin": "{0}.sin()", "Cos": "{0}.cos()", "Erf": "{0}.erf()",
    "Floor": "{0}.floor()", "Ceil": "{0}.ceil()", "Round": "{0}.round()",
    "Relu": "F.relu({0})", "Sigmoid": "{0}.sigmoid()", "Tanh": "{0}.tanh()", "Softsign": "F.softsign({0})",
    "LeakyRelu": "F.leaky_relu({0}, <alpha>)", "Elu": "F.elu({0}, <alpha>)",
    "Softplus": "torch.logaddexp({0}, torch.zeros_like({0}))",
    "HardSigmoid": "(<alpha> * {0} + <beta>).clamp(0, 1)",
    "Softmax": "{0}.softmax(<axis>)", "LogSoftmax": "{0}.log_softmax(<axis>)",
    "BatchNormalization": "F.batch_norm({0}, {3}, {4}, {1}, {2}, eps=<epsilon>)",
    "Dropout": "drop({0}, <rate>, self.training)", "StopGradient": "{0}.detach()",
    "OneHot": "F.one_hot({0}, <depth>).float()", "ArgMax": "{0}.argmax(<axis>)", "TopK": "{0}.topk(<k>, <axis>)",
    "Cast": "{0}.to(torch.<to>)",
}  # fmt: skip
"""Operators in a line; `<axis>` is an attribute."""

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
            chosen = range(*slice(start, stop, step).indices(node.inputs[0].shape[axis]))
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
        scale = f"{{0}}.var({axes}, correction=0, keepdim=True)"
        if not at["centred"]:
            scale = f"{{0}}.square().mean({axes}, keepdim=True)"
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
    shape = node.attributes["shape"]
    counted = " * ".join(map(sizes, shape))
    text = f"torch.arange({counted}{sizes.device()})"
    return text if len(shape) == 1 else f"{text}.reshape({sizes.shape(shape)})"


def _split(node: Node, sizes: Sizes) -> str:
    parts = node.attributes["sizes"]
    shown = ", ".join(sizes(size) for size in parts)
    comma = "," if len(parts) == 1 else ""
    return f"{{0}}.split(({shown}{comma}), {node.attributes['axis']})"


def _clip(node: Node, sizes: Sizes) -> str:
    low, high = node.attributes["low"], node.attributes["high"]
    return "F.relu6({0})" if (low, high) == (0, 6) else f"{{0}}.clamp({low!r}, {high!r})"


def _recurrent(node: Node, sizes: Sizes) -> str:
    name = f"rnn_{node.attributes['activation']}" if node.op == "RNN" else node.op.lower()
    given = "({5}[None], {6}[None])" if node.op == "LSTM" else "{5}[None]"
    weights = "[{1}, {2}, {3}, {4}], True, 1, 0.0, False, False, False"
    return f"recurrent(torch.{name}, {{0}}, {given}, {weights}, reverse={bool(node.attributes['reverse'])})"


def _transpose(node: Node, sizes: Sizes) -> str:
    return "{0}.mT" if node.inputs[0].rank == 2 else f"{{0}}.permute{tuple(node.attributes['axes'])}"


def _concat(node: Node, sizes: Sizes) -> str:
    parts = ", ".join(f"{{{at}}}" for at in range(len(node.inputs)))
    return f"torch.cat(({parts}), {node.attributes['axis']})"


def _divided(node: Node, sizes: Sizes) -> str:
    return "{0} / {1}" if node.output.dtype.is_float else '{0}.div({1}, rounding_mode="trunc")'


def _cumulative(node: Node, sizes: Sizes) -> str:
    axis = node.attributes["axis"]
    added = f"cumsum({axis})"
    return f"{{0}}.flip({axis}).{added}.flip({axis})" if node.attributes["reverse"] else f"{{0}}.{added}"


def _scan(node: Node, sizes: Sizes) -> str:
    """A function of one step, and the helper that runs it; lines before the last stand in front of the statement."""
    at, body = node.attributes, node.attributes["body"]
    names = {value: f"given{number}" for number, value in enumerate(body.inputs)}
    lines = [f"def step({', '.join(names.values())}):"]
    for number, inner in enumerate(body.nodes):
        text = expression(inner, own := Sizes(sizes.part, inner, [*names]))
        shown = [names[value] for value in (*inner.inputs, *own.asked)]
        for value in inner.outputs:
            leaf = (value.origin.scope or "made").rpartition(".")[2]
            names[value] = f"{leaf}_{number}" + (f"_{inner.outputs.index(value)}" if len(inner.outputs) > 1 else "")
        targets = ", ".join(names[value] for value in inner.outputs)
        *before, last = filled(text, shown).split("\n")
        lines += [f"    {line}" for line in (*before, f"{targets} = {last}")]
    results = [names[value] for value in body.outputs.values()]
    lines.append(f"    return {', '.join(results)}{',' if len(results) == 1 else ''}")
    end = at["carried"] + at["sequences"]
    given = [f"{{{number}}}" for number in range(len(node.inputs))]
    groups = (given[: at["carried"]], given[at["carried"] : end], given[end:])
    shown_groups = ", ".join(f"[{', '.join(group)}]" for group in groups)
    call = f"scan(step, {shown_groups}, reverse={bool(at['reverse'])})"
    return "\n".join([*lines, f"{call}[0]" if len(node.outputs) == 1 else call])


FUNCTIONS: dict[str, Written] = {
    **dict.fromkeys(REDUCTIONS, _reduction),
    **dict.fromkeys(("RNN", "GRU", "LSTM"), _recurrent),
    **dict.fromkeys(("MaxPool", "AveragePool"), _pool),
    "Div": _divided,
    "Reshape": _reshape,
    "Expand": _expand,
    "Transpose": _transpose,
    "Slice": _slice,
    "Pad": _pad,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Concat": _concat,
    "Split": _split,
    "Gather": _gather,
    "GatherEach": _gather_each,
    "Standardization": _standardization,
    "Clip": _clip,
    "Constant": _constant,
    "Iota": _iota,
    "Dimension": lambda node, sizes: f"torch.tensor({sizes(node.attributes['size'])})",
    "CumSum": _cumulative,
    "RandomNormal": lambda node, sizes: f"torch.randn({sizes.shape(node.attributes['shape'])})",
    "Scan": _scan,
}


def expression(node: Node, sizes: Sizes) -> str:
    """A node with `{0}` for its first input's name, those of `sizes.asked` behind them; raises CannotWriteError."""
    if node.op in ALIASES:
        return "{0}"
    if node.op in TEXTS:
        return re.sub("<(\\w+)>", lambda found: shown(node.attributes[found.group(1)]), TEXTS[node.op])
    if node.op in FUNCTIONS:
        return FUNCTIONS[node.op](node, sizes)
    raise CannotWriteError(f"the operator {node.op} of {node.origin.scope}")


def shown(attribute: Any) -> str:
    """An attribute in Python: an element type by its name."""
    return str(attribute) if isinstance(attribute, DType) else repr(attribute)


def filled(text: str, names: Sequence[str]) -> str:
    """An expression with names for its inputs."""
    return re.sub(r"\{(\d+)\}", lambda found: names[int(found.group(1))], text)
