"""Training steps: netc through `Trainer.step` and as a bare session, and the steps of other frameworks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from bench.nets import Measured
from bench.sections import ORT_TRAINING, Options
from bench.turns import Contender, take_turns
from bench.weights import common_start


def measure(measured: Measured, options: Options, optimizer: str = "sgd") -> dict[str, Any]:
    """Every target that is there, the bare session of the stock one, and PyTorch's layouts."""
    from bench import ours

    ways: dict[str, tuple[str, dict[str, Any]]] = {}
    for target in ours.targets():
        ways[f"netc {target.removesuffix('8')}"] = "netc_step", {"target": target, "optimizer": optimizer}
        if len(ways) == 1:
            ways["netc session"] = "netc_step", {"target": target, "optimizer": optimizer, "bare": True}
    for form in measured.forms:
        ways[form] = "torch_step", {"form": form, "optimizer": optimizer}
    return _take(measured, measured.batch, options, ways)


def measure_compiled(measured: Measured, options: Options) -> dict[str, Any]:
    """torch.compile's step beside the eager one and ours, and the seconds until its first step is done."""
    torch = {form: ("torch_step", {"form": form, "optimizer": "sgd"}) for form in ("torch.compile", "eager")}
    return _take(measured, measured.batch, options, {"netc": _stock("sgd"), **torch})


def measure_keras(measured: Measured, options: Options) -> dict[str, Any]:
    """Keras beside ours."""
    return _take(measured, measured.batch, options, {"netc": _stock("sgd"), "keras": ("keras_step", {})})


def measure_ort_training(measured: Measured, options: Options) -> dict[str, Any]:
    """onnxruntime-training beside ours, both with plain SGD."""
    theirs = "ort_training_step", {"python": os.environ[ORT_TRAINING]}
    return _take(measured, measured.batch, options, {"netc": _stock("plain"), "onnxruntime-training": theirs})


def measure_cuda(measured: Measured, options: Options, batch: int) -> dict[str, Any]:
    """On one NVIDIA card. PyTorch's batch lies on the card; ours comes from the host at every step."""
    given = {"optimizer": "sgd", "device": "cuda"}
    ways = {"netc cuda": ("netc_step", {"target": "cuda", **given})}
    ways |= {form: ("torch_step", {"form": form, **given}) for form in (*measured.forms, "torch.compile")}
    return _take(measured, batch, options, ways)


def _stock(optimizer: str) -> tuple[str, dict[str, Any]]:
    """Our step with the stock package."""
    from bench import ours

    return "netc_step", {"target": ours.targets()[0], "optimizer": optimizer}


def _take(
    measured: Measured, batch: int, options: Options, ways: Mapping[str, tuple[str, dict[str, Any]]]
) -> dict[str, Any]:
    """The row: times, first losses, which tell that all do the same work, and what else contenders said."""
    with common_start(measured, threads=options.threads, limit=options.limit) as start:
        every = {"net": measured.name, "batch": batch, "threads": options.threads, "start": start}
        taken = take_turns(
            {name: Contender(f"bench.contenders:{way}", {**every, **given}) for name, (way, given) in ways.items()},
            **options.turns,
        )
    taken.need("netc")
    said = {key: value for facts in taken.facts.values() for key, value in facts.items() if key != "first_loss"}
    return {"batch": batch, **said, **taken.as_row()}
