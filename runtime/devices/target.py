"""Which of the compiler's targets a device is given."""

from __future__ import annotations

from functools import cache
from typing import Any

from netc.compiler import probe_cpu, target_of
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.devices.device import Device, runtime
from netc.runtime.devices.fast_library import fast_library, why_no_library

FAST = {"cpu": "fast", "cpu8": "fast8"}
"""What a CPU target becomes where the library of `netc[fast]` is installed."""


def target_for(device: Device) -> str:
    """The fastest target of a device: `cuda` there; on a CPU what its probe says, `std` where it says no."""
    if device.name == "cuda":
        return "cuda"
    found = cpu_target()
    return FAST.get(found, found) if fast_library() else found


def slower_than_it_could(device: Device, target: str) -> str | None:
    """A line for a training that takes a CPU's target where it would take the same with `netc[fast]`, or None."""
    if device.name != "cpu" or target not in FAST or fast_library():
        return None
    return f"netc[fast], which makes steps faster, is {why_no_library()}"


def check_target(target: str) -> str:
    """The target; raises DiagnosticError E609 for none, or one of blocks that this processor's runtime lacks."""
    target_of(target)
    blocked = {*FAST, *FAST.values()}
    found = cpu_target()
    if target in blocked and target not in (found, FAST.get(found)):
        message = f"target `{target}` is not for this processor, whose ONNX Runtime has "
        message += f"blocks of target `{found}`" if found in blocked else "no blocks of channels"
        raise DiagnosticError(Diagnostic("E609", message, help=f"use `{found}`, or `auto`"))
    return target


@cache
def cpu_target() -> str:
    """The fastest target of the stock runtime on this CPU."""
    return probe_cpu(_run)


def _run(model: bytes, inputs: dict[str, Any]) -> list[Any]:
    ort = runtime()
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    found: list[Any] = session.run(None, inputs)
    return found
