"""`netc show confusion`: which classes are taken for which."""

from __future__ import annotations

from netc.cli.command import option, verb
from netc.cli.paths import DATA
from netc.cli.show.data import labelled
from netc.cli.show.looking import Place, network_options


@verb(examples=("netc show confusion runs/Digits", "netc show confusion runs/Pets --data test -o confusion.svg"))
@network_options
@option("--data", metavar="SPEC", type=DATA, help="to answer; the run's held-out rows unless given")
def confusion(place: Place, data: str | None) -> None:
    """Counts of labels and answers, coloured by the share of each label's examples."""
    from netc.runtime import inside

    model = place.model()
    place.put("confusion", inside.confusion(model, *labelled(place, model, data)))
