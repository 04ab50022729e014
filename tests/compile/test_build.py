"""The four models: what they hold, what their manifests say, and that they agree with each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from netc.compiler.artifact import MANIFEST_KEY, Artifact
from netc.compiler.build import compile_gradients, compile_inference, compile_scorer, compile_training
from netc.compiler.ir import Dim, Size
from netc.compiler.net import Net
from netc.compiler.plan.terms import LossTerm
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.weights.draw import initial_weights
from netc.grammar.diagnostics import DiagnosticError

from .networks import HERE, Maker, batch_of, dense_net, first_feeds, plan, run, small_net, two_headed

ROOT = Path(__file__).parents[2]


def all_kinds() -> list[Artifact]:
    net = small_net()
    p = plan(net, metrics=("accuracy",), clip_norm=1.0)
    return [compile_inference(net), compile_training(net, p), compile_gradients(net, p), compile_scorer(net, p)]


@pytest.mark.parametrize("artifact", all_kinds(), ids=lambda artifact: artifact.manifest["kind"])
class TestEveryKind:
    def test_the_model_is_valid_and_plain(self, artifact: Artifact) -> None:
        model = onnx.load_from_string(artifact.model)
        onnx.checker.check_model(model, full_check=True)
        assert {opset.domain for opset in model.opset_import} == {""}
        assert not model.functions
        used = {node.op_type for node in model.graph.node}
        assert not {op for op in used if op.startswith("Random") or op in ("Dropout", "Bernoulli", "Multinomial")}
        assert {node.domain for node in model.graph.node} <= {""}

    def test_the_manifest_names_every_input_and_output(self, artifact: Artifact) -> None:
        model = onnx.load_from_string(artifact.model)
        (stored,) = [entry.value for entry in model.metadata_props if entry.key == MANIFEST_KEY]
        assert json.loads(stored) == artifact.manifest
        for ports, values in [
            (artifact.manifest["inputs"], model.graph.input),
            (artifact.manifest["outputs"], model.graph.output),
        ]:
            assert [port["name"] for port in ports] == [value.name for value in values]
            for port, value in zip(ports, values, strict=True):
                tensor = value.type.tensor_type
                assert port["shape"] == [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
                assert np.dtype(port["dtype"]) == onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
                assert value.doc_string
        inputs = {port["name"] for port in artifact.manifest["inputs"]}
        assert all(port["of"] in inputs for port in artifact.manifest["outputs"] if "of" in port)

    def test_nodes_say_where_they_come_from(self, artifact: Artifact) -> None:
        nodes = onnx.load_from_string(artifact.model).graph.node
        assert len({node.name for node in nodes}) == len(nodes)
        layers = [node for node in nodes if node.name.startswith(("conv", "dense"))]
        assert all(node.doc_string.startswith("hand.net:") for node in layers)
        assert layers or artifact.manifest["kind"] == "score"


def test_the_training_step_has_the_inputs_that_the_contract_says() -> None:
    net = small_net()
    manifest = compile_training(net, plan(net, metrics=("accuracy",))).manifest
    roles = [(port["name"], port["role"]) for port in manifest["inputs"]]
    assert roles[:5] == [
        ("image", "data"), ("label", "target"), ("learning_rate", "hyper"), ("seed", "seed"), ("step", "step"),
    ]  # fmt: skip
    assert [name for name, role in roles if role == "param"] == [parameter.name for parameter in net.parameters]
    assert manifest["inputs"][1]["classes"] == 3
    next_of = {port["name"]: port["of"] for port in manifest["outputs"] if port["role"] == "param"}
    assert next_of == {f"{parameter.name}.next": parameter.name for parameter in net.parameters}
    assert [port["name"] for port in manifest["outputs"] if port["role"] in ("loss", "metric")] == ["loss", "accuracy"]
    buffers = [port["name"] for port in manifest["inputs"] if port.get("buffer")]
    assert buffers == ["batchnorm1.running_mean", "batchnorm1.running_var"]
    assert manifest["settings"]["optimizer"]["name"] == "sgd"


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "import sys, hashlib; sys.path[:0] = ['tests', 'tests/support']\n"
        "from compile.test_build import all_kinds\n"
        "print([hashlib.sha256(artifact.model).hexdigest() for artifact in all_kinds()])"
    )
    results = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }  # fmt: skip
    assert len(results) == 1


def test_compiling_leaves_the_net_as_it_was() -> None:
    net = small_net()
    p = plan(net, metrics=("accuracy",), clip_norm=1.0)

    def all_bytes() -> list[bytes]:
        return [compile_inference(net).model, compile_training(net, p).model, compile_gradients(net, p).model]

    first = all_bytes()
    assert first == all_bytes() == [artifact.model for artifact in all_kinds()[:3]]


@pytest.mark.quick(1)
@pytest.mark.parametrize("net", [small_net(), dense_net()], ids=lambda net: net.name)
def test_optimized_and_unoptimized_sessions_agree(net: Net) -> None:
    p = plan(net, metrics=("accuracy",), clip_norm=0.5)
    step = compile_training(net, p)
    feeds = first_feeds(step, initial_weights(net, 1), batch_of(net, 12))
    for name, value in run(step, feeds, optimize=False).items():
        np.testing.assert_allclose(run(step, feeds)[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_a_fixed_batch_gives_the_same_numbers() -> None:
    net = small_net()
    p = plan(net)
    free, fixed = compile_training(net, p), compile_training(net, p, batch=6)
    assert fixed.manifest["inputs"][0]["shape"] == [6, 2, 8, 8]
    assert b"dim_param" not in fixed.model
    feeds = first_feeds(free, initial_weights(net), batch_of(net, 6))
    expected = run(free, feeds)
    for name, value in run(fixed, feeds).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, atol=1e-7, err_msg=name)


def open_net(height: Size, width: Size) -> Net:
    """Strides and overlapping windows on maps whose size may be open."""
    m = Maker("Open")
    y = m("conv", m.input("image", 2, height, width), filters=4, kernel=3, stride=2, pad=1, act="relu")
    skip = m("maxpool", y, kernel=3, stride=2, pad=1)
    y = m("relu", m("batchnorm", m("conv", skip, filters=4, kernel=3, pad="same")))
    y = m("avgpool", m("add", y, skip), kernel=2)
    return m.output(logits=m("dense", m("global_avgpool", y), features=3))


def test_open_map_sizes_give_the_same_numbers() -> None:
    free, fixed = open_net(Dim.symbol("H"), Dim.symbol("W")), open_net(13, 11)
    weights, batch = initial_weights(fixed), batch_of(fixed, 3)
    steps = [compile_training(net, plan(net)) for net in (free, fixed)]
    assert steps[0].manifest["inputs"][0]["shape"] == ["N", 2, "H", "W"]
    found, expected = (run(step, first_feeds(step, weights, batch)) for step in steps)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-7, err_msg=name)


def test_inner_shapes_are_written_for_viewers() -> None:
    model = onnx.load_from_string(compile_inference(open_net(Dim.symbol("H"), 11)).model)
    shapes = {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in model.graph.value_info
    }
    assert ["N", 4, "(H - 1)//2 + 1", 6] in shapes.values() or ["N", 4, "(H + 1)//2", 6] in shapes.values()
    made = {name for node in model.graph.node for name in node.output} - {"logits"}
    sizes = {name for name in made if name.startswith("size")}
    assert set(shapes) == made - sizes


def test_gradients_explain_the_update() -> None:
    net = dense_net()
    p = plan(net)
    weights, batch = initial_weights(net), batch_of(net, 5)
    step, slope = compile_training(net, p), compile_gradients(net, p)
    new = run(step, first_feeds(step, weights, batch, rate=0.5))
    slopes = run(slope, first_feeds(slope, weights, batch))
    assert set(slopes) == {"loss", "gradient.image", *(f"gradient.{name}" for name in weights)}
    for name, weight in weights.items():
        np.testing.assert_allclose(new[f"{name}.next"], weight - 0.5 * slopes[f"gradient.{name}"], atol=1e-7)


def test_clipping_scales_all_gradients_by_their_norm() -> None:
    net = dense_net()
    weights, batch = initial_weights(net), batch_of(net, 5)
    slope = compile_gradients(net, plan(net))
    slopes = run(slope, first_feeds(slope, weights, batch))
    norm = np.sqrt(sum((slopes[f"gradient.{name}"].astype(float) ** 2).sum() for name in weights))
    for largest in (norm / 3, norm * 3):
        step = compile_training(net, plan(net, clip_norm=float(largest)))
        new = run(step, first_feeds(step, weights, batch, rate=1.0))
        factor = min(1.0, largest / (norm + 1e-6))
        for name, weight in weights.items():
            expected = weight - factor * slopes[f"gradient.{name}"]
            np.testing.assert_allclose(new[f"{name}.next"], expected, rtol=1e-5, atol=1e-6)


def test_inference_and_scorer_agree_with_training_where_nothing_is_random() -> None:
    net = dense_net()
    p = plan(net, metrics=("accuracy",))
    weights, batch = initial_weights(net), batch_of(net, 9)
    step = compile_training(net, p)
    scorer = compile_scorer(net, p)
    assert [(port["name"], port["role"]) for port in scorer.manifest["inputs"]] == [
        ("logits", "prediction"), ("label", "target"),
    ]  # fmt: skip
    answers = run(compile_inference(net, weights), batch)
    scores = run(scorer, {**answers, **batch})
    trained = run(step, first_feeds(step, weights, batch))
    assert scores["loss"] == pytest.approx(trained["loss"], abs=1e-6)
    assert scores["accuracy"] == trained["accuracy"]
    assert scores["accuracy"] == pytest.approx(np.mean(answers["logits"].argmax(1) == batch["label"]))


def test_running_statistics_move_as_declared() -> None:
    net = small_net()
    weights = initial_weights(net)
    weights["batchnorm1.running_mean"] += 2
    batch = batch_of(net, 10)
    step = compile_training(net, plan(net))
    new = run(step, first_feeds(step, weights, batch))
    conv = run(compile_inference(net, weights, taps=["conv1"]), batch)["conv1"]
    np.testing.assert_allclose(
        new["batchnorm1.running_mean.next"], 0.9 * 2 + 0.1 * conv.mean((0, 2, 3)), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(new["batchnorm1.running_var.next"], 0.9 + 0.1 * conv.var((0, 2, 3)), rtol=1e-5)


def test_a_table_of_losses_is_summed_and_logged_by_name() -> None:
    net, p = two_headed()
    step = compile_training(net, p)
    result = run(step, first_feeds(step, initial_weights(net), batch_of(net, 4)))
    assert result["loss"] == pytest.approx(result["loss.main"] + 0.3 * result["loss.side"], rel=1e-6)


def test_what_only_training_has_stays_out_of_use_and_scores() -> None:
    net, p = two_headed()
    assert "aux.weight" not in {
        value.name for value in onnx.load_from_string(compile_inference(net).model).graph.initializer
    }
    scorer = compile_scorer(net, p).manifest
    assert [port["name"] for port in scorer["inputs"]] == ["logits", "label"]
    assert [port["name"] for port in scorer["outputs"]] == ["loss", "loss.main", "accuracy"]


def test_a_weight_without_a_gradient_stays_as_it_is() -> None:
    net, p = two_headed()
    manifest = compile_training(net, p).manifest
    assert "unused.weight" in {port["name"] for port in manifest["inputs"]}
    assert "unused.weight.next" not in {port["name"] for port in manifest["outputs"]}


def test_a_target_may_be_an_input_or_a_number() -> None:
    m = Maker("Auto")
    x = m.input("image", 6)
    y = m("dense", x, features=6)
    net = m.output(y=y)
    mse = plan_of_mse(net)
    step = compile_training(net, mse)
    assert [port["name"] for port in step.manifest["inputs"] if port["role"] in ("data", "target")] == ["image"]
    image = np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)
    weights = initial_weights(net)
    result = run(step, first_feeds(step, weights, {"image": image}))
    answer = image @ weights["dense1.weight"].T + weights["dense1.bias"]
    expected = np.mean((answer - image) ** 2) + 0.5 * np.mean((answer - 2.0) ** 2)
    assert result["loss"] == pytest.approx(expected, rel=1e-5)


def plan_of_mse(net: Net) -> TrainPlan:
    from netc.compiler.losses.base import loss

    y = net.outputs["y"]
    mse = loss.all()["mse"]()
    terms = (LossTerm("a", 1.0, mse, (y, "image"), HERE), LossTerm("b", 0.5, mse, (y, 2.0), HERE))
    return plan(net).with_steps(losses=terms)


def test_names_of_ours_give_way_to_names_of_the_text() -> None:
    m = Maker("Names")
    x = m("add", m.input("step", 4), m.input("seed", 4))
    net = m.output(loss=m("dense", x, features=3))
    step = compile_training(net, plan(net))
    roles = {port["role"]: port["name"] for port in step.manifest["inputs"]}
    assert (roles["step"], roles["seed"]) == ("step_1", "seed_1")
    result = run(step, {**first_feeds(step, initial_weights(net), batch_of(net, 3)),
        "step": np.zeros((3, 4), np.float32), "seed": np.zeros((3, 4), np.float32),
        "step_1": np.array(0), "seed_1": np.array(0)
    })  # fmt: skip
    assert result["loss"] == pytest.approx(np.log(3), rel=1e-5)


def test_weights_as_inputs_and_as_initializers_give_the_same() -> None:
    net = small_net()
    weights, batch = initial_weights(net, 5), batch_of(net, 2)
    inside = compile_inference(net, seed=5)
    outside = compile_inference(net, weights_as="inputs")
    assert [port["name"] for port in inside.manifest["inputs"]] == ["image"]
    assert {port["name"] for port in outside.manifest["inputs"]} == {"image", *weights}
    given = run(outside, {**batch, **weights})["logits"]
    np.testing.assert_allclose(run(inside, batch)["logits"], given, rtol=1e-5)  # ORT folds norms of constants


@pytest.mark.parametrize(
    ("path", "message"),
    [("conv9", "no value `conv9`"), ("aux", "only in training"), ("image", "is an input")],
)
def test_a_tap_that_is_no_inner_value(path: str, message: str) -> None:
    net, _ = two_headed()
    with pytest.raises(DiagnosticError, match=message) as caught:
        compile_inference(net, taps=[path])
    assert caught.value.diagnostics[0].code == "E280"
    assert caught.value.diagnostics[0].help


def test_weights_that_do_not_fit() -> None:
    net = dense_net()
    weights = initial_weights(net)
    del weights["dense2.bias"]
    weights["dense1.weight"] = weights["dense1.weight"].T
    with pytest.raises(DiagnosticError) as caught:
        compile_inference(net, weights)
    assert [finding.code for finding in caught.value.diagnostics] == ["E550", "E552"]
