"""`netc show filters`: the kernels of convolutions."""

from __future__ import annotations

from netc.cli.command import verb
from netc.cli.show.looking import Place, layers_option, network_options


@verb(examples=("netc show filters runs/Digits", "netc show filters alexnet.net --weights alexnet.safetensors"))
@network_options
@layers_option
def filters(place: Place, layers: tuple[str, ...]) -> None:
    """The kernels of convolutions, those of the first one unless layers are named.

    Kernels of three channels are shown in colours, each stretched to its range; of others every channel is a tile, red
    where it is positive, blue where negative.
    """
    from netc.runtime import inside

    place.put("filters", inside.filters(place.model(), layers or None))
