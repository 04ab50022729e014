"""What convolutions look for: their kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from netc.compiler import LayerInstance
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.given import texts
from netc.runtime.inside.colour_maps import diverging
from netc.runtime.inside.layers import kernels
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import mosaic
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array

MOST = 256
"""How many kernels a mosaic takes."""
DARK = 90
"""Lines between tiles in which white stands for 0."""


@look
def filters(model: Model, layers: Sequence[str] | None = None) -> Sheet:
    """The kernels `[filters, channels, h, w]` of convolutions; those of the first one unless others are named.

    Kernels of three channels are shown in colours, each stretched to its own range, as published figures of AlexNet's
    first layer are (Krizhevsky et al. 2012). Of others each channel is a tile: red is positive, blue negative.

    Raises DiagnosticError E593 for a net without convolutions, E280 where none is called so.
    """
    known = {item.path: item for item in kernels(model.net)}
    if not known:
        message = f"net `{model.net.name}` has no convolution"
        raise DiagnosticError(Diagnostic("E593", message, help="look at a convolutional net"))
    arrays: dict[str, Array] = {}
    panels: list[tuple[str, Image.Image]] = []
    for path in texts(layers or next(iter(known)), "layers=", 'layers=["conv1"]'):
        if path not in known:
            help = did_you_mean(path, known) or f"take one of {', '.join(list(known)[:6])}"
            raise DiagnosticError(Diagnostic("E280", f"net `{model.net.name}` has no convolution `{path}`", help=help))
        arrays[path] = _kernel(model, known[path])
        panels.append(_panel(path, arrays[path]))
    return Sheet(f"filters of {model.net.name}", arrays, panels)


def _kernel(model: Model, item: LayerInstance) -> Array:
    name = next(parameter.name for parameter in item.parameters if parameter.value.rank == 4)
    return model.weights.get(name)


def _panel(path: str, kernel: Array) -> tuple[str, Image.Image]:
    count, channels, height, width = kernel.shape
    what = f"{path}: {count} filters {channels}x{height}x{width}"
    if channels == 3:
        flat = kernel.reshape(count, -1)
        low, high = (bound.reshape(count, 1, 1, 1) for bound in (flat.min(1), flat.max(1)))
        tiles = np.asarray(np.rint((kernel - low) / np.maximum(high - low, 1e-30) * 255), np.uint8).transpose(
            0, 2, 3, 1
        )
    else:
        tiles = diverging(kernel.reshape(count * channels, height, width))
    shown = tiles[:MOST]
    line = 255 if channels == 3 else DARK
    more = "" if len(shown) == len(tiles) else f", the first {len(shown)} of {len(tiles):,} tiles"
    return what + more, mosaic(shown, background=line)
