"""Files for `netc predict`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.bind import bind_part

from .makers import image_port, label_port, pixels, write_image

GREY = [image_port(1, 8, 6)]


def test_a_grey_image(tmp_path):
    image = pixels(8, 6)
    got = read_inputs([write_image(tmp_path / "a.png", image)], GREY)
    assert got.names == ("a.png",)
    assert got.notes == ()
    assert np.array_equal(got.arrays["image"], image[None, None].astype(np.float32) / np.float32(255))


def test_several_files_are_one_batch_in_order(tmp_path):
    files = [write_image(tmp_path / f"{at}.png", np.full((8, 6), at * 10, np.uint8)) for at in (3, 1, 2)]
    np.save(tmp_path / "two.npy", np.full((2, 8, 6), 0.5))
    got = read_inputs([*files, tmp_path / "two.npy"], GREY)
    assert got.names == ("3.png", "1.png", "2.png", "two.npy[0]", "two.npy[1]")
    means = got.arrays["image"].mean(axis=(1, 2, 3))
    assert np.allclose(means, [30 / 255, 10 / 255, 20 / 255, 0.5, 0.5])


def test_images_are_fitted_with_a_note(tmp_path):
    path = write_image(tmp_path / "big.png", np.full((16, 12, 3), 80, np.uint8))
    got = read_inputs([path], GREY)
    assert got.notes == ("big.png: 16x12 scaled to 8x6", "big.png: colour turned to grey")
    assert np.allclose(got.arrays["image"], 80 / 255)


def test_a_grey_image_for_a_colour_net(tmp_path):
    image = pixels(8, 6)
    got = read_inputs([write_image(tmp_path / "a.png", image)], [image_port(8, 6, 3, dtype="uint8")])
    assert np.array_equal(got.arrays["image"][0], np.stack([image] * 3, axis=-1))


@pytest.mark.parametrize("shape", [(8, 6), (1, 8, 6), (8, 6, 1), (1, 1, 8, 6), (1, 8, 6, 1)])
def test_arrays_of_one_example(tmp_path, shape):
    values = np.arange(48, dtype=np.float32).reshape(shape)
    np.save(tmp_path / "x.npy", values)
    got = read_inputs([tmp_path / "x.npy"], GREY)
    assert got.names == ("x.npy",)
    assert np.array_equal(got.arrays["image"].ravel(), values.ravel())


def test_several_inputs_come_from_an_archive(tmp_path, fails):
    ports = [image_port(4, name="a"), image_port(2, name="right")]
    np.savez(tmp_path / "x.npz", a=np.ones((3, 4)), right=np.zeros((3, 2)))
    assert {name: values.shape for name, values in read_inputs([tmp_path / "x.npz"], ports).arrays.items()} == {
        "a": (3, 4),
        "right": (3, 2),
    }
    np.savez(tmp_path / "y.npz", a=np.ones((3, 4)), rigth=np.zeros((3, 2)))
    assert "`rigth`" in fails("E503", lambda: read_inputs([tmp_path / "y.npz"], ports), "y.npz", "`right`").help
    np.savez(tmp_path / "z.npz", a=np.ones((3, 4)), right=np.zeros((2, 2)))
    fails("E509", lambda: read_inputs([tmp_path / "z.npz"], ports), "3 rows", "2 rows")


def test_every_wrong_file_is_named(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    np.save(tmp_path / "shape.npy", np.zeros((5, 5)))
    np.save(tmp_path / "nan.npy", np.full((8, 6), np.nan))
    (tmp_path / "text.txt").write_text("x")
    files = [tmp_path / name for name in ("bad.png", "none.png", "shape.npy", "nan.npy", "text.txt")]
    with pytest.raises(DiagnosticError) as caught:
        read_inputs(files, GREY)
    assert [found.code for found in caught.value.diagnostics] == ["E502", "E500", "E504", "E506", "E501"]
    for path, found in zip(files, caught.value.diagnostics, strict=True):
        assert str(path) in found.message


def folder_of_two_classes(folder: Path, *shape: int) -> Path:
    for at in range(4):
        write_image(folder / "ab"[at % 2] / f"{at}.png", pixels(*shape, seed=at))
    return folder


@pytest.mark.parametrize("option", ["", ":size=12x30"])
@pytest.mark.parametrize("shape", [(1, 8, 8), (8, 8, 1)])
def test_images_are_resized_as_in_training(tmp_path: Path, option: str, shape: tuple[int, ...]) -> None:
    """Stretched where the train section says `resize`, after what the option `size` has cut."""
    wanted = image_port(*shape, dtype="float32" if shape[0] == 1 else "uint8")
    folder, ports = folder_of_two_classes(tmp_path, 8, 32), [wanted, label_port(2)]
    card = bind_data(open_data(f"{folder}{option}"), [{**wanted, "resized": (8, 8)}, label_port(2)]).card
    _, rows = bind_part(open_data(folder, card=card), ports, card, "all")
    asked = read_inputs([folder], ports, card=card)
    assert np.array_equal(asked.arrays["image"], rows.batch(range(4))["image"])
    assert asked.notes[0] == "0.png: 8x32 scaled to 8x8"
    cut = read_inputs([folder], ports).arrays["image"]
    assert not np.allclose(asked.arrays["image"], cut, atol=0.05)


def test_images_for_a_net_of_open_sizes_come_in_that_of_the_training(tmp_path: Path) -> None:
    ports = [image_port(1, "H", "W"), label_port(2)]
    folder = folder_of_two_classes(tmp_path, 8, 32)
    for option, size in (("", (8, 32)), (":size=6x9", (6, 9))):
        card = bind_data(open_data(f"{folder}{option}"), ports).card
        _, rows = bind_part(open_data(folder, card=card), ports, card, "all")
        found = read_inputs([folder], ports, card=card).arrays["image"]
        assert found.shape == (4, 1, *size)
        assert np.array_equal(found, rows.batch(range(4))["image"])


def test_a_link_that_leads_nowhere_is_refused_by_name(tmp_path, fails):
    write_image(tmp_path / "good.png", pixels(8, 6))
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    for asked in (tmp_path / "gone.png", tmp_path / "*.png", f"{tmp_path}/g*.png:background=black"):
        fails("E500", lambda asked=asked: read_inputs([asked], GREY), str(tmp_path / "gone.png"))


def test_patterns_name_files_and_folders_with_their_options(tmp_path):
    for name in ("a/1.png", "a/2.png", "b.png"):
        write_image(tmp_path / name, pixels(8, 6))
    assert read_inputs([f"{tmp_path}/[ab]*:background=black"], GREY).names == ("1.png", "2.png", "b.png")
