"""Networks as Keras source: the same outputs with the same weights. Keras is no extra of netc: skipped without it.

KERAS_BACKEND=torch python -m pytest tests/sources/test_keras.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save_file

import netc
from netc.compiler import CannotWriteError, keras_source
from netc.compiler.sources.keras.functions.elementwise import TEXTS
from tests.sources.networks import BLOCKS, BRANCHES, EXAMPLES, SEQUENCE, SMALL, TIED, largest_difference, prepared

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

ROUNDED = {"mobilenet_v3": 5e-5}
"""There PyTorch's float32 is 1e-5 from its float64, and Keras's on top of it 2e-5."""


@pytest.fixture
def keras(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Keras, on the backend torch, which takes pictures with their channels first."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("torch")
    return pytest.importorskip("keras")


def difference(keras: Any, net: netc.Net, folder: Path) -> float:
    """Between our outputs and those of the source in Keras, its weights from a file."""
    weights, feeds, ours = prepared(net)
    save_file(weights, folder / "model.safetensors")
    names: dict[str, Any] = {}
    exec(compile(keras_source(net), f"{net.name}.py", "exec"), names)
    found = names["load_weights"](folder / "model.safetensors")(*feeds.values())
    found = found if isinstance(found, tuple | list) else (found,)
    return largest_difference(ours, [keras.ops.convert_to_numpy(array) for array in found])


@pytest.mark.parametrize("text", [BLOCKS, SEQUENCE, BRANCHES, TIED])
def test_outputs_are_equal(keras: Any, text: str, tmp_path: Path) -> None:
    assert difference(keras, netc.loads(text), tmp_path) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((EXAMPLES / "lecture").glob("*.net")), ids=lambda path: path.stem)
def test_outputs_of_the_lecture_are_equal(keras: Any, path: Path, tmp_path: Path) -> None:
    assert difference(keras, netc.load(path), tmp_path) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings"), SMALL, ids=[name for name, _ in SMALL])
def test_outputs_of_the_zoo_are_equal(keras: Any, name: str, settings: dict[str, Any], tmp_path: Path) -> None:
    found = difference(keras, netc.load(EXAMPLES / f"zoo/{name}.net", **settings), tmp_path)
    assert found < ROUNDED.get(name, 1e-5)


def test_parts_that_are_alike_are_one_class() -> None:
    text = keras_source(netc.loads(BLOCKS))
    assert text.count("class ") == 4, text  # unit with stride and without, what is repeated, the net
    assert "for _ in range(3)" in text, text


def test_every_source_is_python() -> None:
    for text in (BLOCKS, SEQUENCE, BRANCHES, TIED):
        compile(keras_source(netc.loads(text)), "model.py", "exec")


def test_a_network_without_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TEXTS, "Relu")
    with pytest.raises(CannotWriteError, match="the operator Relu of"):
        keras_source(netc.loads("net A {\n  input x: 4\n  y = dense(3, act=relu)\n}"))
