"""Torn, changed, foreign, newer and forbidden files of a run are each named as what they are, with a way out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file
from sealed import change_document, change_weights, flipped

import netc
from netc.cli import run as command
from netc.compiler import as_safetensors, read_metadata, read_tensors, sealed_model
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder.checkpoints import PROGRESS_KEY
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.folder.tested import read_test
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.request import request_of
from netc.runtime.training.conditions import read_conditions

from .conftest import answers


def refused(read: Callable[[], object]) -> Diagnostic:
    with pytest.raises(DiagnosticError) as caught:
        read()
    return caught.value.diagnostics[0]


def flip_numbers(path: Path) -> None:
    """Turn a bit in the middle of a file."""
    content = path.read_bytes()
    path.write_bytes(flipped(content, 8 * (len(content) - 20)))


# ------------------------------------------------------------ what is written
def test_the_same_tensors_give_the_same_bytes() -> None:
    tensors = {"b": np.arange(6, dtype=np.float32).reshape(2, 3).T, "a": np.array(2, np.int64)}
    one = b"".join(as_safetensors(tensors, {"x": "1", "y": "2"}))
    assert b"".join(as_safetensors(dict(reversed(tensors.items())), {"y": "2", "x": "1"})) == one


@pytest.mark.parametrize("texts", [None, {}, {"some": "text ü"}])
def test_any_reader_of_safetensors_reads_it(tmp_path: Path, texts: dict[str, str] | None) -> None:
    tensors = {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3).T, "number": np.array(2.5), "none": np.zeros((0, 3)),
        "bytes": np.arange(3, dtype=np.uint8),
    }  # fmt: skip
    (tmp_path / "w.safetensors").write_bytes(b"".join(as_safetensors(tensors, texts)))
    theirs, (ours, said) = load_file(tmp_path / "w.safetensors"), read_tensors(tmp_path / "w.safetensors")
    for found in (theirs, ours):
        assert found.keys() == tensors.keys()
        assert all(np.array_equal(found[name], tensors[name]) for name in tensors)
        assert all(found[name].dtype == tensors[name].dtype for name in tensors)
    assert said.items() >= (texts or {}).items()


def test_a_file_of_no_tensors(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"".join(as_safetensors({}, {"a": "b"})))
    assert read_metadata(tmp_path / "w.safetensors")["a"] == "b"
    assert read_tensors(tmp_path / "w.safetensors")[0] == {}


def test_what_the_library_writes_anew_keeps_its_checksum(here: Path) -> None:
    """The same tensors and texts, saved by safetensors itself: the checksum is of what they say, not of the layout."""
    before, texts = read_tensors("run/best.safetensors")
    save_file(load_file("run/best.safetensors"), "again.safetensors", texts)
    assert read_tensors("again.safetensors")[0].keys() == before.keys()


def test_what_onnx_writes_anew_keeps_its_checksum(here: Path) -> None:
    path = Path("run/model.onnx")
    onnx.save(onnx.load(path), "again.onnx")
    assert answers(path, Path("again.onnx").read_bytes()) == answers(path, path.read_bytes())


def test_a_model_begins_as_models_do_and_is_sealed_once(here: Path) -> None:
    content = Path("run/model.onnx").read_bytes()
    assert content[:2] == b"\x08\x09"
    assert sealed_model(content) == content
    onnx.checker.check_model(onnx.load_from_string(content))


def test_files_of_others_are_read_as_before(here: Path) -> None:
    tensors = load_file("run/best.safetensors")
    save_file({name: array + 1 for name, array in tensors.items()}, "theirs.safetensors")
    found = read_tensors("theirs.safetensors")[0]
    assert all(np.array_equal(found[name], tensors[name] + 1) for name in tensors)
    model = onnx.load("run/model.onnx")
    del model.metadata_props[:]
    onnx.save(model, "theirs.onnx")
    path = Path("run/model.onnx")
    assert answers(path, Path("theirs.onnx").read_bytes()) == answers(path, path.read_bytes())


# ------------------------------------------------------------ changed, and the way out
def test_weights_that_a_program_changed_and_meant_to(here: Path) -> None:
    """The texts go along, the numbers are others: refused, and read once the text `netc.checksum` is left out."""
    tensors, texts = read_tensors("run/best.safetensors")
    tensors["logits.bias"] = tensors["logits.bias"] + 1
    save_file(tensors, "w.safetensors", texts)
    found = refused(lambda: read_tensors("w.safetensors"))
    assert (found.code, "numbers" in found.message, "`netc.checksum`" in (found.help or "")) == ("E534", True, True)
    del texts["netc.checksum"]
    save_file(tensors, "w.safetensors", texts)
    assert np.array_equal(read_tensors("w.safetensors")[0]["logits.bias"], tensors["logits.bias"])


def test_texts_that_were_changed_are_found_without_a_look_at_the_numbers(here: Path) -> None:
    tensors, texts = read_tensors("run/best.safetensors")
    save_file(tensors, "w.safetensors", texts | {"netc.card": texts["netc.card"].replace("label", "labels")})
    assert refused(lambda: read_metadata("w.safetensors")).code == "E534"


def test_a_document_that_somebody_changed_and_meant_to(here: Path) -> None:
    path = Path("run/run.json")
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"seed": 5}))
    found = refused(lambda: request_of(RunFolder(Path("run"))))
    assert (found.code, "`checksum`" in (found.help or "")) == ("E534", True)
    del said["checksum"]
    path.write_text(json.dumps(said | {"seed": 5}))
    assert request_of(RunFolder(Path("run"))).seed == 5


def test_a_damaged_checkpoint_offers_the_one_before(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip_numbers(Path("run/last.safetensors"))
    assert command(["train", "--resume", "run", "--epochs", "3"]) == 5
    said = capsys.readouterr().err
    assert "error[E534]" in said
    assert "previous.safetensors is intact: remove run/last.safetensors" in said
    Path("run/last.safetensors").unlink()
    assert command(["train", "--resume", "run", "--epochs", "3"]) == 0


def test_damaged_best_weights_offer_the_model(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before a step is made: at its end the training would have had none to put into model.onnx, which it removes."""
    tensors, model = read_tensors("run/best.safetensors")[0], Path("run/model.onnx").read_bytes()
    flip_numbers(Path("run/best.safetensors"))
    assert command(["train", "--resume", "run", "--epochs", "3"]) == 5
    said = capsys.readouterr().err
    assert "error[E534]" in said
    assert "best.safetensors: it is damaged" in said
    assert Path("run/model.onnx").read_bytes() == model
    way_out = said.split("`netc ")[1].split("`")[0].split()
    assert command(way_out) == 0
    again = read_tensors("run/best.safetensors")[0]
    assert all(np.array_equal(again[name], tensors[name]) for name in tensors)
    assert command(["train", "--resume", "run", "--epochs", "3"]) == 0


