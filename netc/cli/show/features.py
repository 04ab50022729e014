"""`netc show features`: pictures that units answer to most."""

from __future__ import annotations

import click

from netc.cli.command import option, verb
from netc.cli.show.looking import (
    Place,
    bar,
    imagenet_option,
    layer_option,
    network_options,
    scale_of,
    seed_option,
    size_option,
    steps_option,
)


@verb(
    examples=(
        "netc show features runs/Digits --layer conv2",
        "netc show features vgg.net --weights vgg.safetensors --layer stage.4.layer.2.conv1 --size 128 --imagenet",
    )
)
@network_options
@layer_option
@option("--unit", "units", type=click.IntRange(0), multiple=True, metavar="K",
        help="a filter, or a neuron of a dense layer; may be repeated; 0 to 3 unless given")  # fmt: skip
@option("--neuron", is_flag=True, help="the unit's neuron in the middle of the map, instead of its mean")
@option("--variation", type=click.FloatRange(0), default=0.0, show_default=True,
        help="weight against differences of neighbouring pixels")  # fmt: skip
@steps_option
@size_option
@seed_option
@imagenet_option
def features(
    place: Place, layer: str | None, units: tuple[int, ...], neuron: bool, variation: float, steps: int,
    size: int | None, seed: int, imagenet: bool,
) -> None:  # fmt: skip
    """A picture for each unit of a layer that it answers to most, found by climbing from noise.

    Steps are shifted at random and taken in colours and frequencies that don't go together, as in photographs they do
    (Olah et al. 2017).
    """
    from netc.runtime import inside

    model = place.model()
    with bar("climbing", steps) as told:
        found = inside.features(
            model, layer, units or None, steps=steps, size=size, scale=scale_of(imagenet), neuron=neuron,
            variation=variation, seed=seed, told=told,
        )  # fmt: skip
    place.put("features", found)
