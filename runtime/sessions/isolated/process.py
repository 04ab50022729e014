"""A process for the models of one file, and its sessions, which are used as any other.

Every request has a limit of time, the process one of memory, each answer one of size. What goes past them, and whatever
else becomes of the process, is a finding; its other requests are refused with the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Timer
from typing import Any, BinaryIO

from netc.compiler import Manifest
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.limits import SECONDS, TENSORS, WORKING_MEMORY, Limit
from netc.grammar.opening import clipped
from netc.grammar.snippet import printable
from netc.runtime.devices.device import CPU, Device
from netc.runtime.sessions.isolated.exchange import ExchangeError, TooLongError, pack, receive, send, unpack
from netc.runtime.sessions.reasons import failing_operator
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Given, called, manifest_of
from netc.runtime.sessions.sizes import SizeCheck

CHILD = "netc.runtime.sessions.isolated.child"
ITS_OWN_SIZE = 4
"""A model may take so many times the bytes of its file besides: read, copied, and laid out for the processor."""
PASSED_ON = ("E558",)
"""Findings of the process that are told as they are."""
TOLD = 300
LONGEST = 10**8
"""Seconds that clocks of every system can wait, three years."""
STARTING = 120.0
"""Seconds that the process may take to start, which it does in a third of one."""


class FailedError(Exception):
    """ONNX Runtime refused the model, or a run of it failed; the text is its message."""


class IsolatedSession:
    """A session in the process: `inputs`, `outputs`, `metadata`, `manifest` and `run` as a `Session` has them."""

    def __init__(self, process: IsolatedProcess, number: int, opened: Mapping[str, Any]) -> None:
        self._process, self._number = process, number
        self.metadata: dict[str, str] = opened["metadata"]
        self.manifest: Manifest | None = manifest_of(self.metadata)
        self.inputs, given = opened["inputs"], opened["outputs"]
        self.given_outputs: list[Given] = given
        self.outputs = called(self.manifest, [port.name for port in given])
        self._check_sizes = SizeCheck(self.manifest)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once; raises DiagnosticError E540 to E543, E556, E558, and FailedError."""
        self._check_sizes(feeds)
        wanted = {port.name for port in self.inputs}
        arrays = self._process.run(self._number, {name: array for name, array in feeds.items() if name in wanted})
        if set(arrays) != set(self.outputs):
            raise self._process.lost("it answered with other outputs than it has")
        return {self.outputs[name]: array for name, array in arrays.items()}


