"""`ctc` where its declaration's samples don't go: against PyTorch's in float64, by input lengths, and in a training."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from here import CPU_TARGETS
from sessions import session_of
from stages import legalise

import netc
from netc.compiler import LabelRowForm, Net, compile_training
from netc.compiler.check import check
from netc.compiler.emit import emit
from netc.compiler.ir import BATCH, Builder, DType, Graph, Value
from netc.compiler.losses.ctc import Ctc
from netc.compiler.training.gradient import gradients
from netc.compiler.training.scan_gradient import saved_behind
from netc.grammar.schema import conform
from netc.runtime.data.label_rows import steps_of

torch = pytest.importorskip("torch")
Array = np.ndarray[Any, Any]
Run = Callable[[Array, Array, Array | None], tuple[float, Array]]


def compiled(
    shape: tuple[int, ...],
    length: int,
    mask: tuple[int, ...] | None = None,
    dtype: DType = DType.FLOAT32,
    **settings: Any,
) -> Run:
    """The loss and its slopes in ONNX Runtime, of logits, labels and a mask."""
    graph = Graph("ctc")
    x, target = Value("x", DType.FLOAT32, (BATCH, *shape)), Value("target", DType.INT64, (BATCH, length))
    given = None if mask is None else Value("mask", dtype, (BATCH, *mask))
    graph.inputs = [x, target, *([] if given is None else [given])]
    value = saved_behind(graph, 0, Ctc(**settings).build(Builder(graph), x, target, mask=given))
    graph.outputs = {"value": value, "slope": gradients(graph, value, [x])[x]}
    session = session_of(emit(legalise(graph)).SerializeToString())

    def ran(logits: Array, labels: Array, mask: Array | None = None) -> tuple[float, Array]:
        feeds = {"x": logits, "target": labels} | ({} if mask is None else {"mask": mask})
        found, slope = session.run(None, feeds)
        return float(found), slope

    return ran


def expected(
    logits: Array, labels: Array, steps: list[int] | None = None, *, blank: int = 0, zero_infinity: bool = False
) -> tuple[float, Array]:
    """PyTorch's, in float64; labels end at the first blank."""
    x = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([next((at for at, one in enumerate(row) if one == blank), len(row)) for row in labels])
    value = torch.nn.functional.ctc_loss(
        torch.log_softmax(x, 2).transpose(0, 1), torch.tensor(labels), torch.tensor(steps or [x.shape[1]] * len(x)),
        lengths, blank=blank, zero_infinity=zero_infinity,
    )  # fmt: skip
    value.backward()
    return value.item(), x.grad.numpy()


def assert_alike(found: tuple[float, Array], wanted: tuple[float, Array], tolerance: float = 1e-5) -> None:
    assert found[0] == pytest.approx(wanted[0], rel=tolerance)
    np.testing.assert_allclose(found[1], wanted[1], atol=tolerance * np.abs(wanted[1]).max(), rtol=0)


def logits_of(*shape: int, size: float = 1.0) -> Array:
    return np.asarray(np.random.default_rng(7).normal(size=shape) * size, np.float32)


