"""Models from strangers, in a process of their own: limits of time, memory and output; odd ones are findings."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hostile_models import HOSTILE, ODD, grown, model, node, numbers, port
from processes import command, surroundings
from tiers import but_for

from netc.cli import run
from netc.compiler import load_model
from netc.compiler.model_checksum import sealed_model
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data import read_inputs
from netc.runtime.runs.deployed import Deployed
from netc.runtime.sessions.isolated import process
from netc.runtime.sessions.isolated.process import IsolatedProcess

LIMITS = {"MEMORY": "256MiB", "TENSORS": "16MiB"}
LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system holds no process to its memory")


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LIMITS.items():
        monkeypatch.setenv(f"NETC_LIMIT_{name}", value)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are waited for two seconds."""
    monkeypatch.setenv("NETC_LIMIT_SECONDS", "2")


def put(folder: Path, content: bytes) -> Path:
    (folder / "m.onnx").write_bytes(content)
    return folder / "m.onnx"


def ask(path: Path, *shape: int) -> Any:
    """What `netc predict` does."""
    np.save(path.with_name("x.npy"), np.full(shape or (3, 4), 1.5, np.float32))
    network = Deployed.open(path, answers=True)
    outputs = network.run(read_inputs([path.with_name("x.npy")], network.inputs).arrays)
    network.check_rows(outputs, 3)
    return outputs