class IsolatedProcess:
    """The process, started at once.

    name     of the file, for findings
    threads  of one operator, 0 for every core

    It ends when this object is closed or gone, and when this program is.
    """

    def __init__(self, name: str, device: Device = CPU, threads: int = 0) -> None:
        self.name, self.device, self.threads = clipped(printable(name)), device, threads
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115
        path = os.pathsep.join(place for place in sys.path if place)
        environment = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", CHILD],  # -P: no module of the folder that the user happens to be in
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._printed, env=environment,
        )  # fmt: skip
        self.close = weakref.finalize(self, _end, self._process, self._printed)
        self._ended: Diagnostic | None = None
        self._ready = False

    def open(self, model: bytes, folder: Path | None = None, size: int = 0) -> IsolatedSession:
        """A session for the bytes of a model.

        folder  of its external data, where it has some;  size: bytes of that

        Raises DiagnosticError E540, E541, E543, and FailedError.
        """
        memory = WORKING_MEMORY.value + ITS_OWN_SIZE * (len(model) + size)
        where = None if folder is None else str(folder.resolve())
        how = {"memory": memory, "device": asdict(self.device), "threads": self.threads, "folder": where}
        said, _ = self._ask({"open": True, **how}, [model])
        try:
            number, metadata = said["open"], said["metadata"]
            ports = [[Given(name, kind, shape) for name, kind, shape in said[side]] for side in ("inputs", "outputs")]
        except (KeyError, TypeError, ValueError):
            raise self.lost("it answered in a way that there isn't") from None
        return IsolatedSession(self, number, {"metadata": metadata, "inputs": ports[0], "outputs": ports[1]})

    def run(self, number: int, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run a session by its number; outputs by their names in the model."""
        arrays, parts = pack(feeds)
        said, answer = self._ask({"run": number, "arrays": arrays, "most": TENSORS.value}, parts)
        try:
            return unpack(said.get("arrays"), answer)
        except ExchangeError as error:
            raise self.lost(f"it answered with {error}") from None

    def _ask(
        self, said: Mapping[str, Any], parts: Sequence[bytes | memoryview]
    ) -> tuple[dict[str, Any], list[bytearray]]:
        if not self._ready:
            self._exchange(None, (), STARTING)
            self._ready = True
        seconds = min(SECONDS.value, LONGEST)
        found, arrays = self._exchange({**said, "seconds": seconds}, parts, seconds)
        if "memory" in found:
            help = "ask about fewer rows at a time, or make its inputs smaller"
            where = failing_operator(str(found["memory"]))
            self._ended = self._past(WORKING_MEMORY, f"{self.name} takes too much memory", help, where).diagnostics[
                0
            ]  # what it holds now is not given back
            self.close()
            raise DiagnosticError(self._ended)
        if "too_much" in found:
            size = found["too_much"]
            raise self._past(TENSORS, self._too_much(size), asked=size if isinstance(size, int) else 0)
        if "failed" in found:
            raise FailedError(str(found["failed"]))
        if found.get("code") in PASSED_ON:
            text, help = (printable(str(found.get(key)))[:TOLD] for key in ("message", "help"))
            raise DiagnosticError(Diagnostic(found["code"], text, help=help))
        if "code" in found:
            raise FailedError(str(found.get("message")))
        return found, arrays

    def _exchange(
        self, said: Mapping[str, Any] | None, parts: Sequence[bytes | memoryview], seconds: float
    ) -> tuple[dict[str, Any], list[bytearray]]:
        """Send a message, or none, and receive one within a time."""
        if self._ended is not None:
            raise DiagnosticError(self._ended)
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        late = _Alarm(seconds, self._process)
        try:
            if said is not None:
                send(requests, said, parts)
            return receive(answers, TENSORS.value)
        except TooLongError:
            raise self.lost("it answered with more than it was allowed") from None
        except (OSError, EOFError, ExchangeError):
            raise self._gone(late.rang) from None
        except BaseException:  # interrupted: what it is at is for nobody
            self.close()
            raise
        finally:
            late.cancel()

    def _too_much(self, size: Any) -> str:
        shown = TENSORS.shown(size) if isinstance(size, int) else "too much"
        return f"one batch of answers of {self.name} has {shown}"

    def _past(self, limit: Limit, message: str, help: str = "", note: str = "", asked: int = 0) -> DiagnosticError:
        return limit.error(message, help=help, note=note, asked=asked)

    def _gone(self, late: bool) -> DiagnosticError:
        """What to say of a process that ended without an answer."""
        if late:
            message = f"{self.name} had not answered after {counted(SECONDS.value, 'second')}"
            help = "give it fewer or smaller inputs"
            self._ended = self._past(SECONDS, message, help).diagnostics[0]
            self.close()
            return DiagnosticError(self._ended)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        return self.lost(_how(self._process.returncode))

    def lost(self, how: str) -> DiagnosticError:
        """E543, for this and all later requests: the process is not to be relied on."""
        printed = _tail(self._printed)
        notes = (how, *([f"it printed: {printed}"] if printed else []))
        help = "the file is damaged, or made to do harm; a file that you trust is a bug of ONNX Runtime to report"
        message = f"{self.name} ended the process that ran it"
        self._ended = Diagnostic("E543", message, notes=notes, help=help)
        self.close()
        return DiagnosticError(self._ended)


class _Alarm:
    """Ends a process after a time; whether it did is `rang`."""

    def __init__(self, seconds: float, process: subprocess.Popen[bytes]) -> None:
        self._process, self.rang = process, False
        self._timer = Timer(seconds, self._ring)
        self._timer.daemon = True
        self._timer.start()

    def _ring(self) -> None:
        self.rang = True
        self._process.kill()

    def cancel(self) -> None:
        self._timer.cancel()


def _end(process: subprocess.Popen[bytes], printed: BinaryIO) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):
            if stream is not None:
                stream.close()
    process.wait()
    printed.close()


def _how(code: int | None) -> str:
    if code is None:
        return "it closed its output and went on"
    if code >= 0:
        return f"it ended with code {code}"
    said = {-9: "killed, as the system does when memory is short", -11: "a fault of memory", -6: "it gave up"}
    return f"it ended by signal {-code}" + (f" ({said[code]})" if code in said else "")


def _tail(printed: BinaryIO) -> str:
    with suppress(OSError, ValueError):
        printed.seek(0, os.SEEK_END)
        printed.seek(max(0, printed.tell() - 2 * TOLD))
        lines = printed.read().decode("utf-8", "replace").strip().splitlines()
        return _short(lines[-1]) if lines else ""
    return ""


def _short(text: str) -> str:
    return printable(" ".join(text.split())[:TOLD])
