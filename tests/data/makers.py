"""Small files of every format, written by hand: nothing of the readers is used to make them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image


def image_port(*shape: int | str, dtype: str = "float32", name: str = "image") -> dict:
    return {"name": name, "shape": ["N", *shape], "dtype": dtype, "role": "data"}


def label_port(classes: int = 10, name: str = "label") -> dict:
    return {"name": name, "shape": ["N"], "dtype": "int64", "role": "target", "classes": classes}


def value_port(*shape: int | str, name: str = "price") -> dict:
    return {"name": name, "shape": ["N", *shape], "dtype": "float32", "role": "target"}


def write_idx(path: Path, values: np.ndarray, code: int = 8) -> Path:
    body = bytes([0, 0, code, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


def write_mnist(folder: Path, images: np.ndarray, labels: np.ndarray, *, zipped: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    for part, rows in (("train", slice(0, -2)), ("t10k", slice(-2, None))):
        ending = ".gz" if zipped else ""
        write_idx(folder / f"{part}-images-idx3-ubyte{ending}", images[rows])
        write_idx(folder / f"{part}-labels-idx1-ubyte{ending}", labels[rows].astype(np.uint8))
    return folder


def write_cifar(folder: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    """Images uint8 [rows, 3, 32, 32]: two training files and one of the last two rows."""
    folder.mkdir(exist_ok=True)
    rows = np.concatenate([labels[:, None].astype(np.uint8), images.reshape(len(images), -1)], axis=1)
    half = (len(rows) - 2) // 2
    for name, part in (("data_batch_1", rows[:half]), ("data_batch_2", rows[half:-2]), ("test_batch", rows[-2:])):
        part.tofile(folder / f"{name}.bin")
    (folder / "batches.meta.txt").write_text("plane\ncar\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n")
    return folder


def write_image(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def pixels(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, size=shape, dtype=np.uint8)
