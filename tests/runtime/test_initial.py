"""Where a training's first weights may come from: PyTorch's files, runs, checkpoints, models, parts of them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import command, surroundings
from safetensors.numpy import load_file, save_file

import netc
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder.initial import read_initial, read_starts
from netc.runtime.runs.export import deployable

TEXT = """
net A {
  input image: 1x8x8
  conv(8, 3x3, pad=same, bias=false) -> batchnorm -> relu -> flatten
  logits = dense(10)
}
train A { loss = cross_entropy(logits, label); optimizer = adam; data = "digits"; epochs = 1; batch = 100 }
"""
IMAGES = np.random.default_rng(0).random((4, 1, 8, 8)).astype(np.float32)


@pytest.fixture
def net(tmp_path: Path) -> Any:
    (tmp_path / "a.net").write_text(TEXT)
    return netc.load(tmp_path / "a.net")


def weights(net: Any, seed: int = 5) -> dict[str, np.ndarray]:
    return netc.Model(net, device="cpu", seed=seed).state_dict()


def netc_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=folder, env=surroundings(), capture_output=True, text=True, timeout=120
    )


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    return found.keys() == expected.keys() and all(np.array_equal(found[name], expected[name]) for name in expected)


def test_pytorchs_counter_is_passed_over(net: Any, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    module = torch.nn.Module()
    module.conv1 = torch.nn.Conv2d(1, 8, 3, padding=1, bias=False)
    module.batchnorm1, module.logits = torch.nn.BatchNorm2d(8), torch.nn.Linear(512, 10)
    save_torch(module.state_dict(), tmp_path / "torch.safetensors")
    model = netc.Model(net, device="cpu")
    model.load(tmp_path / "torch.safetensors")
    module.eval()
    with torch.no_grad():
        expected = module.logits(module.batchnorm1(module.conv1(torch.tensor(IMAGES))).relu().flatten(1)).numpy()
    np.testing.assert_allclose(model(IMAGES), expected, atol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named(bad: float, net: Any, tmp_path: Path) -> None:
    given = weights(net)
    given["conv1.weight"][0, 0, 1, 1] = bad
    save_file(given, tmp_path / "bad.safetensors")
    for read in (lambda path: netc.Model(net, device="cpu").load(path), lambda path: read_initial(path, net)):
        with pytest.raises(DiagnosticError) as caught:
            read(tmp_path / "bad.safetensors")
        (finding,) = caught.value.diagnostics
        assert finding.code == "E568"
        assert "`conv1.weight` in" in finding.message
        assert "1 of 72 numbers" in finding.message


@pytest.mark.parametrize("prefix", ["module.", "model.", "net.module."])
def test_a_common_prefix_is_offered_as_a_map(prefix: str, net: Any, tmp_path: Path) -> None:
    given, path = weights(net), tmp_path / "prefixed.safetensors"
    save_file({prefix + name: array for name, array in given.items()}, path)
    with pytest.raises(DiagnosticError) as caught:
        read_initial(path, net)
    (finding,) = caught.value.diagnostics
    text = f'`map = ["{prefix[:-1]}": ""]` in the text'
    assert finding.code == "E551"
    assert f"take the prefix away: `--map {prefix}=` on the command line, {text}" in str(finding.help)
    assert f'`name.removeprefix("{prefix}")` of each in Python' in str(finding.help)
    assert same(read_initial(path, net, renamed={prefix: ""}).weights, given)
    said = f'init = weights("{path.as_posix()}", map = ["{prefix[:-1]}": ""]); loss = '
    starts = netc.loads(net.source.replace("loss = ", said, 1))
    assert same(read_starts(starts, starts.plan()).weights, given)


@pytest.mark.slow
def test_a_model_a_run_and_its_checkpoint(net: Any, tmp_path: Path) -> None:
    given = weights(net)
    (tmp_path / "a.onnx").write_bytes(deployable(net, weights=given))
    assert same(read_initial(tmp_path / "a.onnx", net).weights, given)
    trained = netc_in(tmp_path, "train", "a.net", "--out", "run")
    assert trained.returncode == 0, trained.stderr
    best = load_file(tmp_path / "run" / "best.safetensors")
    for source in ("run", "run/best.safetensors", "run/last.safetensors", "run/model.onnx"):
        assert same(read_initial(tmp_path / source, net).weights, best), source


@pytest.mark.slow
def test_part_of_the_names(net: Any, tmp_path: Path) -> None:
    given = weights(net)
    stored = {name: array for name, array in given.items() if "batchnorm" not in name}
    stored["logits.weight"], stored["extra.weight"] = np.zeros((3, 512), np.float32), np.zeros(2, np.float32)
    save_file(stored, tmp_path / "part.safetensors")
    found = read_initial(tmp_path / "part.safetensors", net, partial=True)
    assert same(found.weights, {name: given[name] for name in ("conv1.weight", "logits.bias")})
    first, *rest = found.lines
    assert first.endswith("part.safetensors: 2 loaded, 1 shape differs, 4 missing, 1 unused")
    assert first.startswith("2 of 7 tensors from")
    assert rest == [
        "shape differs: logits.weight: 3x512 in the file, 10x512 here; drawn anew, or give the net 3 of them",
        "missing: batchnorm1.weight, batchnorm1.bias, batchnorm1.running_mean, batchnorm1.running_var",
        "unused: extra.weight",
    ]
    done = netc_in(tmp_path, "train", "a.net", "--init", "part.safetensors", "--partial", "--out", "run")
    assert done.returncode == 0, done.stderr
    assert "init         2 of 7 tensors from part.safetensors" in done.stderr
    (tmp_path / "part.safetensors").unlink()
    again = netc_in(tmp_path, "train", "--resume", "run", "--epochs", "2")
    assert again.returncode == 0, again.stderr


def test_nothing_in_common(net: Any, tmp_path: Path) -> None:
    save_file({"other.weight": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
    with pytest.raises(DiagnosticError, match="E550"):
        read_initial(tmp_path / "other.safetensors", net, partial=True)


def test_names_that_a_map_beside_the_net_expects_are_called_by_it(net: Any, tmp_path: Path) -> None:
    """The way out is tried: with the map they are the net's."""
    (tmp_path / "a.toml").write_text(
        "[maps]\nothers = [['^body\\.0\\.', 'conv1.'], ['^body\\.1\\.', 'batchnorm1.'], ['^head\\.', 'logits.']]\n"
    )
    held = weights(net)
    theirs = {"conv1": "body.0", "batchnorm1": "body.1", "logits": "head"}
    renamed = {f"{theirs[name.partition('.')[0]]}.{name.partition('.')[2]}": array for name, array in held.items()}
    save_file(renamed, tmp_path / "others.safetensors")
    with pytest.raises(DiagnosticError) as caught:
        read_initial(tmp_path / "others.safetensors", net, partial=False)
    (found,) = caught.value.diagnostics
    assert found.code == "E551"
    assert "called as others calls them" in found.message
    assert "`--map others`" in (found.help or "")
    assert same(dict(read_initial(tmp_path / "others.safetensors", net, partial=False, map="others").weights), held)
