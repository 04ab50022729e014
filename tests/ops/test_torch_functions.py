"""The functions of PyTorch that `netc bench` compares with do what our operators do, on every sample of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from netc.compiler import check
from netc.compiler.ir import Builder, Graph, Node
from netc.compiler.ops import all_ops
from netc.runtime.measure.torch_ops import NoEquivalentError, function_of

from .one_operator import CASES, assert_close, graph_of, inputs_of, runtime, sample_of

torch = pytest.importorskip("torch")

EXAMPLES = Path(__file__).parents[2] / "examples"
# batch normalization is in training form there; dropout and noise are random
KNOWN = {name for name, definition in all_ops().items() if definition.in_torch()} - {
    "BatchNormalization",
    "Dropout",
    "GaussianNoise",
}


@pytest.mark.quick(190)
@pytest.mark.parametrize(("name", "index"), [case for case in CASES if case[0] in KNOWN])
def test_values(name: str, index: int) -> None:
    one = sample_of(name, index)
    graph, feeds = graph_of(name, one), inputs_of(name, one)
    (node,) = graph.nodes
    tensors = [torch.tensor(x).float() if x.dtype.kind == "f" else torch.tensor(x) for x in feeds.values()]
    found = function_of(node)(*tensors)
    found = found if isinstance(found, tuple | list) else (found,)
    for mine, theirs in zip(runtime(graph, feeds), found, strict=True):
        assert_close(theirs.numpy(), mine, 2e-6)


def test_batch_normalization_is_that_of_training() -> None:
    one = sample_of("BatchNormalizationTraining", 2)
    graph, feeds = graph_of("BatchNormalizationTraining", one), inputs_of("BatchNormalizationTraining", one)
    g = Builder(Graph("n"))
    node = g.BatchNormalization(*graph.inputs, graph.inputs[1], graph.inputs[2]).node
    assert isinstance(node, Node)
    x, scale, bias = (torch.tensor(array).float() for array in feeds.values())
    statistics = torch.zeros_like(scale), torch.ones_like(scale)
    y = function_of(node)(x, scale, bias, *statistics)
    expected, mean, _ = runtime(graph, feeds)
    assert_close(y.numpy(), expected, 2e-6)
    assert_close(statistics[0].numpy(), 0.1 * mean, 2e-6)


def test_what_has_no_equivalent_is_said() -> None:
    one = sample_of("MaxPoolGradient", 0)
    (node,) = graph_of("MaxPoolGradient", one).nodes
    with pytest.raises(NoEquivalentError, match="the operator MaxPoolGradient"):
        function_of(node)


MADE_OF_NOTHING = ("Constant", "Iota", "RandomNormal")
"""Sources, the last two of sizes that may be open: `netc bench` says of nets that have them why there is no ratio."""


@pytest.mark.quick(7)
@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/*.net")), ids=lambda file: file.stem)
def test_every_example_has_an_equivalent(file: Path) -> None:
    for net in check(str(file)).nets:
        for node in net.graph.nodes:
            if node.op not in MADE_OF_NOTHING:
                assert callable(function_of(node)), node.op


@pytest.mark.slow
def test_importing_the_module_does_not_import_torch() -> None:
    code = "import sys, netc.runtime.measure.bench, netc.runtime.measure.torch_step; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", [name for name, one in all_ops().items() if one.in_torch() and not one.torch_keeps])
def test_a_relu_may_write_over_what_pytorch_does_not_keep(name: str) -> None:
    """Gradients are those of a ReLU with memory of its own; PyTorch refuses where what was written over is needed."""
    one = sample_of(name, 0)
    (node,) = graph_of(name, one).nodes

    def slopes(relu: Any) -> list[Any]:
        inputs = [torch.tensor(x).float().requires_grad_(i < 3) for i, x in enumerate(inputs_of(name, one).values())]
        made = relu(function_of(node)(*inputs))
        (made * torch.arange(made.numel()).reshape(made.shape)).sum().backward()
        return [x.grad for x in inputs[:3]]

    for over, apart in zip(slopes(torch.relu_), slopes(torch.relu), strict=True):
        assert torch.equal(over, apart)
