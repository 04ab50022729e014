"""The lecture's experiment on depth: plain nets get worse with more layers, residual nets do not (He et al. 2015).

    python examples/lecture/depth.py                                  # the embedded digits, in two minutes

    # as the paper did, for those who have a GPU and the binary version of CIFAR-10:
    python examples/lecture/depth.py --data cifar-10-batches-bin --recipe cifar --width 16

Trains plain-20, plain-56, residual-20 and residual-56 on the same rows from the same seed. Prints their accuracies,
leaves a run folder for each in runs/depth, and writes the errors of all epochs as depth.csv and, where matplotlib is
installed (`pip install matplotlib`), as depth.png.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import netc

FILE = Path(__file__).with_name("depth.net")
NETS = ("Plain", "Residual")
Runs = dict[tuple[str, int], netc.History]


def train(data: netc.DataSet, out: Path, arguments: argparse.Namespace) -> Runs:
    """The histories of all nets at all depths; prints a line for each when it is done."""
    shape = data.train.fields["image"].shape[1:]
    channels = shape[0] if len(shape) == 3 else 1
    runs: Runs = {}
    print(f"{'':16}{'parameters':>12}{'training':>11}{'held out':>11}   accuracy after the last epoch")
    for name in NETS:
        for depth in arguments.depths:
            net = netc.load(FILE, net=name, depth=depth, width=arguments.width, channels=channels, size=shape[-1])
            model = netc.Model(net, device=arguments.device, seed=arguments.seed)
            trainer = netc.Trainer(model, arguments.recipe, epochs=arguments.epochs)
            history = trainer.fit(data, out=out / f"{name}-{depth}".lower(), quiet=True)
            runs[name, depth] = history
            last = history[-1]
            figures = f"{last['accuracy']:>11.1%}{last['validation_accuracy']:>11.1%}"
            print(f"{name.lower()}-{depth:<{15 - len(name)}}{net.params:>12,}{figures}", flush=True)
    return runs


def write_csv(path: Path, runs: Runs) -> None:
    """A line for each net and epoch: errors from 0 to 1."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["net", "depth", "epoch", "training_error", "held_out_error"])
        for (name, depth), history in runs.items():
            for record in history:
                errors = (1 - record["accuracy"], 1 - record["validation_accuracy"])
                table.writerow([name.lower(), depth, record["epoch"], *(f"{error:.4f}" for error in errors)])


def draw(path: Path, runs: Runs) -> None:
    """The paper's figure: plain nets on the left, residual ones on the right; training dashed, held-out rows solid."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
    for axes, name in zip(panels, NETS, strict=True):
        for index, (depth, history) in enumerate((depth, run) for (net, depth), run in runs.items() if net == name):
            for column, style, what in (("accuracy", "--", "training"), ("validation_accuracy", "-", "held out")):
                errors = [100 - 100 * record[column] for record in history]
                epochs = [record["epoch"] for record in history]
                axes.plot(epochs, errors, style, color=f"C{index}", label=f"{depth} layers, {what}")
        axes.set(xlabel="epoch", title=f"{name.lower()} nets", ylim=(0, 100))
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("error in %")
    panels[-1].legend(fontsize=8, frameon=False)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def main() -> None:
    """Read the command line, train, write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", help="square images with labels (default: digits)")
    parser.add_argument("--depths", type=int, nargs="+", default=[20, 56], help="of the form 6n + 2 (default: 20 56)")
    parser.add_argument("--width", type=int, default=8, help="filters of the first stage (default: 8)")
    parser.add_argument("--recipe", help="the label of the train sections (default: those without one)")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--out", type=Path, default=Path("runs/depth"), help="folder for the runs and the figure")
    arguments = parser.parse_args()
    try:
        runs = train(netc.open_data(arguments.data), arguments.out, arguments)
    except netc.DiagnosticError as error:
        raise SystemExit(f"error: {error}") from None
    write_csv(arguments.out / "depth.csv", runs)
    written = ["depth.csv"]
    try:
        draw(arguments.out / "depth.png", runs)
        written.append("depth.png")
    except ImportError:
        print("matplotlib is not installed, so the errors are a table alone: pip install matplotlib")
    print(f"wrote {' and '.join(written)} to {arguments.out}")


if __name__ == "__main__":
    main()
