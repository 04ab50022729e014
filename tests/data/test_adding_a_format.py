"""A format is one file: a reader of JSON lines, as docs/data.md shows it, gets every rule of the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.bind import bind_part
from netc.runtime.data.cards.card import Card
from netc.runtime.data.formats.base import FileFormat, load_formats

from .makers import image_port, label_port, write_image

PAGE = (Path(__file__).parents[2] / "docs/data.md").read_text(encoding="utf-8")
PORTS = [image_port(2, name="x"), label_port(3)]
NAMES = ("blue", "green", "red")


@pytest.fixture(autouse=True)
def jsonl() -> Iterator[None]:
    """The file that the page shows, as it stands there, and no trace of it afterwards."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE[PAGE.index("## Adding a format") :], re.DOTALL)
    load_formats()
    before = list(FileFormat.all)
    exec(compile(program, "json_lines.py", "exec"), {"__name__": "json_lines"})
    assert len(FileFormat.all) == len(before) + 1
    yield
    FileFormat.all[:] = before


def write(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def rows_of(names: list[str], order: tuple[str, ...] = ("a", "b", "label")) -> list[dict]:
    rng = np.random.default_rng(0)
    rows = [{"a": int(rng.integers(99)), "b": int(rng.integers(99)), "label": name} for name in names]
    return [{name: row[name] for name in order} for row in rows]


def found(action) -> object:
    with pytest.raises(DiagnosticError) as caught:
        action()
    return caught.value.diagnostics[0]


def whole(spec: str, card: Card | None = None) -> dict[str, np.ndarray]:
    _, rows = bind_part(open_data(spec, card=card), PORTS, card, "all")
    return rows.batch(np.arange(len(rows)))


def test_columns_classes_and_messages(tmp_path: Path) -> None:
    spec = write(tmp_path / "t.jsonl", rows_of(list(NAMES) * 10))
    card = bind_data(open_data(spec), PORTS).card
    assert (card.inputs[0].kind, card.inputs[0].sources) == ("columns", ("a", "b"))
    assert card.targets[0].classes == NAMES
    later = rows_of(["red", "green"] * 3, order=("label", "b", "a"))
    read = whole(write(tmp_path / "u.jsonl", later), card)
    assert read["x"].tolist() == [[row["a"], row["b"]] for row in later]
    assert read["label"].tolist() == [2, 1] * 3
    wrong = found(lambda: whole(write(tmp_path / "v.jsonl", rows_of(["red", "zzz"])), card))
    assert (wrong.code, "v.jsonl, line 2, column label" in wrong.message) == ("E520", True)
    renamed = [{"a": 1, "bb": 2, "label": "red"}]
    assert found(lambda: whole(write(tmp_path / "w.jsonl", renamed), card)).code == "E503"


def test_options_of_columns(tmp_path: Path) -> None:
    rows = [row | {"id": at} for at, row in enumerate(rows_of(list(NAMES) * 4))]
    spec = write(tmp_path / "t.jsonl", rows)
    assert bind_data(open_data(f"{spec}:drop=id"), PORTS).card.inputs[0].sources == ("a", "b")
    assert bind_data(open_data(f"{spec}:inputs=b,id"), PORTS).card.inputs[0].sources == ("b", "id")


def test_it_means_what_the_same_table_means_as_csv(tmp_path: Path) -> None:
    rows = rows_of(list(NAMES) * 10)
    text = "\n".join(["a,b,label", *(f"{row['a']},{row['b']},{row['label']}" for row in rows)])
    (tmp_path / "t.csv").write_text(text + "\n", encoding="utf-8")
    cards = [
        bind_data(open_data(spec), PORTS).card for spec in (write(tmp_path / "t.jsonl", rows), f"{tmp_path}/t.csv")
    ]
    assert cards[0].parts == cards[1].parts  # the same split, the same rows by fingerprint
    assert (cards[0].inputs, cards[0].targets) == (cards[1].inputs, cards[1].targets)
    assert (cards[0].seeded, cards[0].stratified) == ((0.1, 0), "label")


def test_the_split_is_stratified_and_classes_are_looked_at(tmp_path: Path) -> None:
    names = ["blue"] * 200 + ["green"] * 10 + ["red"]
    bound = bind_data(open_data(write(tmp_path / "t.jsonl", rows_of(names))), PORTS)
    held = np.bincount(bound.held.fields["label"], minlength=3).tolist()
    assert held == [20, 1, 0]
    assert [item.code for item in bound.warnings] == ["E525", "E525"]
    assert "class `red`" in bound.warnings[0].message
    assert "180 rows of `blue`, 9 of `green`" in bound.warnings[1].message


def test_parts_are_files_of_a_folder_and_what_lies_beside_is_counted(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", rows_of(list(NAMES) * 4))
    write(tmp_path / "val.jsonl", rows_of(list(NAMES) * 2))
    (tmp_path / "notes.txt").write_text("passed over")
    bound = bind_data(open_data(str(tmp_path)), PORTS)
    assert "given: 12 train, 6 val" in bound.split_note
    assert "1 file skipped: 1 .txt" in bound.split_note
    write(tmp_path / "valid.jsonl", rows_of(["red"]))
    assert found(lambda: open_data(str(tmp_path))).code == "E503"


def test_it_is_predicted_with_its_labels(tmp_path: Path) -> None:
    spec = write(tmp_path / "t.jsonl", rows_of(list(NAMES) * 10))
    card = bind_data(open_data(spec), PORTS).card
    asked = read_inputs([write(tmp_path / "u.jsonl", rows_of(["red", "blue"]))], PORTS, card=card)
    assert asked.labels is not None
    assert asked.labels.tolist() == [2, 0]
    assert asked.arrays["x"].shape == (2, 2)


def test_images_that_it_names_are_read_by_the_rules_of_images(tmp_path: Path) -> None:
    for at in range(6):
        drawing = np.zeros((4, 4, 4), np.uint8)
        drawing[at % 4, :, 3] = 255
        write_image(tmp_path / f"{at}.png", drawing)
    rows = [{"file": f"{at}.png", "label": NAMES[at % 3]} for at in range(6)]
    bound = bind_data(open_data(write(tmp_path / "t.jsonl", rows)), [image_port(3, 4, 4), label_port(3)])
    assert bound.card.inputs[0].treated == {"transparency": "#ffffff"}
    assert sorted(np.unique(bound.train.batch([0])["image"]).tolist()) == [0, 1]
    assert "6 images composited on white" in bound.split_note


@pytest.mark.parametrize(("rows", "code"), [
    ([{"a": None, "b": 1, "label": "red"}] * 3, "E511"), ([], "E508"),
])  # fmt: skip
def test_what_it_cannot_mean_is_refused(tmp_path: Path, rows: list[dict], code: str) -> None:
    assert found(lambda: open_data(write(tmp_path / "t.jsonl", rows))).code == code


def test_the_list_of_what_data_is_names_it(tmp_path: Path) -> None:
    wrong = found(lambda: open_data(str(tmp_path / "nowhere")))
    assert "FILE.jsonl" in wrong.notes[0]
