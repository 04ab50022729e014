"""Where in a picture a layer sees a class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netc.compiler import Along
from netc.runtime.inside.classes import called, chosen, directions, scored
from netc.runtime.inside.layers import image_input, last_map, map_layers
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import overlaid, picture
from netc.runtime.inside.probing import Probe
from netc.runtime.inside.scale import PLAIN, Scale
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array


@look
def gradcam(
    model: Model,
    inputs: Mapping[str, Array],
    number: int | None = None,
    layer: str | None = None,
    *,
    scale: Scale = PLAIN,
) -> Sheet:
    """relu of a layer's maps, added up with the mean gradient of the score as weights (Selvaraju et al. 2016,
    arXiv:1610.02391).

    inputs  by name, `[N, …]`, as the net computes with them
    number  of the class; the likeliest of each row unless given
    layer   a path; the last map of more than one position unless given

    Raises DiagnosticError E280, E593.
    """
    at = map_layers(model.net, [layer])[0] if layer is not None else last_map(model.net)
    path, found, rows = chosen(model, inputs, number)
    answer = Probe(model, [Along(path)], [at], [at])(inputs, {f"{path}.direction": directions(found, rows)})
    weights = answer.gradients[at].mean((2, 3), keepdims=True)
    heat = np.maximum((weights * answer.taps[at]).sum(1), 0)
    shown = scale.to_picture(inputs[image_input(model).name])
    panels = []
    for row, number in enumerate(rows):
        panels.append((called(model, int(number)), picture(shown[row])))
        panels.append((f"{at} {'x'.join(map(str, heat.shape[1:]))}", overlaid(shown[row], heat[row])))
    return Sheet(f"Grad-CAM of {model.net.name}", {"heat": heat, "classes": rows}, panels, scored(model, found, rows))
