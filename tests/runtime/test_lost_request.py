"""A run whose run.json is damaged or gone: the checkpoint says the same, and the run goes on with the same bits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from netc.runtime.training.loop import Loop

from .conftest import Kept, Run
from .test_run import TRAIN, equal

LONG = (*TRAIN, "--epochs", "4", "--lr", "2e-2", "--seed", "3", "--skip-bad-steps", "1", "--out")
ANEW = "`netc train --resume half` writes it anew"
CLASSES = ("--set", "classes=3")


def turned(path: Path) -> None:
    """One bit of what it says is another."""
    content = bytearray(path.read_bytes())
    content[content.index(b"tiny.net") + 1] ^= 1
    path.write_bytes(content)


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.quick(1)
@pytest.mark.parametrize("damage", [turned, torn])
def test_it_is_written_anew_and_the_run_goes_on_bit_for_bit(
    run: Run, folder: Path, kept: Kept, damage: Callable[[Path], None]
) -> None:
    kept("whole", lambda: run(*LONG, "whole", *CLASSES))
    kept("half", lambda: run(*(word if word != "4" else "2" for word in LONG), "half", *CLASSES))
    path = folder / "half/run.json"
    before = json.loads(path.read_text("utf-8"))
    damage(path)
    for command in (("eval", "half"), ("report", "half"), ("train", "--resume", "half"), ("reproduce", "half")):
        done = run(*command)
        assert done.returncode == 5
        assert f"last.safetensors is intact: remove {path.relative_to(folder)}, and {ANEW}" in done.stderr
    path.unlink()
    assert (
        "its last checkpoint says what was in it: `netc train --resume half` writes it anew"
        in run("eval", "half").stderr
    )
    assert run("train", "--resume", "half").returncode == 0  # all of its epochs are done
    assert json.loads(path.read_text("utf-8")) == before
    path.unlink()
    done = run("train", "--resume", "half", "--epochs", "4")
    assert (done.returncode, "run.json is written anew, of last.safetensors" in done.stderr) == (0, True)
    assert run("eval", "half").returncode == 0


def test_an_interrupted_run_ends_with_the_same_bits(
    run: Run, folder: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept("whole", lambda: run(*LONG, "whole", *CLASSES))
    save = Loop.save

    def killed(self: Loop) -> None:
        save(self)
        if self.trainer.progress.epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Loop, "save", killed)
        run(*LONG, "half", *CLASSES)
    (folder / "half/run.json").unlink()
    assert run("train", "--resume", "half").returncode == 0
    for name in ("last.safetensors", "best.safetensors"):
        assert equal(folder / "whole" / name, folder / "half" / name)
    assert (folder / "whole/model.onnx").read_bytes() == (folder / "half/model.onnx").read_bytes()
