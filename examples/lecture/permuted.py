"""The lecture's experiment: shuffle the pixels of all digits by one fixed permutation and train again.

    python examples/lecture/permuted.py                               # the embedded digits, ten seconds
    python examples/lecture/permuted.py --data bench/data/mnist.npz   # MNIST: docs/data.md says how to make it

Prints held-out accuracy after each epoch, and writes the curves as permuted.csv and, where matplotlib is installed
(`pip install matplotlib`), as permuted.png.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

import netc
from netc.runtime.data import DataSet, bind_data

FILE = Path(__file__).with_name("permuted.net")
NETS = {"dense": "Dense", "convolutional": "Convolutional"}
ORDERS = ("as they are", "shuffled")
Batch = dict[str, np.ndarray]
Curves = dict[tuple[str, str], list[float]]


def shuffled(batch: Batch, seed: int) -> Batch:
    """The same images [N, 1, H, W] with their pixels in another order, the same for every image."""
    image = batch["image"]
    pixels = image.reshape(len(image), -1)
    order = np.random.default_rng(seed).permutation(pixels.shape[1])
    return batch | {"image": pixels[:, order].reshape(image.shape)}


def train(data: DataSet, epochs: int, seed: int) -> Curves:
    """Held-out accuracy after each epoch, for both nets on both orders of the pixels; prints a line an epoch."""
    size = data.train.fields["image"].shape[-1]
    trainers, parts = {}, {}
    for word, name in NETS.items():
        for order in ORDERS:
            model = netc.Model(netc.load(FILE, net=name, size=size), device="cpu", seed=seed)
            trainer = trainers[word, order] = netc.Trainer(model)
            bound = bind_data(data, trainer.ports)
            whole = [part.batch(np.arange(len(part))) for part in (bound.train, bound.held)]
            parts[word, order] = whole if order == ORDERS[0] else [shuffled(part, seed) for part in whole]
    print("accuracy" + "".join(f"{word:>26}" for word in NETS))
    print("epoch   " + "".join(f"{order:>13}" for _ in NETS for order in ORDERS))
    curves: Curves = {run: [] for run in trainers}
    for epoch in range(1, epochs + 1):
        for run, trainer in trainers.items():
            learned, held_out = parts[run]
            records = trainer.fit(learned, validation=held_out, epochs=epoch)
            curves[run].append(records[-1]["validation_accuracy"])
        print(f"{epoch:<8}" + "".join(f"{curve[-1]:>13.1%}" for curve in curves.values()), flush=True)
    return curves


def write_csv(path: Path, curves: Curves) -> None:
    """A line an epoch, a column a run."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["epoch", *(f"{word} {order}" for word, order in curves)])
        table.writerows([epoch, *row] for epoch, row in enumerate(zip(*curves.values(), strict=True), 1))


def draw(path: Path, curves: Curves, images: np.ndarray, seed: int) -> None:
    """The curves, and what three of the digits look like before and after."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(9, 4.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 2.2))
    before = images[:3, None]
    pictures = left.subplots(3, 2)
    for row, pair in enumerate(zip(before, shuffled({"image": before}, seed)["image"], strict=True)):
        for axes, picture, title in zip(pictures[row], pair, ORDERS, strict=True):
            axes.imshow(picture[0], cmap="gray_r")
            axes.set_axis_off()
            if row == 0:
                axes.set_title(title, fontsize=9)
    axes = right.subplots()
    for (word, order), curve in curves.items():
        style = {"color": "tab:blue" if word == "dense" else "tab:orange", "ls": "-" if order == ORDERS[0] else "--"}
        axes.plot(range(1, len(curve) + 1), np.array(curve) * 100, label=f"{word}, pixels {order}", **style)
    axes.set(xlabel="epoch", ylabel="held-out accuracy in %")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=8, frameon=False)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def main() -> None:
    """Read the command line, train, write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", help="square grey images with labels (default: digits)")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0, help="of the weights and of the permutation")
    parser.add_argument("--out", type=Path, default=Path("runs/permuted"), help="folder for the curves")
    arguments = parser.parse_args()
    try:
        data = netc.open_data(arguments.data)
        curves = train(data, arguments.epochs, arguments.seed)
    except netc.DiagnosticError as error:
        raise SystemExit(f"error: {error}") from None
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_csv(arguments.out / "permuted.csv", curves)
    written = ["permuted.csv"]
    try:
        draw(arguments.out / "permuted.png", curves, np.asarray(data.held.fields["image"][:3]), arguments.seed)
        written.append("permuted.png")
    except ImportError:
        print("matplotlib is not installed, so the curves are a table alone: pip install matplotlib")
    print(f"wrote {' and '.join(written)} to {arguments.out}")


if __name__ == "__main__":
    main()
