"""Which distributions of ONNX Runtime are installed, whether they fight, and what repairs it."""

from __future__ import annotations

from importlib import metadata
from typing import TypedDict

from netc.runtime.devices.telemetry import import_runtime

FLAVOURS = ("gpu", "directml", "openvino", "training", "qnn", "silicon", "azure", "migraphx", "rocm")
DISTRIBUTIONS = ("onnxruntime", *(f"onnxruntime-{flavour}" for flavour in FLAVOURS))
"""Those that provide the module `onnxruntime`."""


class Conflict(TypedDict):
    """Something wrong with the installation, and the command that repairs it."""

    problem: str
    repair: str


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
        return not hasattr(import_runtime(), "InferenceSession")
    except ImportError:
        return True


def onnxruntime_distributions() -> dict[str, str]:
    """Every installed distribution that provides the module `onnxruntime`, with its version."""
    return {name: found.version for name in sorted(DISTRIBUTIONS) for found in metadata.distributions(name=name)}
