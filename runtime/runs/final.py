"""The end of a training: the network, its curves, and one measurement of what nothing was chosen by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netc.compiler import Net, TrainPlan
from netc.runtime.data import BoundSplit
from netc.runtime.data.cards.card import Card
from netc.runtime.devices.device import Device
from netc.runtime.folder.progress import Record
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.folder.tested import read_test, write_test
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.run import finish
from netc.runtime.show.plot import can_plot, plot_curves


def close_run(
    folder: RunFolder, net: Net, plan: TrainPlan, card: Card, final: BoundSplit | None, device: Device,
    history: Sequence[Record], threads: int = 0,
) -> list[str]:  # fmt: skip
    """Write model.onnx, curves.png where matplotlib is installed, and test.json where the data has a part for it.

    Figures that are not finite are left out of test.json; what is returned is to be told of them.
    """
    finish(folder, net, plan, card)
    if can_plot():
        plot_curves({net.name: history}, folder.curves)
    if final is None:
        return []
    metrics, part = Deployed.open(folder.path, device, threads=threads, ours=True).measure(final), card.parts[2].name
    finite = {name: figure for name, figure in metrics.items() if np.isfinite(figure).all()}
    write_test(folder, part, len(final), finite)
    return [f"{name} on part {part} is not finite, and is left out of {folder.test_json.name}"
            for name in metrics if name not in finite]  # fmt: skip


def is_closed(folder: RunFolder, final: BoundSplit | None) -> bool:
    """Whether all is there that `close_run` writes: the process may have ended in between."""
    tested = final is None or read_test(folder) is not None
    return folder.model.exists() and tested and (folder.curves.exists() or not can_plot())