@pytest.mark.quick(12)
@pytest.mark.parametrize("left", [0, 5, 300, -9])
@pytest.mark.parametrize(
    "read",
    [
        ("train", "--resume", "run", "--epochs", "3"), ("reproduce", "run"), ("report", "run"),
        ("train", "tiny.net", "--data", "data.npz", "--init", "run"),
        ("train", "tiny.net", "--data", "data.npz", "--init", "run/best.safetensors"),
    ],
)  # fmt: skip
def test_every_reader_of_torn_best_weights_names_the_same_way_out(
    here: Path, capsys: pytest.CaptureFixture[str], read: tuple[str, ...], left: int
) -> None:
    best = Path("run/best.safetensors")
    best.write_bytes(best.read_bytes()[:left])
    assert command(list(read)) == 5
    said = capsys.readouterr().err
    assert f"cannot read the weights in {best}: it is " in said
    assert "  = help: model.onnx is intact and has the same weights: `netc weights " in said
    Path("run/model.onnx").unlink()
    Path("run/last.safetensors").unlink()
    Path("run/previous.safetensors").unlink()
    assert command(["weights", str(best)]) == 5
    assert "  = help: take it from a copy, or make it again" in capsys.readouterr().err


def test_a_folder_without_a_run_and_a_run_without_a_checkpoint(here: Path) -> None:
    trainer = netc.Trainer(netc.Model(netc.load("tiny.net"), device="cpu"))
    for folder, code in (("nowhere", "E560"), (".", "E560"), ("run", "E561")):
        for name in ("last", "previous"):
            (here / "run" / f"{name}.safetensors").unlink(missing_ok=True)
        with pytest.raises(DiagnosticError) as raised:
            trainer.resume(folder)
        (found,) = raised.value.diagnostics
        assert found.code == code
        assert "safetensors format" not in (found.help or "")


def test_damaged_best_weights_without_a_model_offer_the_checkpoint(here: Path) -> None:
    flip_numbers(Path("run/best.safetensors"))
    Path("run/model.onnx").unlink()
    found = refused(lambda: netc.load_run("run"))
    assert found.code == "E534"
    assert "`--init run/last.safetensors`" in (found.help or "")


