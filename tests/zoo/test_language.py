"""GPT-2, BERT and the Transformer against PyTorch's own layers in float64: the same answers from the same weights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler.zoo.catalogue import FOLDER

torch = pytest.importorskip("torch")
nn = torch.nn
VOCABULARY, WIDTH, HEADS, DEPTH, HIDDEN = 50, 32, 4, 2, 128
ROWS, LENGTH = 3, 7
LAYERS = [(r"\bdense(\d)", r"linear\1"), (r"\blayernorm(\d)", r"norm\1"), (r"\battention1\.", "self_attn.")]


def made(family: str, **settings: Any) -> netc.Model:
    """A small net of the family; its weights are drawn, and what starts as one number differs in its elements too."""
    net = netc.load(FOLDER / f"{family}.net", depth=DEPTH, width=WIDTH, heads=HEADS, vocab=VOCABULARY, **settings)
    model, random = netc.Model(net, device="cpu"), np.random.default_rng(0)
    drawn = model.state_dict()
    model.load_state_dict({name: x + 0.1 * random.standard_normal(x.shape, np.float32) for name, x in drawn.items()})
    return model


def filled(module: Any, model: netc.Model, names: Sequence[tuple[str, Any]]) -> Any:
    """PyTorch's module with our weights of the net that is used, once `names` has made theirs of our names."""
    state = {}
    used = {item.name for layer in model.net.layers if not layer.training_only for item in layer.parameters}
    for name, item in model.state_dict().items():
        if name not in used:
            continue
        for pattern, replacement in names:
            name = re.sub(pattern, replacement, name)
        state[name] = torch.tensor(item)
    module.load_state_dict(state)
    return module.double().eval()


def numbers(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, count, (ROWS, LENGTH))


def same(found: np.ndarray, expected: Any) -> None:
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=0, atol=1e-5)


def settings(activation: Any, **more: Any) -> dict[str, Any]:
    return {"d_model": WIDTH, "nhead": HEADS, "dim_feedforward": HIDDEN, "activation": activation, "batch_first": True,
            "dropout": 0.0, **more}  # fmt: skip


def encoder(activation: Any, **more: Any) -> Any:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(**settings(activation, **more)), DEPTH, None, False)


class Numbered(nn.Module):  # type: ignore[misc, name-defined]
    """What language models begin with: tables of words and of places."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.places = nn.Embedding(16, WIDTH)

    def placed(self, tokens: Any) -> Any:
        return self.words(tokens) + self.places.weight[: tokens.shape[1]]


class GPT2(Numbered):
    def __init__(self) -> None:
        super().__init__()
        self.body = encoder(nn.GELU("tanh"), norm_first=True)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, tokens: Any) -> Any:
        ahead = torch.triu(torch.ones(LENGTH, LENGTH, dtype=torch.bool), 1)
        return self.norm(self.body(self.placed(tokens), mask=ahead)) @ self.words.weight.T


class BERT(Numbered):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.body = encoder("gelu", layer_norm_eps=1e-12)
        self.pooler = nn.Linear(WIDTH, WIDTH)

    def forward(self, tokens: Any, segments: Any, present: Any) -> tuple[Any, Any]:
        x = self.norm(self.placed(tokens) + self.parts(segments))
        layers = self.body(x, src_key_padding_mask=present == 0)
        return layers, self.pooler(layers[:, 0]).tanh()


class Transformer(nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Parameter(torch.empty(VOCABULARY, WIDTH))
        self.encoder = encoder("relu")
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**settings("relu")), DEPTH)

    def placed(self, tokens: Any) -> Any:
        """Section 3.5 of the paper: sines and cosines in turn."""
        angles = torch.arange(LENGTH).double()[:, None] / 10_000 ** (torch.arange(0, WIDTH, 2).double() / WIDTH)
        return self.words[tokens] * WIDTH**0.5 + torch.stack([angles.sin(), angles.cos()], -1).flatten(1)

    def forward(self, read: Any, written: Any) -> Any:
        ahead = torch.triu(torch.ones(LENGTH, LENGTH, dtype=torch.bool), 1)
        return self.decoder(self.placed(written), self.encoder(self.placed(read)), tgt_mask=ahead) @ self.words.T


def test_gpt2() -> None:
    model, tokens = made("gpt2", context=16), numbers(VOCABULARY, 1)
    names = [("^positional1", "places"), (r"^logits\.layernorm1", "norm"), (r"^layers\.layer", "body.layers"), *LAYERS]
    same(model(tokens), filled(GPT2(), model, names)(torch.tensor(tokens)))


def test_bert() -> None:
    model = made("bert", context=16)
    tokens, segments, present = numbers(VOCABULARY, 1), numbers(2, 2), np.ones((ROWS, LENGTH), np.int64)
    present[1, 4:] = 0
    names = [("^positional1", "places"), ("^layernorm1", "norm"), (r"^pooled\.dense1", "pooler"),
             (r"^layers\.layer", "body.layers"), *LAYERS]  # fmt: skip
    found = model.run({"tokens": tokens, "segments": segments, "present": present})
    layers, pooled = filled(BERT(), model, names)(*map(torch.tensor, (tokens, segments, present)))
    same(found["layers"], layers)
    same(found["pooled"], pooled)


def test_transformer() -> None:
    model, read, written = made("transformer", hidden=HIDDEN), numbers(VOCABULARY, 1), numbers(VOCABULARY, 2)
    names = [
        ("^words.weight", "words"),
        (r"^(?:memory\.)?(encoder|decoder)(\d)", lambda found: f"{found[1]}.layers.{int(found[2]) - 1}"),
        (r"residual(\d)\.layernorm1", r"norm\1"),
        (r"residual1\.attention1", "self_attn"),
        (r"residual2\.attention1", "multihead_attn"),
        (r"residual\d\.feed_forward1\.dense(\d)", r"linear\1"),
    ]
    expected = filled(Transformer(), model, names)(torch.tensor(read), torch.tensor(written))
    same(model.run({"read": read, "written": written})["logits"], expected)
