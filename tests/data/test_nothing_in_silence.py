"""What data hold and netc does not use is said, whatever reads them; what cannot be meant is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.files_below import files_below

from .makers import image_port, label_port, pixels, write_cifar, write_idx, write_image, write_mnist

PORTS = [image_port(1, 4, 4), label_port(2)]


def found(action) -> object:
    with pytest.raises(DiagnosticError) as caught:
        action()
    return caught.value.diagnostics[0]


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for name in ("cat", "dog"):
        for at in range(4):
            write_image(tmp_path / "pets" / name / f"{at}.png", pixels(4, 4, seed=at))
    return tmp_path / "pets"


def test_skipped_files_are_counted_by_ending(pets: Path) -> None:
    for at in range(10):
        (pets / "cat" / f"{at}.txt").write_text("a caption")
    for at in range(2):
        (pets / "dog" / f"{at}.MP4").write_bytes(b"a film")
    (pets / "cat" / ".hidden.txt").write_text("hidden")
    (pets / "__MACOSX" / "cat").mkdir(parents=True)
    (pets / "__MACOSX/cat/x.png").write_bytes(b"hidden too")
    data = open_data(str(pets))
    assert data.notes == ("12 files skipped: 10 .txt, 2 .mp4",)
    assert data.skipped == {".txt": 10, ".mp4": 2}
    assert "12 files skipped: 10 .txt, 2 .mp4" in bind_data(data, PORTS).split_note
    asked = read_inputs([pets], PORTS)
    assert (len(asked.names), dict(asked.skipped)) == (8, {".txt": 10, ".mp4": 2})
    assert "12 files skipped: 10 .txt, 2 .mp4" in asked.notes


def test_rows_of_data_say_what_the_data_say(pets: Path) -> None:
    (pets / "cat" / "a.txt").write_text("a caption")
    data = open_data(str(pets))
    assert data.spec == str(pets)
    for rows in (data[1:3], data[[0, 7]], data["train"]):
        assert (rows.notes, rows.skipped, rows.warnings) == (data.notes, {".txt": 1}, data.warnings)
        assert rows.spec is None
        assert repr(rows).startswith(f"<data pets: {len(rows)} rows")
        assert rows.first.treated == data.first.treated


def test_images_beside_the_folders_of_classes_are_said(pets: Path) -> None:
    write_image(pets / "stray.png", pixels(4, 4))
    data = open_data(str(pets))
    assert data.notes == ("1 image beside the folders of classes not used", "1 file skipped: 1 .png")
    assert data.description.startswith("8 rows")


@pytest.mark.parametrize("kind", ["idx", "cifar", "csv"])
def test_skipped_files_are_counted_in_every_folder(tmp_path: Path, kind: str) -> None:
    if kind == "idx":
        write_mnist(tmp_path, pixels(5, 28, 28), np.arange(5))
    elif kind == "cifar":
        write_cifar(tmp_path, pixels(8, 3, 32, 32), np.arange(8))
    else:
        (tmp_path / "train.csv").write_text("a,label\n1,0\n2,1\n")
    (tmp_path / "readme.html").write_text("<html>")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/LICENSE").write_text("free")
    assert open_data(str(tmp_path)).skipped == {".html": 1, "no ending": 1}


def test_images_that_no_line_names_are_counted(tmp_path: Path) -> None:
    for at in range(5):
        write_image(tmp_path / "img" / f"{at}.png", pixels(4, 4))
    (tmp_path / "train.csv").write_text("file,label\nimg/0.png,a\nimg/1.png,b\n")
    assert open_data(str(tmp_path)).skipped == {".png": 3}


def test_a_class_of_which_nothing_is_readable_is_refused_by_name(pets: Path) -> None:
    (pets / "owl").mkdir()
    for at in range(3):
        (pets / "owl" / f"{at}.heic").write_bytes(b"a telephone's")
    wrong = found(lambda: open_data(str(pets)))
    assert (wrong.code, str(pets / "owl") in wrong.message, "3 .heic" in wrong.notes[0]) == ("E501", True, True)


def test_an_empty_class_is_a_finding(pets: Path) -> None:
    (pets / "owl" / ".cache").mkdir(parents=True)
    bound = bind_data(open_data(str(pets)), PORTS)
    (warning,) = bound.warnings
    assert (warning.code, str(warning.severity)) == ("E525", "warning")
    assert f"{pets / 'owl'} is empty" in warning.message
    assert bound.card.class_names == ["cat", "dog"]


def test_a_class_of_one_image_and_a_very_uneven_split_are_findings(pets: Path) -> None:
    write_image(pets / "owl" / "0.png", pixels(4, 4))
    for at in range(60):
        write_image(pets / "cat" / f"more{at}.png", pixels(4, 4, seed=at))
    bound = bind_data(open_data(str(pets)), [PORTS[0], label_port(3)])
    single, uneven = bound.warnings
    assert "one row alone of class `owl`" in single.message
    assert "58 rows of `cat`, 3 of `dog`" in uneven.message
    assert {single.code, uneven.code} == {"E525"}
    assert "right for 93.5% of the rows" in uneven.notes[0]  # 58 of 62


def test_parts_that_lack_classes_are_findings(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", train_x=np.zeros(6), train_label=[0, 0, 0, 1, 1, 1],
             val_x=np.zeros(4), val_label=[0, 0, 2, 2])  # fmt: skip
    bound = bind_data(open_data(f"{tmp_path}/d.npz"), [image_port(name="x"), label_port(3)])
    assert [item.code for item in bound.warnings] == ["E525", "E525"]
    assert "no row to train on of class `2`" in bound.warnings[0].message
    assert "part val of d.npz has no row of class `1`" in bound.warnings[1].message


def test_even_classes_are_no_finding() -> None:
    assert bind_data(open_data("digits"), [image_port(1, 8, 8), label_port()]).warnings == ()


def test_two_data_sets_of_idx_files_are_refused_by_name(tmp_path: Path) -> None:
    for prefix in ("emnist-letters", "emnist-digits"):
        for part in ("train", "t10k"):
            write_idx(tmp_path / f"{prefix}-{part}-images-idx3-ubyte", pixels(2, 28, 28))
            write_idx(tmp_path / f"{prefix}-{part}-labels-idx1-ubyte", np.zeros(2, np.uint8))
    wrong = found(lambda: open_data(str(tmp_path)))
    assert wrong.code == "E503"
    assert "`emnist-digits`" in wrong.message
    assert "`emnist-letters`" in wrong.message


def test_a_set_with_a_prefix_and_one_without_are_two(tmp_path: Path) -> None:
    write_mnist(tmp_path, pixels(5, 28, 28), np.arange(5))
    write_idx(tmp_path / "fashion-train-images-idx3-ubyte", pixels(2, 28, 28))
    wrong = found(lambda: open_data(str(tmp_path)))
    assert (wrong.code, "`fashion`" in wrong.message, "`no prefix`" in wrong.message) == ("E503", True, True)


def test_folders_called_as_a_file_do_not_stop_the_reader(tmp_path: Path) -> None:
    write_mnist(tmp_path, pixels(5, 28, 28), np.arange(5))
    for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (tmp_path / name).rename(tmp_path / "moved")
        (tmp_path / name).mkdir()
        (tmp_path / "moved").rename(tmp_path / name / name)
    (tmp_path / "train-labels-idx1-ubyte.gz").mkdir()
    assert open_data(str(tmp_path)).split_note == "given: 3 train, 2 test"


@pytest.mark.parametrize("names", [("train", "training"), ("train", "val", "valid")])
def test_two_of_one_part_are_refused_by_name(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        write_image(tmp_path / "photos" / name / "a" / "0.png", pixels(4, 4))
        (tmp_path / f"{name}.csv").write_text("a,label\n1,0\n2,1\n")
    for folder in (tmp_path, tmp_path / "photos"):
        wrong = found(lambda folder=folder: open_data(str(folder)))
        assert (wrong.code, names[-1] in wrong.message, names[-2] in wrong.message) == ("E503", True, True)


def test_two_cifar_folders_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("cifar-10-batches-bin", "cifar-10-binary"):
        write_cifar(tmp_path / name, pixels(8, 3, 32, 32), np.arange(8))
    wrong = found(lambda: open_data(str(tmp_path)))
    assert (wrong.code, "cifar-10-binary" in wrong.message) == ("E503", True)


@pytest.mark.parametrize(("names", "left"), [(("image", "label", "score"), True), (("image", "label"), False)])
def test_an_array_that_feeds_nothing_is_said(tmp_path: Path, names: tuple[str, ...], left: bool) -> None:
    """As where the loss names a value of the net that is called as the array is."""
    arrays = {"image": pixels(8, 4, 4), "label": np.arange(8) % 2, "score": np.ones(8, np.float32)}
    np.savez(tmp_path / "data.npz", **{name: arrays[name] for name in names})
    bound = bind_data(open_data(str(tmp_path / "data.npz")), PORTS)
    assert ("left out: score" in bound.split_note) == left


def test_a_folder_that_links_name_again_is_entered_once(tmp_path: Path) -> None:
    """Two links in each folder to the next one are as many ways to the last as there are numbers of so many bits."""
    for at in range(8):
        write_image(tmp_path / f"d{at}" / "0.png", pixels(4, 4))
        for name in ("a", "b"):
            (tmp_path / f"d{at}" / name).symlink_to(tmp_path / f"d{(at + 1) % 8}")
    assert len(list(files_below(tmp_path / "d0"))) == 8
    assert len(list(files_below(tmp_path))) == 8


def test_classes_may_share_a_folder(tmp_path: Path) -> None:
    write_image(tmp_path / ".both" / "0.png", pixels(4, 4))
    for name in ("cat", "dog"):
        write_image(tmp_path / "pets" / name / "1.png", pixels(4, 4))
        (tmp_path / "pets" / name / "more").symlink_to(tmp_path / ".both")
    data = open_data(str(tmp_path / "pets"))
    assert (len(data), data.skipped) == (4, {})
