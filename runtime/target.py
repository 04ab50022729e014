"""Which of the compiler's targets a device is given."""

from __future__ import annotations

from functools import cache
from typing import Any

from netc.compiler import probe_cpu
from netc.runtime.device import Device, runtime


def target_for(device: Device) -> str:
    """The fastest target of a device: `cuda` there; on a CPU what its probe says, `std` where it says no."""
    return "cuda" if device.name == "cuda" else _cpu_target()


@cache
def _cpu_target() -> str:
    return probe_cpu(_run)


def _run(model: bytes, inputs: dict[str, Any]) -> list[Any]:
    ort = runtime()
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    found: list[Any] = session.run(None, inputs)
    return found
