"""What the data meant in training holds for every later file: classes, columns and scale go by the card."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.bind import bind_part
from netc.runtime.data.cards.card import Card, TargetCard
from netc.runtime.data.cards.plan_card import continues
from netc.runtime.data.classes import numbered
from netc.runtime.data.dataset import Split

from .makers import image_port, label_port, pixels, value_port, write_image

COLOURS = ("blue", "green", "red")
NAMES = ("a", "b", "c", "d")


def table(path: Path, columns: dict[str, list]) -> str:
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


def numbers(rows: int, names: tuple[str, ...] = NAMES, seed: int = 0) -> dict[str, list]:
    values = np.random.default_rng(seed).integers(0, 1000, (len(names), rows))
    return {name: column.tolist() for name, column in zip(names, values, strict=True)}


def whole(spec: str, ports: list, card: Card | None = None) -> dict[str, np.ndarray]:
    _, rows = bind_part(open_data(spec, card=card), ports, card, "all")
    return rows.batch(np.arange(len(rows)))


def trained(spec: str, ports: list) -> Card:
    return bind_data(open_data(spec), ports).card


def first(action) -> object:
    with pytest.raises(DiagnosticError) as caught:
        action()
    return caught.value.diagnostics[0]


def test_a_card_survives_json(tmp_path):
    columns = numbers(20) | {"label": [COLOURS[at % 3] for at in range(20)]}
    card = trained(table(tmp_path / "t.csv", columns), [image_port(4, name="x"), label_port(3)])
    assert Card.from_json(json.loads(json.dumps(card.to_json())), "here") == card
    assert (card.inputs[0].sources, card.targets[0].classes) == (NAMES, COLOURS)
    assert [(part.name, part.rows) for part in card.parts] == [("train", 17), ("val", 3)]
    assert card.seeded == (0.1, 0)


@pytest.mark.parametrize("change", [{"version": 2}, {"inputs": 3}, {"targets": [{"nmae": "x"}]}])
def test_a_card_of_another_kind_is_refused(change):
    card = Card("d", (), ()).to_json()
    found = first(lambda: Card.from_json(card | change, "model.onnx"))
    assert (found.code, "model.onnx" in found.message) == ("E524", True)


@settings(max_examples=25, deadline=None)
@given(st.permutations(NAMES), st.integers(0, 2), st.integers(0, 9))
def test_columns_go_by_name_whatever_their_order(tmp_path_factory, order, extra, seed):
    folder = tmp_path_factory.mktemp("t")
    columns, labels = numbers(12, seed=seed), {"label": [at % 2 for at in range(12)]}
    ports = [image_port(4, name="x"), label_port(2)]
    card = trained(table(folder / "train.csv", columns | labels), ports)
    others = {f"more{at}": [0.5] * 12 for at in range(extra)}
    moved = {name: columns[name] for name in order}
    found = whole(table(folder / "later.csv", labels | moved | others), ports, card)
    assert np.array_equal(found["x"], np.array([columns[name] for name in NAMES], np.float32).T)
    assert found["label"].tolist() == labels["label"]


def test_a_column_that_is_missing_is_named(tmp_path):
    ports = [image_port(4, name="x"), label_port(2)]
    card = trained(table(tmp_path / "t.csv", numbers(4) | {"label": [0, 1, 0, 1]}), ports)
    later = numbers(4, ("a", "b", "cc", "d")) | {"label": [0, 1, 0, 1]}
    found = first(lambda: whole(table(tmp_path / "u.csv", later), ports, card))
    assert (found.code, "no column `c`" in found.message) == ("E503", True)
    named = whole(f"{tmp_path / 'u.csv'}:inputs=a,b,cc,d", ports, card)
    assert named["x"][:, 2].tolist() == later["cc"]


@settings(max_examples=25, deadline=None)
@given(st.permutations(COLOURS), st.integers(1, 3), st.sampled_from(["csv", "npz", "named", "folder"]))
def test_classes_go_by_name_whatever_their_order_and_number(tmp_path_factory, order, count, kind):
    folder = tmp_path_factory.mktemp("c")
    columns = numbers(12, ("a", "b"))
    ports = [image_port(2, name="x"), label_port(3)]
    card = trained(table(folder / "t.csv", columns | {"label": [COLOURS[at % 3] for at in range(12)]}), ports)
    known = order[:count]
    names = [known[at % count] for at in range(6)]
    right = [COLOURS.index(name) for name in names]
    if kind == "csv":
        spec = table(folder / "later.csv", {"label": names} | numbers(6, ("b", "a")))
    elif kind == "npz":
        np.savez(folder / "later.npz", x=np.zeros((6, 2)), label=np.array(names))
        spec = str(folder / "later.npz")
    elif kind == "named":
        labels = np.array([known.index(name) for name in names])
        np.savez(folder / "later.npz", x=np.zeros((6, 2)), label=labels, class_names=np.array(known))
        spec = str(folder / "later.npz")
    else:
        ports = [image_port(1, 2, 2), label_port(3)]
        for name in COLOURS:
            write_image(folder / "train" / name / "0.png", pixels(2, 2))
            write_image(folder / "train" / name / "1.png", pixels(2, 2))
        card = trained(str(folder / "train"), ports)
        for name in known:
            write_image(folder / "later" / name / "0.png", pixels(2, 2))
        spec, right = str(folder / "later"), sorted(COLOURS.index(name) for name in known)
    assert whole(spec, ports, card)["label"].tolist() == right


@pytest.mark.parametrize(("name", "near"), [("zzz", "`blue`"), ("bleu", "`blue`"), ("Blue", "`blue`")])
def test_a_renamed_class_is_refused_by_name(tmp_path, name, near):
    ports = [image_port(2, name="x"), label_port(3)]
    labels = [COLOURS[at % 3] for at in range(12)]
    card = trained(table(tmp_path / "t.csv", numbers(12, ("a", "b")) | {"label": labels}), ports)
    renamed = [name if label == "blue" else label for label in labels]
    spec = table(tmp_path / "u.csv", numbers(12, ("a", "b")) | {"label": renamed})
    for action in (lambda: whole(spec, ports, card), lambda: bind_data(open_data(spec), ports, card)):
        found = first(action)
        assert (found.code, f"`{name}`" in found.message, near in found.help) == ("E520", True, True)
        assert "line 2, column label" in found.message


def test_labels_by_number_are_compared_with_the_count(tmp_path):
    ports = [image_port(2, name="x"), label_port(3)]
    card = trained(table(tmp_path / "t.csv", numbers(6, ("a", "b")) | {"label": list(COLOURS) * 2}), ports)
    good = whole(table(tmp_path / "u.csv", numbers(3, ("a", "b")) | {"label": [2, 0, 1]}), ports, card)
    assert good["label"].tolist() == [2, 0, 1]
    spec = table(tmp_path / "v.csv", numbers(3, ("a", "b")) | {"label": [2, 3, 1]})
    assert first(lambda: whole(spec, ports, card)).code == "E505"


def test_names_that_are_numbers_are_names(tmp_path):
    ports = [image_port(1, 2, 2), label_port(3)]
    for name in ("3", "5", "10"):
        write_image(tmp_path / "p" / name / "0.png", pixels(2, 2))
    card = trained(str(tmp_path / "p"), ports)
    assert card.class_names == ["3", "5", "10"]
    np.savez(tmp_path / "u.npz", image=pixels(3, 2, 2), label=np.array([10, 3, 5]))
    assert whole(str(tmp_path / "u.npz"), ports, card)["label"].tolist() == [2, 0, 1]


def test_fewer_classes_than_outputs_are_a_warning_and_more_an_error(tmp_path):
    spec = table(tmp_path / "t.csv", numbers(6, ("a", "b")) | {"label": list(COLOURS) * 2})
    (found,) = bind_data(open_data(spec), [image_port(2, name="x"), label_port(5)]).warnings
    assert (found.code, str(found.severity)) == ("E522", "warning")
    assert bind_data(open_data(spec), [image_port(2, name="x"), label_port(3)]).warnings == ()
    assert first(lambda: bind_data(open_data(spec), [image_port(2, name="x"), label_port(2)])).code == "E505"


@pytest.mark.parametrize("count", [2, 7, 2**31, 2**62])
def test_a_net_has_its_own_number_of_classes_whatever_the_card_says(count, tmp_path):
    """Of weights for another number of classes, or of a stranger's: nothing is counted up to it."""
    ports = [image_port(2, name="x"), label_port(3)]
    spec = table(tmp_path / "t.csv", numbers(6, ("a", "b")) | {"label": [0, 1, 2] * 2})
    card = trained(spec, ports)
    other = replace(card, targets=(replace(card.targets[0], count=count),))
    bound = bind_data(open_data(spec, card=other), ports, other)
    assert (bound.card.targets, bound.warnings) == (card.targets, ())


