"""What `rnn`, `lstm` and `gru` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from netc.compiler.declare.arguments import SIZE, Boolean, Integer, Optional_, Real, argument
from netc.compiler.declare.references import TensorType
from netc.compiler.initializers.uniform import Uniform
from netc.compiler.ir import Value, format_shape
from netc.compiler.layers.base import (
    Layer,
    LayerBuilder,
    ShapeError,
    constant_size,
    language_shape,
    require_floats,
)


class Recurrent(Layer):
    """A recurrent layer: layers on top of each other, both directions, names and numbers of parameters."""

    width: int = argument(SIZE, "size of the state, and of what each step gives")
    layers: int = argument(Integer(1, 1000), "how many stand on top of each other", default=1)
    bidirectional: bool = argument(Boolean(), "whether another one goes backwards; both are joined", default=False)
    last: bool = argument(Boolean(), "whether the last state alone flows on, `[width]`", default=False)
    dropout: float = argument(Real(0, 1, open_high=True), "the share dropped between layers", default=0.0)
    initial: Value | None = argument(
        Optional_(TensorType()), "the state before the first step; zeros unless given", default=None
    )
    bias: bool = argument(Boolean(), "whether the sums have biases", default=True)
    reverse: bool = argument(
        Boolean(), "whether it goes from the last step to the first; what it gives stays in its place", default=False
    )
    op: ClassVar[str] = ""
    gates: ClassVar[int] = 1

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats(self.word, x)
        if self.reverse and self.bidirectional:
            raise ShapeError(
                f"{self.word} goes in both directions already",
                argument="reverse",
                code="E224",
                help="leave `reverse` out",
            )
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
                self._direction(b, h, number, at, [start[number * self.directions + at] for start in starts])
                for at in range(self.directions)
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
        self, b: LayerBuilder, x: Value, number: int, at: int, starts: Sequence[Value | None]
    ) -> tuple[Value, Value]:
        """What every step gives, and the last state, of direction 0 or 1."""
        suffix, rows = f"l{number}" + "_reverse" * at, self.gates * self.width
        initial = Uniform(bound=self.width**-0.5)
        features = constant_size(x.shape[2], "the last axis")
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, features), "weight_hh": (rows, self.width)}
        shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)} if self.bias else {}
        parameters = [b.parameter(f"{name}_{suffix}", shape, initial) for name, shape in shapes.items()]
        biases = [] if self.bias else [b.Expand(b.constant(0.0), shape=(rows,))] * 2
        zeros = b.Expand(b.constant(0.0), shape=(x.shape[1], self.width))
        states = [zeros if start is None else start for start in starts]
        settings = {"reverse": bool(at) or self.reverse, **self.more()}
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
        along = x.flip(0) if self.reverse else x
        y, last = torch.func.functional_call(self.module(torch, x.shape[-1]), parameters, (along, start))
        h = last[0] if isinstance(last, tuple) else last
        return h[-self.directions :].flatten() if self.last else y.flip(0) if self.reverse else y
