"""Ctrl-C, and the signals that end a program, wait for the end of a step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from netc.grammar.uninterrupted import ENDING


@dataclass(slots=True)
class Asked:
    """Whether somebody asked to stop, and by which signal."""

    number: int = 0

    def is_set(self) -> bool:
        """Whether a signal has come."""
        return self.number != 0


class Interrupted(KeyboardInterrupt):
    """The training stopped after a whole step because somebody asked; `step` is the number of steps made.

    code  the exit code of a program that ends for it: 128 and the number of the signal
    """

    def __init__(self, step: int, number: int = signal.SIGINT) -> None:
        self.step = step
        self.code = 128 + number
        super().__init__(f"interrupted after step {step}")


@contextmanager
def interruptible() -> Iterator[Asked]:
    """Yields what the first signal sets; a second one does what it did before. Only in the main thread.

    A signal that the process ignores, as `nohup` has it ignore SIGHUP, stays ignored.
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}

    def handle(number: int, frame: FrameType | None) -> None:
        asked.number = number
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in before:
        signal.signal(number, handle)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
