"""A case made smaller, as long as it fails in the same way."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

from fuzzing.judge import judged
from fuzzing.kind import Kind

SECONDS = 20.0


def smaller(kind: Kind, content: bytes, line: str, place: Path) -> bytes:
    """The bytes with pieces left out, for twenty seconds at most; `line` is how the case fails."""
    end = time.monotonic() + SECONDS
    size = max(1, len(content) // 2)
    while time.monotonic() < end:
        at, left = 0, len(content)
        while at < len(content) and time.monotonic() < end:
            tried = content[:at] + content[at + size :]
            failure = judged(kind, tried, place)
            if failure is not None and failure.line == line:
                content = tried
            else:
                at += size
        if size == 1 and left == len(content):
            break
        size = max(1, size // 2)
    return content


def smaller_elsewhere(kind: Kind, content: bytes, line: str, place: Path) -> bytes:
    """The same in a process of its own; the bytes as they are where that dies or takes too long."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=lambda: theirs.send_bytes(smaller(kind, content, line, place)), daemon=True)
    process.start()
    theirs.close()
    try:
        return ours.recv_bytes() if ours.poll(SECONDS + 40) else content
    except EOFError:
        return content
    finally:
        process.kill()
        process.join()
