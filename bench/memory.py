"""The largest memory of a process that makes three training steps and nothing else."""

from __future__ import annotations

from typing import Any

from bench.nets import Measured

STEPS = 3


def ours_peak(measured: Measured, target: str, threads: int) -> dict[str, Any]:
    """Bytes of a process with netc alone."""
    from bench import ours
    from netc.runtime.measure.bench import peak_memory

    net = ours.load(measured)
    made = ours.trainer(net, ours.plan(net, measured.batch), target, threads)
    batch = ours.rows(made, measured, measured.batch)
    ready = peak_memory()
    for _ in range(STEPS):
        made.step(batch)
    return {"ready_bytes": ready, "peak_bytes": peak_memory()}


def torch_peak(measured: Measured, channels_last: bool, threads: int) -> dict[str, Any]:
    """Bytes of a process with PyTorch alone."""
    import resource

    import torch

    from bench import theirs

    torch.set_num_threads(threads)
    module = measured.torch_module().train()
    step = theirs.step(measured, module, measured.rows(measured.batch), channels_last=channels_last)
    ready = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for _ in range(STEPS):
        step()
    return {"ready_bytes": ready, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
