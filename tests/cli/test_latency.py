"""`netc bench --check`: a latency budget is measured there, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netc.cli as cli
from netc.runtime.measure import latency as measured

NET = "net A {\n  input x: 4\n  dense(2)\n  expect latency(batch=1) <= 5ms and latency(batch=8) < 20ms\n}\n"


@pytest.mark.parametrize(("milliseconds", "code"), [((4.9, 19.9), 0), ((5.1, 1.0), 1), ((1.0, 20.0), 1)])
def test_check(
    milliseconds: tuple[float, float], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text(NET)
    times = dict(zip((1, 8), milliseconds, strict=True))
    monkeypatch.setattr(measured, "latency", lambda net, batch, **_: times[batch] / 1000)
    assert cli.run(["bench", "a.net", "--check", "--device", "cpu", "--format", "json"]) == code
    told = json.loads(capsys.readouterr().out)["latency"]
    assert [(row["batch"], row["ms"]) for row in told] == list(times.items())
    assert [row["held"] for row in told] == [milliseconds[0] <= 5, milliseconds[1] < 20]


def test_it_is_really_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netc import load

    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text(NET)
    assert measured.latency(load("a.net"), 2, rounds=1, seconds=0.01, device="cpu") > 0


def test_settings_say_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("b.net").write_text(NET.replace("  expect latency(batch=1) <= 5ms and latency(batch=8) < 20ms\n", ""))
    assert cli.run(["bench", "b.net", "--check", "--device", "cpu"]) == 2
    assert "nothing says how fast `A` has to be" in capsys.readouterr().err
    Path("sub").mkdir()
    Path("b.net").rename("sub/b.net")
    Path("sub/netc.toml").write_text('[budget]\n"**" = "latency(batch=2) <= 1s"\n')
    monkeypatch.setattr(measured, "latency", lambda net, batch, **_: 0.5)
    assert cli.run(["bench", "sub/b.net", "--check", "--device", "cpu"]) == 0
    assert capsys.readouterr().out == "latency(batch=2) <= 1s   500 ms   held\n"
