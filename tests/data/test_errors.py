"""Every fault names its file and its row, before training starts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data
from netc.runtime.data.spec import parse_spec

from .makers import image_port, label_port, pixels, write_cifar, write_idx, write_image, write_mnist

PORTS = [image_port(1, 4, 4), label_port(3)]


def saved(tmp_path: Path, **arrays: np.ndarray) -> str:
    np.savez(tmp_path / "d.npz", **arrays)
    return str(tmp_path / "d.npz")


def good(rows: int = 6) -> dict[str, np.ndarray]:
    return {"train_images": pixels(rows, 4, 4), "train_labels": np.zeros(rows, np.int64),
            "test_images": pixels(2, 4, 4), "test_labels": np.zeros(2, np.int64)}  # fmt: skip


@pytest.mark.parametrize("code", [f"E5{number:02}" for number in range(12)])
def test_codes_are_explained(code):
    import netc.grammar

    text = (Path(netc.grammar.__file__).parent / "codes" / f"{code}.md").read_text()
    assert text.startswith("# ")
    assert code in text or code == "E5"


def test_nothing_there(fails):
    found = fails("E500", lambda: open_data("digit"), "`digit`")
    assert "digits" in found.help
    fails("E500", lambda: open_data("a\0b"))
    fails("E500", lambda: open_data(""))


def test_unknown_kinds(tmp_path, fails):
    (tmp_path / "x.txt").write_text("hello")
    fails("E501", lambda: open_data(str(tmp_path / "x.txt")), "x.txt")
    fails("E501", lambda: open_data(str(tmp_path)), str(tmp_path))


@pytest.mark.parametrize("options", [
    "size=0", "size=-3", "size=1e3", "size=9x", "channels=2", "scale=0", "scale=nan", "validation=1", "validation=0",
    "test=train", "sized=3", "size=4,scale",
])  # fmt: skip
def test_options_out_of_range(options, fails):
    found = fails("E510", lambda: parse_spec(f"digits:{options}"))
    assert found.notes or found.help


def test_did_you_mean_an_option(fails):
    assert "`size`" in fails("E510", lambda: parse_spec("photos:siez=3")).help


def test_a_path_with_colons_is_a_path(tmp_path):
    path = tmp_path / "a:b=c.npz"
    np.savez(path, **good())
    assert open_data(str(path)).name == "a:b=c.npz"
    assert parse_spec("C:\\data\\mnist.npz")[0] == "C:\\data\\mnist.npz"


def test_labels_out_of_range(tmp_path, fails):
    arrays = good()
    arrays["train_labels"][[2, 4]] = [3, -1]
    path = saved(tmp_path, **arrays)
    found = fails("E505", lambda: bind_data(open_data(path), PORTS), "d.npz, train_labels[2] is 3", "0 to 2")
    assert found.notes == ("1 more row has the same fault",)
    arrays["train_labels"][:] = 0
    arrays["test_labels"][1] = -1
    path = saved(tmp_path, **arrays)
    fails("E505", lambda: bind_data(open_data(path), PORTS), "d.npz, test_labels[1] is -1")


def test_labels_name_the_row_of_the_file_after_a_seeded_split(tmp_path, fails):
    labels = np.zeros(40, np.int64)
    labels[33] = 9
    path = saved(tmp_path, image=pixels(40, 4, 4), label=labels)
    fails("E505", lambda: bind_data(open_data(path), PORTS), "label[33] is 9")


def test_labels_that_are_not_whole(tmp_path, fails):
    path = saved(tmp_path, **good() | {"train_labels": np.array([0, 1, 0.5, 0, 0, 0])})
    fails("E505", lambda: bind_data(open_data(path), PORTS), "train_labels[2] is 0.5", "whole number")


def test_whole_numbers_that_the_type_has_no_place_for(tmp_path, fails):
    numbers = np.full((6, 2), 3, np.uint64)
    numbers[4, 1] = 2**63 + 5
    path = saved(tmp_path, k=numbers, label=np.zeros(6, np.int64))
    ports = [image_port(2, dtype="int64", name="k"), label_port()]
    fails("E505", lambda: bind_data(open_data(path), ports), "k[4] is 9223372036854775813", "a number that int64 holds")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(tmp_path, fails, value):
    images = pixels(6, 4, 4).astype(np.float32)
    images[5, 1, 1] = value
    path = saved(tmp_path, **good() | {"train_images": images})
    fails("E506", lambda: bind_data(open_data(path), PORTS), "train_images[5]", str(value))


def test_several_faults_at_once(tmp_path):
    images, labels = pixels(6, 4, 4).astype(np.float32), np.zeros(6, np.int64)
    images[1], labels[2] = np.nan, 7
    path = saved(tmp_path, **good() | {"train_images": images, "train_labels": labels})
    with pytest.raises(DiagnosticError) as caught:
        bind_data(open_data(path), PORTS)
    assert [found.code for found in caught.value.diagnostics] == ["E506", "E505"]


def test_shapes_that_do_not_fit(tmp_path, fails):
    path = saved(tmp_path, **good() | {"train_images": pixels(6, 5, 4)})
    found = fails("E504", lambda: bind_data(open_data(path), PORTS), "d.npz, train_images", "5x4", "1x4x4")
    assert "`input image: 1x5x4`" in found.help
    found = fails(
        "E504", lambda: bind_data(open_data("digits"), [image_port(63), label_port(10)]), "digits, train image:"
    )
    assert "`input image: [64]`" in found.help
    path = saved(tmp_path, **good() | {"test_images": pixels(2, 3, 4)})
    fails("E504", lambda: bind_data(open_data(path), PORTS), "d.npz, test_images")
    path = saved(tmp_path, **good() | {"train_labels": np.zeros((6, 3), np.int64)})
    found = fails("E504", lambda: bind_data(open_data(path), PORTS), "train_labels")
    assert found.help == "give one label for each example, or let the net predict a class at each position"
    places = {**label_port(2, "mask"), "shape": ["N", 4, 4]}
    path = saved(tmp_path, image=pixels(4, 4, 4), mask=np.zeros(4, np.int64))
    found = fails("E504", lambda: bind_data(open_data(path), [image_port(1, 4, 4), places]), "mask")
    assert found.help == "give one label for each position"


def test_named_sizes_agree(tmp_path, fails):
    path = saved(tmp_path, image=pixels(4, 6, 5), mask=np.zeros((4, 6, 6), np.int64))
    ports = [image_port(1, "H", "W"), {**label_port(2, "mask"), "shape": ["N", "H", "W"]}]
    fails("E504", lambda: bind_data(open_data(path), ports), "mask")


def test_fields_that_are_missing(tmp_path, fails):
    path = saved(tmp_path, left=pixels(4, 4, 4), lable=np.zeros(4))
    ports = [image_port(1, 4, 4, name="left"), image_port(1, 4, 4, name="right"), label_port(2)]
    with pytest.raises(DiagnosticError) as caught:
        bind_data(open_data(path), ports)
    texts = {found.message: found for found in caught.value.diagnostics}
    assert {found.code for found in texts.values()} == {"E503"}
    assert any("`label`" in text and found.help == "use `lable`" for text, found in texts.items())


def test_lengths_that_differ(tmp_path, fails):
    path = saved(tmp_path, **good() | {"train_labels": np.zeros(5, np.int64)})
    fails("E509", lambda: open_data(path), "train_images has 6 rows", "train_labels has 5 rows")


def test_no_rows(tmp_path, fails):
    path = saved(tmp_path, x=np.zeros((0, 4)), label=np.zeros(0, np.int64))
    fails("E508", lambda: bind_data(open_data(path), [image_port(4, name="x"), label_port()]), "0 rows")
    path = saved(tmp_path, **good() | {"test_images": pixels(0, 4, 4), "test_labels": np.zeros(0, np.int64)})
    fails("E508", lambda: bind_data(open_data(path), PORTS), "hold out")
    path = saved(tmp_path, test_x=np.zeros((3, 4)), test_label=np.zeros(3, np.int64))
    fails("E508", lambda: bind_data(open_data(path), [image_port(4, name="x"), label_port()]), "train on")
    fails("E508", lambda: open_data(saved(tmp_path)))


def test_pickles_are_never_loaded(tmp_path, fails):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    path = saved(tmp_path, image=np.array([Bomb()], object), label=np.zeros(1))
    fails("E507", lambda: open_data(path), "image is pickled")
    assert not (tmp_path / "exploded").exists()
    (tmp_path / "cifar").mkdir()
    (tmp_path / "cifar" / "data_batch_1").write_bytes(b"\x80\x02}q")
    fails("E507", lambda: open_data(str(tmp_path / "cifar")), "data_batch_1")


def test_numbers_that_are_no_numbers(tmp_path, fails):
    path = saved(tmp_path, image=np.zeros((4, 4), complex), label=np.zeros(4))
    fails("E507", lambda: open_data(path), "complex128")
    path = saved(tmp_path, **{name: values.astype(np.float32) for name, values in good().items()})
    fails(
        "E507",
        lambda: bind_data(open_data(path), [image_port(4, 4, 1, dtype="uint8"), label_port(3)]),
        "float32",
        "uint8",
    )


def test_text_is_for_labels_alone(tmp_path, fails):
    path = saved(tmp_path, image=np.array(["a", "b", "a", "b"]), label=np.array(["cat", "dog", "cat", "owl"]))
    assert open_data(path).class_names == ("cat", "dog", "owl")
    fails("E507", lambda: bind_data(open_data(path), [image_port(), label_port(3)]), "d.npz, image holds text")


def test_archives_cut_short(tmp_path, fails):
    whole = Path(saved(tmp_path, **good(400))).read_bytes()
    cut = tmp_path / "cut.npz"
    cut.write_bytes(whole[: len(whole) // 2])
    fails("E502", lambda: open_data(str(cut)), "cut.npz")
    changed = bytearray(whole)
    changed[len(whole) // 3] ^= 0xFF
    cut.write_bytes(bytes(changed))
    fails("E502", lambda: open_data(str(cut)), "cut.npz", "train_images")
    np.save(tmp_path / "one.npy", np.zeros(3))
    fails("E501", lambda: open_data(str(tmp_path / "one.npy")), "one.npy")


def test_idx_faults(tmp_path, fails):
    folder = write_mnist(tmp_path / "m", pixels(6, 28, 28), np.arange(6))
    images = folder / "train-images-idx3-ubyte"
    whole = images.read_bytes()
    images.write_bytes(whole[:2000])
    fails("E502", lambda: open_data(str(folder)), str(images), "byte 2,000", "row 2 of 4")
    images.write_bytes(whole + b"x")
    fails("E502", lambda: open_data(str(folder)), str(images), f"byte {len(whole):,}")
    images.write_bytes(b"\x89PNG" + whole)
    fails("E502", lambda: open_data(str(folder)), "89 50 4e 47")
    images.write_bytes(whole[:9])
    fails("E502", lambda: open_data(str(folder)), "header")
    images.write_bytes(whole[:4] + b"\xff" * 12)
    fails("E502", lambda: open_data(str(folder)), "claims")
    write_idx(images, pixels(3, 28, 28))
    fails("E509", lambda: open_data(str(folder)), "3 rows", "4 rows")
    (folder / "train-labels-idx1-ubyte").unlink()
    fails("E503", lambda: open_data(str(folder)), "labels")


def test_a_damaged_gzip(tmp_path, fails):
    folder = write_mnist(tmp_path / "m", pixels(6, 28, 28), np.arange(6), zipped=True)
    images = folder / "train-images-idx3-ubyte.gz"
    images.write_bytes(images.read_bytes()[:-100])
    fails("E502", lambda: open_data(str(folder)), str(images), "gzip")


def test_cifar_faults(tmp_path, fails):
    folder = write_cifar(tmp_path / "c", pixels(8, 3, 32, 32), np.zeros(8, int))
    batch = folder / "data_batch_2.bin"
    whole = batch.read_bytes()
    batch.write_bytes(whole[:-1])
    fails("E502", lambda: open_data(str(folder)), "data_batch_2.bin", "row 2")
    batch.write_bytes(whole[:3073] + b"\x0a" + whole[3074:])
    fails("E502", lambda: open_data(str(folder)), "data_batch_2.bin", "row 1", "byte 3,073", "label 10")


def test_cifar_labels_beyond_the_net_name_their_file(tmp_path, fails):
    write_cifar(tmp_path / "c", pixels(8, 3, 32, 32), np.array([0, 0, 0, 0, 9, 0, 0, 0]))
    ports = [image_port(3, 32, 32), label_port(5)]
    fails("E505", lambda: bind_data(open_data(str(tmp_path / "c")), ports), "data_batch_2.bin, row 1")


def test_images_that_are_damaged(tmp_path, fails):
    for at in range(3):
        write_image(tmp_path / "a" / f"{at}.png", pixels(16, 16, 3, seed=at))
    broken = tmp_path / "a" / "1.png"
    broken.write_bytes(broken.read_bytes()[:300])
    fails("E502", lambda: open_data(str(tmp_path)), str(broken))
    broken.write_bytes(b"no image at all")
    fails("E502", lambda: open_data(str(tmp_path)), str(broken), "not an image")


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_large_folders_still_find_what_is_cut_off(tmp_path, fails, monkeypatch, ending):
    import netc.runtime.data.images.pictures as folder

    monkeypatch.setattr(folder, "IN_MEMORY", 0)
    write_image(tmp_path / "a" / f"0.{ending}", pixels(64, 64, 3))
    broken = write_image(tmp_path / "a" / f"1.{ending}", pixels(64, 64, 3))
    broken.write_bytes(broken.read_bytes()[:-40])
    fails("E502", lambda: open_data(str(tmp_path)), str(broken), "cut off")


def test_images_of_different_sizes(tmp_path, fails):
    write_image(tmp_path / "a" / "0.png", pixels(8, 8))
    odd = write_image(tmp_path / "a" / "1.png", pixels(8, 9))
    found = fails("E504", lambda: open_data(str(tmp_path)), str(odd), "8x9", "8x8")
    assert "size=8" in found.help


def test_the_way_out_for_images_of_another_size(tmp_path, fails):
    for at in range(2):
        write_image(tmp_path / "a" / f"{at}.png", pixels(8, 8, 3))
    found = fails("E504", lambda: bind_data(open_data(str(tmp_path)), PORTS), "8x8x3", "1x4x4")
    assert ":size=4x4,channels=1" in found.help
    bind_data(open_data(f"{tmp_path}:size=4x4,channels=1"), PORTS)


def test_a_class_that_training_lacks(tmp_path, fails):
    for name in ("train/cat", "train/dog", "test/cta"):
        write_image(tmp_path / name / "0.png", pixels(4, 4))
    assert "`cat`" in fails("E503", lambda: open_data(str(tmp_path)), "cta").help


@pytest.mark.parametrize(("text", "code", "parts"), [
    ("", "E508", ["no rows"]),
    ("a,b\n", "E508", ["no rows"]),
    ("a,b\n1,2\n3\n", "E511", ["line 3 has 1 value", "expected 2"]),
    ("a,b\n1,2\n\n3,4,5\n", "E511", ["line 4 has 3 values"]),
    ("a,label\n1,0\nx,0\n", "E511", ["line 3, column a holds `x`"]),
    ("a,label\n1,0\n2,\n", "E511", ["line 3, column label holds nothing"]),
    ("a,a\n1,0\n", "E511", ["line 1", "`a`"]),
    ("a,\n1,0\n", "E511", ["column 2 has no name"]),
    ("1,2\n3,4\n", "E511", ["line 1 holds numbers"]),
    ('a,b\n"1,2\n', "E511", []),
    ("file,label\nnope.png,1\n", "E500", ["line 2", "nope.png"]),
])  # fmt: skip
def test_csv_faults(tmp_path, fails, text, code, parts):
    path = tmp_path / "t.csv"
    path.write_text(text)
    ports = [image_port(name="a"), label_port(2)]
    fails(code, lambda: bind_data(open_data(str(path)), ports), "t.csv", *parts)


def test_csv_that_is_not_text(tmp_path, fails):
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,\xff\n")
    fails("E502", lambda: open_data(str(tmp_path / "t.csv")), "byte 6")


def test_csv_values_name_their_line(tmp_path, fails):
    path = tmp_path / "t.csv"
    path.write_text("a,label\n1,0\n\nnan,0\n1,5\n")
    with pytest.raises(DiagnosticError) as caught:
        bind_data(open_data(str(path)), [image_port(name="a"), label_port(2)])
    texts = [found.message for found in caught.value.diagnostics]
    assert any("line 4, column a is nan" in text for text in texts)
    assert any("line 5, column label is 5" in text for text in texts)


@pytest.mark.parametrize(("columns", "size"), [("a,b", 2), ("b", 1)])
def test_a_text_among_the_numbers_of_another_part_is_named(tmp_path, fails, columns, size):
    values = "1," if size == 2 else ""
    (tmp_path / "train.csv").write_text(f"label,{columns}\n0,{values}3\n1,{values}4\n2,{values}5\n")
    (tmp_path / "test.csv").write_text(f"label,{columns}\n0,{values}6\n1,{values}seven\n")
    ports = [image_port(size, name="x"), label_port(3)]
    fails("E511", lambda: bind_data(open_data(str(tmp_path)), ports), "test.csv, line 3, column b", "`seven`")
