"""Recurrent layers: `rnn`, `lstm`, `gru`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import SIZE, Boolean, Integer, Optional_, Real, Word, argument
from netc.compiler.declare.references import TensorType
from netc.compiler.initializers.uniform import Uniform
from netc.compiler.ir import Value, format_shape
from netc.compiler.layers.base import (
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    constant_size,
    language_shape,
    layer,
    require_floats,
)

TORCH = "what every step gives flows on, and the last state alone with `last=true`"
KERAS = "`last=true` is what return_sequences=False says; dropout there is that of the input"


def weights(
    rows: int, width: int, features: int, layers: int = 1, directions: int = 1, *, bias: bool = True
) -> dict[str, str]:
    """The parameters of a sample."""
    bound = f"uniform({width**-0.5:g})"
    found = {}
    for number in range(layers):
        for suffix in ("", "_reverse")[:directions]:
            found[f"weight_ih_l{number}{suffix}"] = f"{rows}x{width * directions if number else features} {bound}"
            found[f"weight_hh_l{number}{suffix}"] = f"{rows}x{width} {bound}"
            if bias:
                found[f"bias_ih_l{number}{suffix}"] = found[f"bias_hh_l{number}{suffix}"] = f"{rows} {bound}"
    return found


class Recurrent(Layer):
    """What they share: layers on top of each other, both directions, names and numbers of parameters."""

    width: int = argument(SIZE, "size of the state, and of what each step gives")
    layers: int = argument(Integer(1, 1000), "how many stand on top of each other", default=1)
    bidirectional: bool = argument(Boolean(), "whether another one goes backwards; both are joined", default=False)
    last: bool = argument(Boolean(), "whether the last state alone flows on, `[width]`", default=False)
    dropout: float = argument(Real(0, 1, open_high=True), "the share dropped between layers", default=0.0)
    initial: Value | None = argument(
        Optional_(TensorType()), "the state before the first step; zeros unless given", default=None
    )
    bias: bool = argument(Boolean(), "whether the sums have biases", default=True)
    op: ClassVar[str] = ""
    gates: ClassVar[int] = 1

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats(self.word, x)
        shape = language_shape(x)
        if len(shape) != 2:
            found = format_shape(shape) if shape else "a single number an example"
            raise ShapeError(
                f"{self.word} goes through a sequence of vectors `[T, F]`, found {found}",
                help="give each step one vector, as with `embedding`, `flatten(from=1)` or `reshape`",
            )
        constant_size(shape[1], "the last axis")
        starts = [self._starts(b, given, name) for name, given in self.starts().items()]
        h = b.Transpose(b.batched(x), axes=(1, 0, 2))
        ends: list[Value] = []
        for number in range(self.layers):
            made = [
                self._direction(b, h, number, reverse, [start[number * self.directions + reverse] for start in starts])
                for reverse in (False, True)[: self.directions]
            ]
            ends = [end for _, end in made]
            h = b.Concat(*(y for y, _ in made), axis=2) if self.bidirectional else made[0][0]
            if self.dropout and number < self.layers - 1:
                h = b.Dropout(h, rate=self.dropout)
        if self.last:
            return b.Concat(*ends, axis=1) if self.bidirectional else ends[0]
        return b.Transpose(h, axes=(1, 0, 2))

    @property
    def directions(self) -> int:
        """How many directions each layer has."""
        return 1 + self.bidirectional

    def starts(self) -> dict[str, Value | None]:
        """What is given for each state before the first step, by the argument."""
        return {"initial": self.initial}

    def _starts(self, b: LayerBuilder, given: Value | None, name: str) -> list[Value | None]:
        """One state before the first step for each layer and direction, `[N, width]`; None for zeros."""
        count = self.layers * self.directions
        if given is None:
            return [None] * count
        require_floats(self.word, given)
        shape = language_shape(given)
        if shape != (count, self.width) and (count > 1 or shape != (self.width,)):
            wanted = f"[{self.width}]" if count == 1 else f"[{count}, {self.width}]"
            raise ShapeError(f"the states of {self.word} start from {wanted}, found {format_shape(shape)}",
                             argument=name, help="give a row for each layer, and for each of its directions"
                             if count > 1 else f"give it numbers of the size of the state, {self.width}")  # fmt: skip
        whole = b.batched(given)
        if len(shape) == 1:
            return [whole]
        parts = [b.Slice(whole, starts=(at,), stops=(at + 1,), axes=(1,), steps=(1,)) for at in range(count)]
        return [b.Reshape(part, shape=(part.shape[0], self.width)) for part in parts]

    def _direction(
        self, b: LayerBuilder, x: Value, number: int, reverse: bool, starts: Sequence[Value | None]
    ) -> tuple[Value, Value]:
        """What every step gives, and the last state."""
        suffix, rows = f"l{number}" + "_reverse" * reverse, self.gates * self.width
        initial = Uniform(bound=self.width**-0.5)
        features = constant_size(x.shape[2], "the last axis")
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, features), "weight_hh": (rows, self.width)}
        shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)} if self.bias else {}
        parameters = [b.parameter(f"{name}_{suffix}", shape, initial) for name, shape in shapes.items()]
        biases = [] if self.bias else [b.Expand(b.constant(0.0), shape=(rows,))] * 2
        zeros = b.Expand(b.constant(0.0), shape=(x.shape[1], self.width))
        states = [zeros if start is None else start for start in starts]
        settings = {"reverse": reverse, **self.more()}
        y, end, *_ = b.add(self.op, (x, *parameters, *biases, *states), settings)
        return y, end

    def more(self) -> dict[str, Any]:
        """What else the operator is told."""
        return {}

    def module(self, torch: Any, features: int) -> Any:
        """PyTorch's own."""
        activation = self.more().get("activation")
        return getattr(torch.nn, self.op)(
            features, self.width, self.layers, bias=self.bias, bidirectional=self.bidirectional, dtype=torch.float64,
            **({"nonlinearity": activation} if activation else {}),
        )  # fmt: skip

    def formula(self, torch: Any, x: Any, *more: Any, **parameters: Any) -> Any:
        given, count = iter(more), self.layers * self.directions
        zeros = torch.zeros(count, self.width, dtype=x.dtype)
        states = [zeros if start is None else next(given).reshape(zeros.shape) for start in self.starts().values()]
        start = tuple(states) if len(states) > 1 else states[0]
        y, last = torch.func.functional_call(self.module(torch, x.shape[-1]), parameters, (x, start))
        h = last[0] if isinstance(last, tuple) else last
        return h[-self.directions :].flatten() if self.last else y


