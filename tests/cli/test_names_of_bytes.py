"""Names that are no UTF-8 in texts that netc writes: each is spelt, and no writer fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netc.cli import run
from netc.grammar.writing import encoded

TEXT = (
    "net A { input x: 4; logits = dense(2) }\ntrain A { loss = cross_entropy(logits, label); epochs = 1; batch = 4 }\n"
)
ODD = os.fsdecode(b"caf\xe9")


def test_every_surrogate_is_spelt() -> None:
    assert encoded("é\udce9\ud800") == "é\\udce9\\ud800".encode()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are texts there")
def test_a_report_of_a_run_whose_name_is_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    monkeypatch.chdir(tmp_path)
    Path(ODD).mkdir()
    Path(ODD, f"{ODD}.net").write_text(TEXT, "utf-8")
    Path(ODD, "bad.net").write_text("net A { dense( }", "utf-8")
    rows = np.random.default_rng(0)
    np.savez("data.npz", x=rows.normal(size=(20, 4)).astype(np.float32), label=rows.integers(0, 2, 20))
    trained = ["train", f"{ODD}/{ODD}.net", "--data", "data.npz", "--device", "cpu", "--profile", "--out", f"{ODD}/run"]
    assert run(trained) == 0
    assert run(["report", f"{ODD}/run"]) == 0
    assert r"caf\udce9" in Path("report.html").read_text("utf-8")
    assert run(["export", f"{ODD}/run", "--to", "hub", "-o", f"{ODD}/hub"]) == 0
    assert run(["predict", f"{ODD}/run", f"{ODD}/run/sample.npz", "--out", "a.csv"]) == 0
    for style in ("full", "json", "gitlab", "junit", "sarif", "github", "concise"):
        assert run(["lint", f"{ODD}/bad.net", "--format", style]) in (1, 2)
    for ending in (".svg", ".html", ".dot", ".mmd"):
        assert run(["graph", f"{ODD}/{ODD}.net", "-o", f"a{ending}"]) == 0


@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/null"])
def test_a_stream_is_no_place_of_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text(TEXT, "utf-8")
    assert run(["compile", "a.net", "-o", place]) == 2
    assert "  = help: use `-o a.onnx`\n" in capsys.readouterr().err
