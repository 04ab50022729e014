"""Networks as PyTorch source: the same outputs with the same weights, and text that a person would have written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import netc
from netc.compiler import CannotWriteError, pytorch_source
from netc.compiler.sources.pytorch.functions.elementwise import TEXTS
from netc.compiler.sources.pytorch.helpers import HELPERS
from tests.sources.networks import BLOCKS, BRANCHES, EXAMPLES, SEQUENCE, SMALL, TIED, largest_difference, prepared

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors.torch")


def difference(net: netc.Net) -> float:
    """Between our outputs and those of the source in PyTorch."""
    weights, feeds, ours = prepared(net)
    names: dict[str, Any] = {}
    text = pytorch_source(net)
    exec(compile(text, f"{net.name}.py", "exec"), names)
    network = names[net.name]()
    rename = names.get("_renamed", lambda name: name)
    given = {rename(name): torch.tensor(array) for name, array in weights.items()}
    missing, _ = network.load_state_dict(given, strict="strict=False" not in text)
    assert not missing
    with torch.no_grad():
        found = network.eval()(*map(torch.tensor, feeds.values()))
    found = found if isinstance(found, tuple) else (found,)
    return largest_difference(ours, [array.numpy() for array in found])


@pytest.mark.parametrize("text", [BLOCKS, SEQUENCE, BRANCHES, TIED])
def test_outputs_are_equal(text: str) -> None:
    assert difference(netc.loads(text)) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((EXAMPLES / "lecture").glob("*.net")), ids=lambda path: path.stem)
def test_outputs_of_the_lecture_are_equal(path: Path) -> None:
    assert difference(netc.load(path)) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings"), SMALL, ids=[name for name, _ in SMALL])
def test_outputs_of_the_zoo_are_equal(name: str, settings: dict[str, Any]) -> None:
    assert difference(netc.load(EXAMPLES / f"zoo/{name}.net", **settings)) < 1e-5


def test_parts_that_are_alike_are_one_class() -> None:
    text = pytorch_source(netc.loads(BLOCKS))
    assert text.count("class ") == 3, text  # unit, what is repeated, the net
    assert "//" not in text, "a stride is no share of the filters"
    assert "for _ in range(3)" in text, text


def test_a_network_without_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TEXTS, "Relu")
    with pytest.raises(CannotWriteError, match="the operator Relu of"):
        pytorch_source(netc.loads("net A {\n  input x: 4\n  y = dense(3, act=relu)\n}"))


def test_what_dropout_leaves_out_together() -> None:
    """Attention drops single weights, stochastic depth whole examples."""
    text = pytorch_source(netc.loads("net A {\n  input x: float [T, 6]\n  attention(2, dropout=0.5)\n}"))
    assert "F.dropout(" in text
    assert "drop(" not in text.replace("F.dropout(", "")
    names: dict[str, Any] = {"F": torch.nn.functional}
    exec(HELPERS["drop"], names)
    dropped = names["drop"](torch.ones(64, 3, 5), 0.5, 1, True)
    assert {len(set(row.flatten().tolist())) for row in dropped} == {1}
    assert set(dropped.flatten().tolist()) == {0.0, 2.0}
