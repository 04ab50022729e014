"""Networks as PyTorch source: the same outputs with the same weights, and text that a person would have written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler import CannotWriteError, pytorch_source
from netc.compiler.sources.pytorch.functions.elementwise import TEXTS
from netc.compiler.sources.pytorch.helpers import HELPERS
from netc.runtime.model import Model

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors.torch")
EXAMPLES = Path(__file__).parents[2] / "examples"

BLOCKS = """
block unit(filters, stride = 1) {
  conv(filters, 3x3, stride=stride, pad=1, bias=false) -> batchnorm -> relu
}

block residual(filters) { add { identity; unit(filters) } }

net Blocks {
  input image: 3x8x8
  unit(4)
  for i in 0..3 { layer = residual(4) }
  unit(8, 2)
  global_avgpool
  logits = dense(5)
}
"""
SEQUENCE = """
net Sequence {
  input words: int T
  embedding(11, 6)
  gru(5)
  layernorm
  logits = dense(3)
}
"""
BRANCHES = """
net Branches {
  input x: 12
  gate = parameter([6])
  a = x -> dense(6, act=tanh)
  concat { a; dense(3) -> softmax }
  left, right = split([6, 3])
  y = left * gate
  z = right -> dense(2, act=prelu)
  output y, z
}
"""
TIED = """
block answer(words) { layernorm -> dense(11, weight=words, bias=false) }

net Tied {
  input tokens: int T
  words = embedding(11, 6)
  for i in 0..2 { layer = { answer(words.weight) -> dense(6) } }
  logits = dense(5)
}
"""
OPENED = {"N": 2, "T": 7}
SMALL = [
    ("alexnet", {}), ("autoencoder", {}), ("densenet_cifar", {}), ("dqn", {}), ("googlenet", {}), ("inception_v3", {}),
    ("lenet", {}), ("mnasnet", {}), ("mobilenet_v2", {}), ("mobilenet_v3", {}), ("resnet", {"depth": 18}),
    ("resnet_cifar", {}), ("resnet_preact", {"depth": 20}), ("shufflenet_v2", {}), ("squeezenet", {}), ("unet", {}),
    ("wavenet", {}), ("xception", {}), ("seq2seq", {}), ("captioner", {}), ("siamese", {}),
    ("pose", {}), ("efficientnet", {}), ("yolo", {}), ("ssd", {}), ("swin", {}), ("transformer", {}),
    ("gpt2", {"depth": 2, "vocab": 300}),
]  # fmt: skip


def largest_difference(net: netc.Net) -> float:
    """Of the outputs, as a share of the largest number of each, with weights that leave nothing at its default."""
    random = np.random.default_rng(0)
    model = Model(net, "cpu", 0, target="std")
    weights = {name: _moved(array, random) for name, array in model.state_dict().items()}
    model.load_state_dict(weights)
    feeds = {}
    for value in net.inputs:
        shape = [size if isinstance(size, int) else OPENED.get(str(size), 5) for size in value.shape]
        whole = not value.dtype.is_float
        feeds[value.name] = random.integers(0, 3, shape) if whole else random.standard_normal(shape).astype("float32")
    names: dict[str, Any] = {}
    text = pytorch_source(net)
    exec(compile(text, f"{net.name}.py", "exec"), names)
    network = names[net.name]()
    rename = names.get("_renamed", lambda name: name)
    given = {rename(name): torch.tensor(array) for name, array in weights.items()}
    missing, _ = network.load_state_dict(given, strict="strict=False" not in text)
    assert not missing
    with torch.no_grad():
        found = network.eval()(*map(torch.tensor, feeds.values()))
    found = found if isinstance(found, tuple) else (found,)
    ours = model.run(feeds).values()
    pairs = [(a, b.numpy()) for a, b in zip(ours, found, strict=True)]
    assert all(np.isfinite(a).all() and np.isfinite(b).all() for a, b in pairs), "numbers that say nothing"
    assert any(np.ptp(a) > 0 for a, _ in pairs), "constant outputs say nothing"
    return max(float(np.abs(a - b).max() / max(1.0, float(np.abs(a).max()))) for a, b in pairs)


def _moved(array: np.ndarray[Any, Any], random: np.random.Generator) -> np.ndarray[Any, Any]:
    turned = array * random.uniform(0.9, 1.1, array.shape) + random.normal(0, 0.01, array.shape)
    moved: np.ndarray[Any, Any] = turned.astype(array.dtype)
    return moved if array.dtype == np.float32 else array


@pytest.mark.parametrize("text", [BLOCKS, SEQUENCE, BRANCHES, TIED])
def test_outputs_are_equal(text: str) -> None:
    assert largest_difference(netc.loads(text)) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((EXAMPLES / "lecture").glob("*.net")), ids=lambda path: path.stem)
def test_outputs_of_the_lecture_are_equal(path: Path) -> None:
    assert largest_difference(netc.load(path)) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings"), SMALL, ids=[name for name, _ in SMALL])
def test_outputs_of_the_zoo_are_equal(name: str, settings: dict[str, Any]) -> None:
    assert largest_difference(netc.load(EXAMPLES / f"zoo/{name}.net", **settings)) < 1e-5


def test_parts_that_are_alike_are_one_class() -> None:
    text = pytorch_source(netc.loads(BLOCKS))
    assert text.count("class ") == 3, text  # unit, what is repeated, the net
    assert "//" not in text, "a stride is no share of the filters"
    assert "for _ in range(3)" in text, text


def test_a_network_without_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TEXTS, "Relu")
    with pytest.raises(CannotWriteError, match="the operator Relu of"):
        pytorch_source(netc.loads("net A {\n  input x: 4\n  y = dense(3, act=relu)\n}"))


def test_what_dropout_leaves_out_together() -> None:
    """Attention drops single weights, stochastic depth whole examples."""
    attention = "{\n  input x: float [T, 6]\n  y = attention(2, dropout=0.5)\n}"
    assert "F.dropout(y, 0.5, self.training)" in pytorch_source(netc.loads(f"net A {attention}"))
    names: dict[str, Any] = {"F": torch.nn.functional}
    exec(HELPERS["drop"], names)
    dropped = names["drop"](torch.ones(64, 3, 5), 0.5, 1, True)
    assert {len(set(row.flatten().tolist())) for row in dropped} == {1}
    assert set(dropped.flatten().tolist()) == {0.0, 2.0}
