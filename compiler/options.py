"""How a graph is written, beside its target: choices that a caller may make where the compiler has a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean

Precision = Literal["float32", "mixed", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
Memory = Literal["normal", "low"]
MEMORIES: tuple[Memory, ...] = get_args(Memory)


@dataclass(frozen=True)
class Options:
    """The defaults are what `netc train` takes.

    without    names of passes that are left out, of those that can be (`pipeline.OPTIONAL`); results stay the same,
               up to rounding
    lowerings  `OP=NAME` lets an operator be written in this way alone, several in the order given (a layout's forms
               before standard ones); `OP=-NAME` in any but this. docs/targets.md lists the names of each target
    precision  of a training step and of gradients: "float32"; "mixed", convolutions and products in float16 with a
               dynamic loss scale; "bfloat16", the same in bfloat16, which needs no scale. Parameters and state are
               float32 in each
    memory     of a training step: "normal"; "low", cheap activations are made again for the backward pass

    Raises DiagnosticError E605 for another precision, E608 for another memory.
    """

    without: frozenset[str] = frozenset()
    lowerings: tuple[str, ...] = ()
    precision: Precision = "float32"
    memory: Memory = "normal"

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            help = did_you_mean(self.precision, PRECISIONS) or "use `float32`, `mixed` or `bfloat16`"
            raise DiagnosticError(Diagnostic("E605", f"unknown precision `{self.precision}`", help=help))
        if self.memory not in MEMORIES:
            help = did_you_mean(self.memory, MEMORIES) or "use `normal` or `low`"
            raise DiagnosticError(Diagnostic("E608", f"unknown memory `{self.memory}`", help=help))


DEFAULTS = Options()
