"""`netc show weights`: histograms of weights, and dead units."""

from __future__ import annotations

from netc.cli.command import option, verb
from netc.cli.show.looking import Place, network_options, pictures_argument


@verb(examples=("netc show weights runs/Digits", "netc show weights runs/Digits scans/ --of 'conv*' -o weights.svg"))
@network_options
@pictures_argument(required=False)
@option(
    "--of", "patterns", multiple=True, metavar="PATTERN", help="parameters, as `freeze` names them; may be repeated"
)
def weights(place: Place, images: tuple[str, ...], patterns: tuple[str, ...]) -> None:
    """A histogram of each kernel. With pictures, units behind a ReLU that none of them wakes are counted as dead."""
    from netc.runtime import inside
    from netc.runtime.data import read_inputs

    model = place.model()
    inputs = read_inputs(images, model.inputs(), card=model.card).arrays if images else None
    place.put("weights", inside.weights(model, patterns or None, inputs))
