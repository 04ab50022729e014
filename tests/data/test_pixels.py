"""What is in a picture's file beside 8 bits of grey or colour: transparency and more levels, kept and said."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.bind import bind_part
from netc.runtime.data.cards.card import Card
from netc.runtime.data.cards.card_text import input_line
from netc.runtime.data.given import rows_of
from netc.runtime.data.images.decode import read_header, read_image

from .makers import image_port, label_port, pixels, write_image

BYTES_PORT = image_port(4, 4, 1, dtype="uint8")


def drawings(folder: Path, ink: int = 0, shade: int = 255) -> Path:
    """Two classes that differ in transparency alone: a column and a dot on nothing."""
    for name in ("bar", "dot"):
        for at in range(4):
            drawing = np.full((4, 4, 4), ink, np.uint8)
            drawing[..., 3] = 0
            drawing[slice(None) if name == "bar" else at, 1, 3] = shade
            write_image(folder / name / f"{at}.png", drawing)
    return folder


def values(spec: str, ports: list, card: Card | None = None) -> np.ndarray:
    _, rows = bind_part(open_data(spec, card=card), ports, card, "all")
    return rows.batch(np.arange(len(rows)))["image"]


@pytest.mark.parametrize(("option", "colour", "word"), [
    ("", (255, 255, 255), "white"), (":background=black", (0, 0, 0), "black"),
    (":background=#ff8000", (255, 128, 0), "#ff8000"),
])  # fmt: skip
@pytest.mark.parametrize("shade", [255, 51])
def test_transparency_is_composited_and_said(
    tmp_path: Path, option: str, colour: tuple[int, int, int], word: str, shade: int
) -> None:
    ports = [image_port(3, 4, 4), label_port(2)]
    data = open_data(f"{drawings(tmp_path, 60, shade)}{option}")
    assert f"transparency of 8 images composited on {word}" in data.notes
    bound = bind_data(data, ports)
    found = values(f"{tmp_path}{option}", ports)[0] * 255  # the first bar
    alpha = shade / 255
    assert np.allclose(found[:, :, 0], np.array(colour)[:, None], atol=1e-4)
    assert np.allclose(found[:, :, 1], (60 * alpha + np.array(colour) * (1 - alpha))[:, None], atol=1)
    assert bound.card.inputs[0].treated["transparency"] == "#" + "".join(f"{level:02x}" for level in colour)
    assert f"transparency on {word}" in input_line(bound.card.inputs[0])


def test_later_files_get_the_card_s_background(tmp_path: Path) -> None:
    ports = [image_port(3, 4, 4), label_port(2)]
    spec = str(drawings(tmp_path / "a"))
    card = bind_data(open_data(f"{spec}:background=#ff8000"), ports).card
    card = Card.from_json(json.loads(json.dumps(card.to_json())), "here")
    right = values(f"{spec}:background=#ff8000", ports)
    assert np.array_equal(values(spec, ports, card), right)
    asked = read_inputs([Path(spec)], ports, card=card)
    assert np.array_equal(asked.arrays["image"], right)
    assert "8 images: transparency composited on #ff8000" in asked.notes
    assert (values(f"{spec}:background=black", ports, card) != right).any()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1"])
def test_every_kind_of_transparency(tmp_path: Path, mode: str) -> None:
    """One pixel of ink 0 on transparent 0: only the transparency tells them apart."""
    path = tmp_path / "x.png"
    if mode in ("RGBA", "LA"):
        image = Image.new(mode, (3, 2))
        image.putpixel((1, 0), (0, 0, 0, 255) if mode == "RGBA" else (0, 255))
        image.save(path)
    else:
        image = Image.new(mode, (3, 2), 1)
        if mode == "P":
            image.putpalette([0, 0, 0, 9, 9, 9])
        image.putpixel((1, 0), 0)
        image.save(path, transparency=1)
    assert read_header(path).transparent
    expected = np.full((2, 3), 200)
    expected[0, 1] = 0
    assert np.array_equal(read_image(path, 1, background="#c8c8c8")[:, :, 0], expected)


def test_pictures_without_transparency_say_nothing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_image(tmp_path / name / "0.png", pixels(4, 4, 3))
    data = open_data(str(tmp_path))
    assert (data.notes, bind_data(data, [image_port(3, 4, 4), label_port(2)]).card.inputs[0].treated) == ((), {})


@pytest.mark.parametrize("text", ["red", "#fff", "#12345g", ""])
def test_a_background_is_a_colour(tmp_path: Path, text: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        open_data(f"{tmp_path}:background={text}")
    assert caught.value.diagnostics[0].code == "E510"


def deep(folder: Path, high: int, ending: str = "png") -> tuple[Path, np.ndarray]:
    """Two classes of 16-bit pictures with levels to `high`, and what they hold in the order of the files."""
    made = np.random.default_rng(1).integers(0, high + 1, (6, 4, 4)).astype(np.uint16)
    made[0, 0, 0] = high
    for at, picture in enumerate(made):
        write_image(folder / "ab"[at // 3] / f"{at}.{ending}", picture)
    return folder, made


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("high", "levels"), [(300, 1023), (4000, 4095), (4095, 4095), (9000, 16_383), (60_000, 65_535)]
)
def test_levels_are_kept_and_scaled_by_their_depth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool, high: int, levels: int
) -> None:
    if streamed:
        monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    folder, made = deep(tmp_path / "t", high)
    ports = [image_port(1, 4, 4), label_port(2)]
    stored = open_data(str(folder)).parts["all"].fields["image"]
    assert isinstance(stored, np.ndarray) is not streamed
    assert np.array_equal(stored[:][..., 0], made)
    card = bind_data(open_data(str(folder)), ports).card
    assert (card.inputs[0].levels, card.inputs[0].dtype) == (levels, "uint16")
    assert f"divided by {levels:,}" in input_line(card.inputs[0])
    assert np.allclose(values(str(folder), ports, card)[:, 0], made / levels, atol=1e-7)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_later_files_are_scaled_alike(tmp_path: Path, ending: str) -> None:
    folder, made = deep(tmp_path / "t", 4095)
    ports = [image_port(1, 4, 4), label_port(2)]
    card = bind_data(open_data(str(folder)), ports).card
    darker = tmp_path / "later"
    for at in range(3):
        write_image(darker / "ab"[at % 2] / f"{at}.{ending}", made[at] // 40)
    right = made[[0, 2, 1]] // 40 / 4095
    assert np.allclose(values(str(darker), ports, card)[:, 0], right, atol=1e-7)
    asked = read_inputs([darker], ports, card=card)
    assert np.allclose(asked.arrays["image"][:, 0], right, atol=1e-7)
    byte = write_image(tmp_path / "byte.png", pixels(4, 4))
    assert np.allclose(read_inputs([byte], ports, card=card).arrays["image"][0, 0], pixels(4, 4) / 255, atol=1e-7)
    np.savez(tmp_path / "d.npz", image=made, label=[0, 0, 0, 1, 1, 1])
    assert np.allclose(values(f"{tmp_path}/d.npz", ports, card)[:, 0], made / 4095, atol=1e-7)


def test_a_deep_picture_for_a_model_of_bytes(tmp_path: Path) -> None:
    ports = [image_port(1, 4, 4), label_port(2)]
    for name in ("a", "b"):
        write_image(tmp_path / "t" / name / "0.png", pixels(4, 4))
    card = bind_data(open_data(str(tmp_path / "t")), ports).card
    picture = write_image(tmp_path / "x.png", np.full((4, 4), 30_000, np.uint16))
    asked = read_inputs([picture], ports, card=card)
    assert np.allclose(asked.arrays["image"], 30_000 / 65_535)
    assert "1 image: 16 bits divided by 65,535, where the model was trained on others" in asked.notes


def test_bytes_beside_deep_pictures_take_the_whole_range(tmp_path: Path) -> None:
    write_image(tmp_path / "a" / "0.png", np.full((4, 4), 65_535, np.uint16))
    write_image(tmp_path / "b" / "0.png", np.full((4, 4), 51, np.uint8))
    found = values(str(tmp_path), [image_port(1, 4, 4), label_port(2)])
    assert np.allclose(found[:, 0, 0, 0], [1, 0.2])


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("port", [image_port(1, 4, 4), BYTES_PORT])
def test_later_bytes_beside_deep_pictures_are_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool, port: dict
) -> None:
    if streamed:
        monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    ports = [port, label_port(2)]
    card = bind_data(open_data(deep(tmp_path / "t", 4095)[0]), ports).card
    write_image(tmp_path / "u" / "a" / "0.png", pixels(4, 4))
    write_image(tmp_path / "u" / "b" / "1.png", np.full((4, 4), 4000, np.uint16))
    right = pixels(4, 4) if port is BYTES_PORT else pixels(4, 4) / 255
    for found in (
        values(f"{tmp_path}/u", ports, card)[0],
        rows_of(f"{tmp_path}/u", ports, card)[1].batch([0])["image"][0],
        read_inputs([tmp_path / "u"], ports, card=card).arrays["image"][0],
    ):
        assert np.allclose(found.reshape(4, 4), right, atol=0.5 / 4095)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("port", [image_port(1, 4, 4), BYTES_PORT])
def test_bytes_beside_deep_pictures_are_bytes_in_training_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool, port: dict
) -> None:
    """Before: stretched to 65,535 and divided by the levels of the part train, up to 64 times too bright."""
    if streamed:
        monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    ports, bright = [port, label_port(2)], np.full((4, 4), 240, np.uint8)
    deep(tmp_path / "t" / "train", 4095)
    for name, picture in (("a", bright), ("b", pixels(4, 4) // 8)):
        write_image(tmp_path / "t" / "val" / name / "0.png", picture)
    bound = bind_data(open_data(tmp_path / "t"), ports)
    right = np.stack([bright, pixels(4, 4) // 8]) / (1 if port is BYTES_PORT else 255)
    found = bound.held.batch([0, 1])["image"].reshape(2, 4, 4)
    assert bound.card.inputs[0].levels == 4095
    assert np.allclose(found, right, atol=0.5 / 4095)
    data = open_data(tmp_path / "t")
    assert np.array_equal(values(str(tmp_path / "t"), ports, bound.card)[6:].reshape(2, 4, 4), found)
    assert rows_of(open_data(tmp_path / "t"), ports, bound.card, "val")[1].fingerprint == bound.held.fingerprint
    followed = bind_data(data["val"], ports, bound.card)  # as with `--init`
    assert np.allclose(followed.train.batch([0])["image"].reshape(4, 4), right[1], atol=0.5 / 4095)
    both = rows_of(data[[0, 7]], ports, bound.card)[1].batch([1])["image"]
    assert np.allclose(both.reshape(4, 4), right[1], atol=0.5 / 4095)


@pytest.mark.parametrize("streamed", [False, True])
def test_dark_bytes_beside_deep_pictures_mean_the_same_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    """Levels come from what fills 16,383; before, bytes were still stretched to 65,535."""
    if streamed:
        monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    ports = [image_port(1, 4, 4), label_port(2)]
    write_image(tmp_path / "a" / "0.png", np.full((4, 4), 9000, np.uint16))
    write_image(tmp_path / "b" / "0.png", np.full((4, 4), 51, np.uint8))
    bound = bind_data(open_data(tmp_path), ports)
    found = np.sort([part.batch([0])["image"].max() for part in (bound.train, bound.held)])
    assert np.allclose(found, [0.2, 9000 / 16_383], atol=1e-4)
    assert np.allclose(values(str(tmp_path), ports, bound.card)[:, 0, 0, 0], [9000 / 16_383, 0.2], atol=1e-4)


def test_a_training_of_bytes_alone_divides_deep_pictures_by_white(tmp_path: Path) -> None:
    ports = [image_port(1, 4, 4), label_port(2)]
    for name in ("a", "b"):
        write_image(tmp_path / "train" / name / "0.png", np.full((4, 4), 51, np.uint8))
        write_image(tmp_path / "val" / name / "0.png", np.full((4, 4), 30_000, np.uint16))
    bound = bind_data(open_data(tmp_path), ports)
    assert np.allclose(bound.train.batch([0])["image"], 0.2)
    assert np.allclose(bound.held.batch([0])["image"], 30_000 / 65_535)


def test_a_later_background_is_of_the_levels_of_the_training(tmp_path: Path) -> None:
    ports = [image_port(3, 4, 4), label_port(2)]
    for at in range(4):
        wide_png(tmp_path / "t" / "ab"[at % 2] / f"{at}.png", np.full((4, 4, 3), 4095 - at, np.uint16))
    card = bind_data(open_data(tmp_path / "t"), ports).card
    wide_png(tmp_path / "u" / "a" / "0.png", np.zeros((4, 4, 4), np.uint16))
    assert (values(f"{tmp_path}/u", ports, card) == 1).all()
    assert (read_inputs([tmp_path / "u"], ports, card=card).arrays["image"] == 1).all()


def test_a_net_that_takes_bytes_gets_the_upper_ones(tmp_path: Path) -> None:
    folder, made = deep(tmp_path / "t", 4095)
    ports = [BYTES_PORT, label_port(2)]
    card = bind_data(open_data(str(folder)), ports).card
    right = np.rint(made / (4095 / 255)).astype(np.uint8)
    assert np.array_equal(values(str(folder), ports, card)[..., 0], right)
    assert np.array_equal(read_inputs([folder], ports, card=card).arrays["image"][..., 0], right)


def test_the_option_scale_says_another_divisor(tmp_path: Path) -> None:
    folder, made = deep(tmp_path / "t", 4095)
    ports = [image_port(1, 4, 4), label_port(2)]
    card = bind_data(open_data(f"{folder}:scale=1000"), ports).card
    assert np.allclose(values(str(folder), ports, card)[:, 0], made / 1000)


def test_deep_pictures_are_resized_with_their_levels(tmp_path: Path) -> None:
    folder, made = deep(tmp_path / "t", 4095)
    found = open_data(f"{folder}:size=2").parts["all"].fields["image"][..., 0].astype(float)
    means = made.reshape(6, 2, 2, 2, 2).mean((2, 4))
    assert np.corrcoef(found.ravel(), means.ravel())[0, 1] > 0.9
    assert found.max() > 255


def wide_png(path: Path, colours: np.ndarray) -> Path:
    """Written by hand: Pillow writes no 16-bit colour."""
    height, width, channels = colours.shape
    kind = {2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in colours)
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held)) for name, held in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def wide_tiff(path: Path, colours: np.ndarray) -> Path:
    """One strip of 16-bit RGB, little-endian."""
    height, width, channels = colours.shape
    at = 8 + 2 + 12 * 9 + 4
    held = colours.astype("<u2").tobytes()
    entries = [(256, width), (257, height), (258, at), (259, 1), (262, 2), (273, at + 2 * channels), (277, channels),
               (278, height), (279, len(held))]  # fmt: skip
    body = b"II*\0" + struct.pack("<IH", 8, len(entries))
    for tag, value in entries:
        body += struct.pack("<HHII", tag, 3 if tag == 258 else 4, channels if tag == 258 else 1, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body + struct.pack("<I", 0) + struct.pack("<3H", 16, 16, 16) + held)
    return path


@pytest.mark.parametrize("write", [wide_png, wide_tiff])
@pytest.mark.parametrize("high", [4095, 65_535])
def test_colour_keeps_its_levels(tmp_path: Path, write, high: int) -> None:
    made = np.random.default_rng(2).integers(0, high + 1, (4, 4, 4, 3)).astype(np.uint16)
    made[0, 0, 0] = high
    for at, picture in enumerate(made):
        write(tmp_path / "ab"[at // 2] / f"{at}.{'png' if write is wide_png else 'tif'}", picture)
    data, ports = open_data(str(tmp_path)), [image_port(3, 4, 4), label_port(2)]
    assert np.array_equal(data.parts["all"].fields["image"], made)
    assert data.notes == ()
    card = bind_data(data, ports).card
    assert card.inputs[0].levels == high
    assert np.allclose(read_inputs([tmp_path], ports, card=card).arrays["image"], made.transpose(0, 3, 1, 2) / high)
    grey = open_data(f"{tmp_path}:channels=1").parts["all"].fields["image"][..., 0]
    assert np.abs(grey - made @ np.array([0.299, 0.587, 0.114])).max() <= 0.5


def test_transparency_of_deep_colour(tmp_path: Path) -> None:
    made = np.random.default_rng(3).integers(0, 65_536, (4, 4, 4)).astype(np.uint16)
    path = wide_png(tmp_path / "x.png", made)
    assert read_header(path).transparent
    alpha = made[..., 3:] / 65_535
    right = made[..., :3] * alpha + 257 * np.array([255, 128, 0]) * (1 - alpha)
    assert np.abs(read_image(path, 3, background="#ff8000", deep=True) - right).max() <= 0.5
    for channels in (1, 3):  # as bytes the same picture, but for the rounding
        byte = read_image(path, channels, background="#ff8000").astype(int)
        assert np.abs(byte - read_image(path, channels, background="#ff8000", deep=True) / 257).max() <= 2


def test_what_is_reduced_to_8_bits_is_said(tmp_path: Path) -> None:
    """Colour of 16 bits in PPM, and grey of 16 bits with transparency, which Pillow has no way to read."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        body = np.full((4, 4, 3), 0x8001, ">u2").tobytes()
        (tmp_path / name / "0.ppm").write_bytes(b"P6 4 4 65535\n" + body)
        wide_png(tmp_path / name / "1.png", np.full((4, 4, 2), 0xFFFF, np.uint16))
    assert open_data(str(tmp_path)).notes[-1] == "4 images of 16 bits read as 8"


