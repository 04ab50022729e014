"""Refusing networks that no memory of this machine could hold, before anything is allocated."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from netc.compiler import Net


def check_memory(net: Net, copies: int) -> None:
    """Raise DiagnosticError E136 for more parameters than are made, E604 where so many copies exceed the memory."""
    from netc.compiler import check_count

    check_count(net)
    weights = 4 * sum(math.prod(size for size in item.value.shape if isinstance(size, int)) for item in net.parameters)
    installed = memory_installed()
    if installed is not None and weights * copies > installed:
        message = (
            f"the {counted(net.params, 'parameter')} of net {net.name} take {weights * copies / 1e9:,.1f} GB in "
            f"{counted(copies, 'copy', 'copies')}, this machine has {installed / 1e9:,.1f} GB"
        )
        help = "make the largest layers smaller; `netc summary` lists what each takes"
        raise DiagnosticError(Diagnostic("E604", message, help=help))


def memory_installed() -> int | None:
    """Bytes of memory of this machine; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