@layer("rnn")
class Rnn(Recurrent):
    """h' = act(W x + b + R h + b') along a sequence: `[T, F]` -> `[T, width]`, both directions joined `[T, 2 * width]`.

    x is a step, h what the one before gave, zeros at first or `initial`: `[width]`, or of several layers and
    directions a row for each, `[layers * directions, width]`, in PyTorch's order. Parameters, each drawn from
    `uniform(1 / sqrt(width))`: W weight_ih_l0 `[width, F]`, R weight_hh_l0 `[width, width]`, b bias_ih_l0, b'
    bias_hh_l0 `[width]`; those of the second layer are called weight_ih_l1, weight_hh_l1, bias_ih_l1, bias_hh_l1,
    those that go backwards weight_ih_l0_reverse, weight_hh_l0_reverse, bias_ih_l0_reverse, bias_hh_l0_reverse (Elman
    1990).
    """

    also = (
        "elman",
        "vanilla_rnn",
        Also("nn.RNN(-input_size, hidden_size as width, num_layers as layers, nonlinearity as activation, bias, "
             "-batch_first=True, dropout, bidirectional)", TORCH),
        Also("SimpleRNN(units as width, activation, use_bias, -dropout=0.0, "
             "1 - return_sequences as last=False)", KERAS),
    )  # fmt: skip

    activation: str = argument(Word(("tanh", "relu")), "what follows the sum", default="tanh")
    op = "RNN"

    samples = (
        Sample("rnn(4)", "5x3", out="5x4", params=36, weights=weights(4, 4, 3)),
        Sample("rnn(4, bidirectional=true, activation=relu)", "[T, 3]", out="[T, 8]", params=72,
               weights=weights(4, 4, 3, directions=2)),
        Sample("rnn(4, layers=2, last=true, dropout=0.5)", "5x3", out="4", params=76, weights=weights(4, 4, 3, 2)),
        Sample("rnn(4, initial=b, bias=false)", "5x3", "4", out="5x4", params=28,
               weights=weights(4, 4, 3, bias=False)),
    )  # fmt: skip
    errors = (
        Wrong("rnn(0)", "5x3", code="E224", says="a positive whole number, found 0"),
        Wrong("rnn(4)", "3x8x8", code="E301", says="rnn goes through a sequence of vectors `[T, F]`, found 3x8x8"),
        Wrong("rnn(4, initial=b)", "5x3", "3", code="E301", says="the states of rnn start from [4], found 3"),
        Wrong("rnn(4, initial=b)", "5x3", "int 4", code="E302", says="rnn works on floating-point numbers"),
        Wrong("rnn(4, activation=sigmoid)", "5x3", code="E224", says="one of `tanh`, `relu`"),
    )

    def more(self) -> dict[str, Any]:
        return {"activation": self.activation}


