"""What this machine can do at best: float32 products a second, and bytes a second through memory. Both measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from netc.compiler import check, compile_inference
from netc.runtime.devices.device import Device, runtime
from netc.runtime.sessions.session import Session

PRODUCT = "net Product(size = {size}) {{\n  input rows: [size]\n  dense(size, bias=false)\n}}\n"
PASS = "net Pass(size = {size}) {{\n  input rows: [size]\n  relu\n}}\n"
ROWS_COPIED = 64


def sgemm_peak(device: Device, threads: int = 0, *, size: int = 2048, repeats: int = 10) -> float:
    """GFLOP/s of the best of some float32 products of two matrices [size, size] in ONNX Runtime.

    The right one is a constant that the runtime may prepare, so this is what a layer could reach.
    """
    rows = np.random.default_rng(0).random((size, size), dtype=np.float32)
    return 2 * size**3 / _best(_bound(PRODUCT, size, rows, device, threads), repeats) / 1e9


def copy_bandwidth(device: Device, threads: int = 0) -> float:
    """GB/s of the best of some passes over 256 MB in ONNX Runtime, an array beyond caches; read and written bytes."""
    rows = np.ones((ROWS_COPIED, 1 << 20), np.float32)
    return 2 * rows.nbytes / _best(_bound(PASS, 1 << 20, rows, device, threads), 5) / 1e9


def _bound(text: str, size: int, rows: np.ndarray[Any, Any], device: Device, threads: int) -> Callable[[], None]:
    """The net of a text on these rows, its input and output in place on the device."""
    (net,) = check("ceiling.net", text.format(size=size)).nets
    session = Session(compile_inference(net, batch=len(rows)), device, threads=threads)
    value = runtime().OrtValue
    bound = session.binding()
    given = value.ortvalue_from_shape_and_type(list(rows.shape), np.float32, device.name, 0)
    given.update_inplace(rows)
    bound.bind_ortvalue_input(session.session.get_inputs()[0].name, given)
    taken = value.ortvalue_from_shape_and_type(list(rows.shape), np.float32, device.name, 0)
    bound.bind_ortvalue_output(session.session.get_outputs()[0].name, taken)

    def run() -> None:
        session.session.run_with_iobinding(bound)
        bound.synchronize_outputs()

    return run


def _best(run: Callable[[], None], repeats: int) -> float:
    """Seconds of the fastest of some calls, after one that does not count."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)
