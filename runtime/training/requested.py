"""A trainer for what a run was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from netc.compiler import Net, Options
from netc.runtime.folder.initial import read_initial
from netc.runtime.model import Model
from netc.runtime.runs.request import Request
from netc.runtime.training.trainer import Trainer


def make_trainer(
    net: Net,
    request: Request,
    model: Model,
    *,
    profile: bool = False,
    resumed: bool = False,
    say: Callable[[str], object] = print,
) -> Trainer:
    """A trainer for a request, with the initial weights it names unless it goes on from a checkpoint.

    profile  as the trainer takes it;  say: is given what a partial initialization did
    """
    if request.init is not None and not resumed:
        found = read_initial(
            Path(request.init), net, partial=request.init_partial, renamed=request.init_map, map=request.init_names
        )
        model.load_state_dict(found.weights, strict=False)
        for line in found.lines:
            say(line)
    options = Options(precision=request.precision, memory=request.memory)
    plan = request.plan(net)
    if resumed:
        plan = replace(plan, init=())  # the checkpoint has all weights
    how: dict[str, Any] = {"profile": profile, "cache_features": request.cache_features}
    how["skip_bad_steps"] = request.skip_bad_steps
    trainer = Trainer(model, plan, seed=request.seed, options=options, **how)
    for line in trainer.notes:
        say(line)
    return trainer
