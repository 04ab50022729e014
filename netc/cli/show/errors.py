"""`netc show errors`: the wrong answers that are surest."""

from __future__ import annotations

import click

from netc.cli.command import option, verb
from netc.cli.paths import DATA
from netc.cli.show.data import labelled
from netc.cli.show.looking import Place, imagenet_option, network_options, scale_of


@verb(examples=("netc show errors runs/Digits", "netc show errors runs/Pets --data test --most 40"))
@network_options
@option("--data", metavar="SPEC", type=DATA, help="to answer; the run's held-out rows unless given")
@option("--most", type=click.IntRange(1, 64), default=16, show_default=True, help="examples to show")
@imagenet_option
def errors(place: Place, data: str | None, most: int, imagenet: bool) -> None:
    """The examples with the largest loss among those that are answered wrongly, the worst first."""
    from netc.runtime import inside

    model = place.model()
    place.put("errors", inside.errors(model, *labelled(place, model, data), most=most, scale=scale_of(imagenet)))
