"""Parts of data that are taken together: each is read as it is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

import netc
from netc.runtime.data import DataSet, bind_data, open_data
from netc.runtime.data.bind import bind_inputs, bind_part

from .makers import image_port, label_port

IMAGES = [image_port(1, 4, 4), label_port(2)]
STEPS = [image_port("T", 3, name="x"), label_port(2)]


def bytes_and_numbers(path: Path) -> DataSet:
    """Twenty rows of bytes to train on, and six of numbers from 0 to 1."""
    train, test = np.full((20, 1, 4, 4), 255, np.uint8), np.full((6, 1, 4, 4), 0.5, np.float32)
    np.savez(path, train_image=train, train_label=np.arange(20) % 2, test_image=test, test_label=np.arange(6) % 2)
    return open_data(path)


def of_two_lengths(path: Path) -> DataSet:
    train, test = np.zeros((20, 7, 3), np.float32), np.zeros((6, 9, 3), np.float32)
    np.savez(path, train_x=train, train_label=np.arange(20) % 2, test_x=test, test_label=np.arange(6) % 2)
    return open_data(path)


def test_each_part_is_scaled_as_it_is_stored(tmp_path: Path) -> None:
    data = bytes_and_numbers(tmp_path / "d.npz")
    card = bind_data(data, IMAGES).card
    name, rows = bind_part(data, IMAGES, card, "all")
    assert (name, len(rows)) == ("all", 26)
    for found in (rows, bind_inputs(data, IMAGES[:1], IMAGES, card), bind_inputs(data, IMAGES[:1], IMAGES, None)):
        assert found.batch(range(26))["image"][:, 0, 0, 0].tolist() == [1.0] * 20 + [0.5] * 6
        assert found.batch([25, 0, 20, 1])["image"][:, 0, 0, 0].tolist() == [0.5, 1.0, 0.5, 1.0]
        assert found.batch([])["image"].shape == (0, 1, 4, 4)
    assert rows.batch([25, 0, 21])["label"].tolist() == [1, 0, 1]


def test_rows_of_parts_that_are_stored_otherwise_are_not_mixed(tmp_path: Path, fails: Callable[..., object]) -> None:
    data = bytes_and_numbers(tmp_path / "d.npz")
    fails("E504", lambda: data[18:22], "train_image holds 1x4x4 uint8", "test_image holds 1x4x4 float32")
    assert (len(data[:20]), len(data[20:])) == (20, 6)
    fails("E504", lambda: of_two_lengths(tmp_path / "t.npz")[:], "7x3", "9x3")


def test_parts_of_other_sizes_are_taken_one_at_a_time(tmp_path: Path, fails: Callable[..., object]) -> None:
    data = of_two_lengths(tmp_path / "d.npz")
    card = bind_data(data, STEPS).card
    for together in (
        lambda: bind_part(data, STEPS, card, "all"),
        lambda: bind_inputs(data, STEPS[:1], STEPS, card),
    ):
        found = fails("E504", together, "part `train` of d.npz is 7x3 for `x`, part `test` is 9x3")
        help = 'from a file of its own, by `data["test"]` in Python, or, for `netc eval`, by `--part test`'
        assert found.help == f"take one part at a time: {help}"  # type: ignore[attr-defined]
    for part, length in (("train", 7), ("test", 9)):
        _, rows = bind_part(data, STEPS, card, part)
        assert rows.batch([0])["x"].shape == (1, length, 3)


def test_a_model_answers_for_each_part_as_for_it_alone(tmp_path: Path) -> None:
    model = netc.Model(netc.loads("net A { input image: 1x4x4; y = flatten -> dense(2) }"), device="cpu")
    data = bytes_and_numbers(tmp_path / "d.npz")
    alone = np.concatenate([model(data["train"]), model(data["test"])])
    np.testing.assert_allclose(model(data), alone, rtol=1e-6)
    assert not np.allclose(alone[0], alone[-1])
