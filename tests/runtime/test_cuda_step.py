"""What a card's training step does around ONNX Runtime: a stand-in runs on the CPU and keeps account of the calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices import device
from netc.runtime.devices.device import CPU, Device
from netc.runtime.folder.listener import Silent
from netc.runtime.sessions import cuda_step, resident, session
from netc.runtime.sessions.cuda_step import READ_EVERY, READ_EVERY_GRAPH, CudaStepSession

from .test_diverged import PARTS, check_skipped_as_a_whole

NET = """
net Small {
  input image: 1x6x6
  conv(4, 3x3, act=relu) -> batchnorm -> maxpool(2x2) -> flatten
  logits = dense(3)
}

train Small {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.05, momentum=0.9)
  metrics = [accuracy]
  batch = 4
  epochs = 2
}
"""
CUDA = Device("cuda")


class Card:
    """The parts of `onnxruntime` that sessions use, with a CPU in a card's place.

    refuses_session, refuses_run   where graphs fail, as they do for models with nodes on the CPU
    stale                          whether a replay does nothing, as if it read other addresses
    """

    def __init__(self) -> None:
        self.refuses_session = self.refuses_run = self.stale = False
        self.providers: list[Any] = []
        self.graphs: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self.module = SimpleNamespace(
            **{name: getattr(onnxruntime, name) for name in ("GraphOptimizationLevel", "ExecutionOrder", "RunOptions")},
            SessionOptions=onnxruntime.SessionOptions,
            OrtValue=SimpleNamespace(ortvalue_from_shape_and_type=self.value),
            InferenceSession=self.session,
        )

    def value(self, shape: list[int], kind: Any, name: str, number: int) -> Any:
        self.made[name] += 1
        return onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, kind, "cpu", number)

    def session(self, content: bytes, options: Any, providers: list[Any], disabled_optimizers: list[str]) -> Any:
        self.providers.append(providers)
        asked = isinstance(providers[0], tuple) and "enable_cuda_graph" in providers[0][1]
        if asked and self.refuses_session:
            raise RuntimeError("This session cannot use the graph capture feature as requested by the user")
        real = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return Captured(real, self) if asked else real


class Captured:
    """A session that runs a step twice while it captures it, as ONNX Runtime does, and minds the addresses."""

    def __init__(self, real: Any, card: Card) -> None:
        self.real, self.card = real, card

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def run_with_iobinding(self, bound: Any, options: Any) -> None:
        number = options.get_run_config_entry("gpu_graph_id")
        if self.card.refuses_run:
            raise RuntimeError("operation not permitted when stream is capturing")
        if number == "-1":
            self.real.run_with_iobinding(bound)
            return
        if not self.card.graphs[number]:
            self.real.run_with_iobinding(bound)
        self.card.graphs[number] += 1
        if not self.card.stale or self.card.graphs[number] == 1:
            self.real.run_with_iobinding(bound)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    made = Card()
    for module in (resident, session, cuda_step):
        monkeypatch.setattr(module, "runtime", lambda: made.module)
    return made


@pytest.fixture
def net(tmp_path: Path) -> netc.Net:
    (tmp_path / "small.net").write_text(NET)
    return netc.load(tmp_path / "small.net")


def data(rows: int = 42, seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    label = random.integers(0, 3, rows)
    return {
        "image": (random.standard_normal((rows, 1, 6, 6)) + label[:, None, None, None]).astype(np.float32),
        "label": label,
    }


def trainer(net: netc.Net, where: Device, **options: Any) -> netc.Trainer:
    """Both devices with the same graph: the card's."""
    return netc.Trainer(netc.Model(net, where, seed=1, threads=1, target="cuda"), **options)


class Seen(Silent):
    def __init__(self) -> None:
        self.losses: list[float] = []

    def stepped(self, progress: Any, results: Any) -> None:
        self.losses.append(results["loss"])


class Noting(Silent):
    def __init__(self, notes: list[str]) -> None:
        self.notes = notes

    def noted(self, text: str) -> None:
        self.notes.append(text)


@pytest.mark.quick(1)
@pytest.mark.parametrize("refusal", ["none", "session", "run", "unwanted", "stale"])
def test_the_same_training_as_on_the_cpu(net: netc.Net, card: Card, refusal: str) -> None:
    """Ten whole batches and a smaller one an epoch; the losses, in their order, and the weights are the CPU's."""
    card.refuses_session, card.refuses_run, card.stale = (refusal == word for word in ("session", "run", "stale"))
    here, there = Seen(), Seen()
    expected, found = trainer(net, CPU), trainer(net, replace(CUDA, graphs=refusal != "unwanted"))
    history = expected.fit(data(), listener=here), found.fit(data(), listener=there)
    assert there.losses == here.losses
    assert len(there.losses) == 22
    for theirs, mine in zip(*history, strict=True):
        assert {**mine, "seconds": 0} == {**theirs, "seconds": 0}
    for name, tensor in expected.checkpoint().items():
        np.testing.assert_array_equal(found.checkpoint()[name], tensor, err_msg=name)
    assert found.progress.step == 22
    assert found.replays == (refusal == "none")
    assert bool(card.graphs) == (refusal in ("none", "stale"))


