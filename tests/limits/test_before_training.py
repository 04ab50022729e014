"""What cannot be trained, or gives no numbers, is said before the first epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import netc
from netc.cli import run
from netc.compiler import check
from netc.compiler.plan.override import override
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.limits import too_many_rows

NET = """
net Small {{
  input x: 4
  {layers}
}}
train Small {{ loss = mse(y, t); batch = {batch}; epochs = 1 }}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write()
    data()


def write(layers: str = "y = dense(1)", batch: int = 4) -> None:
    Path("small.net").write_text(NET.format(layers=layers, batch=batch), encoding="utf-8")


def data(rows: int = 12, dtype: type = np.float64, **changes: float) -> None:
    x = np.random.default_rng(0).normal(size=(rows, 4)).astype(dtype)
    arrays = {"x": x, "t": x[:, :1].copy()}
    for name, value in changes.items():
        arrays[name][3, 0] = value
    np.savez("data.npz", **arrays)


def refused(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    code = run(["train", "small.net", "--data", "data.npz", "--device", "cpu", "--out", "a", *more])
    assert not Path("a").exists()
    return code, capsys.readouterr().err


def test_a_net_without_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    Path("small.net").write_text(
        "net Small { input x: 4\n  y = relu }\ntrain Small { loss = mse(y, x); epochs = 1 }\n", encoding="utf-8"
    )
    code, said = refused(capsys)
    assert (code, "error[E612]: net `Small` has no parameters" in said) == (5, True)


@pytest.mark.parametrize("value", ["inf", "nan", "1e39", "-1"])
def test_a_rate_that_is_none(capsys: pytest.CaptureFixture[str], value: str) -> None:
    code, said = refused(capsys, "--lr", value)
    assert code in (2, 3)
    assert "lr" in said
    with pytest.raises(DiagnosticError, match="E490"):
        netc.Trainer(netc.Model(netc.load("small.net"), device="cpu"), lr=float(value))


@pytest.mark.parametrize("name", ["x", "t"])
@pytest.mark.parametrize("value", [1e300, -4e38])
def test_numbers_that_float32_has_no_place_for(capsys: pytest.CaptureFixture[str], name: str, value: float) -> None:
    data(**{name: value})
    code, said = refused(capsys)
    assert (code, f"error[E506]: data.npz, {name}[3] is {value}, expected a number that float32 holds" in said) == (
        5,
        True,
    )


def test_the_largest_numbers_of_float32_pass_the_check() -> None:
    data(x=3e38)
    netc.Trainer(netc.Model(netc.load("small.net"), device="cpu")).evaluate("data.npz")


def test_batch_norm_of_one_value_a_channel(capsys: pytest.CaptureFixture[str]) -> None:
    write("dense(3) -> batchnorm\n  y = dense(1)", batch=1)
    code, said = refused(capsys)
    assert (code, "error[E613]" in said, "small.net:4:15" in said) == (5, True, True)
    trainer = netc.Trainer(netc.Model(netc.load("small.net"), device="cpu"))
    with pytest.raises(DiagnosticError, match="E613"):
        trainer.fit("data.npz", quiet=True)
    assert refused_not(capsys, "--batch", "2")


def test_batch_norm_of_one_row_with_positions_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    write("h = x -> reshape(1x4) -> batchnorm -> flatten\n  y = dense(1)", batch=1)
    assert refused_not(capsys)


def refused_not(capsys: pytest.CaptureFixture[str], *more: str) -> bool:
    code = run(["train", "small.net", "--data", "data.npz", "--device", "cpu", "--out", "b", *more])
    return code == 0 or pytest.fail(capsys.readouterr().err)


def test_weights_that_are_no_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    net = netc.load("small.net")
    weights = {name: np.array(array) for name, array in netc.Model(net, device="cpu").state_dict().items()}
    weights["y.weight"].flat[1] = np.nan
    save_file(weights, "nan.safetensors")
    with pytest.raises(DiagnosticError, match=r"E568.*`y.weight` in the given weights has 1 of 4"):
        netc.compile(net, weights=weights)
    assert run(["compile", "small.net", "--weights", "nan.safetensors", "-o", "a.onnx"]) == 5
    assert refused(capsys, "--init", "nan.safetensors")[0] == 5


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "\n\n"])
def test_a_file_that_holds_nothing(capsys: pytest.CaptureFixture[str], text: str) -> None:
    Path("small.net").write_text(text, encoding="utf-8")
    (found,) = check("small.net").diagnostics
    assert (found.code, found.message) == ("E228", "small.net defines nothing")
    assert (code := refused(capsys)[0]) == 3, code


def test_a_batch_is_held_to_its_limit_wherever_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the text with its place, from outside, and as the fixed size of a model: E140, as its page says."""
    large = "net A { input x: 2; y = dense(2) }\ntrain A { loss = cross_entropy(y, label); batch = 100000000 }\n"
    with pytest.raises(DiagnosticError) as caught:
        netc.loads(large)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.message) == ("E140", "a batch of 100,000,000 rows")
    assert finding.primary is not None
    assert finding.primary.span.line == 2
    net = netc.loads(large.replace("100000000", "1048576"))
    for refused in (lambda: override(net.plan(), batch=1048577), lambda: netc.compile(net, batch=1048577),
                    lambda: netc.compile(net, train=True, batch=1048577)):  # fmt: skip
        with pytest.raises(DiagnosticError, match=r"E140\] a batch of 1,048,577 rows"):
            refused()
    monkeypatch.setenv("NETC_LIMIT_BATCH", "4M")
    assert override(net.plan(), batch=1048577).batch == 1048577


@pytest.mark.parametrize("name", ["batch", "epochs", "accumulate"])
def test_whole_numbers_from_outside_have_the_bounds_of_the_text(name: str) -> None:
    """What no text can say, no option can: such numbers have no place in a tensor."""
    net = netc.loads("net A { input x: 2; y = dense(2) }\ntrain A { loss = cross_entropy(y, label) }\n")
    with pytest.raises(DiagnosticError, match=rf"E490\] {name} is") as caught:
        override(net.plan(), **{name: 2**63})
    assert "9,223,372,036,854,775,807" in (caught.value.diagnostics[0].help or "")


@pytest.mark.parametrize("asked", [2**20 + 1, 10**8, 2**61])
def test_the_way_out_of_a_limit_is_enough(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = too_many_rows(asked)
    assert found is not None
    assert found.help is not None
    name, _, value = found.help.removeprefix("set ").partition(" ")[0].partition("=")
    monkeypatch.setenv(name, value)
    assert too_many_rows(asked) is None
