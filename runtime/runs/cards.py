"""The card that a training follows: that of the run that goes on, or of the weights it starts from."""

from __future__ import annotations

from pathlib import Path

from netc.compiler import CARD_KEY, Net, TrainPlan, batch_ports, read_metadata
from netc.runtime.data.cards.card import Card, card_of
from netc.runtime.data.cards.plan_card import continues
from netc.runtime.data.dataset import DataSet
from netc.runtime.folder.intact import of_run
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.request import Request, request_of
from netc.runtime.runs.run import card_in


def card_to_follow(
    net: Net, plan: TrainPlan, request: Request, resumed: RunFolder | None, data: DataSet
) -> Card | None:
    """The card of the run that goes on, or of the weights to start from where the data are of that kind."""
    if resumed is not None:
        return card_in(resumed, request)
    card = None if request.init is None else card_of_weights(request.init)
    return card if card is not None and continues(card, data, batch_ports(net, plan)) else None


def card_of_weights(file: str) -> Card | None:
    """What the data meant that weights were trained on, or None where they don't say; raises as `read_initial`."""
    path = Path(file)
    if path.is_dir():
        folder = RunFolder.open(path)
        return card_in(folder, request_of(folder))
    if path.suffix == ".onnx":
        return Deployed.open(path).card
    return card_of(of_run(path, read_metadata).get(CARD_KEY), file)
