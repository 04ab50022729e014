"""`netc show dream`: a photograph with more of what a layer sees in it."""

from __future__ import annotations

import click

from netc.cli.command import option, verb
from netc.cli.paths import PathTo
from netc.cli.show.looking import Place, bar, imagenet_option, layer_option, network_options, scale_of, seed_option


@verb(examples=("netc show dream vgg.net photo.jpg --weights vgg.safetensors --imagenet --width 384",))
@network_options
@click.argument("photo", metavar="PHOTO", type=PathTo("png", "jpg"))
@layer_option
@option("--steps", type=click.IntRange(1), default=12, show_default=True, help="at each size")
@option("--octaves", type=click.IntRange(1), default=3, show_default=True, help="sizes, each 1.4 times the one before")
@option("--width", type=click.IntRange(32), metavar="PIXELS", help="of the picture; the photograph's unless given")
@seed_option
@imagenet_option
def dream(
    place: Place, photo: str, layer: str | None, steps: int, octaves: int, width: int | None, seed: int, imagenet: bool
) -> None:
    """Climb from a photograph to one in which a layer sees more of everything (Mordvintsev et al. 2015).

    The layer is the convolution in the middle unless one is named; early ones see strokes, late ones objects.
    """
    from netc.runtime import inside
    from netc.runtime.data.images.photo import read_photo
    from netc.runtime.inside.layers import image_input, sides

    model = place.model()
    picture = read_photo(photo, width, sides(image_input(model))[0])
    with bar("dreaming", steps * octaves) as told:
        found = inside.dream(
            model, picture, layer, steps=steps, octaves=octaves, scale=scale_of(imagenet), seed=seed, told=told
        )
    place.put("dream", found)
