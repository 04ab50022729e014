"""Signals while compiled code is imported: they wait for its end, and then do what they would have done."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from processes import command, surroundings

from netc.grammar.uninterrupted import uninterrupted
from netc.runtime.devices import telemetry

SENDS = """
import os, signal
try:
    os.kill(os.getpid(), signal.{})
    whole = True
except BaseException:  # as the code of an extension does, which knows of no other exception
    raise ImportError("initialization failed") from None
"""
FAILS = 'raise ImportError("initialization failed")\n'

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself this signal there")


@pytest.fixture(params=["", FAILS], ids=["well", "failing"])
def after(request: pytest.FixtureRequest) -> str:
    """How the import goes on after the signal."""
    return str(request.param)


def in_the_place_of(module: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, module, raising=False)


@on_posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_the_command_ends_as_interrupted(name: str, code: int, after: str, tmp_path: Path) -> None:
    """Before: exit code 4 and E602, with the advice to install ONNX Runtime anew."""
    (tmp_path / "onnxruntime.py").write_text(SENDS.format(name) + after)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from netc.cli import main; main()"
    words = [sys.executable, "-c", program, *command("env")[3:]]
    done = subprocess.run(words, capture_output=True, text=True, env=surroundings(), timeout=60)
    assert (done.returncode, done.stdout) == (code, "")
    assert "E602" not in done.stderr


@on_posix
def test_the_import_is_whole_and_the_earlier_handler_is_back(
    after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGINT)
    in_the_place_of("onnxruntime", SENDS.format("SIGINT") + after, tmp_path, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        telemetry.import_runtime()
    assert signal.getsignal(signal.SIGINT) is before
    assert ("onnxruntime" in sys.modules) == (not after)
    if not after:
        assert sys.modules["onnxruntime"].whole


@on_posix
def test_a_handler_that_goes_on_gets_the_signal_once(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[int] = []

    def handle(number: int, frame: Any) -> None:
        got.append(number)

    before = signal.signal(signal.SIGTERM, handle)
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
            assert got == []
        assert got == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is handle
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_import_that_fails_by_itself_fails_as_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_place_of("onnxruntime", FAILS, tmp_path, monkeypatch)
    with pytest.raises(ImportError, match="initialization failed"):
        telemetry.import_runtime()


def test_another_thread_leaves_the_handlers_alone() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def look() -> None:
        with uninterrupted():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]


@on_posix
@pytest.mark.parametrize("module", ["netc.compiler.emit", "netc.compiler.importing.protobuf"])
def test_onnx_is_imported_whole_too(module: str, tmp_path: Path) -> None:
    """Before: `terminate called after throwing an instance of nanobind::python_error`, where it came then."""
    (tmp_path / "onnx.py").write_text(SENDS.format("SIGINT") + FAILS)
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
try:
    import {module}
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("interrupted\n", "", 0)
