"""The table of docs/import.md: models of several exporters, imported, compared, trained for a few steps.

python -m bench.importing [--only NAME] [FILE.onnx[,INPUT=NUMBER…] …] prints it as Markdown; files come after what
PyTorch's exporters, Keras's, skl2onnx, netc itself and the `onnx` package give. The exporter by tracing needs PyTorch
alone, the other one onnxscript too; numbers are as of `netc import --given`.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from bench.foreign_exporters import others
from bench.foreign_models import SMALL, export, of_torchvision, randomized, small_swin
from netc.compiler import Net, load_model
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.measure.imported import difference

VISION = ("resnet18", "resnet50", "mobilenet_v2", "vit_b_16", "swin_t")
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

ROWS, FEW, MANY = 8, 2, 30_000_000
"""Examples of a step; of a net with more parameters than so many."""

Given = Mapping[str, int | float]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    parser.add_argument("files", nargs="*", metavar="FILE.onnx[,INPUT=NUMBER]")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    print("| model | written by | lines | parameters | differs by | trains |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, by, path, given in models(Path(folder), chosen.files, chosen.only):
            print(f"| {name} | {by} | {row(path, given)} |", flush=True)
            gc.collect()


def models(folder: Path, files: list[str], only: str) -> Iterator[tuple[str, str, Path, Given]]:
    """Name, exporter and file of each model, and numbers for its inputs; a file is gone when the next one is made."""
    path = folder / "model.onnx"
    made: dict[str, Any] = dict(SMALL)
    if find_spec("torchvision") is not None:
        made |= {f"torchvision {name}": lambda name=name: of_torchvision(name) for name in VISION}
        made["small Swin"] = small_swin
    for name, make in made.items():
        if only not in name:
            continue
        torch.manual_seed(0)
        network, example = make()
        network = randomized(network)
        for by, how in EXPORTERS.items():
            if how["dynamo"] and find_spec("onnxscript") is None:
                continue
            network.train(how.get("training", False))
            export(network, example, str(path), **how)
            yield name, by, path, {}
    for name in LIGHT:
        if only in f"light {name}":
            yield f"light {name}, random weights", "onnx", with_random_weights(name, path), {}
    for name, by, content in others():
        if only in name:
            path.write_bytes(content())
            yield name, by, path, {}
    for file in files:
        name, *numbers = file.split(",")
        given = {key: int(number) for key, number in (item.split("=") for item in numbers)}
        yield Path(name).stem, "its package", Path(name), given


def row(path: Path, given: Given) -> str:
    """What the table says of a file."""
    try:
        net, imported = load_model(str(path), given=given)
    except DiagnosticError as error:
        finding = error.diagnostics[0]
        where = f" ({finding.notes[0]})" if finding.notes else ""
        return f"refused: {finding.message}{where} | | | "
    lines = f"{sum(bool(line.strip()) for line in imported.text.splitlines())}"
    if imported.own is not None:
        lines += ", its own text"
        inputs, outputs = (
            {name: name for name in names} for names in ([item.name for item in net.inputs], net.outputs)
        )
        imported = replace(imported, inputs=inputs, outputs=outputs)
    apart = "random" if imported.random else difference(in_use(path) if imported.training else path, net, imported)
    shown = f"{apart:.0e}" if isinstance(apart, float) else apart
    return f"{lines} | {net.params:,} | {shown} | {trains(path, net, given)}"


def trains(path: Path, net: Net, given: Given) -> str:
    """Whether a squared error of its first output falls when the model is trained on the file as it is.

    A text that says itself how it is trained, with `label`, is trained so.
    """
    from netc import Model, Trainer

    random, rows = np.random.default_rng(0), FEW if net.params > MANY else ROWS
    data: dict[str, Any] = {}
    for value in net.inputs:
        shape = [rows, *(size if isinstance(size, int) else 32 for size in value.shape[1:])]
        whole = value.dtype == "int64"
        data[value.name] = random.integers(0, 5, shape) if whole else random.standard_normal(shape).astype("f4")
    name, output = next((name, value) for name, value in net.outputs.items() if value.dtype == "float32")
    goal = [rows, *(size if isinstance(size, int) else 32 for size in output.shape[1:])]
    if net.plans:
        trained, data["label"] = net, random.integers(0, goal[-1], rows)
    else:
        trained, _ = load_model(str(path), loss=f"mse({name}, goal)", given=given)
        data["goal"] = random.standard_normal(goal).astype("f4")
    try:
        trainer = Trainer(Model(trained, "cpu"))
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
    main()
