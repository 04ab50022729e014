"""Models from strangers: only operators that are open to everybody, and damage is a finding and no traceback."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from sessions import fast_library

from netc.compiler import Artifact, check_model, compile_gradients, compile_inference, load
from netc.compiler.importing import foreign
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices.device import CPU
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.export import deployable
from netc.runtime.sessions.session import Session

from .conftest import Run, arrays

X = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])
Y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4])
EVIL: dict[str, Any] = {"steps": [9, 63, 0], "results": [2], "constants": [0.5]}
DOMAINS = {"": 20, "netc.fast": 1, "com.microsoft": 1, "com.microsoft.nchwc": 1, "ai.onnx.ml": 3, "other": 1}


def model(nodes: Sequence[onnx.NodeProto], functions: Sequence[onnx.FunctionProto] = ()) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "g", [X], [Y])
    opsets = [helper.make_opsetid(domain, version) for domain, version in DOMAINS.items()]
    return helper.make_model(graph, opset_imports=opsets, functions=functions, ir_version=9)


def evil(domain: str = "netc.fast", name: str = "bad") -> onnx.NodeProto:
    return helper.make_node("Elementwise", ["x"], ["y"], name=name, domain=domain, **EVIL)


def bodies() -> dict[str, onnx.ModelProto]:
    """The node in every place that a model has for nodes."""
    out = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    body = helper.make_graph([evil()], "body", [], out)
    nothing = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "nothing", [], out)
    branch = helper.make_node("If", ["c"], ["y"], then_branch=nothing, else_branch=body)
    deeper = helper.make_graph([helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body)], "d", [], out)
    outer = helper.make_node("If", ["c"], ["y"], then_branch=deeper, else_branch=nothing)
    many = helper.make_node("Many", ["x"], ["y"])
    many.attribute.append(helper.make_attribute("graphs", [nothing, body]))
    opsets = [helper.make_opsetid(domain, version) for domain, version in DOMAINS.items()]
    function = helper.make_function("other", "F", ["x"], ["y"], [evil()], opsets)
    relu = helper.make_node("Relu", ["x"], ["y"])
    own = helper.make_function("netc.fast", "Elementwise", ["x"], ["y"], [relu], opsets)
    call = helper.make_node("F", ["x"], ["y"], domain="other")
    training = model([relu])
    training.training_info.add().algorithm.CopyFrom(body)
    return {
        "graph": model([evil()]),
        "then": model([branch]),
        "nested": model([outer]),
        "graphs": model([many]),
        "function": model([call], [function]),
        "defined by itself": model([evil()], [own]),
        "training": training,
    }


@pytest.mark.parametrize(("where", "bad"), list(bodies().items()), ids=list(bodies()))
def test_an_operator_of_ours_is_refused_wherever_it_stands(where: str, bad: onnx.ModelProto) -> None:
    with pytest.raises(DiagnosticError) as caught:
        Deployed(Path("m.onnx"), bad.SerializeToString())
    (finding,) = caught.value.diagnostics
    assert finding.code == "E567"
    assert "`Elementwise` of domain `netc.fast`" in finding.message
    assert finding.notes == ("in node `bad`",)


@pytest.mark.parametrize("domain", ["com.microsoft.nchwc", "other", "netc.fast ", "ai.onnx.training", "AI.ONNX"])
def test_domains_that_are_not_open(domain: str) -> None:
    with pytest.raises(DiagnosticError, match="E567"):
        Deployed(Path("m.onnx"), model([evil(domain)]).SerializeToString())


def test_what_is_printed_is_printable() -> None:
    node = evil("netc.fast\x1b[2J" + "x" * 500, "\x1b]0;title\x07\n")
    with pytest.raises(DiagnosticError, match="E567") as caught:
        Deployed(Path("m.onnx"), model([node]).SerializeToString())
    (finding,) = caught.value.diagnostics
    assert finding.message.isprintable()
    assert len(finding.message) < 400
    assert finding.notes[0].isprintable()
    wrong = model([helper.make_node("MatMul", ["x", "x"], ["y"], name="\x1b[2J")])
    with pytest.raises(DiagnosticError, match="E565") as caught:
        Deployed(Path("m.onnx"), wrong.SerializeToString()).run({"x": np.ones((3, 4), np.float32)})
    assert caught.value.diagnostics[0].notes[0].isprintable()


def test_domains_that_are_open() -> None:
    opsets = [helper.make_opsetid("", 20)]
    own = helper.make_function("other", "F", ["x"], ["y"], [helper.make_node("Relu", ["x"], ["y"])], opsets)
    nodes = [
        helper.make_node("Identity", ["x"], ["a"], domain="ai.onnx"),
        helper.make_node("Gelu", ["a"], ["b"], domain="com.microsoft"),
        helper.make_node("F", ["b"], ["c"], domain="other"),
        helper.make_node("Scaler", ["c"], ["y"], domain="ai.onnx.ml", offset=[0.0] * 4, scale=[2.0] * 4),
    ]
    answer = Deployed(Path("m.onnx"), model(nodes, [own]).SerializeToString()).run({"x": np.ones((3, 4), np.float32)})
    np.testing.assert_allclose(answer["y"], 2 * 0.8413447 * np.ones((3, 4)), rtol=1e-6)


def test_bytes_that_another_reader_would_read_otherwise() -> None:
    """Keys beyond 32 bits, which C++ cuts off; groups; ONNX Runtime's own format behind a good beginning."""
    bad = model([evil()]).graph.SerializeToString()
    length = len(bad).to_bytes(2, "little")
    size = bytes([length[0] & 0x7F | 0x80, len(bad) >> 7]) if len(bad) > 127 else bytes([len(bad)])
    for key in (b"\xba\x80\x80\x80\x10", b"\xba\x80\x80\x80\x80\x80\x80\x80\x80\x02", b"\x3b", b"\x02"):
        with pytest.raises(DiagnosticError, match="E565"):
            Deployed(Path("m.onnx"), key + size + bad)
    overlong = b"\xba\x80\x00" + size + bad  # field 7 with a needless byte is field 7
    with pytest.raises(DiagnosticError, match="E567"):
        Deployed(Path("m.onnx"), overlong)
    with pytest.raises(DiagnosticError, match="E565"):
        Deployed(Path("m.onnx"), b"\x12\x20\x00\x00ORTM" + bytes(26))


