"""Training steps on one NVIDIA card: netc's `cuda` target beside PyTorch eager, channels_last and torch.compile."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from bench import ours
from bench.nets import Measured
from bench.training import with_weights_of
from netc.runtime.measure.profile import work_of
from netc.runtime.measure.rounds import interleave

FORMS = ("eager", "channels_last", "torch.compile")


def measure(measured: Measured, *, batch: int, rounds: int, seconds: float, threads: int) -> dict[str, Any]:
    """Seconds of a step by contender, a figure a round. TF32 is off for all, as it is in netc.

    PyTorch's batch lies on the card; ours comes from the host at every step, as in a training.
    """
    import torch

    from bench import theirs

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    measured = replace(measured, batch=batch)
    module = measured.torch_module().train()
    net = ours.load(measured)
    made = ours.trainer(net, ours.plan(net, batch), "cuda", threads, "cuda")
    with_weights_of(module, made.model)
    rows = ours.rows(made, measured, batch)
    (image, label) = (rows[port["name"]] for port in made.ports)
    contenders: dict[str, Any] = {"netc cuda": lambda: made.step(rows)}
    losses = {"netc cuda": made.step(rows)["loss"]}
    for form in FORMS:
        copied = copy.deepcopy(module)
        chosen = torch.compile(copied) if form == "torch.compile" else copied
        run = theirs.step(chosen, image, label, channels_last=form == "channels_last", device="cuda")
        losses[form] = run()
        contenders[form] = run
    times = interleave(contenders, rounds=rounds, seconds=seconds, warmup=5)
    card = torch.cuda.get_device_name()
    return {"batch": batch, "card": card, "gflop": work_of(net, batch), "first_loss": losses, "seconds": times}
