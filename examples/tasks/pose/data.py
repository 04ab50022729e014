"""Stick figures, a heat map for each joint, and the share of joints that are found."""

from __future__ import annotations

import numpy as np

SIZE, MAP = 64, 32
NAMES = ("head", "right hand", "left hand", "hip", "right foot", "left foot")
METRIC = "joints within 3 pixels (PCK)"
REACH, WIDTH = 3.0, 1.2


def rows(count: int, seed: int) -> dict[str, np.ndarray]:
    """Pictures [1, 64, 64], heat maps [6, 32, 32], and the joints [6, 2] in pixels, x before y.

    The figures face us: their right hand is on the left of the picture.
    """
    random = np.random.default_rng(seed)
    figures = [_figure(random) for _ in range(count)]
    joints = np.array([joints for _, joints in figures], np.float32)
    y, x = np.mgrid[:MAP, :MAP] + 0.5
    away = (x - joints[..., 0, None, None] / 2) ** 2 + (y - joints[..., 1, None, None] / 2) ** 2
    heat = np.exp(-away / (2 * WIDTH**2)).astype(np.float32)
    return {"image": np.array([image for image, _ in figures]), "heat": heat, "joints": joints}


def _figure(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture as bytes, and its joints."""
    size = random.uniform(0.75, 1.1)
    hip = np.array([random.uniform(26, 38), random.uniform(32, 40)])
    lean = random.uniform(-0.4, 0.4)
    neck = hip + size * 16 * np.array([np.sin(lean), -np.cos(lean)])
    head = neck + size * 6 * np.array([np.sin(1.5 * lean), -np.cos(1.5 * lean)])
    limbs = [(head, neck), (neck, hip)]
    ends = []
    for start, side, length, low, high in ((neck, -1, 8.5, -0.4, 2.4), (neck, 1, 8.5, -0.4, 2.4),
                                           (hip, -1, 9.5, 0.1, 1.0), (hip, 1, 9.5, 0.1, 1.0)):  # fmt: skip
        angle = random.uniform(low, high)
        middle = start + size * length * np.array([side * np.sin(angle), np.cos(angle)])
        angle += random.uniform(-0.2, 0.9) if length < 9 else random.uniform(-0.5, 0.2)
        end = middle + size * length * np.array([side * np.sin(angle), np.cos(angle)])
        limbs += [(start, middle), (middle, end)]
        ends.append(end)
    joints = np.clip([head, ends[0], ends[1], hip, ends[2], ends[3]], 1, SIZE - 1)
    return _drawn(random, limbs, head, 4.0 * size), joints


def _drawn(
    random: np.random.Generator, limbs: list[tuple[np.ndarray, np.ndarray]], head: np.ndarray, radius: float
) -> np.ndarray:
    """Lines and a round head, brighter than their ground, which has waves and grain."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    points = np.stack([x, y], axis=-1)
    distance = np.full((SIZE, SIZE), np.inf)
    for start, end in limbs:
        along = end - start
        share = np.clip(((points - start) @ along) / max(along @ along, 1e-9), 0, 1)
        distance = np.minimum(distance, np.linalg.norm(points - start - share[..., None] * along, axis=-1))
    body = np.clip(2 - distance, 0, 1)
    body = np.maximum(body, np.clip(radius + 0.5 - np.linalg.norm(points - head, axis=-1), 0, 1))
    waves = 0.08 * np.sin(2 * np.pi * (x * random.uniform(-4, 4) + y * random.uniform(-4, 4)) / SIZE)
    under = random.uniform(0.15, 0.4) + waves + random.normal(0, 0.05, (SIZE, SIZE))
    light = random.uniform(0.75, 1)
    return np.rint(255 * np.clip(under + (light - under) * body, 0, 1)).astype(np.uint8)[None]


def score(outputs: dict[str, np.ndarray], held: dict[str, np.ndarray]) -> float:
    """The share of joints whose map has its peak within REACH pixels of them, from 0 to 1."""
    from netc.runtime.show.draw.kinds.points import peaks

    found = np.array([peaks(maps, (SIZE, SIZE))[:, :2] for maps in outputs["heatmaps"]])
    return float((np.linalg.norm(found - held["joints"], axis=-1) <= REACH).mean())
