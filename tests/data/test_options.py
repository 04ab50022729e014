"""Options of data: each is felt, or refused with those that the data has. None is taken in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.bind import bind_part
from netc.runtime.data.cards.card import Card

from .makers import image_port, label_port, pixels, value_port, write_cifar, write_image, write_mnist

ROWS = 12
IMAGE = [image_port("C", "H", "W"), label_port()]
COLUMNS = [image_port("K", name="x"), label_port()]
FIELDS = {"drop", "inputs", "scale", "target"}
PICTURES = {"background", "channels", "damaged", "size"}


def numbers(*parts: str) -> dict[str, np.ndarray]:
    """Arrays of each part, of several numbers of rows."""
    made = {}
    for at, part in enumerate(parts):
        rows = ROWS + at
        made |= {f"{part}image": pixels(rows, 4, 6, seed=at), f"{part}label": np.arange(rows) % 3}
    return made


def npz(path: Path, *parts: str) -> str:
    np.savez(path / "d.npz", **numbers(*parts))
    return str(path / "d.npz")


def csv(path: Path) -> str:
    rows = [f"{row},{row * row % 7},{row % 3}" for row in range(ROWS)]
    path.write_text("\n".join(["image,b,label", *rows]) + "\n")
    return str(path)


def pictures(folder: Path, damaged: bool = False) -> list[Path]:
    """Colour images of two classes."""
    made = [write_image(folder / "ab"[at % 2] / f"{at}.png", pixels(4, 6, 3, seed=at)) for at in range(ROWS)]
    if damaged:
        made[3].write_bytes(made[3].read_bytes()[:60])
    return made


def folder(place: Path, parts: tuple[str, ...] = (), damaged: bool = False) -> str:
    for part in parts or ("",):
        pictures(place / part, damaged)
    return str(place)


def csv_of_images(place: Path, damaged: bool = False) -> str:
    made = pictures(place, damaged)
    rows = [f"{path.relative_to(place)},{at % 3}" for at, path in enumerate(made)]
    (place / "t.csv").write_text("\n".join(["file,label", *rows]) + "\n")
    return str(place / "t.csv")


def csv_by_part(place: Path) -> str:
    for name in ("train.csv", "val.csv"):
        csv(place / name)
    return str(place)


def idx(place: Path) -> str:
    return str(write_mnist(place, pixels(ROWS, 4, 6), np.arange(ROWS) % 3))


def cifar(place: Path) -> str:
    return str(write_cifar(place, pixels(ROWS, 3, 32, 32), np.arange(ROWS) % 3))


KINDS: dict[str, tuple[Callable[[Path], str], list, set[str]]] = {
    "digits": (lambda _: "digits", IMAGE, FIELDS),
    "an archive": (lambda place: npz(place, ""), IMAGE, FIELDS | {"validation"}),
    "an archive of parts": (lambda place: npz(place, "train_", "test_"), IMAGE, FIELDS),
    "an archive of three": (lambda place: npz(place, "train_", "val_", "test_"), IMAGE, FIELDS | {"test"}),
    "a table": (lambda place: csv(place / "t.csv"), COLUMNS, FIELDS | {"validation"}),
    "a table of images": (csv_of_images, IMAGE, FIELDS | PICTURES | {"validation"}),
    "tables by part": (csv_by_part, COLUMNS, FIELDS),
    "idx": (idx, IMAGE, FIELDS),
    "cifar": (cifar, IMAGE, FIELDS),
    "images": (folder, IMAGE, FIELDS | PICTURES | {"validation"}),
    "images by part": (lambda place: folder(place, ("train", "test")), IMAGE, FIELDS | PICTURES),
}
"""What a kind of data has, by docs/data.md, and ports of a net for it."""

DAMAGED: dict[str, Callable[[Path], str]] = {
    "a table of images": lambda place: csv_of_images(place, damaged=True),
    "images": lambda place: folder(place, damaged=True),
    "images by part": lambda place: folder(place, ("train", "test"), damaged=True),
}
GIVEN = {
    "size": "2", "channels": "1", "scale": "7", "validation": "0.4", "test": "val", "inputs": "label", "drop": "label",
    "target": "image", "background": "#ff8000", "damaged": "skip",
}  # fmt: skip


def outcome(spec: str, ports: list) -> object:
    """All that follows from data: the card with the fingerprints of its parts, or the finding."""
    try:
        return bind_data(open_data(spec), ports).card.to_json()
    except DiagnosticError as wrong:
        found = wrong.diagnostics[0]
        return found.code, found.message


@pytest.mark.parametrize("option", GIVEN)
@pytest.mark.parametrize("kind", KINDS)
def test_an_option_is_felt_or_refused(tmp_path: Path, kind: str, option: str) -> None:
    make, ports, has = KINDS[kind]
    spec = (DAMAGED.get(kind, make) if option == "damaged" else make)(tmp_path)
    found = outcome(f"{spec}:{option}={GIVEN[option]}", ports)
    if option in has:
        assert found != outcome(spec, ports)
        assert found[0] != "E510" if isinstance(found, tuple) else True
        return
    with pytest.raises(DiagnosticError) as caught:
        open_data(f"{spec}:{option}={GIVEN[option]}")
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.help) == ("E510", f"leave `{option}` out")
    assert finding.notes == (f"its options are {', '.join(sorted(has))}",)
    assert f"`{option}`" in finding.message


def test_a_share_where_a_part_has_no_labels_is_taken(tmp_path: Path) -> None:
    arrays = numbers("train_", "test_")
    del arrays["test_label"]
    np.savez(tmp_path / "d.npz", **arrays)
    bound = bind_data(open_data(f"{tmp_path / 'd.npz'}:validation=0.5"), IMAGE)
    assert (len(bound.train), len(bound.held)) == (6, 6)
    assert "without labels not used" in bound.split_note


def test_a_share_of_a_net_that_has_its_targets_in_the_part(tmp_path: Path, fails) -> None:
    """What the part lacks is read by nobody: only once the net is known the share is of no use."""
    arrays = numbers("train_", "test_") | {"train_weight": np.ones(ROWS)}
    np.savez(tmp_path / "d.npz", **arrays)
    data = open_data(f"{tmp_path / 'd.npz'}:validation=0.5")
    fails("E510", lambda: bind_data(data, IMAGE), "`validation`")


def test_a_share_in_python_has_the_same_rule(fails) -> None:
    fails("E510", lambda: open_data("digits", validation=0.2), "`validation`")
    with pytest.raises(ValueError, match="between 0 and 1"):
        open_data("digits", validation=1.5)


def test_a_scale_where_no_input_takes_floats(tmp_path: Path, fails) -> None:
    ports = [image_port(4, 6, 1, dtype="uint8"), label_port()]
    spec = npz(tmp_path, "")
    bind_data(open_data(spec), ports)
    fails("E510", lambda: bind_data(open_data(f"{spec}:scale=2"), ports), "`scale` does nothing")


def test_a_target_where_no_loss_has_one(tmp_path: Path, fails) -> None:
    fails("E510", lambda: bind_data(open_data(f"{csv(tmp_path / 't.csv')}:target=b"), COLUMNS[:1]), "`target`")


@pytest.mark.parametrize("option", ["inputs=a", "drop=a", "target=a", "inputs=image,a"])
def test_columns_that_are_not_there(tmp_path: Path, fails, option: str) -> None:
    found = fails("E503", lambda: open_data(f"{csv(tmp_path / 't.csv')}:{option}"), "no column `a`")
    assert "image, b, label" in found.notes[0]


# ------------------------------------------------------------ later files
def later(tmp_path: Path, ports: list, text: str = "") -> tuple[str, Card]:
    spec = csv(tmp_path / "t.csv")
    return spec, bind_data(open_data(f"{spec}{text}"), ports).card


def test_what_a_card_needs_is_not_dropped(tmp_path: Path, fails) -> None:
    spec, card = later(tmp_path, COLUMNS)
    fails("E503", lambda: bind_part(open_data(f"{spec}:drop=b"), COLUMNS, card), "`drop` leaves `b` out")
    one = [image_port(1, name="x"), label_port()]
    spec, card = later(tmp_path, one, ":drop=b")
    bind_part(open_data(f"{spec}:drop=b"), one, card)


def test_columns_for_one_of_several_inputs(tmp_path: Path, fails) -> None:
    ports = [image_port(name="image"), image_port(name="b"), label_port()]
    spec, card = later(tmp_path, ports)
    fails("E503", lambda: bind_part(open_data(f"{spec}:inputs=b"), ports, card), "`inputs=` makes one input")


def test_another_array_stands_for_the_input(tmp_path: Path) -> None:
    spec = npz(tmp_path, "")
    card = bind_data(open_data(spec), IMAGE).card
    np.savez(tmp_path / "e.npz", other=numbers("")["image"] // 2, label=numbers("")["label"])
    _, rows = bind_part(open_data(f"{tmp_path / 'e.npz'}:inputs=other"), IMAGE, card)
    assert np.array_equal(rows.fields["image"], numbers("")["image"] // 2)


@pytest.mark.parametrize("option", [item for item in GIVEN if item not in ("scale", "background")])
@pytest.mark.parametrize("name", ["x.png", "x.npy", "x.npz"])
def test_single_files_to_predict(tmp_path: Path, fails, name: str, option: str) -> None:
    write_image(tmp_path / "x.png", pixels(4, 6))
    np.save(tmp_path / "x.npy", pixels(4, 6))
    np.savez(tmp_path / "x.npz", image=pixels(4, 6))
    spec = f"{tmp_path / name}:{option}={GIVEN[option]}"
    if (name, option) == ("x.png", "damaged"):
        assert read_inputs([spec], [image_port(1, 4, 6)]).names == (name,)
        return
    found = fails("E510", lambda: read_inputs([spec], [image_port(1, 4, 6)]), name)
    assert found.notes == (f"its options are {'background, damaged, scale' if name == 'x.png' else 'scale'}",)


@pytest.mark.parametrize("name", ["x.png", "x.npy", "x.npz"])
def test_the_scale_of_single_files_to_predict(tmp_path: Path, name: str) -> None:
    write_image(tmp_path / "x.png", pixels(4, 6))
    np.save(tmp_path / "x.npy", pixels(1, 4, 6))
    np.savez(tmp_path / "x.npz", image=pixels(1, 4, 6))
    found = read_inputs([f"{tmp_path / name}:scale=10"], [image_port(1, 4, 6)])
    assert np.allclose(found.arrays["image"][0, 0], pixels(4, 6) / 10)


def test_a_folder_to_predict_is_told_once(tmp_path: Path) -> None:
    folder(tmp_path)
    with pytest.raises(DiagnosticError) as caught:
        read_inputs([f"{tmp_path}:size=2"], [image_port(3, 4, 6)])
    assert [found.code for found in caught.value.diagnostics] == ["E510"]


def test_a_number_of_a_column_for_a_value(tmp_path: Path) -> None:
    """`target` is felt where the loss compares numbers."""
    bound = bind_data(open_data(f"{csv(tmp_path / 't.csv')}:target=b"), [image_port(1, name="x"), value_port()])
    assert bound.card.targets[0].source == "b"
