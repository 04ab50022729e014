"""Where timm has a net of the zoo that torchvision lacks: the same answers from the same weights, by the map `timm`.

timm is no requirement of the tests: without it these are left out.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from theirs import answers, draw, same_answers
from vision import models  # noqa: F401  timm imports torchvision

import netc
from netc.compiler.zoo.catalogue import named
from netc.compiler.zoo.listing import load_entry

timm = pytest.importorskip("timm")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "theirs"), [("mixer_b16", "mixer_b16_224"),
                                              ("efficientnet_lite0", "tf_efficientnet_lite0")])  # fmt: skip
def test_equal_weights_give_equal_answers(name: str, theirs: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    entry, module = named(name), timm.create_model(theirs).eval()
    assert entry is not None
    image = torch.randn(2, 3, 224, 224)
    draw(module, [image])
    save_file(module.state_dict(), tmp_path / "theirs.safetensors")
    model = netc.Model(load_entry(entry), device="cpu")
    model.load(tmp_path / "theirs.safetensors", map="timm")
    with torch.no_grad():
        (rounded,), (exact,) = answers(module, image), answers(module.double(), image.double())
    same_answers(model(image.numpy()), rounded.numpy(), exact.numpy())
