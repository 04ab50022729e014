"""Clips of a moving square or disc: eight frames of 16x16, in which the motion is the class.

    python examples/tasks/video/data.py video.npz

Shapes leave on one side and come in on the other, and every frame of a motion is as likely as of its opposite:
a single frame says nothing about the class.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

FRAMES, SIZE = 8, 16
MOTIONS = ("left", "right", "up", "down", "clockwise", "anticlockwise", "grows", "shrinks")


def frame(x: float, y: float, radius: float, disc: bool) -> np.ndarray:
    """A shape with soft edges about (x, y), on a plane whose opposite edges meet: `[SIZE, SIZE]` from 0 to 1."""
    places = np.arange(SIZE)
    across = np.abs((places - x + SIZE / 2) % SIZE - SIZE / 2)[None, :]
    down = np.abs((places - y + SIZE / 2) % SIZE - SIZE / 2)[:, None]
    distance = np.hypot(across, down) if disc else np.maximum(across, down)
    return np.clip(radius + 0.5 - distance, 0, 1)


def clip(motion: str, random: np.random.Generator) -> np.ndarray:
    """One clip `[1, FRAMES, SIZE, SIZE]` of a motion, with noise; where it starts, its size, shape and speed are drawn."""
    x, y = random.uniform(0, SIZE, 2)
    radius, angle, speed = random.uniform(1.5, 3), random.uniform(0, 2 * np.pi), random.uniform(0.8, 1.6)
    disc, brightness = random.random() < 0.5, random.uniform(0.6, 1)
    frames = []
    for time in np.arange(FRAMES) - (FRAMES - 1) / 2:
        step, turn, change = speed * time, speed * time / 3, 0.25 * speed * time
        frames.append(
            {
                "left": lambda: frame(x - step, y, radius, disc),
                "right": lambda: frame(x + step, y, radius, disc),
                "up": lambda: frame(x, y - step, radius, disc),
                "down": lambda: frame(x, y + step, radius, disc),
                "clockwise": lambda: frame(x + 4 * np.cos(angle + turn), y + 4 * np.sin(angle + turn), radius, disc),
                "anticlockwise": lambda: frame(x + 4 * np.cos(angle - turn), y + 4 * np.sin(angle - turn), radius, disc),
                "grows": lambda: frame(x, y, 3 + change, disc),
                "shrinks": lambda: frame(x, y, 3 - change, disc),
            }[motion]()
        )
    noise = random.normal(0, 0.05, (FRAMES, SIZE, SIZE))
    return np.clip(brightness * np.stack(frames) + noise, 0, 1)[None]


def clips(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """As many clips of each motion: bytes `[count, 1, FRAMES, SIZE, SIZE]`, and the numbers of their motions."""
    labels = np.arange(count) % len(MOTIONS)
    pictures = [clip(MOTIONS[label], random) for label in labels]
    return (np.stack(pictures) * 255).round().astype(np.uint8), labels


def write(path: Path, count: int = 2400, seed: int = 0) -> None:
    """A file with `count` clips to learn from, a sixth as many to choose the epoch by, and as many to test on."""
    random = np.random.default_rng(seed)
    fields = {}
    for part, rows in (("train", count), ("val", count // 6), ("test", count // 6)):
        fields[f"{part}_clip"], fields[f"{part}_label"] = clips(rows, random)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, class_names=np.array(MOTIONS), **fields)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--count", type=int, default=2400, help="clips to learn from (default: 2400)")
    arguments = parser.parse_args()
    write(arguments.path, arguments.count)
