"""Augmentation in a training: the loss of mixed examples, normalization inside the model, rows of another size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import netc
from netc.compiler import compile_gradients, compile_inference, load
from netc.runtime.data import Batches
from netc.runtime.data.augment import SHARE, augment
from netc.runtime.devices.device import CPU
from netc.runtime.runs.deployed import Deployed
from netc.runtime.sessions.session import Session

from .conftest import Run

NET = """
net Tiny {{
  input image: {input}
  logits = flatten -> dense(3)
}}
train Tiny {{
  loss = {loss}
  optimizer = sgd(lr=0.1)
  metrics = [accuracy(logits, label)]
  batch = 8
  epochs = 2
  augmentation = [{augmentation}]
}}
"""
LOSS = "cross_entropy(logits, label)"


def model_of(augmentation: str, input: str = "2x6x5", loss: str = LOSS) -> netc.Model:
    return netc.Model(load("tiny.net", source=NET.format(input=input, loss=loss, augmentation=augmentation)))


def rows(count: int = 24, shape: tuple[int, ...] = (2, 6, 5)) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    label = rng.integers(0, 3, count)
    image = rng.random((count, *shape)).astype(np.float32) * 0.3
    image[np.arange(count), 0, label] += 0.6
    return {"image": image, "label": label}


def loss_in_torch(model: netc.Model, batch: dict[str, Any]) -> float:
    """The mixed loss by soft labels, which cross entropy of probabilities takes."""
    return loss_of({name: torch.tensor(value).double() for name, value in model.state_dict().items()}, batch).item()


def loss_of(weights: dict[str, Any], batch: dict[str, Any]) -> Any:
    """The same of weights as tensors."""
    flat = torch.tensor(batch["image"]).double().flatten(1)
    logits = flat @ weights["logits.dense1.weight"].T + weights["logits.dense1.bias"]
    hot = torch.nn.functional.one_hot(torch.tensor(batch["label"]), 3).double()
    share = float(batch.get(SHARE, 1))
    return torch.nn.functional.cross_entropy(logits, share * hot + (1 - share) * hot.flip(0))


@pytest.mark.parametrize("mixing", ["mixup(alpha=1)", "cutmix"])
@pytest.mark.parametrize("count", [8, 5, 1])
def test_the_loss_of_mixed_examples_is_that_of_mixed_labels(mixing: str, count: int) -> None:
    model = model_of(f"flip, {mixing}")
    trainer = netc.Trainer(model)
    batch = augment(rows(count), trainer.plan.augmentation, np.random.default_rng(1), {"label"})
    expected = loss_in_torch(model, batch)
    ((values, *_),) = [*trainer.start(batch, [0.0]), *trainer.finish()]
    assert 0 < float(batch[SHARE]) < 1
    assert values["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.quick(5)
@pytest.mark.parametrize("mixing", ["mixup(alpha=1)", "cutmix"])
@pytest.mark.parametrize("count", [12, 11, 9, 3])
def test_batches_whose_gradients_are_added_up_are_mixed_within(mixing: str, count: int) -> None:
    """Each by its own draw with its own rows from behind: the update is that of the mean over all of their rows."""
    model = model_of(f"flip, {mixing}")
    trainer = netc.Trainer(model, batch=4, accumulate=3)
    cuts = trainer.cuts(count)
    batch = augment(rows(count), trainer.plan.augmentation, np.random.default_rng(1), {"label"}, cuts)
    assert len(set(np.atleast_1d(batch[SHARE]))) == len(cuts)
    weights = {name: torch.tensor(value).double().requires_grad_() for name, value in model.state_dict().items()}
    shares = np.broadcast_to(batch[SHARE], len(cuts))
    parts = [{"image": batch["image"][a:b], "label": batch["label"][a:b], SHARE: share}
             for (a, b), share in zip(cuts, shares, strict=True)]  # fmt: skip
    expected = sum(loss_of(weights, part) * len(part["label"]) / count for part in parts)
    expected.backward()
    ((values, *_),) = [*trainer.start(batch, [0.5]), *trainer.finish()]
    assert values["loss"] == pytest.approx(expected.item(), rel=1e-5)
    for name, value in weights.items():
        np.testing.assert_allclose(model.state_dict()[name], (value - 0.5 * value.grad).detach().numpy(), atol=1e-6)


def test_a_step_without_a_share_is_one_of_plain_examples() -> None:
    model = model_of("mixup")
    expected = loss_in_torch(model, rows(8))
    assert netc.Trainer(model).step(rows(8))["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("how", [{}, {"batch": 4, "accumulate": 3}], ids=["whole", "added up"])
def test_mixed_examples_are_learned_and_resumed(folder: Path, how: dict[str, int]) -> None:
    first = netc.Trainer(model_of("crop(1), mixup(alpha=1)"), seed=3, **how)
    first.fit(rows(), epochs=2, quiet=True)
    again = netc.Trainer(model_of("crop(1), mixup(alpha=1)"), seed=3, **how)
    again.fit(rows(), epochs=1, out=folder / "run", quiet=True)
    rest = netc.Trainer(model_of("crop(1), mixup(alpha=1)"), seed=3, **how)
    rest.resume(folder / "run")
    rest.fit(rows(), epochs=2, quiet=True)
    for name, value in first.model.state_dict().items():
        assert np.array_equal(value, rest.model.state_dict()[name])
    plain = netc.Trainer(model_of("crop(1)"), seed=3, **how)
    plain.fit(rows(), epochs=2, quiet=True)
    assert any(not np.array_equal(a, b) for a, b in
               zip(plain.model.state_dict().values(), first.model.state_dict().values(), strict=True))  # fmt: skip


def test_metrics_are_of_the_own_labels() -> None:
    model = model_of("mixup")
    trainer = netc.Trainer(model)
    batch: dict[str, Any] = {**rows(8), SHARE: np.float32(0.25)}
    right = model(batch["image"]).argmax(axis=1) == batch["label"]
    ((values, *_),) = [*trainer.start(batch, [0.0]), *trainer.finish()]
    assert values["accuracy"] == pytest.approx(right.mean())


@pytest.mark.parametrize("input", ["2x6x5", "bytes 6x5x2"])
def test_what_normalizes_is_in_every_model(input: str) -> None:
    normalized, plain = model_of("flip, normalize(mean=[0.1, 0.4], std=0.25)", input), model_of("flip", input)
    plain.load_state_dict(normalized.state_dict())
    images = rows()["image"]
    mean = np.array([0.1, 0.4], np.float32).reshape(2, 1, 1)
    weights = normalized.state_dict()
    given = images if input == "2x6x5" else (images.transpose(0, 2, 3, 1) * 255).round().astype(np.uint8)
    floats = images if input == "2x6x5" else given.transpose(0, 3, 1, 2) / np.float32(255)
    flat = ((floats - mean) / 0.25).reshape(len(images), -1)
    expected = flat @ weights["logits.dense1.weight"].T + weights["logits.dense1.bias"]
    np.testing.assert_allclose(normalized(given), expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(plain(given), expected, atol=1e-2)
    artifact = compile_inference(normalized.net, weights)
    alone = Session(artifact, CPU)
    np.testing.assert_allclose(alone.run({"image": given})["logits"], expected, rtol=1e-4, atol=1e-5)
    assert compile_gradients(normalized.net) is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    "augmentation", ["resize(6x5)", "random_resized_crop(6x5)", "resize(8), random_resized_crop(6x5)"]
)
def test_rows_of_another_size_are_trained_on_and_measured(augmentation: str, folder: Path, run: Run) -> None:
    large = rows(40, (2, 12, 10))
    trainer = netc.Trainer(model_of(augmentation))
    history = trainer.fit(large, epochs=2, validation=0.25, out=folder / "run", quiet=True)
    assert np.isfinite(history[-1]["loss"])
    assert trainer.card is not None
    assert trainer.card.input("image").resized == (6, 5)  # type: ignore[union-attr]
    small = torch.nn.functional.interpolate(torch.tensor(large["image"]), (6, 5), mode="bilinear", antialias=True)
    np.testing.assert_allclose(
        trainer.evaluate(large)["loss"], trainer.evaluate({**large, "image": small.numpy()})["loss"], rtol=1e-5
    )
    np.savez(folder / "large.npz", **large)
    np.savez(folder / "small.npz", **{**large, "image": small.numpy()})
    deployed = Deployed.open(folder / "run")
    measured = [deployed.evaluate(str(folder / name), "all")[1]["loss"] for name in ("large.npz", "small.npz")]
    np.testing.assert_allclose(*measured, rtol=1e-5)
    answers = [run("predict", "run", name).stdout.replace(name, "") for name in ("large.npz", "small.npz")]
    assert answers[0] == answers[1] != ""


def test_random_parts_are_cut_of_rows_as_they_are_stored() -> None:
    """Resized first they would have lost what a part shows."""
    trainer = netc.Trainer(model_of("random_resized_crop(6x5, scale=[0.2, 0.3])"))
    large = rows(8, (2, 60, 50))
    large["image"][:] = np.arange(60)[:, None] // 5 % 2  # stripes, gone in the small image
    from netc.runtime.data.given import bind

    bound = bind(large, trainer.ports).train
    with Batches(bound, 8, augmentation=trainer.plan.augmentation, targets={"label"}) as ready:  # type: ignore[arg-type]
        (batch,) = ready
    assert batch["image"].shape == (8, 2, 6, 5)
    whole = bound.batch(np.arange(8))["image"]  # type: ignore[union-attr]
    assert batch["image"].std() > 2 * whole.std()


def test_masks_have_the_size_of_their_images() -> None:
    text = NET.replace("logits = flatten -> dense(3)", "logits = conv(3, 3x3, pad=same)")
    net = load("tiny.net", source=text.format(input="1x6x6", loss=LOSS, augmentation="random_resized_crop(6), flip"))
    rng = np.random.default_rng(0)
    mask = np.kron(rng.integers(0, 3, (30, 4, 4)), np.ones((3, 3), np.int64))
    data = {"image": mask[:, None].astype(np.float32) / 2, "label": mask}
    trainer = netc.Trainer(netc.Model(net))
    history = trainer.fit(data, epochs=12, quiet=True)
    assert history[-1]["loss"] < history[0]["loss"]
    assert np.isfinite(trainer.evaluate(data)["loss"])
