"""What is read from a run, a checkpoint or a model has a form: every entry changed to every kind of value, or left out.

The checksums fit, as somebody's would who wrote the file on purpose. Each ends in a finding with a code, or is a run or
a model that works: what gets past its reader goes all the way through the command that uses it.
"""

from __future__ import annotations

import base64
import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from sealed import change_weights
from tiers import ALL

import netc
from netc.cli import run as command
from netc.compiler import CARD_KEY, add_adapter, initial_weights, read_metadata, sealed_model
from netc.compiler.importing.importer import import_text
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.documents import CHECKSUM, checked, written
from netc.runtime.folder.checkpoints import PROGRESS_KEY
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.listing import read_run
from netc.runtime.runs.request import request_of
from netc.runtime.training.conditions import read_conditions

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # curves of figures of 1e308

VALUES: list[Any] = [
    None, "", "text", "\ud800", "../..", True, 0, 1, -1, 7, 2**31, 10**30, 0.5, -0.5, 1e308, float("nan"), float("inf"),
    [], [1], ["text"], [None], [[[1]]], {}, {"text": 1}, {"a": {"b": []}},
]  # fmt: skip
"""In place of what is there."""
SHARE = 18 if ALL else 90
"""Of so many mutations one is tried."""


def places(found: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value lies, the outermost included."""
    yield at
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key))


def changed(found: Any, at: tuple[Any, ...], *value: Any) -> Any:
    """A copy with the value at a place left out, or replaced."""
    if not at:
        return value[0] if value else {}
    other = copy.deepcopy(found)
    holder = other
    for key in at[:-1]:
        holder = holder[key]
    if value:
        holder[at[-1]] = value[0]
    else:
        del holder[at[-1]]
    return other


def mutations(found: Any) -> list[tuple[str, Any]]:
    """Every place with every value, left out, and beside an entry that nobody knows; a share in the quick tier."""
    made = []
    for at in places(found):
        name = ".".join(map(str, at))
        made += [(f"{name} left out", (at,))]
        made += [(f"{name} = {str(value)[:20]!r}", (at, value)) for value in VALUES]
        made += [(f"{name}.unknown", ((*at, "unknown"), 1))] if isinstance(_at(found, at), dict) else []
    drawn = np.random.default_rng(0).permutation(len(made))[::SHARE]
    return [(made[place][0], changed(found, *made[place][1])) for place in sorted(map(int, drawn))]


def _at(found: Any, at: tuple[Any, ...]) -> Any:
    for key in at:
        found = found[key]
    return found


def coded(read: Callable[[], object], what: str) -> bool:
    """Whether it is refused by a finding with a code and a way out; anything else that is raised is a bug."""
    try:
        read()
    except DiagnosticError as refused:
        if not refused.diagnostics[0].help:
            raise AssertionError(f"{what}: {refused} has no way out") from refused
        return True
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__} {error}") from error
    return False


def put(path: Path, found: Any) -> None:
    """A document with its checksum, where it can have one."""
    path.write_bytes(written(found) if isinstance(found, dict) else json.dumps(found).encode())


def said(path: Path) -> Any:
    """A document without its checksum."""
    found = json.loads(path.read_text())
    found.pop(CHECKSUM, None)
    return found


def goes_on(epochs: int = 3) -> None:
    """The command that a run is for, in this process; a bug ends it with 70."""
    shutil.copytree("run", "copy", dirs_exist_ok=True)
    try:
        code = command(["train", "--resume", "copy", "--epochs", str(epochs), "--device", "cpu"])
        assert code != 70
    finally:
        shutil.rmtree("copy")


def test_what_run_json_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("run/run.json")
    past = 0
    for what, found in mutations(said(path)):
        put(path, found)
        read_run(Path("run"))
        if not coded(lambda: request_of(RunFolder(Path("run"))), what):
            past += 1
            coded(lambda: netc.load_run("run", device="cpu"), what)
            try:
                goes_on()
            except AssertionError:
                raise AssertionError(f"{what}: {capsys.readouterr().err[-600:]}") from None
    assert past


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("lock.json", lambda: read_conditions(RunFolder(Path("run")))),
        ("manifest.json", lambda: RunFolder(Path("run")).read_manifest()),
        ("test.json", lambda: netc.load_run("run", device="cpu").metrics),
    ],
)
def test_what_other_documents_say(here: Path, name: str, read: Callable[[], object]) -> None:
    path = Path("run") / name
    for what, found in mutations(said(path)):
        put(path, found)
        coded(read, what)
        read_run(Path("run"))


def test_what_a_checkpoint_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("run/last.safetensors")
    original = path.read_bytes()
    about = json.loads(read_metadata(path)[PROGRESS_KEY])
    about["progress"] |= {
        "batch": 1, "size": 8, "taken": 8, "rows": 8, "sums": {"loss": 2.5, "accuracy": 3.0},
        "counts": {"loss": 8, "accuracy": 8}, "seconds": 0.5,
    }  # fmt: skip
    for what, found in mutations(about):
        path.write_bytes(original)
        change_weights(path, texts=lambda texts, found=found: texts.update({PROGRESS_KEY: json.dumps(found)}))
        read_run(Path("run"))
        if not coded(RunFolder(Path("run")).read_last, what):
            try:
                goes_on()
            except AssertionError:
                raise AssertionError(f"{what}: {capsys.readouterr().err[-600:]}") from None


def test_what_a_record_of_metrics_says(here: Path) -> None:
    path = Path("run/metrics.jsonl")
    first, second = path.read_text().splitlines()
    for what, found in mutations(checked(json.loads(first))):
        path.write_text(f"{json.dumps(found)}\n{second}\n")
        coded(RunFolder(Path("run")).epochs.read, what)
        assert command(["lint", "run/tiny.net", "--run", "run"]) in (0, 1, 5), what


def test_what_weights_say_of_their_data(here: Path) -> None:
    path = Path("run/best.safetensors")
    original = path.read_bytes()
    for what, found in mutations(json.loads(read_metadata(path)[CARD_KEY])):
        path.write_bytes(original)
        change_weights(path, texts=lambda texts, found=found: texts.update({CARD_KEY: json.dumps(found)}))
        if command(["data", str(path)]) == 0:
            code = command(["train", "tiny.net", "--data", "data.npz", "--init", str(path), "--epochs", "1",
                            "--device", "cpu", "--out", "new"])  # fmt: skip
            shutil.rmtree("new", ignore_errors=True)
            assert code != 70, what


# ------------------------------------------------------------ what a model says of itself
def noted(model: onnx.ModelProto, key: str) -> str:
    return next(entry.value for entry in model.metadata_props if entry.key == key)


def with_note(model: onnx.ModelProto, key: str, value: str) -> bytes:
    other = onnx.ModelProto()
    other.CopyFrom(model)
    next(entry for entry in other.metadata_props if entry.key == key).value = value
    return sealed_model(other.SerializeToString())


def used(content: bytes) -> None:
    """All that is done with a model: answers, classes, figures, its text."""
    Path("m.onnx").write_bytes(content)
    found = Deployed(Path("m.onnx"), content, answers=True, threads=1)
    with np.load("run/sample.npz") as rows:
        outputs = found.run({"x": rows["x"]})
    found.class_scores(outputs, assume=True)
    whole = Deployed(Path("m.onnx"), content, threads=1)
    whole.evaluate("data.npz", "test")
    import_text("m.onnx")
    for verb in (["predict", "m.onnx", "run/sample.npz"], ["data", "m.onnx"]):
        assert command(verb) != 70, verb


@pytest.mark.slow
@pytest.mark.parametrize("key", ["netc.manifest", "netc.card", "netc.source"])
def test_what_a_model_says(here: Path, key: str) -> None:
    model = onnx.load("run/model.onnx")
    for what, found in mutations(json.loads(noted(model, key))):
        coded(lambda found=found: used(with_note(model, key, json.dumps(found))), f"{key}: {what}")


@pytest.mark.slow
def test_what_a_scorer_says(here: Path) -> None:
    model = onnx.load("run/model.onnx")
    scorer = onnx.load_from_string(base64.b64decode(noted(model, "netc.scorer")))
    for what, found in mutations(json.loads(noted(scorer, "netc.manifest"))):
        inner = base64.b64encode(with_note(scorer, "netc.manifest", json.dumps(found))).decode()
        coded(lambda inner=inner: used(with_note(model, "netc.scorer", inner)), what)


@pytest.mark.quick(1)
@pytest.mark.parametrize("key", ["netc.manifest", "netc.card", "netc.source", "netc.scorer"])
@pytest.mark.parametrize("text", ["", "{", "null", "[" * 100_000, "9" * 5000, "\x00", "AAAA", "NaN", '"text"'])
def test_what_is_no_note(here: Path, key: str, text: str) -> None:
    model = onnx.load("run/model.onnx")
    coded(lambda: used(with_note(model, key, text)), f"{key} = {text[:20]}")


def test_a_scorer_that_is_another_model(here: Path) -> None:
    model = onnx.load("run/model.onnx")
    inner = base64.b64encode(Path("run/model.onnx").read_bytes()).decode()
    assert coded(lambda: used(with_note(model, "netc.scorer", inner)), "the network itself")


def test_what_an_adapter_says(here: Path) -> None:
    text = Path("tiny.net").read_text().replace("epochs = 2", 'epochs = 1\n  adapt = ["dense1": lora(rank=2)]')
    Path("low.net").write_text(text)
    net = netc.load("low.net")
    weights = initial_weights(net)
    netc.Trainer(netc.Model(net, device="cpu")).fit("data.npz", out="low", quiet=True)
    path = Path("low/adapter.safetensors")
    original = path.read_bytes()
    assert not coded(lambda: add_adapter(path, net, weights.__getitem__), "as it is")
    for what, found in mutations(json.loads(read_metadata(path)["netc.adapter"])):
        path.write_bytes(original)
        change_weights(path, texts=lambda texts, found=found: texts.update({"netc.adapter": json.dumps(found)}))
        coded(lambda: add_adapter(path, net, weights.__getitem__), what)
