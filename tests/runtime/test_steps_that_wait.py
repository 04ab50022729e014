"""A plan whose steps do not all run in every epoch: figures that an epoch lacks, and what goes by them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.runs.listing import read_run
from netc.runtime.training.reproduce import reproduce
from netc.runtime.training.watching import figures

TEXT = """
net Two {{ input x: 4; a = dense(4); logits = dense(2) }}
train Two {{
  optimizer = adam(lr=1e-3); batch = 8; epochs = 3; {more}
  step one {{ trains = ["a"]; loss = cross_entropy(logits, label){every} }}
  step two {{ trains = ["logits"]; loss = {second}; every = 100 }}
}}
"""


def trainer(
    more: str = "", every: str = "", second: str = "cross_entropy(logits, label)", skip: int = 0
) -> netc.Trainer:
    net = netc.loads(TEXT.format(more=more, every=every, second=second))
    return netc.Trainer(netc.Model(net, device="cpu", seed=0), skip_bad_steps=skip)


def rows(count: int = 16) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(count)
    x = rng.normal(size=(count, 4)).astype(np.float32)
    return {"x": x, "label": (x[:, 0] > 0).astype(np.int64)}


def test_an_epoch_in_which_a_step_waits_has_no_loss_and_is_not_the_best(tmp_path: Path) -> None:
    made = trainer()
    history = made.fit(rows(), out=tmp_path / "run", epochs=2, quiet=True)
    assert [("loss" in record, "loss.one" in record) for record in history] == [(True, True), (False, True)]
    again = trainer()
    again.resume(tmp_path / "run")
    assert len(again.fit(rows(), out=tmp_path / "run", quiet=True)) == 3
    run = netc.load_run(tmp_path / "run", device="cpu")
    assert run.history.best_epoch == 1
    assert run.metrics["loss"] == history[0]["loss"]
    assert (read_run(tmp_path / "run").status, read_run(tmp_path / "run").best_epoch) == ("finished", 1)
    with (tmp_path / "run/results.csv").open() as table:
        assert [line["loss"] != "" for line in csv.DictReader(table)] == [True, False, False]
    assert "loss.one" in repr(history)


def test_held_out_figures_are_there_in_every_epoch() -> None:
    history = trainer().fit(rows(), validation=rows(8), quiet=True)
    assert ["loss" in record for record in history] == [True, False, False]
    assert all("validation_loss" in record for record in history)
    assert history.best_epoch == min(history, key=lambda record: record["validation_loss"])["epoch"]


@pytest.mark.parametrize("more", ["metrics = [accuracy(logits, label)]", ""])
def test_an_epoch_in_which_all_steps_wait(more: str) -> None:
    history = trainer(more, every="; every = 50").fit(rows(), quiet=True)
    assert [sorted(record.keys() & {"loss", "loss.one", "accuracy"}) for record in history[1:]] == [[], []]
    assert history.best_epoch == 1


def test_until_an_epoch_has_a_loss_the_last_weights_are_kept(tmp_path: Path) -> None:
    """The one batch on which all steps were due is skipped."""
    made = trainer(second="mse(logits, far)", skip=1)
    with pytest.warns(UserWarning, match="step 1 is skipped: the loss is inf of step two"):
        made.fit({**rows(), "far": np.full((16, 2), 1e30, np.float32)}, out=tmp_path / "run", epochs=2, quiet=True)
    assert ["loss" in record for record in made.history] == [False, False]
    assert made.progress.best is None
    run = netc.load_run(tmp_path / "run", device="cpu")
    for name, weight in made.model.state_dict().items():
        np.testing.assert_array_equal(run.model.state_dict()[name], weight)
    assert (read_run(tmp_path / "run").status, read_run(tmp_path / "run").best_epoch) == ("finished", None)
    assert RunFolder(tmp_path / "run").read_last()[2].best is None


def test_what_watches_the_loss_counts_epochs_that_have_it() -> None:
    history = trainer("stop = early_stop(patience=1); schedule = plateau(patience=1)").fit(rows(), quiet=True)
    assert [record["learning_rate"] for record in history] == [1e-3] * 3


def test_figures_of_one_kind() -> None:
    """Those that the last epoch has: what goes on with held-out rows is not compared with the time before."""
    history = [{"epoch": 1, "loss": 0.1}, {"epoch": 2}, {"epoch": 3, "loss": 0.2}]
    assert figures(history, "loss") == {1: 0.1, 3: 0.2}
    assert figures([*history, {"epoch": 4, "loss": 0.1, "validation_loss": 0.5}], "loss") == {4: 0.5}
    assert figures([{"epoch": 1}], "loss") == figures([], "loss") == {}


@pytest.mark.filterwarnings("ignore:the loss is of values inside `train only`", "ignore:step 1 is skipped")
def test_a_run_without_a_best_epoch_is_repeated_by_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before: the optimizer's state was missed in best.safetensors, and was called different."""
    monkeypatch.chdir(tmp_path)
    np.savez("d.npz", **rows(), far=np.full((16, 2), 1e30, np.float32))
    text = TEXT.format(more="", every="", second="mse(aux, far)").replace("cross_entropy(logits, label)", "mean(aux)")
    text = text.replace("logits = dense(2)", "logits = dense(2); train only { aux = logits * 1 }")
    made = netc.Trainer(netc.Model(netc.loads(text), device="cpu", seed=0), skip_bad_steps=1)
    made.fit("d.npz", out="run", epochs=2, quiet=True)
    last, _, progress = RunFolder(Path("run")).read_last()
    assert progress.best is None
    found = reproduce(Path("run"))
    assert (found.equal, found.moved, found.tensors) == (True, None, len(last))


def test_equal_figures_where_an_epoch_has_no_loss() -> None:
    progress = Progress()
    for value, loss, better in ((0.5, None, True), (0.5, None, False), (0.5, 1.0, True), (0.5, None, False),
                                (0.6, None, True)):  # fmt: skip
        found = progress.improves("accuracy", value, True, loss)
        assert (found is not None) is better
        progress.finish_epoch({"epoch": progress.epoch + 1}, found)
    assert progress.best == {"epoch": 5, "metric": "accuracy", "value": 0.6, "loss": None}
