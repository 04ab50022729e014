"""What a training recommends at its end: nothing that would fail."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netc.cli import run

TEXT = """
net A {
  input x: 4
  y = dense(4)
  train only { aux = y -> dense(4) }
  output y
}
train A { loss = mse(PREDICTION, x); epochs = 1; data = "a.npz" }
"""


@pytest.mark.parametrize(("prediction", "measured"), [("aux", False), ("y", True)])
def test_what_cannot_be_measured_is_not_recommended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, prediction: str, measured: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text(TEXT.replace("PREDICTION", prediction))
    np.savez("a.npz", x=np.ones((20, 4), np.float32))
    assert run(["train", "a.net"]) == 0
    said = capsys.readouterr().err
    assert ("netc eval" in said) == measured
    assert "netc predict" in said
