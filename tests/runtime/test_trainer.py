from __future__ import annotations

import math
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.compiler import Net
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder.listener import Silent
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.training.interrupt import Interrupted
from netc.runtime.training.trainer import Trainer

from .conftest import arrays

LINEAR = """
net Linear {
  input x: 3
  y = dense(1)
}

train Linear { loss = mse(y, target); optimizer = sgd(lr=0.1, momentum=0.9); batch = 4; epochs = 2 }
"""


def trainer_of(net: Net, seed: int = 0, **settings: object) -> Trainer:
    return netc.Trainer(netc.Model(net, device="cpu", seed=seed), **settings)


def same(a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(a[name].tobytes() == b[name].tobytes() for name in a)


class StopAt(Silent):
    """Presses Ctrl-C in the middle of a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        if progress.step == self.step:
            os.kill(os.getpid(), signal.SIGINT)


def test_steps_are_those_of_sgd_with_momentum_by_hand(folder: Path) -> None:
    Path("linear.net").write_text(LINEAR)
    trainer = trainer_of(netc.load("linear.net"))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 3)).astype(np.float32)
    target = (x @ np.array([[1.0], [-2.0], [0.5]]) + 3).astype(np.float32)
    weights = {name: values.astype(np.float64) for name, values in trainer.model.state_dict().items()}
    velocity = {name: np.zeros_like(values) for name, values in weights.items()}
    for _ in range(6):
        error = x @ weights["y.weight"].T + weights["y.bias"] - target
        assert trainer.step({"x": x, "target": target})["loss"] == pytest.approx(float((error**2).mean()), rel=1e-4)
        gradients = {"y.weight": 2 * error.T @ x / len(x), "y.bias": 2 * error.mean(axis=0)}
        for name, gradient in gradients.items():
            velocity[name] = 0.9 * velocity[name] + gradient
            weights[name] = weights[name] - 0.1 * velocity[name]
    for name, values in trainer.model.state_dict().items():
        np.testing.assert_allclose(values, weights[name], rtol=1e-4, atol=1e-5)


def test_two_trainings_are_bit_identical_and_another_seed_is_not(net: Net) -> None:
    first, second, other = (trainer_of(net, seed) for seed in (5, 5, 6))
    histories = [trainer.fit("data.npz") for trainer in (first, second, other)]
    for record in (record for history in histories for record in history):
        record.pop("seconds")
    assert same(first.checkpoint(), second.checkpoint())
    assert histories[0] == histories[1] != histories[2]


def test_it_learns(net: Net) -> None:
    history = trainer_of(net, epochs=8).fit("data.npz")
    assert history[-1]["validation_accuracy"] >= 0.9
    assert history[-1]["validation_loss"] < history[0]["validation_loss"] / 2


def test_partial_batches_count_by_their_size(net: Net) -> None:
    batch = arrays(20)
    trainer = trainer_of(net, epochs=1, lr=0.0)
    (record,) = trainer.fit(batch)
    assert record["step"] == 2
    losses = []
    order = np.random.default_rng([0, 0, 0]).permutation(20)
    for rows in (order[:16], order[16:]):
        losses.append(trainer_of(net, epochs=1, lr=0.0).evaluate({name: a[rows] for name, a in batch.items()})["loss"])
    whole = trainer_of(net).evaluate(batch)["loss"]
    assert (16 * losses[0] + 4 * losses[1]) / 20 == pytest.approx(whole, rel=1e-6)


@pytest.mark.quick(1)
@pytest.mark.parametrize("step", [1, 6, 7, 16])
def test_interrupted_and_resumed_equals_uninterrupted(net: Net, step: int) -> None:
    handler = signal.getsignal(signal.SIGINT)
    whole = trainer_of(net, 1)
    expected = whole.fit("data.npz", out="whole")
    with pytest.raises(Interrupted) as stop:
        trainer_of(net, 1).fit("data.npz", out="parts", listener=StopAt(step))
    assert stop.value.step == step
    assert signal.getsignal(signal.SIGINT) is handler
    again = trainer_of(net, 2)
    again.resume("parts")
    assert (again.seed, again.progress.step, again.progress.epoch) == (1, step, step // 6)
    found = again.fit("data.npz", out="parts")
    assert same(again.checkpoint(), whole.checkpoint())
    for record in (*found, *expected):
        record.pop("seconds")
    assert found == expected
    assert (Path("parts") / "best.safetensors").read_bytes() == (Path("whole") / "best.safetensors").read_bytes()
    assert len((Path("parts") / "metrics.jsonl").read_text().splitlines()) == 4


def test_checkpoints_in_an_epoch_change_nothing(net: Net) -> None:
    often, rarely = trainer_of(net), trainer_of(net)
    often.fit("data.npz", out="often", checkpoint_seconds=0.0)
    rarely.fit("data.npz", out="rarely")
    assert same(often.checkpoint(), rarely.checkpoint())


def test_a_loss_that_is_not_finite_leaves_the_weights(net: Net) -> None:
    trainer = trainer_of(net)
    trainer.step(arrays(16))
    before = trainer.checkpoint()
    bad = arrays(16)
    bad["image"][0, 0, 0, 0] = np.finfo(np.float32).max  # finite, and what is made of it is not
    with pytest.raises(DiagnosticError) as error:
        trainer.step(bad)
    assert error.value.diagnostics[0].code == "E701"
    after = trainer.checkpoint()
    weights = trainer.model.weights.current.keys()
    assert same({name: before[name] for name in weights}, {name: after[name] for name in weights})
    assert not any(after[name].any() for name in trainer.state.current), "the optimizer starts anew"
    assert math.isfinite(trainer.step(arrays(16))["loss"])


def test_a_run_that_diverges_says_what_is_left(net: Net) -> None:
    trainer = trainer_of(net, epochs=3)

    class Spoil(Silent):
        def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
            if progress.step == 9:
                trainer.model.weights.put("logits.bias", np.full(3, np.inf, np.float32))

    with pytest.raises(DiagnosticError) as error:
        trainer.fit("data.npz", out="run", listener=Spoil())
    (found,) = error.value.diagnostics
    assert found.code == "E701"
    assert found.notes[-1] == f"the weights of epoch 1 are in {Path('run') / 'best.safetensors'}"
    tensors, _, progress = RunFolder(Path("run")).read_last()
    assert progress.step == 6
    assert all(np.isfinite(values).all() for values in tensors.values())


def test_settings_override_the_section(net: Net) -> None:
    trainer = trainer_of(net, batch=30, epochs=1, lr=1e-3)
    assert (trainer.plan.batch, trainer.plan.only.optimizer.lr) == (30, 1e-3)
    assert trainer.fit("data.npz")[-1]["step"] == 3
    with pytest.raises(DiagnosticError) as error:
        trainer_of(net, bacth=3)
    assert error.value.diagnostics[0].code == "E490"


def test_nothing_to_train_on(net: Net) -> None:
    with pytest.raises(DiagnosticError) as error:
        trainer_of(net).fit({"image": np.zeros((0, 1, 6, 6), np.float32), "label": np.zeros(0, np.int64)})
    assert error.value.diagnostics[0].code == "E559"


def test_a_checkpoint_of_another_optimizer_is_refused(net: Net) -> None:
    trainer = trainer_of(net)
    tensors = trainer.checkpoint()
    tensors["logits.bias.momentum"] = tensors.pop(
        next(name for name in tensors if name not in trainer.model.state_dict())
    )
    with pytest.raises(DiagnosticError) as error:
        trainer.restore(tensors, Progress())
    assert error.value.diagnostics[0].code == "E561"


@pytest.mark.parametrize(
    "parts",
    [
        {"text": np.ones(1)},
        {"f1.both": np.ones(3)},
        {"f1.both": np.ones(3), "f1.predicted": np.ones(3), "f1.actual": np.ones(2)},
    ],
    ids=["unknown", "some", "shape"],
)
def test_sums_of_other_metrics_are_refused(parts: dict[str, np.ndarray], folder: Path) -> None:
    (folder / "f1.net").write_text((folder / "tiny.net").read_text().replace("[accuracy]", 'f1(average="macro")'))
    trainer = trainer_of(netc.load("f1.net"))
    trainer.restore(trainer.checkpoint(), Progress())
    right = {name: np.ones(3) for name in ("f1.both", "f1.predicted", "f1.actual")}
    trainer.restore(trainer.checkpoint(), Progress(parts=right))
    with pytest.raises(DiagnosticError, match=r"E561.*its unfinished epoch has other sums"):
        trainer.restore(trainer.checkpoint(), Progress(parts=parts))


TWO_HEADS = """
net Heads {
  input x: 3
  shared_part = dense(4)
  body = relu
  left = body -> dense(1)
  inner = body -> dense(2)
  right = dense(1)
}

train Heads "left" { loss = mse(left, target); optimizer = sgd(lr=0.1); batch = 4 }

train Heads "right" { loss = mse(right, target); optimizer = sgd(lr=0.1); batch = 4 }
"""


@pytest.mark.parametrize("first", ["left", "right"])
def test_two_trainers_with_other_parameters_share_a_model(first: str, folder: Path) -> None:
    """What one of them does not train stays as the other one left it."""
    path = Path("heads.net")
    path.write_text(TWO_HEADS)
    second = {"left": "right", "right": "left"}[first]
    model = netc.Model(netc.load(path), device="cpu")
    model_parts = {"shared_part": "both", "left": "left", "inner": "right", "right": "right"}
    trainers = {name: netc.Trainer(model, name) for name in (first, second)}
    rng = np.random.default_rng(0)
    batch = {"x": rng.normal(size=(4, 3)).astype(np.float32), "target": np.ones((4, 1), np.float32)}
    for name in (first, second, first, first, second, second, first):
        before = model.state_dict()
        trainers[name].step(batch)
        after = model.state_dict()
        for parameter in before:
            trained = model_parts[parameter.split(".")[0]] in ("both", name)
            moved = not np.array_equal(before[parameter], after[parameter])
            assert moved == trained, (name, parameter)


def test_a_batch_without_rows_is_refused(folder: Path) -> None:
    Path("linear.net").write_text(LINEAR)
    trainer = trainer_of(netc.load("linear.net"))
    with pytest.raises(DiagnosticError, match="no rows"):
        trainer.step({"x": np.zeros((0, 3), np.float32), "target": np.zeros((0, 1), np.float32)})


def test_a_target_of_another_processor_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("linear.net").write_text(LINEAR)
    monkeypatch.setattr("netc.runtime.devices.target.cpu_target", lambda: "cpu8")
    with pytest.raises(DiagnosticError) as error:
        netc.Model(netc.load("linear.net"), device="cpu", target="cpu")
    assert error.value.diagnostics[0].code == "E609"


def test_a_step_for_a_library_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("linear.net").write_text(LINEAR)
    monkeypatch.setattr("netc.runtime.sessions.session.fast_library", lambda: None)
    monkeypatch.setattr("netc.runtime.devices.target.cpu_target", lambda: "cpu")
    trainer = netc.Trainer(netc.Model(netc.load("linear.net"), device="cpu", target="fast"))
    with pytest.raises(DiagnosticError) as error:
        trainer.step({"x": np.zeros((4, 3), np.float32), "target": np.zeros((4, 1), np.float32)})
    assert error.value.diagnostics[0].code == "E607"


class Seen(Silent):
    """Counts the rows of each epoch, and stops as `StopAt` does."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop, self.taken = stop, 0

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        self.taken = progress.taken
        if progress.step == self.stop:
            os.kill(os.getpid(), signal.SIGINT)


def test_another_batch_in_the_middle_of_an_epoch_takes_the_rows_that_are_left(net: Net) -> None:
    """90 rows: two steps of 16, then the 58 that are left in steps of 30 and 28; then epochs of three steps."""
    with pytest.raises(Interrupted):
        trainer_of(net).fit("data.npz", out="run", listener=Seen(2))
    again = trainer_of(net, batch=30)
    again.resume("run")
    seen = Seen()
    records = again.fit("data.npz", out="run", listener=seen)
    assert [record["step"] for record in records] == [4, 7, 10, 13]
    assert seen.taken == 90


def test_a_third_size_and_a_stop_in_the_same_epoch(net: Net) -> None:
    for batch, stop in ((16, 2), (30, 3)):
        trainer = trainer_of(net, batch=batch)
        if stop == 3:
            trainer.resume("run")
        with pytest.raises(Interrupted):
            trainer.fit("data.npz", out="run", listener=Seen(stop))
    again = trainer_of(net, batch=10)
    again.resume("run")
    records = again.fit("data.npz", out="run")
    assert records[0]["step"] == 6  # 16 + 16 + 30, then 28 rows in three steps
    whole = trainer_of(net, batch=10)
    whole.resume("run")
    assert whole.progress.history == records
