"""Learns to paint landscapes over in the manner of a painting; both are generated.

The maps of a trained net say what content and style are: of VGG-16 where weights/vgg16.safetensors is, or what
`--weights` names, which examples/weights/convolutions.py writes; of a small net that learns to tell textures apart
first where it is not. METRIC is measured on landscapes held out: before is the style loss of the landscapes as they
are, after that of what is made of them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from style.pictures import TEXTURES, landscape, painting, texture

import netc

FILE = Path(__file__).with_name("style.net")
METRIC = "style loss"
ROWS, HELD, SHOWN = 160, 24, 4
LEVELS = ("fine", "middle", "coarse")
WEIGHTS = Path("weights/vgg16.safetensors")
DEPTHS, EPOCHS = (2, 2, 3), 3
"""VGG-16's convolutions at each level; it sees so much that fewer epochs do, each of which takes longer."""


def train(out: Path, count: int | None, epochs: int | None, weights: Path = WEIGHTS) -> tuple[float, float]:
    """See, then paint; leaves the run folder and `style.png`, and returns METRIC before and after."""
    random = np.random.default_rng(0)
    count = count or ROWS
    settings = {"epochs": epochs} if epochs else {}
    real = weights.exists()
    model = netc.Model(netc.load(FILE, net="Style", real=real), device="cpu", seed=0)
    model.load_state_dict(
        _published(model, weights) if real else _learned(model, count, random, settings), strict=False
    )
    if real:
        settings = {"epochs": epochs or EPOCHS}
    learned, held = ({"image": _landscapes(rows, random)} for rows in (count, HELD))
    manner = painting()
    for part in (learned, held):
        part["painting"] = np.broadcast_to(manner, part["image"].shape)
    trainer = netc.Trainer(model, **settings)
    trainer.fit(learned, out=out / "run", validation=held, quiet=True)

    landscapes, painted = held["image"] / np.float32(255), model(held)
    before, after = (_style_loss(model, pictures, manner) for pictures in (landscapes, painted))
    kept, exchanged = (_content_loss(model, painted, others) for others in (landscapes, np.roll(landscapes, 1, axis=0)))
    print(f"content loss: {kept:.4f} with the landscape that was painted over, {exchanged:.4f} with another one")
    _draw(out, held, manner)
    return before, after


def _published(model: netc.Model, weights: Path) -> dict[str, np.ndarray]:
    """The weights of VGG-16 under the names of what sees; they stand in the same order."""
    layers = [f"stage.{stage}.layer.{layer}.conv1" for stage, depth in enumerate(DEPTHS) for layer in range(depth)]
    found = load_file(weights)
    given = [found[f"{layer}.{leaf}"] for layer in layers for leaf in ("weight", "bias")]
    print(f"content and style as VGG-16 sees them, by {weights}")
    return dict(zip(_sight(model), given, strict=True))


def _learned(model: netc.Model, count: int, random: np.random.Generator, settings: dict) -> dict[str, np.ndarray]:
    """Weights of a net that learns to tell textures apart."""
    seeing = netc.Trainer(netc.Model(netc.load(FILE, net="Textures"), device="cpu", seed=0), **settings)
    labels = np.arange(12 * count) % len(TEXTURES)
    textures = np.stack([texture(TEXTURES[label], random) for label in labels])
    accuracy = seeing.fit((textures, labels), validation=0.1, quiet=True)[-1]["validation_accuracy"]
    print(f"textures told apart: {accuracy:.0%} of those held out")
    return {name: seeing.model.state_dict()[name] for name in _sight(model)}


def _sight(model: netc.Model) -> list[str]:
    return [name for name in model.state_dict() if name.startswith("see.")]


def _landscapes(count: int, random: np.random.Generator) -> np.ndarray:
    return np.stack([landscape(random) for _ in range(count)])


def _seen(model: netc.Model, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """What the frozen net sees in pictures, `[N, C, H, W]` for each level."""
    seen = model({"image": pictures, "painting": pictures}, taps=[f"manner.{level}" for level in LEVELS])
    return {level: seen[f"manner.{level}"].astype(np.float64) for level in LEVELS}


def _style_loss(model: netc.Model, pictures: np.ndarray, manner: np.ndarray) -> float:
    """As `style` defines it, with the painting, over all levels."""

    def gram(maps: np.ndarray) -> np.ndarray:
        rows = maps.reshape(*maps.shape[:2], -1)
        return rows @ rows.transpose(0, 2, 1) / rows[0].size

    seen, wanted = _seen(model, pictures), _seen(model, manner[None] / np.float32(255))
    return float(sum(np.mean((gram(seen[level]) - gram(wanted[level])) ** 2) for level in LEVELS))


def _content_loss(model: netc.Model, pictures: np.ndarray, others: np.ndarray) -> float:
    return float(np.mean((_seen(model, pictures)["coarse"] - _seen(model, others)["coarse"]) ** 2))


def _draw(out: Path, held: dict[str, np.ndarray], manner: np.ndarray) -> None:
    """Landscapes beside what is made of them; the last one is the painting itself."""
    shown = np.concatenate([held["image"][: SHOWN - 1], manner[None]])
    np.savez(out / "shown.npz", image=shown, painting=np.broadcast_to(manner, shown.shape))
    command = ["predict", str(out / "run"), str(out / "shown.npz"), "--draw", str(out / "style.png")]
    subprocess.run([sys.executable, "-m", "netc", *command], check=True, stdout=subprocess.DEVNULL)
