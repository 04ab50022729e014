"""How the weights of each layer are distributed, and which units are dead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from netc.compiler import matches
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.given import texts
from netc.runtime.inside.look import look
from netc.runtime.inside.view import Plot
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 60
BINS = 60
ROOM = 0.4
"""Above the bars, for what is written there, as a share of their height."""


@look
def weights(model: Model, patterns: Sequence[str] | None = None, inputs: Mapping[str, Array] | None = None) -> Plot:
    """A histogram of each kernel's weights, with mean and standard deviation.

    patterns  of parameters, as `freeze` takes them; every weight of two axes and more unless given
    inputs    examples `[N, …]`: units behind a ReLU that no example makes larger than 0 are counted as dead

    Raises DiagnosticError E415 for a pattern that names nothing, E593 for a net without weights.
    """
    chosen = [item.name for item in model.net.parameters if item.value.rank >= 2 and not item.buffer]
    if patterns:
        patterns = texts(patterns, "patterns=", 'patterns=["conv*"]')
        chosen = [item.name for item in model.net.parameters if matches(item.name, patterns)]
        if not chosen:
            message = f"no parameter of net `{model.net.name}` is called {' or '.join(patterns)}"
            raise DiagnosticError(Diagnostic("E415", message, help="`netc summary` lists the layers"))
    if not chosen:
        message = f"net `{model.net.name}` has no weights"
        raise DiagnosticError(Diagnostic("E593", message, help="look at a net with convolutions or dense layers"))
    arrays = {name: model.weights.get(name) for name in chosen}
    dead = {} if inputs is None else _dead(model, inputs)
    shown = list(arrays.items())[:MOST]

    def draw(figure: Figure) -> None:
        columns = min(4, len(shown))
        plots = figure.subplots(ceil(len(shown) / columns), columns, squeeze=False).ravel()
        for plot, (name, array) in zip(plots, shown, strict=False):
            plot.hist(array.ravel(), bins=BINS, color="#0072b2")
            plot.set_title(f"{name} {'x'.join(map(str, array.shape))}", fontsize=8)
            layer = name.rpartition(".")[0]
            gone = f"\n{dead[layer]} dead" if layer in dead else ""
            note = f"mean {array.mean():.2g}\nstd {array.std():.2g}{gone}"
            plot.text(0.97, 0.95, note, transform=plot.transAxes, ha="right", va="top", fontsize=7)
            plot.tick_params(labelsize=6)
            plot.margins(y=ROOM)
        for plot in plots[len(shown) :]:
            plot.axis("off")

    rows = ceil(len(shown) / min(4, len(shown)))
    more = "" if len(shown) == len(arrays) else f", the first {MOST} of {len(arrays)}"
    gone = "" if inputs is None else f", {counted(sum(dead.values()), 'dead unit')}"
    title = f"weights of {model.net.name}{more}{gone}"
    found = arrays | {f"dead.{name}": np.array(count) for name, count in dead.items()}
    return Plot(title, found, draw, (min(4, len(shown)) * 3.2, rows * 2.2 + 0.4))


def _dead(model: Model, inputs: Mapping[str, Array]) -> dict[str, int]:
    """For each layer of maps or units that a ReLU follows, how many of its units no example wakes."""
    net = model.net
    watched: dict[str, str] = {}
    for item in net.layers:
        if not item.training_only and item.path in net.values and item.nodes and item.nodes[-1].op == "Relu":
            before = _maker(model, item.outputs[0])
            if before is not None:
                watched[item.path] = before
    if not watched:
        return {}
    found = model.forward(inputs, list(watched))
    return {
        layer: int((found[path].max(axis=tuple(axis for axis in range(found[path].ndim) if axis != 1)) <= 0).sum())
        for path, layer in watched.items()
    }


def _maker(model: Model, value: object) -> str | None:
    """The layer with a kernel that made a value, ReLUs and norms between looked through."""
    layers = {output: item for item in model.net.layers for output in item.outputs}
    item = layers.get(value)  # type: ignore[call-overload]
    while item is not None and not any(parameter.value.rank >= 2 for parameter in item.parameters):
        item = layers.get(item.inputs[0]) if item.word == "relu" or item.word.endswith("norm") else None
    return None if item is None else item.path
