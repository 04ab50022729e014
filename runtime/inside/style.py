"""A photograph in the manner of a painting (Gatys et al. 2015, arXiv:1508.06576)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from netc.compiler import Likeness, Net, Term, Textures
from netc.grammar.given import texts
from netc.runtime.inside.ascent import rough_slope
from netc.runtime.inside.layers import image_input, map_layers
from netc.runtime.inside.lbfgs import lbfgs
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import picture
from netc.runtime.inside.probing import Probe
from netc.runtime.inside.scale import PLAIN, Scale
from netc.runtime.inside.view import Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array

OPTIMIZERS = ("lbfgs", "adam")


@look
def style(
    model: Model,
    content: Array,
    painting: Array,
    *,
    content_layers: Sequence[str] | None = None,
    style_layers: Sequence[str] | None = None,
    weight: float = 1.0,
    variation: float = 0.0,
    steps: int = 80,
    optimizer: str = "lbfgs",
    scale: Scale = PLAIN,
    told: Callable[[int], None] | None = None,
) -> Sheet:
    """A picture with the content of one and the textures of another; it begins as the content.

    The loss is the mean of |x - goal|² / |goal|² over content layers, and `weight` times that of Gram matrices over
    style layers. `variation` weighs the mean squared difference of neighbouring pixels.

    content, painting  `[3, H, W]` from 0 to 1, of any two sizes
    content_layers     paths; one in the fourth fifth of the convolutions unless given
    style_layers       paths; the first convolution of each size of map unless given
    steps              evaluations of loss and gradient;  optimizer: "lbfgs", or "adam"
    scale              from pictures to what the net computes with

    `arrays["history"]` has the loss after each step, `before` and `after` the means [content, style]. Raises
    DiagnosticError E280, E281, E593.
    """
    net, name = model.net, image_input(model).name
    way_out = 'style_layers=["conv1"]'
    pictured = texts(content_layers or [_deep(net)], "content_layers=", way_out)
    textured = texts(style_layers or _first_of_sizes(net), "style_layers=", way_out)
    for path in (*pictured, *textured):
        map_layers(net, [path])
    goals = _goals(model, name, pictured, [], scale.to_net(content[None]))
    goals |= _goals(model, name, [], textured, scale.to_net(painting[None]))
    terms: list[Term] = [Likeness(path, 1 / len(pictured)) for path in pictured]
    terms += [Textures(path, weight / len(textured)) for path in textured]
    probe = Probe(model, terms, [name], sizes={name: (content.shape[1], content.shape[2])})
    pixels = content[None].size

    def judge(flat: Array) -> tuple[float, Array]:
        answer = probe({name: scale.to_net(flat)}, goals)
        rough = sum(float((np.diff(flat, axis=axis) ** 2).sum()) for axis in (2, 3)) / pixels
        slope = scale.slope(answer.gradients[name]) + variation / pixels * rough_slope(flat)
        return answer.loss + variation * rough, slope

    def means(x: Array) -> Array:
        found = probe({name: scale.to_net(x)}, goals).terms
        return np.array([np.mean(found[: len(pictured)]), np.mean(found[len(pictured) :])])

    start = content[None].astype(np.float32)
    made, history = (lbfgs if optimizer == "lbfgs" else _adam)(judge, start, steps, told)
    made = np.clip(made, 0, 1)
    before, after = means(start), means(made)
    arrays = {"picture": made[0], "history": np.array(history), "before": before, "after": after}
    panels = [("content", picture(content, side=384)), ("style", picture(painting, side=384))]
    below = [
        f"style {before[1]:.3f} before, {after[1]:.3f} after; content {before[0]:.3f} before, {after[0]:.3f} after",
    ]
    return Sheet(f"style transfer by {net.name}", arrays, [*panels, ("picture", picture(made[0], side=384))], below)


def _goals(model: Model, name: str, pictured: Sequence[str], textured: Sequence[str], image: Array) -> dict[str, Array]:
    """Values of layers, and Gram matrices of layers, for a picture."""
    paths = [*pictured, *textured]
    taps = Probe(model, taps=paths, sizes={name: (image.shape[2], image.shape[3])})({name: image}).taps
    found = {f"{path}.goal": taps[path] for path in pictured}
    for path in textured:
        rows = taps[path].reshape(*taps[path].shape[:2], -1).astype(np.float64)
        found[f"{path}.texture"] = np.asarray(rows @ rows.transpose(0, 2, 1) / rows[0].size, np.float32)
    return found


def _deep(net: Net) -> str:
    layers = map_layers(net)
    return layers[min(len(layers) - 1, len(layers) * 4 // 5)]


def _first_of_sizes(net: Net) -> list[str]:
    """The first convolution of each size of map, from fine to coarse."""
    found: dict[object, str] = {}
    for path in map_layers(net):
        found.setdefault(net.values[path].shape[2:], path)
    return list(found.values())


def _adam(
    function: Callable[[Array], tuple[float, Array]], x: Array, evaluations: int, told: Callable[[int], None] | None
) -> tuple[Array, list[float]]:
    """Adam (Kingma and Ba 2015) with a rate of 0.02 that falls to nothing along a cosine."""
    mean, square, history = np.zeros_like(x), np.zeros_like(x), []
    for step in range(1, evaluations + 1):
        value, slope = function(x)
        history.append(value)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        rate = 0.01 * (1 + np.cos(np.pi * (step - 1) / evaluations))
        x = x - np.float32(rate) * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        if told is not None:
            told(step)
    return x, history
