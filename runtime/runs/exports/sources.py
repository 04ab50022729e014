"""A folder with the network as source code of another framework, and its weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netc.compiler import CannotWriteError, Net, keras_source, pytorch_source
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder.files import write_atomic
from netc.runtime.runs.exports.files import write_safetensors
from netc.runtime.runs.exports.place import check_free, new_folder
from netc.runtime.runs.loaded import Run


def write_pytorch(run: Run, path: Path) -> int:
    """model.py and model.safetensors; the bytes of both. Raises DiagnosticError E595, E596, E562."""
    return _write(run, path, pytorch_source, "PyTorch")


def write_keras(run: Run, path: Path) -> int:
    """model.py and model.safetensors; the bytes of both. Raises DiagnosticError E595, E596, E562."""
    return _write(run, path, keras_source, "Keras")


def _write(run: Run, path: Path, source: Callable[[Net], str], framework: str) -> int:
    check_free(path)
    try:
        text = source(run.net)
    except CannotWriteError as error:
        help = "use `--to onnx`, which takes every network"
        message = f"net {run.net.name} cannot be written in {framework}"
        raise DiagnosticError(
            Diagnostic("E596", message, notes=(f"there is no way to write {error}",), help=help)
        ) from None
    with new_folder(path) as folder:
        write_atomic(folder / "model.py", text.encode())
        size = write_safetensors(run, folder / "model.safetensors")
    return size + len(text.encode())
