"""What these tests share: nets from text, and what ONNX Runtime makes of their models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sessions import session_of

from netc.compiler import Net, load
from netc.compiler.artifact import Artifact

Array = np.ndarray[Any, Any]
Run = Callable[[Artifact, Mapping[str, Array]], dict[str, Array]]


@pytest.fixture
def net_of(tmp_path: Path) -> Callable[[str], Net]:
    """The net of a text."""

    def made(text: str) -> Net:
        file = tmp_path / "scan.net"
        file.write_text(text, "utf-8")
        return load(str(file))

    return made


@pytest.fixture
def run() -> Run:
    """All outputs of a model, of what it takes of the feeds."""

    sessions: dict[bytes, Any] = {}

    def ran(artifact: Artifact, feeds: Mapping[str, Array]) -> dict[str, Array]:
        if artifact.model not in sessions:
            sessions[artifact.model] = session_of(artifact.model)
        session = sessions[artifact.model]
        names = [port.name for port in session.get_inputs()]
        made = session.run(None, {name: feeds[name] for name in names})
        return dict(zip([port.name for port in session.get_outputs()], made, strict=True))

    return ran
