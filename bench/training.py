"""Training steps: netc through `Trainer.step` and as a bare session, PyTorch eager and channels_last."""

from __future__ import annotations

import copy
from typing import Any

import netc
from bench import ours
from bench.nets import Measured
from netc.runtime.measure.profile import work_of
from netc.runtime.measure.rounds import interleave


def with_weights_of(module: Any, model: netc.Model) -> None:
    """Give our model PyTorch's weights, so that both start from the same place."""
    from bench import theirs

    names = [item.name for item in model.net.parameters if not item.buffer]
    given = theirs.weights_in_order(module)
    assert len(names) == len(given), f"{model.net.name} has {len(names)} weights, PyTorch's {len(given)}"
    model.load_state_dict(dict(zip(names, given, strict=True)), strict=False)


def measure(measured: Measured, *, rounds: int, seconds: float, threads: int, optimizer: str = "sgd") -> dict[str, Any]:
    """Seconds of a step by contender, a figure a round; the first losses tell that all do the same work."""
    import torch

    from bench import theirs

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    module = measured.torch_module().train()
    net = ours.load(measured)
    chosen = ours.plan(net, measured.batch, optimizer)
    contenders: dict[str, Any] = {}
    losses: dict[str, float] = {}
    batch: dict[str, Any] = {}
    for target in ours.targets():
        made = ours.trainer(net, chosen, target, threads)
        with_weights_of(module, made.model)
        batch = batch or ours.rows(made, measured, measured.batch)
        losses[f"netc {target}"] = made.step(batch)["loss"]
        contenders[f"netc {target}"] = lambda made=made, batch=batch: made.step(batch)
        if not contenders.keys() - {f"netc {target}"}:
            contenders["netc session"] = ours.bare(made, batch)
    (image, label) = (batch[port["name"]] for port in made.ports)
    for name in ("eager", "channels_last"):
        run = theirs.step(
            copy.deepcopy(module), image, label, optimizer=optimizer, channels_last=name == "channels_last"
        )
        losses[name] = run()
        contenders[name] = run
    del module
    times = interleave(contenders, rounds=rounds, seconds=seconds)
    return {"batch": measured.batch, "gflop": work_of(net, measured.batch), "first_loss": losses, "seconds": times}
