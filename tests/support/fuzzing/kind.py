"""What a kind of case is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of case.

    name    a word;  family: the file it is in
    make    the bytes of a case, from random numbers that belong to its number
    run     gives them to netc, in a folder that is empty at first and kept from case to case
    count   how many cases there are, where they are numbered through (`make_at`) and not drawn
    ready   whether what it needs is installed
    warm    imports what the cases need, before processes are made that would each do so
    share   of the time, beside other kinds
    """

    name: str
    family: str
    run: Callable[[bytes, Path], None]
    make: Callable[[Random], bytes] | None = None
    make_at: Callable[[int], bytes] | None = None
    count: Callable[[], int] | None = None
    ready: Callable[[], bool] = lambda: True
    warm: Callable[[], object] = lambda: None
    share: float = 1.0

    def case(self, seed: int) -> bytes:
        """The bytes of case number `seed`."""
        if self.make_at is not None:
            return self.make_at(seed)
        assert self.make is not None
        return self.make(Random(f"{self.name}:{seed}"))
