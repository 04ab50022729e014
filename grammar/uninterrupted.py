"""Ctrl-C, and the signals that end a program, wait for the end of an import of compiled code.

What Python raises while the code of an extension is set up is taken there for a broken installation, or ends the
process: nothing in it awaits an exception.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals by which a person, a job scheduler and a closed terminal end a program; Windows lacks the last."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let signals that Python answers come after the block, the first of them once. Only in the main thread.

    What a signal does is left to the handler that was there; what the system answers itself is left to the system.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        came.append(number)

    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if callable(handler)}
    for number in before:
        signal.signal(number, remember)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
