"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netc.runtime.runs.exports.files import write_onnx, write_safetensors
from netc.runtime.runs.exports.hub import write_hub
from netc.runtime.runs.exports.reduced import write_reduced
from netc.runtime.runs.exports.sources import write_keras, write_pytorch
from netc.runtime.runs.loaded import Run

FORMATS: dict[str, Callable[[Run, Path], int]] = {
    "onnx": write_onnx,
    "safetensors": write_safetensors,
    "hub": write_hub,
    "pytorch": write_pytorch,
    "keras": write_keras,
}


def write(run: Run, form: str, path: Path, precision: str, data: str | None, say: Callable[[str], None]) -> int:
    """Write a run in a format; the bytes written. Raises DiagnosticError, and leaves nothing half-written.

    precision, data  of ONNX, see `reduced.py`; `say` is given its figures
    """
    if precision != "float32":
        return write_reduced(run, path, precision, data, say)
    return FORMATS[form](run, path)