@layer("lstm")
class Lstm(Recurrent):
    """Long short-term memory along a sequence: `[T, F]` -> `[T, width]`, both directions joined `[T, 2 * width]`.

    c' = f c + i g and h' = o tanh(c'), with i, f, o = sigmoid and g = tanh of W x + b + R h + b' for a step x; h flows
    on, and h and c are zeros at first, or `initial` and `initial_cell`: `[width]`, or of several layers and directions
    a row for each, `[layers * directions, width]`, in PyTorch's order. Parameters, each drawn from `uniform(1 /
    sqrt(width))`, with the rows of i, f, g, o in this order: W weight_ih_l0 `[4 * width, F]`, R weight_hh_l0 `[4 *
    width, width]`, b bias_ih_l0, b' bias_hh_l0 `[4 * width]`; those of the second layer are called weight_ih_l1,
    weight_hh_l1, bias_ih_l1, bias_hh_l1, those that go backwards weight_ih_l0_reverse, weight_hh_l0_reverse,
    bias_ih_l0_reverse, bias_hh_l0_reverse (Hochreiter and Schmidhuber 1997). Names, order and first numbers are
    PyTorch's; Keras has one bias, whose part for f begins at 1.
    """

    also = (
        "long_short_term_memory",
        "cudnn_lstm",
        Also("nn.LSTM(-input_size, hidden_size as width, num_layers as layers, bias, -batch_first=True, dropout, "
             "bidirectional)", TORCH),
        Also('LSTM(units as width, -activation="tanh", -recurrent_activation="sigmoid", use_bias, -dropout=0.0, '
             "1 - return_sequences as last=False)", KERAS),
    )  # fmt: skip
    initial_cell: Value | None = argument(
        Optional_(TensorType()), "the same of c; `initial` is that of h", default=None
    )
    op = "LSTM"
    gates = 4

    def starts(self) -> dict[str, Value | None]:
        return {"initial": self.initial, "initial_cell": self.initial_cell}

    samples = (
        Sample("lstm(4)", "5x3", out="5x4", params=144, weights=weights(16, 4, 3)),
        Sample("lstm(4, bidirectional=true)", "[T, 3]", out="[T, 8]", params=288,
               weights=weights(16, 4, 3, directions=2)),
        Sample("lstm(4, layers=2, last=true, dropout=0.5)", "5x3", out="4", params=304, weights=weights(16, 4, 3, 2)),
        Sample("lstm(4, bidirectional=true, last=true)", "5x3", out="8", params=288),
        Sample("lstm(4, bias=false, initial=b, initial_cell=c)", "[T, 3]", "4", "4", out="[T, 4]", params=112,
               weights=weights(16, 4, 3, bias=False)),
        Sample("lstm(2, bidirectional=true, initial_cell=b)", "5x3", "2x2", out="5x4", params=112),
    )  # fmt: skip
    errors = (
        Wrong("lstm(0)", "5x3", code="E224", says="a positive whole number, found 0"),
        Wrong("lstm(4, layers=2, initial_cell=b)", "5x3", "4", code="E301", says="start from [2, 4], found 4"),
        Wrong("lstm(4)", "float", code="E301", says="lstm goes through a sequence of vectors `[T, F]`, found a single"),
        Wrong("lstm(4)", "int 5x3", code="E302", says="lstm works on floating-point numbers, found int64"),
        Wrong("lstm(4)", "[5, F]", code="E304", says="the last axis F is not known while compiling"),
    )


