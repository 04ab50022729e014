"""Training with `--memory low`: the same bits, fewer of them alive at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from here import CPU_TARGETS
from liveness import live_bytes

import netc
from netc.cli import run
from netc.compiler import Net, Options, compile_training, load, pipeline
from netc.compiler.ir import Graph
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.passes import recompute
from netc.compiler.passes.recompute import LONGEST
from netc.compiler.pipeline import Context
from netc.compiler.training.step import training_step
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.training.trainer import Trainer

RESIDUAL = """
block unit { conv(16, 3x3, pad=1, bias=false) -> batchnorm -> relu }
net Deep(depth = 3) {
  input image: 3x16x16
  unit
  repeat depth {
    add {
      identity
      unit -> unit
    }
    relu
  }
  maxpool(2x2) -> dropout(0.25) -> flatten
  logits = dense(10)
}
train Deep {
  data = "digits"
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.05, momentum=0.9)
  metrics = [accuracy]
  batch = 16
}
"""
LOW = Options(memory="low")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "deep.net"
    path.write_text(RESIDUAL)
    return path


@pytest.fixture
def deep(file: Path) -> Net:
    return load(file)


def step_of(net: Net, target: str, options: Options) -> Graph:
    plan = net.plan()
    return pipeline.run(training_step(net, plan, plan.only).graph, Context("train", target, options, plan.batch))


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", ["std", "cpu"])
def test_fewer_bytes_are_alive(deep: Net, target: str) -> None:
    normal, low = step_of(deep, target, Options()), step_of(deep, target, LOW)
    verify(low)
    assert max(live_bytes(low)) < 0.75 * max(live_bytes(normal))
    heavy = ("Conv", "Gemm", "MatMul", "MaxPool", "BlockedMaxPool")
    for op in heavy:
        assert sum(node.op == op for node in low.nodes) == sum(node.op == op for node in normal.nodes)


@pytest.mark.slow
def test_nodes_grow_evenly_with_depth(file: Path) -> None:
    """In a chain of residual blocks none takes the whole chain before it."""
    first, second, third = (
        compile_training(load(file, settings={"depth": depth}), batch=16, options=LOW).nodes for depth in (12, 24, 36)
    )
    assert third - second == second - first


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", CPU_TARGETS)
def test_losses_and_weights_are_equal_to_the_bit(deep: Net, target: str) -> None:
    rng = np.random.default_rng(0)
    batches = [
        {"image": rng.standard_normal((n, 3, 16, 16)).astype(np.float32), "label": rng.integers(0, 10, n)}
        for n in (16, 16, 7)  # the last one is a batch whose size the graph does not know
    ]

    def trained(options: Options) -> tuple[list[dict[str, float]], dict[str, np.ndarray]]:
        trainer = Trainer(netc.Model(deep, "cpu", seed=1, target=target), options=options)
        return [trainer.step(batch) for batch in batches], trainer.checkpoint()

    numbers, tensors = trained(Options())
    low_numbers, low_tensors = trained(LOW)
    assert low_numbers == numbers
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(low_tensors[name], tensor, err_msg=name)


def test_the_runtime_makes_no_copy_twice_into_one(deep: Net) -> None:
    """What is made twice stays so in the session: ONNX Runtime would merge it where nobody stops it."""
    trainer = Trainer(netc.Model(deep, "cpu", target="std"), options=LOW, profile=True)
    rng = np.random.default_rng(0)
    trainer.step({"image": rng.standard_normal((16, 3, 16, 16)).astype(np.float32), "label": rng.integers(0, 10, 16)})
    events = json.loads(trainer.end_profile())
    ran = [e for e in events if e.get("cat") == "Node" and e["args"]["op_name"] == "Relu"]
    names = {e["name"] for e in ran}
    assert len(names) > sum(layer.word == "relu" for layer in deep.layers)


TEXT = """graph g
input %x: float32[200, 100]
parameter %w: float32[200, 100]
%a = Mul(%x, %w) : float32[200, 100]
%b = Log(%a) : float32[200, 100]
%c = Relu(%b) : float32[200, 100]
%l = ReduceSum(%c) axes=(0, 1) keepdims=false : float32[]
%d = Mul(%c, %x) : float32[200, 100]
%n = Sub(%b, %d) : float32[200, 100]
output loss = %l
output w.next = %n
"""


def test_a_copy_stands_before_its_first_late_reader() -> None:
    graph = recompute(from_text(TEXT))
    verify(graph)
    assert [node.op for node in graph.nodes] == ["Mul", "Log", "Relu", "ReduceSum", "Relu", "Mul", "Sub"]
    first, again, late = graph.nodes[2], graph.nodes[4], graph.nodes[5]
    assert again.inputs == first.inputs
    assert late.inputs[0] is again.output


def test_what_the_backward_pass_does_not_read_is_not_kept_for_a_copy() -> None:
    """b is read early alone here: to make c from it would keep b in place of c."""
    graph = from_text(TEXT.replace("Sub(%b, %d)", "Sub(%x, %d)"))
    assert recompute(graph).nodes == graph.nodes


def test_small_tensors_are_kept() -> None:
    graph = from_text(TEXT.replace("200", "2"))
    assert recompute(graph).nodes == graph.nodes


def test_long_chains_are_kept_in_parts() -> None:
    count = 3 * LONGEST
    chain = "".join(f"%v{i + 1} = Relu(%v{i}) : float32[200, 100]\n" for i in range(count))
    late = "".join(f"%u{i} = Mul(%u{i + 1}, %v{i}) : float32[200, 100]\n" for i in range(count - 1, 0, -1))
    graph = from_text(
        f"graph g\ninput %v0: float32[200, 100]\n{chain}"
        f"%l = ReduceSum(%v{count}) axes=(0, 1) keepdims=false : float32[]\n"
        f"%u{count} = Neg(%v{count}) : float32[200, 100]\n{late}output loss = %l\noutput w.next = %u1\n"
    )
    low = recompute(graph)
    verify(low)
    one = 4 * 200 * 100
    assert max(live_bytes(graph)) >= count * one
    assert max(live_bytes(low)) <= (3 + LONGEST + 3) * one


def test_another_word_is_refused() -> None:
    with pytest.raises(DiagnosticError) as caught:
        Options(memory="lo")  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].code == "E608"


# ------------------------------------------------------------ on the command line
DIGITS = """
net Small {
  input image: 1x8x8
  conv(16, 3x3, pad=1) -> batchnorm -> relu -> flatten
  logits = dense(10)
}
train Small {
  data = "digits"
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.05, momentum=0.9)
  batch = 50
  epochs = 1
}
"""


def weights_of(folder: Path) -> bytes:
    return (folder / "best.safetensors").read_bytes()


def test_a_run_stores_it_and_goes_on_with_it(tmp_path: Path) -> None:
    path = tmp_path / "small.net"
    path.write_text(DIGITS)
    given = ["train", str(path), "--device", "cpu", "--out"]
    for out, more in (("normal", []), ("low", ["--memory", "low"])):
        assert run([*given, str(tmp_path / out), *more]) == 0
    assert weights_of(tmp_path / "low") == weights_of(tmp_path / "normal")
    assert json.loads((tmp_path / "low" / "run.json").read_text())["memory"] == "low"
    manifest = json.loads((tmp_path / "low" / "manifest.json").read_text())
    assert manifest["settings"]["memory"] == "low"
    for out, more in (("normal", ["--memory", "low"]), ("low", [])):
        assert run(["train", "--resume", str(tmp_path / out), "--epochs", "2", *more]) == 0
        assert json.loads((tmp_path / out / "run.json").read_text())["memory"] == "low"
    assert weights_of(tmp_path / "low") == weights_of(tmp_path / "normal")


def test_compile_takes_it_for_training_alone(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "step.onnx")
    assert run(["compile", str(file), "-o", out, "--train", "--memory", "low"]) == 0
    assert run(["compile", str(file), "-o", out, "--memory", "low"]) == 2
    assert "--memory is for training steps" in capsys.readouterr().err
    assert run(["train", str(file), "--memory", "little"]) == 2
