"""The measured networks: work as counted elsewhere, and PyTorch's modules the same nets."""

from __future__ import annotations

import pytest

from bench import ours
from bench.nets import FIRST, NETS, QUICK, Measured
from bench.sections import Options
from netc.compiler import training_flops
from netc.runtime.measure.profile import work_of

# GFLOP of a step, counted by hand for an earlier prototype.
WORK = {
    "MLP 784-512-10": 0.21, "lecture CNN": 1.0, "LeNet-5": 0.29, "CIFAR ResNet-20": 31.2,
    "AlexNet 224": 133, "VGG-16 224": 741, "ResNet-50 224": 194,
}  # fmt: skip


@pytest.mark.parametrize("name", WORK)
def test_work(name: str) -> None:
    (measured,) = (net for net in NETS if net.name == name)
    assert work_of(ours.load(measured), measured.batch) == pytest.approx(WORK[name], rel=0.03)


def test_the_first_layer_has_no_input_gradient() -> None:
    net = ours.load(NETS[0])
    forward = {layer["name"]: layer["flops"] for layer in net_layers(net)}
    assert training_flops(net) == {"flatten1": 0, "dense1": 2 * forward["dense1"], "logits": 3 * forward["logits"]}


def net_layers(net: object) -> list[dict[str, int]]:
    from netc.compiler import summary

    return list(summary(net)["layers"])  # type: ignore[arg-type]


@pytest.mark.parametrize("measured", FIRST, ids=lambda net: net.name)
def test_pytorch_has_the_same_weights_in_the_same_order(measured: Measured) -> None:
    torch = pytest.importorskip("torch")
    with torch.device("meta"):
        module = measured.torch_module()
    mine = [item.value.shape for item in ours.load(measured).parameters if not item.buffer]
    assert mine == [tuple(parameter.shape) for parameter in module.parameters()]


TWO_ROUNDS = Options(rounds=2, seconds=0.0, threads=1, limit=120.0, patience=0.0)


@pytest.mark.slow
def test_a_comparison_starts_from_one_loss() -> None:
    pytest.importorskip("torch")
    from bench.training import measure

    found = measure(QUICK[0], TWO_ROUNDS)
    assert "dropped_out" not in found
    losses = found["first_loss"]
    assert losses.keys() >= {"netc session", "netc std", "eager", "channels_last"}
    assert max(losses.values()) - min(losses.values()) < 1e-5
    assert found["gflop"] > 0
    assert all(len(figures) == 2 for figures in found["seconds"].values())


@pytest.mark.slow
def test_inference_agrees() -> None:
    pytest.importorskip("torch")
    from bench.inference import measure

    found = measure(QUICK[3], TWO_ROUNDS, 2)
    assert found["difference"] < 1e-5
    assert list(found["seconds"]) == ["netc", "netc.Model", "torch export", "eager", "channels_last"]


def test_the_bare_session_alternates_between_the_buffers() -> None:
    made = ours.trainer(net := ours.load(QUICK[0]), ours.plan(net, 4), "std", 1)
    batch = ours.rows(made, QUICK[0], 4)
    first = made.step(batch)["loss"]
    for _ in range(20):
        ours.bare(made, batch)()
    step = ours.bare(made, batch)
    start = made.model.state_dict()
    step()
    step()
    moved = made.model.state_dict()
    assert all((start[name] != moved[name]).any() for name in start)
    assert made.step(batch)["loss"] < first


@pytest.mark.quick(1)
@pytest.mark.parametrize("kind", ["arrays", "pictures", "decoded"])
def test_the_loop_is_measured(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.loop import measure
    from netc.runtime.data.images import pictures

    monkeypatch.setattr(pictures, "IN_MEMORY", pictures.IN_MEMORY)  # which "decoded" changes
    found = measure(QUICK[3], kind, rounds=1, seconds=0.0, threads=1)
    assert found["steps"] == 8
    assert found["seconds"]["loop"][0] > 0
    assert bool(found["seconds"]["by hand"]) == (kind == "arrays")
    assert (pictures.IN_MEMORY == 0) == (kind == "decoded")