def test_a_damaged_model_offers_the_weights(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip_numbers(Path("run/model.onnx"))
    assert command(["eval", "run"]) == 5
    said = capsys.readouterr().err
    assert "error[E534]: run/model.onnx is damaged" in said
    assert "best.safetensors is intact: remove run/model.onnx" in said
    Path("run/model.onnx").unlink()
    assert command(["eval", "run"]) == 0


@pytest.mark.parametrize("verb", ["predict", "import", "eval", "weights"])
def test_every_verb_refuses_a_damaged_model(here: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    shutil.copy("run/model.onnx", "m.onnx")
    flip_numbers(Path("m.onnx"))
    more = {"predict": ["run/sample.npz"], "eval": ["--data", "data.npz"]}.get(verb, [])
    assert command([verb, "m.onnx", *more]) == 5
    assert "error[E534]" in capsys.readouterr().err


# ------------------------------------------------------------ torn and foreign
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("best.safetensors", lambda whole: b"", "it is empty"),
        ("best.safetensors", lambda whole: whole[:5], "it is cut off: 5 bytes"),
        ("best.safetensors", lambda whole: whole[:100], "it is cut off"),
        ("best.safetensors", lambda whole: whole[:-10], "it is cut off"),
        ("best.safetensors", lambda whole: whole + b"more", "after its end there is more, 4 bytes"),
        ("best.safetensors", lambda whole: b"\x89PNG\r\n\x1a\n" + bytes(80), "it is no safetensors file"),
        ("last.safetensors", lambda whole: whole[:-10], "it is cut off"),
        ("run.json", lambda whole: b"", "is empty"),
        ("run.json", lambda whole: whole[:-10], "is cut off"),
        ("run.json", lambda whole: b"<html>", "is no JSON"),
        ("run.json", lambda whole: b"\xff\xfe", "is no JSON"),
        ("run.json", lambda whole: b"[1]", "is of another form"),
        ("run.json", lambda whole: b"[" * 100_000, "is no JSON"),
        ("run.json", lambda whole: b'{"version": ' + b"9" * 5000 + b"}", "is no JSON"),
    ],
)
def test_what_is_torn_or_foreign_is_called_so(
    here: Path, name: str, content: Callable[[bytes], bytes], words: str
) -> None:
    path = Path("run") / name
    path.write_bytes(content(path.read_bytes()))
    found = refused(lambda: netc.load_run("run"))
    assert found.code in ("E553", "E561")
    assert words in found.message


def test_weights_that_are_no_checkpoint(here: Path) -> None:
    shutil.copy("run/best.safetensors", "run/last.safetensors")
    found = refused(RunFolder(Path("run")).read_last)
    assert (found.code, "no checkpoint of a run" in found.message) == ("E561", True)
    assert "previous.safetensors is intact" in (found.help or "")


# ------------------------------------------------------------ newer
def newer_checkpoint() -> None:
    def change(texts: dict[str, str]) -> None:
        texts[PROGRESS_KEY] = json.dumps(json.loads(texts[PROGRESS_KEY]) | {"version": 99})

    change_weights(Path("run/last.safetensors"), texts=change)


def newer_weights() -> None:
    tensors, texts = read_tensors("run/best.safetensors")
    save_file(tensors, "run/best.safetensors", texts | {"netc.version": "99"})


def newer_model() -> None:
    model = onnx.load("run/model.onnx")
    for entry in model.metadata_props:
        if entry.key == "netc.manifest":
            entry.value = json.dumps(json.loads(entry.value) | {"version": 99})
    Path("run/model.onnx").write_bytes(sealed_model(model.SerializeToString()))


def newer(name: str) -> Callable[[], None]:
    return lambda: change_document(Path("run") / name, lambda said: said.update(version=99))


def by_hand(name: str) -> Callable[[], None]:
    """The version alone, as somebody with an editor changes it."""
    path = Path("run") / name
    return lambda: path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99})) and None


NEWER: dict[str, tuple[Callable[[], None], Callable[[], object]]] = {
    "run.json": (newer("run.json"), lambda: request_of(RunFolder(Path("run")))),
    "run.json by hand": (by_hand("run.json"), lambda: request_of(RunFolder(Path("run")))),
    "lock.json": (newer("lock.json"), lambda: read_conditions(RunFolder(Path("run")))),
    "manifest.json": (newer("manifest.json"), lambda: RunFolder(Path("run")).read_manifest()),
    "test.json": (newer("test.json"), lambda: read_test(RunFolder(Path("run")))),
    "checkpoint": (newer_checkpoint, lambda: RunFolder(Path("run")).read_last()),
    "weights": (newer_weights, lambda: read_tensors("run/best.safetensors")),
    "model": (newer_model, lambda: Deployed.open(Path("run"))),
}


