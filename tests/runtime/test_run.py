"""`netc train`, `eval` and `predict` as a user meets them."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from processes import command, surroundings
from safetensors.numpy import load_file

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder import files
from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.folder.texts import texts_of
from netc.runtime.runs import final
from netc.runtime.show.plot import can_plot

from .conftest import Run, arrays

TRAIN = ("train", "tiny.net", "--data", "data.npz", "--device", "cpu")
LINE = r"epoch {}/4  loss \d\.\d{{4}}  accuracy \d\.\d{{4}}  \|  held out: loss \d\.\d{{4}}  accuracy \d\.\d{{4}}  \|  "


def equal(a: Path, b: Path) -> bool:
    one, two = load_file(a), load_file(b)
    return one.keys() == two.keys() and all(one[name].tobytes() == two[name].tobytes() for name in one)


def test_train_eval_predict(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(final, "can_plot", can_plot)
    done = run(*TRAIN)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{Path('runs') / 'Tiny'}\n"
    made = {path.name for path in (folder / "runs/Tiny").iterdir()}
    assert ("curves.png" in made) == can_plot()
    assert made - {"curves.png", "previous_best.safetensors"} == {
        "tiny.net", "run.json", "manifest.json", "metrics.jsonl", "results.csv", "best.safetensors", "last.safetensors",
        "previous.safetensors", "sample.npz", "model.onnx", "lock.json",
    }  # fmt: skip
    records = [json.loads(line) for line in (folder / "runs/Tiny/metrics.jsonl").read_text().splitlines()]
    with (folder / "runs/Tiny/results.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [float(row["validation_loss"]) for row in rows] == [record["validation_loss"] for record in records]
    assert json.loads((folder / "runs/Tiny/manifest.json").read_text())["kind"] == "train"
    onnx.checker.check_model(str(folder / "runs/Tiny/model.onnx"), full_check=True)

    best = max(record["validation_accuracy"] for record in records)
    for model in ("runs/Tiny", "runs/Tiny/model.onnx"):
        done = run("eval", model, "--data", "data.npz", "--format", "json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["version"], found["examples"]) == (1, 30)
        assert found["metrics"]["accuracy"] == pytest.approx(best)
    assert "accuracy" in run("eval", "runs/Tiny").stdout

    done = run("predict", "runs/Tiny", "runs/Tiny/sample.npz", "--format", "json", "--top", "2")
    predictions = json.loads(done.stdout)["predictions"]
    assert len(predictions) == 8
    assert all(len(answer["classes"]) == 2 for answer in predictions)
    np.testing.assert_array_equal([answer["label"] for answer in predictions], arrays(30, 1)["label"][:8])
    right = sum(answer["classes"][0]["class"] == answer["label"] for answer in predictions)
    assert right >= 6
    assert run(*TRAIN).stdout == f"{Path('runs') / 'Tiny-2'}\n"
    assert equal(folder / "runs/Tiny/last.safetensors", folder / "runs/Tiny-2/last.safetensors")


def test_a_log_that_is_no_terminal_has_a_plain_line_for_each_epoch(run: Run) -> None:
    done = run(*TRAIN)
    lines = [line for line in done.stderr.splitlines() if line.startswith("epoch")]
    assert len(lines) == 4
    for number, line in enumerate(lines, 1):
        assert re.match(LINE.format(number), line)
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    order = ["logits (dense)", "data ", "run folder", "epoch 1/4", "epoch 4/4", "best ", "netc eval", "netc predict"]
    places = [done.stderr.index(text) for text in order]
    assert places == sorted(places)


def wait_for(path: Path, lines: int, process: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        if path.exists() and len(path.read_text().splitlines()) >= lines:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.025)
    pytest.fail("the training did not get there in time")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
@pytest.mark.parametrize(
    "kind", ["SIGKILL", "SIGINT", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("SIGTERM", "SIGHUP"))]
)
def test_a_run_that_was_ended_goes_on_bit_for_bit(run: Run, folder: Path, kind: str) -> None:
    epochs = ("--epochs", "60")
    assert run(*TRAIN, *epochs, "--out", "whole").returncode == 0
    process = subprocess.Popen(
        command(*TRAIN, *epochs, "--out", "parts"), cwd=folder, env=surroundings(PYTHONUNBUFFERED="1"),
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for(folder / "parts/metrics.jsonl", 3, process)
    process.send_signal(getattr(signal, kind))
    _, said = process.communicate(timeout=60)
    assert process.returncode == {"SIGKILL": -9, "SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}[kind]
    done_epochs = RunFolder(folder / "parts").read_last()[2].epoch
    assert 2 <= done_epochs < 60
    assert "Traceback" not in said
    if kind != "SIGKILL":
        assert "go on with `netc train --resume parts`" in said
    done = run("train", "--resume", "parts")
    assert done.returncode == 0, done.stderr
    for name in ("last.safetensors", "best.safetensors"):
        assert equal(folder / "whole" / name, folder / "parts" / name)
    assert (folder / "whole/model.onnx").read_bytes() == (folder / "parts/model.onnx").read_bytes()
    numbers = [[{k: v for k, v in json.loads(line).items() if k not in ("seconds", "checksum")} for line in
                (folder / name / "metrics.jsonl").read_text().splitlines()] for name in ("whole", "parts")]  # fmt: skip
    assert numbers[0] == numbers[1]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
def test_what_nohup_has_a_process_ignore_stays_ignored(folder: Path) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = subprocess.Popen(
        command(*TRAIN, "--epochs", "40", "--out", "a"), cwd=folder, env=surroundings(),
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=ignore,
    )  # fmt: skip
    wait_for(folder / "a/metrics.jsonl", 2, process)
    process.send_signal(signal.SIGHUP)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert len((folder / "a/metrics.jsonl").read_text().splitlines()) == 40


@pytest.mark.quick(1)
@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
@pytest.mark.parametrize(("kind", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_outside_of_a_training(folder: Path, kind: str, code: int) -> None:
    """A command that waits for its input, a pipe in which nothing comes."""
    os.mkfifo(folder / "slow.net")
    process = subprocess.Popen(command("check", "slow.net"), cwd=folder, text=True, stderr=subprocess.PIPE)
    writer = os.open(folder / "slow.net", os.O_WRONLY)  # returns when the command reads
    process.send_signal(getattr(signal, kind))
    _, said = process.communicate(timeout=60)
    os.close(writer)
    assert (process.returncode, said) == (code, "\ninterrupted\n")


def test_a_finished_run_goes_on_when_asked(run: Run, folder: Path) -> None:
    run(*TRAIN, "--out", "a")
    done = run("train", "--resume", "a")
    assert done.returncode == 0
    assert "all 4 epochs of this run are done" in done.stderr
    done = run("train", "--resume", "a", "--epochs", "6")
    assert done.returncode == 0
    assert len((folder / "a/metrics.jsonl").read_text().splitlines()) == 6
    assert "all 6 epochs" in run("train", "--resume", "a").stderr


def test_a_run_is_not_shortened(run: Run, folder: Path) -> None:
    run(*TRAIN, "--epochs", "3", "--out", "a")
    before = {path.name: path.read_bytes() for path in (folder / "a").iterdir()}
    done = run("train", "--resume", "a", "--epochs", "2")
    assert done.returncode == 2
    assert "the run in a is in epoch 3, and --epochs 2 would end it before" in done.stderr
    assert {path.name: path.read_bytes() for path in (folder / "a").iterdir()} == before


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="file names are text on this system")
def test_a_file_whose_name_is_no_utf_8(run: Run, folder: Path) -> None:
    name = os.fsdecode(b"n\xe4tz.net")
    (folder / name).write_text((folder / "tiny.net").read_text())
    done = run("train", name, *TRAIN[2:], "--epochs", "1", "--out", "a")
    assert done.returncode == 0, done.stderr
    assert run("eval", "a").returncode == 0
    assert run("train", "--resume", "a", "--epochs", "2").returncode == 0
    assert run("compile", name, "--train", "-o", "step.onnx").returncode == 0


def test_printed_commands_can_be_pasted(run: Run, folder: Path) -> None:
    done = run(*TRAIN, "--epochs", "1", "--out", "my run")
    shown = re.findall(r"(?:next)? +netc (.*)", done.stderr)
    assert len(shown) == 2
    for words in map(shlex.split, shown):
        assert run(*words).returncode == 0
    assert "`--resume 'my run'`" in run(*TRAIN, "--out", "my run").stderr


def test_divergence_ends_with_six(run: Run, folder: Path) -> None:
    done = run(*TRAIN, "--lr", "1e30", "--out", "a")
    assert done.returncode == 6
    assert "error[E701]" in done.stderr
    assert "a/last.safetensors" in done.stderr or "a/best.safetensors" in done.stderr
    kept = load_file(folder / "a/last.safetensors")
    assert all(np.isfinite(values).all() for values in kept.values())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["train"], 2, "a .net file is missing"),
        (["train", "tiny.net"], 2, "there is no data"),
        ([*TRAIN, "--epochs", "0"], 2, "--epochs"),
        (["train", "tiny.net", "--resume", "runs"], 2, "a run that goes on takes no FILE"),
        (["train", "--resume", "runs"], 5, "E560"),
        (["train", "tiny.net", "--data", "none.npz"], 5, "E500"),
        (["train", "tiny.net", "--data", "data.npz", "--set", "classes=2"], 5, "E505"),
        (["train", "tiny.net", "--data", "data.npz", "--out", "tiny.net/run"], 5, "E562"),
        (["train", "tiny.net", "--data", "data.npz", "--out", "."], 5, "E563"),
        (["train", "tiny.net", "--data", "data.npz", "--init", "none.safetensors"], 5, "E553"),
        (["train", "none.net", "--data", "data.npz"], 3, "none.net"),
        (["eval", "tiny.net", "--data", "data.npz"], 5, "E565"),
        (["eval", "none.onnx", "--data", "data.npz"], 5, "E565"),
        (["predict", "none.onnx", "data.npz"], 5, "E565"),
        (["predict", "runs"], 2, "INPUT"),
    ],
)
def test_mistakes_end_with_their_code(run: Run, arguments: list[str], code: int, said: str) -> None:
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug in netc" not in done.stderr


def test_cuda_that_is_not_there_ends_with_four(run: Run) -> None:
    if json.loads(run("env", "--json").stdout)["devices"]["cuda"]["works"]:
        pytest.skip("this machine has CUDA")
    done = run(*TRAIN[:-1], "cuda")
    assert (done.returncode, "error[E601]" in done.stderr) == (4, True)


def test_a_run_whose_text_or_data_changed_does_not_go_on(run: Run, folder: Path) -> None:
    run(*TRAIN, "--out", "a")
    shutil.copytree(folder / "a", folder / "b")
    with (folder / "a/tiny.net").open("a") as text:
        text.write("# more\n")
    done = run("train", "--resume", "a", "--epochs", "5")
    assert (done.returncode, "error[E561]" in done.stderr) == (5, True)
    np.savez(
        folder / "data.npz", **{f"{part}_{name}": a for part in ("train", "test") for name, a in arrays(40).items()}
    )
    done = run("train", "--resume", "b", "--epochs", "5")
    assert (done.returncode, "90 rows, the data now has 40" in done.stderr) == (5, True)
    (folder / "b/last.safetensors").write_bytes(b"half")
    assert "error[E553]" in run("train", "--resume", "b", "--epochs", "5").stderr


@pytest.mark.slow
def test_compiled_networks_evaluate_and_predict(run: Run, folder: Path) -> None:
    run(*TRAIN, "--out", "a")
    weights = ("--weights", "a/best.safetensors")
    assert run("compile", "tiny.net", *weights, "-o", "open.onnx").returncode == 0
    assert run("compile", "tiny.net", *weights, "-o", "fixed.onnx", "--batch", "7").returncode == 0
    metrics = [json.loads(run("eval", model, "--data", "data.npz", "--format", "json").stdout)["metrics"]
               for model in ("a", "open.onnx", "fixed.onnx")]  # fmt: skip
    for found in metrics[1:]:
        assert found == pytest.approx(metrics[0], rel=1e-5)
    run("compile", "tiny.net", "-o", "step.onnx", "--train")
    assert "error[E564]" in run("predict", "step.onnx", "a/sample.npz").stderr
    pixels = np.zeros((12, 12), np.uint8)
    pixels[:2] = 255
    Image.fromarray(pixels).save(folder / "top.png")
    np.save(folder / "top.npy", (np.arange(6)[:, None] == 0) * np.ones((6, 6), np.float32))
    done = run("predict", "fixed.onnx", "top.png", "top.npy", "--top", "1")
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["top.png", "0"], ["top.npy", "0"]]
    assert "top.png: 12x12 scaled to 6x6" in done.stderr


def test_a_model_from_elsewhere_predicts(run: Run, folder: Path) -> None:
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 2])
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 2])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Softmax", ["x"], ["y"])], "g", [x], [y])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "else.onnx"))
    np.save(folder / "x.npy", np.log([[1.0, 3.0], [4.0, 1.0]]).astype(np.float32))
    answers = json.loads(run("predict", "else.onnx", "x.npy", "--format", "json").stdout)["predictions"]
    assert [[item["probability"] for item in answer["classes"]] for answer in answers] == [[0.75, 0.25], [0.8, 0.2]]
    assert "error[E564]" in run("eval", "else.onnx", "--data", "data.npz").stderr


def test_outputs_are_taken_for_logits_only_when_asked(run: Run, folder: Path) -> None:
    (folder / "bare.net").write_text("net Bare {\n  input x: 2\n  y = dense(3)\n}\n", encoding="utf-8")
    assert run("compile", "bare.net", "-o", "bare.onnx").returncode == 0
    np.save(folder / "x.npy", np.ones((1, 2), np.float32))
    (raw,) = json.loads(run("predict", "bare.onnx", "x.npy", "--format", "json").stdout)["predictions"]
    (top,) = json.loads(run("predict", "bare.onnx", "x.npy", "--format", "json", "--top", "3").stdout)["predictions"]
    scores = np.exp(raw["outputs"]["y"])
    found = {item["class"]: item["probability"] for item in top["classes"]}
    assert [found[i] for i in range(3)] == pytest.approx((scores / scores.sum()).tolist(), abs=1e-5)


def test_a_net_of_several_files_is_kept_whole(run: Run, folder: Path) -> None:
    (folder / "nets").mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "blocks.net").write_text("block wide(n) { dense(n, act=relu) }\n", encoding="utf-8")
    text = """use "../blocks.net" (wide)
