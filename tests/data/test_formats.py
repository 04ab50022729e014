"""Every format: what is written by hand comes back as the net takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netc.runtime.data import bind_data, open_data
from netc.runtime.data.arrays import part_and_field
from netc.runtime.data.given import bind

from .makers import image_port, label_port, pixels, value_port, write_cifar, write_idx, write_image, write_mnist


def everything(part) -> dict[str, np.ndarray]:
    return part.batch(np.arange(len(part)))


def test_digits_are_the_real_ones():
    data = open_data("digits")
    assert data.split_note == "given: 1,500 train, 297 test"
    bound = bind_data(data, [image_port(1, 8, 8), label_port()])
    train, test = everything(bound.train), everything(bound.held)
    images = np.concatenate([train["image"], test["image"]])
    labels = np.concatenate([train["label"], test["label"]])
    assert images.shape == (1797, 1, 8, 8)
    assert images.dtype == np.float32
    assert labels.dtype == np.int64
    # the published data set: its class counts and the sum of all its 0..16 pixels
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert round(float(images.astype(np.float64).sum() * 16)) == 561_718
    assert len(np.unique(images.reshape(1797, -1), axis=0)) == 1797


def test_npz_with_parts(tmp_path):
    images, labels = pixels(6, 5, 4), np.array([0, 1, 2, 0, 1, 2])
    path = tmp_path / "d.npz"
    np.savez(path, x_train=images[:4], y_train=labels[:4], x_test=images[4:], y_test=labels[4:])
    data = open_data(str(path))
    assert data.split_note == "given: 4 train, 2 test"
    bound = bind_data(data, [image_port(1, 5, 4), label_port(3)])
    assert np.array_equal(everything(bound.train)["image"], images[:4, None].astype(np.float32) / np.float32(255))
    assert everything(bound.held)["label"].tolist() == [1, 2]


@pytest.mark.parametrize("names", [
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("image_train", "label_train", "image_val", "label_val"),
    ("X_train", "y_train", "X_valid", "y_valid"),
    ("trainX", "trainY", "testX", "testY"),
])  # fmt: skip
def test_npz_knows_the_usual_names(tmp_path, names):
    path = tmp_path / "d.npz"
    arrays = (pixels(3, 4, 4), np.arange(3), pixels(2, 4, 4), np.arange(2))
    np.savez(path, **dict(zip(names, arrays, strict=True)))
    bound = bind_data(open_data(str(path)), [image_port(1, 4, 4), label_port(3)])
    assert (len(bound.train), len(bound.held)) == (3, 2)


def test_three_parts_choose_by_val_and_keep_test_for_the_end(tmp_path):
    path = tmp_path / "d.npz"
    arrays = {f"{part}_{field}": np.zeros(n, np.int64) for part, n in (("train", 4), ("val", 2), ("test", 3))
              for field in ("x", "label")}  # fmt: skip
    np.savez(path, **arrays)
    data = open_data(str(path))
    assert data.split_note == "given: 4 train, 2 val, 3 test"
    bound = bind_data(data, [image_port(name="x"), label_port()])
    assert [len(part) for part in (bound.train, bound.held, bound.final)] == [4, 2, 3]
    assert open_data(f"{path}:test=test").split_note == "given: 4 train, 3 test; 2 val not used"
    assert len(open_data(f"{path}:test=val").held) == 2


def test_one_part_is_split_by_seed(tmp_path):
    path = tmp_path / "d.npz"
    np.savez(path, x=np.arange(50.0), label=np.arange(50) % 5)
    first, again, other = (open_data(str(path), seed=seed) for seed in (0, 0, 1))
    assert first.split_note == "seeded split 90/10, seed 0: 45 train, 5 held out"
    rows = [everything(part)["x"] for part in (first.train, first.held)]
    assert sorted(np.concatenate(rows)) == list(range(50))
    assert np.array_equal(rows[1], everything(again.held)["x"])
    assert not np.array_equal(rows[1], everything(other.held)["x"])
    assert len(open_data(f"{path}:validation=0.5").held) == 25


@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_files(tmp_path, zipped):
    images, labels = pixels(7, 28, 28), np.array([5, 0, 4, 1, 9, 2, 1])
    write_mnist(tmp_path / "mnist", images, labels, zipped=zipped)
    data = open_data(str(tmp_path / "mnist"))
    assert data.split_note == "given: 5 train, 2 test"
    bound = bind_data(data, [image_port(1, 28, 28), label_port()])
    assert np.array_equal(everything(bound.train)["image"][:, 0], images[:5].astype(np.float32) / np.float32(255))
    assert everything(bound.held)["label"].tolist() == [2, 1]


def test_idx_of_wider_numbers(tmp_path):
    from netc.runtime.data.formats.idx import read_idx

    values = np.array([[[1, -2], [300, 4]]], ">i2")
    assert read_idx(write_idx(tmp_path / "a", values, code=0x0B), axes=3).tolist() == [[[1, -2], [300, 4]]]


@pytest.mark.parametrize("nested", [False, True])
def test_cifar_files(tmp_path, nested):
    images, labels = pixels(8, 3, 32, 32), np.array([3, 8, 8, 0, 6, 6, 1, 6])
    folder = tmp_path / "cifar"
    folder.mkdir()
    write_cifar(folder / "cifar-10-batches-bin" if nested else folder, images, labels)
    data = open_data(str(folder))
    assert data.class_names[:2] == ("plane", "car")
    bound = bind_data(data, [image_port(3, 32, 32), label_port()])
    assert np.array_equal(everything(bound.train)["image"], images[:6].astype(np.float32) / np.float32(255))
    assert everything(bound.train)["label"].tolist() == [3, 8, 8, 0, 6, 6]
    assert everything(bound.held)["label"].tolist() == [1, 6]


def test_folder_of_images(tmp_path):
    made = {name: pixels(6, 4, 3, seed=seed) for seed, name in enumerate(("cat", "dog", "owl"))}
    for part in ("train", "test"):
        for name, image in made.items():
            write_image(tmp_path / part / name / "1.png", image)
    (tmp_path / "train" / "cat" / "notes.txt").write_text("passed over")
    data = open_data(str(tmp_path))
    assert data.class_names == ("cat", "dog", "owl")
    rows = everything(bind_data(data, [image_port(3, 6, 4), label_port(3)]).train)
    assert rows["label"].tolist() == [0, 1, 2]
    assert np.array_equal(rows["image"][1], made["dog"].transpose(2, 0, 1).astype(np.float32) / np.float32(255))
    as_bytes = everything(bind_data(data, [image_port(6, 4, 3, dtype="uint8"), label_port(3)]).train)
    assert np.array_equal(as_bytes["image"][2], made["owl"])


def test_folder_of_numbers_is_sorted_as_numbers(tmp_path):
    for name in ("0", "2", "10"):
        write_image(tmp_path / name / "a.png", pixels(4, 4))
    assert open_data(str(tmp_path)).class_names == ("0", "2", "10")


def test_images_are_scaled_and_greyed_when_asked(tmp_path):
    write_image(tmp_path / "a" / "1.png", np.full((8, 8, 3), 200, np.uint8))
    write_image(tmp_path / "b" / "2.png", np.full((5, 9), 100, np.uint8))
    data = open_data(f"{tmp_path}:size=4x6,channels=1,validation=0.5")
    bound = bind_data(data, [image_port(1, 4, 6), label_port(2)])
    values = {float(part.batch([0])["image"].mean() * 255) for part in (bound.train, bound.held)}
    assert sorted(round(value) for value in values) == [100, 200]


def test_large_folders_are_decoded_when_needed(tmp_path, monkeypatch):
    import netc.runtime.data.images.pictures as folder

    for name in ("a", "b"):
        for at in range(3):
            write_image(tmp_path / name / f"{at}.png", pixels(4, 4, 3, seed=at))
    eager = bind_data(open_data(str(tmp_path)), [image_port(3, 4, 4), label_port(2)])
    monkeypatch.setattr(folder, "IN_MEMORY", 0)
    lazy_data = open_data(str(tmp_path))
    assert not isinstance(lazy_data.train.fields["image"], np.ndarray)
    lazy = bind_data(lazy_data, [image_port(3, 4, 4), label_port(2)])
    assert np.array_equal(everything(eager.train)["image"], everything(lazy.train)["image"])
    assert np.array_equal(everything(eager.held)["image"], everything(lazy.held)["image"])


def test_sixteen_bit_images(tmp_path):
    write_image(tmp_path / "a" / "1.png", np.full((2, 2), 65_535, np.uint16))
    write_image(tmp_path / "a" / "2.png", np.full((2, 2), 257 * 7, np.uint16))
    data = open_data(str(tmp_path))
    assert sorted(int(part.batch([0])["image"].max()) for part in (data.train, data.held)) == [257 * 7, 65_535]


def test_csv_of_pixels(tmp_path):
    path = tmp_path / "digits.csv"
    path.write_text("label,pixel0,pixel1,pixel2,pixel3\n7,0,255,0,51\n\n3,0,0,0,102\n")
    data = open_data(f"{path}:scale=255")
    bound = bind_data(data, [image_port(1, 2, 2), label_port()])
    parts = [everything(part) for part in (bound.train, bound.held)]
    first = next(part for part in parts if part["label"][0] == 7)
    assert np.allclose(first["image"], [[[[0, 1], [0, 0.2]]]], atol=1e-7)


def test_csv_of_named_columns_and_classes(tmp_path):
    path = tmp_path / "iris.csv"
    rows = ["5.1;3.5;setosa", "6.2;2.9;virginica", "5.9;3.0;versicolor", "4.9;3.1;setosa"]
    path.write_text("\ufeffsepal;petal;class\r\n" + "\r\n".join(rows) + "\r\n", encoding="utf-8")
    data = open_data(f"{path}:validation=0.25")
    assert data.class_names == ("setosa", "versicolor", "virginica")
    bound = bind_data(data, [image_port(2, name="flower"), label_port(3)])
    found = {tuple(np.round(row, 1).tolist()): int(label) for part in (bound.train, bound.held)
             for row, label in zip(everything(part)["flower"], everything(part)["label"], strict=True)}  # fmt: skip
    assert found[(np.float32(6.2).round(1).item(), np.float32(2.9).round(1).item())] == 2


def test_csv_for_regression_and_two_inputs(tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text("rooms,size1,size2,price\n3,70,2,1.5\n4,90,1,2.5\n2,40,9,0.5\n")
    bound = bind_data(open_data(str(path)), [image_port(name="rooms"), image_port(2, name="size"), value_port(1)])
    rows = [everything(part) for part in (bound.train, bound.held)]
    table = {float(room): (size.tolist(), float(price)) for part in rows
             for room, size, price in zip(part["rooms"], part["size"], part["price"][:, 0], strict=True)}  # fmt: skip
    assert table == {3.0: ([70.0, 2.0], 1.5), 4.0: ([90.0, 1.0], 2.5), 2.0: ([40.0, 9.0], 0.5)}


def test_csv_of_image_files(tmp_path):
    for at in range(3):
        write_image(tmp_path / "img" / f"{at}.png", np.full((4, 4), 50 * at, np.uint8))
    (tmp_path / "list.csv").write_text("file,label\nimg/0.png,a\nimg/1.png,b\nimg/2.png,a\n")
    bound = bind_data(open_data(str(tmp_path / "list.csv")), [image_port(1, 4, 4), label_port(2)])
    rows = {round(float(image.mean() * 255)): int(label) for part in (bound.train, bound.held)
            for image, label in zip(everything(part)["image"], everything(part)["label"], strict=True)}  # fmt: skip
    assert rows == {0: 0, 50: 1, 100: 0}


def test_csv_with_parts(tmp_path):
    (tmp_path / "train.csv").write_text("x,label\n1,dog\n2,cat\n3,cat\n")
    (tmp_path / "test.csv").write_text("x,label\n4,dog\n")
    data = open_data(str(tmp_path))
    assert data.split_note == "given: 3 train, 1 test"
    bound = bind_data(data, [image_port(1, name="v"), label_port(2)])
    assert everything(bound.train)["label"].tolist() == [1, 0, 0]
    assert everything(bound.held)["label"].tolist() == [1]


@pytest.mark.parametrize(("stored", "wanted"), [
    ((3, 8, 6), (3, 8, 6)), ((8, 6, 3), (3, 8, 6)), ((8, 6), (1, 8, 6)), ((8, 6, 1), (1, 8, 6)),
    ((8, 6, 3), (3, "H", "W")), ((8, 6), (1, "H", "W")), ((48,), (1, 8, 6)), ((8, 6), (48,)), ((8, 6, 3), (144,)),
    ((1, 8, 6), (8, 6)), ((8, 6), (8, 6)), ((), (1,)), ((1,), ()),
])  # fmt: skip
def test_layouts(tmp_path, stored, wanted):
    """The oracle writes channels first by hand."""
    values = pixels(5, *stored).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=values, label=np.zeros(5, np.int64))
    part = bind_data(open_data(f"{tmp_path / 'd.npz'}:scale=1"), [image_port(*wanted), label_port()]).train
    kept = open_data(str(tmp_path / "d.npz")).train.batch([0])["x"][0]
    expected = np.moveaxis(kept, -1, 0) if stored == (8, 6, 3) else kept
    got = part.batch([0])["image"]
    assert got.flags.c_contiguous
    assert np.array_equal(got.ravel(), expected.ravel())
    assert all(isinstance(want, str) or want == size for want, size in zip(wanted, got.shape[1:], strict=True))


def test_bytes_after_a_picture_s_end_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether pictures are decoded now or later: cameras write a film after some."""
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(3):
            Image.new("RGB", (16, 16), (10 * number, 20, 30)).save(tmp_path / label / f"{number}.jpg")
    with (tmp_path / "a/1.jpg").open("ab") as stream:
        stream.write(b"\0\0\0\x18ftypmp42" + bytes(200_000))
    now = open_data(str(tmp_path))
    monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    later = open_data(str(tmp_path))
    for part in ("train", "test"):
        one, other = (getattr(data, part).fields["image"] for data in (now, later))
        assert np.array_equal(one[:], other[:])