@pytest.mark.parametrize(
    "change",
    [{"levels": 0}, {"levels": -3}, {"levels": 65_536}, {"levels": "4095"}, {"treated": {"transparency": "zz"}}],
)
def test_a_card_with_other_things_in_it_is_refused(tmp_path: Path, change: dict) -> None:
    folder, _ = deep(tmp_path / "t", 4095)
    card = bind_data(open_data(str(folder)), [image_port(1, 4, 4), label_port(2)]).card.to_json()
    text = json.loads(json.dumps(card))
    text["inputs"][0] |= change
    with pytest.raises(DiagnosticError) as caught:
        Card.from_json(text, "model.onnx")
    assert caught.value.diagnostics[0].code == "E524"


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "gif", "webp", "tif", "ppm"])
@pytest.mark.parametrize("damage", ["cut", "extra"])
def test_one_rule_for_a_file_whatever_the_amount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, damage: str
) -> None:
    """A damaged file is refused by name before the training, or read to the same pixels, now and later."""
    for at in range(3):
        write_image(tmp_path / "ab"[at % 2] / f"{at}.{ending}", pixels(40, 30, 3, seed=at))
    path = tmp_path / "a" / f"2.{ending}"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if damage == "cut" else content + bytes(9000))

    def outcome() -> object:
        try:
            return open_data(str(tmp_path)).parts["all"].fields["image"][:].tolist()
        except DiagnosticError as wrong:
            return wrong.diagnostics[0].message

    now = outcome()
    monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    assert outcome() == now
    assert isinstance(now, list) or str(path) in now
    assert isinstance(now, str) is (damage == "cut")
