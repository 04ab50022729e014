"""Numbers for which a loss has no meaning, as 255 for a yes: refused, because the loss falls without end there."""

from __future__ import annotations

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError

ROWS = 12
BAD = [
    ("binary_cross_entropy(y, t)", 255, "a number from 0 to 1"),
    ("binary_cross_entropy(y, t)", -1, "a number from 0 to 1"),
    ("focal(y, t, binary=true)", 2, "a number from 0 to 1"),
    ("hinge(y, t)", 3, "a number from -1 to 1"),
    ("hinge(y, t)", 1.5, "a number from -1 to 1"),
    ("hinge(y, t)", -1.5, "a number from -1 to 1"),
    ("poisson_nll(y, t)", -1, "a number of at least 0"),
    ("poisson_nll(y, t)", -0.5, "a number of at least 0"),
    ("cross_entropy(y, t, soft=true)", 1.5, "a number from 0 to 1"),
    ("kl(y, t)", -0.5, "a number from 0 to 1"),
]


def trainer_for(loss: str) -> netc.Trainer:
    text = f"net A {{ input x: 3\n y = dense(4)\n z = x -> dense(4) }}\ntrain A {{ loss = {loss}\n batch = 4 }}"
    return netc.Trainer(netc.Model(netc.loads(text), device="cpu"))


def rows(number: float, dtype: str = "float32") -> dict[str, np.ndarray]:
    target = np.zeros((ROWS, 4), dtype)
    target[5, 2] = number
    return {"x": np.ones((ROWS, 3), np.float32), "t": target}


@pytest.mark.parametrize(("loss", "number", "wanted"), BAD)
def test_a_number_outside_is_refused_with_its_row(loss: str, number: float, wanted: str) -> None:
    trainer = trainer_for(loss)
    for feed in (lambda: trainer.fit(rows(number), epochs=1, quiet=True), lambda: trainer.step(rows(number))):
        with pytest.raises(DiagnosticError) as caught:
            feed()
        (found,) = caught.value.diagnostics
        assert found.code in ("E505", "E558")
        assert wanted in found.message
        assert f"{number:g}" in found.message
        assert "5" in found.message


def test_bytes_of_masks_are_no_shares() -> None:
    with pytest.raises(DiagnosticError) as caught:
        trainer_for("binary_cross_entropy(y, t)").fit(rows(255, "uint8"), epochs=1, quiet=True)
    assert "255" in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "number"),
    [
        ("binary_cross_entropy(y, t)", 1 + 1e-7),
        ("hinge(y, t)", -1),
        ("hinge(y, t)", 1),
        ("poisson_nll(y, t)", 1e6),
        ("mse(y, t)", -300),
        ("binary_cross_entropy(y, t, mask=m)", -1),
    ],
)
def test_others_are_taken(loss: str, number: float) -> None:
    data = rows(number)
    if "mask" in loss:
        data["m"] = (data["t"] == 0).all(axis=1).astype(np.float32)
    assert np.isfinite(trainer_for(loss).fit(data, epochs=1, quiet=True)[0]["loss"])


@pytest.mark.parametrize("way", ["fit", "step", "batches"])
@pytest.mark.parametrize("loss", ["mse(y, t, mask=w)", "mse(y, t, mask=w) + mse(y, t)"])
def test_a_weight_below_0_is_refused_with_its_row(loss: str, way: str) -> None:
    trainer, data = trainer_for(loss), {**rows(0), "w": np.ones(ROWS, np.float32)}
    data["w"][5] = -0.5
    ways = {"fit": lambda: trainer.fit(data, epochs=1, quiet=True), "step": lambda: trainer.step(data),
            "batches": lambda: trainer.fit([data], epochs=1, quiet=True)}  # fmt: skip
    with pytest.raises(DiagnosticError) as caught:
        ways[way]()
    (found,) = caught.value.diagnostics
    assert found.code in ("E505", "E558")
    assert all(word in found.message for word in ("-0.5", "5", "`w`", "a number of at least 0"))
    assert "give 0 to what doesn't count" in (found.help or "")


@pytest.mark.parametrize(("number", "is_taken"), [(-1.5, False), (-1, True), (0, True), (1, True), (1.5, False)])
def test_what_says_whether_two_are_the_same(number: float, is_taken: bool) -> None:
    """Of a pair: 1, or else 0 or -1, one an example."""
    data = {"x": np.ones((ROWS, 3), np.float32), "t": np.ones(ROWS, np.float32)}
    data["t"][5] = number
    trainer = trainer_for("cosine_embedding(y, z, t)")
    if is_taken:
        assert np.isfinite(trainer.step(data)["loss"])
        return
    with pytest.raises(DiagnosticError, match="a number from -1 to 1 is wanted"):
        trainer.step(data)


def test_of_two_terms_the_narrower_bounds_hold() -> None:
    trainer = trainer_for("mse(y, t) + binary_cross_entropy(y, t)")
    with pytest.raises(DiagnosticError, match="from 0 to 1"):
        trainer.fit(rows(2), epochs=1, quiet=True)


def test_a_weight_below_0_in_the_text() -> None:
    with pytest.raises(DiagnosticError) as caught:
        trainer_for("mse(y, t, mask=-2)")
    (found,) = caught.value.diagnostics
    assert (found.code, "at least 0" in found.message) == ("E413", True)


def test_a_number_in_the_text_is_looked_at_too() -> None:
    with pytest.raises(DiagnosticError) as caught:
        trainer_for("binary_cross_entropy(y, 2)")
    (found,) = caught.value.diagnostics
    assert found.code == "E413"
    assert found.message == "binary_cross_entropy is given the target 2, where a number from 0 to 1 is wanted"