net Two(n = 4) { input image: 1x6x6
  logits = flatten -> wide(n) -> dense(3) }
train Two { loss = cross_entropy(logits, label); epochs = 1 }
"""
    (folder / "nets/two.net").write_text(text, encoding="utf-8")
    done = run("train", "nets/two.net", "--data", "data.npz", "--set", "n=5", "--out", "a")
    assert done.returncode == 0, done.stderr
    (folder / "blocks.net").unlink()
    (folder / "nets/two.net").unlink()
    (folder / "pyproject.toml").unlink()
    (folder / "a/model.onnx").unlink()
    assert run("eval", "a").returncode == 0
    assert run("train", "--resume", "a", "--epochs", "2").returncode == 0
    shapes = {values.shape for values in load_file(folder / "a/best.safetensors").values()}
    assert shapes == {(5, 36), (5,), (3, 5), (3,)}


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.safetensors"
    write_atomic(path, b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(DiagnosticError) as error:
        write_atomic(path, b"new")
    (found,) = error.value.diagnostics
    assert (found.code, "no space left on device" in found.message) == ("E562", True)
    assert [(item.name, item.read_bytes()) for item in tmp_path.iterdir()] == [("last.safetensors", b"old")]


def test_texts_keep_their_places(tmp_path: Path) -> None:
    main, beside, above = (str(tmp_path / name) for name in ("nets/a.net", "nets/b.net", "blocks/c.net"))
    assert texts_of(main, "A", {main: "A", beside: "B"}) == ("a.net", {"a.net": "A", "b.net": "B"})
    name, texts = texts_of(main, "A", {main: "A", above: "C"})
    assert (name, texts) == ("nets/a.net", {"nets/a.net": "A", "blocks/c.net": "C"})


def test_what_a_resume_changes_is_kept_and_told(run: Run, folder: Path) -> None:
    run(*TRAIN, "--epochs", "2", "--out", "a")
    before = json.loads((folder / "a/run.json").read_text())
    assert before["changes"] == []
    done = run("train", "--resume", "a", "--epochs", "3", "--batch", "30", "--lr", "0.001")
    assert done.returncode == 0, done.stderr
    said = "changed      batch 16 -> 30, epochs 2 -> 3, lr 0.01 -> 0.001, from epoch 3 on, after step 12\n"
    assert sorted(said.split()) == sorted(next(x for x in done.stderr.splitlines() if "changed" in x).split())
    after = json.loads((folder / "a/run.json").read_text())
    settings = {"batch": {"from": 16, "to": 30}, "epochs": {"from": 2, "to": 3}, "lr": {"from": 0.01, "to": 0.001}}
    assert after["changes"] == [{"epoch": 3, "step": 12, "settings": settings}]
    records = [json.loads(line) for line in (folder / "a/metrics.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [6, 12, 15]
    # cosine(warmup=1): the last of 3 epochs of three steps each, five sixths of the way down from the warm-up's end
    assert records[2]["learning_rate"] == pytest.approx(0.001 * (1 + np.cos(np.pi * 5 / 6)) / 2)
    again = run("train", "--resume", "a", "--epochs", "3", "--batch", "30")
    assert again.stderr.count("changed      ") == 1  # nothing new, and what was is still told
    assert len(json.loads((folder / "a/run.json").read_text())["changes"]) == 1


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    "arguments", [("--lr", "-1"), ("--batch", "0"), ("--epochs", "1"), ("--seed", "3"), ("--set", "classes=3")]
)
def test_a_resume_that_is_refused_changes_nothing(run: Run, folder: Path, arguments: tuple[str, ...]) -> None:
    run(*TRAIN, "--epochs", "2", "--out", "a")
    before = {path.name: path.read_bytes() for path in (folder / "a").iterdir()}
    assert run("train", "--resume", "a", *arguments).returncode == 2
    assert {path.name: path.read_bytes() for path in (folder / "a").iterdir()} == before