def test_a_domain_given_twice_does_not_hide() -> None:
    twice = onnx.NodeProto(op_type="Elementwise", domain="netc.fast").SerializeToString() + b"\x3a\x00"
    node = onnx.NodeProto.FromString(twice)
    assert node.domain == ""  # the last one counts for protobuf
    graph = b"\x0a" + bytes([len(twice)]) + twice
    with pytest.raises(DiagnosticError, match="E567"):
        Deployed(Path("m.onnx"), b"\x3a" + bytes([len(graph)]) + graph)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x0a\x00" * 6, "5 nodes"),
        (b"\x0a\x02\x12\x00" * 6, "5 nodes"),
        (b"\x0a\x66" + b"\x12\x00" * 51, "50 fields"),
        (b"\x0a\x66" + b"\x08\x00" * 51, "50 fields"),
    ],
    ids=["empty", "small", "texts", "numbers"],
)
def test_more_than_is_read_is_refused(content: bytes, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETC_LIMIT_NODES", "5")
    with pytest.raises(DiagnosticError, match=f"E592.*more than {what}") as caught:
        check_model(Path("m.onnx"), b"\x3a" + bytes([len(content)]) + content)
    assert "NETC_LIMIT_NODES" in (caught.value.diagnostics[0].help or "")
    monkeypatch.delenv("NETC_LIMIT_NODES")
    check_model(Path("m.onnx"), b"\x3a" + bytes([len(content)]) + content)


def test_bytes_are_walked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    walks = []
    monkeypatch.setattr(foreign, "_read", lambda content, read=foreign._read: walks.append(content) or read(content))
    check_model(Path("m.onnx"), model([onnx.helper.make_node("Relu", ["x"], ["y"])]).SerializeToString())
    assert len(walks) == 1


@pytest.mark.quick(1)
@pytest.mark.parametrize("seed", range(4))
def test_damage_is_a_finding(seed: int) -> None:
    """Bits turned round, bytes cut off and put in. ONNX Runtime is not asked: on some such files it aborts itself."""
    draw, good = random.Random(seed), model([evil("com.microsoft")] * 20).SerializeToString()
    found = set()
    for _ in range(500):
        content = bytearray(good)
        for _ in range(draw.choice((1, 1, 2, 8))):
            at = draw.randrange(len(content))
            kind = draw.randrange(3)
            if kind == 0:
                content[at] ^= 1 << draw.randrange(8)
            elif kind == 1:
                del content[at : at + draw.randint(1, 9)]
            else:
                content[at:at] = draw.randbytes(draw.randint(1, 9))
        try:
            check_model(Path("m.onnx"), bytes(content))
            found.add("open")
        except DiagnosticError as error:
            found.add(error.diagnostics[0].code)
    assert found == {"open", "E565", "E567"}


@pytest.mark.parametrize("content", [b"", b"\0", b"text", b"\x3a\xff\xff\xff\xff\x0f", b"\x3a" * 9, b"\x80" * 20])
def test_what_is_no_model(content: bytes) -> None:
    with pytest.raises(DiagnosticError, match="E565"):
        Deployed(Path("m.onnx"), content)


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("netc.manifest", "[]"), ("netc.manifest", "{"), ("netc.manifest", '{"kind": 1, "inputs": []}'),
        ("netc.manifest", '{"kind": "infer", "inputs": [1]}'), ("netc.manifest", '{"kind": "infer"}'),
        ("netc.manifest", '{"kind": "infer", "inputs": [{"name": "x", "dtype": "f", "role": "data", "shape": 4}]}'),
        ("netc.manifest", "[" * 100_000),
        ("netc.scorer", "%"), ("netc.scorer", "AAAA"), ("netc.scorer", "é"),
    ],
)  # fmt: skip
def test_metadata_that_is_not_ours(key: str, value: str) -> None:
    bad = model([helper.make_node("Relu", ["x"], ["y"])])
    bad.metadata_props.add(key=key, value=value)
    with pytest.raises(DiagnosticError, match="E565"):
        Deployed(Path("m.onnx"), bad.SerializeToString())


