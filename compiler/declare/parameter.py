"""A weight or buffer of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netc.compiler.declare.initial import Initial
from netc.compiler.ir import Value
from netc.grammar.diagnostics import Span


@dataclass(eq=False, slots=True)
class Parameter:
    """A weight or buffer. `name` is its name in weight files: `stage1.basic1.conv1.weight`.

    initial    what it holds before training
    trainable  False for buffers (batch norm's statistics) and for frozen weights
    frozen     True in `frozen` braces: no training moves it, whether weight or buffer
    buffer     True for what training updates without a gradient
    layout     which axes are outputs (`O`) and inputs (`I`), for initializers that scale by their number
    drawn_as   the parameter whose random numbers it is drawn from, where it follows from how that one starts
    started_by what a train section lets it start with, as JSON; None where none says so
    empty_row  a row along the first axis that starts as zeros, whatever the others start with
    l1, l2     penalties: training adds l1 * sum(abs(w)) + l2 * sum(w**2) to its loss
    """

    name: str
    value: Value
    initial: Initial
    trainable: bool = True
    buffer: bool = False
    span: Span | None = None
    layout: str = "OI"
    frozen: bool = False
    drawn_as: str = ""
    started_by: Any = None
    empty_row: int | None = None
    l1: float = 0.0
    l2: float = 0.0

    @property
    def count(self) -> int:
        """The number of elements."""
        size = 1
        for each in self.value.shape:
            assert isinstance(each, int), f"{self.name} has a symbolic size"
            size *= each
        return size

    def named(self, name: str, value: Value, drawn_as: str) -> Parameter:
        """One that is like this one in all but its name, its value, and whose numbers it is drawn from."""
        return Parameter(
            name, value, self.initial, self.trainable, self.buffer, self.span, self.layout, self.frozen, drawn_as,
            self.started_by, self.empty_row, self.l1, self.l2,
        )  # fmt: skip
