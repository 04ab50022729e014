"""What a declaration carries besides its code: calls whose results the tests check, and calls that are refused.

The calls are text of the language. The registry refuses a declaration without them, and the tests in `tests/declared/`
are made of them, so that a file with a new declaration brings its own tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Range = tuple[float, float]


class Call:
    """A call in the language: `conv(8, 3x3)`."""

    def __init__(self, call: str) -> None:
        self.call = call

    def __repr__(self) -> str:
        return self.call

    @property
    def word(self) -> str:
        """The word of what is called."""
        found = re.match(r"\w+", self.call)
        return found[0] if found else ""


class Sample(Call):
    """A layer and what it makes: `Sample("conv(8, 3x3)", "3x32x32", out="8x30x30", params=224)`.

    inputs   what flows in, each as a file declares it: `3x32x32`, `[4, H]`, `int 12`, `float` for a single number, or a
             tensor without the batch: `parameter(3x4)`; the second and third are called `b` and `c` in the call
    out      the output's shape, or those of several; that of the first input unless given
    params   how many weights it has
    weights  parameters by name, shape and initializer: `{"bias": "8 constant"}`; compared where given, and every layer
             with parameters has one sample that gives them. `buffers` are those that training updates without gradient
    values   where the inputs' numbers lie; from the whole line unless given, integers below 8
    """

    def __init__(
        self, call: str, *inputs: str, out: str | tuple[str, ...] | None = None, params: int = 0,
        weights: Mapping[str, str] | None = None, buffers: Mapping[str, str] | None = None, values: Range | None = None,
    ) -> None:  # fmt: skip
        super().__init__(call)
        self.inputs = inputs
        self.out = inputs[0] if out is None else out
        self.params, self.values = params, values
        self.weights, self.buffers = weights, buffers


class Pair(Call):
    """A loss or metric of what stands in its places, called by their names: `Pair("mse(prediction, target)", "3x4")`.

    inputs   the shapes of the values of the net, as a file declares them, in the order of the places
    values   where their numbers lie; from the whole line unless given
    targets  where the numbers of the data lie; labels of all classes, or from the whole line, unless given
    """

    def __init__(self, call: str, *inputs: str, values: Range | None = None, targets: Range | None = None) -> None:
        super().__init__(call)
        self.inputs, self.values, self.targets = inputs, values, targets


class Rates(Call):
    """A schedule and the factors it gives, worked out by hand: one for each step of a short training.

    figures  what it watches had these figures in the epochs before; `higher` says which way is better
    """

    def __init__(
        self, call: str, *, epochs: int, steps_per_epoch: int, factors: Sequence[float],
        figures: Sequence[float] = (), higher: bool = False,
    ) -> None:  # fmt: skip
        assert len(factors) == epochs * steps_per_epoch, f"{call} has another number of steps"
        super().__init__(call)
        self.epochs, self.steps_per_epoch, self.factors = epochs, steps_per_epoch, tuple(factors)
        self.figures, self.higher = tuple(figures), higher


class Epochs(Call):
    """A reason to stop, figures of epochs, and the epoch after which it stops; None where it doesn't."""

    def __init__(self, call: str, *, figures: Sequence[float], ends: int | None, higher: bool = False) -> None:
        super().__init__(call)
        self.figures, self.ends, self.higher = tuple(figures), ends, higher


class Drawn(Call):
    """What an initializer fills, or an augmentation changes, and how its random numbers lie, worked out by hand."""

    def __init__(self, call: str, shape: str, *, mean: float, std: float, low: float, high: float) -> None:
        super().__init__(call)
        self.shape = tuple(int(size) for size in shape.split("x"))
        self.mean, self.std, self.low, self.high = mean, std, low, high


class Wrong(Call):
    """A call that is refused: `Wrong("conv(0, 3x3)", "3x8x8", code="E224", says="a positive whole number")`.

    inputs  as in `Sample`; for a loss or metric as in `Pair`
    says    what message, label or help contain: a text, or several
    at      the part of the text that is pointed at, where that matters
    """

    def __init__(self, call: str, *inputs: str, code: str, says: str | tuple[str, ...], at: str | None = None) -> None:
        super().__init__(call)
        self.inputs, self.code, self.at = inputs, code, at
        self.says = (says,) if isinstance(says, str) else says