def test_names_of_classes_that_have_numbers_alone(tmp_path):
    card = TargetCard("label", "label", "classes", 2**40)
    values = np.array(["1099511627775", "0", "12"])
    split = Split({"label": values}, lambda name, row: f"{name}[{row}]")
    assert numbered(split, card, "label", None).tolist() == [2**40 - 1, 0, 12]
    values[1] = "1099511627776"
    found = first(lambda: numbered(split, card, "label", None))
    assert (found.code, found.notes[0].startswith("its 1,099,511,627,776 classes are 0, 1, 2")) == ("E520", True)


def test_every_target_is_taken_out_of_the_inputs(tmp_path):
    columns = numbers(8, ("acidity", "sugar", "quality", "price"))
    spec = table(tmp_path / "wine.csv", columns)
    ports = [image_port(2, name="x"), value_port(1, name="quality"), value_port(1, name="price")]
    found = whole(spec, ports)
    assert found["x"].T.tolist() == [columns["acidity"], columns["sugar"]]
    assert found["quality"][:, 0].tolist() == columns["quality"]
    wrong = first(lambda: whole(spec, [image_port(4, name="x"), *ports[1:]]))
    assert wrong.code == "E504"
    assert "acidity, sugar" in wrong.notes[0]
    assert "[4]" not in wrong.help
    assert "[2]" in wrong.help


