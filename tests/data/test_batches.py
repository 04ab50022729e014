"""Augmentation of a batch's maps together; batches: order, resume, exceptions, threads."""

from __future__ import annotations

import contextlib
import itertools
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from netc.compiler.augmentations.crop import Crop
from netc.compiler.augmentations.flip import Flip
from netc.runtime.data import Batches, augment, bind_data, open_data

from .makers import image_port, label_port, pixels


@dataclass
class Rows:
    """Row i is the number i; asking for row `broken` raises."""

    count: int
    broken: int = -1
    asked: int = 0

    def __len__(self) -> int:
        return self.count

    def batch(self, indices: Any) -> dict[str, np.ndarray]:
        self.asked += 1
        if self.broken in indices:
            raise ValueError(f"row {self.broken}")
        return {"x": np.asarray(indices, np.float32)}


def seen(source: Rows, batch: int, **settings: Any) -> list[list[float]]:
    with Batches(source, batch, **settings) as ready:
        return [made["x"].tolist() for made in ready]


def test_maps_of_an_example_move_together():
    images = pixels(50, 1, 6, 6).astype(np.float32)
    batch = {
        "image": images,
        "bytes": images.astype(np.uint8).transpose(0, 2, 3, 1),
        "mask": images[:, 0].astype(np.int64),
        "label": np.arange(50),
        "vector": images.reshape(50, 36),
    }
    out = augment(batch, [Crop(padding=2), Flip()], np.random.default_rng(0))
    assert not np.array_equal(out["image"], images)
    assert np.array_equal(out["image"][:, 0], out["mask"])
    assert np.array_equal(out["bytes"].transpose(0, 3, 1, 2), out["image"])
    assert out["bytes"].dtype == np.uint8
    assert np.array_equal(out["label"], batch["label"])
    assert out["vector"] is batch["vector"]
    assert np.array_equal(batch["image"], images)


def test_an_epoch_has_every_row_once_in_its_own_order():
    first, second = seen(Rows(23), 5, seed=3), seen(Rows(23), 5, seed=3, epoch=1)
    assert [len(rows) for rows in first] == [5, 5, 5, 5, 3]
    assert sorted(itertools.chain(*first)) == list(range(23)) == sorted(itertools.chain(*second))
    assert first != second
    assert first == seen(Rows(23), 5, seed=3)
    assert first != seen(Rows(23), 5, seed=4)
    assert seen(Rows(5), 2, shuffle=False) == [[0, 1], [2, 3], [4]]


def test_resuming_gives_what_would_have_come():
    bound = bind_data(open_data("digits"), [image_port(1, 8, 8), label_port()])
    settings = {"seed": 1, "epoch": 2, "augmentation": [Crop(padding=1), Flip()]}
    with Batches(bound.train, 256, **settings) as whole, Batches(bound.train, 256, start=3, **settings) as rest:
        assert (len(whole), len(rest)) == (6, 3)
        expected, got = list(whole)[3:], list(rest)
    for before, after in zip(expected, got, strict=True):
        assert all(np.array_equal(before[name], after[name]) for name in ("image", "label"))


def test_an_exception_comes_where_its_batch_would():
    source = Rows(20, broken=13)
    with Batches(source, 5, shuffle=False) as ready:
        assert [next(ready)["x"][0], next(ready)["x"][0]] == [0, 5]
        with pytest.raises(ValueError, match="row 13"):
            next(ready)


def test_leaving_early_ends_the_thread_and_reads_little():
    before = threading.active_count()
    source = Rows(10_000)
    with contextlib.suppress(KeyboardInterrupt), Batches(source, 1) as ready:
        next(ready)
        raise KeyboardInterrupt
    assert threading.active_count() == before
    assert source.asked < 20
    assert list(ready) == []


def test_reading_overlaps_the_step():
    """While a step has a batch, the next one is read: a step that waits for that comes to an end."""
    asked = threading.Semaphore(0)

    class Told(Rows):
        def batch(self, indices: Any) -> dict[str, np.ndarray]:
            asked.release()
            return super().batch(indices)

    with Batches(Told(20), 1) as ready:
        for step, _ in enumerate(ready):
            assert asked.acquire(timeout=60)  # that of this step
            if step < 19:
                assert asked.acquire(timeout=60), f"nothing was read during step {step}"
                asked.release()


def test_rows_that_were_taken_in_batches_of_another_size():
    before = seen(Rows(23), 4, seed=3, epoch=1)[:2]
    after = seen(Rows(23), 5, seed=3, epoch=1, skip=8)
    assert [len(made) for made in after] == [5, 5, 5]
    assert sorted(itertools.chain(*before, *after)) == list(range(23))
    assert seen(Rows(23), 5, seed=3, epoch=1, skip=8, start=1) == after[1:]
    assert seen(Rows(23), 5, seed=3, epoch=1, skip=23) == []
