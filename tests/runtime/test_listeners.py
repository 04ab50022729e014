"""Listeners: they are told, may end a training and change its rates; what is shown where."""

from __future__ import annotations

import io
import re
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler import Net
from netc.runtime.data import bind_data
from netc.runtime.folder.listener import Silent
from netc.runtime.show.progress import LiveProgress, NotebookProgress, shown

from .conftest import Run, arrays


def trainer_of(net: Net, **settings: Any) -> netc.Trainer:
    return netc.Trainer(netc.Model(net, device="cpu"), **settings)


class Stop(netc.Listener):
    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def epoch_ended(self, record: Any, improved: bool) -> None:
        if record["epoch"] == self.epoch:
            self.stop("it is enough")


def test_a_listener_ends_a_training_as_if_it_were_the_last_epoch(net: Net, run: Run) -> None:
    class Noting(netc.Listener):
        notes: list[str] = []  # noqa: RUF012

        def noted(self, text: str) -> None:
            self.notes.append(text)

    trainer = trainer_of(net, epochs=9)
    history = trainer.fit("data.npz", out="r", listener=[Stop(2), Noting()])
    assert len(history) == 2
    assert Noting.notes == ["stopped after epoch 2: it is enough"]
    assert run("eval", "r/model.onnx", "--data", "data.npz").returncode == 0
    assert len(trainer.fit("data.npz", out="r", epochs=4, listener=Stop(9))) == 4


def test_a_fit_with_no_epoch_left_says_that_epochs_are_the_total(net: Net) -> None:
    """Before: the history of before, without a word."""
    trainer = trainer_of(net, epochs=1)
    trainer.fit("data.npz")
    before = trainer.model.state_dict()
    with pytest.warns(UserWarning, match="1 epoch of 1 being done: `epochs=` is the total, and `epochs=2` goes on"):
        assert len(trainer.fit("data.npz")) == 1
    assert all((trainer.model.state_dict()[name] == array).all() for name, array in before.items())
    assert len(trainer.fit("data.npz", epochs=2)) == 2


def test_the_factor_of_the_rate_stays_through_a_resume(net: Net) -> None:
    class Slow(netc.Listener):
        def started(self, progress: Any, epochs: int, steps_per_epoch: int) -> None:
            self.progress = progress

        def epoch_ended(self, record: Any, improved: bool) -> None:
            self.progress.rate_factor *= 0.5

    rates = trainer_of(net, epochs=4).fit("data.npz")["learning_rate"]
    whole = trainer_of(net, epochs=4).fit("data.npz", listener=Slow(), out="whole")
    assert whole["learning_rate"] == pytest.approx([rate * 0.5**epoch for epoch, rate in enumerate(rates)])
    trainer_of(net, epochs=4).fit("data.npz", listener=[Slow(), Stop(2)], out="r")
    again = trainer_of(net, epochs=4)
    again.resume("r")
    assert again.progress.rate_factor == 0.25
    assert again.fit("data.npz", listener=Slow(), out="r")["learning_rate"] == whole["learning_rate"]


def test_a_terminal_shows_the_line_and_quiet_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    other = netc.Listener()
    assert [type(item) for item in shown(None, quiet=False)] == [Silent]
    assert shown(other, quiet=False) == [other]
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: True))
    assert [type(item) for item in shown([other], quiet=False)] == [LiveProgress, netc.Listener]
    assert shown(other, quiet=True) == [other]


class Block(str):
    """What a notebook is given to show."""


class Handle:
    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    def update(self, block: Block) -> None:
        self.shown.append(block)


def test_a_notebook_shows_one_block_without_widgets(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for IPython: `display(…, display_id=True)` gives a handle, as its documentation says."""
    blocks: list[str] = []

    def display(block: Block, *, display_id: bool) -> Handle:
        assert display_id
        blocks.append(block)
        return Handle(blocks)

    shell = type("ZMQInteractiveShell", (), {})()
    module = SimpleNamespace(display=display, Pretty=Block)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell, display=module))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # its import would fail
    assert [type(item) for item in shown(None, quiet=False)] == [NotebookProgress]
    monkeypatch.setattr("netc.runtime.show.progress.SHOWN_IN_NOTEBOOK", 0.0)
    trainer_of(net, epochs=2).fit("data.npz")
    lines = blocks[-1].splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    moving = next(block.splitlines()[-1] for block in blocks if "epoch 1/2  3/6" in block)
    assert re.fullmatch(r"epoch 1/2  3/6  loss [\d.]+  accuracy [\d.]+  \|  [\d.]+ s left, [\d.]+ s in all", moving)
    rows = arrays(33)
    trainer_of(net, epochs=1, batch=16).fit(rows)
    assert blocks[-1].startswith("note         the last batch of 33 rows")


def test_too_few_classes_are_said(net: Net) -> None:
    rows = arrays(32)
    with pytest.warns(UserWarning, match="arrays has 2 classes in `label`, the net has 3"):
        trainer_of(net, epochs=1).fit((rows["image"], rows["label"] % 2))


def test_findings_of_the_data_are_said_by_fit(folder: Path, net: Net) -> None:
    """Very uneven classes, E525: of a spec, a DataSet and arrays alike."""
    rows = arrays(400)
    chosen = np.flatnonzero(rows["label"] != 2)
    some = np.concatenate([chosen, np.flatnonzero(rows["label"] == 2)[:4]])
    few = {name: values[some] for name, values in rows.items()}
    np.savez("few.npz", **few)
    for data in ("few.npz", netc.open_data("few.npz"), few):
        with pytest.warns(UserWarning, match=r"the classes of .* are very uneven: .*: bring more rows"):
            trainer_of(net, epochs=1).fit(data)
    bound = bind_data(netc.open_data("few.npz"), trainer_of(net).ports)
    assert [found.code for found in bound.warnings] == ["E525"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trainer_of(net, epochs=1).fit(bound)  # whoever bound it has its findings


def test_the_live_line_counts_batches_of_a_generator(net: Net) -> None:
    stream = io.StringIO()

    class Line(LiveProgress):
        totals: list[int] = []  # noqa: RUF012

        def started(self, progress: Any, epochs: int, steps_per_epoch: int) -> None:
            self.totals.append(steps_per_epoch)
            super().started(progress, epochs, steps_per_epoch)

        def stepped(self, progress: Any, results: Mapping[str, float]) -> None:
            super().stepped(progress, results)

    rows = arrays(16)
    trainer_of(net, epochs=1).fit((rows for _ in range(7)), steps=7, listener=Line(stream))
    assert Line.totals == [7]
    assert "epoch 1/1" in stream.getvalue()
