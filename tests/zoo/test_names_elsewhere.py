"""Where timm and Keras have a net of the zoo: from their weights, by the maps that are shipped, their answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler.zoo.catalogue import Entry, catalogue
from netc.compiler.zoo.listing import load_entry

ENTRIES = {entry.name: entry for entry in catalogue()}
TIMM = [
    ("resnet18", "resnet18", "timm"),
    ("vgg16_bn", "vgg16_bn", "timm-16-bn"),
    ("mobilenet_v2", "mobilenetv2_100", "timm"),
    ("mobilenet_v3_large", "mobilenetv3_large_100", "timm"),
    ("mobilenet_v3_small", "mobilenetv3_small_100", "timm-small"),
    ("efficientnet_b0", "efficientnet_b0", "timm"),
    ("efficientnet_lite0", "tf_efficientnet_lite0", "timm"),
    ("vit_b_16", "vit_base_patch16_224", "timm"),
    ("convnext_tiny", "convnext_tiny", "timm"),
    ("densenet121", "densenet121", "timm"),
]
KERAS = [("resnet50-keras", "ResNet50"), ("densenet121", "DenseNet121"), ("vgg16", "VGG16")]
IMAGES = np.random.default_rng(0).standard_normal((2, 3, 224, 224)).astype(np.float32)


def answers(entry: Entry, file: Path, map: str) -> np.ndarray:
    model = netc.Model(load_entry(entry), device="cpu")
    report = model.load(file, map=map)
    assert not report.names("missing")
    assert not report.names("unused")
    found: np.ndarray = model.run(IMAGES)[next(iter(model.net.outputs))]
    return found


def check(found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    scale = np.abs(expected).max()
    assert expected.std(axis=0).max() > 1e-3 * scale, "both images have the same answer"
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


@pytest.mark.slow
@pytest.mark.parametrize(("ours", "theirs", "map"), TIMM, ids=[row[1] for row in TIMM])
def test_timm(ours: str, theirs: str, map: str, tmp_path: Path) -> None:
    torch, timm = pytest.importorskip("torch"), pytest.importorskip("timm")
    torch.manual_seed(0)
    module = timm.create_model(theirs).eval()
    spread(torch, module.state_dict())
    for layer in module.modules():
        if "v3" in ours and isinstance(layer, torch.nn.BatchNorm2d):
            layer.eps = 1e-3  # as in torchvision's, which is the one here; timm's is 1e-5
    torch.save(module.state_dict(), tmp_path / "theirs.pth")
    with torch.no_grad():
        expected = module(torch.tensor(IMAGES)).numpy()
    check(answers(ENTRIES[ours], tmp_path / "theirs.pth", map), expected, 2e-5)


def spread(torch: Any, state: dict[str, Any]) -> None:
    """Statistics and scales that are not those of the start, where several look alike, and gates close every path."""
    for name, tensor in state.items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith(("running_mean", "bias")) and tensor.ndim == 1:
            tensor.normal_(0, 0.1)
        if name.endswith("se.conv_expand.bias"):
            tensor.fill_(3)
        elif name.endswith(("gamma", "norm.weight")):
            tensor.uniform_(0.5, 1.5)


@pytest.mark.slow
@pytest.mark.parametrize(("ours", "theirs"), KERAS, ids=[row[1] for row in KERAS])
def test_keras(ours: str, theirs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", "torch")
    pytest.importorskip("h5py")
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    model = getattr(keras.applications, theirs)(weights=None, classifier_activation=None)
    random = np.random.default_rng(1)
    for weight in model.weights:
        if weight.path.endswith("moving_variance"):
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
        elif weight.path.endswith(("moving_mean", "beta", "bias")):
            weight.assign(random.normal(0, 0.1, weight.shape))
    model.save_weights(tmp_path / "theirs.weights.h5")
    expected = keras.ops.convert_to_numpy(model(IMAGES.transpose(0, 2, 3, 1)))
    # DenseNet's batch norm there adds 1.001e-5 to the variance, and 1e-5 here.
    check(answers(ENTRIES[ours], tmp_path / "theirs.weights.h5", "keras"), expected, 1e-4)
