"""The batch of a training step, told without compiling the step."""

from __future__ import annotations

import pytest

from netc.compiler import batch_ports, compile_training, load

EXAMPLES = ["lecture/digits", "lecture/dense_functional", "lecture/residual_cnn", "zoo/resnet_cifar"]


@pytest.mark.quick(2)
@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_what_the_step_takes(name: str) -> None:
    net = load(f"examples/{name}.net")
    taken = compile_training(net).manifest["inputs"]
    assert batch_ports(net) == [port for port in taken if port["role"] in ("data", "target")]
