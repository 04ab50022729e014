"""`netc show invert`: what a layer still knows of a picture."""

from __future__ import annotations

from netc.cli.command import verb
from netc.cli.show.looking import (
    Place,
    bar,
    imagenet_option,
    layer_option,
    network_options,
    pictures_argument,
    read,
    scale_of,
    seed_option,
    steps_option,
)


@verb(examples=("netc show invert runs/Digits three.png --layer conv2",))
@network_options
@pictures_argument()
@layer_option
@steps_option
@seed_option
@imagenet_option
def invert(place: Place, images: tuple[str, ...], layer: str | None, steps: int, seed: int, imagenet: bool) -> None:
    """A picture made from noise that a layer cannot tell from the given one (Mahendran and Vedaldi 2015).

    What it lacks, the layer has lost. The layer is the last convolution unless one is named.
    """
    from netc.runtime import inside
    from netc.runtime.inside.layers import image_input

    model, scale = place.model(), scale_of(imagenet)
    inputs, _ = read(model, images, scale)
    photo = scale.to_picture(inputs[image_input(model).name][:1])[0]
    with bar("inverting", steps) as told:
        found = inside.invert(model, photo, layer, steps=steps, scale=scale, seed=seed, told=told)
    place.put("invert", found)
