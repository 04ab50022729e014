"""What outputs are drawn as, and that the drawings show it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

import netc
from netc.cli.predict import DRAWN_AS
from netc.runtime.show.draw import WORDS, Meaning, grid
from netc.runtime.show.draw.colours import BAR, PALETTE, colour_of
from netc.runtime.show.draw.drawing import choose
from netc.runtime.show.draw.example import Example, frames
from netc.runtime.show.draw.kinds.points import peaks
from netc.runtime.show.draw.kinds.text import words
from netc.runtime.show.draw.panel import LINE
from netc.runtime.show.draw.suppress import overlaps, suppress

PICTURE = np.zeros((1, 16, 16, 3), np.uint8)


def kind_of(outputs: dict[str, Any], meaning: Meaning, word: str | None = None) -> tuple[str, str]:
    kind, output = choose(Example(outputs, PICTURE, meaning), word)
    return kind.word, output


def floats(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).reshape(-1, 3)


def has(image: Image.Image, colour: tuple[int, int, int]) -> bool:
    return bool((pixels(image) == colour).all(axis=1).any())


def test_the_command_knows_every_kind() -> None:
    assert DRAWN_AS == WORDS


@pytest.mark.parametrize(
    ("outputs", "meaning", "kind"),
    [
        ({"a": floats(5)}, Meaning(counts=frozenset({5}), predictions=("a",)), "classes"),
        ({"a": np.array([0.25, 0.75])}, Meaning(), "classes"),
        ({"a": floats(4, 16, 16)}, Meaning(counts=frozenset({4}), predictions=("a",)), "mask"),
        ({"a": floats(4, 16, 16)}, Meaning(names=("w", "x", "y", "z")), "mask"),
        ({"a": floats(4, 8, 8)}, Meaning(predictions=("a",)), "points"),
        ({"a": floats(4, 8, 8)}, Meaning(names=("w", "x", "y", "z"), predictions=("a",)), "points"),
        ({"heatmaps": floats(1, 8, 8)}, Meaning(), "points"),
        ({"a": floats(3, 16, 16), "b": floats(9, 8, 8)}, Meaning(predictions=("a", "b")), "image"),
        ({"a": floats(3, 16, 16)}, Meaning(predictions=("a",)), "image"),
        ({"a": floats(1, 4, 16, 16)}, Meaning(predictions=("a",)), "image"),
        ({"a": floats(7, 20)}, Meaning(counts=frozenset({20}), predictions=("a",)), "text"),
        ({"a": np.arange(4)}, Meaning(), "text"),
        ({"a": floats(3)}, Meaning(names=("left", "right", "up"), predictions=("a",)), "values"),
        ({"boxes": floats(9, 4), "scores": floats(9, 2), "a": floats(5)}, Meaning(counts=frozenset({5})), "boxes"),
    ],
)
def test_what_an_answer_is(outputs: dict[str, Any], meaning: Meaning, kind: str) -> None:
    assert kind_of(outputs, meaning)[0] == kind


@pytest.mark.parametrize(
    ("outputs", "word", "says"),
    [
        ({"out": floats(5, 16, 16)}, None, "`--as mask` or `--as points`"),
        ({"out": floats(2, 2)}, "boxes", "say it: `--as text`"),
        ({"out": floats()[None][:0]}, None, "no output can be drawn"),
        ({"boxes": floats(9, 4), "scores": floats(8, 2)}, "boxes", "nothing here can be drawn as `boxes`"),
        ({"out": floats(4, 9, 9)}, "mask", "a picture of 16x16"),
        ({"out": floats(5)}, "picture", "no kind of drawing"),
    ],
)
def test_what_cannot_be_told_is_said(outputs: dict[str, Any], word: str | None, says: str) -> None:
    with pytest.raises(netc.DiagnosticError) as raised:
        kind_of(outputs, Meaning(), word)
    finding = raised.value.diagnostics[0]
    assert finding.code == "E571"
    assert says in " ".join([finding.message, *finding.notes, finding.help or ""])


def test_a_loss_on_another_output_decides_for_that_one() -> None:
    outputs = {"features": floats(10), "logits": floats(10)}
    assert kind_of(outputs, Meaning(counts=frozenset({10}), predictions=("logits",))) == ("classes", "logits")


def test_suppression_keeps_the_best_of_each_class() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30], [0, 0, 10, 10]], float)
    scores = np.array([[0.8, 0], [0.9, 0], [0.31, 0], [0, 0.5]])
    assert suppress(boxes, scores, 0.3) == [(1, 0, 0.9), (3, 1, 0.5), (2, 0, 0.31)]
    assert suppress(boxes, scores, 0.95) == []


def test_overlaps_are_counted_pixels() -> None:
    random = np.random.default_rng(1)
    corners = random.integers(0, 20, (30, 2))
    boxes = np.concatenate([corners, corners + random.integers(0, 12, (30, 2))], axis=1)
    y, x = np.mgrid[:40, :40]
    maps = [(x >= a) & (y >= b) & (x < c) & (y < d) for a, b, c, d in boxes]
    expected = [(maps[0] & each).sum() / max(1, (maps[0] | each).sum()) for each in maps]
    assert overlaps(boxes[0].astype(float), boxes.astype(float)) == pytest.approx(expected)


def test_peaks_lie_between_cells() -> None:
    y, x = np.mgrid[:32, :32] + 0.5
    wanted = np.array([[20.0, 41.0], [3.0, 60.5], [33.3, 7.7]])
    maps = np.array([np.exp(-((x - a / 2) ** 2 + (y - b / 2) ** 2) / 2) for a, b in wanted])
    assert peaks(maps, (64, 64))[:, :2] == pytest.approx(wanted, abs=0.6)


def test_a_mask_colours_the_pixels_of_its_classes_alone() -> None:
    scores = np.zeros((1, 3, 16, 16), np.float32)
    scores[0, 0] = 1
    scores[0, 2, :, 8:] = 2
    picture = np.full((1, 3, 16, 16), 0.5, np.float32)
    drawn = netc.draw(picture, scores, names=["ground", "cat", "dog"])
    assert has(drawn, colour_of(1))  # in the legend, and no cat
    assert not has(drawn, colour_of(0))
    grey = (pixels(drawn) == 128).all(axis=1).sum()
    assert grey == 256 * 256 * 3 // 2  # the picture as it was, and the left half again


def test_boxes_are_drawn_where_they_are() -> None:
    boxes = np.array([[[4, 2, 12, 14]]], np.float32)
    drawn = netc.draw(np.zeros((1, 3, 16, 16), np.float32), {"boxes": boxes, "scores": np.array([[[0.9]]])})
    image = np.asarray(drawn)[14:, 14:]
    found = (image == colour_of(0)).all(axis=2)
    across, down = np.flatnonzero(found[100]), np.flatnonzero(found[:, 100])
    assert (across.min(), across.max()) == (4 * 16 + 1, 12 * 16 - 1)
    assert down.max() == 14 * 16 - 1


def test_a_point_is_marked_at_its_peak() -> None:
    maps = np.zeros((1, 2, 8, 8), np.float32)
    maps[0, 0, 2, 5], maps[0, 1, 6, 1] = 1, 0.1
    drawn = np.asarray(netc.draw(np.zeros((1, 1, 16, 16), np.float32), maps, "points"))
    found = np.argwhere((drawn[14 : 14 + 256, 14 : 14 + 256] == PALETTE[0]).all(axis=2))
    assert found.mean(axis=0) == pytest.approx([2.5 * 32, 5.5 * 32], abs=1)
    assert not (drawn == PALETTE[1]).all(axis=2).any()  # below the least score


def test_an_image_and_frames_are_shown() -> None:
    made = np.zeros((2, 3, 16, 16), np.float32)
    made[:, 0] = 1
    assert (pixels(netc.draw(np.zeros_like(made), made, "image")) == (255, 0, 0)).all(axis=1).sum() == 2 * 256 * 256
    clip = np.zeros((1, 1, 20, 16, 16), np.float32)
    assert netc.draw(clip, clip, "image").width == 8 * 112 + 7 * 2 + 2 * 14


def test_words_end_where_the_end_is_said() -> None:
    names = ("<pad>", "<start>", "<end>", "a", "red", "circle")
    assert words(np.array([1, 3, 4, 5, 2, 4]), Meaning(names)) == "a red circle"
    assert words(np.eye(6)[[3, 5, 0]], Meaning(names)) == "a circle"
    assert words(np.array([0, 1, 1]), Meaning(("a", "b"))) == "abb"
    assert words(np.array([7]), Meaning(names)) == "7"


def test_frames_of_what_is_no_picture() -> None:
    assert frames(floats(2, 5)) is None
    assert frames(floats(2, 5, 3, 9, 9)) is None
    stacked = frames(np.zeros((2, 4, 9, 9), np.float32))
    assert stacked is not None
    assert stacked.shape == (2, 4, 9, 9, 3)
    assert frames(np.zeros((2, 9, 9, 3), np.uint8)).shape == (2, 1, 9, 9, 3)
    dark = frames(np.full((1, 1, 9, 9), 20, np.uint8))
    assert dark is not None
    assert (dark == 20).all()


def test_class_bars_are_as_long_as_probabilities() -> None:
    drawn = netc.draw(np.zeros((1, 1, 16, 16), np.float32), np.array([[0.0, 5.0, 0.0]]), "classes")
    assert drawn.height > drawn.width  # three lines below the picture
    assert netc.draw({"x": floats(1, 4)}, floats(1, 4), "classes").height < 120  # lines alone


def test_values_are_bars_from_nought() -> None:
    drawn = netc.draw(
        np.zeros((1, 1, 16, 16), np.float32), np.array([[-1.0, 0.0, 1.0]]), "values", names=["a", "b", "c"]
    )
    bars = (np.asarray(drawn) == BAR).all(axis=2).sum(axis=1)
    lengths = [
        int(bars[start : start + LINE].max()) for start in range(drawn.height - 14 - 3 * LINE, drawn.height - 14, LINE)
    ]
    assert lengths[0] < lengths[1] < lengths[2]
    assert lengths[1] == pytest.approx(lengths[2] / 2, abs=2)
    many = netc.draw({"x": floats(1, 4)}, floats(1, 30), "values")
    assert many.height == 13 * LINE + 28


def test_a_sheet_is_filled_evenly() -> None:
    one = Image.new("RGB", (256, 380))
    assert grid([one] * 8).size == (4 * 270 + 14, 2 * 394 + 14)
    assert grid([one]).size == (284, 408)
