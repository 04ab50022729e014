"""`netc show gradcam`: where a layer sees the class."""

from __future__ import annotations

from netc.cli.command import verb
from netc.cli.show.looking import (
    Place,
    class_number,
    class_option,
    imagenet_option,
    layer_option,
    network_options,
    pictures_argument,
    read,
    scale_of,
)


@verb(examples=("netc show gradcam runs/Pets cat.jpg -o cat.png", "netc show gradcam runs/Pets cat.jpg --class dog"))
@network_options
@pictures_argument()
@class_option
@layer_option
@imagenet_option
def gradcam(place: Place, images: tuple[str, ...], number: str | None, layer: str | None, imagenet: bool) -> None:
    """The maps of a layer, added up as they speak for a class (Selvaraju et al. 2016).

    The layer is the last that makes maps of more than one position, unless one is named.
    """
    from netc.runtime import inside

    model, scale = place.model(), scale_of(imagenet)
    inputs, _ = read(model, images, scale)
    place.put("gradcam", inside.gradcam(model, inputs, class_number(model, number), layer, scale=scale))
