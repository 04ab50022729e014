"""The table of docs/import.md: models of several exporters, imported, compared, trained for a few steps.

python -m bench.importing [FILE.onnx …] prints it as Markdown; files come after what PyTorch's exporters and the `onnx`
package give. The exporter by tracing needs PyTorch alone, the other one onnxscript too.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from bench.foreign_models import SMALL, export, of_torchvision, randomized
from netc.compiler import Imported, Net, load, load_model
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.measure.imported import difference

VISION = ("resnet18", "resnet50", "mobilenet_v2", "vit_b_16")
LIGHT = (
    "bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19",
    "zfnet512",
)  # fmt: skip
EXPORTERS: dict[str, dict[str, bool]] = {
    "torch, tracing": {"dynamo": False},
    "torch, for training": {"dynamo": False, "training": True},
    "torch, dynamo": {"dynamo": True},
}
STEPS = 12

MOST = 30_000_000
"""Parameters up to which a model is trained here."""


def main(files: list[str]) -> None:
    """Print the table."""
    warnings.filterwarnings("ignore")
    print("| model | written by | lines | parameters | differs by | trains |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, by, path in models(Path(folder), files):
            print(f"| {name} | {by} | {row(path)} |", flush=True)


def models(folder: Path, files: list[str]) -> Iterator[tuple[str, str, Path]]:
    """Name, exporter and file of each model; a file is gone when the next one is made."""
    path = folder / "model.onnx"
    made: dict[str, Any] = dict(SMALL)
    if find_spec("torchvision") is not None:
        made |= {f"torchvision {name}": lambda name=name: of_torchvision(name) for name in VISION}
    for name, make in made.items():
        torch.manual_seed(0)
        network, example = make()
        network = randomized(network)
        for by, how in EXPORTERS.items():
            if how["dynamo"] and find_spec("onnxscript") is None:
                continue
            network.train(how.get("training", False))
            export(network, example, str(path), **how)
            yield name, by, path
    for name in LIGHT:
        yield f"light {name}, random weights", "onnx", with_random_weights(name, path)
    for file in files:
        yield Path(file).stem, "its package", Path(file)


def row(path: Path) -> str:
    """What the table says of a file."""
    try:
        net, imported = load_model(str(path))
    except DiagnosticError as error:
        finding = error.diagnostics[0]
        where = f" ({finding.notes[0]})" if finding.notes else ""
        return f"refused: {finding.message}{where} | | | "
    lines = sum(bool(line.strip()) for line in imported.text.splitlines())
    apart = "random" if imported.random else difference(in_use(path) if imported.training else path, net, imported)
    shown = f"{apart:.0e}" if isinstance(apart, float) else apart
    return f"{lines} | {net.params:,} | {shown} | {trains(path, net, imported)}"


def trains(path: Path, net: Net, imported: Imported) -> str:
    """Whether a squared error of its first output falls when the model is trained on the file as it is."""
    from netc import Model, Trainer

    if net.params > MOST:
        return "not tried"
    random = np.random.default_rng(0)
    data: dict[str, Any] = {}
    for value in net.inputs:
        shape = [8, *(size if isinstance(size, int) else 32 for size in value.shape[1:])]
        whole = value.dtype == "int64"
        data[value.name] = random.integers(0, 5, shape) if whole else random.standard_normal(shape).astype("f4")
    output = next(iter(net.outputs.values()))
    goal = [8, *(size if isinstance(size, int) else 32 for size in output.shape[1:])]
    data["goal"] = random.standard_normal(goal).astype("f4")
    trained = load(str(path), loss="mse(output, goal)")
    trainer = Trainer(Model(trained, "cpu"))
    try:
        before, *_, after = (trainer.step(data)["loss"] for _ in range(STEPS))
    except DiagnosticError as error:
        return f"no: {error.diagnostics[0].message}"
    return f"{before:.3g} → {after:.3g}"


def in_use(path: Path) -> Path:
    """A model that was exported for training, as it is in use: norms by their running statistics, nothing dropped."""
    model = onnx.load(path)
    for node in model.graph.node:
        if node.op_type == "BatchNormalization":
            del node.output[1:]
            for attribute in node.attribute:
                if attribute.name == "training_mode":
                    attribute.i = 0
        if node.op_type == "Dropout":
            del node.input[2:]
    onnx.save(model, path)
    return path


def with_random_weights(name: str, path: Path) -> Path:
    """A light model of the `onnx` package with numbers that are no constants, which would prove nothing."""
    folder = Path(onnx.__file__).parent / "backend/test/data/light"
    model = onnx.load(folder / f"light_{name}.onnx")
    random = np.random.default_rng(3)
    shapes = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    shapes |= {
        n.output[0]: numpy_helper.to_array(n.attribute[0].t) for n in model.graph.node if n.op_type == "Constant"
    }
    for node in [item for item in model.graph.node if item.op_type == "ConstantOfShape"]:
        drawn = (random.standard_normal(shapes[node.input[0]]) * 0.05).astype(np.float32)
        drawn = np.abs(drawn) + np.float32(0.5) if drawn.ndim == 1 else drawn
        model.graph.node.remove(node)
        model.graph.initializer.append(numpy_helper.from_array(drawn, node.output[0]))
    onnx.save(model, path)
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
