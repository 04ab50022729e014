"""`netc show saliency`: which pixels an answer depends on."""

from __future__ import annotations

import click

from netc.cli.command import option, verb
from netc.cli.show.looking import (
    Place,
    class_number,
    class_option,
    imagenet_option,
    network_options,
    pictures_argument,
    read,
    scale_of,
    seed_option,
)


@verb(
    examples=(
        "netc show saliency runs/Digits three.png",
        "netc show saliency runs/Pets cat.jpg --class cat --samples 30",
    )
)
@network_options
@pictures_argument()
@class_option
@option(
    "--samples", type=click.IntRange(1), default=1, show_default=True, help="noisy copies whose gradients are averaged"
)
@seed_option
@imagenet_option
def saliency(
    place: Place, images: tuple[str, ...], number: str | None, samples: int, seed: int, imagenet: bool
) -> None:
    """The size of the gradient of a class's score at each pixel (Simonyan et al. 2013; SmoothGrad for --samples)."""
    from netc.runtime import inside

    model, scale = place.model(), scale_of(imagenet)
    inputs, _ = read(model, images, scale)
    chosen = class_number(model, number)
    place.put("saliency", inside.saliency(model, inputs, chosen, samples=samples, scale=scale, seed=seed))