LABELS = {
    "repeated": [[2, 2, 2], [1, 1, 3], [3, 1, 1]],
    "of each length": [[1, 2, 3], [2, 0, 0], [0, 0, 0]],
    "none": [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("size", [1.0, 30.0, 3e4])
def test_as_in_pytorch(labels: list[list[int]], size: float) -> None:
    logits, rows = logits_of(3, 8, 5, size=size), np.array(labels)
    assert_alike(compiled((8, 5), 3)(logits, rows), expected(logits, rows))


@pytest.mark.quick(1)
@pytest.mark.parametrize("size", [1.0, 3e4])
def test_a_sequence_is_long(size: float) -> None:
    """As exact as for a short one: after 1,500 steps the logarithms are some thousands, or some millions."""
    rng = np.random.default_rng(3)
    logits, rows = logits_of(2, 1500, 12, size=size), rng.integers(1, 12, (2, 200))
    assert_alike(compiled((1500, 12), 200)(logits, rows), expected(logits, rows), 1e-4)


def test_steps_are_as_many_as_labels() -> None:
    """One alignment alone is left, and one step less leaves none."""
    rows = np.array([[1, 2, 3, 1]])
    logits = logits_of(1, 4, 5)
    assert_alike(compiled((4, 5), 4)(logits, rows), expected(logits, rows))
    value, slope = compiled((3, 5), 4)(logits[:, :3], rows)
    assert value == math.inf
    assert not slope.any()


def test_labels_without_an_alignment() -> None:
    """One example of three has none: two equal labels in two steps."""
    rows, logits = np.array([[1, 2], [1, 1], [3, 0]]), logits_of(3, 2, 4)
    wanted = expected(logits, rows, zero_infinity=True)
    assert_alike(compiled((2, 4), 2, zero_infinity=True)(logits, rows), wanted)
    value, slope = compiled((2, 4), 2)(logits, rows)
    assert value == math.inf == expected(logits, rows)[0]
    np.testing.assert_allclose(slope, wanted[1], atol=1e-6)


def test_a_mask_of_steps_says_how_long_inputs_are() -> None:
    rows, logits, steps = np.array([[1, 2, 0], [1, 1, 0], [3, 0, 0], [0, 0, 0]]), logits_of(4, 9, 5), [9, 5, 1, 0]
    mask = (np.arange(9) < np.array(steps)[:, None]).astype(np.float32)
    assert_alike(compiled((9, 5), 3, (9,))(logits, rows, mask), expected(logits, rows, steps))
    changed = logits.copy()
    changed[1, 5:] = 1e3
    assert compiled((9, 5), 3, (9,))(changed, rows, mask)[0] == compiled((9, 5), 3, (9,))(logits, rows, mask)[0]


@pytest.mark.parametrize("dtype", [DType.INT64, DType.BOOL, DType.FLOAT32])
def test_a_mask_of_steps_may_be_any_number_but_zero(dtype: DType) -> None:
    rows, logits, mask = np.array([[1, 2]]), logits_of(1, 6, 4), np.array([[0, -1, 0, 3, 1, 0]])
    found = compiled((6, 4), 2, (6,), dtype)(logits, rows, mask.astype(dtype.value))
    assert found[0] == pytest.approx(expected(logits[:, [1, 3, 4]], rows)[0], rel=1e-5)


def test_steps_in_the_middle_are_passed_over() -> None:
    rows, logits, mask = np.array([[1, 2]]), logits_of(1, 6, 4), np.array([[0, 1, 0, 1, 1, 0]], np.float32)
    found = compiled((6, 4), 2, (6,))(logits, rows, mask)
    value, slope = expected(logits[:, [1, 3, 4]], rows)
    assert found[0] == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(found[1][:, [1, 3, 4]], slope, atol=1e-6)
    assert not found[1][:, [0, 2, 5]].any()


def test_a_mask_of_examples_takes_out_an_infinite_one() -> None:
    rows, logits = np.array([[1, 2], [1, 1], [3, 0]]), logits_of(3, 2, 4)
    found = compiled((2, 4), 2, ())(logits, rows, np.array([1, 0, 1], np.float32))
    kept = expected(logits[[0, 2]], rows[[0, 2]])
    assert found[0] == pytest.approx(kept[0], rel=1e-5)
    np.testing.assert_allclose(found[1][[0, 2]], kept[1], atol=1e-6)
    assert not found[1][1].any()


def test_examples_may_weigh_more() -> None:
    rows, logits = np.array([[1, 2], [3, 0]]), logits_of(2, 5, 4)
    found, _ = compiled((5, 4), 2, ())(logits, rows, np.array([3, 1], np.float32))
    first, second = (expected(logits[[at]], rows[[at]])[0] for at in (0, 1))
    assert found == pytest.approx((3 * first + second) / 4, rel=1e-5)


READER = """
net Reader {
  input frames: [T, 6]
  y = gru(24, bidirectional=true) -> dense(5)
}
train Reader { loss = ctc(y, text, mask=heard); optimizer = adam(lr=0.02); batch = 16; epochs = 15 }
"""


def rows_of(count: int) -> dict[str, Array]:
    """Each label is heard for one to three steps, some noise between them."""
    rng = np.random.default_rng(1)
    frames, heard = rng.normal(size=(count, 12, 6)).astype(np.float32) * 0.1, np.zeros((count, 12), np.float32)
    text = np.zeros((count, 4), np.int64)
    for row in range(count):
        at = 0
        for place in range(rng.integers(1, 5)):
            text[row, place] = label = rng.integers(1, 5)
            long = rng.integers(1, 3)
            frames[row, at : at + long, label] += 2
            at += long + 1
        heard[row, : min(at, 12)] = 1
    return {"frames": frames, "text": text, "heard": heard}


def said(path: Array, heard: Array) -> list[int]:
    """The labels of a path: without the steps that don't count, repetitions, and blanks."""
    steps = path[heard > 0]
    return [int(one) for one, before in zip(steps, [-1, *steps[:-1]], strict=True) if one != before and one]


def test_a_reader_learns(tmp_path: Path) -> None:
    """Labels without their places are learned: the best path through steps that it has not seen says them."""
    file = tmp_path / "reader.net"
    file.write_text(READER, "utf-8")
    model = netc.Model(netc.load(file), device="cpu", seed=0)
    trainer = netc.Trainer(model)
    rows = rows_of(160)
    train, rest = ({name: value[part] for name, value in rows.items()} for part in (slice(128), slice(128, None)))
    trainer.fit(train, quiet=True)
    assert trainer.evaluate(rest)["loss"] < 0.1
    paths = np.asarray(model(rest["frames"])).argmax(-1)
    right = [said(path, heard) == [int(one) for one in text if one]
             for path, heard, text in zip(paths, rest["heard"], rest["text"], strict=True)]  # fmt: skip
    assert sum(right) >= 30


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", [*CPU_TARGETS, "web"])
def test_a_step_has_no_loop_written_out(net_of: Callable[[str], Net], target: Any) -> None:
    """One scan each way for any length, for the loss as for the layers, where these have no operator."""
    model = compile_training(net_of(READER), target=target).model
    import onnx

    kinds = [node.op_type for node in onnx.load_from_string(model).graph.node]
    assert kinds.count("Scan") == (2 if target.startswith("fast") else 6)
    assert len(kinds) < 400


WRONG = {
    "a number": ("ctc(y, 3)", "a number stands where labels"),
    "another shape": ("ctc(y, other)", "`other` is an input of the net"),
}


@pytest.mark.parametrize(("call", "says"), WRONG.values(), ids=WRONG)
def test_what_stands_for_labels(call: str, says: str) -> None:
    text = "net A { input x: 5x3; input text: int [L]; input other: 4; y = x -> dense(4) }\ntrain A { loss = %s }\n"
    (found,) = [one for one in check("a.net", text % call).diagnostics if one.code.startswith("E")]
    assert found.code == "E413"
    assert says in found.message
    assert not [one for one in check("a.net", text % "ctc(y, text)").diagnostics if one.code.startswith("E")]


LINES = "net Lines {{\n  input x: [{steps}, 4]\n  y = x -> dense(5)\n}}\n"
LINES += "train Lines {{ loss = ctc(y, label{more}); optimizer = sgd(lr=0.1); batch = 4 }}"


@pytest.mark.quick(2)
@pytest.mark.parametrize("steps", ["5", "T"])
@pytest.mark.parametrize(
    ("more", "row", "said"),
    [
        ("", [1, 2, 3, 4, 1, 2, 0], "has 6 labels in 5 steps"),
        ("", [1, 1, 2, 3, 4, 0, 0], "has 5 labels, which need 6 with a blank between equal ones, in 5 steps"),
        (", padding=-1", [1, 0, 2, -1, -1, -1, -1], None),
        (", padding=-1", [1, 2, -1, 0, 0, 0, 0], ""),
        ("", [1, 2, 3, 4, 1, 0, 1], ""),
        ("", [1, 1, 2, 2, 0, 0, 0], "which need 6 with"),
        ("", [1, 1, 2, 3, 0, 0, 0], ""),
        (", zero_infinity=true", [1, 2, 3, 4, 1, 2, 0], ""),
    ],
)
def test_rows_of_labels_are_checked(tmp_path: Path, steps: str, more: str, row: list[int], said: str | None) -> None:
    """A blank among labels would be read as a label's absence, and too many labels make the loss infinite."""
    trainer = netc.Trainer(netc.Model(netc.loads(LINES.format(steps=steps, more=more)), device="cpu"))
    good = [4, -1, -1, -1, -1, -1, -1] if "padding" in more else [4, 0, 0, 0, 0, 0, 0]
    batch = {"x": np.ones((2, 5, 4), np.float32), "label": np.array([good, row])}
    np.savez(tmp_path / "lines.npz", **batch)
    if said == "":
        assert math.isfinite(trainer.step(batch)["loss"])
        trainer.fit(str(tmp_path / "lines.npz:validation=0.5"), epochs=1, quiet=True)
        return
    with pytest.raises(netc.DiagnosticError) as arrays:
        trainer.step(batch)
    with pytest.raises(netc.DiagnosticError) as file:
        trainer.fit(str(tmp_path / "lines.npz:validation=0.5"), epochs=1, quiet=True)
    (in_arrays,), (in_file,) = arrays.value.diagnostics, file.value.diagnostics
    assert (in_arrays.code, in_file.code) == ("E558", "E505")
    if said is None:
        assert in_arrays.message == "label 1 in row 1 of `label` is 0, the blank, and no label: -1 ends a row"
        assert in_file.message.endswith("label[1] is 0, expected labels of `label` other than the blank, "
                                        "up to the -1 that ends a row")  # fmt: skip
    else:
        assert in_arrays.message.startswith("row 1 of `label` has")
        assert "label[1] has" in in_file.message
        for found in (in_arrays, in_file):
            assert said in found.message
            assert "zero_infinity=true" in str(found.help)


@pytest.mark.quick(1)
@pytest.mark.parametrize("predictions", ["(y, label) + ctc(z, label)", "(z, label) + ctc(y, label)"])
def test_the_fewest_steps_of_several_predictions_count(tmp_path: Path, predictions: str) -> None:
    """Whichever loss comes first, and whichever of the sizes is open."""
    net = netc.loads(
        "net A { input x: [T, 4]; input w: [S, 4]; input v: [6, 4]; y = x -> dense(5); z = w -> dense(5)\n"
        "u = v -> dense(5) }\n"
        f"train A {{ loss = ctc(u, label) + ctc{predictions}; optimizer = sgd(lr=0.1); batch = 4 }}"
    )
    trainer = netc.Trainer(netc.Model(net, device="cpu"))
    label = np.array([[1, 2, 3, 4, 1, 0, 0]] * 2)
    for (x, w), said in (((7, 7), ""), ((4, 7), "5 labels in 4 steps"), ((7, 4), "5 labels in 4 steps")):
        batch = {"x": np.ones((2, x, 4), np.float32), "w": np.ones((2, w, 4), np.float32),
                 "v": np.ones((2, 6, 4), np.float32), "label": label}  # fmt: skip
        np.savez(tmp_path / "lines.npz", **batch)
        if not said:
            assert math.isfinite(trainer.step(batch)["loss"])
            trainer.fit(str(tmp_path / "lines.npz:validation=0.5"), epochs=1, quiet=True)
            continue
        with pytest.raises(netc.DiagnosticError, match=f"E558.*{said}"):
            trainer.step(batch)
        with pytest.raises(netc.DiagnosticError, match=f"E505.*{said}"):
            trainer.fit(str(tmp_path / "lines.npz:validation=0.5"), epochs=1, quiet=True)


@pytest.mark.parametrize(("stored", "labels"), [(4, 6), (12, 9)])
def test_steps_are_those_of_rows_as_the_net_takes_them(tmp_path: Path, stored: int, labels: int) -> None:
    """Rows are brought to another width: what was stored says nothing."""
    net = netc.loads(
        "net A { input x: [1, H, W]; y = mean(axis=1) -> transpose([1, 0]) -> dense(5) }\n"
        "train A { loss = ctc(y, label); augmentation = [resize(2x8)]; batch = 2; epochs = 1 }"
    )
    trainer = netc.Trainer(netc.Model(net, device="cpu"))
    label = np.array([[*([1, 2, 3, 4] * 3)[:labels], 0]] * 4)
    np.savez(tmp_path / "lines.npz", x=np.ones((4, 1, 2, stored), np.float32), label=label)
    if labels <= 8:
        trainer.fit(str(tmp_path / "lines.npz:validation=0.5"), quiet=True)
        return
    with pytest.raises(netc.DiagnosticError, match=r"E505.*9 labels in 8 steps"):
        trainer.fit(str(tmp_path / "lines.npz:validation=0.5"), quiet=True)


@pytest.mark.parametrize(
    ("said", "fewest"),
    [
        ({}, None),
        ({"steps": 9}, 9),
        ({"steps": "T"}, 5),
        ({"steps": "S"}, None),
        ({"steps": [9, "T", "S", "T - 1"]}, 4),
    ],
)
def test_a_manifest_says_one_number_of_steps_or_several(said: dict[str, Any], fewest: int | None) -> None:
    """One has always stood there as it is."""
    row = conform({"blank": 0, "end": 0, **said}, LabelRowForm)
    assert steps_of(row, {"T": 5}) == fewest


def test_too_few_steps_that_count_name_the_way_out() -> None:
    """Which steps count is known when the loss is: it is no learning rate that makes it infinite."""
    trainer = netc.Trainer(netc.Model(netc.loads(LINES.format(steps=5, more=", mask=heard")), device="cpu"))
    heard = np.array([[1, 0, 0, 0, 0]], np.float32)
    with pytest.raises(netc.DiagnosticError, match="E701") as raised:
        trainer.step({"x": np.ones((1, 5, 4), np.float32), "label": np.array([[1, 2]]), "heard": heard})
    assert "zero_infinity=true" in str(raised.value.diagnostics[0].help)


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("loss", "label", "way"),
    [
        ("ctc(y, label, mask=heard) + mse(y, far)", [1, 2], "zero_infinity=true"),
        ("mse(y, far) + ctc(y, label, mask=heard)", [1, 0], "lower the learning rate"),
        ("[a: ctc(y, label, mask=heard), b: mse(y, far)]", [1, 0], "lower the learning rate"),
        ("ctc(y, label, mask=heard, zero_infinity=true) + mse(y, far)", [1, 2], "lower the learning rate"),
    ],
)
def test_the_way_out_is_that_of_the_loss_which_is_not_finite(loss: str, label: list[int], way: str) -> None:
    net = netc.loads(
        "net A { input x: [5, 4]; y = x -> dense(5) }\n"
        f"train A {{ loss = {loss}; optimizer = sgd(lr=0.1); batch = 4 }}"
    )
    far = np.full((1, 5, 5), 1.0 if way.startswith("zero") else 3e38, np.float32)
    rows = {"x": np.ones((1, 5, 4), np.float32), "label": np.array([label]), "far": far}
    with pytest.raises(netc.DiagnosticError, match="E701") as raised:
        netc.Trainer(netc.Model(net, device="cpu")).step(rows | {"heard": np.array([[1, 0, 0, 0, 0]], np.float32)})
    (found,) = raised.value.diagnostics
    assert found.notes[0].startswith("the outputs of all layers are finite")
    assert way in str(found.help)
