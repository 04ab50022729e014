"""How a graph is written, beside its target: choices that a caller may make where the compiler has a default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netc.compiler.ir import Graph


@dataclass(frozen=True)
class Options:
    """The defaults are what `netc train` takes.

    without    names of passes that are left out; results stay the same, up to rounding
    lowerings  `OP=NAME` lets an operator be written in this way alone, several in the order given; `OP=-NAME` in any
               but this. docs/targets.md lists the names of each target
    """

    without: frozenset[str] = frozenset()
    lowerings: tuple[str, ...] = ()

    def wants(self, step: Callable[[Graph], Graph]) -> bool:
        """Whether a pass is to run."""
        return step.__name__ not in self.without


DEFAULTS = Options()