def test_hidden_folders_are_hidden_at_every_depth(tmp_path: Path) -> None:
    for label in ("a", "b"):
        for folder in (tmp_path / label, tmp_path / label / ".cache", tmp_path / label / ".cache/deep"):
            folder.mkdir(exist_ok=True, parents=True)
            for number in range(4):
                Image.new("L", (4, 4), 9 * number).save(folder / f"{number}.png")
    assert open_data(str(tmp_path)).description.startswith("8 rows")


IMAGES = pixels(4, 3, 3)


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ({"image": IMAGES, "digit": [0, 1, 2, 1]}, {"digit"}),
        ({"image": IMAGES, "digit": [0, 1, 2, -1], "tens": [0, 10, 20, 30]}, {"digit"}),
        ({"image": IMAGES, "label": [0, 1, 2, 1], "digit": [0, 1, 2, 1]}, {"label"}),
        ({"image": IMAGES, "y": [0, 1, 2, 1], "digit": [0, 1, 2, 1]}, {"y"}),
        ({"image": np.zeros((4, 2, 2), np.uint8), "mask": np.full((4, 2, 2), 255, np.uint8)}, {"mask"}),
        ({"image": IMAGES, "weight": [0.0, 1.0, 2.0, 1.0]}, set()),
        ({"train_image": IMAGES, "train_sort": [0, 1, 2, 1], "test_image": IMAGES, "test_sort": [0, 1, 2, 3]}, set()),
    ],
)
def test_class_names_of_an_archive_reach_the_target(arrays: dict[str, Any], named: set[str], tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", class_names=np.array(["cat", "dog", "owl"]), **arrays)
    data = open_data(tmp_path / "d.npz")
    assert dict(data.classes) == dict.fromkeys(named, ("cat", "dog", "owl"))


def test_class_names_of_an_archive_are_on_the_card(tmp_path: Path) -> None:
    names = np.array(["cat", "dog", "owl"])
    np.savez(tmp_path / "d.npz", image=pixels(9, 3, 3), digit=np.arange(9) % 3, class_names=names)
    bound = bind_data(open_data(tmp_path / "d.npz"), [image_port(1, 3, 3), label_port(3, "digit")])
    assert bound.card.class_names == ["cat", "dog", "owl"]


def test_a_path_is_data_as_its_text_is(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    np.savez(path, image=pixels(9, 3, 3), label=np.arange(9) % 3)
    ports = [image_port(1, 3, 3), label_port(3)]
    for given in (path, str(path)):
        assert open_data(given).spec == str(path)
        bound = bind(given, ports, validation=given)
        assert len(bound.train) + len(bind(given, ports).test) == len(bound.test) == 9


@pytest.mark.parametrize(("key", "part", "field"), [
    ("train_images", "train", "image"), ("training_images", "train", "image"), ("testing_labels", "test", "label"),
    ("validation_labels", "val", "label"), ("valid_x", "val", "x"), ("val_id", "val", "id"),
    ("x_validation", "val", "x"), ("x_training", "train", "x"), ("X_TRAIN", "train", "x"), ("trainX", "train", "x"),
    ("trainImages", "train", "image"),
    ("XTrain", "train", "x"), ("Xtrain", "train", "x"), ("ytest", "test", "y"), ("trainy", "train", "y"),
    ("imagesTest", "test", "image"), ("value", "all", "value"), ("interval", "all", "interval"),
    ("strain", "all", "strain"), ("latest", "all", "latest"), ("train", "all", "train"),
    ("TRAINING", "all", "TRAINING"), ("valid", "all", "valid"), ("testimony", "all", "testimony"),
])  # fmt: skip
def test_parts_and_fields_of_arrays_by_their_names(key: str, part: str, field: str) -> None:
    assert part_and_field(key) == (part, field)


@pytest.mark.parametrize(
    ("names", "help"),
    [
        (("trainimages", "trainlabels", "testimages", "testlabels"), "call `trainimages` `train_images`"),
        (("imagestrain", "labelstrain", "imagestest", "labelstest"), "call `imagestrain` `train_images`"),
        (("image", "label", "interval", "latest"), "give every field one row for each example"),
    ],
)
def test_parts_that_nothing_marks_off_are_told_how(
    tmp_path: Path, fails: Callable[..., object], names: tuple[str, ...], help: str
) -> None:
    np.savez(tmp_path / "d.npz", **{name: np.zeros(9 if at < 2 else 4) for at, name in enumerate(names)})
    found = fails("E509", lambda: open_data(tmp_path / "d.npz"), f"{names[2]} has 4 rows")
    assert found.help.startswith(help)  # type: ignore[attr-defined]


def test_arrays_of_every_name_for_a_part_are_that_part(tmp_path: Path) -> None:
    def arrays(name: str, rows: int) -> dict[str, np.ndarray]:
        return {f"{name}_images": pixels(rows, 3, 3), f"{name}_labels": np.arange(rows) % 2}

    np.savez(tmp_path / "d.npz", **arrays("training", 9), **arrays("validation", 4))
    bound = bind_data(open_data(tmp_path / "d.npz"), [image_port(1, 3, 3), label_port(2)])
    assert (len(bound.train), len(bound.held)) == (9, 4)