def finding(caught: pytest.ExceptionInfo[DiagnosticError]) -> Diagnostic:
    (found,) = caught.value.diagnostics
    assert found.help
    assert all(text.isprintable() and "onnxruntime" not in text for text in (found.message, *found.notes))
    return found


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", but_for(list(HOSTILE), ["wide pool", "large product", "doubling"]))
def test_what_has_no_end_is_ended(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, code = HOSTILE[name]
    if code == "E540":
        monkeypatch.setenv("NETC_LIMIT_SECONDS", "2")
    if code == "E541" and not Path("/proc/self/status").exists():
        pytest.skip("the system holds no process to its memory")
    shape = (3, 1, 4) if name.startswith("wide") else (3, 4)
    with pytest.raises(DiagnosticError) as caught:
        ask(put(tmp_path, make()), *shape)
    found = finding(caught)
    assert found.code == code, found
    assert "NETC_LIMIT_" in (found.help or "")


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", ODD)
def test_odd_models_are_findings(name: str, tmp_path: Path) -> None:
    make, code = ODD[name]
    path = put(tmp_path, make())
    if code is None:
        assert ask(path)
        return
    with pytest.raises(DiagnosticError) as caught:
        ask(path)
    assert finding(caught).code == code


@pytest.mark.parametrize("name", but_for([*HOSTILE, *ODD], [*HOSTILE, *list(ODD)[::2]]))
def test_importing_them_runs_nothing(name: str, tmp_path: Path) -> None:
    """They become a text, or a finding; `summary`, `show` and `train` take it from there."""
    make, _ = {**HOSTILE, **ODD}[name]
    with suppress(DiagnosticError):
        load_model(str(put(tmp_path, make())))


@pytest.mark.quick(1)
@pytest.mark.parametrize("verb", ["predict", "eval", "import"])
@pytest.mark.usefixtures("soon")
def test_the_command_says_what_to_do(verb: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A window of two billion places: its text is written, and not compared. Nor is it a scorer."""
    path = put(tmp_path, HOSTILE["wide pool"][0]())
    if verb == "eval":
        whole = onnx.load_from_string(path.read_bytes())
        whole.metadata_props.add(key="netc.scorer", value=base64.b64encode(path.read_bytes()).decode())
        path.write_bytes(whole.SerializeToString())
    np.save(tmp_path / "x.npy", np.ones((2, 1, 4), np.float32))
    np.savez(tmp_path / "x.npz", x=np.ones((2, 1, 4), np.float32))
    rest = {"predict": [str(tmp_path / "x.npy")], "eval": ["--data", str(tmp_path / "x.npz")], "import": []}[verb]
    code = run([verb, str(path), *rest])
    said = "".join(capfd.readouterr())
    assert "bug in netc" not in said
    if verb == "import":
        assert code == 0
        assert "not compared: " in said
        assert "had not answered after 2 seconds" in said
        return
    assert code == 5
    if verb == "eval":
        assert "`netc.scorer` in its metadata is damaged" in said
    else:
        assert "error[E540]" in said
        assert "NETC_LIMIT_SECONDS=8" in said


def never_ending(ours: bytes) -> bytes:
    """A model of ours, with all that it says of itself, whose first output goes through a loop without an end."""
    forged, loop = onnx.load_from_string(ours), onnx.load_from_string(HOSTILE["endless"][0]())
    name = forged.graph.output[0].name
    (maker,) = [node for node in forged.graph.node if name in node.output]
    maker.output[list(maker.output).index(name)] = "before"
    (added,) = loop.graph.node
    added.input[2], added.output[0] = "before", name
    forged.graph.node.append(added)
    forged.graph.initializer.extend(loop.graph.initializer)
    return sealed_model(forged.SerializeToString())


@pytest.mark.slow
@pytest.mark.usefixtures("soon")
def test_a_manifest_of_ours_makes_no_model_ours(tmp_path: Path) -> None:
    """What a file says of itself, a stranger can say as well."""
    (tmp_path / "a.net").write_text("net A { input x: 4; dense(4) }")
    assert run(["compile", str(tmp_path / "a.net"), "-o", str(tmp_path / "a.onnx")]) == 0
    forged = never_ending((tmp_path / "a.onnx").read_bytes())
    with pytest.raises(DiagnosticError, match="E540"):
        ask(put(tmp_path, forged))


@pytest.mark.slow
@pytest.mark.usefixtures("soon")
def test_a_run_folder_is_a_strangers_too(tmp_path: Path) -> None:
    """Its model.onnx runs in a process of its own, as any file's."""
    (tmp_path / "a.net").write_text("net A { input x: 4; y = dense(2) }\ntrain A { loss = mse(y, t)\n  epochs = 1 }")
    rows = {"x": np.ones((8, 4), np.float32), "t": np.ones((8, 2), np.float32)}
    np.savez(tmp_path / "d.npz", **rows)
    data, out = str(tmp_path / "d.npz"), str(tmp_path / "run")
    assert run(["train", str(tmp_path / "a.net"), "--data", data, "--out", out]) == 0
    path = tmp_path / "run/model.onnx"
    path.write_bytes(never_ending(path.read_bytes()))
    with pytest.raises(DiagnosticError, match="E540"):
        Deployed.open(tmp_path / "run").evaluate(data, "all")


def test_many_rows_take_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    start = subprocess.Popen

    def counted(*arguments: Any, **settings: Any) -> Any:
        started.append(arguments)
        return start(*arguments, **settings)

    monkeypatch.setattr(process.subprocess, "Popen", counted)
    network = Deployed.open(put(tmp_path, model([node("Relu", ["x"])])))
    x = np.random.default_rng(0).standard_normal((700, 4)).astype(np.float32)
    found = np.concatenate([network.run({"x": x[at : at + 7]})["y"] for at in range(0, 700, 7)])
    np.testing.assert_array_equal(found, np.maximum(x, 0))
    assert len(started) == 1


def test_a_process_that_is_killed_is_a_finding_and_stays_one(tmp_path: Path) -> None:
    network = Deployed.open(put(tmp_path, model([node("Relu", ["x"])])))
    process = network.session._process  # type: ignore[union-attr]
    os.kill(process._process.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(DiagnosticError, match="E543") as caught:
            network.run({"x": np.ones((1, 4), np.float32)})
        finding(caught)


def test_what_libraries_print_is_kept_and_shown_as_signs(tmp_path: Path) -> None:
    network = Deployed.open(put(tmp_path, model([node("Relu", ["x"])])))
    process = network.session._process  # type: ignore[union-attr]
    process._printed.write(b"\x1b[2J\xff terminate called\n")
    process._printed.flush()
    os.kill(process._process.pid, signal.SIGKILL)
    with pytest.raises(DiagnosticError, match="E543") as caught:
        network.run({"x": np.ones((1, 4), np.float32)})
    assert "it printed: ␛[2J� terminate called" in finding(caught).notes


def test_a_limit_of_centuries_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETC_LIMIT_SECONDS", str(2**62))
    assert ask(put(tmp_path, next(make for make, code in ODD.values() if code is None)()))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no timers of processes")
def test_a_process_ends_without_netc_too(tmp_path: Path) -> None:
    """netc is killed while its model runs: the system ends that at its time, or when it asks for more."""
    path = put(tmp_path, HOSTILE["endless"][0]())
    np.save(tmp_path / "x.npy", np.ones((2, 4), np.float32))
    environment = surroundings(NETC_LIMIT_SECONDS="1")
    netc = subprocess.Popen(
        command("predict", str(path), str(tmp_path / "x.npy")), env=environment, stderr=subprocess.PIPE, text=True
    )
    children = Path(f"/proc/{netc.pid}/task/{netc.pid}/children")
    if not children.exists():
        netc.wait()
        pytest.skip("the system doesn't say which processes a process has")
    child = wait_for(lambda: children.read_text().split())[0]
    netc.kill()
    netc.communicate()
    wait_for(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text())


def wait_for(what: Any) -> Any:
    for _ in range(600):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_a_module_in_the_users_folder_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "numpy", "onnxruntime", "struct", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'taken')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert ask(put(tmp_path, model([node("Relu", ["x"])])))
    assert not (tmp_path / "taken").exists()


@pytest.mark.slow
@LINUX
def test_a_large_model_may_take_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is of what comes on top of its own numbers."""
    monkeypatch.setenv("NETC_LIMIT_MEMORY", "64MiB")
    w = np.ones((4, 5_000_000), np.float32)
    large = model([node("MatMul", ["x", "w"], ["a"]), node("ReduceMax", ["a", "last"])],
                  weights={"w": w, "last": numbers(1)})  # fmt: skip
    assert ask(put(tmp_path, large))


def test_hard_links_are_refused_as_external_data(tmp_path: Path) -> None:
    weights = onnx.TensorProto(name="w", data_type=1, dims=[4, 3], data_location=1)
    weights.external_data.add(key="location", value="w.bin")
    graph = onnx.helper.make_graph([node("MatMul", ["x", "w"])], "g", [port("x")], [port("y", None)], [weights])
    opsets = [onnx.helper.make_opsetid("", 20)]
    made = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    (tmp_path / "home").mkdir()
    (tmp_path / "secret").write_bytes(np.ones((4, 3), np.float32).tobytes())
    path = put(tmp_path / "home", made)
    os.link(tmp_path / "secret", path.with_name("w.bin"))
    for take in (Deployed.open, lambda path: load_model(str(path))):
        with pytest.raises(DiagnosticError, match="E565") as caught:
            take(path)
        assert "a hard link" in finding(caught).notes[0]
    (tmp_path / "secret").unlink()
    assert ask(path)


def test_the_process_answers_as_a_session_here_does(tmp_path: Path) -> None:
    """The same bits, names and metadata."""
    (tmp_path / "a.net").write_text("net A { input x: 3x9x9; conv(8, 3x3) -> relu -> flatten -> dense(5) -> softmax }")
    assert run(["compile", str(tmp_path / "a.net"), "-o", str(tmp_path / "a.onnx")]) == 0
    apart = Deployed.open(tmp_path / "a.onnx")
    here = Deployed.open(tmp_path / "a.onnx", ours=True)
    assert (apart.inputs, apart.outputs, apart.session.metadata) == (here.inputs, here.outputs, here.session.metadata)
    x = np.random.default_rng(0).standard_normal((5, 3, 9, 9)).astype(np.float32)
    for name, array in here.run({"x": x}).items():
        np.testing.assert_array_equal(apart.run({"x": x})[name], array)


def test_a_loop_that_grows_is_ended_by_the_system(tmp_path: Path) -> None:
    """Whatever comes first, time or memory: never the end of memory."""
    with pytest.raises(DiagnosticError, match=r"E54[01]"):
        ask(put(tmp_path, grown()))


def test_a_process_that_answers_nonsense_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stranger's model makes of the process is not believed."""
    for said in (
        b"", b"\xff" * 8, b"\2\0\0\0\0\0\0\0{}", b"\x0c\0\0\0\0\0\0\0{\"parts\": 1}", b"\5\0\0\0\0\0\0\0[[[[[",
        b"\x1c\0\0\0\0\0\0\0" + b'{"parts": [99999999999999]} ', b"\x0f\0\0\0\0\0\0\0" + b'{"parts": [-1]}',
        b"\x0d\0\0\0\0\0\0\0" + b'{"parts": []}',
    ):  # fmt: skip
        (tmp_path / "answers.py").write_text(f"import sys; sys.stdout.buffer.write({said!r}); sys.stdout.flush()")
        monkeypatch.setattr(process, "CHILD", "answers")
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(DiagnosticError, match="E543"):
            IsolatedProcess("m.onnx").open(b"")
