"""Names that data give to numbered classes: kept on the card, or refused before anything is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netc.grammar.diagnostics import Severity
from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.bind import bind_part
from netc.runtime.data.cards import card_checks
from netc.runtime.data.cards.card import Card
from netc.runtime.data.class_counts import check_classes

from .makers import image_port, label_port, pixels, write_cifar

X = image_port(2, name="x")
ROWS = 24


def archive(path: Path, labels: np.ndarray, names: Any, **more: np.ndarray) -> str:
    named = {} if names is None else {"class_names": np.array(names, np.str_)}
    np.savez(path, x=np.zeros((len(labels), 2), np.float32), label=labels, **named, **more)
    return str(path)


@pytest.mark.parametrize(("names", "said"), [
    (["a", "a", "b"], "calls class 0 and class 1 `a`"),
    (["a", " ", "b"], "has no name for class 1"),
    ([], "names no class"),
])  # fmt: skip
def test_names_that_no_card_keeps_are_refused(tmp_path: Path, fails: Any, names: list[str], said: str) -> None:
    """Before: what was trained with them could not be read again."""
    path = archive(tmp_path / "d.npz", np.arange(ROWS) % 3, names)
    found = fails("E503", lambda: open_data(path), "d.npz: class_names", said)
    assert found.help == "give each class a name of its own"
    asked = read_inputs([path], [X, label_port(3)])
    assert asked.labels is None
    assert any("labels not shown" in note and said in note for note in asked.notes)


@pytest.mark.parametrize("ignored", [255, 1])
def test_a_label_that_the_loss_ignores_is_none_beside_answers(tmp_path: Path, ignored: int) -> None:
    """Before: 255 was said to be no class of the model, and no label of the file was shown."""
    path = archive(tmp_path / "d.npz", np.array([0, ignored, 2]), None)
    asked = read_inputs([path], [X, label_port(3) | {"ignored": ignored}])
    assert asked.labels is not None
    assert (asked.labels.tolist(), asked.notes) == ([0, -1, 2], ())


@pytest.mark.parametrize(("text", "said"), [
    ("plane\ncar\nplane\n", "calls class 0 and class 2 `plane`"), ("\n", "names no class"),
])  # fmt: skip
def test_name_files_of_cifar_are_held_to_the_same(tmp_path: Path, fails: Any, text: str, said: str) -> None:
    folder = write_cifar(tmp_path / "c", pixels(8, 3, 32, 32), np.zeros(8, int))
    (folder / "batches.meta.txt").write_text(text)
    fails("E503", lambda: open_data(str(folder)), "batches.meta.txt", said)


def test_names_of_a_format_from_elsewhere_are_checked_when_the_card_is_made(tmp_path: Path, fails: Any) -> None:
    data = open_data(archive(tmp_path / "d.npz", np.arange(ROWS) % 3, None))
    object.__setattr__(data, "classes", {"label": ("a", "a", "b")})
    fails("E503", lambda: bind_data(data, [X, label_port(3)]), "`label` calls class 0 and class 1 `a`")


@pytest.mark.parametrize("names", [["a", "b", "c"], ["0", "1", "2"], ["b ", "b", "c"]])
def test_names_that_are_taken_are_read_again(tmp_path: Path, names: list[str]) -> None:
    bound = bind_data(open_data(archive(tmp_path / "d.npz", np.arange(ROWS) % 3, names)), [X, label_port(3)])
    written = json.loads(json.dumps(bound.card.to_json()))
    assert Card.from_json(written, "").target("label") == bound.card.target("label")
    card_checks.check(written["targets"][0], card_checks.TARGET)


@pytest.mark.parametrize("labels", [np.r_[np.arange(22) % 3, 5, 4], np.arange(ROWS) % 6])
def test_labels_past_the_names_are_refused(tmp_path: Path, fails: Any, labels: np.ndarray) -> None:
    """In a net that has outputs for them too: nobody could say what they are."""
    path = archive(tmp_path / "d.npz", labels, ["a", "b", "c"])
    row = int(np.argmax(labels > 2))
    place = f"label[{row}] is {labels[row]}, where the data names 3 classes"
    found = fails("E505", lambda: bind_data(open_data(path), [X, label_port(6)]), place)
    assert f"`ignore_index={labels[row]}`" in found.help


def test_a_card_of_fewer_names_than_the_net_has_outputs_is_counted_by_number(tmp_path: Path) -> None:
    """As of weights for three classes that begin a net of six, on numbers without names."""
    ports = [X, label_port(6)]
    card = bind_data(open_data(archive(tmp_path / "a.npz", np.arange(ROWS) % 3, ["a", "b", "c"])), ports).card
    later = np.r_[np.arange(22) % 4, 5, 5]
    data = open_data(archive(tmp_path / "b.npz", later, None), card=card)
    warnings = [item.message for item in bind_data(data, ports, card).warnings]
    assert any("of class `4`" in text for text in warnings), warnings
    assert not any("3 classes" in text for text in warnings), warnings


def test_a_warning_counts_the_classes_that_are_there(tmp_path: Path) -> None:
    ports = [X, label_port(6)]
    data = open_data(archive(tmp_path / "a.npz", np.arange(ROWS) % 3, ["a", "b", "c"]))
    bound = bind_data(data, ports)
    (found,) = check_classes(data, ("train", "val"), [bound.train, bound.held], ports, bound.card)
    assert (found.code, found.severity) == ("E522", Severity.WARNING)
    assert "has 3 classes" in found.message


MAPS = (ROWS, 4, 4)
PLACES = {**label_port(3), "shape": ["N", 4, 4], "ignored": 255}


def maps(path: Path, names: list[str] | None, labels: np.ndarray) -> str:
    named = {} if names is None else {"class_names": np.array(names)}
    np.savez(path, image=np.zeros((len(labels), 1, 4, 4), np.float32), label=labels, **named)
    return str(path)


@pytest.mark.parametrize(("trained", "later", "order"), [
    (["a", "b", "c"], ["b", "a", "c"], [1, 0, 2]),
    (["a", "b", "c"], ["a", "b", "c"], [0, 1, 2]),
    (["0", "1", "2"], None, [0, 1, 2]),
    (["0", "1", "2"], ["2", "1", "0"], [2, 1, 0]),
])  # fmt: skip
def test_a_label_that_is_ignored_has_no_name(
    tmp_path: Path, trained: list[str], later: list[str] | None, order: list[int]
) -> None:
    labels = (np.arange(np.prod(MAPS)) % 3).reshape(MAPS)
    labels[12:, 0, 0] = 255
    ports = [image_port(1, 4, 4), PLACES]
    card = bind_data(open_data(maps(tmp_path / "a.npz", trained, labels)), ports).card
    data = open_data(maps(tmp_path / "b.npz", later, labels), card=card)
    found = bind_part(data, ports, card)[1].batch(np.arange(ROWS))["label"]
    assert np.array_equal(found, np.where(labels == 255, 255, np.array(order)[np.minimum(labels, 2)]))
    bind_data(data, ports, card)


def test_a_number_that_is_both_a_name_and_ignored_is_the_class(tmp_path: Path) -> None:
    labels = np.array([3, 5, 10] * 8)
    ports = [X, {**label_port(3), "ignored": 5}]
    text = np.array(["3", "5", "10"])[np.arange(ROWS) % 3]
    card = bind_data(open_data(archive(tmp_path / "a.npz", text, None)), ports).card
    later = open_data(archive(tmp_path / "b.npz", labels, None), card=card)
    assert bind_part(later, ports, card)[1].batch([0, 1, 2])["label"].tolist() == [0, 1, 2]


def test_a_label_of_a_map_that_has_no_name_is_told_by_its_row(tmp_path: Path, fails: Any) -> None:
    labels = np.zeros(MAPS, np.int64)
    labels[5, 2, 3] = 7
    ports = [image_port(1, 4, 4), PLACES]
    card = bind_data(open_data(maps(tmp_path / "a.npz", ["a", "b", "c"], np.zeros(MAPS, np.int64))), ports).card
    data = open_data(maps(tmp_path / "b.npz", ["b", "a", "c"], labels), card=card)
    for action in (lambda: bind_part(data, ports, card), lambda: bind_data(data, ports, card)):
        fails("E505", action, "label[5] is 7, where the data names 3 classes")


@pytest.mark.parametrize("labels", [np.array([], "U3"), np.array([], np.int64), np.zeros((0, 2, 0), "U3")])
def test_later_data_without_rows_are_refused(tmp_path: Path, fails: Any, labels: np.ndarray) -> None:
    ports = [X, label_port(3)]
    text = np.array(["a", "b", "c"])[np.arange(ROWS) % 3]
    card = bind_data(open_data(archive(tmp_path / "a.npz", text, None)), ports).card
    data = open_data(archive(tmp_path / "b.npz", labels, None), card=card)
    fails("E508", lambda: bind_part(data, ports, card), "b.npz has no rows")
    fails("E508", lambda: bind_data(open_data(archive(tmp_path / "c.npz", labels, None)), ports), "0 rows")
