"""Networks whose sources in other frameworks are compared with ours: small texts, the zoo, their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import netc
from netc.runtime.model import Model

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


def prepared(net: netc.Net) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Weights that leave nothing at its default, what a net is fed, and what it gives."""
    random = np.random.default_rng(0)
    model = Model(net, "cpu", 0, target="std")
    weights = {name: _moved(array, random) for name, array in model.state_dict().items()}
    model.load_state_dict(weights)
    feeds = {}
    for value in net.inputs:
        shape = [size if isinstance(size, int) else OPENED.get(str(size), 5) for size in value.shape]
        whole = not value.dtype.is_float
        feeds[value.name] = random.integers(0, 3, shape) if whole else random.standard_normal(shape).astype("float32")
    return weights, feeds, list(model.run(feeds).values())


def largest_difference(ours: list[Any], theirs: list[Any]) -> float:
    """Of outputs, as a share of the largest number of each."""
    pairs = list(zip(ours, theirs, strict=True))
    assert all(np.isfinite(a).all() and np.isfinite(b).all() for a, b in pairs), "numbers that say nothing"
    assert any(np.ptp(a) > 0 for a, _ in pairs), "constant outputs say nothing"
    return max(float(np.abs(a - b).max() / max(1.0, float(np.abs(a).max()))) for a, b in pairs)


def _moved(array: np.ndarray[Any, Any], random: np.random.Generator) -> np.ndarray[Any, Any]:
    turned = array * random.uniform(0.9, 1.1, array.shape) + random.normal(0, 0.01, array.shape)
    moved: np.ndarray[Any, Any] = turned.astype(array.dtype)
    return moved if array.dtype == np.float32 else array
