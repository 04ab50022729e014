"""The process in which a stranger's model runs: `python -m netc.runtime.sessions.isolated.child`.

It reads requests on its standard input and answers on its standard output, one at a time; `exchange.py` has their form.
What libraries print goes to the standard error, which netc keeps. The system holds it to its memory, and ends it when a
request takes too long, even where nobody is left who would.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices.device import Device, runtime
from netc.runtime.sessions.failed_runs import OUT_OF_MEMORY
from netc.runtime.sessions.isolated.exchange import DTYPES, pack, receive, send, unpack
from netc.runtime.sessions.session import Session

STACK = 16 << 20
"""What a thread of ONNX Runtime's takes of the memory that is limited: one for each core is free."""
PRINTED = 1 << 20
"""The most bytes of a file that it writes: what libraries print."""
SLACK = 5.0
"""Seconds behind netc's own end of a request after which the system ends this process."""
WHOLE = 1 << 62


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # netc has got it too, and ends this process
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _be_modest()
    sessions: list[Session] = []
    runtime()
    send(answers, {"ready": True})
    while True:
        try:
            said, parts = receive(requests, WHOLE)
        except EOFError:
            return
        except MemoryError as error:
            send(answers, {"memory": str(error)})
            return
        _end_after(said["seconds"])
        found, arrays = _answer(sessions, said, parts)
        _end_after(0)
        send(answers, found, arrays)


def _answer(
    sessions: list[Session], said: Mapping[str, Any], parts: Sequence[bytearray]
) -> tuple[dict[str, Any], list[memoryview]]:
    try:
        if "open" in said:
            return _open(sessions, said, bytes(parts[0])), []
        outputs = sessions[said["run"]].run(unpack(said["arrays"], parts))
        found, arrays = pack(outputs)
        size = sum(map(len, arrays))
        return ({"too_much": size}, []) if size > said["most"] else ({"arrays": found}, arrays)
    except DiagnosticError as error:
        first = error.diagnostics[0]
        if first.code == "E604":
            return {"memory": first.notes[0] if first.notes else ""}, []
        return {"code": first.code, "message": first.message, "help": first.help}, []
    except MemoryError as error:
        return {"memory": str(error)}, []
    except Exception as error:  # ONNX Runtime has a class of exception for each way a model can be wrong
        text = str(error) or type(error).__name__
        return {"memory" if any(words in text.lower() for words in OUT_OF_MEMORY) else "failed": text[:2000]}, []


def _open(sessions: list[Session], said: Mapping[str, Any], model: bytes) -> dict[str, Any]:
    _limit_memory(said["memory"])
    folder = None if said["folder"] is None else Path(said["folder"])
    session = Session(model, Device(**said["device"]), threads=said["threads"], folder=folder, unread=True)
    sessions.append(session)
    ports = session.session.get_inputs(), session.session.get_outputs()
    inputs, outputs = ([_port(item) for item in items] for items in ports)
    return {"open": len(sessions) - 1, "metadata": session.metadata, "inputs": inputs, "outputs": outputs}


def _port(item: Any) -> list[Any]:
    shape = [size if isinstance(size, int | str) else None for size in item.shape] if item.type in DTYPES else []
    return [item.name, item.type, shape]


def _be_modest() -> None:
    """What holds whatever it is asked: no image of its memory when it dies, little written, first to go."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (PRINTED, PRINTED))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _limit_memory(size: int) -> None:
    """Let this process make so many bytes more than it has, where the system can hold it to that."""
    try:
        import resource

        status = Path("/proc/self/status").read_text()
    except (ImportError, OSError):
        return
    held = next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmData"))
    limit = held + size + STACK * (os.cpu_count() or 1)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _end_after(seconds: float) -> None:
    """Have the system end this process then; 0 takes it back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds and seconds + SLACK)


if __name__ == "__main__":
    main()
