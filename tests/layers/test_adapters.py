"""Adapters: every sample against its formula, whole trainings against PyTorch, what is exported and what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file, save_file

import netc
from netc.cli import run
from netc.compiler import check
from netc.compiler.adapters.base import adapter
from netc.compiler.declare.samples import Call
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.runs.export import deployable

FILE = 'net A {{ input x: 4; y = dense(3) }}\ntrain A {{ loss = mse(y, target); adapt = ["y": {call}] }}'
SAMPLES = [pytest.param(one, id=one.call) for definition in adapter.all().values() for one in definition.samples]


@pytest.mark.parametrize("shape", [(3, 4), (5, 2, 3, 3)])
@pytest.mark.parametrize("one", SAMPLES)
def test_what_is_added_and_its_gradient(bench: Any, one: Call, shape: tuple[int, ...]) -> None:
    """The sum against the formula, the gradient against PyTorch's of the formula."""
    torch = pytest.importorskip("torch")
    ((_, declared),) = check("a.net", FILE.format(call=one.call)).nets[0].plans[0].adapt
    rng = np.random.default_rng(0)
    parts = {leaf: rng.normal(size=part.shape).astype(np.float32) for leaf, part in declared.parts(shape).items()}
    values = {leaf: bench.bare(leaf, *array.shape) for leaf, array in parts.items()}
    slope, given = bench.bare("slope", *shape), rng.normal(size=shape).astype(np.float32)
    exact = {leaf: torch.tensor(array, dtype=torch.float64, requires_grad=True) for leaf, array in parts.items()}
    expected = declared.formula(exact, shape)
    feeds = {**parts, "slope": given}
    found = bench.run(declared.added(bench.g, values, shape), feeds)
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    expected.backward(torch.tensor(given, dtype=torch.float64))
    for leaf, value in declared.slopes(bench.g, slope, values).items():
        found = bench.run(value, feeds)
        np.testing.assert_allclose(found, exact[leaf].grad.numpy(), rtol=1e-5, atol=1e-5, err_msg=leaf)


NET = """
net A {
  input x: 4x6x6
  body = conv(8, 3x3, groups=2) -> batchnorm -> relu -> reshape([8, 16]) -> transpose
  attn = attention(heads=2)
  flatten
  hidden = dense(12, act=tanh)
  logits = dense(3)
}
train A {
  loss      = cross_entropy(logits, label)
  optimizer = __OPTIMIZER__
  adapt     = ["body": lora(2), "attn": lora(rank=3, alpha=6), "hidden": lora(4)]
  batch     = 8
}
"""
RANKS = {"body.conv1.weight": 2, "attn.in_proj_weight": 3, "attn.out_proj.weight": 3, "hidden.weight": 4}
SCALES = {name: 2.0 if name.startswith("attn") else 1.0 for name in RANKS}
OPTIMIZERS = {
    "sgd(lr=0.1, momentum=0.9)": lambda torch, weights: torch.optim.SGD(weights, 0.1, 0.9),
    "adamw(lr=0.01, weight_decay=0.1)": lambda torch, weights: torch.optim.AdamW(weights, 0.01, weight_decay=0.1),
}
RANDOM = np.random.default_rng(0)
X, LABELS = RANDOM.normal(size=(8, 4, 6, 6)).astype(np.float32), np.arange(8) % 3


def forward(torch: Any, x: Any, w: dict[str, Any]) -> Any:
    """The same net of PyTorch's functions; batch norm by its statistics, which stay."""
    f = torch.nn.functional
    x = f.conv2d(x, w["body.conv1.weight"], w["body.conv1.bias"], groups=2)
    names = ("running_mean", "running_var", "weight", "bias")
    x = f.batch_norm(x, *(w[f"body.batchnorm1.{name}"] for name in names)).relu().reshape(8, 8, 16).transpose(1, 2)
    q, k, v = f.linear(x, w["attn.in_proj_weight"], w["attn.in_proj_bias"]).chunk(3, dim=2)
    heads = [t.reshape(8, 16, 2, 4).transpose(1, 2) for t in (q, k, v)]
    x = f.scaled_dot_product_attention(*heads).transpose(1, 2).reshape(8, 16, 8)
    x = f.linear(x, w["attn.out_proj.weight"], w["attn.out_proj.bias"]).flatten(1)
    return f.linear(f.linear(x, w["hidden.weight"], w["hidden.bias"]).tanh(), w["logits.weight"], w["logits.bias"])


