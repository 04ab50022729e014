"""Nets of each kind that mixed precision treats differently, with data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import Net, load

Arrays = dict[str, np.ndarray[Any, Any]]

DENSE = """
net Dense {
  input image: 1x6x6
  flatten -> dense(16, act=relu)
  logits = dense(3)
}
train Dense { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.1, momentum=0.9); batch = 12 }
"""
CONVOLUTIONS = """
net Convolutions {
  input image: 1x6x6
  conv(4, 3x3, pad=same, act=relu) -> maxpool(2) -> conv(6, 2x2, stride=2, pad=1, act=tanh)
  flatten
  logits = dense(3)
}
train Convolutions { loss = cross_entropy(logits, label); optimizer = adam(lr=0.01); batch = 12; clip_norm = 1.0 }
"""
NORMALIZED = """
net Normalized {
  input image: 1x6x6
  trunk = conv(4, 3x3, pad=same, bias=false) -> batchnorm -> relu
  trunk -> conv(4, 3x3, pad=same, bias=false) -> batchnorm
  add(trunk) -> relu -> avgpool(3x3, stride=2) -> global_avgpool
  logits = dense(3)
}
train Normalized {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1, momentum=0.9)
  metrics = [accuracy]
  batch = 12
}
"""
NETS = {"dense": DENSE, "convolutions": CONVOLUTIONS, "normalized": NORMALIZED}


def net_of(text: str, folder: Path) -> Net:
    """The net of a text."""
    file = folder / "net.net"
    file.write_text(text)
    return load(str(file))


def batch(rows: int = 12) -> Arrays:
    """Images whose brightest row tells the class."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, rows)
    image = rng.normal(0, 0.3, (rows, 1, 6, 6)).astype(np.float32)
    image[np.arange(rows), 0, 2 * label] += 1
    return {"image": image, "label": label}
