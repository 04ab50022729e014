"""The host side: examples a second of the training loop against those of the bare step, rounds in turn."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench import ours
from bench.nets import Measured
from netc.runtime.folder.listener import Silent
from netc.runtime.folder.progress import Progress
from netc.runtime.training.trainer import Trainer

MOST_PICTURES = 64
"""Batches of pictures in an epoch, which have to be written first."""


class Clock(Silent):
    """Remembers when each step ended."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        self.times.append(time.perf_counter())


def measure(measured: Measured, kind: str, *, rounds: int, seconds: float, threads: int) -> dict[str, Any]:
    """Seconds a step in the loop and of the step alone, the mean of each round: a late batch counts.

    kind  "arrays" in memory; "augmented": flipped and cropped arrays; "pictures": PNG files in folders by class;
          "decoded": the same too large to be kept in memory, so that each batch is decoded while the last one trains
    """
    net = ours.load(measured)
    augmentation = net.plan().augmentation if kind == "augmented" else ()
    plan = replace(ours.plan(net, measured.batch), augmentation=augmentation)
    made = ours.trainer(net, plan, ours.targets()[0], threads)
    batch = ours.rows(made, measured, measured.batch)
    step = ours.bare(made, batch)
    each = _seconds_of(step)
    steps = max(8, min(400, round(seconds / each)))
    from_files = kind in ("pictures", "decoded")
    steps = min(steps, MOST_PICTURES) if from_files else steps
    with tempfile.TemporaryDirectory() as folder:
        data: Any = _pictures(Path(folder), measured, steps, kind) if from_files else _arrays(batch, steps)
        seconds: dict[str, list[float]] = {"step": [], "by hand": [], "loop": []}
        for _ in range(rounds):
            seconds["step"].append(statistics.mean(_timed(step) for _ in range(steps)))
            if kind == "arrays":
                seconds["by hand"].append(_by_hand(made, data))
            seconds["loop"].append(_one_epoch(made, data))
    return {"batch": measured.batch, "kind": kind, "steps": steps, "seconds": seconds}


def _one_epoch(made: Trainer, data: Any) -> float:
    clock = Clock()
    made.fit(data, epochs=made.progress.epoch + 1, listener=clock)
    times = clock.times
    return (times[-2] - times[1]) / (len(times) - 3)  # neither the first step nor a last, smaller one


def _by_hand(made: Trainer, data: Mapping[str, Any]) -> float:
    """`Trainer.step` on one batch of an epoch after the other, without a loop or a thread."""
    size = made.plan.batch
    starts = range(0, len(next(iter(data.values()))), size)
    batches = [{name: array[start : start + size] for name, array in data.items()} for start in starts]
    return statistics.mean(_timed(lambda batch=batch: made.step(batch)) for batch in batches)


def _arrays(batch: Mapping[str, Any], steps: int) -> dict[str, Any]:
    return {name: np.concatenate([array] * steps) for name, array in batch.items()}


def _pictures(folder: Path, measured: Measured, steps: int, kind: str) -> Any:
    from PIL import Image

    from netc.runtime.data import open_data
    from netc.runtime.data.images import pictures as reader

    generator = np.random.default_rng(0)
    channels, height, width = measured.input_shape
    for number in range(measured.batch * steps):
        part = folder / "train" / f"class{number % measured.classes}"
        part.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 256, (height, width, channels), dtype=np.uint8)
        Image.fromarray(pixels.squeeze()).save(part / f"{number}.png")
    if kind == "decoded":
        reader.IN_MEMORY = 0
    return open_data(str(folder))


def _seconds_of(step: Any) -> float:
    step()
    return min(_timed(step) for _ in range(3))


def _timed(step: Any) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start
