"""A training step of onnxruntime-training, in an interpreter of its own: it and onnxruntime exclude each other.

Reads the seconds of a round from each line of the standard input and answers with the median of a step; the first
answers are the package's version and the loss of the first step. Needs neither netc nor anything else of this folder.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path


def main(folder: Path, threads: int, rate: float, optimizer: str) -> None:
    import numpy
    import onnx
    import onnxruntime
    from onnxruntime.training import artifacts
    from onnxruntime.training.api import CheckpointState, Module, Optimizer

    model = onnx.load(str(folder / "model.onnx"))
    trained = (folder / "trained.txt").read_text("utf-8").split()
    frozen = [tensor.name for tensor in model.graph.initializer if tensor.name not in trained]
    with tempfile.TemporaryDirectory() as made:
        artifacts.generate_artifacts(
            model,
            requires_grad=trained,
            frozen_params=frozen,
            loss=artifacts.LossType.CrossEntropyLoss,
            optimizer=getattr(artifacts.OptimType, optimizer),
            artifact_directory=made,
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        state = CheckpointState.load_checkpoint(f"{made}/checkpoint")
        module = Module(f"{made}/training_model.onnx", state, device="cpu", session_options=options)
        update = Optimizer(f"{made}/optimizer_model.onnx", module)
    update.set_learning_rate(rate)
    batch = numpy.load(folder / "batch.npz")
    image, label = batch["image"], batch["label"]
    module.train()

    def step() -> float:
        loss = module(image, label)
        update.step()
        module.lazy_reset_grad()
        return float(loss)

    answer(onnxruntime.__version__)
    answer(step())
    step()
    for line in sys.stdin:
        answer(median(step, float(line)))


def median(step: object, seconds: float) -> float:
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        step()  # type: ignore[operator]
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def answer(found: object) -> None:
    print(f"\nanswer {found}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