def test_numbers_whose_marks_are_unclear_are_refused_and_not_lost(tmp_path):
    rows = [f'"{at},{100 + at}",{at},{at % 2}' for at in range(10, 20)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,label", *rows]) + "\n")
    found = first(lambda: trained(f"{tmp_path}/t.csv", [image_port(1, name="x"), label_port(2)]))
    assert (found.code, "line 2, column a holds `10,110`" in found.message) == ("E511", True)


def test_a_second_column_of_answers_is_no_feature(tmp_path):
    columns = numbers(8, ("a", "b")) | {"target": [0, 1] * 4, "label": [0, 1] * 4}
    spec = table(tmp_path / "t.csv", columns)
    assert trained(spec, [image_port(2, name="x"), label_port(2)]).inputs[0].sources == ("a", "b")
    chosen = trained(f"{spec}:inputs=a,target", [image_port(2, name="x"), label_port(2)])
    assert chosen.inputs[0].sources == ("a", "target")


@pytest.mark.parametrize(("names", "right"), [
    (("x1", "x2", "age"), ("x1", "x2", "age")), (("p1", "p10", "p2"), ("p1", "p2", "p10")),
    (("1x10", "1x2", "2x1"), ("1x2", "1x10", "2x1")), (("b", "a", "x"), ("b", "a", "x")),
])  # fmt: skip
def test_no_column_is_lost_and_numbered_ones_are_in_order(tmp_path, names, right):
    spec = table(tmp_path / "t.csv", numbers(8, names) | {"label": [0, 1] * 4})
    assert trained(spec, [image_port(3, name="x"), label_port(2)]).inputs[0].sources == right


def test_options_choose_columns(tmp_path):
    columns = numbers(8, ("id", "a", "b")) | {"price": [1.5] * 8, "name": ["n"] * 8}
    spec = table(tmp_path / "t.csv", columns)
    ports = [image_port(2, name="x"), value_port(1, name="y")]
    card = trained(f"{spec}:target=price,drop=id", ports)
    assert (card.inputs[0].sources, card.targets[0].source) == (("a", "b"), "price")
    bound = bind_data(open_data(f"{spec}:target=price,inputs=b,a"), ports)
    assert bound.card.inputs[0].sources == ("b", "a")
    assert "left out: id, name" in bound.split_note
    assert "`:drop=id`" in first(lambda: trained(f"{spec}:target=price", ports)).help
    assert first(lambda: trained(f"{spec}:target=pirce", ports)).help == "use `price`"
    assert first(lambda: trained(f"{spec}:target=price,drop=idd", ports)).code == "E503"


@pytest.mark.parametrize("target", ["label", "species", "kind"])
def test_text_is_a_label_in_whichever_column(tmp_path, target):
    columns = numbers(8, ("a", "b")) | {"species": ["setosa", "virginica"] * 4}
    name = target if target == "species" else "label"
    if target == "kind":
        columns |= {"kind": ["u", "v"] * 4, "label": ["y", "z"] * 4}
    card = trained(table(tmp_path / "t.csv", columns), [image_port(2, name="x"), label_port(2, name)])
    right = ("label", ("y", "z")) if target == "kind" else ("species", ("setosa", "virginica"))
    assert (card.targets[0].source, card.targets[0].classes) == right


def test_bytes_are_scaled_as_inputs_and_never_as_numbers(tmp_path):
    age = np.array([52, 36, 30, 41], np.uint8)
    np.savez(tmp_path / "d.npz", x=pixels(4, 3), age=age)
    for spec, divisor in ((f"{tmp_path}/d.npz", 255), (f"{tmp_path}/d.npz:scale=51", 51)):
        found = whole(spec, [image_port(3, name="x"), value_port(1, name="age")])
        assert found["age"][:, 0].tolist() == age.tolist()
        assert np.allclose(found["x"], pixels(4, 3) / divisor)


def test_pixels_without_a_scale_are_a_finding_and_later_files_follow(tmp_path):
    ports = [image_port(1, 4, 4), label_port(3)]
    stored = pixels(6, 4, 4)
    labels = np.arange(6) % 3
    np.savez(tmp_path / "d.npz", image=stored.astype(np.float32), label=labels)
    assert first(lambda: trained(f"{tmp_path}/d.npz", ports)).code == "E521"
    card = trained(f"{tmp_path}/d.npz:scale=255", ports)
    file = write_image(tmp_path / "a.png", stored[0])
    assert np.allclose(read_inputs([file], ports, card=card).arrays["image"][0, 0], stored[0] / 255)
    assert np.allclose(whole(f"{tmp_path}/d.npz", ports, card)["image"][:, 0], stored / 255)
    kept = trained(f"{tmp_path}/d.npz:scale=1", ports)
    assert np.allclose(read_inputs([file], ports, card=kept).arrays["image"][0, 0], stored[0])
    np.savez(tmp_path / "u.npz", image=stored.astype(np.float32) / 255, label=labels)
    assert first(lambda: whole(f"{tmp_path}/u.npz", ports, card)).code == "E521"
    unit = trained(f"{tmp_path}/u.npz", ports)
    assert first(lambda: whole(f"{tmp_path}/d.npz", ports, unit)).code == "E521"
    assert np.allclose(read_inputs([file], ports, card=unit).arrays["image"][0, 0], stored[0] / 255)


def test_floats_after_training_on_bytes_are_of_the_same_levels(tmp_path):
    ports = [image_port(1, 4, 4), label_port(3)]
    stored, labels = pixels(6, 4, 4), np.arange(6) % 3
    np.savez(tmp_path / "d.npz", image=stored, label=labels)
    card = trained(f"{tmp_path}/d.npz", ports)
    for values in (stored.astype(np.float64), stored.astype(np.int64), stored / 255):
        np.savez(tmp_path / "u.npz", image=values, label=labels)
        assert np.allclose(whole(f"{tmp_path}/u.npz", ports, card)["image"][:, 0], stored / 255)


def test_images_are_read_in_the_colours_of_the_training(tmp_path):
    ports = [image_port(1, 4, 4), label_port(2)]
    for name in ("cat", "dog"):
        write_image(tmp_path / "t" / name / "0.png", pixels(4, 4))
        write_image(tmp_path / "u" / name / "0.png", np.full((4, 4, 3), 90, np.uint8))
    card = trained(str(tmp_path / "t"), ports)
    assert (card.inputs[0].channels, card.inputs[0].colour) == (1, "grey")
    assert np.allclose(whole(str(tmp_path / "u"), ports, card)["image"], 90 / 255)


def test_parts_are_all_rows_or_the_one_asked_for(tmp_path):
    ports = [image_port(1, name="x"), label_port(2)]
    spec = table(tmp_path / "t.csv", {"x": list(range(20)), "label": [0, 1] * 10})
    card = trained(spec, ports)
    sizes = {part: len(bind_part(open_data(spec), ports, card, part)[1]) for part in ("all", "train", "val")}
    assert (sizes, bind_part(open_data(spec), ports, card)[0]) == ({"all": 20, "train": 18, "val": 2}, "all")
    assert first(lambda: bind_part(open_data(spec), ports, card, "test")).code == "E510"
    np.savez(tmp_path / "u.npz", test_x=np.zeros((7, 1)), test_label=np.zeros(7, np.int64))
    name, rows = bind_part(open_data(f"{tmp_path}/u.npz"), ports, card)
    assert (name, len(rows)) == ("test", 7)


def test_a_fingerprint_is_of_content(tmp_path):
    ports = [image_port(2, name="x"), label_port(2)]
    columns = numbers(10, ("a", "b")) | {"label": [0, 1] * 5}
    prints = []
    for name, changed in (("t", columns), ("same", columns), ("u", columns | {"b": columns["b"][::-1]})):
        card = trained(table(tmp_path / f"{name}.csv", changed), ports)
        prints.append([part.fingerprint for part in card.parts])
    assert prints[0] == prints[1]
    assert prints[0][0] != prints[2][0]


def test_a_part_without_labels_is_left_out_and_said(tmp_path):
    for name in ("train/a/0", "train/a/1", "train/b/0", "train/b/1", "test/0", "test/1"):
        write_image(tmp_path / f"{name}.png", pixels(4, 4))
    bound = bind_data(open_data(str(tmp_path)), [image_port(1, 4, 4), label_port(2)])
    assert "2 test without labels not used" in bound.split_note
    assert len(bound.train) + len(bound.held) == 4
    assert len(read_inputs([tmp_path / "test"], [image_port(1, 4, 4)]).names) == 2
    ports = [image_port(1, 4, 4), label_port(2)]
    for part, rows in (("val", len(bound.held)), ("all", 4), (None, 4)):
        assert len(bind_part(open_data(str(tmp_path)), ports, bound.card, part)[1]) == rows


def test_weights_for_another_task_leave_their_card(tmp_path):
    ports = [image_port(2, name="x"), label_port(3)]
    card = trained(table(tmp_path / "t.csv", numbers(6, ("a", "b")) | {"label": list(COLOURS) * 2}), ports)
    for columns, labels, right in (
        (("a", "b"), ["red", "green", "zzz"], True), (("a", "b"), ["u", "v", "w"], False),
        (("c", "d"), list(COLOURS), False), (("b", "c"), ["red", "red", "red"], True),
    ):  # fmt: skip
        later = open_data(table(tmp_path / "u.csv", numbers(6, columns) | {"label": labels * 2}))
        assert continues(card, later, ports) is right
