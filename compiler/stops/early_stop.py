"""Stopping when the training gets no better."""

from __future__ import annotations

from collections.abc import Mapping

from netc.compiler.declare.arguments import argument
from netc.compiler.declare.samples import Epochs, Wrong
from netc.compiler.declare.watch import PATIENCE, THRESHOLD, WATCH, is_better
from netc.compiler.stops.base import Stop, stop


@stop("early_stop")
class EarlyStop(Stop):
    """Stops after `patience` epochs in a row without an improvement of what is watched. As Keras's EarlyStopping.

    Figures of held-out rows count where there are some. The best epoch's weights are kept in any case.
    """

    also = ("EarlyStopping",)

    patience: int = argument(PATIENCE, "how many epochs may pass without an improvement", default=5)
    watch: str = WATCH
    threshold: float = THRESHOLD

    samples = (
        Epochs("early_stop(1)", figures=[3, 2, 1, 1, 0], ends=4),
        Epochs("early_stop(patience=2)", figures=[3, 4, 2, 3, 2, 1], ends=5),
        Epochs("early_stop", figures=[1, 2, 2, 2, 2], ends=None),
        Epochs("early_stop(2, watch=accuracy, threshold=0.1)", figures=[0.5, 0.55, 0.65, 0.7, 0], higher=True, ends=5),
    )
    errors = (
        Wrong("early_stop(patience=0)", code="E224", says="a positive whole number, found 0"),
        Wrong("early_stop(threshold=-1)", code="E224", says="a number of at least 0, found -1"),
    )

    def due(self, figures: Mapping[int, float], higher: bool) -> str | None:
        best, at, waiting = None, 0, 0
        for epoch, figure in figures.items():
            waiting += 1
            if is_better(figure, best, higher, self.threshold):
                best, at, waiting = figure, epoch, 0
        if best is None or waiting < self.patience:
            return None
        return f"{self.watch} has not got better since epoch {at}, where it was {best:.4g}"
