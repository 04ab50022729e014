"""A contender's side of the turns: made ready in a process of its own, it runs for a window when it is told to.

`python -m bench.window module:function JSON` calls the function with the JSON object's arguments, answers with the
facts of what it returns, and then with the seconds of a call for each line with the seconds of a window. It sleeps in
between, and ends when nobody is there any more. Answers are lines of JSON; what libraries print goes to the errors.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

WARM_UP = 2


@dataclass(frozen=True)
class Prepared:
    """What takes turns.

    window  from the seconds that a window lasts to the seconds of a call in it, their median
    facts   what is known beforehand, such as the first loss
    """

    window: Callable[[float], float]
    facts: dict[str, Any] = field(default_factory=dict)


def timed(run: Callable[[], object], facts: dict[str, Any]) -> Prepared:
    """A call that returns only when its work is done, warmed up."""
    for _ in range(WARM_UP):
        last = _seconds(run)

    def window(seconds: float) -> float:
        nonlocal last
        if last < seconds:
            run()  # it finds in the caches what others left there
        times: list[float] = []
        end = time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            times.append(_seconds(run))
        last = times[-1]
        return statistics.median(times)

    return Prepared(window, facts)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(function: str, arguments: str) -> None:
    answers = os.dup(1)
    os.dup2(2, 1)

    def answer(found: object) -> None:
        os.write(answers, json.dumps(found).encode() + b"\n")

    module, _, name = function.partition(":")
    prepared = getattr(import_module(module), name)(**json.loads(arguments))
    answer(prepared.facts)
    for line in sys.stdin:
        answer(prepared.window(float(line)))


if __name__ == "__main__":
    main(*sys.argv[1:])
