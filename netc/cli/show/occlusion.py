"""`netc show occlusion`: which part of a picture an answer needs."""

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
)


@verb(examples=("netc show occlusion runs/Digits three.png --patch 2 --stride 1",))
@network_options
@pictures_argument()
@class_option
@option(
    "--patch", type=click.IntRange(1), metavar="PIXELS", help="side of the square; a fifth of the picture unless given"
)
@option("--stride", type=click.IntRange(1), metavar="PIXELS", help="between places; half of the square unless given")
@imagenet_option
def occlusion(
    place: Place, images: tuple[str, ...], number: str | None, patch: int | None, stride: int | None, imagenet: bool
) -> None:
    """By how much a class's score falls with a grey square over each place of a picture (Zeiler and Fergus 2013).

    Of several pictures the first is looked at.
    """
    from netc.runtime import inside

    model, scale = place.model(), scale_of(imagenet)
    inputs, _ = read(model, images, scale)
    found = inside.occlusion(model, inputs, class_number(model, number), patch=patch, stride=stride, scale=scale)
    place.put("occlusion", found)