def test_two_graphs_and_fixed_places(net: netc.Net, card: Card) -> None:
    """One graph for each direction; once both are captured nothing more is made on the card."""
    one = trainer(net, CUDA)
    rows = {name: array[:4] for name, array in data().items()}
    for _ in range(2):
        one.step(rows)
    made = card.made["cuda"]
    for _ in range(6):
        one.step(rows)
    assert card.made["cuda"] == made
    assert card.graphs == {"1": 4, "2": 4}


def test_the_card_is_told_what_was_chosen(net: netc.Net, card: Card) -> None:
    assert CUDA.providers[0][1] == {"device_id": "0", "use_tf32": "0", "prefer_nhwc": "0"}
    assert replace(CUDA, nhwc=True).session_providers(graphs=True) == [
        ("CUDAExecutionProvider", {"device_id": "0", "use_tf32": "0", "prefer_nhwc": "1", "enable_cuda_graph": "1"}),
        "CPUExecutionProvider",
    ]
    assert CPU.session_providers(graphs=True) == ["CPUExecutionProvider"]
    for asked in ({"nhwc": True}, {"graphs": False}, {"tf32": True}):
        with pytest.raises(DiagnosticError, match="E605"):
            device.resolve("cpu", **asked)
    trainer(net, replace(CUDA, nhwc=True)).step({name: array[:4] for name, array in data().items()})
    assert card.providers[-1][0][1]["prefer_nhwc"] == "1"


@pytest.mark.parametrize("graphs", [False, True])
def test_results_come_back_every_few_steps(net: netc.Net, card: Card, graphs: bool) -> None:
    one = trainer(net, replace(CUDA, graphs=graphs))
    every = READ_EVERY_GRAPH if graphs else READ_EVERY
    rows = {name: np.ascontiguousarray(array[:4]) for name, array in data().items()}
    came = [one.start(rows, [0.05]) for _ in range(2 * every + 1)]
    assert [len(results) for results in came] == [*[0] * (every - 1), every] * 2 + [0]
    assert one.steps_started == 2 * every + 1 - 2 * every
    assert len(one.finish()) == 1
    assert one.finish() == []
    losses = [result.values["loss"] for results in came for result in results]
    assert len(set(losses)) == 2 * every
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("graphs", [False, True])
def test_a_divergence_is_found_at_the_reading(net: netc.Net, card: Card, graphs: bool) -> None:
    """It names the step that the CPU names, though others came after it."""
    one = trainer(net, replace(CUDA, graphs=graphs), lr=1e30)
    told = []
    for each in (trainer(net, CPU, lr=1e30), one):
        with pytest.raises(DiagnosticError) as caught:
            each.fit(data(400), epochs=1)
        told.append(caught.value.diagnostics[0])
    assert told[0].message == told[1].message
    assert told[0].code == "E701"
    assert one.steps_started == 0
    assert not any(array.any() for array in (one.state.get(name) for name in one.state.current))


@pytest.mark.quick(1)
@pytest.mark.parametrize("graphs", [False, True])
@pytest.mark.parametrize("row", [0, 7, 50, 99])
def test_a_divergence_names_the_layer_that_the_cpu_names(
    net: netc.Net, card: Card, tmp_path: Path, graphs: bool, row: int
) -> None:
    """Other steps came after it: those since the checkpoint are made again, each by itself."""
    rows = data(100)
    rows["image"][row] = 3e38
    told: list[Any] = []
    seen: list[str] = []
    for where in (CPU, replace(CUDA, graphs=graphs)):
        one = trainer(net, where)
        with pytest.raises(DiagnosticError) as caught:
            one.fit(rows, epochs=2, out=tmp_path / where.name, listener=Noting(seen), quiet=True)
        told.append(caught.value.diagnostics[0])
        assert not one.one_by_one
    assert told[0].message == told[1].message
    assert told[0].notes[0] == told[1].notes[0]
    assert told[0].notes[0].startswith("the output of `")
    assert told[0].primary == told[1].primary
    assert told[0].primary is not None
    assert "the last good checkpoint is" in told[1].notes[-1]
    assert len(seen) <= 1
    assert all(text.endswith("to find the layer where it begins") for text in seen)


def test_a_divergence_that_does_not_come_again_is_told_as_it_was(net: netc.Net, card: Card, tmp_path: Path) -> None:
    rows = data(400)
    rows["image"][20] = 3e38

    class Mend(Silent):
        def noted(self, text: str) -> None:
            rows["image"][20] = 0

    one = trainer(net, replace(CUDA, graphs=False))
    with pytest.raises(DiagnosticError) as caught:
        one.fit(rows, epochs=1, out=tmp_path / "run", listener=Mend())
    found = caught.value.diagnostics[0]
    assert found.primary is None
    assert "these steps were finite" in found.notes[1]
    assert not one.one_by_one


