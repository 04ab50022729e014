"""Three ways to learn from few pictures: a new head on fixed features, fine-tuned upper layers, and all from scratch.

    python examples/weights/efficientnet_lite0.py
    python examples/weights/compare.py

The pictures are crops of scikit-learn's two photographs; the classes are the upper, middle and lower third of each, to
be told apart from pieces of 96×96. Those to learn from come from the left half of a photograph, those to measure on
from the right. Leaves weights/compare.png: accuracy on pictures never learned from, epoch by epoch.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from fetch import fetch
from PIL import Image

import netc

HERE = Path(__file__).parent
PHOTOGRAPHS = {
    "china.jpg": "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
    "flower.jpg": "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
}
SIZE, TRAIN, TEST = 96, 12, 40
CLASSES = [f"{Path(name).stem} {third}" for name in PHOTOGRAPHS for third in ("top", "middle", "bottom")]
Rows = dict[str, np.ndarray]


def crops(image: np.ndarray, left: bool, count: int, random: np.random.Generator) -> list[np.ndarray]:
    """So many pieces of each third of one half of a photograph, channels first."""
    height, width = image.shape[0] // 3, image.shape[1] // 2
    found = []
    for third in range(3):
        part = (
            image[third * height : (third + 1) * height, :width]
            if left
            else image[third * height : (third + 1) * height, width:]
        )
        for _ in range(count):
            y, x = (random.integers(0, part.shape[axis] - SIZE + 1) for axis in (0, 1))
            found.append(part[y : y + SIZE, x : x + SIZE].transpose(2, 0, 1))
    return found


def pictures(left: bool, count: int, seed: int) -> Rows:
    """The pieces of both photographs with the numbers of their classes."""
    random = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    for name, digest in PHOTOGRAPHS.items():
        file = fetch("scikit-learn==1.9.1", f"datasets/images/{name}", digest, Path("weights"))
        found += crops(np.asarray(Image.open(file).convert("RGB")), left, count, random)
    return {"image": np.stack(found).astype(np.float32) / 255, "label": np.repeat(np.arange(len(CLASSES)), count)}


def train(how: str, epochs: int, train: Rows, test: Rows) -> tuple[list[float], float, int]:
    """Accuracy on held-out pictures after each epoch, seconds of processor time, and how many parameters moved."""
    net = netc.load(HERE / "transfer.net", classes=len(CLASSES), size=SIZE)
    plan = replace(net.plan(), epochs=epochs)
    if how == "fine-tuned from stage 4 on":
        plan = replace(plan, freeze=("cnn.stem..cnn.stage.3",)).with_steps(rates=(("cnn", 0.1),))
    elif how == "from scratch":
        plan = replace(plan, freeze=(), init=())
    begun = time.process_time()
    trainer = netc.Trainer(netc.Model(net, device="cpu", seed=0), plan, cache_features=how == "new head, features kept")
    history = trainer.fit(train, validation=test, quiet=True)
    moved = sum(
        port["trainable"] * int(np.prod(port["shape"])) for port in trainer.manifest["inputs"] if "trainable" in port
    )
    return [record["validation_accuracy"] for record in history], time.process_time() - begun, moved


def main() -> None:
    """Train in the three ways, print a line of each, draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=20)
    epochs = parser.parse_args().epochs
    known, unseen = pictures(True, TRAIN, 0), pictures(False, TEST, 1)
    matplotlib.use("agg")
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    ways = {"new head, features kept": "#0072b2", "fine-tuned from stage 4 on": "#d55e00", "from scratch": "#555555"}
    for (how, color), style in zip(ways.items(), ("-", "--", ":"), strict=True):
        curve, seconds, moved = train(how, epochs, known, unseen)
        print(
            f"{how:<28} {moved:>9,} parameters move  {seconds:4.0f} s of processor time  "
            f"accuracy {curve[-1]:.3f}, best {max(curve):.3f}"
        )
        axes.plot(
            range(1, epochs + 1),
            curve,
            style,
            color=color,
            linewidth=2,
            label=f"{how} ({seconds:.0f} s of processor time)",
        )
    axes.axhline(1 / len(CLASSES), color="#bbbbbb", linewidth=1)
    axes.set(xlabel="epoch", ylabel="accuracy on unseen pictures", ylim=(0, 1), xlim=(1, epochs))
    axes.set_title(f"EfficientNet-Lite0, {len(known['label'])} pictures of {len(CLASSES)} classes to learn from")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="upper left", frameon=False)
    figure.savefig("weights/compare.png", dpi=150)
    print("wrote weights/compare.png")


if __name__ == "__main__":
    main()
