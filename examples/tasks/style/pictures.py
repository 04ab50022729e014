"""Generated pictures of 64x64: landscapes to paint over, a painting, and textures to learn to see by."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

SIZE, FINE = 64, 4
TEXTURES = ("stripes", "checks", "dots", "waves", "bricks", "strokes", "rings", "grain")
INK, SKY, GLOW = np.array([18, 28, 92]), np.array([70, 130, 200]), np.array([250, 214, 88])
Array = np.ndarray


def small(image: Image.Image) -> Array:
    """A picture drawn larger, as bytes `[3, SIZE, SIZE]` with soft edges."""
    return np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BOX)).transpose(2, 0, 1)


def landscape(random: np.random.Generator) -> Array:
    """A sun over hills, with a house and some trees."""
    side = SIZE * FINE
    sky = random.uniform([120, 160, 200], [180, 210, 255])
    image = Image.new("RGB", (side, side), tuple(sky.astype(int)))
    pen = ImageDraw.Draw(image)

    def disc(x: float, y: float, radius: float, colour: tuple[int, int, int]) -> None:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), colour)

    disc(*random.uniform([30, 30], [side - 30, 80]), random.uniform(18, 30), (255, 225, 120))
    for depth in range(3):
        across = np.arange(side)
        height = side * (0.5 + 0.15 * depth) + random.uniform(8, 24) * np.sin(
            across / random.uniform(25, 60) + depth * 2
        )
        green = (int(110 - 30 * depth), int(170 - 30 * depth), int(90 - 20 * depth))
        pen.polygon([(0, side), *zip(across.tolist(), height.tolist(), strict=True), (side, side)], green)
        for x in random.uniform(20, side - 20, depth):
            y, tall = float(height[int(x)]), random.uniform(30, 50)
            pen.rectangle((x - 4, y - tall, x + 4, y + 6), (92, 64, 40))
            disc(x, y - tall, tall / 2, (34, int(random.uniform(90, 130)), 50))
    x, y, wide = random.uniform(30, side - 110), random.uniform(150, 180), random.uniform(55, 80)
    pen.rectangle((x, y, x + wide, y + wide * 0.7), (225, 205, 180))
    pen.polygon([(x - 8, y), (x + wide + 8, y), (x + wide / 2, y - wide * 0.5)], (170, 60, 50))
    pen.rectangle((x + wide * 0.4, y + wide * 0.3, x + wide * 0.6, y + wide * 0.7), (90, 60, 40))
    return small(image)


def painting(seed: int = 1) -> Array:
    """Thick strokes that whirl about a few lights, in blue and yellow."""
    random = np.random.default_rng(seed)
    side = SIZE * FINE
    image = Image.new("RGB", (side, side), tuple(INK))
    pen = ImageDraw.Draw(image)
    centres = random.uniform(30, side - 30, (4, 2))
    for x, y in random.uniform(-10, side + 10, (2600, 2)):
        away = np.hypot(*(centres - (x, y)).T)
        near = int(away.argmin())
        angle = np.arctan2(y - centres[near, 1], x - centres[near, 0]) + np.pi / 2
        light = np.clip(0.5 + 0.5 * np.cos(away[near] / 9) - away[near] / 140 + random.normal(0, 0.15), 0, 1)
        base = INK + (SKY - INK) * min(1, 2 * light) if light < 0.5 else SKY + (GLOW - SKY) * (2 * light - 1)
        long = random.uniform(10, 18)
        ends = (
            x - long * np.cos(angle) / 2,
            y - long * np.sin(angle) / 2,
            x + long * np.cos(angle) / 2,
            y + long * np.sin(angle) / 2,
        )
        pen.line(ends, tuple(np.clip(base + random.normal(0, 12, 3), 0, 255).astype(int)), width=6)
    return small(image)


def texture(kind: str, random: np.random.Generator, side: int = SIZE // 2) -> Array:
    """A texture of two colours in any direction and size, with a little noise, as bytes `[3, side, side]`."""
    angle, length = random.uniform(0, np.pi), random.uniform(5, 14)
    y, x = np.mgrid[:side, :side] + random.uniform(0, 50)
    u, v = (np.cos(angle) * x + np.sin(angle) * y) / length, (np.cos(angle) * y - np.sin(angle) * x) / length
    wave, turn = lambda values: 0.5 + 0.5 * np.sin(2 * np.pi * values), 2 * np.pi
    noise = random.normal(0, 1, (side, side))
    blurred = np.fft.ifft2(np.fft.fft2(noise) * np.exp(-(((u - u[0, 0]) ** 2) * 4 + ((v - v[0, 0]) ** 2) * 0.2))).real
    share = {
        "stripes": lambda: wave(u),
        "checks": lambda: (np.floor(u) + np.floor(v)) % 2,
        "dots": lambda: (np.hypot(u % 1 - 0.5, v % 1 - 0.5) < 0.3) * 1.0,
        "waves": lambda: wave(u + 0.4 * np.sin(turn * v / 2)),
        "bricks": lambda: ((v % 1 > 0.15) & ((u / 2 + 0.5 * (np.floor(v) % 2)) % 1 > 0.08)) * 1.0,
        "strokes": lambda: np.clip(0.5 + 0.5 * blurred / blurred.std(), 0, 1),
        "rings": lambda: wave(np.hypot(u - u.mean(), v - v.mean())),
        "grain": lambda: np.clip(0.5 + 0.35 * noise, 0, 1),
    }[kind]()
    first, second = random.uniform(0, 255, (2, 3, 1, 1))
    picture = first + (second - first) * share + random.normal(0, 5, (3, side, side))
    return np.clip(picture, 0, 255).astype(np.uint8)
