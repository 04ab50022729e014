"""`fit(out=)` and `netc train` leave the same run folder; `netc.load_run` reads either."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file

import netc
from netc.compiler import Net
from netc.compiler.optimizers.sgd import SGD
from netc.runtime.runs import export

from .conftest import Run, arrays


def trainer_of(net: Net, **settings: Any) -> netc.Trainer:
    return netc.Trainer(netc.Model(net, device="cpu"), **settings)


def code_of(caught: pytest.ExceptionInfo[netc.DiagnosticError]) -> str:
    return caught.value.diagnostics[0].code


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_command_and_python_leave_the_same_folder(run: Run, folder: Path, net: Net) -> None:
    done = run("train", "tiny.net", "--data", "data.npz", "--out", "command", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    trainer_of(net).fit("data.npz", out="python")
    command, python = folder / "command", folder / "python"
    assert names_in(command) == names_in(python)
    for name in ("best.safetensors", "model.onnx", "sample.npz", "manifest.json", "tiny.net"):
        assert (command / name).read_bytes() == (python / name).read_bytes(), name
    there, here = (json.loads((path / "run.json").read_text()) for path in (command, python))
    assert here.pop("checksum") != there.pop("checksum")
    assert here.pop("overrides") == {"epochs": 4}
    assert there.pop("overrides") == {}
    assert here == there
    for record, other in zip(*(netc.load_run(path).history for path in (command, python)), strict=True):
        assert {**record, "seconds": 0} == {**other, "seconds": 0}


@pytest.mark.slow
def test_the_command_goes_on_with_a_run_from_python(run: Run, folder: Path, net: Net) -> None:
    trainer_of(net, epochs=6).fit("data.npz", out="whole")
    trainer_of(net, epochs=6).fit("data.npz", out="r", epochs=2)
    done = run("train", "--resume", "r", "--epochs", "6")
    assert done.returncode == 0, done.stderr
    found = json.loads(run("eval", "r", "--format", "json").stdout)
    assert found["examples"] == 30
    best = netc.load_run("r").history.best
    assert best is not None
    assert found["metrics"]["accuracy"] == pytest.approx(best["validation_accuracy"])
    assert run("predict", "r", "r/sample.npz").returncode == 0
    assert len(netc.load_run("r").history) == 6


def test_a_folder_with_something_in_it_is_refused(folder: Path, net: Net) -> None:
    trainer = trainer_of(net, epochs=1)
    trainer.fit("data.npz", out="r")
    before = {path.name: path.read_bytes() for path in (folder / "r").iterdir()}
    with pytest.raises(netc.DiagnosticError, match=r"trainer\.resume\('r'\)") as caught:
        trainer_of(net, epochs=1).fit("data.npz", out="r")
    assert code_of(caught) == "E563"
    assert {path.name: path.read_bytes() for path in (folder / "r").iterdir()} == before
    trainer.fit("data.npz", out="r", epochs=2)  # its own
    assert json.loads((folder / "r/run.json").read_text())["overrides"] == {"epochs": 2}
    assert len(netc.load_run("r").history) == 2
    shutil.rmtree(folder / "r")
    last = trainer.model.state_dict()
    assert trainer.progress.best is not None
    trainer.progress.best["epoch"] = 2  # whatever rounding made of it
    trainer.fit("data.npz", out="r", epochs=2)  # gone, and therefore new; its last epoch was the best
    assert all(np.array_equal(last[name], array) for name, array in load_file("r/best.safetensors").items())
    trainer.fit("data.npz", out="r", epochs=3)
    assert len(netc.load_run("r").history) == 3


def test_resume_takes_the_same_rows_alone(folder: Path, net: Net) -> None:
    trainer_of(net, epochs=1).fit(arrays(40), out="r")
    again = trainer_of(net, epochs=2)
    again.resume("r")
    with pytest.raises(netc.DiagnosticError) as caught:
        again.fit(arrays(40, seed=5), out="r")
    assert code_of(caught) == "E523"
    assert again.progress.epoch == 1
    again.fit(arrays(40), out="r")
    assert again.progress.epoch == 2


def test_resume_takes_the_same_parts_alone(folder: Path, net: Net) -> None:
    """Held-out rows where there were none would be compared with the figures of training."""
    trainer_of(net, epochs=1).fit(arrays(40), out="r")
    trainer_of(net, epochs=1).fit(arrays(40), validation=arrays(20, seed=1), out="held")
    for run, validation in (("r", arrays(20, seed=1)), ("held", None)):
        again = trainer_of(net, epochs=2)
        again.resume(run)
        with pytest.raises(netc.DiagnosticError, match="the parts of the data are train") as caught:
            again.fit(arrays(40), validation=validation, out=run)
        assert code_of(caught) == "E523"
        assert again.progress.epoch == 1
    again.fit(arrays(40), validation=arrays(20, seed=1), out="held")
    assert again.progress.epoch == 2


def test_figures_of_training_are_not_compared_with_held_out_ones(folder: Path, net: Net) -> None:
    """Classes that are learned, and others held out that cannot be: the best of them are those of the second `fit`."""
    trainer = trainer_of(net, lr=1e-2, batch=8)
    trainer.fit(arrays(40), epochs=3, out="r", quiet=True)
    assert trainer.progress.best is not None
    assert trainer.progress.best["metric"] == "accuracy"
    held = arrays(20, seed=1)
    held["label"] = (held["label"] + 1) % 3
    with pytest.warns(UserWarning, match="chosen by validation_accuracy from epoch 4 on: epoch .* by accuracy, is not"):
        history = trainer.fit(arrays(40), validation=held, epochs=5, out="r", quiet=True)
    best = max(history[3:], key=lambda record: (record["validation_accuracy"], -record["validation_loss"]))
    assert best["validation_accuracy"] < history[2]["accuracy"]
    assert history.best_epoch == best["epoch"]
    found = netc.Trainer(netc.load_run("r", device="cpu").model).evaluate(held)
    assert found["loss"] == pytest.approx(best["validation_loss"], rel=1e-5)


def test_a_run_on_arrays(run: Run, folder: Path, net: Net) -> None:
    rows = arrays(64)
    trainer_of(net, epochs=2).fit((rows["image"], rows["label"]), out="r")
    for arguments in (("eval", "r"), ("train", "--resume", "r", "--epochs", "3")):
        done = run(*arguments)
        assert (done.returncode, "--data" in done.stderr) == (2, True), done.stderr
    np.savez(folder / "rows.npz", **rows)
    assert json.loads(run("eval", "r", "--data", "rows.npz", "--format", "json").stdout)["examples"] == 64
    assert "image: array image, 1x6x6 float32" in run("data", "r").stdout
    assert run("predict", "r", "r/sample.npz").returncode == 0


def test_a_share_of_a_file_is_held_out_by_the_command_too(run: Run, folder: Path, net: Net) -> None:
    np.savez(folder / "one.npz", **arrays(60))
    trainer_of(net, epochs=1).fit("one.npz", validation=0.25, out="r")
    assert run("train", "--resume", "r", "--epochs", "2").returncode == 0
    assert json.loads(run("eval", "r", "--format", "json").stdout)["examples"] == 15


def test_a_plan_from_python_goes_on_from_python_alone(run: Run, folder: Path, net: Net) -> None:
    plan = net.plan().with_steps(optimizer=SGD(lr=0.05))
    trainer_of(net, plan=plan, epochs=1).fit("data.npz", out="r")
    done = run("train", "--resume", "r", "--epochs", "2")
    assert (done.returncode, "error[E561]" in done.stderr) == (5, True)
    assert run("eval", "r").returncode == 0
    loaded = netc.load_run("r")
    with pytest.raises(netc.DiagnosticError) as caught:
        _ = loaded.plan
    assert code_of(caught) == "E561"
    again = trainer_of(net, plan=plan, epochs=2)
    again.resume("r")
    assert len(again.fit("data.npz", out="r")) == 2


LABELS = """net Two(size = 2, act = relu) {
  input x: 3
  dense(size, act=act)
  y = dense(1)
}
train Two "first" { loss = mse(y, target); epochs = 1 }
train Two "second" { loss = mse(y, target); optimizer = adam; batch = 8; epochs = 2 }
"""


def test_texts_settings_and_labels_come_back(folder: Path) -> None:
    net = netc.loads(LABELS, size=5, act="tanh")
    x = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    trainer = trainer_of(net, plan="second", lr=0.02)
    trainer.fit((x, x[:, :1]), out="r")
    run = netc.load_run("r")
    assert (folder / "r/text.net").read_text() == LABELS
    assert run.net.params == net.params == 3 * 5 + 5 + 5 + 1
    assert (run.plan.label, run.plan.batch, run.plan.only.optimizer.lr) == ("second", 8, 0.02)
    np.testing.assert_array_equal(run.last(x), trainer.model(x))


def test_a_loaded_run_is_the_best_model(folder: Path, net: Net) -> None:
    class Spoil(netc.Listener):
        def epoch_ended(self, record: Any, improved: bool) -> None:
            """After the second epoch the weights are drawn anew: the best ones stay those of before."""
            if record["epoch"] == 2:
                trainer.model.load_state_dict(netc.Model(net, device="cpu", seed=99).state_dict())

    trainer = trainer_of(net, epochs=3, lr=1e-2)
    history = trainer.fit("data.npz", out="r", listener=Spoil())
    run = netc.load_run("r", device="cpu")
    image = arrays(5)["image"]
    assert history.best_epoch == run.history.best_epoch == 2
    session = onnxruntime.InferenceSession("r/model.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(run.model(image), session.run(None, {"image": image})[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(run.last(image), trainer.model(image))
    assert np.abs(run.last(image) - run.model(image)).max() > 0.01
    assert run.metrics["validation_accuracy"] == history[1]["validation_accuracy"]
    assert run.history.rows == history.rows
    assert run.card == trainer.card == run.model.card


def test_the_part_test_is_measured_once(folder: Path, net: Net) -> None:
    parts = {f"{part}_{name}": values for part, rows in (("train", 60), ("val", 20), ("test", 30))
             for name, values in arrays(rows, rows).items()}  # fmt: skip
    np.savez(folder / "d.npz", **parts)
    trainer_of(net, epochs=1).fit("d.npz", out="r")
    run = netc.load_run("r", device="cpu")
    expected = trainer_of(net).evaluate(arrays(30, 30))
    best = netc.Trainer(run.model).evaluate(arrays(30, 30))
    assert run.metrics["test_loss"] == pytest.approx(best["loss"], rel=1e-5)
    assert abs(best["loss"] - expected["loss"]) > 1e-4


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("run.json", b"{", "E561"), ("last.safetensors", b"no", "E553"), ("best.safetensors", b"", "E553")],
)
def test_what_is_damaged_is_said_by_code(folder: Path, net: Net, name: str, content: bytes, code: str) -> None:
    trainer_of(net, epochs=1).fit("data.npz", out="r")
    (folder / "r" / name).write_bytes(content)
    with pytest.raises(netc.DiagnosticError) as caught:
        netc.load_run("r")
    assert code_of(caught) == code


def test_what_is_no_run(folder: Path) -> None:
    for path in ("nowhere", "."):
        with pytest.raises(netc.DiagnosticError) as caught:
            netc.load_run(path)
        assert code_of(caught) == "E560"


def test_while_a_training_is_at_work_others_are_refused(run: Run, folder: Path, net: Net) -> None:
    """New, resumed, from the command and from Python; after it the folder is free."""
    refused: list[str] = []

    class Other(netc.Listener):
        def epoch_ended(self, record: Any, improved: bool) -> None:
            """What another trainer hears, in another process too."""
            assert (folder / "r/run.lock").exists()
            again = trainer_of(net, epochs=9)
            again.resume("r")
            for other in (again, trainer_of(net)):
                with pytest.raises(netc.DiagnosticError) as caught:
                    other.fit("data.npz", out="r")
                refused.append(code_of(caught))
            done = run("train", "--resume", "r", "--epochs", "9")
            refused.append("E569" if "error[E569]" in done.stderr else done.stderr)

    trainer = trainer_of(net, epochs=1)
    for epochs in (1, 2):  # in a new folder, and in its own
        trainer.fit("data.npz", out="r", listener=Other(), epochs=epochs)
        assert not (folder / "r/run.lock").exists()
    assert refused == ["E569"] * 6
    again = trainer_of(net, epochs=3)
    again.resume("r")
    assert len(again.fit("data.npz", out="r")) == 3


def test_what_goes_on_otherwise_is_recorded(run: Run, folder: Path, net: Net) -> None:
    trainer_of(net, epochs=2).fit("data.npz", out="r")
    again = trainer_of(net, epochs=3, batch=8, lr=0.5)
    again.resume("r")
    again.fit("data.npz", out="r")
    asked = json.loads((folder / "r/run.json").read_text())
    assert asked["overrides"] == {"epochs": 3, "batch": 8, "lr": 0.5}
    (change,) = asked["changes"]
    assert (change["epoch"], change["step"]) == (3, again.history[1]["step"])
    was = net.plan()
    assert change["settings"] == {
        "batch": {"from": was.batch, "to": 8},
        "epochs": {"from": 2, "to": 3},
        "lr": {"from": was.only.optimizer.lr, "to": 0.5},
    }
    done = run("train", "--resume", "r", "--epochs", "4")
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^changed .* batch {was.batch} -> 8", done.stderr, re.M), done.stderr
    assert len(netc.load_run("r").history) == 4


def test_settings_of_numpy_are_written_as_numbers(run: Run, folder: Path, net: Net) -> None:
    made = trainer_of(net, lr=np.float32(0.5), batch=np.int64(8), epochs=np.array(1), clip_norm=None)
    made.fit("data.npz", out="r")
    assert json.loads((folder / "r/run.json").read_text())["overrides"] == {"lr": 0.5, "batch": 8, "epochs": 1}
    plan = netc.load_run("r").plan
    assert (plan.batch, plan.epochs, plan.only.optimizer.lr) == (8, 1, 0.5)


def test_a_net_too_large_for_one_file(folder: Path, net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LARGEST", 100)
    with pytest.warns(UserWarning, match="does not fit one .onnx file: r/model.onnx.data will hold its weights"):
        trainer_of(net, epochs=1).fit("data.npz", out="r")
    assert {"model.onnx", "model.onnx.data"} <= names_in(folder / "r")
    image = arrays(5)["image"]
    session = onnxruntime.InferenceSession("r/model.onnx", providers=["CPUExecutionProvider"])
    expected = netc.load_run("r", device="cpu").model(image)
    np.testing.assert_allclose(session.run(None, {"image": image})[0], expected, rtol=1e-5, atol=1e-6)


def test_a_disk_that_is_too_small_is_said_before(folder: Path, net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=19 * net.params))
    with pytest.raises(netc.DiagnosticError, match="the files of the run take") as caught:
        trainer_of(net, epochs=1).fit("data.npz", out="r")
    assert code_of(caught) == "E562"
    assert not (folder / "r").exists()


def test_loads_is_load_of_a_text(folder: Path) -> None:
    (folder / "two.net").write_text(LABELS)
    there, here = netc.load("two.net", size=4), netc.loads(LABELS, size=4)
    assert repr(here) == repr(there)
    assert str(here.summary()) == str(there.summary())
    with pytest.raises(netc.DiagnosticError, match=r"text\.net:3: \[E202\]"):
        netc.loads(LABELS.replace("dense(size, act=act)", "dens(size)"))
    assert replace(here.plan("second"), span=None).batch == 8
