"""How far a gradient is off: ours and PyTorch's in float32, both against PyTorch in float64.

`python -m bench.accuracy` writes the table of docs/trust.md. Rounding alone is of the order of 1e-6. A ReLU or maximum
that rounding decides otherwise than float64 does is another matter: all gradients before it jump to 1e-4 or 1e-2, in
whichever of the programs it happens. `smooth` networks have tanh for ReLU and means for maxima: nothing to decide.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import netc
from bench.nets import EXAMPLES
from netc.compiler import Net, compile_gradients
from netc.compiler.weights.draw import initial_weights
from netc.runtime.devices.device import CPU
from netc.runtime.measure.torch_step import TorchStep
from netc.runtime.sessions.session import Session

SEEDS = 3
"""Of weights and pictures; the errors in the table are medians over them."""

Array = NDArray[Any]
Errors = dict[str, dict[str, float]]
"""{contender: {parameter: error}}."""


@dataclass(frozen=True)
class Case:
    """A network of `examples/`, the height and width of its input, and the batch. `smooth`: see above."""

    file: str
    size: int
    batch: int
    smooth: bool = False

    @property
    def name(self) -> str:
        return f"{Path(self.file).stem}, {self.size}x{self.size}" + ", smooth" * self.smooth

    def load(self) -> Net:
        """The network without dropout, whose masks differ, for pictures of this size."""
        text = (EXAMPLES / self.file).read_text("utf-8").replace("3x224x224", f"3x{self.size}x{self.size}")
        text = re.sub(r".*expect params.*\n", "", text.replace("dropout -> ", "").replace(" -> dropout", ""))
        if self.smooth:
            text = re.sub(r"\brelu\b", "tanh", text).replace("maxpool", "avgpool")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(self.file).name
            path.write_text(text, "utf-8")
            return netc.load(path)


CASES = (
    Case("zoo/resnet_cifar.net", 32, 16),
    Case("zoo/resnet_cifar.net", 32, 16, smooth=True),
    Case("zoo/alexnet.net", 64, 16),
    Case("zoo/vgg.net", 64, 16),
    Case("zoo/vgg.net", 64, 16, smooth=True),
    Case("zoo/resnet.net", 64, 16),
    Case("zoo/resnet.net", 64, 16, smooth=True),
)
LARGE = (Case("zoo/vgg.net", 224, 4),)


def errors(case: Case, seeds: Iterable[int], targets: Sequence[str], threads: int = 2) -> list[Errors]:
    """For each seed, the relative L2 error of each parameter's gradient, by contender."""
    import_module("torch").set_num_threads(threads)
    net = case.load()
    plan = net.plan()
    classes = net.outputs["logits"].shape[-1]
    assert isinstance(classes, int)
    sessions = {
        target: Session(compile_gradients(net, batch=case.batch, target=target), CPU, threads=threads)
        for target in targets
    }
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        image = rng.standard_normal((case.batch, 3, case.size, case.size)).astype(np.float32)
        rows: dict[str, Array] = {"image": image, "label": rng.integers(0, classes, case.batch)}
        weights = initial_weights(net, seed)
        exact = TorchStep(net, plan, _double(weights), _double(rows), lr=0.0).gradients()[1]
        results = {
            "eager": TorchStep(net, plan, weights, rows, lr=0.0).gradients()[1],
            "channels_last": TorchStep(net, plan, weights, rows, lr=0.0, channels_last=True).gradients()[1],
        }
        counters = {"seed": np.array(0), "step": np.array(0)}
        for target, session in sessions.items():
            made = session.run({**rows, **weights, **counters})
            results[target] = {name: made[f"gradient.{name}"] for name in exact}
        found.append({name: _relative(result, exact) for name, result in results.items()})
    return found


def _double(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float64) if array.dtype.kind == "f" else array for name, array in arrays.items()}


def _relative(found: Mapping[str, Array], exact: Mapping[str, Array]) -> dict[str, float]:
    return {name: float(np.linalg.norm(found[name] - array) / np.linalg.norm(array)) for name, array in exact.items()}


def median_errors(found: Sequence[Errors], contender: str) -> dict[str, float]:
    """The median over seeds, by parameter."""
    return {name: statistics.median(errors[contender][name] for errors in found) for name in found[0][contender]}


def ratio(found: Sequence[Errors], contender: str) -> float:
    """The median over parameters of our median error over eager's."""
    ours, theirs = median_errors(found, contender), median_errors(found, "eager")
    return statistics.median(ours[name] / theirs[name] for name in ours)


def main(arguments: Sequence[str]) -> None:
    """The table in Markdown, a row when it is there; `--large` for VGG-16 at 224, which needs 6 GB and minutes."""
    from bench.ours import targets

    for number, case in enumerate(LARGE if "--large" in arguments else CASES):
        found = errors(case, range(SEEDS), targets())
        if not number:
            print(f"| network | {' | '.join(found[0])} |\n|---|{'---:|' * len(found[0])}")
        cells = []
        for contender in found[0]:
            largest = max(median_errors(found, contender).values())
            cells.append(f"{largest:.1e} ({ratio(found, contender):.2f})")
        print(f"| {case.name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
