"""Labels that are text in one file and numbers in another, since it lacks the class whose name is a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.bind import bind_part
from netc.runtime.data.cards.card import Card
from netc.runtime.data.labels import numbers_among

from .makers import image_port, label_port

X = image_port(name="x")
WORDS = ("1", "2", "unknown")


def table(path: Path, labels: tuple[str, ...], rows: int = 9) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{row},{labels[row % len(labels)]}" for row in range(rows)]
    path.write_text("\n".join(["x,label", *lines]) + "\n")
    return path


def card_of(path: Path, *labels: str) -> Card:
    return bind_data(open_data(table(path, labels)), [X, label_port(len(labels))]).card


@pytest.mark.parametrize(
    ("trained", "later", "right"),
    [
        (WORDS, ("1", "2"), [0, 1]),
        (WORDS, ("2", "unknown"), [1, 2]),
        (("01", "02", "other"), ("02", "01"), [1, 0]),
        (("0.5", "1.5", "none"), ("1.5", "0.5"), [1, 0]),
        (("-1", "1", "none"), ("1", "-1"), [1, 0]),
        (("cat", "dog"), ("1", "0"), [1, 0]),
    ],
)
def test_labels_that_are_numbers_go_by_the_names_that_are(
    tmp_path: Path, trained: tuple[str, ...], later: tuple[str, ...], right: list[int]
) -> None:
    """Before: the label 1 was class number 1, which is called 2."""
    card, path = card_of(tmp_path / "train.csv", *trained), table(tmp_path / "later.csv", later, 2)
    _, rows = bind_part(open_data(path), [X, label_port(len(trained))], card)
    assert rows.batch([0, 1])["label"].tolist() == right
    labels = read_inputs([path], [X, label_port(len(trained))], card=card).labels
    assert labels is not None
    assert labels.tolist() == right


def test_arrays_of_numbers_go_by_the_names_too(tmp_path: Path, fails: Callable[..., object]) -> None:
    card, ports = card_of(tmp_path / "train.csv", *WORDS), [X, label_port(3)]
    np.savez(tmp_path / "d.npz", x=np.zeros(2), label=[2, 1])
    assert bind_part(open_data(tmp_path / "d.npz"), ports, card)[1].batch([0, 1])["label"].tolist() == [1, 0]
    np.savez(tmp_path / "d.npz", x=np.zeros(2), label=[2, 0])
    fails("E520", lambda: bind_part(open_data(tmp_path / "d.npz"), ports, card), "label[1] is class `0`")


def test_two_names_of_one_number_are_told_apart_or_refused(tmp_path: Path, fails: Callable[..., object]) -> None:
    assert numbers_among(["1", "01", "2.0", "x", "nan", "inf"]) == {1: "1", 2.0: "2.0"}
    card = card_of(tmp_path / "train.csv", "01", "1.0", "x")
    path = table(tmp_path / "later.csv", ("1",), 2)
    fails("E520", lambda: bind_part(open_data(path), [X, label_port(3)], card), "line 2", "class `1`")


@pytest.mark.parametrize("parts", [("train", "test"), ("train", "val")])
def test_a_folder_of_both(tmp_path: Path, parts: tuple[str, str], fails: Callable[..., object]) -> None:
    """Before: a TypeError."""
    table(tmp_path / f"{parts[0]}.csv", WORDS)
    table(tmp_path / f"{parts[1]}.csv", ("1", "2"), 4)
    data = open_data(tmp_path)
    assert repr(data).endswith("13 rows: columns x, label; 3 classes>")
    assert data.class_names == WORDS
    bound = bind_data(data, [X, label_port(3)])
    assert bound.held.batch(range(4))["label"].tolist() == [0, 1, 0, 1]
    assert bound.train.batch(range(3))["label"].tolist() == [0, 1, 2]
    fails("E504", lambda: data[:], f"{parts[0]}.csv, column label", f"{parts[1]}.csv, column label")


def test_a_part_that_has_a_class_of_its_own_is_refused_by_it(tmp_path: Path, fails: Callable[..., object]) -> None:
    table(tmp_path / "train.csv", WORDS)
    table(tmp_path / "test.csv", ("1", "3"), 4)
    data = open_data(tmp_path)
    assert data.class_names == ("1", "2", "3", "unknown")
    fails("E520", lambda: bind_data(data, [X, label_port(3)]), "test.csv, line 3", "class `3`")
    (tmp_path / "test.csv").unlink()
    table(tmp_path / "train.csv", ("1", "2"))
    table(tmp_path / "test.csv", WORDS)
    assert repr(open_data(tmp_path)).startswith("<data ")
    fails("E520", lambda: bind_data(open_data(tmp_path), [X, label_port(3)]), "test.csv, line 4", "class `unknown`")
