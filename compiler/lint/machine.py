"""What this machine has, as far as the system tells it without a library."""

from __future__ import annotations

import os


def memory_bytes() -> int | None:
    """The machine's memory in bytes, None where the system doesn't say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
