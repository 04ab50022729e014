"""What is said where the library of `netc[fast]` is missing, or was built for another processor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import netc
from netc.cli import run
from netc.runtime.devices.device import CPU, Device
from netc.runtime.devices.fast_library import INSTALL, fast_library
from netc.runtime.devices.target import FAST, cpu_target, slower_than_it_could, target_for
from netc.runtime.folder.listener import Listener
from netc.runtime.show import progress

pytestmark = pytest.mark.skipif(cpu_target() not in FAST, reason="netc[fast] has nothing for this processor")
TEXT = "net A { input x: 3; y = dense(2) }\ntrain A { loss = cross_entropy(y, label); epochs = 1 }"
FOREIGN = SimpleNamespace(path=lambda: None, runs_here=lambda: False)
ABSENT = f"netc[fast], which makes steps faster, is not installed: `{INSTALL}` in a checkout"


@pytest.fixture(params=[None, FOREIGN], ids=["absent", "foreign"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setitem(sys.modules, "netc_fast", request.param)
    monkeypatch.setattr(progress, "_TOLD", set())
    fast_library.cache_clear()
    yield request.param
    monkeypatch.undo()
    fast_library.cache_clear()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text(TEXT)
    np.savez("d.npz", x=np.ones((8, 3), np.float32), label=np.arange(8) % 2)


def test_the_line(library: object) -> None:
    said = slower_than_it_could(CPU, target_for(CPU))
    assert said is not None
    assert (said == ABSENT) == (library is None)
    assert "built for another processor" in said or library is None
    assert slower_than_it_could(CPU, "std") is None
    assert slower_than_it_could(Device("cuda"), "cuda") is None


@pytest.mark.usefixtures("files")
def test_the_command_says_it_once(library: object, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "a.net", "--data", "d.npz", "--device", "cpu", "--out", "run"]) == 0
    printed = capfd.readouterr()
    assert printed.err.count("note         netc[fast], which makes steps faster, is ") == 1
    assert "netc[fast]" not in printed.out
    assert run(["env"]) == 0
    assert capfd.readouterr().out.count("netc[fast], which makes steps faster, is ") == 1


@pytest.mark.usefixtures("library")
def test_python_says_it_once_where_progress_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    class Heard(Listener):
        def noted(self, text: str) -> None:
            said.append(text)

    def fit(*, quiet: bool) -> None:
        data = {"x": np.ones((8, 3), np.float32), "label": np.arange(8) % 2}
        netc.Trainer(netc.Model(netc.loads(TEXT), device="cpu")).fit(data, listener=Heard(), quiet=quiet)

    fit(quiet=False)
    assert said == []  # nobody looks
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    fit(quiet=True)
    assert said == []
    fit(quiet=False)
    fit(quiet=False)
    assert [text for text in said if "netc[fast]" in text] == said[:1] == said
