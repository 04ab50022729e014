"""ONNX with fewer bits: float16, and int8 calibrated on rows of the run's data; both measured before and after."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median

import numpy as np

from netc.compiler import sealed_model
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import read_file
from netc.runtime.data import open_data
from netc.runtime.data.given import BoundBatches
from netc.runtime.devices.telemetry import import_tools
from netc.runtime.folder.files import write_atomic
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.evaluate import batches_of
from netc.runtime.runs.exports.files import write_onnx
from netc.runtime.runs.exports.order import sort_nodes
from netc.runtime.runs.exports.place import HELP
from netc.runtime.runs.loaded import Run
from netc.runtime.sessions.resident import Array

BATCH = 32
CALIBRATED_ON = 512
"""Rows that the ranges of activations are taken from, at most."""
TIMED = 20
"""Runs of a batch, of which the median counts."""


def write_reduced(run: Run, path: Path, precision: str, data: str | None, say: Callable[[str], None]) -> int:
    """The network in fewer bits; the bytes written. `say` is given figures, time and size before and after.

    float16  weights and arithmetic in 16 bits; inputs and outputs stay float32
    int8     weights, each output channel with a scale of its own, and activations in 8 bits, with the least and the
             largest that they were on rows of the training part (static quantization, ONNX's QuantizeLinear)
    data     to calibrate and measure on; None takes the run's

    Raises DiagnosticError E597 where there is no data, or the network is too large or can't be converted.
    """
    spec = data or run.request.data
    if not spec:
        help = "name some with `--data`"
        raise DiagnosticError(Diagnostic("E597", f"there is no data to measure {precision} on", help=help))
    with tempfile.TemporaryDirectory(prefix="netc-", ignore_cleanup_errors=True) as place:
        whole, small = Path(place) / "whole.onnx", Path(place) / "small.onnx"
        write_onnx(run, whole)
        before = Deployed(path, read_file(whole), ours=True)
        measured = _rows(before, spec, held_out=True)
        try:
            if precision == "int8":
                _int8(whole, small, _rows(before, spec, held_out=False), {port["name"] for port in before.inputs})
            else:
                _float16(whole, small)
            write_atomic(small, sealed_model(read_file(small)))
            after = Deployed(path, read_file(small), ours=True)
        except (ValueError, RuntimeError, TypeError, KeyError, DiagnosticError) as error:
            raise _not_converted(run, precision, error) from error
        for line in _comparison(before, after, measured, whole.stat().st_size, small.stat().st_size, precision):
            say(line)
        content = read_file(small)
    write_atomic(path, content, HELP)
    return len(content)


def _not_converted(run: Run, precision: str, error: Exception) -> DiagnosticError:
    reason = (str(error) or type(error).__name__).splitlines()[0][:160]
    message = f"net {run.net.name} cannot be written in {precision}"
    help = "leave `--precision` out, or try the other one"
    return DiagnosticError(Diagnostic("E597", message, notes=(reason,), help=help))


def _rows(network: Deployed, spec: str, *, held_out: bool) -> BoundBatches:
    """Rows that weren't trained on, to measure; or those that were, to calibrate."""
    data = open_data(spec, card=network.card)
    seeded = network.card is not None and network.card.seeded is not None
    names = [] if network.card is None else [part.name for part in network.card.parts]
    part = ("val" if seeded else None) if held_out else ("train" if seeded or "train" in names else None)
    return network.rows(data, part)[1]


# ------------------------------------------------------------ the two conversions
def _float16(whole: Path, small: Path) -> None:
    import onnx

    float16 = import_tools("transformers.float16")
    made = float16.convert_float_to_float16(onnx.load(whole), keep_io_types=True)
    sort_nodes(made.graph)  # it puts the casts of inputs last
    onnx.save(made, small)


def _int8(whole: Path, small: Path, rows: BoundBatches, inputs: set[str]) -> None:
    quantization = import_tools("quantization")

    class Reader(quantization.CalibrationDataReader):  # type: ignore[name-defined,misc]
        """Batches of the rows, one after the other."""

        def __init__(self) -> None:
            self.batches = _some(rows, inputs)

        def get_next(self) -> dict[str, Array] | None:
            """The next, or None."""
            return next(self.batches, None)

    level, root = logging.root.level, logging.getLogger()
    root.setLevel(logging.ERROR)  # it advises on steps that a model of ours doesn't need
    try:
        quantization.quantize_static(
            whole, small, Reader(),
            quant_format=quantization.QuantFormat.QDQ, per_channel=True,
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
        )  # fmt: skip
    finally:
        root.setLevel(level)
    _keep_metadata(whole, small)


def _keep_metadata(whole: Path, small: Path) -> None:
    """What the model says about itself."""
    import onnx

    made, said = onnx.load(small), onnx.load(whole).metadata_props
    del made.metadata_props[:]
    made.metadata_props.extend(said)
    onnx.save(made, small)


def _some(rows: BoundBatches, inputs: set[str]) -> Iterator[dict[str, Array]]:
    taken = 0
    for batch in batches_of(rows, BATCH):
        yield {name: array for name, array in batch.items() if name in inputs}
        taken += BATCH
        if taken >= CALIBRATED_ON:
            return


# ------------------------------------------------------------ before and after
def _comparison(
    before: Deployed, after: Deployed, rows: BoundBatches, size: int, smaller: int, precision: str
) -> list[str]:
    """Lines of a table: figures on the rows, time of an example, bytes."""
    was, now = before.measure(rows), after.measure(rows)
    feeds = next(_some(rows, {port["name"] for port in before.inputs}))
    numbers = [(name, value, now[name]) for name, value in was.items() if isinstance(value, int | float)]
    lines = [(name, f"{value:.4f}", f"{other:.4f}") for name, value, other in numbers]
    first, second = _times(before, after, feeds)
    lines.append(("time of an example", f"{first * 1e3:.3f} ms", f"{second * 1e3:.3f} ms"))
    lines.append(("size", f"{size / 1e3:,.1f} kB", f"{smaller / 1e3:,.1f} kB"))
    heads = (f"on {counted(len(rows), 'row')}", "float32", precision)
    widths = [max(len(line[at]) for line in (heads, *lines)) for at in range(3)]
    return [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in (heads, *lines)]


def _times(before: Deployed, after: Deployed, feeds: Mapping[str, Array]) -> tuple[float, float]:
    """Seconds an example, medians of runs of both in turns."""
    given = {name: np.ascontiguousarray(array) for name, array in feeds.items()}
    count = len(next(iter(given.values())))
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(TIMED):
        for network, times in zip((before, after), found, strict=True):
            start = time.perf_counter()
            network.run(given)
            times.append((time.perf_counter() - start) / count)
    return median(found[0]), median(found[1])
