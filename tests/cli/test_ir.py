"""`netc ir`: the graph as text on stdout, stage by stage, and nothing else there."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import netc.cli as cli
from netc.compiler.ir.text import to_text
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.pipeline import EARLIER, STAGES, Context
from netc.compiler.targets import TARGETS

MODEL = """block never(n) { dense(n) }
net Small(classes = 10) {
  input image: 1x8x8
  skip = conv(4, 3x3, pad=same, bias=false) -> batchnorm -> relu
  conv(4, 3x3, pad=same)
  add(skip)
  flatten -> dropout(0.5)
  logits = dense(classes)
}
net Other {
  input x: 4
  dense(3)
}
train Small { loss = cross_entropy(logits, label); optimizer = adam(lr=1e-3); metrics = [accuracy] }
"""
ALL = [part.name for part in (*EARLIER, *STAGES)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.net").write_text(MODEL, "utf-8")


@pytest.fixture
def ir(capsys: pytest.CaptureFixture[str]) -> Any:
    def printed(*options: str) -> str:
        assert cli.run(["ir", "m.net", *options]) == 0
        return capsys.readouterr().out

    return printed


@pytest.mark.quick(7)
@pytest.mark.parametrize("options", [(), ("--train",), ("--train", "--batch", "4", "--memory", "low")], ids=" ".join)
@pytest.mark.parametrize("target", TARGETS)
def test_what_is_printed_is_a_graph(ir: Any, target: str, options: tuple[str, ...]) -> None:
    text = ir("--target", target, *options)
    graph = from_text(text)
    verify(graph)
    assert to_text(graph) == text
    assert any(name.startswith("logits") for name in (value.name for value in graph.parameters))
    assert ("loss" in graph.outputs) == ("--train" in options)


def test_the_graph_is_that_of_the_model(ir: Any) -> None:
    """Node for node: emission adds what ONNX wants as inputs, and leaves out none."""
    import onnx

    assert cli.run(["compile", "m.net", "-o", "m.onnx", "--train", "--target", "cpu"]) == 0
    names = {name for node in onnx.load("m.onnx").graph.node for name in node.output}
    graph = from_text(ir("--train", "--target", "cpu"))
    made = {value for node in graph.nodes for value in node.outputs if node.op != "Constant"}
    made -= set(graph.outputs.values())  # ONNX calls these by the output's name, and literals by their number
    assert len(made) > 100
    assert {value.name for value in made} <= names


def test_options_reach_it(ir: Any) -> None:
    assert "float32[10, 256]" in ir()
    assert "float32[3, 256]" in ir("--set", "classes=3")
    assert ir("--net", "Other").startswith("graph Other\n")
    assert "float32[N, 1, 8, 8]" in ir()
    assert "float32[7, 1, 8, 8]" in ir("--batch", "7")
    assert "float16[" in ir("--train", "--precision", "mixed")
    usual = ir("--train", "--target", "cuda")
    assert ir("--train", "--target", "cuda", "--lowering", "ConvWeightGradient=swapped") != usual


@pytest.mark.slow
def test_stages_follow_one_another(ir: Any) -> None:
    """The last stage leaves the finished graph; one that changed something left another one than that before it."""
    rows = json.loads(ir("--train", "--stages", "--format", "json"))["stages"]
    texts = {row["name"]: ir("--train", "--after", row["name"]) for row in rows if row["ran"]}
    assert list(texts.values())[-1] == ir("--train")
    names = list(texts)[ALL.index("assembled") :]
    changed = {row["name"] for row in rows if row["changed"]}
    for before, after in pairwise(names):
        assert (texts[before] != texts[after]) == (after in changed), after
    for row in rows:
        if row["ran"]:
            assert len(from_text(texts[row["name"]]).nodes) == row["nodes"]


def test_the_list_has_every_stage_in_its_order(ir: Any) -> None:
    lines = ir("--stages").splitlines()
    assert lines[0].split() == ["stage", "nodes", "changed", "what", "it", "does"]
    assert [line.split()[0] for line in lines[1:]] == ALL
    missing = [line.split()[0] for line in lines[1:] if "; not here: for " in line]
    context = Context("infer")
    assert missing == [part.name for part in (*EARLIER, *STAGES) if not part.when.holds(context)]
    assert next(line for line in lines if line.startswith("inference_mode")).split()[2] == "yes"


def test_the_list_as_json(ir: Any) -> None:
    found = json.loads(ir("--train", "--stages", "--format", "json", "--target", "fast"))
    assert list(found) == ["version", "net", "kind", "target", "stages"]
    assert (found["version"], found["net"], found["kind"], found["target"]) == (1, "Small", "train", "fast")
    for row in found["stages"]:
        assert list(row) == ["name", "does", "for", "ran", "nodes", "changed"]
        assert isinstance(row["nodes"], int) == isinstance(row["changed"], bool) == row["ran"]
    assert [row["name"] for row in found["stages"]] == ALL


def test_stdout_has_the_graph_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ir", "m.net"]) == 0
    said = capsys.readouterr()
    verify(from_text(said.out))
    assert "warning" in said.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--after", "simplify1/identitys"],
            ["no stage is called `simpl", "use `simplify1/identities`"],
        ),
        (["--after", "xyz"], ["no stage is called `xyz`", "= note: these run: assembled, inference_mode, simplify1/"]),
        (["--after", "recompute"], ["recompute does not run here: it is for training steps with `--memory low`"]),
        (["--train", "--after", "legalise/chains"], ["it is for the targets fast, fast8"]),
        (["--train", "--after", "fix_sizes"], ["it is for a batch of a given size"]),
        (["--stages", "--after", "sweep1"], ["leave one out"]),
        (["--format", "json"], ["add `--stages`"]),
        (["--precision", "mixed"], ["add `--train`"]),
    ],
)
def test_mistakes_of_usage(options: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ir", "m.net", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    for word in words:
        assert word in said.err


def test_without_a_plan_there_is_no_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ir", "m.net", "--net", "Other", "--train"]) == 3
    assert "error[E401]" in capsys.readouterr().err
