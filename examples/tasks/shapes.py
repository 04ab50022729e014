"""Circles, squares and triangles of random colour, place and size on textured ground."""

from __future__ import annotations

import numpy as np

Array = np.ndarray
Box = tuple[int, float, float, float, float]
KINDS = ("circle", "square", "triangle")


def ground(random: np.random.Generator, size: int) -> Array:
    """A picture [3, size, size] of two colours that run into each other, with waves and grain."""
    y, x = np.mgrid[:size, :size] / size
    angle, pitch = random.uniform(0, 2 * np.pi), random.uniform(2, 7)
    across = np.cos(angle) * x + np.sin(angle) * y
    first, second = random.uniform(0.1, 0.9, (2, 3, 1, 1))
    share = np.clip(across + 0.15 * np.sin(2 * np.pi * pitch * across), 0, 1)
    return first + (second - first) * share + random.normal(0, 0.03, (3, size, size))


def inside(kind: int, x: Array, y: Array, radius: float) -> Array:
    """Which of the points, relative to its centre, a shape of this radius covers."""
    if kind == 0:
        return x**2 + y**2 <= radius**2
    if kind == 1:
        return np.maximum(abs(x), abs(y)) <= 0.85 * radius
    return (y <= 0.75 * radius) & (y >= 2 * abs(x) - radius)


def scene(
    random: np.random.Generator, size: int, most: int, radii: tuple[float, float]
) -> tuple[Array, Array, list[Box]]:
    """A picture [3, size, size], the class of each pixel (0 is ground), and its boxes: kind, x1, y1, x2, y2.

    Up to `most` shapes, none of which touches another.
    """
    picture, mask, boxes = ground(random, size), np.zeros((size, size), np.int64), []
    y, x = np.mgrid[:size, :size] + 0.5
    for _ in range(random.integers(1, most + 1)):
        kind, radius = int(random.integers(len(KINDS))), random.uniform(*radii)
        across, down = random.uniform(radius, size - radius, 2)
        covered = inside(kind, x - across, y - down, radius)
        near = (x - across) ** 2 + (y - down) ** 2 <= (radius + 3) ** 2
        if mask[near].any():
            continue
        behind = picture[:, near].mean(axis=1)
        colour = random.uniform(0, 1, 3)
        while abs(colour - behind).max() < 0.35:
            colour = random.uniform(0, 1, 3)
        picture[:, covered] = colour[:, None] + random.normal(0, 0.03, (3, covered.sum()))
        mask[covered] = kind + 1
        rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        boxes.append((kind, float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)))
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8), mask, boxes
