"""Processes of netc that begin where its imports end: most of the time of a short command is the reading of modules.

A process that has them forks for every command, in the folder and the environment of the caller, and runs `netc` there
as `python -m netc` does. Nothing that a command does reaches another. Tests of imports, streams, signals and locales
start netc for themselves.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from processes import command, surroundings
from threads import sleep_when_idle
from without_curves import leave_curves_out

SECONDS = 300
EXAMPLE = str(Path(__file__).parents[2] / "examples/lecture/digits.net")
HEAVY = ("numpy", "onnx", "onnxruntime", "rich.table")


class Warm:
    """The process that has the modules. It reads commands as lines of JSON, and answers each with an exit code."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def run(self, arguments: Sequence[str], folder: Path, given: bytes) -> tuple[int, bytes, bytes]:
        """Exit code of netc and what it wrote on both streams."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with TemporaryDirectory() as name:
            streams = [Path(name, stream) for stream in ("in", "out", "err")]
            streams[0].write_bytes(given)
            words = {"arguments": list(arguments), "folder": str(folder), "environment": surroundings(),
                     "streams": [str(path) for path in streams]}  # fmt: skip
            self.process.stdin.write(json.dumps(words) + "\n")
            self.process.stdin.flush()
            code = int(self.process.stdout.readline())
            return code, streams[1].read_bytes(), streams[2].read_bytes()

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@cache
def warm() -> Warm:
    """This process's own, which ends with it."""
    made = Warm()
    atexit.register(made.close)
    return made


def netc_in(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    """`netc ARGUMENTS` in a folder; `given` is its standard input. It writes UTF-8."""
    if hasattr(os, "fork"):
        code, out, err = warm().run(arguments, folder, given)
    else:
        done = subprocess.run(
            command(*arguments), cwd=folder, env=surroundings(), input=given, capture_output=True, timeout=SECONDS
        )
        code, out, err = done.returncode, done.stdout, done.stderr
    texts = (io.TextIOWrapper(io.BytesIO(written), encoding="utf-8").read() for written in (out, err))
    return subprocess.CompletedProcess(command(*arguments), code, *texts)


def become(arguments: list[str], folder: str, environment: dict[str, str], streams: list[str]) -> None:
    """Run netc in this process, with files for the three streams, and end it."""
    signal.alarm(SECONDS)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace")
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    sys.argv = ["netc", *arguments]
    runpy.run_module("netc", run_name="__main__", alter_sys=True)


def serve() -> None:
    """Read the modules in, by using them, and fork for every line, one after the other."""
    from netc.cli import VERBS, module_of, run

    for name in (*HEAVY, *map(module_of, VERBS)):
        import_module(name)
    sleep_when_idle()
    leave_curves_out()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), TemporaryDirectory() as folder:
        assert run(["lint", EXAMPLE]) == 0
        assert run(["summary", EXAMPLE]) == 0
        assert run(["compile", EXAMPLE, "-o", str(Path(folder, "m.onnx"))]) == 0
    gc.freeze()  # a collection in a child would write to every page
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                become(**json.loads(line))
                code = 0
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            except BaseException:
                traceback.print_exc()
                code = 1
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


if __name__ == "__main__":
    serve()
