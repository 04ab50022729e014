"""Contenders that do nothing, well or badly, each in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from bench.window import Prepared


def steady(*, name: str, log: str, figure: float) -> Prepared:
    """Writes its name down in each of its windows."""

    def window(seconds: float) -> float:
        with Path(log).open("a") as file:
            file.write(name)
        print("what libraries print is no answer")
        return figure

    return Prepared(window, {"first_loss": 2.5})


def not_ready() -> Prepared:
    raise MemoryError("too large")


def killed(*, after: int) -> Prepared:
    """Is killed in the window after so many."""
    left = after

    def window(seconds: float) -> float:
        nonlocal left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return 1.0

    return Prepared(window)


def stuck() -> Prepared:
    """Never answers."""
    return Prepared(lambda seconds: time.sleep(3600) or 0.0)
