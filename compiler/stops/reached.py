"""Stopping when the training is good enough."""

from __future__ import annotations

from collections.abc import Mapping

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.references import Name
from netc.compiler.declare.samples import Epochs, Wrong
from netc.compiler.stops.base import Stop, stop


@stop("reached")
class Reached(Stop):
    """Stops after the first epoch in which what is watched is at `value` or better: `reached(accuracy, 0.99)`.

    Figures of held-out rows count where there are some.
    """

    also = ("target_reached", "stop_at")

    watch: str = argument(Name(), "the figure that counts: `loss`, or a metric of the section")
    value: float = argument(Real(), "what it is to reach")

    samples = (
        Epochs("reached(loss, 0.5)", figures=[3, 0.6, 0.5, 0.7], ends=3),
        Epochs("reached(watch=accuracy, value=0.9)", figures=[0.1, 0.95], higher=True, ends=2),
        Epochs("reached(accuracy, 0.99)", figures=[0.1, 0.95], higher=True, ends=None),
    )
    errors = (
        Wrong("reached(accuracy)", code="E223", says="`reached` needs `value`"),
        Wrong("reached(loss, true)", code="E224", says="a number, found true"),
    )

    def due(self, figures: Mapping[int, float], higher: bool) -> str | None:
        if not figures:
            return None
        last = figures[max(figures)]
        if last < self.value if higher else last > self.value:
            return None
        return f"{self.watch} has reached {self.value:g}: it is {last:.4g}"
