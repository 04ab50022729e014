"""Trainings of several steps, of a lagging copy, of iterated vectors: interrupted and resumed they end the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.runtime.folder.listener import Silent
from netc.runtime.folder.progress import Progress
from netc.runtime.training.interrupt import Interrupted
from tests.support.sessions import session_of

GAN = """
net Generator { input z: 4; dense(6, act=relu) -> batchnorm -> dense(3) }
net Discriminator { input x: 3; spectralnorm(dense(8)) -> leaky_relu -> dropout(0.2) -> dense(1) }
net GAN {
  input real: 3
  shared g = Generator()
  shared d = Discriminator()
  fake = normal([4]) -> g
  on_fake = fake -> d
  on_real = real -> d
  output fake
}
train GAN {
  optimizer = adam(lr=2e-3, beta1=0.5)
  batch = 8
  epochs = 3
  step critic { trains = ["d"]; loss = binary_cross_entropy(on_real, 1) + binary_cross_entropy(on_fake, 0) }
  step maker { trains = ["g"]; every = 2; loss = binary_cross_entropy(on_fake, 1) }
}
"""
DQN = """
block values(actions) { dense(8, act=relu) -> dense(actions) }
net DQN {
  input state: 4, action: int, reward: float, after: 4, going: float
  shared online = values(2)
  shared target = values(2)
  q = state -> online
  taken = q -> gather(action)
  wanted = reward + 0.99 * going * (after -> target -> max)
  output q
}
train DQN {
  loss = huber(taken, wanted)
  optimizer = adam(lr=1e-2)
  follow = ["target": copy("online", every=4)]
  batch = 8
  epochs = 3
}
"""
ROWS = 40  # five batches an epoch


def data() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    floats = {name: rng.normal(size=(ROWS, *shape)).astype(np.float32)
              for name, shape in {"real": (3,), "state": (4,), "after": (4,), "reward": ()}.items()}  # fmt: skip
    return {**floats, "action": rng.integers(0, 2, ROWS), "going": rng.integers(0, 2, ROWS).astype(np.float32)}


class StopAt(Silent):
    """Presses Ctrl-C in the middle of a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        if progress.step == self.step:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.quick(1)
@pytest.mark.parametrize("step", [3, 7])
@pytest.mark.parametrize(("source", "names"), [(GAN, ("real",)),
                         (DQN, ("state", "action", "reward", "after", "going"))], ids=["gan", "dqn"])  # fmt: skip
def test_an_interrupted_training_goes_on_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, names: tuple[str, ...], step: int
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("some.net").write_text(source)
    np.savez("data.npz", **{name: values for name, values in data().items() if name in names})
    made = [netc.Trainer(netc.Model(netc.load("some.net"), device="cpu", seed=seed)) for seed in (1, 1, 2)]
    whole, parts, again = made
    whole.fit("data.npz", out="whole")
    with pytest.raises(Interrupted):
        parts.fit("data.npz", out="parts", listener=StopAt(step))
    again.resume("parts")
    again.fit("data.npz", out="parts")
    expected, found = whole.checkpoint(), again.checkpoint()
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name].tobytes() != found[name].tobytes()] == []


def test_a_spectral_norm_is_exported_as_it_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("some.net").write_text(
        "net S { input x: 4; y = spectralnorm(dense(8)) -> relu -> spectralnorm(dense(2)) }\n"
        "train S { loss = mse(y, target); optimizer = sgd(lr=0.1); batch = 8; epochs = 3 }\n"
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 4)).astype(np.float32)
    np.savez("data.npz", x=x, target=x[:, :2] * 2)
    trainer = netc.Trainer(netc.Model(netc.load("some.net"), device="cpu", seed=0))
    trainer.fit("data.npz", out="run")
    state, expected = trainer.model.state_dict(), x.astype(np.float64)
    for name in [name.removesuffix(".weight_orig") for name in state if name.endswith(".weight_orig")]:
        w, u, v, bias = (state[f"{name}.{part}"].astype(np.float64)
                         for part in ("weight_orig", "weight_u", "weight_v", "bias"))  # fmt: skip
        expected = np.maximum(expected, 0) if expected.shape[1] == 8 else expected
        expected = expected @ (w / (u @ w @ v)).T + bias
    np.testing.assert_allclose(trainer.model(x), expected, rtol=1e-4, atol=1e-5)
    exported = session_of(Path("run/model.onnx").read_bytes())
    best = netc.load_run("run").model
    np.testing.assert_allclose(exported.run(None, {"x": x})[0], best(x), rtol=1e-6, atol=1e-6)
