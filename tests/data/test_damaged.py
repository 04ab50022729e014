"""Damaged images: named before the training, or left out and counted where that was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.images.decode import read_image
from netc.runtime.data.inputs import read_inputs
from netc.runtime.data.open import open_data


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of six images each; the second of `cat` is cut in half, the third of `dog` is no image."""
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(6):
            pixels = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
            pixels[0, 0] = number
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    cut = tmp_path / "photos/cat/1.png"
    cut.write_bytes(cut.read_bytes()[:100])
    (tmp_path / "photos/dog/2.png").write_bytes(b"no image")
    return tmp_path / "photos"


def test_a_damaged_image_is_named(photos: Path) -> None:
    with pytest.raises(DiagnosticError, match=r"E5(02|12).*(cat.1|dog.2)\.png"):
        open_data(str(photos))


def test_damaged_images_are_left_out_and_counted(photos: Path) -> None:
    data = open_data(f"{photos}:damaged=skip")
    fields = data.parts["all"].fields
    assert fields["label"].tolist() == [0] * 5 + [1] * 5
    assert [int(image[0, 0, 0]) for image in fields["image"]] == [0, 2, 3, 4, 5, 0, 1, 3, 4, 5]
    assert f"2 damaged images left out: {photos / 'cat/1.png'}, {photos / 'dog/2.png'}" in data.notes
    assert data.parts["all"].place("image", 1).endswith("2.png")


def test_rows_of_a_table_whose_images_are_damaged(photos: Path) -> None:
    files = [f"photos/{name}/{number}.png" for name in ("cat", "dog") for number in range(6)]
    table = photos.parent / "table.csv"
    table.write_text("image,label,weight\n" + "".join(f"{file},{at % 2},{at}\n" for at, file in enumerate(files)))
    data = open_data(f"{table}:damaged=skip")
    part = data.parts["all"]
    assert part.fields["weight"].tolist() == [0, 2, 3, 4, 5, 6, 7, 9, 10, 11]
    assert part.fields["image"].shape == (10, 8, 8, 3)
    assert "line 4" in part.place("weight", 1)


def test_another_word_is_refused(photos: Path) -> None:
    with pytest.raises(DiagnosticError, match="E510"):
        open_data(f"{photos}:damaged=ignore")


def test_all_that_are_damaged_are_named_with_the_way_out(photos: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        open_data(str(photos))
    (found,) = caught.value.diagnostics
    said = "\n".join([found.message, *found.notes])
    assert "2 of 12 images cannot be read" in said
    assert str(photos / "cat/1.png") in said
    assert str(photos / "dog/2.png") in said
    assert ":damaged=skip" in (found.help or "")


def test_a_bad_header_among_large_data_makes_nobody_decode_them(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked at as large data are: whole files by their end marks, of which only one has none."""
    decoded = []

    def read_and_note(path: Path, *how: Any, **more: Any) -> np.ndarray:
        decoded.append(path)
        return read_image(path, *how, **more)

    for module in ("decode", "intact", "pictures"):
        monkeypatch.setattr(f"netc.runtime.data.images.{module}.read_image", read_and_note)
    monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    with pytest.raises(DiagnosticError) as caught:
        open_data(str(photos))
    assert "2 of 12 images cannot be read; the others are" in caught.value.diagnostics[0].notes
    assert decoded == [photos / "cat/1.png"]


def test_many_are_counted(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / f"a/{number:02}.png").write_bytes(b"no image")
    Image.new("RGB", (4, 4)).save(tmp_path / "a/99.png")
    with pytest.raises(DiagnosticError) as caught:
        open_data(str(tmp_path))
    (found,) = caught.value.diagnostics
    assert "30 of 31 images" in found.notes[-11]
    assert found.notes[-1] == "and 20 more"
    notes = open_data(f"{tmp_path}:damaged=skip").notes
    assert any(
        note.startswith("30 damaged images left out: ") and note.endswith("09.png and 20 more") for note in notes
    )


def test_a_single_one_has_the_way_out_too(photos: Path) -> None:
    (photos / "dog/2.png").unlink()
    with pytest.raises(DiagnosticError, match=r"cat.1\.png") as caught:
        open_data(str(photos))
    assert ":damaged=skip" in (caught.value.diagnostics[0].help or "")


PORT = {"name": "x", "role": "data", "dtype": "float32", "shape": ["N", 3, 8, 8]}


def test_questions_leave_damaged_ones_out(photos: Path) -> None:
    asked = read_inputs([f"{photos}:damaged=skip"], [PORT])
    assert len(asked.names) == 10
    assert [name for name in asked.names if "1.png" in name] == [str(Path("dog/1.png"))]
    assert [round(float(image[0, 0, 0]) * 255) for image in asked.arrays["x"]] == [0, 2, 3, 4, 5, 0, 1, 3, 4, 5]
    assert f"2 damaged images left out: {Path('cat/1.png')}, {Path('dog/2.png')}" in asked.notes
    one_by_one = read_inputs([f"{photos}/*/*.png:damaged=skip"], [PORT])
    assert np.array_equal(one_by_one.arrays["x"], asked.arrays["x"])


def test_questions_name_all_damaged_ones(photos: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        read_inputs([str(photos)], [PORT])
    (found,) = caught.value.diagnostics
    assert "cat/1.png" in found.message
    assert "2 of 12 images" in found.notes[-2]
    assert "dog/2.png" in found.notes[-1]
    assert ":damaged=skip" in (found.help or "")


def test_a_question_about_none_is_refused(photos: Path) -> None:
    with pytest.raises(DiagnosticError, match="E508"):
        read_inputs([f"{photos / 'cat/1.png'}:damaged=skip"], [PORT])
    with pytest.raises(DiagnosticError, match="E510"):
        read_inputs([f"{photos / 'cat/0.png'}:size=4"], [PORT])


def test_a_small_picture_is_told_as_one(tmp_path: Path) -> None:
    """Of a net whose windows don't fit into it: in pixels, and with the side that is too short."""
    port = {**PORT, "shape": ["N", 3, "H", "W"], "sizes": {"W": {"minimum": 7, "divisor": 1}}}
    Image.new("RGB", (5, 9)).save(tmp_path / "a.png")
    with pytest.raises(DiagnosticError) as caught:
        read_inputs([tmp_path / "a.png"], [port])
    (found,) = caught.value.diagnostics
    assert found.code == "E504"
    assert found.message.endswith("a.png is 9x5 pixels, and `W`, the width, is 5")
    assert found.help == "give an image of which the width is at least 7"


@pytest.mark.parametrize("kind", ["folder", "parts", "table"])
def test_data_of_which_no_image_is_left_are_refused(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "train" if kind == "parts" else tmp_path
    for name in ("a", "b"):
        (place / name).mkdir(parents=True)
        (place / name / "1.png").write_bytes(b"nonsense")
    (tmp_path / "t.csv").write_text("image,label\na/1.png,x\nb/1.png,y\n")
    spec = tmp_path / "t.csv" if kind == "table" else tmp_path
    with pytest.raises(DiagnosticError) as caught:
        open_data(f"{spec}:damaged=skip")
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("E508", f"{spec}: none of 2 images can be read")
    assert "1.png" in found.notes[0]
