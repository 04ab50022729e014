"""A net too large for one .onnx file: said before the training, which then runs and keeps its weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from netc.cli.train import train
from netc.runtime.runs import export

TEXT = """
net A { input image: 1x8x8
  flatten
  logits = dense(10)
}
train A { loss = cross_entropy(logits, label); data = "digits"; epochs = 1; batch = 500 }
"""


@pytest.mark.parametrize("large", [False, True])
def test_it_is_said_before_the_training(large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if large:
        monkeypatch.setattr(export, "LARGEST", 4 * 649)
    Path("a.net").write_text(TEXT)
    done = CliRunner().invoke(train, ["a.net", "--out", "run"])
    assert done.exit_code == 0, done.output
    said = done.output.find("the network does not fit one .onnx file")
    assert (0 <= said < done.output.find("epoch 1/1")) == large
    assert Path("run/best.safetensors").exists()
    assert Path("run/model.onnx").exists() != large
    assert ("network run/model.onnx" in done.output) != large
    again = CliRunner().invoke(train, ["--resume", "run"])
    assert again.exit_code == 0, again.output
