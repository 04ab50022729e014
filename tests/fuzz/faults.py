"""Four kinds whose case 2 does what none may: that each is told, and that the cases after it are run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzzing import worker
from fuzzing.blocks import Row, run
from fuzzing.kind import Kind

WRONG, CASES = b"\2", 4


def raises(content: bytes, place: Path) -> None:
    if content == WRONG:
        raise KeyError("nothing")


def hangs(content: bytes, place: Path) -> None:
    while content == WRONG:
        pass


def dies(content: bytes, place: Path) -> None:
    if content == WRONG:
        os.abort()


def grows(content: bytes, place: Path) -> None:
    if content == WRONG:
        bytearray(600 << 20)


def outcome(what: Callable[[bytes, Path], None], logs: Path) -> str:
    """How the one failure of a kind is told."""
    row = Row(Kind(what.__name__, "texts", what, make_at=lambda at: bytes([at])), 0, CASES)
    run([row], 1, float("inf"), logs, lambda: None)
    ((line, (seed, _)),) = row.found.failures.items()
    assert seed == WRONG[0], seed
    assert row.found.done == CASES, row.found
    assert row.found.times[line] == 1, row.found
    return f"{what.__name__}: {line}"


if __name__ == "__main__":
    worker.AT_MOST = 1
    with TemporaryDirectory() as logs:
        for what in (raises, hangs, dies, grows):
            print(outcome(what, Path(logs)))
