"""Clips of a moving square or disc: eight frames of 16x16, in which the motion is the class.

Shapes leave on one side and come in on the other, and every frame of a motion is as likely as of its opposite:
a single frame says nothing about the class.
"""

from __future__ import annotations

import numpy as np

FRAMES, SIZE = 8, 16
TRAIN_ROWS, TEST_ROWS = 2400, 400
NAMES = ("left", "right", "up", "down", "clockwise", "anticlockwise", "grows", "shrinks")


def frame(x: float, y: float, radius: float, disc: bool) -> np.ndarray:
    """A shape with soft edges about (x, y), on a plane whose opposite edges meet: `[SIZE, SIZE]` from 0 to 1."""
    places = np.arange(SIZE)
    across = np.abs((places - x + SIZE / 2) % SIZE - SIZE / 2)[None, :]
    down = np.abs((places - y + SIZE / 2) % SIZE - SIZE / 2)[:, None]
    distance = np.hypot(across, down) if disc else np.maximum(across, down)
    return np.clip(radius + 0.5 - distance, 0, 1)


def clip(motion: str, random: np.random.Generator) -> np.ndarray:
    """One clip `[1, FRAMES, SIZE, SIZE]` of a motion, with noise; place, size, shape and speed are drawn."""
    x, y = random.uniform(0, SIZE, 2)
    radius, angle, speed = random.uniform(1.5, 3), random.uniform(0, 2 * np.pi), random.uniform(0.8, 1.6)
    disc, brightness = random.random() < 0.5, random.uniform(0.6, 1)
    frames = []
    for time in np.arange(FRAMES) - (FRAMES - 1) / 2:
        step, change = speed * time, 0.25 * speed * time
        turn = angle + (step / 3 if motion == "clockwise" else -step / 3)
        match motion:
            case "left" | "right":
                shape = x + (step if motion == "right" else -step), y, radius
            case "up" | "down":
                shape = x, y + (step if motion == "down" else -step), radius
            case "clockwise" | "anticlockwise":
                shape = x + 4 * np.cos(turn), y + 4 * np.sin(turn), radius
            case _:
                shape = x, y, 3 + (change if motion == "grows" else -change)
        frames.append(frame(*shape, disc))
    noise = random.normal(0, 0.05, (FRAMES, SIZE, SIZE))
    return np.clip(brightness * np.stack(frames) + noise, 0, 1)[None]


def rows(count: int, seed: int) -> dict[str, np.ndarray]:
    """Clips as bytes [1, FRAMES, SIZE, SIZE], as many of each motion, and the number of the motion."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % len(NAMES)
    clips = np.stack([clip(NAMES[label], random) for label in labels])
    return {"clip": (clips * 255).round().astype(np.uint8), "label": labels}