INPUT = {"name": "x", "kind": "array", "sources": ["x"], "dtype": "float32", "shape": [4], "scale": None, "low": 0,
         "high": 1, "size": None, "channels": None, "colour": None, "treated": {}}  # fmt: skip
CARD = {"version": 1, "data": "d", "inputs": [INPUT], "targets": [], "parts": [], "seeded": None}
TARGET = {"name": "y", "source": "y", "kind": "classes", "count": 2, "classes": ["a", "b"]}


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    "change",
    [
        {"version": "1"}, {"version": 7}, {"data": 1}, {"inputs": {}}, {"inputs": [1]}, {"more": 1}, {"seeded": [1]},
        {"seeded": ["a", 0]}, {"targets": [TARGET | {"classes": ["a", 1]}]}, {"targets": [TARGET | {"kind": "x"}]},
        {"targets": [TARGET | {"classes": ["a", "a"]}]}, {"parts": [{"name": "train"}]},
        {"targets": [TARGET | {"count": True}]},
        *({"inputs": [INPUT | {name: value}]} for name, value in (
            ("scale", 0), ("scale", "1"), ("scale", float("nan")), ("scale", True), ("scale", 10**400),
            ("sources", []), ("sources", ["x", 1]), ("kind", "pickle"), ("shape", ["N"]), ("low", {}), ("size", [1]),
            ("treated", {"a": 1}), ("name", None),
        )),
    ],
)  # fmt: skip
def test_a_card_that_is_not_ours(change: dict[str, Any]) -> None:
    for card, good in ((CARD, True), (CARD | change, False)):
        made = model([helper.make_node("Relu", ["x"], ["y"])])
        made.metadata_props.add(key="netc.card", value=json.dumps(card))
        if good:
            assert Deployed(Path("m.onnx"), made.SerializeToString()).card is not None
            continue
        with pytest.raises(DiagnosticError, match="E524"):
            Deployed(Path("m.onnx"), made.SerializeToString())


