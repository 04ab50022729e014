"""What a network asks of the machine for one example is held to limits when a model is made of it: E141."""

from __future__ import annotations

from pathlib import Path

import pytest

import netc
from netc.compiler import Net, compile_inference, compile_training
from netc.compiler.check import check
from netc.grammar.diagnostics import DiagnosticError

DENSE = "net A { input x: 4; y = dense(100) }\ntrain A { loss = mse(y, t); batch = 8; epochs = 1 }"
PLAIN = "net A { input x: 100; y = relu }"
SCAN = "net A { input x: 10x4; scan { dense(4) } }"


def made(text: str, folder: Path) -> Net:
    (folder / "a.net").write_text(text)
    return netc.load(folder / "a.net")


def refused(net: Net) -> str:
    with pytest.raises(DiagnosticError, match="E141") as caught:
        compile_inference(net)
    (found,) = caught.value.diagnostics
    assert "NETC_LIMIT_" in (found.help or "")
    assert found.primary is not None
    return found.message


def test_a_value_that_no_memory_holds(tmp_path: Path) -> None:
    text = "net A { input image: 1x8x8\n  pad(1_000_000)\n  global_avgpool }"
    net = made(text, tmp_path)
    assert refused(net) == "`pad1` takes 14,901.3 GiB for one example"
    assert not check(str(tmp_path / "a.net")).diagnostics


def test_a_window_without_an_end(tmp_path: Path) -> None:
    text = "net A { input image: 1x8x8\n  avgpool([2_000_000_001, 2_000_000_001], pad=1_000_000_000, stride=4) }"
    assert "multiplications for one example" in refused(made(text, tmp_path))


def test_the_limits_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text, taken, said in (
        ("VALUE", PLAIN, 400, "`x` takes 400 bytes for one example"),
        ("STEPS", DENSE, 400, "`y` is reached after 400 multiplications for one example"),
    ):
        net = made(text, tmp_path)
        compile_inference(net)
        monkeypatch.setenv(f"NETC_LIMIT_{name}", str(taken - 1))
        assert refused(net) == said
        monkeypatch.setenv(f"NETC_LIMIT_{name}", str(taken))
        compile_inference(net)


def test_a_batch_and_what_is_as_large_as_the_weights_count_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradients of 400 weights take 1,600 bytes."""
    net = made(DENSE, tmp_path)
    monkeypatch.setenv("NETC_LIMIT_VALUE", "400")
    compile_training(net, batch=64)
    compile_inference(net, batch=64)


def test_each_run_of_a_scan_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = made(SCAN, tmp_path)
    monkeypatch.setenv("NETC_LIMIT_STEPS", "160")
    compile_inference(net)
    monkeypatch.setenv("NETC_LIMIT_STEPS", "159")
    assert "160 multiplications" in refused(net)


def test_open_sizes_count_as_the_least_that_they_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = made("net A { input image: [1, H, W]\n  expect H % 8 == 0\n  relu }", tmp_path)
    monkeypatch.setenv("NETC_LIMIT_VALUE", "32")
    compile_inference(net)
    monkeypatch.setenv("NETC_LIMIT_VALUE", "31")
    assert "takes 32 bytes" in refused(net)
