"""Recurrent layers: `rnn`, `lstm`, `gru`."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Optional_, Word, argument
from netc.compiler.declare.references import TensorType
from netc.compiler.ir import Value
from netc.compiler.layers.base import Sample, Wrong, layer
from netc.compiler.layers.sequences.recurrence import Recurrent

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
        Sample("rnn(4, reverse=true)", "[T, 3]", out="[T, 4]", params=36),
    )  # fmt: skip
    errors = (
        Wrong("rnn(4, reverse=true, bidirectional=true)", "5x3", code="E224", says="goes in both directions already"),
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
        Sample("lstm(4, layers=2, reverse=true)", "5x3", out="5x4", params=304),
        Sample("lstm(4, reverse=true, last=true, initial=b)", "5x3", "4", out="4", params=144),
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
        Sample("gru(4, reverse=true)", "5x3", out="5x4", params=108),
        Sample("gru(4, bias=false)", "5x3", out="5x4", params=84, weights=weights(12, 4, 3, bias=False)),
    )  # fmt: skip
    errors = (
        Wrong("gru(0)", "5x3", code="E224", says="a positive whole number, found 0"),
        Wrong("gru(4)", "12", code="E301", says="gru goes through a sequence of vectors `[T, F]`, found 12"),
    )
