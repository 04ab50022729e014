"""Which device has which precision: `netc train --precision`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from netc.compiler import Precision, probe_precision
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.devices.device import Device, quiet, runtime

HAS: Mapping[str, tuple[Precision, ...]] = {
    "cpu": ("float32",),
    "cuda": ("float32", "mixed", "bfloat16"),
}
"""On a CPU ONNX Runtime computes float16 as float32 between two casts, and has hardly an operator for bfloat16."""


def check_precision(device: Device, precision: Precision) -> None:
    """Raise DiagnosticError E605 where the device does not have the precision."""
    if precision not in HAS[device.name]:
        name = {"cpu": "CPU"}.get(device.name, device.name)
        other = next((other for other, has in HAS.items() if precision in has), None)
        more = f", or `--device {other}` on a machine that has it" if other else ""
        help = f"use `--precision float32`{more}"
        raise DiagnosticError(Diagnostic("E605", f"the {name} has no precision `{precision}`", help=help))
    if precision == "float32":
        return
    reason = probe(device, precision)
    if reason is not None:
        message = f"precision `{precision}` does not work on this {device.name} device"
        notes = (reason, "bfloat16 needs a card of compute capability 8.0 and an ONNX Runtime with kernels for it")
        help = "use `--precision mixed`" if precision == "bfloat16" else "use `--precision float32`"
        raise DiagnosticError(Diagnostic("E605", message, notes=notes[: 1 + (precision == "bfloat16")], help=help))


@cache
def probe(device: Device, precision: Precision) -> str | None:
    """Try a small convolution on the device. None when it works, else why not, in one line."""
    ort = runtime()
    options = ort.SessionOptions()
    options.log_severity_level = 4
    x = np.array([1.0, 2.0, 3.0, 4.0], np.float32).reshape(1, 1, 2, 2)
    with quiet():
        try:
            session = ort.InferenceSession(probe_precision(precision), options, providers=device.providers)
            y = session.run(None, {"x": x})[0]
        except Exception as error:  # a provider may fail in any way; all of them mean that it does not work
            return str(error).strip().partition("\n")[0][:200] or "unknown reason"
    return None if y.tolist() == [[[[30.0]]]] else "a convolution of four numbers gave a wrong result"