@layer("gru")
class Gru(Recurrent):
    """Gated recurrent units along a sequence: `[T, F]` -> `[T, width]`, both directions joined `[T, 2 * width]`.

    h' = (1 - z) n + z h for a step x, with r, z = sigmoid of W x + b + R h + b' and n = tanh(W x + b + r (R h + b'));
    h is zeros at first, or `initial`: `[width]`, or of several layers and directions a row for each, `[layers *
    directions, width]`, in PyTorch's order. Parameters, each drawn from `uniform(1 / sqrt(width))`, with the rows of
    r, z, n in this order: W weight_ih_l0 `[3 * width, F]`, R weight_hh_l0 `[3 * width, width]`, b bias_ih_l0, b'
    bias_hh_l0 `[3 * width]`; those of the second layer are called weight_ih_l1, weight_hh_l1, bias_ih_l1, bias_hh_l1,
    those that go backwards weight_ih_l0_reverse, weight_hh_l0_reverse, bias_ih_l0_reverse, bias_hh_l0_reverse (Cho et
    al. 2014, arXiv:1406.1078). r is applied after the product, as in PyTorch and in Keras's `reset_after=True`.
    """

    also = (
        "gated_recurrent_unit",
        "cudnn_gru",
        Also("nn.GRU(-input_size, hidden_size as width, num_layers as layers, bias, -batch_first=True, dropout, "
             "bidirectional)", TORCH),
        Also('GRU(units as width, -activation="tanh", -recurrent_activation="sigmoid", use_bias, -dropout=0.0, '
             "1 - return_sequences as last=False, -reset_after=True)", KERAS),
    )  # fmt: skip
    op = "GRU"
    gates = 3

    samples = (
        Sample("gru(4)", "5x3", out="5x4", params=108, weights=weights(12, 4, 3)),
        Sample("gru(4, bidirectional=true)", "[T, 3]", out="[T, 8]", params=216,
               weights=weights(12, 4, 3, directions=2)),
        Sample("gru(4, layers=2, last=true, dropout=0.5)", "5x3", out="4", params=228, weights=weights(12, 4, 3, 2)),
        Sample("gru(2, bidirectional=true, last=true, initial=b)", "5x3", "parameter(2x2)", out="4", params=84),
        Sample("gru(4, bias=false)", "5x3", out="5x4", params=84, weights=weights(12, 4, 3, bias=False)),
    )  # fmt: skip
    errors = (
        Wrong("gru(0)", "5x3", code="E224", says="a positive whole number, found 0"),
        Wrong("gru(4)", "12", code="E301", says="gru goes through a sequence of vectors `[T, F]`, found 12"),
    )