@pytest.mark.quick(1)
@pytest.mark.parametrize("text", ["", "[", "1", "[" * 100_000, "null"])
def test_metadata_that_is_no_card(text: str) -> None:
    bad = model([helper.make_node("Relu", ["x"], ["y"])])
    bad.metadata_props.add(key="netc.card", value=text)
    with pytest.raises(DiagnosticError, match="E524"):
        Deployed(Path("m.onnx"), bad.SerializeToString())


def test_the_scorer_inside_is_a_model_from_a_stranger_too() -> None:
    good = model([helper.make_node("Relu", ["x"], ["y"])])
    good.metadata_props.add(key="netc.scorer", value=base64.b64encode(model([evil()]).SerializeToString()).decode())
    with pytest.raises(DiagnosticError, match="E567"):
        Deployed(Path("m.onnx"), good.SerializeToString())


def test_predict_says_what_does_not_work_in_a_model(run: Run, folder: Path) -> None:
    """A model that fails at a run, one that answers something else than rows, and those of another target."""
    np.save("x.npy", np.ones((2, 4), np.float32))
    wrong = model([helper.make_node("MatMul", ["x", "x"], ["y"])])
    scalar = model([helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)])
    for bad, code in ((wrong, "E565"), (scalar, "E565"), (model([evil()]), "E567")):
        del bad.graph.output[0].type.tensor_type.shape.dim[:]
        bad.graph.output[0].type.tensor_type.ClearField("shape")
        (folder / "m.onnx").write_bytes(bad.SerializeToString())
        done = run("predict", "m.onnx", "x.npy")
        assert (done.returncode, done.stderr.startswith(f"error[{code}]")) == (5, True), done.stderr


