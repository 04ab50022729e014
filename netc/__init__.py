"""netc: a small language for neural-network architectures, compiled to plain ONNX and trained by stock ONNX Runtime.

    import netc
    net = netc.load("lenet.net", net="LeNet", classes=10)    # shape-checked; print(net.summary())
    model = netc.Model(net, device="auto", seed=0)           # weights live on the device
    model(x)                                                 # [N, 1, 28, 28] -> [N, 10]
    trainer = netc.Trainer(model)                            # the file's train section
    history = trainer.fit("mnist.npz", out="runs/lenet")     # or arrays, (x, y), a DataLoader; history.plot()
    run = netc.load_run("runs/lenet")                        # run.model(x), run.history, run.card, run.metrics

What there is:

    load, loads              a net from a file, or from a text
    Net                      what they give: params, layers, summary()
    Model                    a net with weights: inference, inner values, gradients, weight files
    Trainer                  training: fit, step, evaluate, resume
    History, Listener        what fit gives, and what may follow it
    open_data, DataSet       data sets as `--data` names them, and rows of them
    load_run, Run            what a training left in its folder
    report                   a run as one page of HTML
    graph                    a net as a drawing: SVG, PNG, a page that folds, Graphviz, Mermaid
    draw                     answers on a sheet: boxes, masks, key points, pictures, words
    inside                   looks inside a model: filters, activations, features, saliency, …
    compile, Options         a net or its training step as an ONNX model
    DiagnosticError          every mistake of a user's, with code, place and help, in `diagnostics`

In a notebook `%load_ext netc` brings `%%net`, whose cell is the text of a net.

docs/python.md has an example for each. Names load on first use: `import netc` imports neither numpy nor onnx nor
onnxruntime.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netc.grammar.given import named, one_of, path_of, require, seed_of, whole

if TYPE_CHECKING:
    from onnx import ModelProto

    from netc.compiler import Net, Options, TrainPlan
    from netc.compiler.drawing.diagram import Diagram
    from netc.grammar.diagnostics import Diagnostic, DiagnosticError
    from netc.runtime import inside
    from netc.runtime.data import DataSet, open_data
    from netc.runtime.data.cards.card import Card
    from netc.runtime.folder.listener import Listener
    from netc.runtime.model import Model
    from netc.runtime.runs.loaded import Run
    from netc.runtime.runs.report import report
    from netc.runtime.show.draw import draw
    from netc.runtime.show.history import History
    from netc.runtime.training.trainer import Trainer

__all__ = [
    "Card", "DataSet", "Diagnostic", "DiagnosticError", "History", "Listener", "Model", "Net", "Options", "Run",
    "TrainPlan", "Trainer", "compile", "draw", "graph", "inside", "load", "load_run", "loads", "open_data",
    "report",
]  # fmt: skip

TEXT_FILE = "text.net"
MOST_LEVELS = 1000
MOST_ROWS = 2**31 - 1

_HOMES = {
    "Card": "netc.runtime.data.cards.card",
    "DataSet": "netc.runtime.data",
    "Diagnostic": "netc.grammar.diagnostics",
    "DiagnosticError": "netc.grammar.diagnostics",
    "History": "netc.runtime.show.history",
    "Listener": "netc.runtime.folder.listener",
    "Model": "netc.runtime.model",
    "Net": "netc.compiler",
    "Options": "netc.compiler",
    "Run": "netc.runtime.runs.loaded",
    "TrainPlan": "netc.compiler",
    "Trainer": "netc.runtime.training.trainer",
    "draw": "netc.runtime.show.draw",
    "inside": "netc.runtime",
    "open_data": "netc.runtime.data",
    "report": "netc.runtime.runs.report",
}


def load(path: str | Path, net: str | None = None, **settings: Any) -> Net:
    """Read a `.net` file and return one of its nets, shape-checked.

    path      the file; an `.onnx` model is imported, and its numbers are what the net starts from
    net       the net's name; None takes the only one, else the last that has a train section, else the last
    settings  the net's arguments: `classes=10`

    Raises DiagnosticError with every finding, each with its code, place and help.
    """
    from netc.compiler import load as load_file

    _tell_unknown_limits()
    file = path_of(path, "netc.load", 'netc.load("a.net")')
    return load_file(str(file), named(net, "net=", 'net="A"'), settings)


def loads(text: str, net: str | None = None, **settings: Any) -> Net:
    """A net from a text, as `load` gives it from a file.

    text      what would stand in a `.net` file; paths in `use` are relative to the working folder
    net       the net's name, as for `load`;  settings: the net's arguments

    Places in findings are those of a file `text.net`, which is also its name in a run folder. Raises DiagnosticError.
    """
    from netc.compiler import load as load_file

    _tell_unknown_limits()
    require(text, str, "netc.loads", 'netc.loads("net A { … }")')
    return load_file(TEXT_FILE, named(net, "net=", 'net="A"'), settings, source=text)


@cache
def _tell_unknown_limits() -> None:
    """Warn once of limits in the environment that there are not."""
    import warnings

    from netc.grammar.limits import unknown

    for found in unknown():
        warnings.warn(f"{found.message}: {found.help}", stacklevel=3)


def graph(net: Net, depth: int | None = None, heat: str | None = None) -> Diagram:
    """A net as a drawing, which a notebook shows; `.save("net.svg")` writes it, by its ending also as another format.

    depth  how many levels of frames are open: 0 the net alone, 1 its parts; None as many as a page has room for
    heat   what boxes are coloured by: "params", "flops" or "memory"; None for the kinds of layers
    """
    from netc.compiler import Net
    from netc.compiler.drawing.build import draw
    from netc.compiler.drawing.diagram import Diagram
    from netc.compiler.drawing.palette import HEATS

    require(net, Net, "netc.graph", 'netc.graph(netc.load("a.net"))')
    if depth is not None:
        depth = whole(depth, "depth", 0, MOST_LEVELS)
    if heat is not None:
        one_of(heat, "heat", HEATS)
    return Diagram(draw(net, depth, heat))


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext netc` calls: it brings `%%net`."""
    from netc.notebook import register

    register(shell)


