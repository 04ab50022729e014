"""The last measurement of a training: its best weights on the part that nothing was chosen by."""

from __future__ import annotations

from netc.grammar.counted import counted
from netc.runtime.data import BoundData
from netc.runtime.devices.device import Device
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.runs.deployed import Deployed


def measure_test(folder: RunFolder, bound: BoundData, device: Device) -> str | None:
    """Measure the part `test` once, where the data has one beside `val`, and write test.json; in words, or None."""
    if bound.final is None:
        return None
    name, rows = bound.card.parts[2].name, len(bound.final)
    metrics = Deployed.open(folder.path, device).measure(bound.final)
    folder.write_test(name, rows, metrics)
    return (
        f"{', '.join(f'{key} {value:.4f}' for key, value in metrics.items())} on {counted(rows, 'row')}, measured once"
    )
