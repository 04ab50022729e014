"""The tasks of the lecture: each trains on small data, says what it reached, and draws its answers.

    python examples/tasks/run.py                       # all of them
    python examples/tasks/run.py detect segment        # some
    python examples/tasks/run.py --rows 48 --epochs 1  # whether they run at all
    python examples/tasks/run.py style --weights weights/vgg16.safetensors  # as VGG-16 sees

A task is a folder with a net, TASK/TASK.net, and a data.py unless its train section names data that come with netc.
Where the task isn't "learn from rows", TASK/TASK.py stands in its place.

In data.py:

    rows(count, seed)      arrays by name, of as many examples; what the net doesn't take is for `score` alone
    NAMES                  of classes or joints
    METRIC, score(outputs, rows)   a figure of the answers, where it isn't the first metric of the train section
    TRAIN_ROWS, TEST_ROWS  how many, where not 800 and 200

In TASK.py:

    METRIC, train(out, rows, epochs)   all of it: returns METRIC before and after, leaves the picture out/TASK.png
    WEIGHTS                            a file that it uses where it is there; `train` takes another one as `weights`

What comes out is in runs/tasks/TASK: the data, the run folder, and the picture that `netc predict --draw` makes.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np

import netc

HERE = Path(__file__).parent
TASKS = tuple(sorted(folder.name for folder in HERE.iterdir() if (folder / f"{folder.name}.net").exists()))
TRAIN_ROWS, TEST_ROWS, SHOWN = 800, 200, 8
Rows = dict[str, np.ndarray]


def run(
    task: str, out: Path, count: int | None, epochs: int | None, weights: Path | None = None
) -> tuple[str, float, float]:
    """Train a task; returns what its figure is called, and the figure before and after on rows held out."""
    file, made = HERE / task / f"{task}.net", _data_of(task)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    if hasattr(made, "train"):
        own = {"weights": weights} if weights is not None and hasattr(made, "WEIGHTS") else {}
        before, after = made.train(out, count, epochs, **own)
        return made.METRIC, before, after
    trainer = netc.Trainer(netc.Model(netc.load(file), device="cpu", seed=0), **({"epochs": epochs} if epochs else {}))
    held, source = _write_data(made, trainer, out, count)
    scored = _Figure(made, trainer, held, source)
    before = scored.of(trainer.model)
    trainer.fit(source, out=out / "run", quiet=True)
    run = netc.load_run(out / "run", device="cpu")
    picture = out / f"{task}.png"
    names = ["--names", ",".join(made.NAMES)] if made is not None else []
    command = ["predict", str(out / "run"), str(out / "shown.npz"), "--draw", str(picture), *names]
    subprocess.run([sys.executable, "-m", "netc", *command], check=True, stdout=subprocess.DEVNULL)
    return scored.name, before, scored.of(run.model)


class _Figure:
    """What a task is judged by: its own `score`, or the first metric of its train section."""

    def __init__(self, made: ModuleType | None, trainer: netc.Trainer, held: Rows, data: netc.DataSet) -> None:
        self.made, self.held, self.data = made, held, data
        self.own = made is not None and hasattr(made, "score")
        self.name = made.METRIC if self.own else trainer.plan.metrics[0].name

    def of(self, model: netc.Model) -> float:
        """The figure on the rows held out."""
        if self.own:
            answers = model(self.data["test"])
            named = answers if isinstance(answers, dict) else {next(iter(model.net.outputs)): answers}
            return float(self.made.score(named, self.held))
        return float(netc.Trainer(model).evaluate(self.data["test"])[self.name])


def _data_of(task: str) -> ModuleType | None:
    files = (HERE / task / name for name in (f"{task}.py", "data.py"))
    file = next((file for file in files if file.exists()), None)
    if file is None:
        return None
    spec = importlib.util.spec_from_file_location(f"{task}_data", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _write_data(
    made: ModuleType | None, trainer: netc.Trainer, out: Path, count: int | None
) -> tuple[Rows, netc.DataSet]:
    """The rows held out with all their fields, and the data to train on; a few rows to draw as shown.npz."""
    if made is None:
        data = netc.open_data(trainer.plan.data)
        held = {name: np.asarray(values[:]) for name, values in data.parts["test"].fields.items()}
    else:
        learned = made.rows(count or getattr(made, "TRAIN_ROWS", TRAIN_ROWS), seed=0)
        held = made.rows(count or getattr(made, "TEST_ROWS", TEST_ROWS), seed=1)
        ports = {port["name"] for port in trainer.ports}
        parts = {"train": learned, "test": held}
        arrays = {f"{part}_{name}": rows[name] for part, rows in parts.items() for name in rows if name in ports}
        classes = {"class_names": np.array(made.NAMES)} if any("classes" in port for port in trainer.ports) else {}
        np.savez_compressed(out / "data.npz", **arrays, **classes)
        data = netc.open_data(str(out / "data.npz"))
    inputs = {port["name"] for port in trainer.ports if port["role"] == "data"} | {"label"}
    shown = {name: values[:SHOWN] for name, values in held.items() if name in inputs}
    np.savez(out / "shown.npz", **shown)
    return held, data


def main() -> None:
    """Read the command line, run the tasks, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(TASKS)} (default: all)")
    parser.add_argument("--rows", type=int, help="of generated data to train on, and to hold out")
    parser.add_argument("--epochs", type=int, help="instead of the train sections'")
    parser.add_argument("--out", type=Path, default=Path("runs/tasks"), help="folder for runs and pictures")
    parser.add_argument("--weights", type=Path, help="of VGG-16, for `style` to see by")
    arguments = parser.parse_args()
    warnings.showwarning = lambda message, *_: print(f"note: {message}", file=sys.stderr)
    if arguments.weights is not None and not arguments.weights.exists():
        parser.error(f"there is no {arguments.weights}; examples/weights/convolutions.py makes it")
    unknown = [task for task in arguments.tasks if task not in TASKS]
    if unknown:
        parser.error(f"there is no task {unknown[0]}; there are {', '.join(TASKS)}")
    for task in arguments.tasks or TASKS:
        started = time.monotonic()
        try:
            name, before, after = run(task, arguments.out / task, arguments.rows, arguments.epochs, arguments.weights)
        except netc.DiagnosticError as error:
            raise SystemExit(f"error: {error}") from None
        seconds = time.monotonic() - started
        picture = arguments.out / task / f"{task}.png"
        print(f"{task:<9} {name}: {before:.3g} before, {after:.3g} after; {seconds:.0f} s; {picture}", flush=True)


if __name__ == "__main__":
    main()
