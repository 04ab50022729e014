"""What a reason to stop declares: a figure that it watches, and whether the epochs so far are enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Epochs, Wrong


class Stop(Declared):
    """Base of every reason to stop. Every one has the argument `watch`, the figure that counts.

    samples  at least two `Epochs`: figures, and the epoch after which it stops, worked out by hand
    errors   at least one `Wrong` call
    """

    watch: str
    samples: ClassVar[tuple[Epochs, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def due(self, figures: Mapping[int, float], higher: bool) -> str | None:
        """Why training stops after epochs with these figures of `watch`, in words; None while it goes on.

        figures  by the number of the epoch, in order; those that lack it are left out
        higher   whether higher figures are better
        """
        raise AssertionError("a reason to stop declares due")


stop = Registry[Stop]("stop", __package__, samples=2, errors=1, declares=("due",))
"""Decorator that registers a reason to stop: `@stop("word")`; `stop.all()` gives every one by its word."""
