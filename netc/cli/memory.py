"""Refusing networks that no memory or disk of this machine could hold, before anything is allocated or trained."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from netc.compiler import Manifest, Net


def check_memory(net: Net, copies: int) -> None:
    """Raise DiagnosticError E604 where so many copies of a net's weights exceed the machine's memory."""
    weights = 4 * sum(math.prod(size for size in item.value.shape if isinstance(size, int)) for item in net.parameters)
    installed = memory_installed()
    if installed is not None and weights * copies > installed:
        message = (
            f"the {counted(net.params, 'parameter')} of net {net.name} take {weights * copies / 1e9:,.1f} GB in "
            f"{counted(copies, 'copy', 'copies')}, this machine has {installed / 1e9:,.1f} GB"
        )
        help = "make the largest layers smaller; `netc summary` lists what each takes"
        raise DiagnosticError(Diagnostic("E604", message, help=help))


def check_disk(folder: Path, net: Net, manifest: Manifest) -> None:
    """Raise DiagnosticError E562 where the files of a new run do not fit: best weights, checkpoint and model."""
    state = sum(4 * math.prod(map(int, port["shape"])) for port in manifest["inputs"] if port["role"] == "state")
    needed, free = 3 * 4 * net.params + state, shutil.disk_usage(folder).free
    if needed > free:
        message = (
            f"cannot write {folder}: the files of the run take {needed / 1e9:,.1f} GB, {free / 1e9:,.1f} GB is free"
        )
        raise DiagnosticError(Diagnostic("E562", message, help="free space there, or use `--out` for another folder"))


def memory_installed() -> int | None:
    """Bytes of memory of this machine; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
