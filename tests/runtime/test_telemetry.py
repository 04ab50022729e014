"""netc writes nothing outside its run folder and opens no connection, and ONNX Runtime neither unless it is told to."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import command
from source_trees import trees

from netc.runtime.devices.telemetry import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 20
"""How long a process lives at least: without the variable ONNX Runtime 1.31 asks for its first connection after 10."""

PROGRAM = """
import sys, time
import netc.cli
began = time.monotonic()
for words in (
    ["train", "net.net", "--epochs", "3", "--out", "run", "--device", "cpu"],
    ["eval", "run"],
    ["predict", "run", "run/sample.npz"],
    ["env"],
):
    if (code := netc.cli.run(words)):
        sys.exit(code)
time.sleep(max(0, SECONDS - (time.monotonic() - began)))
"""

OPEN_ONE = """
import socket
for ask in (lambda: socket.socket(), lambda: socket.getaddrinfo("host.invalid", 443)):
    try:
        ask()
    except OSError:
        pass
"""


def lasting(seconds: int) -> str:
    """The program of a process that lives for at least so long."""
    return PROGRAM.replace("SECONDS", str(seconds))


@dataclass
class Watched:
    """A process with empty folders for everything that is a user's, and with no way out."""

    process: subprocess.Popen[str]
    home: Path
    work: Path
    calls: Path

    def calls_made(self) -> list[str]:
        """What it asked libc for; waits for its end."""
        _, said = self.process.communicate(timeout=240)
        assert self.process.returncode == 0, said
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def left_behind(self) -> set[str]:
        """Every file below the user's folders, matplotlib's apart; empty folders are not counted."""
        files = (path.relative_to(self.home) for path in self.home.rglob("*") if not path.is_dir())
        return {str(path) for path in files if "matplotlib" not in path.parts}


def surroundings(home: Path, **variables: str) -> dict[str, str]:
    """An environment with little in it: ONNX Runtime is quiet where one looks like that of a build machine."""
    folders = {
        name: str(home / name.lower()) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR")
    }
    for folder in folders.values():
        Path(folder).mkdir(parents=True)
    return {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **folders, **variables}


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> str:
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("shim") / "refuse_network.so"
    source = ROOT / "tests/support/refuse_network.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return str(library)


def start(folder: Path, shim: str, program: str, **variables: str) -> Watched:
    home, work, calls = folder / "home", folder / "work", folder / "calls"
    work.mkdir()
    shutil.copy(ROOT / "examples/lecture/digits.net", work / "net.net")
    env = surroundings(home, LD_PRELOAD=shim, CALLS=str(calls), **variables)
    words = [sys.executable, "-c", program]
    process = subprocess.Popen(
        words, cwd=work, env=env, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )  # fmt: skip
    return Watched(process, home, work, calls)


@pytest.fixture(scope="module")
def both(shim: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Watched]]:
    """The same commands as they are, and with telemetry on; side by side, since both mostly wait."""
    started = {
        "as it is": start(tmp_path_factory.mktemp("off"), shim, lasting(SECONDS)),
        "on": start(tmp_path_factory.mktemp("on"), shim, lasting(SECONDS), **{VARIABLE: "0"}),
    }
    yield started
    for watched in started.values():
        watched.process.kill()
        watched.process.communicate()


def quiet(watched: Watched) -> None:
    """Nothing was asked of the network, and nothing is left but the run folder."""
    assert watched.calls_made() == []
    assert watched.left_behind() == set()
    assert {path.name for path in watched.work.iterdir()} == {"net.net", "run"}


@pytest.mark.slow
def test_nothing_is_sent_or_written_while_commands_run(shim: str, tmp_path: Path) -> None:
    """The first seconds of the test below, which waits for longer."""
    quiet(start(tmp_path, shim, lasting(0)))


@pytest.mark.slow
def test_nothing_is_sent_and_nothing_written_outside_the_run_folder(both: dict[str, Watched]) -> None:
    """Train, evaluate and predict, in a process that lives for 20 seconds.

    It sees calls of socket, connect, getaddrinfo and gethostbyname by every library that is linked to libc as usual,
    and files below HOME, the folders of XDG and TMPDIR. It sees no system call that goes past libc, no connection
    after its 20 seconds, and no file elsewhere.
    """
    quiet(both["as it is"])


@pytest.mark.slow
def test_what_would_be_there_with_telemetry_on(both: dict[str, Watched]) -> None:
    """The user's own word counts, and the test above looks where there is something to be seen."""
    watched = both["on"]
    calls, files = watched.calls_made(), watched.left_behind()
    if not files:
        pytest.skip("this ONNX Runtime has no telemetry here")
    assert any(name.endswith("onnxruntime.db") for name in files)
    assert calls


def test_the_shim_sees_a_connection(shim: str, tmp_path: Path) -> None:
    assert start(tmp_path, shim, OPEN_ONE).calls_made() == ["socket ", "getaddrinfo host.invalid"]


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("value", "on", "reason"),
    [
        (None, False, f"netc sets {VARIABLE}=1"),
        ("", False, f"netc sets {VARIABLE}=1"),
        ("1", False, f"{VARIABLE}=1 is set"),
        ("Yes", False, f"{VARIABLE}=Yes is set"),
        ("0", True, f"{VARIABLE}=0 is set"),
        ("off", True, f"{VARIABLE}=off is set"),
    ],
)
def test_env_says_who_decided(tmp_path: Path, value: str | None, on: bool, reason: str) -> None:
    """CI keeps ONNX Runtime quiet while netc is asked about it."""
    env = surroundings(tmp_path, CI="1", **({} if value is None else {VARIABLE: value}))
    done = subprocess.run(command("env", "--format", "json"), env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["telemetry"] == {"on": on, "reason": reason}


def test_env_says_it_in_words(tmp_path: Path) -> None:
    env = surroundings(tmp_path, CI="1")
    done = subprocess.run(command("env"), env=env, capture_output=True, text=True, check=True)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("telemetry"))
    assert line.split(maxsplit=1)[1] == f"off: netc sets {VARIABLE}=1"


def test_an_earlier_import_is_not_hidden(tmp_path: Path) -> None:
    program = "import onnxruntime; from netc.runtime.devices.telemetry import telemetry; print(telemetry()['on'])"
    env = surroundings(tmp_path, CI="1")
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_onnxruntime_is_imported_in_one_place() -> None:
    """Anywhere else it might come before the variable."""
    found = set()
    for path, tree in trees("grammar", "compiler", "runtime", "netc/cli", saying="onnxruntime"):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] == "onnxruntime" for name in names):
                found.add(path)
    assert found == {"runtime/devices/telemetry.py"}
