"""The interpreter that runs onnxruntime-training, from this side: PyTorch's export goes in, times come out."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

CHILD = Path(__file__).parent / "ort_training_child.py"


class Child:
    """A process of another Python, which makes training steps when it is asked to. A context manager."""

    def __init__(
        self, python: str, module: Any, image: np.ndarray, label: np.ndarray, *, threads: int, rate: float
    ) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module, (torch.from_numpy(image),), str(folder / "model.onnx"), dynamo=False, opset_version=17,
                training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False,
                input_names=["image"], output_names=["logits"],
            )  # fmt: skip
        np.savez(folder / "batch.npz", image=image, label=label)
        (folder / "trained.txt").write_text("\n".join(name for name, _ in module.named_parameters()), "utf-8")
        command = [python, str(CHILD), str(folder), str(threads), str(rate), "SGD"]
        plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        with (folder / "errors.txt").open("w") as errors:
            self.process = subprocess.Popen(
                command, env=plain, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self.version = self._answer()
        self.first_loss = float(self._answer())

    def median(self, seconds: float) -> float:
        """Seconds a step, the median of a round."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("answer "):
                return line.split(maxsplit=1)[1].strip()
        said = (Path(self.folder.name) / "errors.txt").read_text("utf-8").strip().splitlines()
        raise RuntimeError(f"onnxruntime-training gave up: {said[-1] if said else 'without a word'}")

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()
