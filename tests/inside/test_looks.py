"""What looks find, against hooks of PyTorch, eigenvectors and counts by hand."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as nn

import netc
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime import inside

NET = """
net Tiny {
  input image: 1x6x6
  seen = conv(3, 3x3, pad=same, act=relu)
  global_avgpool
  scores = dense(4)
}
"""
LINEAR = "net Linear { input image: 1x4x4; flatten; scores = dense(2, bias=false) }"
TWO_SIZES = "net D { input image: 3x16x16; a = conv(6, 3x3, act=relu); maxpool(2x2); b = conv(8, 3x3) }"
ANSWERS = "net Answers { input image: 1x1x3; scores = flatten }"


@pytest.fixture(scope="module")
def model() -> netc.Model:
    return netc.Model(netc.loads(NET), device="cpu", seed=2)


def pictures(count: int = 3) -> np.ndarray[Any, Any]:
    return np.random.default_rng(5).random((count, 1, 6, 6), np.float32)


def code_of(error: pytest.ExceptionInfo[DiagnosticError]) -> str:
    return error.value.diagnostics[0].code


def torch_scores(model: netc.Model, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    w = {p.name: torch.tensor(model.weights.get(p.name), dtype=torch.float64) for p in model.net.parameters}
    maps = torch.relu(nn.conv2d(x, w["seen.weight"], w["seen.bias"], padding=1))
    maps.retain_grad()
    return maps, nn.linear(maps.mean((2, 3)), w["scores.weight"], w["scores.bias"])


def test_gradcam_and_saliency_are_those_of_hooks(model: netc.Model) -> None:
    x = pictures()
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    maps, scores = torch_scores(model, leaf)
    best = scores.argmax(1)
    scores[torch.arange(3), best].sum().backward()
    assert maps.grad is not None
    assert leaf.grad is not None
    heat = torch.relu((maps.grad.mean((2, 3), keepdim=True) * maps).sum(1)).detach()
    seen = inside.gradcam(model, {"image": x}, layer="seen")
    np.testing.assert_allclose(seen.arrays["heat"], heat, rtol=1e-4, atol=1e-7)
    assert seen.arrays["classes"].tolist() == best.tolist()
    slope = inside.saliency(model, {"image": x})
    np.testing.assert_allclose(slope.arrays["saliency"], leaf.grad.abs().amax(1), rtol=1e-4, atol=1e-7)


def test_smooth_gradients_of_a_linear_net_are_its_gradient() -> None:
    flat = netc.Model(netc.loads(LINEAR), device="cpu")
    x = np.random.default_rng(0).random((1, 1, 4, 4), np.float32)
    found = inside.saliency(flat, {"image": x}, 1, samples=5).arrays["saliency"]
    np.testing.assert_allclose(found[0], np.abs(flat.weights.get("scores.weight")[1]).reshape(4, 4), rtol=1e-5)


def test_occlusion_by_hand() -> None:
    flat = netc.Model(netc.loads(LINEAR), device="cpu")
    x = np.random.default_rng(0).random((1, 1, 4, 4), np.float32)
    weight = flat.weights.get("scores.weight")[0].reshape(4, 4)
    found = inside.occlusion(flat, {"image": x}, 0, patch=2, stride=2).arrays["falls"]
    gone = weight * (x[0, 0] - x.mean())
    expected = [[gone[top : top + 2, left : left + 2].sum() for left in (0, 2)] for top in (0, 2)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_principal_components_are_eigenvectors(model: netc.Model) -> None:
    found = inside.embedding(model, {"image": pictures(40)}, np.arange(40) % 4)
    values = found.arrays["values"].astype(np.float64)
    sizes, axes = np.linalg.eigh(np.cov(values.T))
    points = found.arrays["points"]
    for at in range(2):
        by_eigh = (values - values.mean(0)) @ axes[:, -1 - at]
        np.testing.assert_allclose(np.abs(points[:, at]), np.abs(by_eigh), atol=1e-6)
        assert points[:, at].var(ddof=1) == pytest.approx(sizes[-1 - at])


def test_filters_and_activations_are_weights_and_values(model: netc.Model) -> None:
    assert np.array_equal(inside.filters(model).arrays["seen"], model.weights.get("seen.weight"))
    x = pictures()
    maps, _ = torch_scores(model, torch.tensor(x, dtype=torch.float64, requires_grad=True))
    found = inside.activations(model, {"image": x}, row=1).arrays["seen"]
    np.testing.assert_allclose(found, maps[1].detach(), rtol=1e-4, atol=1e-6)


def test_labels_may_be_a_list() -> None:
    """Before: a TypeError, and an embedding without a point in it."""
    judge = netc.Model(netc.loads(ANSWERS), device="cpu")
    scores = np.array([[3, 1, 0], [0, 2, 1], [0, 1, 5], [9, 0, 0]], np.float32).reshape(4, 1, 1, 3)
    labels: Any = [0, 2, 2, 1]
    found = inside.confusion(judge, {"image": scores}, labels)
    assert found.arrays["matrix"].tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 1]]
    assert inside.errors(judge, {"image": scores}, labels).arrays["rows"].tolist() == [3, 1]


def test_an_embedding_of_labels_in_a_list(model: netc.Model) -> None:
    """Before: no point was drawn."""
    labels: Any = [at % 4 for at in range(8)]
    found = inside.embedding(model, {"image": pictures(8)}, labels)
    assert isinstance(found.arrays["labels"], np.ndarray)
    assert found.arrays["labels"].tolist() == labels


def test_confusion_and_errors_by_hand() -> None:
    judge = netc.Model(netc.loads(ANSWERS), device="cpu")
    scores = np.array([[2, 0, 0], [0, 3, 0], [0, 1, 0], [5, 0, 0], [0, 0, 1]], np.float32).reshape(5, 1, 1, 3)
    labels = np.array([0, 1, 0, 2, 2])
    found = inside.confusion(judge, {"image": scores}, labels)
    assert found.arrays["matrix"].tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert "60.0% of 5 right" in found.title
    worst = inside.errors(judge, {"image": scores}, labels)
    assert worst.arrays["rows"].tolist() == [3, 2]
    assert worst.arrays["losses"] == pytest.approx([np.log(np.exp(5) + 2), np.log(np.exp(1) + 2)])
    assert worst.arrays["answers"].tolist() == [0, 1]
    right = inside.errors(judge, {"image": scores[:2]}, labels[:2])
    assert right.arrays["rows"].size == 0
    assert right.image().width > 100


@pytest.mark.parametrize("ignored", [-1, 255, 2])
def test_labels_that_the_loss_ignores_do_not_count(ignored: int) -> None:
    text = f"{ANSWERS}\ntrain Answers {{ loss = cross_entropy(scores, label, ignore_index={ignored}) }}"
    judge = netc.Model(netc.loads(text), device="cpu")
    scores = np.array([[2, 0, 0], [0, 3, 0], [0, 1, 0], [5, 0, 0]], np.float32).reshape(4, 1, 1, 3)
    labels = np.array([0, ignored, 0, ignored])
    found = inside.confusion(judge, {"image": scores}, labels)
    assert found.arrays["matrix"].tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert "50.0% of 2 right" in found.title
    worst = inside.errors(judge, {"image": scores}, labels)
    assert worst.arrays["rows"].tolist() == [2]
    assert worst.below == ["1 of 2 wrong"]


def test_dead_units_by_hand() -> None:
    made = netc.Model(netc.loads(NET), device="cpu")
    kernel = np.zeros((3, 1, 3, 3), np.float32)
    kernel[0], kernel[1] = 1, -1  # pictures are positive: the second sees nothing, the third has a bias alone
    made.load_state_dict({**made.state_dict(), "seen.weight": kernel, "seen.bias": np.array([0, 0, 0.1], np.float32)})
    found = inside.weights(made, inputs={"image": pictures()})
    assert found.arrays["dead.seen"] == 1
    assert "1 dead unit" in found.title


def test_features_climb_and_inversion_comes_near(model: netc.Model) -> None:
    found = inside.features(model, "seen", [0, 2], steps=20, size=12)
    history = found.arrays["history"]
    assert found.arrays["seen"].shape == (2, 1, 12, 12)
    assert history[-1] > history[0]
    back = inside.invert(model, pictures()[0], "seen", steps=120)
    assert back.arrays["history"][-1] < 0.3 * back.arrays["history"][0]


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_style_is_brought_near(optimizer: str) -> None:
    maker = netc.Model(netc.loads(TWO_SIZES), device="cpu")
    random = np.random.default_rng(0)
    photo, painting = random.random((3, 12, 16), np.float32), random.random((3, 10, 14), np.float32) ** 3
    found = inside.style(maker, photo, painting, steps=40, optimizer=optimizer).arrays
    assert found["picture"].shape == photo.shape
    assert found["before"][0] == pytest.approx(0, abs=1e-6)
    assert found["after"][1] < 0.6 * found["before"][1]
    assert found["history"][-1] < found["history"][0]


def test_a_dream_sees_more(model: netc.Model) -> None:
    deep = netc.Model(netc.loads("net D { input image: 3x32x32; a = conv(6, 3x3, pad=same, act=relu) }"), device="cpu")
    photo = np.random.default_rng(0).random((3, 40, 48), np.float32)
    found = inside.dream(deep, photo, steps=4, octaves=2).arrays
    assert found["picture"].shape == photo.shape

    def energy(x: np.ndarray[Any, Any]) -> float:
        return float((deep.forward({"image": x[None, :, :32, :32]}, ["a"])["a"] ** 2).mean())

    assert energy(found["picture"]) > 1.1 * energy(photo)


@pytest.mark.parametrize(
    ("text", "look", "code"),
    [
        ("net A { input x: 5; dense(3) }", lambda model: inside.filters(model), "E593"),
        ("net A { input x: 5; dense(3) }", lambda model: inside.features(model), "E593"),
        (NET, lambda model: inside.filters(model, ["sene"]), "E280"),
        (NET, lambda model: inside.activations(model, {"image": pictures()}, ["scores"]), "E593"),
        (NET, lambda model: inside.activations(model, {"image": pictures()}, ["sene"]), "E280"),
        (NET, lambda model: inside.features(model, "seen", [3]), "E593"),
        (NET, lambda model: inside.weights(model, ["nothing*"]), "E415"),
        (NET, lambda model: inside.filters(model).save("filters.gif"), "E501"),
    ],
)  # fmt: skip
def test_what_there_is_nothing_of(text: str, look: Any, code: str) -> None:
    with pytest.raises(DiagnosticError) as error:
        look(netc.Model(netc.loads(text), device="cpu"))
    assert code_of(error) == code


def test_packages_that_are_not_installed(model: netc.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("netc.runtime.inside.embedding"), "find_spec", lambda name: None)
    monkeypatch.setattr(import_module("netc.runtime.inside.view"), "can_plot", lambda: False)
    for way in ("tsne", "umap"):
        with pytest.raises(DiagnosticError) as error:
            inside.embedding(model, {"image": pictures(4)}, way=way)
        assert code_of(error) == "E594"
    with pytest.raises(DiagnosticError) as error:
        inside.weights(model).figure()
    assert code_of(error) == "E594"


def test_curves_are_the_records() -> None:
    plain = [{"epoch": 1, "step": 3, "loss": 2.0}, {"epoch": 2, "step": 6, "loss": 1.0, "validation_loss": 1.5}]
    view = inside.curves({"plain": plain, "other": plain[:1]})
    assert view.arrays["plain.loss"].tolist() == [2.0, 1.0]
    np.testing.assert_array_equal(view.arrays["plain.validation_loss"], [np.nan, 1.5])
    assert view.arrays["other.epoch"].tolist() == [1]
    assert [axes.get_title() for axes in view.figure().axes] == ["loss"]
    with pytest.raises(DiagnosticError) as error:
        inside.curves({"none": []})
    assert code_of(error) == "E593"
