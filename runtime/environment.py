"""What this installation is made of: versions, devices that really work, conflicts and what repairs them."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any, TypedDict

PACKAGES = ("netc", "onnx", "numpy", "click", "lark", "rich", "pillow", "safetensors", "matplotlib")


class Conflict(TypedDict):
    """Something wrong with the installation, and the command that repairs it."""

    problem: str
    repair: str


class DeviceReport(TypedDict):
    """Whether a device works, and if not, why."""

    works: bool
    reason: str | None


class Environment(TypedDict):
    """The report of `netc env`. `packages` gives None for what isn't installed."""

    version: int
    python: str
    platform: str
    cores: int
    packages: dict[str, str | None]
    onnxruntime: dict[str, str]
    devices: dict[str, DeviceReport]
    conflicts: list[Conflict]


def environment() -> Environment:
    """Look at the installation and try every device."""
    from netc.grammar.diagnostics import DiagnosticError
    from netc.runtime.device import PROVIDERS, probe

    devices: dict[str, DeviceReport] = {}
    for name in PROVIDERS:
        try:
            reason = probe(name)
        except DiagnosticError as error:
            reason = error.diagnostics[0].message
        devices[name] = {"works": reason is None, "reason": reason}
    return {
        "version": 1,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cores": _cores(),
        "packages": {name: _version(name) for name in PACKAGES},
        "onnxruntime": onnxruntime_distributions(),
        "devices": devices,
        "conflicts": conflicts(),
    }


def conflicts() -> list[Conflict]:
    """Two distributions of ONNX Runtime overwrite each other; removing either leaves an empty module."""
    installed = onnxruntime_distributions()
    if len(installed) > 1:
        names = " ".join(installed)
        keep = "onnxruntime-gpu" if "onnxruntime-gpu" in installed else next(iter(installed))
        return [
            {
                "problem": f"{' and '.join(installed)} are both installed and overwrite each other's files",
                "repair": f"python -m pip uninstall --yes {names} && python -m pip install {keep}",
            }
        ]
    if _is_empty_module():
        name = next(iter(installed), "onnxruntime")
        return [
            {
                "problem": "onnxruntime has no InferenceSession: another distribution of it was removed",
                "repair": f"python -m pip install --force-reinstall --no-deps {name}",
            }
        ]
    return []


def _is_empty_module() -> bool:
    try:
        import onnxruntime
    except ImportError:
        return True
    return not hasattr(onnxruntime, "InferenceSession")


def onnxruntime_distributions() -> dict[str, str]:
    """Every installed distribution that provides the module `onnxruntime`, with its version."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name: Any = distribution.metadata["Name"]
        word = str(name or "").lower().replace("_", "-")
        if word == "onnxruntime" or (word.startswith("onnxruntime-") and word.split("-")[1] in _FLAVOURS):
            found[word] = distribution.version
    return dict(sorted(found.items()))


_FLAVOURS = {"gpu", "directml", "openvino", "training", "qnn", "silicon", "azure", "migraphx", "rocm"}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
