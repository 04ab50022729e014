"""One file: the network as ONNX, or its weights as safetensors, with what is known of them in its metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netc.runtime.folder.files import write_weights
from netc.runtime.runs.export import export
from netc.runtime.runs.exports.about import metadata, notes
from netc.runtime.runs.exports.place import HELP
from netc.runtime.runs.loaded import Run


def write_onnx(run: Run, path: Path) -> int:
    """The network as a model that any ONNX Runtime runs; its bytes.

    Its metadata has the scorer and the data card, as a run's model.onnx, and the notes of `about.py`. Weights that one
    file cannot hold stand in `NAME.onnx.data` beside it.
    """
    how: dict[str, Any] = {"card": run.card, "notes": notes(run), "elsewhere": HELP}
    return export(path, run.net, run.plan_or_none, run.model.state_dict(), **how)


def write_safetensors(run: Run, path: Path) -> int:
    """The weights by their names in the net, float32; their bytes."""
    write_weights(path, run.model.state_dict(), metadata(run), elsewhere=HELP)
    return path.stat().st_size
