"""How long a net's answer takes on this machine: what `expect latency(batch=1) <= 5ms` is compared with."""

from __future__ import annotations

import statistics

from netc.compiler import Net
from netc.runtime.devices.device import Device
from netc.runtime.measure.bench import synthetic
from netc.runtime.measure.rounds import median
from netc.runtime.model import Model

WARM_UP = 3


def latency(
    net: Net,
    batch: int = 1,
    *,
    rounds: int = 5,
    seconds: float = 0.3,
    threads: int = 0,
    device: str | Device = "auto",
    target: str = "auto",
) -> float:
    """Seconds from arrays in memory to all outputs of a batch, the median over rounds of a round's median.

    Inputs are synthetic and weights those that the net starts with; scaling of data is not part of it.
    """
    model = Model(net, device=device, threads=threads, target=target)
    rows = synthetic(model.inputs(()), batch)
    for _ in range(WARM_UP):
        model.forward(rows)
    return statistics.median(median(lambda: model.forward(rows), seconds) for _ in range(rounds))