@pytest.mark.parametrize("what", NEWER)
def test_what_is_newer_is_called_newer(here: Path, what: str) -> None:
    change, read = NEWER[what]
    change()
    found = refused(read)
    assert found.code == "E535"
    assert "of version 99, newer than this netc" in found.message
    assert "damaged" not in found.message or what == "weights"  # by hand, so that its checksum doesn't match either


# ------------------------------------------------------------ a record of epochs, line by line
def test_every_flip_in_a_line_of_metrics_is_named(here: Path) -> None:
    """By its file and line, or the text of the line is another one that says the same."""
    path, run = Path("run/metrics.jsonl"), RunFolder(Path("run"))
    content, records = path.read_bytes(), run.epochs.read()
    first = content.index(b"\n")
    found = set()
    for bit in np.random.default_rng(0).integers(0, 8 * len(content), 200):
        if content[bit // 8 :][:1] == b"\n":
            continue
        path.write_bytes(flipped(content, int(bit)))
        try:
            assert run.epochs.read() == records
        except DiagnosticError as error:
            (one,) = error.diagnostics
            found.add(one.code)
            assert one.message.startswith(f"{path}, line {1 if bit // 8 < first else 2}, "), one.message
            assert "`--resume` writes it anew" in (one.help or "")
    assert found == {"E534", "E561"}


@pytest.mark.parametrize("left", [1, 10, 100])
def test_a_torn_line_of_metrics_is_named(here: Path, left: int) -> None:
    path = Path("run/metrics.jsonl")
    path.write_bytes(path.read_bytes()[: -left - 1])
    found = refused(RunFolder(Path("run")).epochs.read)
    assert found.message == f"{path}, line 2, is cut off"
    assert command(["lint", "run/tiny.net", "--run", "run"]) == 5


def test_the_way_out_of_a_damaged_line_of_metrics(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Going on writes the record anew, of what the checkpoint says, and says so."""
    path = Path("run/metrics.jsonl")
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"loss": ', b'"loss": 1', 1))
    assert refused(RunFolder(Path("run")).epochs.read).code == "E534"
    assert command(["lint", "run/tiny.net", "--run", "run"]) == 5
    assert f"error[E534]: {path}, line 1, is damaged" in capsys.readouterr().err
    assert command(["train", "--resume", "run", "--epochs", "3", "--device", "cpu"]) == 0
    assert f"{path}, line 1, is damaged" in (said := capsys.readouterr().err)
    assert "it is written anew, of last.safetensors" in said
    assert path.read_bytes().startswith(content)


def test_a_record_of_metrics_that_cannot_be_opened(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import netc.grammar.documents as documents

    run = RunFolder(Path("run"))
    for error, code in ((PermissionError(13, "Permission denied"), "E536"), (OSError(5, "Input/output error"), "E561")):

        def refusing(path: Path, most: object, error: OSError = error) -> bytes:
            raise error

        monkeypatch.setattr(documents, "read_file", refusing)
        assert refused(run.epochs.read).code == code
    Path("run/metrics.jsonl").unlink()
    assert run.epochs.read() == []


def test_a_record_of_a_version_before_has_no_checksums(here: Path) -> None:
    path, run = Path("run/metrics.jsonl"), RunFolder(Path("run"))
    records = run.epochs.read()
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert run.epochs.read() == records


# ------------------------------------------------------------ not permitted
@pytest.mark.parametrize(
    "name", ["run.json", "best.safetensors", "last.safetensors", "model.onnx", "lock.json", "test.json"]
)
def test_what_may_not_be_read_is_called_so(here: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import netc.grammar.opening as opening

    opens = opening.os.open

    def refusing(path: str, *how: int) -> int:
        if Path(path).name == name:
            raise PermissionError(13, "Permission denied", path)
        return opens(path, *how)

    monkeypatch.setattr(opening.os, "open", refusing)
    readers: dict[str, Callable[[], object]] = {
        "lock.json": lambda: read_conditions(RunFolder(Path("run"))),
        "test.json": lambda: netc.load_run("run").metrics,
        "model.onnx": lambda: Deployed.open(Path("run")),
    }
    found = refused(readers.get(name, lambda: netc.load_run("run")))
    assert (found.code, found.message) == ("E536", f"{Path('run') / name} may not be read: permission denied")
