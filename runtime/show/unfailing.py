"""A stream for progress: what cannot be written is passed over, and the training goes on."""

from __future__ import annotations

import contextlib
from typing import Any, TextIO


class Unfailing:
    """A text stream whose full disk, closed pipe or closed terminal is nobody's concern; raises nothing.

    stream  where texts go, or None for nowhere
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write what can be written."""
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed files, and texts no encoding has
            self.stream.write(text)  # type: ignore[union-attr]
        return len(text)

    def flush(self) -> None:
        """Write out what is waiting."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self.stream.flush()  # type: ignore[union-attr]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
