"""Attention inside a recurrent network, from an image to words: the captioner of the language's design."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from here import CPU_TARGETS

import netc
from netc.compiler import Net

CAPTIONER = """
net Captioner(vocab = 20, width = 16) {
  input image: 3x16x16, words: [T, 20]
  cnn     = image -> conv(16, 3x3, stride=4, pad=1) -> batchnorm -> relu
  regions = cnn -> flatten(from=1) -> transpose -> dense(width)
  start   = cnn -> global_avgpool -> dense(width, act=tanh)
  words -> dense(width)
  scan(h = start, c = zeros([width])) {
    focus   = regions -> matmul(prev h) -> softmax
    context = focus -> matmul(regions)
    gates   = [in, context, prev h] -> concat -> dense(4 * width)
    i = gates -> slice(0, width)
    f = gates -> slice(width, 2 * width)
    o = gates -> slice(2 * width, 3 * width)
    g = gates -> slice(3 * width, 4 * width)
    c = (f -> sigmoid) * prev c + (i -> sigmoid) * (g -> tanh)
    h = (o -> sigmoid) * (c -> tanh)
  }
  next = dense(vocab)
}

train Captioner { loss = mse(next, wanted); optimizer = adam(lr=0.02); batch = 6 }
"""


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", CPU_TARGETS)
def test_it_trains_on_captions_of_any_length(target: str, net_of: Callable[[str], Net]) -> None:
    model = netc.Model(net_of(CAPTIONER), device="cpu", seed=1, threads=1, target=target)
    trainer = netc.Trainer(model)
    rng = np.random.default_rng(0)
    losses = []
    for step in range(24):
        rows, length = 6 if step % 5 else 3, 4 + step % 3
        words = np.eye(20, dtype=np.float32)[(np.arange(rows)[:, None] * 3 + np.arange(length)) % 20]
        image = rng.normal(size=(rows, 3, 16, 16)).astype(np.float32)
        losses.append(trainer.step({"image": image, "words": words, "wanted": np.roll(words, 1, axis=2)})["loss"])
    assert losses[-1] < 0.5 * losses[0]
    answer = model({"image": image, "words": words})
    assert answer.shape == (rows, length, 20)
