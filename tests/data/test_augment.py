"""Augmentation of batches: images beside masks, sizes, colours that labels keep, mixing; each beside PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import netc
from netc.compiler.augmentations.base import Augmentation, Kind, Mixing, augmentation
from netc.compiler.augmentations.color_jitter import ColorJitter
from netc.compiler.augmentations.crop import Crop
from netc.compiler.augmentations.cutmix import Cutmix
from netc.compiler.augmentations.cutout import Cutout
from netc.compiler.augmentations.flip import Flip
from netc.compiler.augmentations.mixup import Mixup
from netc.compiler.augmentations.noise import Noise
from netc.compiler.augmentations.random_resized_crop import RandomResizedCrop
from netc.compiler.augmentations.resize import Resize
from netc.compiler.augmentations.rotate import Rotate
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.augment import SHARE, augment

INTERPOLATE = torch.nn.functional.interpolate
MOVING: list[Augmentation] = [
    Flip(direction="both"), Crop(padding=2), Rotate(degrees=180.0), Resize(size=9), RandomResizedCrop(size=(6, 11)),
]  # fmt: skip


def images(count: int, channels: int = 3, height: int = 8, width: int = 10) -> np.ndarray:
    return np.random.default_rng(4).random((count, channels, height, width)).astype(np.float32)


def changed(one: Augmentation, maps: np.ndarray, drawn: Any) -> np.ndarray:
    return one.change(maps, np.asarray(drawn, np.float64))


@pytest.mark.parametrize("one", MOVING, ids=lambda one: one.word)
def test_masks_move_with_their_images(one: Augmentation) -> None:
    """A map of two labels, once as an image and once as labels: the label is the one that weighs more."""
    mask = (np.random.default_rng(1).random((40, 8, 10)) > 0.5).astype(np.int64)
    batch = {"image": mask[:, None].astype(np.float32), "mask": mask, "soft": mask[:, None].astype(np.float32)}
    out = augment(batch, [one], np.random.default_rng(0), {"mask", "soft"})
    assert np.array_equal(out["image"], out["soft"])
    assert out["mask"].shape == out["image"][:, 0].shape
    assert set(np.unique(out["mask"])) <= {0, 1}
    assert out["mask"].dtype == np.int64
    sure = np.abs(out["image"][:, 0] - 0.5) > 0.499  # all that lies around has one label
    assert sure.mean() > 0.05
    assert np.array_equal(out["mask"][sure], out["image"][:, 0][sure].round().astype(np.int64))


@pytest.mark.parametrize("one", [*MOVING, Cutmix()], ids=lambda one: one.word)
def test_answers_of_another_size_stay(one: Augmentation) -> None:
    grid = images(6, height=4, width=5)
    out = augment({"image": images(6), "grid": grid}, [one], np.random.default_rng(0), {"grid"})
    assert np.array_equal(out["grid"], grid)
    assert not np.array_equal(out["image"], images(6))


def test_quarter_turns_are_those_of_arrays() -> None:
    maps, labels = images(4, height=7, width=7), np.arange(4 * 49).reshape(4, 1, 7, 7)
    one, angles = Rotate(degrees=180.0), [0, 90, -90, 180]
    turned = [np.rot90(image, round(angle / 90), axes=(1, 2)) for image, angle in zip(maps, angles, strict=True)]
    np.testing.assert_allclose(changed(one, maps, angles), np.stack(turned), atol=1e-5)
    turned = [np.rot90(label, round(angle / 90), axes=(1, 2)) for label, angle in zip(labels, angles, strict=True)]
    np.testing.assert_array_equal(one.change_labels(labels, np.array(angles)), np.stack(turned))


def test_turns_are_those_of_pytorch() -> None:
    maps, angles = images(5, height=9, width=12), np.array([13.0, -40, 77, 120, -179])
    found = Rotate(degrees=180.0).change(maps, angles)
    for image, angle, made in zip(maps, angles, found, strict=True):
        sine, cosine = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
        matrix = [[cosine, -sine * 9 / 12, 0], [sine * 12 / 9, cosine, 0]]
        grid = torch.nn.functional.affine_grid(torch.tensor([matrix]), [1, 3, 9, 12], align_corners=False)
        expected = torch.nn.functional.grid_sample(torch.tensor(image[None]).double(), grid, align_corners=False)
        np.testing.assert_allclose(made, expected[0].numpy(), atol=1e-5)


@pytest.mark.parametrize("size", [(4, 5), (16, 25), (5, 17), (8, 10)])
def test_sizes_are_those_of_pytorch(size: tuple[int, int]) -> None:
    maps = images(3)
    expected = INTERPOLATE(torch.tensor(maps), size, mode="bilinear", antialias=True).numpy()
    np.testing.assert_allclose(changed(Resize(size=size), maps, np.zeros((3, 0))), expected, atol=1e-5)
    labels = np.arange(240).reshape(3, 1, 8, 10)
    nearest = INTERPOLATE(torch.tensor(labels).double(), size, mode="nearest-exact").numpy()
    np.testing.assert_array_equal(Resize(size=size).change_labels(labels, np.zeros((3, 0))), nearest)


def test_a_random_part_is_that_part_resized() -> None:
    maps = images(200, 1, 20, 30)
    one = RandomResizedCrop(size=(7, 5), scale=(0.1, 0.5), ratio=(0.5, 2.0))
    drawn = one.draw(200, np.random.default_rng(3))
    found, shares = one.change(maps, drawn), []
    for image, made, (area, ratio, down, right) in zip(maps, found, drawn, strict=True):
        tall, wide = (min(most, round((area * 600 * by) ** 0.5)) for most, by in ((20, 1 / ratio), (30, ratio)))
        top, left = int(down * (21 - tall)), int(right * (31 - wide))
        shares.append(tall * wide / 600)
        part = torch.tensor(image[None, :, top : top + tall, left : left + wide])
        expected = INTERPOLATE(part, (7, 5), mode="bilinear", antialias=True)[0].numpy()
        np.testing.assert_allclose(made, expected, atol=1e-5)
    assert 0.27 < np.mean(shares) < 0.33
    assert min(shares) < 0.15
    assert max(shares) > 0.45


@pytest.mark.parametrize("one", [ColorJitter(brightness=0.5, hue=0.2), Cutout(size=4), Noise(std=0.2)])
def test_colours_leave_targets_alone(one: Augmentation) -> None:
    maps = images(6)
    batch = {"image": maps, "goal": maps, "mask": np.ones((6, 8, 10), np.int64), "label": np.arange(6)}
    out = augment(batch, [one], np.random.default_rng(0), {"goal", "mask", "label"})
    assert not np.array_equal(out["image"], maps)
    assert all(out[name] is batch[name] for name in ("goal", "mask", "label"))


def test_colours_of_bytes_are_those_of_floats() -> None:
    whole = (images(5) * 255).round().astype(np.uint8)
    one = ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
    drawn = one.draw(5, np.random.default_rng(2))
    floats = one.change(whole / np.float32(255), drawn)
    assert np.abs(one.change(whole, drawn) - floats * 255).max() <= 0.51
    assert floats.min() >= 0
    assert floats.max() <= 1


def test_numbers_beyond_1_are_refused_where_they_would_be_cut() -> None:
    with pytest.raises(DiagnosticError, match="holds 0 to 16") as caught:
        augment({"image": np.array([0, 16.0], np.float32).reshape(1, 1, 1, 2)}, [ColorJitter(brightness=0.1)],
                np.random.default_rng(0))  # fmt: skip
    assert caught.value.diagnostics[0].code == "E526"


def test_negative_numbers_are_not_to_be_divided() -> None:
    """No number that they are divided by brings them to 0."""
    with pytest.raises(DiagnosticError, match=r"holds -3\.1 to 2\.75") as caught:
        augment({"image": np.array([-3.1, 2.75], np.float32).reshape(1, 1, 1, 2)}, [ColorJitter(brightness=0.1)],
                np.random.default_rng(0))  # fmt: skip
    (found,) = caught.value.diagnostics
    assert ":scale" not in (found.help or "")
    assert "normalize in the net" in (found.help or "")


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int64])
@pytest.mark.parametrize("padding", [1, 4, 5, 9, 100])
def test_any_padding_moves_as_its_draw_says(padding: int, dtype: Any) -> None:
    """A window of the padded image, cut out by numpy."""
    maps = np.random.default_rng(0).integers(1, 200, (6, 3, 5, 7)).astype(dtype)
    one = Crop(padding=padding)
    drawn = one.draw(6, np.random.default_rng(1))
    around = np.pad(maps, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    found = one.change(maps, drawn)
    for at, (down, right) in enumerate(drawn):
        assert np.array_equal(found[at], around[at, :, down : down + 5, right : right + 7])


@pytest.mark.parametrize("as_bytes", [True, False])
def test_padding_as_long_as_an_image_is_refused(as_bytes: bool) -> None:
    maps = np.ones((4, 5, 7, 3), np.uint8) if as_bytes else np.ones((4, 3, 5, 7), np.float32)
    batch = {"x": maps, "mask": np.ones((4, 5, 7), np.int64)}
    with pytest.raises(DiagnosticError, match=r"E526.*up to 5 pixels.*`x` holds 5x7") as caught:
        augment(batch, [Crop(padding=5)], np.random.default_rng(0), {"mask"})
    assert "`crop(4)`" in (caught.value.diagnostics[0].help or "")
    assert augment(batch, [Crop(padding=4)], np.random.default_rng(0), {"mask"})["mask"].shape == (4, 5, 7)


def test_noise_is_normal_and_another_in_each_pixel() -> None:
    noise = Noise(std=0.25).change(np.zeros((50, 3, 16, 16), np.float32), np.arange(50))
    assert abs(noise.mean()) < 5 * 0.25 / np.sqrt(noise.size)
    assert abs(noise.std() - 0.25) < 5 * 0.25 / np.sqrt(noise.size)
    assert abs(np.mean(np.abs(noise) < 0.25) - 0.682689) < 0.01
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.2
    assert len(np.unique(noise)) > 0.9 * noise.size


def test_what_mixes_says_which_share_is_left() -> None:
    maps, shares = np.stack([np.zeros((1, 9, 14)), np.ones((1, 9, 14))]).astype(np.float32), []
    for seed in range(300):
        out = augment({"image": maps, "label": np.arange(2)}, [Cutmix(alpha=1.0)], np.random.default_rng(seed))
        assert np.isclose(out[SHARE], 1 - out["image"][0].mean(), atol=1e-6)
        assert np.isclose(out[SHARE], out["image"][1].mean(), atol=1e-6)
        assert np.array_equal(out["label"], [0, 1])
        shares.append(float(out[SHARE]))
        mixed = augment({"image": maps}, [Mixup(alpha=0.4)], np.random.default_rng(seed))
        np.testing.assert_allclose(mixed["image"][1], mixed[SHARE], atol=1e-6)
    assert len(set(shares)) > 40
    assert 0.5 < np.mean(shares) < 0.75  # what lies outside is lost


def test_maps_of_answers_are_cut_with_their_images() -> None:
    mask = np.random.default_rng(0).integers(0, 5, (7, 8, 10))
    batch = {"image": mask[:, None].astype(np.float32), "mask": mask}
    out = augment(batch, [Cutmix(alpha=1.0)], np.random.default_rng(1), {"mask"})
    assert not np.array_equal(out["mask"], mask)
    assert np.array_equal(out["image"][:, 0], out["mask"])
    assert augment(batch, [Mixup(alpha=1.0)], np.random.default_rng(1), {"mask"})["mask"] is mask


def test_every_draw_is_of_its_place_in_the_list() -> None:
    """What stands behind draws what it would have drawn without a change of colours before it."""
    maps = images(9)
    found = [
        augment({"image": maps}, [first, Crop(padding=1)], np.random.default_rng([1, 2, 1, 3]))["image"]
        for first in (Resize(size=(8, 10)), Flip(), Resize(size=(8, 10)))
    ]
    assert np.array_equal(found[0], found[2])
    flipped = augment({"image": maps}, [Flip()], np.random.default_rng([1, 2, 1, 3]))["image"]
    moved = (found[0] == 0).all(axis=(1, 2)), (found[1] == 0).all(axis=(1, 2))
    assert not np.array_equal(flipped, maps)
    assert np.array_equal(moved[0], moved[1])  # columns of zeros: both were cut at the same place


def test_each_kind_is_tried() -> None:
    kinds = {definition.kind for definition in augmentation.all().values()}
    assert kinds == set(Kind)
    assert {one.word for one in MOVING} == {
        word for word, definition in augmentation.all().items() if definition.kind is Kind.MOVES
    }
    assert [word for word, made in augmentation.all().items() if issubclass(made, Mixing)] == ["cutmix", "mixup"]


@pytest.mark.parametrize("word", ["flip(both)", "crop(2)", "rotate(90)", "random_resized_crop(8)", "cutmix"])
def test_weights_of_positions_move_with_the_image(word: str) -> None:
    """A mask of a loss, [N, H, W], is a map of numbers: equal to a channel before, it is equal to it afterwards."""
    text = f"""
    net A {{ input image: 1x8x8
      y = conv(3, 3x3, pad=same) }}
    train A {{ loss = cross_entropy(y, label, mask=weight); augmentation = [{word}]; batch = 16 }}
    """
    maps = np.random.default_rng(0).uniform(size=(16, 8, 8)).astype(np.float32)
    batch = {"image": maps[:, None], "weight": maps, "label": (maps > 0.5).astype(np.int64), "seen": maps > 0.5}
    changes = netc.loads(text).plan().augmentation
    changed = augment(batch, changes, np.random.default_rng(3), {"weight", "label", "seen"})
    assert np.any(changed["image"] != batch["image"])
    np.testing.assert_array_equal(changed["weight"], changed["image"][:, 0])
    np.testing.assert_array_equal(changed["seen"], changed["label"] > 0)
