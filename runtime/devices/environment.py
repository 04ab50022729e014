"""What this installation is made of: versions, devices that really work, conflicts and what repairs them."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import TypedDict

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices.device import PROVIDERS, Device, probe
from netc.runtime.devices.installation import Conflict, conflicts, onnxruntime_distributions
from netc.runtime.devices.target import slower_than_it_could, target_for
from netc.runtime.devices.telemetry import Telemetry, telemetry

PACKAGES = ("netc", "onnx", "numpy", "click", "lark", "rich", "pillow", "safetensors", "matplotlib", "netc-fast")


class DeviceReport(TypedDict):
    """Whether a device works, and if not, why; which of the compiler's targets training takes there; what is faster."""

    works: bool
    reason: str | None
    target: str | None
    advice: str | None


class Environment(TypedDict):
    """The report of `netc env`. `packages` gives None for what isn't installed."""

    version: int
    python: str
    platform: str
    cores: int
    packages: dict[str, str | None]
    onnxruntime: dict[str, str]
    telemetry: Telemetry
    devices: dict[str, DeviceReport]
    conflicts: list[Conflict]


def environment() -> Environment:
    """Look at the installation and try every device."""
    devices: dict[str, DeviceReport] = {}
    for name in PROVIDERS:
        try:
            reason = probe(name)
        except DiagnosticError as error:
            reason = error.diagnostics[0].message
        target = target_for(Device(name)) if reason is None else None
        advice = None if target is None else slower_than_it_could(Device(name), target)
        devices[name] = {"works": reason is None, "reason": reason, "target": target, "advice": advice}
    return {
        "version": 1,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "packages": {name: _version(name) for name in PACKAGES},
        "onnxruntime": onnxruntime_distributions(),
        "telemetry": telemetry(),
        "devices": devices,
        "conflicts": conflicts(),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
