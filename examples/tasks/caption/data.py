"""Scenes of one to three shapes, 32x32 in colour, each with a sentence that says what is in it.

`a red circle`, `two green squares`, `a blue triangle above a red circle`: 2,052 sentences in all.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

SIZE, LENGTH, FINE = 32, 9, 4
TRAIN_ROWS, TEST_ROWS = 6000, 600
METRIC = "sentences right in every word"
COLOURS = {
    "red": (214, 39, 40),
    "green": (44, 160, 44),
    "blue": (31, 119, 180),
    "yellow": (240, 200, 40),
    "purple": (148, 103, 189),
    "grey": (127, 127, 127),
}
SHAPES = ("circle", "square", "triangle")
NUMBERS = {2: "two", 3: "three"}
NAMES = (
    "<start>", "<end>", "a", *NUMBERS.values(), *COLOURS, *SHAPES, *(f"{shape}s" for shape in SHAPES),
    "above", "left", "of", "inside",
)  # fmt: skip
Scene = list[tuple[str, str, float, float, float]]  # shape, colour, centre and radius of each


def scene(random: np.random.Generator) -> tuple[Scene, str]:
    """What to draw, from back to front, and its sentence."""

    def some(what: tuple[str, ...]) -> str:
        return str(random.choice(what))

    def kind() -> tuple[str, str]:
        return some(SHAPES), some(tuple(COLOURS))

    about = lambda low, high: float(random.uniform(low, high))
    first, second = kind(), kind()
    (shape, colour), (other, tint) = first, second
    match str(random.choice(["one", "many", "above", "left", "inside"])):
        case "one":
            return [(*first, about(9, 23), about(9, 23), about(5, 9))], f"a {colour} {shape}"
        case "many":
            count = int(random.integers(2, 4))
            corners = random.permutation([(8, 8), (24, 8), (8, 24), (24, 24)])[:count]
            many = [(*first, x + about(-2, 2), y + about(-2, 2), about(4, 5.5)) for x, y in corners]
            return many, f"{NUMBERS[count]} {colour} {shape}s"
        case "inside":
            while tint == colour:
                tint = some(tuple(COLOURS))
            x, y = about(13, 19), about(13, 19)
            sentence = f"a {colour} {shape} inside a {tint} {other}"
            return [
                (other, tint, x, y, about(11, 13)),
                (*first, x, y + (other == "triangle") * 2, about(4, 5)),
            ], sentence
        case "above":
            top, low = (about(8, 24), about(7, 9)), (about(8, 24), about(23, 25))
            return [
                (*first, *top, about(5, 7)),
                (*second, *low, about(5, 7)),
            ], f"a {colour} {shape} above a {tint} {other}"
        case _:
            left, right = (about(7, 9), about(8, 24)), (about(23, 25), about(8, 24))
            sentence = f"a {colour} {shape} left of a {tint} {other}"
            return [(*first, *left, about(5, 7)), (*second, *right, about(5, 7))], sentence


def picture(shapes: Scene, random: np.random.Generator) -> np.ndarray:
    """Bytes `[3, SIZE, SIZE]`: shapes on white, with soft edges and a little noise."""
    image = Image.new("RGB", (SIZE * FINE, SIZE * FINE), (245, 245, 245))
    pen = ImageDraw.Draw(image)
    for shape, colour, x, y, radius in shapes:
        left, top, right, bottom = (FINE * value for value in (x - radius, y - radius, x + radius, y + radius))
        if shape == "circle":
            pen.ellipse((left, top, right, bottom), COLOURS[colour])
        elif shape == "square":
            inset = 0.1 * (right - left)
            pen.rectangle((left + inset, top + inset, right - inset, bottom - inset), COLOURS[colour])
        else:
            pen.polygon([(left, bottom), (right, bottom), ((left + right) / 2, top)], COLOURS[colour])
    small = np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BOX), np.float64)
    return np.clip(small + random.normal(0, 6, small.shape), 0, 255).astype(np.uint8).transpose(2, 0, 1)


def numbers(sentence: str) -> list[int]:
    """The words of a sentence as places in NAMES, filled up with `<end>` to LENGTH."""
    words = [NAMES.index(word) for word in sentence.split()]
    return words + [NAMES.index("<end>")] * (LENGTH - len(words))


def rows(count: int, seed: int) -> dict[str, np.ndarray]:
    """Scenes with what the net takes and what it is to say.

    image     bytes `[count, 3, SIZE, SIZE]`
    sentence  `[count, LENGTH]`, the words;  before: the same one place later, after `<start>`
    counts    1 up to the first `<end>`, 0 behind it
    """
    random = np.random.default_rng(seed)
    scenes = [scene(random) for _ in range(count)]
    sentence = np.array([numbers(text) for _, text in scenes])
    before = np.concatenate([np.full((count, 1), NAMES.index("<start>")), sentence[:, :-1]], axis=1)
    return {
        "image": np.stack([picture(shapes, random) for shapes, _ in scenes]),
        "sentence": sentence,
        "before": before,
        "counts": (before != NAMES.index("<end>")).astype(np.float32),
    }


def score(outputs: dict[str, np.ndarray], rows: dict[str, np.ndarray]) -> float:
    """METRIC: of the sentences that the net says by itself, those that are right in every word."""
    words = outputs["said"].argmax(axis=2)
    return float(((words == rows["sentence"]) | (rows["counts"] == 0)).all(axis=1).mean())
