"""`netc show activations`: the map of every filter for a picture."""

from __future__ import annotations

from netc.cli.command import verb
from netc.cli.show.looking import (
    Place,
    imagenet_option,
    layers_option,
    network_options,
    pictures_argument,
    read,
    scale_of,
)


@verb(examples=("netc show activations runs/Digits three.png", "netc show activations runs/Pets cat.jpg --layer conv1"))
@network_options
@pictures_argument()
@layers_option
@imagenet_option
def activations(place: Place, images: tuple[str, ...], layers: tuple[str, ...], imagenet: bool) -> None:
    """The maps of all filters of every convolution, or of the layers named, for the first picture.

    All maps of a layer are on one scale of colours: dark is its lowest value, yellow its highest.
    """
    from netc.runtime import inside

    model = place.model()
    inputs, _ = read(model, images, scale_of(imagenet))
    place.put("activations", inside.activations(model, inputs, layers or None))
