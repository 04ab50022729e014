"""What layers see in a picture: the map of every filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.runtime.inside.colour_maps import sequential
from netc.runtime.inside.layers import map_layers
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import mosaic
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array

MOST = 256
"""How many maps a mosaic takes."""


@look
def activations(model: Model, inputs: Mapping[str, Array], layers: Sequence[str] | None = None, row: int = 0) -> Sheet:
    """The maps `[C, H, W]` of layers for one example, a tile for each filter, all of a layer on one scale.

    inputs  by name, `[N, …]`, as the net computes with them;  row: which example
    layers  paths; every convolution unless given

    Raises DiagnosticError E280, E593.
    """
    paths = map_layers(model.net, layers)
    one = {name: values[row : row + 1] for name, values in inputs.items()}
    found = model.forward(one, paths)
    arrays = {path: found[path][0] for path in paths}
    panels = [(_title(path, array), mosaic(sequential(array[:MOST]), 420)) for path, array in arrays.items()]
    return Sheet(f"activations of {model.net.name}", arrays, panels)


def _title(path: str, array: Array) -> str:
    low, high = float(array.min()), float(array.max())
    return f"{path} {'x'.join(map(str, array.shape))}: {low:.2g} to {high:.2g}"
