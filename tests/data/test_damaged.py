"""Damaged images: named before the training, or left out and counted where that was chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netc.grammar.diagnostics import DiagnosticError
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
    assert f"2 damaged images left out, {photos / 'cat/1.png'} the first" in data.notes
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
