"""Refusing a training whose files no disk could hold, before it begins."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

from netc.compiler import Manifest, Net
from netc.grammar.counted import size
from netc.grammar.diagnostics import Diagnostic, DiagnosticError


def check_disk(folder: Path, net: Net, manifest: Manifest) -> None:
    """Raise DiagnosticError E562 where the files of a new run do not fit: two of best weights, two checkpoints, model.

    A file is written beside the one that it replaces: one checkpoint more.
    """
    state = sum(4 * math.prod(map(int, port["shape"])) for port in manifest["inputs"] if port["role"] == "state")
    needed, free = 6 * 4 * net.params + 3 * state, shutil.disk_usage(folder).free
    if needed > free:
        message = f"cannot write {folder}: the files of the run take {size(needed)}, {size(free)} is free"
        raise DiagnosticError(Diagnostic("E562", message, help="free space there, or use another folder"))
