"""Embeddings in training: equal numbers add up, padding stays, a head of the same weights, the same bits every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netc

torch = pytest.importorskip("torch")

TEXT = """
net Words {
  input tokens: int [T]
  words = embedding(7, 4, padding=0)
  mean(axis=0)
  logits = dense(7, bias=false, weight=words.weight)
}
train Words { loss = cross_entropy(logits, label); optimizer = adam(lr=0.1) }
"""
BATCH = {"tokens": np.array([[1, 1, 1, 0], [6, 2, 0, 0], [3, 1, 6, 6]]), "label": np.array([1, 2, 5])}


def model_of(text: str, folder: Path) -> netc.Model:
    (folder / "a.net").write_text(text, "utf-8")
    return netc.Model(netc.load(folder / "a.net"), device="cpu", target="std")


def test_a_tied_table_has_the_gradients_of_both_uses(tmp_path: Path) -> None:
    model = model_of(TEXT, tmp_path)
    (weight,) = model.state_dict().values()
    table = torch.from_numpy(weight).double().requires_grad_()
    tokens, label = (torch.from_numpy(BATCH[name]) for name in ("tokens", "label"))
    logits = torch.nn.functional.embedding(tokens, table, padding_idx=0).mean(1) @ table.T
    loss = torch.nn.functional.cross_entropy(logits, label)
    loss.backward()
    found, gradients = model.gradients(BATCH)
    assert found == pytest.approx(float(loss.detach()), rel=1e-6)
    np.testing.assert_allclose(gradients["words.weight"], table.grad.numpy(), rtol=1e-5, atol=1e-7)


def test_the_row_of_padding_is_zero_and_stays(tmp_path: Path) -> None:
    own = TEXT.replace("bias=false, weight=words.weight", "bias=false")
    model = model_of(own, tmp_path)
    trainer = netc.Trainer(model)
    before = model.state_dict()["words.weight"]
    for _ in range(3):
        trainer.step(BATCH)
    after = model.state_dict()["words.weight"]
    np.testing.assert_array_equal(after[0], 0.0)
    np.testing.assert_array_equal(before[[0, 4, 5]], after[[0, 4, 5]])  # nor those that no example has
    assert (before[[1, 2, 3, 6]] != after[[1, 2, 3, 6]]).all()


def test_equal_numbers_add_up_to_the_same_bits(tmp_path: Path) -> None:
    """ONNX Runtime's ScatterND adds equal indices from several threads, each time in another order."""
    text = "net A { input tokens: int 400; words = embedding(2000, 64) -> sum(axis=0); y = dense(3) }\n" \
           "train A { loss = mse(y, 0) }"  # fmt: skip
    model = model_of(text, tmp_path)
    tokens = np.random.default_rng(0).integers(0, 40, (32, 400))
    first = model.gradients({"tokens": tokens})[1]["words.embedding1.weight"]
    assert all((model.gradients({"tokens": tokens})[1]["words.embedding1.weight"] == first).all() for _ in range(4))
    assert (first[40:] == 0).all()


def test_a_longer_sequence_than_the_table_of_positions_is_refused_in_a_run(tmp_path: Path) -> None:
    model = model_of("net A { input x: [T, 4]; y = positional(learned, length=5) }", tmp_path)
    assert model(np.zeros((1, 5, 4), np.float32)).shape == (1, 5, 4)
    with pytest.raises(netc.DiagnosticError, match=r"E556.*`x` has 6 on axis 1.*give at most 5"):
        model(np.zeros((1, 6, 4), np.float32))


def test_padding_is_zero_whatever_the_rest_starts_with(tmp_path: Path) -> None:
    model = model_of("net A { input tokens: int 3; words = embedding(4, 2, padding=1, init=constant(5)) }", tmp_path)
    np.testing.assert_array_equal(model.state_dict()["words.weight"], [[5, 5], [0, 0], [5, 5], [5, 5]])