def trained(optimizer: str, steps: int) -> tuple[Any, Any, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A trainer after some steps, the losses, and what it began with."""
    trainer = netc.Trainer(netc.Model(netc.loads(NET.replace("__OPTIMIZER__", optimizer)), device="cpu", seed=1))
    before = trainer.checkpoint()
    losses = [trainer.step({"x": X, "label": LABELS})["loss"] for _ in range(steps)]
    return trainer, losses, before, trainer.checkpoint()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_is_that_of_pytorch(optimizer: str) -> None:
    torch = pytest.importorskip("torch")
    _, losses, before, after = trained(optimizer, 4)
    known = {name: torch.tensor(array, dtype=torch.float64) for name, array in before.items()}
    parts = {name: known[name].requires_grad_() for name in before if name.endswith(("lora_A", "lora_B"))}
    head = {name: known[name].requires_grad_() for name in ("logits.weight", "logits.bias")}
    assert all(not before[name].any() for name in parts if name.endswith("_B"))
    for name in RANKS:
        limit = np.prod(before[name].shape[1:]) ** -0.5
        assert 0.7 * limit < np.abs(before[f"{name}.lora_A"]).max() <= limit
    steps = OPTIMIZERS[optimizer](torch, [*parts.values(), *head.values()])

    def weights() -> dict[str, Any]:
        sums = {
            name: known[name] + SCALES[name] * (parts[f"{name}.lora_B"] @ parts[f"{name}.lora_A"]).view_as(known[name])
            for name in RANKS
        }
        return {**known, **sums}

    for loss in losses:
        logits = forward(torch, torch.tensor(X).double(), weights())
        wanted = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS))
        assert loss == pytest.approx(wanted.item(), rel=1e-5)
        steps.zero_grad()
        wanted.backward()
        steps.step()
    for name, array in weights().items():
        if name in after and not name.endswith((".mean", ".square", ".momentum")):
            np.testing.assert_allclose(after[name], array.detach().numpy(), rtol=1e-4, atol=1e-5, err_msg=name)


def test_what_an_adapter_leaves_stays(tmp_path: Path) -> None:
    """Bases, biases and statistics, to the bit; what is added has the rank that was asked for."""
    trainer, _, before, after = trained("adamw(lr=0.01)", 5)
    moved = {name for name in trainer.model.state_dict() if np.any(before[name] != after[name])}
    assert moved == {*RANKS, "logits.weight", "logits.bias"}
    for name, rank in RANKS.items():
        np.testing.assert_array_equal(after[f"{name}.base"], before[name])
        added = (after[name] - before[name]).astype(np.float64).reshape(before[name].shape[0], -1)
        sizes = np.linalg.svd(added, compute_uv=False)
        assert (sizes > 1e-5 * sizes[0]).sum() == rank


def test_the_exported_model_is_base_and_adapter(tmp_path: Path) -> None:
    """ONNX Runtime's answers with the weights of now, and those of a net with bases and A B added by hand."""
    trainer, _, before, after = trained("adamw(lr=0.02)", 5)
    net = trainer.model.net
    model = deployable(net, weights=trainer.model.state_dict())
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    found = session.run(None, {"x": X})[0]
    parts = {name: SCALES[name] * (after[f"{name}.lora_B"] @ after[f"{name}.lora_A"]) for name in RANKS}
    state = trainer.model.state_dict()
    by_hand = {name: before[name] + parts[name].reshape(before[name].shape) for name in RANKS}
    other = netc.Model(net, device="cpu")
    other.load_state_dict({**state, **by_hand})
    np.testing.assert_allclose(found, other(X), rtol=0, atol=1e-5 * np.abs(found).max())
    assert np.abs(found - netc.Model(net, device="cpu", seed=1)(X)).max() > 0.1 * np.abs(found).max()


TEXT = """
net A { input image: 1x8x8; body = conv(4, 3x3, act=relu) -> flatten; logits = dense(10) }
train A { loss = cross_entropy(logits, label); optimizer = adam; data = "digits"; epochs = __EPOCHS__; batch = 250
  freeze = ["logits"]; adapt = ["body": lora(2)] }
"""


def test_an_adapter_is_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.net").write_text(TEXT.replace("__EPOCHS__", "2"))
    assert run(["train", "a.net", "--out", "r", "--seed", "3"]) == 0
    assert {name: array.shape for name, array in load_file(tmp_path / "r/adapter.safetensors").items()} == {
        "body.conv1.lora_A.weight": (2, 9), "body.conv1.lora_B.weight": (4, 2)
    }  # fmt: skip
    model = netc.Model(netc.load(tmp_path / "a.net"), device="cpu", seed=3)
    model.load_adapter(tmp_path / "r/adapter.safetensors")
    best = load_file(tmp_path / "r/best.safetensors")
    for name, array in model.state_dict().items():
        np.testing.assert_allclose(array, best[name], rtol=0, atol=1e-6)
    assert run(["compile", "a.net", "--seed", "3", "--adapter", "r/adapter.safetensors", "-o", "m.onnx"]) == 0
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    image = RANDOM.random((3, 1, 8, 8)).astype(np.float32)
    expected = netc.load_run(tmp_path / "r").model(image)
    np.testing.assert_allclose(session.run(None, {"image": image})[0], expected, atol=1e-5)
    assert run(["train", "--resume", "r", "--epochs", "3"]) == 0


def broken(folder: Path, weight: np.ndarray, lora_a: Any, lora_b: Any) -> tuple[netc.Model, Path]:
    """A dense layer with that weight, and the file of an adapter for it, of 3x1 and 1x4 equal numbers."""
    text = {"netc.adapter": '{"y.weight": {"name": "lora", "rank": 1, "alpha": 1.0}}'}
    parts = {"y.lora_A.weight": np.tile(lora_a, (1, 4)), "y.lora_B.weight": np.tile(lora_b, (3, 1))}
    save_file(parts, folder / "ad.safetensors", text)
    model = netc.Model(netc.loads("net A { input x: 4; y = dense(3) }"), device="cpu")
    model.load_state_dict({"y.weight": weight, "y.bias": np.zeros(3, np.float32)})
    return model, folder / "ad.safetensors"


@pytest.mark.parametrize(
    ("lora_a", "lora_b", "weight", "code", "says"),
    [
        (np.float32(np.nan), np.float32(1), 0, "E568", "tensor `y.lora_A.weight` in"),
        (np.float32(1), np.float32(-np.inf), 0, "E568", "tensor `y.lora_B.weight` in"),
        (np.int32(1), np.float32(1), 0, "E554", "holds int32 in"),
        (np.float32(1), np.bool_(1), 0, "E554", "holds bool in"),
        (np.float32(1e20), np.float32(1e20), 0, "E568", "tensor `y.weight` in the net with"),
        (np.float64(3e38), np.float64(1), 3e38, "E568", "tensor `y.weight` in the net with"),
    ],
)
def test_an_adapter_that_breaks_weights_is_refused(
    lora_a: Any, lora_b: Any, weight: float, code: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, path = broken(tmp_path, np.full((3, 4), weight, np.float32), lora_a, lora_b)
    with pytest.raises(DiagnosticError) as caught:
        model.load_adapter(path)
    (finding,) = caught.value.diagnostics
    assert finding.code == code
    assert says in finding.message
    assert (model.state_dict()["y.weight"] == np.float32(weight)).all()
    if not weight:
        (tmp_path / "a.net").write_text("net A { input x: 4; y = dense(3) }")
        files = ["--adapter", str(path), "-o", str(tmp_path / "m.onnx")]
        assert run(["compile", str(tmp_path / "a.net"), *files]) == 5
        assert code in capsys.readouterr().err
        assert not (tmp_path / "m.onnx").exists()


def test_an_adapter_of_wider_floats_leaves_the_weights_type(tmp_path: Path) -> None:
    model, path = broken(tmp_path, np.ones((3, 4), np.float32), np.float64(0.5), np.float64(2))
    model.load_adapter(path)
    np.testing.assert_array_equal(model.state_dict()["y.weight"], np.full((3, 4), 2, np.float32))
    assert model.state_dict()["y.weight"].dtype == np.float32


@pytest.mark.parametrize(
    ("setting", "code", "says"),
    [
        ('adapt = ["bodi": lora(2)]', "E415", "nothing that can move is called so"),
        ('adapt = ["*.bias": lora(2)]', "E415", "no weight has two axes"),
        ('adapt = ["body": lara(2)]', "E407", "no adapter is called `lara`"),
        ("adapt = lora(2)", "E406", "`adapt` is a table"),
    ],
)
def test_mistakes(setting: str, code: str, says: str) -> None:
    text = f"net A {{ input x: 4; body = dense(3); y = dense(2) }}\ntrain A {{ loss = mse(y, target); {setting} }}"
    found = check("a.net", text).diagnostics
    assert [item.code for item in found] == [code]
    assert says in found[0].message
