"""An index that a table doesn't have is a mistake in the data, and told as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netc
from netc.compiler.build import compile_inference
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import read_inputs
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.export import deployable

TEXT = """
net A { input words: int [2]
  table = embedding(4, 3)
  logits = mean(axis=0) -> dense(3)
}
train A { loss = cross_entropy(logits, label); batch = 4 }
"""


@pytest.mark.parametrize("wrong", [4, -1])
def test_a_number_that_the_embedding_of_an_input_lacks(wrong: int) -> None:
    words, label = np.array([[0, 1], [wrong, 2], [3, 3]] * 4), np.arange(12) % 3
    model = netc.Model(netc.loads(TEXT), device="cpu")
    for run in (
        lambda: model({"words": words}),
        lambda: netc.Trainer(model).step({"words": words, "label": label}),
        lambda: netc.Trainer(model).fit({"words": words, "label": label}, epochs=1, quiet=True),
    ):
        with pytest.raises(DiagnosticError, match=f"{wrong}.*4 rows"):
            run()


@pytest.mark.parametrize("wrong", [4, -1, -4])
@pytest.mark.parametrize("file", ["x.npy", "x.npz", "x.csv"])
def test_a_model_that_stands_alone_is_asked_for_what_its_table_lacks(file: str, wrong: int, tmp_path: Path) -> None:
    """Before: -1 was answered and measured as the last row of the table."""
    model = netc.Model(netc.loads(TEXT), device="cpu")
    path = tmp_path / "a.onnx"
    path.write_bytes(deployable(model.net, weights=model.state_dict()))
    network, words = Deployed.open(path), np.array([[0, 1], [3, 2], [2, 3]])
    examples = read_inputs([written(tmp_path / file, words)], network.inputs).arrays
    np.testing.assert_allclose(network.run(examples)["logits"], model({"words": words}), rtol=1e-5)
    words[1, 0] = wrong
    asked = written(tmp_path / file, words)
    message = rf"E505.*{file}.* is {wrong}, expected 0 to 3 for `words`: the table .* has 4 rows"
    with pytest.raises(DiagnosticError, match=message):
        read_inputs([asked], network.inputs)
    if file != "x.npy":
        with pytest.raises(DiagnosticError, match=message):
            network.evaluate(asked)


def written(path: Path, words: np.ndarray) -> str:
    """A file of words and, where it holds more than one array, their labels."""
    label = np.arange(len(words)) % 3
    if path.suffix == ".npy":
        np.save(path, words)
    elif path.suffix == ".npz":
        np.savez(path, words=words, label=label)
    else:
        table = np.column_stack([words, label])
        np.savetxt(path, table, "%d", ",", header="words1,words2,label", comments="")
    return str(path)


def test_a_model_of_another_program_says_nothing_of_its_tables() -> None:
    """What ONNX means by -1 holds in it."""
    import onnx

    made = onnx.load_from_string(compile_inference(netc.loads(TEXT)).model)
    del made.metadata_props[:]
    (port,) = Deployed(Path("a.onnx"), made.SerializeToString()).inputs
    assert "rows" not in port


@pytest.mark.parametrize("layer", ["one_hot(4)", "reshape([1, 2]) -> embedding(4, 2)"])
def test_what_else_looks_an_input_up(layer: str) -> None:
    model = netc.Model(netc.loads(f"net A {{ input k: int [2]\n y = k -> {layer} }}"), device="cpu")
    assert model({"k": np.array([[0, 3]])}).shape[0] == 1
    with pytest.raises(DiagnosticError, match="`k` has -1 in row 0, where the table that it chooses from has 4 rows"):
        model({"k": np.array([[0, -1]])})


def test_a_number_past_the_end_that_the_net_works_out(capfd: pytest.CaptureFixture[str]) -> None:
    words, label = np.array([[0, 1], [3, 2], [2, 2]] * 4), np.arange(12) % 3
    text = TEXT.replace("table = ", "table = words + 1 -> ")
    model = netc.Model(netc.loads(text), device="cpu")
    for run in (
        lambda: model({"words": words}),
        lambda: netc.Trainer(model).fit({"words": words, "label": label}, epochs=1, quiet=True),
    ):
        with pytest.raises(DiagnosticError, match="`table` is asked for number 4, and has 0 to 3") as caught:
            run()
        assert caught.value.diagnostics[0].code == "E558"
    assert capfd.readouterr().err == ""


def test_a_place_past_the_end_of_each_example() -> None:
    net = netc.loads("net A { input x: [3, 2], place: int [1]\n y = x -> gather(place) }")
    model = netc.Model(net, device="cpu")
    x = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    np.testing.assert_array_equal(model({"x": x, "place": np.array([[0], [2]])}), x[[0, 1], [0, 2]][:, None])
    with pytest.raises(DiagnosticError, match="is asked for number 3, which it doesn't have"):
        model({"x": x, "place": np.array([[0], [3]])})
