"""What `netc train --resume` is given is passed on or refused: nothing is passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netc.cli.train import train
from netc.runtime.runs import changes

from .conftest import Run
from .test_run import TRAIN

GIVEN = {
    "--out": "b", "--average": "0.9", "--freeze": "conv", "--accumulate": "2", "--epochs": "3", "--batch": "8",
    "--lr": "0.5", "--seed": "1", "--skip-bad-steps": "4", "--net": "Tiny", "--set": "classes=3", "--loss": "oops(((",
    "--init": "tiny.net", "--map": "torchvision", "--device": "cpu", "--precision": "mixed", "--memory": "low",
    "--data": "data.npz",
}  # fmt: skip
TAKEN = {"data", "average", "accumulate", "epochs", "batch", "lr", "skip_bad_steps", "device", "memory"}
OPTIONS = {option.opts[0]: str(option.name) for option in train.params if option.opts[0].startswith("--")}


def test_each_option_is_passed_on_or_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run(*TRAIN, "--epochs", "1", "--out", "a")
    passed: dict[str, Any] = {}

    def changed(request: object, net: object, overrides: dict[str, Any], **how: Any) -> None:
        passed.update({name: value for name, value in {**overrides, **how}.items() if value is not None})
        raise SystemExit(0)

    monkeypatch.setattr(changes, "changed", changed)
    for option, name in OPTIONS.items():
        if option in ("--resume", "--profile", "--allow-outside"):
            continue
        passed.clear()
        try:
            done = run("train", "--resume", "a", option, *([GIVEN[option]] if option in GIVEN else []))
        except SystemExit:
            done = None
        if name in TAKEN:
            assert list(passed) == [name], option
        else:
            assert done is not None, option
            assert (done.returncode, f"a run that goes on takes no {option}\n" in done.stderr) == (2, True), done.stderr
    assert not Path("b").exists()