def load_run(path: str | Path, device: str = "auto") -> Run:
    """What a training left in its folder: model with the best weights, plan, data card, history, metrics.

    path    a folder that `netc train` or `Trainer.fit(out=…)` made
    device  of the model, as `netc.Model` takes it

    Raises DiagnosticError E560 for a folder that is no run, E561 for a damaged one or one of another version.
    """
    from netc.runtime.runs.loaded import load_run as read

    return read(path_of(path, "netc.load_run", 'netc.load_run("runs/a")'), device)


def compile(
    net: Net,
    train: bool = False,
    *,
    weights: Any = None,
    plan: TrainPlan | None = None,
    batch: int | None = None,
    target: str = "std",
    seed: int = 0,
    options: Options | None = None,
) -> ModelProto:
    """The ONNX model of a net. Equal arguments give equal bytes.

    train    False: inference, weights inside. True: one training step, with weights and optimizer state as inputs
    weights  {name: array} for inference; None draws the initial ones of `seed`
    plan     the train section for `train=True`; None takes the net's first
    batch    a fixed batch size; None leaves it open (`N`)
    target   "std", for every provider
    options  how the graph is written, `netc.Options(precision="mixed")` for one; None takes the defaults

    The metadata key `netc.manifest` names inputs and outputs as JSON. Raises DiagnosticError E401 where a training
    step is asked for and the net has no train section, E566 where the weights pass what one model can hold.
    """
    from netc.compiler import Net, Options, TrainPlan, compile_inference, compile_training
    from netc.grammar.uninterrupted import uninterrupted

    with uninterrupted():
        import onnx

    require(net, Net, "netc.compile", 'netc.compile(netc.load("a.net"))')
    options = options or Options()
    require(options, Options, "options=", 'options=netc.Options(precision="mixed")')
    require(weights or {}, Mapping, "weights=", "weights=model.state_dict()")
    if plan is not None:
        require(plan, TrainPlan, "plan=", 'plan=net.plan("label")')
    seed, batch = seed_of(seed), None if batch is None else whole(batch, "batch", 1, MOST_ROWS)
    if train:
        artifact = compile_training(net, plan, batch=batch, target=target, options=options)
    else:
        from netc.runtime.runs.export import check_size

        check_size(net)
        artifact = compile_inference(net, weights, batch=batch, target=target, seed=seed, options=options)
    return onnx.load_from_string(artifact.model)


def __getattr__(name: str) -> Any:
    if name == "inside":
        return import_module("netc.runtime.inside")
    if name not in _HOMES:
        raise AttributeError(f"module netc has no attribute {name}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
