"""Every network in `examples/`: its models are valid, plain, and run with and without optimization."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from netc.compiler.build import compile_inference, compile_scorer, compile_training
from netc.compiler.load import load
from netc.compiler.net import Net
from netc.compiler.weights.draw import initial_weights

from .networks import batch_of, first_feeds, run

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*.net"))
SMALLER: dict[str, dict[str, Any]] = {"zoo/resnet_preact.net": {"depth": 20}}
"""Settings that keep a test short."""
QUICK = [file for file in FILES if file.startswith("lecture/")] + ["zoo/resnet_cifar.net", "zoo/resnet_preact.net"]


def network(file: str) -> Net:
    return load(EXAMPLES / file, settings=SMALLER.get(file, {}))


@pytest.mark.quick(1)
@pytest.mark.parametrize("file", FILES)
def test_models_are_valid_and_use_stock_operators(file: str) -> None:
    net = network(file)
    trained = [compile_training(net), compile_scorer(net)] if net.plans else []
    for artifact in (*trained, compile_inference(net, weights_as="inputs")):
        model = onnx.load_from_string(artifact.model)
        onnx.checker.check_model(model, full_check=True)
        (opset,) = model.opset_import
        assert opset.domain == ""
        assert all(onnx.defs.has(node.op_type, opset.version, "") for node in model.graph.node)
        padded = {node.output[0] for node in model.graph.node if node.op_type == "Pad"}
        pooled = {node.input[0] for node in model.graph.node if node.op_type == "MaxPool"}
        assert not padded & pooled, "ONNX Runtime fuses the two and then pads with minus infinity"
        assert all(value.doc_string for value in [*model.graph.input, *model.graph.output])


@pytest.mark.quick(1)
@pytest.mark.parametrize("file", QUICK)
def test_optimization_changes_nothing(file: str) -> None:
    """A random step is steep, so the loss and what comes of the forward pass are compared closely, weights loosely."""
    net = network(file)
    step = compile_training(net)
    feeds = first_feeds(step, initial_weights(net, 2), batch_of(net, 4, classes=10), rate=0.01)
    plain, fast = run(step, feeds, optimize=False), run(step, feeds)
    for port in step.manifest["outputs"]:
        name = port["name"]
        if port["role"] in ("loss", "metric") or "running" in name:
            np.testing.assert_allclose(fast[name], plain[name], rtol=1e-4, atol=1e-5, err_msg=name)
        elif port["role"] == "param":
            start = feeds[port["of"]]
            move = np.linalg.norm(plain[name] - start)
            assert np.linalg.norm(fast[name] - plain[name]) <= 0.02 * move, name


def test_the_same_text_gives_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    first = EXAMPLES / "lecture" / "digits.net"
    second = tmp_path / "elsewhere" / "digits.net"
    second.parent.mkdir()
    second.write_text(first.read_text())
    models = [compile_training(load(file)).model for file in (first, second)]
    assert models[0] == models[1]
    assert str(tmp_path).encode() not in models[1]
