"""`netc show embedding`: examples as points, near where the network finds them alike."""

from __future__ import annotations

import click

from netc.cli.command import option, verb
from netc.cli.paths import DATA
from netc.cli.show.data import ROWS, examples
from netc.cli.show.looking import Place, layer_option, network_options, seed_option


@verb(examples=("netc show embedding runs/Digits", "netc show embedding runs/Pets --data photos --by tsne"))
@network_options
@option("--data", metavar="SPEC", type=DATA, help="what to show; the run's held-out rows unless given")
@option("--rows", type=click.IntRange(2), default=ROWS, show_default=True, help="at most, taken evenly")
@layer_option
@option("--by", "way", type=click.Choice(["pca", "tsne", "umap"]), default="pca", show_default=True,
        help="tsne needs scikit-learn, umap umap-learn")  # fmt: skip
@seed_option
def embedding(place: Place, data: str | None, rows: int, layer: str | None, way: str, seed: int) -> None:
    """What a layer says of examples, in two dimensions and coloured by class: what the last dense layer reads, unless
    another is named."""
    from netc.runtime import inside

    model = place.model()
    inputs, labels = examples(place, model, data, rows)
    place.put("embedding", inside.embedding(model, inputs, labels, layer, way=way, seed=seed))
