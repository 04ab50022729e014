"""What this machine has, as far as the system tells it without a library."""

from __future__ import annotations

import os


def memory_bytes() -> int | None:
    """The machine's memory in bytes, None where the system doesn't say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def readable(size: float) -> str:
    """A number of bytes with a unit: `1.5 GiB`."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