def fixed(nodes: Sequence[onnx.NodeProto], *outputs: str) -> bytes:
    """A model that takes one example at a time."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    made = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in outputs]
    for item in made:
        item.type.tensor_type.elem_type = TensorProto.FLOAT
    graph = helper.make_graph(nodes, "g", [x], made)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9).SerializeToString()


@pytest.mark.parametrize(
    ("nodes", "outputs", "said"),
    [
        ([helper.make_node("Concat", ["x", "x"], ["y"], axis=0)], ["y"], "`y` has shape [2, 4] for 1 input"),
        ([helper.make_node("Relu", ["x"], ["y"]), helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0)],
         ["y", "s"], "`s` has shape [] for 1 input"),
        ([helper.make_node("NonZero", ["x"], ["i"]), helper.make_node("Cast", ["i"], ["f"], to=1),
          helper.make_node("Unsqueeze", ["f", "none"], ["u"]),
          helper.make_node("ReduceMax", ["u", "one"], ["y"], keepdims=0)],
         ["y"], "`y` has rows of shape [4] for some inputs and [1] for others"),
    ],
    ids=["more rows", "a number", "other sizes"],
)  # fmt: skip
def test_answers_of_batches_that_do_not_go_together(nodes: list[onnx.NodeProto], outputs: list[str], said: str) -> None:
    """A model of a fixed batch is run for each: what has no row for each input is refused when asked for, never cut."""
    axes = [helper.make_node("Constant", [], [name], value_ints=[at]) for at, name in enumerate(("none", "one"))]
    rows = np.array([[1, 2, 3, 4], [0, 0, 0, 5]], np.float32)
    found = Deployed(Path("m.onnx"), fixed([*axes, *nodes], *outputs)).run({"x": rows})
    with pytest.raises(DiagnosticError, match="E565") as caught:
        found[outputs[-1]]
    assert said in caught.value.diagnostics[0].notes[0]


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_an_output_that_is_not_used_need_not_go_by_rows(run: Run, folder: Path, rows: int) -> None:
    """Before: two rows were refused where one was answered."""
    seven = helper.make_tensor("seven", TensorProto.FLOAT, [7], [1.0] * 7)
    nodes = [
        helper.make_node("Softmax", ["x"], ["y"]), helper.make_node("Constant", [], ["s"], value=seven),
    ]  # fmt: skip
    (folder / "m.onnx").write_bytes(fixed(nodes, "y", "s"))
    x = np.random.default_rng(0).normal(size=(rows, 4)).astype(np.float32)
    np.save("x.npy", x)
    found = Deployed.open(Path("m.onnx")).run({"x": x})
    right = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    assert np.allclose(found["y"], right, atol=1e-6)
    done = run("predict", "m.onnx", "x.npy", "--format", "json", "--draw", "d.png")
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)["predictions"]
    assert [answer["classes"][0]["class"] for answer in answers] == right.argmax(axis=1).tolist()
    (folder / "n.onnx").write_bytes(fixed([helper.make_node("Relu", ["x"], ["y"]), nodes[1]], "y", "s"))
    done = run("predict", "n.onnx", "x.npy")
    assert (done.returncode, "output `s` has shape [7] for 1 input" in done.stderr) == (5, True)


def test_a_scorer_that_fails_is_told(folder: Path) -> None:
    """A prediction of other sizes than its Reshape takes."""
    made = onnx.load_from_string(deployable(load("tiny.net")))
    (entry,) = (entry for entry in made.metadata_props if entry.key == "netc.scorer")
    scorer = onnx.load_from_string(base64.b64decode(entry.value))
    taken = next(item.name for item in scorer.graph.input if item.name.startswith("logits"))
    for reader in scorer.graph.node:
        reader.input[:] = ["back" if name == taken else name for name in reader.input]
    seven = onnx.numpy_helper.from_array(np.array([7, 1], np.int64), "seven")
    scorer.graph.initializer.append(seven)
    scorer.graph.node.insert(0, helper.make_node("Reshape", [taken, "seven"], ["back"], name="bad"))
    del scorer.graph.value_info[:]
    entry.value = base64.b64encode(scorer.SerializeToString()).decode()
    with pytest.raises(DiagnosticError, match="E565") as caught:
        Deployed(Path("m.onnx"), made.SerializeToString()).evaluate(arrays(4))
    assert "its scorer fails: operator `Reshape`" in caught.value.diagnostics[0].notes[0]


def test_the_hint_after_compiling_is_given_where_it_holds(run: Run, folder: Path) -> None:
    (folder / "c.net").write_text("net C {\n  input image: 16x8x8\n  conv(16, 3x3)\n}\n")
    assert "next: netc predict" in run("compile", "c.net", "-o", "c.onnx").stderr
    assert "next: netc predict" not in run("compile", "c.net", "--target", "cpu", "-o", "c.onnx").stderr
    np.save("x.npy", np.ones((16, 8, 8), np.float32))
    assert "E567" in run("predict", "c.onnx", "x.npy").stderr


@pytest.mark.skipif(fast_library() is None, reason="the library of netc[fast] is not built here")
def test_the_library_is_for_what_the_compiler_made_here() -> None:
    """Not for bytes, nor for an artifact that somebody made of bytes; nor for other targets."""
    net = load("examples/lecture/digits.net")
    made = compile_gradients(net, target="fast")
    assert made.compiled
    Session(made, CPU)
    for other in (made.model, Artifact(made.model, made.manifest, made.nodes)):
        with pytest.raises(Exception, match=r"netc\.fast"):
            Session(other, CPU)
    plain = compile_inference(net)
    claims: Any = json.loads(json.dumps(plain.manifest)) | {"target": "fast"}
    with pytest.raises(Exception, match=r"netc\.fast"):
        Session(Artifact(model([evil()]).SerializeToString(), claims), CPU)
    with pytest.raises(Exception, match=r"netc\.fast"):
        Session(Artifact.made(model([evil()]).SerializeToString(), plain.manifest, (None,)), CPU)
