"""A network to look at: a run, or a text or model with weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netc.compiler import load
from netc.runtime.devices.device import Device
from netc.runtime.folder.initial import read_initial
from netc.runtime.model import Model
from netc.runtime.runs.loaded import load_run


def open_model(
    path: Path,
    device: str | Device = "auto",
    *,
    net: str | None = None,
    settings: Mapping[str, Any] | None = None,
    weights: Path | None = None,
    map: str | None = None,
) -> Model:
    """The network of a run with its best weights, or of a file.

    path      a run folder, a `.net` file or an `.onnx` model
    net, settings   of a file: which net of it, with which arguments
    weights   of a text: what `--init` takes;  map: the name of a map beside the net. Drawn from seed 0 unless given

    Raises DiagnosticError for a text that doesn't compile, E550 to E553, E560, E561, E570.
    """
    if path.is_dir():
        return load_run(path, device).model
    model = Model(load(str(path), net, dict(settings or {})), device)
    if weights is not None:
        model.load_state_dict(read_initial(weights, model.net, map=map).weights, strict=False)
    return model
