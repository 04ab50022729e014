"""What a unit looks for: pictures that make it as active as can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from netc.compiler import Along
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.inside.ascent import Canvas, climb
from netc.runtime.inside.layers import image_input, map_layers, sides
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import picture
from netc.runtime.inside.probing import Probe
from netc.runtime.inside.scale import PLAIN, Scale
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array


@look
def features(
    model: Model,
    layer: str | None = None,
    units: Sequence[int] | None = None,
    *,
    steps: int = 256,
    size: int | None = None,
    scale: Scale = PLAIN,
    neuron: bool = False,
    variation: float = 0.0,
    seed: int = 0,
    told: Callable[[int], None] | None = None,
) -> Sheet:
    """A picture for each unit of a layer that its mean over a map, or its neuron in the middle, is largest for.

    Ascent on the picture with jitter, in decorrelated colours and frequencies (Olah et al. 2017, distill.pub). It
    begins nearly grey, with more contrast where that wakes no unit; a unit that nothing woke is named below.

    layer      a path; the last convolution unless given. Units of a dense layer are neurons, classes for one
    units      filters or neurons by number; the first four unless given;  steps: of Adam
    size       of the square picture in pixels; the text's unless given. Other sizes reach as far as the convolutions
    scale      from pictures to what the net computes with
    neuron     the unit's neuron in the middle of the map, whose picture shows its receptive field
    variation  weight against differences of neighbouring pixels

    Raises DiagnosticError E280, E281, E593.
    """
    path = layer or map_layers(model.net)[-1]
    given = image_input(model)
    channels, *declared = sides(given)
    height, width = declared if size is None else (size, size)
    sizes = None if size is None else {given.name: (size, size)}
    probe = Probe(model, [Along(path)], [given.name], sizes=sizes)
    chosen = list(range(4)) if units is None else list(units)
    shape = probe.shape(f"{path}.direction")
    _check_units(path, chosen, shape[1])
    direction = _directions(shape, chosen, neuron)
    woken = np.zeros(len(chosen), bool)

    def judge(pictures: Array) -> tuple[float, Array]:
        answer = probe({given.name: scale.to_net(pictures)}, {f"{path}.direction": direction})
        woken[:] |= answer.gradients[given.name].any(axis=(1, 2, 3))
        return answer.loss, scale.slope(answer.gradients[given.name])

    canvas = Canvas((len(chosen), channels, height, width), seed)
    jitter = max(1, min(height, width) // 16)
    made, history = climb(canvas, judge, steps, jitter=jitter, variation=variation, told=told)
    panels = [(f"{path} {unit}", picture(made[at], side=224)) for at, unit in enumerate(chosen)]
    below = (
        [f"{counted(steps, 'step')}: from {history[0]:.3g} to {history[-1]:.3g}, added up over the units"]
        if history
        else []
    )
    if history and not woken.all():
        asleep = ", ".join(str(unit) for unit, awake in zip(chosen, woken, strict=True) if not awake)
        below.append(f"no picture woke unit {asleep}: what is shown is noise")
    return Sheet(f"features of {model.net.name}", {path: made, "history": np.array(history)}, panels, below)


def _check_units(path: str, units: Sequence[int], count: int) -> None:
    for unit in units:
        if not 0 <= unit < count:
            message = f"`{path}` has {counted(count, 'unit')}, there is no number {unit}"
            raise DiagnosticError(Diagnostic("E593", message, help=f"take a number from 0 to {count - 1}"))


def _directions(shape: Sequence[int], units: Sequence[int], neuron: bool) -> Array:
    """[N, C, …]: for each picture its unit, in the middle of the map or spread over it."""
    direction = np.zeros((len(units), *shape[1:]), np.float32)
    middle = tuple(side // 2 for side in shape[2:])
    for at, unit in enumerate(units):
        if neuron:
            direction[(at, unit, *middle)] = 1
        else:
            direction[at, unit] = 1 / max(1, int(np.prod(shape[2:])))
    return direction
