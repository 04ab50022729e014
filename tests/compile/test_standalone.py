"""A training step stands alone: the program below trains it with ONNX Runtime, numpy and json, and without netc."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from netc.compiler.build import compile_training
from netc.compiler.optimizers.base import optimizer
from netc.compiler.weights.draw import initial_weights

from .networks import plan, small_net

PROGRAM = """
import json, sys
import numpy as np, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
manifest = json.loads(session.get_modelmeta().custom_metadata_map["netc.manifest"])
tensors = dict(np.load(sys.argv[2]))
for port in manifest["inputs"]:
    if port["role"] == "state":
        tensors[port["name"]] = np.zeros(port["shape"], port["dtype"])
data = np.load(sys.argv[3])
outputs = [port["name"] for port in manifest["outputs"]]
losses = []
for step in range(60):
    rows = np.arange(step * 16, step * 16 + 16) % len(data["label"])
    batch = {"image": data["image"][rows], "label": data["label"][rows]}
    scalars = {"learning_rate": np.array(0.01, np.float32), "seed": np.array(0), "step": np.array(step)}
    results = dict(zip(outputs, session.run(outputs, {**batch, **scalars, **tensors})))
    tensors.update({port["of"]: results[port["name"]] for port in manifest["outputs"] if "of" in port})
    losses.append(float(results["loss"]))
assert not any(name.split(".")[0] == "netc" for name in sys.modules)
print(np.mean(losses[:8]), np.mean(losses[-8:]))
"""


def test_twenty_lines_of_bare_onnxruntime_train_the_model(tmp_path: Path) -> None:
    net = small_net()
    adam = optimizer.all()["adam"](lr=0.01)
    (tmp_path / "step.onnx").write_bytes(compile_training(net, plan(net, adam, metrics=("accuracy",))).model)
    np.savez(tmp_path / "weights.npz", **initial_weights(net))
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 64)
    image = rng.standard_normal((64, 2, 8, 8)).astype(np.float32)
    image[np.arange(64), label % 2, label] += 3
    np.savez(tmp_path / "data.npz", image=image, label=label)
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, "step.onnx", "weights.npz", "data.npz"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, last = map(float, done.stdout.split())
    assert first > 0.9
    assert last < first / 2
