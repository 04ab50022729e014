"""L701 to L709 at their borders, and where their evidence comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from linted import DIGITS, known, label, mended, messages, said, trained
from repairs import applied

import netc.cli as cli
from netc.compiler.artifact import RUN_VERSION
from netc.compiler.lint import Choice, lint
from netc.compiler.lint.evidence import read_card, read_run
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.documents import written

CARD: dict[str, Any] = {
    "data": "photos",
    "inputs": [
        {
            "name": "image", "kind": "images", "sources": ["image"], "dtype": "uint8", "shape": [28, 28], "scale": None,
            "low": 0.0, "high": 255.0, "size": [28, 28], "channels": 1, "colour": "grey", "levels": None, "treated": {},
        }
    ],
    "targets": [
        {"name": "label", "source": "label", "kind": "classes", "count": 10, "classes": None, "counts": [5] * 10}
    ],
    "parts": [{"name": "train", "rows": 50, "fingerprint": "0"}, {"name": "val", "rows": 9, "fingerprint": "1"}],
    "seeded": [0.1, 0], "stratified": None, "version": 2,
}  # fmt: skip
"""As runs have it."""


@pytest.mark.parametrize(
    ("settings", "rows", "told"),
    [
        (["batch = 64"], None, None),
        (["batch = 64"], 64, None),
        (["batch = 64"], 63, "an update asks for 64 rows, and takes all there are"),
        (["batch = 32", "accumulate = 4"], 100, "an update asks for 32 * 4 rows, and takes all there are"),
        ([], 20, "an update asks for 32 rows, and takes all there are"),
    ],
)
def test_batch_and_rows(settings: list[str], rows: int | None, told: str | None) -> None:
    found = said("L701", trained(*settings), known(rows=rows))
    assert list(map(label, found)) == ([told] if told else [])


@pytest.mark.parametrize(
    ("code", "loss", "counts", "told"),
    [
        ("L702", "class_weights=balanced", [100, 149], True),
        ("L702", "class_weights=balanced", [100, 150], False),
        ("L702", "class_weights=balanced", [], False),
        ("L702", "label_smoothing=0.1", [100, 100], False),
        ("L703", "label_smoothing=0.1", [99, 10], False),
        ("L703", "label_smoothing=0.1", [100, 10, 0], True),
        ("L703", "class_weights=balanced", [100, 10], False),
        ("L703", "soft=true", [100, 10], False),
    ],
)
def test_frequencies(code: str, loss: str, counts: list[int], told: bool) -> None:
    text = trained(f"loss = cross_entropy(logits, label, {loss})")
    assert bool(said(code, text, known(counts=counts))) == told


def test_weights_are_added_to_the_loss() -> None:
    text = trained()
    (finding,) = said("L703", text, known(counts=[100, 10]))
    assert finding.fix is not None
    assert finding.notes == ("always the first is right in 91 % of the rows",)
    written = applied(text, finding.fix)
    assert "loss = cross_entropy(logits, label, class_weights=balanced)" in written
    assert not said("L703", written, known(counts=[100, 10]))


@pytest.mark.parametrize(
    ("metrics", "counts", "told"),
    [
        ("[accuracy]", [80, 20], True), ("[accuracy]", [79, 21], False), ("[accuracy]", [], False),
        ("[accuracy, f1(average=macro)]", [99, 1], False), ("[f1(average=macro)]", [99, 1], False),
    ],
)  # fmt: skip
def test_accuracy(metrics: str, counts: list[int], told: bool) -> None:
    assert bool(said("L704", trained(f"metrics = {metrics}"), known(counts=counts))) == told


@pytest.mark.parametrize(
    ("first", "data", "told"),
    [
        ("flatten", {"dtype": "float32", "high": 255.0}, "from 0 to 255 in the data"),
        ("flatten", {"dtype": "float32", "high": 20.0}, None),
        ("flatten", {"dtype": "float32", "low": -400.0, "high": 1.0}, "from -400 to 1 in the data"),
        ("flatten", {"dtype": "uint8", "high": 255.0}, None),
        ("flatten", {"dtype": "float32", "high": 255.0, "scale": 255.0}, None),
        ("batchnorm -> flatten", {"dtype": "float32", "high": 255.0}, None),
        ("image / 255 -> flatten", {"dtype": "float32", "high": 255.0}, None),
    ],
)
def test_scale(first: str, data: dict[str, Any], told: str | None) -> None:
    found = said("L705", trained(net=DIGITS.replace("flatten", first)), known(**data))
    assert list(map(label, found)) == ([told] if told else [])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("image / 255 -> flatten", True), ("image * 0.004 -> flatten", True), ("image -> flatten", False),
        ("image / 0.5 -> flatten", False), ("image - 0.5 -> flatten", False), ("image / 2 -> flatten", False),
        ("255 / (image + 1) -> flatten", False), ("(image -> batchnorm) / 255 -> flatten", False),
    ],
)  # fmt: skip
def test_bytes_are_scaled_once(line: str, told: bool) -> None:
    text = DIGITS.replace("flatten", line).replace("image: 1x28x28", "image: bytes 28x28")
    assert bool(said("L706", text)) == told
    assert not said("L706", DIGITS.replace("flatten", line))
    assert bool(said("L706", DIGITS.replace("flatten", line), known(dtype="uint8"))) == told


@pytest.mark.parametrize(
    ("settings", "classes", "told"),
    [
        (['data = "mnist.npz:scale=255"', "augmentation = [flip]"], [], True),
        (['data = "flowers"', "augmentation = [flip]"], [], False),
        (["augmentation = [flip]"], list("0123456789"), True),
        (["augmentation = [flip]"], ["cat", "dog", "cow", "hen", "fox"], False),
        (["augmentation = [flip]"], ["a", "b"], False),
        (['data = "digits"', "augmentation = [crop(2)]"], [], False),
    ],
)
def test_mirrors(settings: list[str], classes: list[str], told: bool) -> None:
    assert bool(said("L707", trained(*settings), known(classes=classes))) == told


@pytest.mark.parametrize(
    ("augmentation", "told"),
    [
        ("crop(7)", []), ("crop(8)", ["`crop(8)` moves images of 28 pixels by up to 8"]), ("cutout(14)", []),
        ("cutout(21)", ["`cutout(21)` covers up to 56 % of an image of 28 pixels"]), ("flip", []),
    ],
)  # fmt: skip
def test_what_is_left_of_an_image(augmentation: str, told: list[str]) -> None:
    text = trained(f"augmentation = [{augmentation}]")
    assert messages("L708", text) == told
    assert not said("L708", text.replace("width = 100", "width = 100, size = 9").replace("1x28x28", "[1, size, size]"))


@pytest.mark.parametrize(
    ("shape", "times"),
    [
        ((14, 14), None), ((13, 14), 4), ((3, 7, 7), 16),
        ((7, 7, 3), 16), ((784,), None), ((28, 28), None),
    ],
)  # fmt: skip
def test_enlarged(shape: tuple[int, ...], times: int | None) -> None:
    text = trained("augmentation = [resize(28)]")
    found = said("L709", text, known(shape=shape, resized=(28, 28)))
    assert list(map(label, found)) == ([f"{times} times the pixels, and the work on them"] if times else [])
    assert not said("L709", text, known(shape=shape))


def test_a_run_folder_is_its_texts_evidence(tmp_path: Path) -> None:
    text = trained("batch = 64")
    (tmp_path / "a.net").write_text(text)
    (tmp_path / "b.net").write_text(text)
    assert lint([tmp_path], select=("L701",)).diagnostics == []
    (tmp_path / "run.json").write_text(
        json.dumps({"version": RUN_VERSION, "file": "a.net", "net": "Digits", "card": CARD})
    )
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 1, "loss": 2}\n')
    (finding,) = lint([tmp_path], select=("L701",)).diagnostics
    assert finding.primary is not None
    assert finding.primary.span.file == str(tmp_path / "a.net")
    evidence = read_run(tmp_path)
    assert evidence.history == ({"epoch": 1, "loss": 2},)
    assert evidence.card is not None
    assert evidence.card.rows == 50
    assert evidence.card.counts("label") == (5,) * 10
    assert len(lint([tmp_path], choice=Choice(("L701",), evidence=evidence)).diagnostics) == 2
    (tmp_path / "run.json").write_text("{")
    assert lint([tmp_path], select=("L701",)).diagnostics == []


def test_evidence_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net, card, folder = tmp_path / "a.net", tmp_path / "card.json", tmp_path / "run"
    net.write_text(trained("batch = 64"))
    folder.mkdir()
    card.write_text(json.dumps({"version": 1, "card": CARD}))
    (folder / "run.json").write_text(
        json.dumps({"version": RUN_VERSION, "file": "x.net", "net": "Digits", "card": None})
    )
    assert cli.run(["lint", str(net)]) == 0
    assert cli.run(["lint", str(net), "--run", str(folder)]) == 0
    for more in ([], ["--run", str(folder)]):
        assert cli.run(["lint", str(net), "--data", str(card), *more, "--select", "L701"]) == 1
        assert "there are only 50 rows to train on" in capsys.readouterr().out
    assert cli.run(["lint", str(net), "--run", str(tmp_path)]) == 5
    assert "E560" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["{", "[]", "3", '{"card": null}', '{"inputs": [{}]}', '{"parts": [{"name": "train"}]}']
)
def test_what_is_no_card(text: str, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(DiagnosticError, match="E524"):
        read_card(tmp_path / "card.json")
    (tmp_path / "run.json").write_text(f'{{"version": {RUN_VERSION}, "card": {text}')
    with pytest.raises(DiagnosticError, match="E561"):
        read_run(tmp_path)


def test_a_run_that_somebody_changed_is_no_evidence(tmp_path: Path) -> None:
    document = {"version": RUN_VERSION, "file": "a.net", "net": "Digits", "card": CARD}
    (tmp_path / "run.json").write_bytes(written(document))
    assert read_run(tmp_path).net == "Digits"
    (tmp_path / "run.json").write_bytes(written(document).replace(b"Digits", b"Digit5"))
    with pytest.raises(DiagnosticError, match="does not match its checksum"):
        read_run(tmp_path)


@pytest.mark.parametrize(("version", "code"), [(RUN_VERSION + 1, "E535"), (1, "E535"), ("2", "E561"), (None, "E561")])
def test_a_run_of_another_version_is_no_evidence(tmp_path: Path, version: object, code: str) -> None:
    document = {"file": "a.net", "net": "Digits", "card": CARD}
    (tmp_path / "run.json").write_bytes(written(document if version is None else {"version": version, **document}))
    with pytest.raises(DiagnosticError, match=code):
        read_run(tmp_path)


@pytest.mark.parametrize(("line", "code"), [('{"epoch": 2, "lo', "E561"), ("[]", "E561"), ("", "E561")])
def test_a_line_of_metrics_that_is_wrong_is_named(tmp_path: Path, line: str, code: str) -> None:
    document = {"version": RUN_VERSION, "file": "a.net", "net": "Digits", "card": CARD}
    (tmp_path / "run.json").write_bytes(written(document))
    (tmp_path / "metrics.jsonl").write_text(f'{{"epoch": 1, "loss": 2}}\n{line}\n{{"epoch": 3, "loss": 2}}\n')
    with pytest.raises(DiagnosticError, match=r"metrics\.jsonl, line 2,") as caught:
        read_run(tmp_path)
    assert caught.value.diagnostics[0].code == code


def test_fixes_keep_weights() -> None:
    assert mended("L703", trained()) == trained()