def test_a_divergence_without_a_folder_is_told_as_it_was(net: netc.Net, card: Card) -> None:
    rows = data(100)
    rows["image"][50] = 3e38
    one = trainer(net, replace(CUDA, graphs=False))
    with pytest.raises(DiagnosticError) as caught:
        one.fit(rows, epochs=1, quiet=True)
    assert caught.value.diagnostics[0].code == "E701"


@pytest.mark.parametrize("graphs", [False, True])
def test_a_step_that_is_skipped_on_a_card_changes_nothing(net: netc.Net, card: Card, graphs: bool) -> None:
    """The momentum too, which has one buffer without graphs unless a step may be left out."""
    one, plain = (trainer(net, replace(CUDA, graphs=graphs), skip_bad_steps=number) for number in (3, 0))
    rows = {name: array[:4] for name, array in data().items()}
    bad = {**rows, "image": np.full_like(rows["image"], 3e38)}
    for batch in (rows, bad, rows):
        one.step(batch)
    for number in range(2):
        plain.step(rows)
        plain.progress.step += number == 0
    for name, tensor in plain.checkpoint().items():
        np.testing.assert_array_equal(one.checkpoint()[name], tensor, err_msg=name)


@pytest.mark.parametrize("graphs", [False, True])
@pytest.mark.parametrize("text", PARTS.values(), ids=PARTS)
def test_an_update_in_parts_is_skipped_as_a_whole(card: Card, graphs: bool, text: str) -> None:
    """What is swapped and copied for it lies in the buffers that the graphs know."""
    where = replace(CUDA, graphs=graphs)
    made = [netc.Trainer(netc.Model(netc.loads(text), where, seed=1), skip_bad_steps=skip) for skip in (1, 0)]
    check_skipped_as_a_whole(*made, text)


def test_one_step_by_itself_keeps_the_weights_when_it_diverges(net: netc.Net, card: Card) -> None:
    one = trainer(net, CUDA)
    before = one.model.state_dict()
    rows = {name: array[:4] for name, array in data().items()}
    with pytest.raises(DiagnosticError):
        one.step({**rows, "image": np.full_like(rows["image"], 3e38)})
    for name, tensor in one.model.state_dict().items():
        np.testing.assert_array_equal(tensor, before[name], err_msg=name)
    assert np.isfinite(one.step(rows)["loss"])


def test_a_checkpoint_holds_the_steps_that_were_read(net: netc.Net, card: Card, tmp_path: Path) -> None:
    """Stopped between two readings and resumed: the same bits as without a stop."""
    whole = trainer(net, CUDA)
    whole.fit(data())

    class Stop(Silent):
        def stepped(self, progress: Any, results: Any) -> None:
            if progress.step == 5:
                raise KeyboardInterrupt

    first = trainer(net, CUDA)
    with pytest.raises(KeyboardInterrupt):
        first.fit(data(), out=tmp_path / "run", listener=Stop(), checkpoint_seconds=0.0)
    second = trainer(net, CUDA)
    second.resume(tmp_path / "run")
    second.fit(data())
    for name, tensor in whole.checkpoint().items():
        np.testing.assert_array_equal(second.checkpoint()[name], tensor, err_msg=name)


def test_no_graph_for_an_open_batch_or_a_profile(net: netc.Net, card: Card) -> None:
    one = trainer(net, CUDA, profile=True)
    one.step({name: array[:4] for name, array in data().items()})
    one.step({name: array[:3] for name, array in data().items()})
    assert all(
        "enable_cuda_graph" not in providers[0][1] for providers in card.providers if isinstance(providers[0], tuple)
    )
    made = one._steps.session(4, one.state)
    assert isinstance(made, CudaStepSession)
    assert not made.graphs


@pytest.mark.quick(1)
@pytest.mark.parametrize("graphs", [True, False])
def test_gradients_are_added_up_as_on_the_cpu(net: netc.Net, card: Card, graphs: bool) -> None:
    """Two models take turns on the same buffers; the second epoch lets a layer go."""
    card.refuses_session = not graphs
    plan = replace(net.plan(), accumulate=3, average=0.9, freeze=("conv1",), unfreeze=((2, ("conv1",)),))
    ours, theirs = (
        trainer(net, replace(where, graphs=graphs), plan=plan).fit(data(), quiet=True) for where in (CUDA, CPU)
    )
    assert [record["loss"] for record in ours] == pytest.approx([record["loss"] for record in theirs], rel=1e-5)
    assert [record["step"] for record in ours] == [4, 8]


def test_what_several_sizes_say_together_is_asked_before_a_step(card: Card) -> None:
    net = netc.loads(
        "net A { input x: [1, H, W]; y = conv(2, 1x1) -> flatten(from=1) -> maxpool(4) }\n"
        "train A { loss = mse(y, 0); batch = 2; epochs = 1 }"
    )
    one = trainer(net, CUDA)
    one.step({"x": np.ones((2, 1, 2, 2), np.float32)})
    with pytest.raises(DiagnosticError, match=r"E558.*cannot take inputs of these sizes: `H` 1, `W` 2"):
        one.step({"x": np.ones((2, 1, 1, 2), np.float32)})
    one.step({"x": np.ones((2, 1, 2, 3), np.float32)})
