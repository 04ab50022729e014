"""Data of every format, damaged: MNIST's and CIFAR's files, npz, npy, tables, images by class, words of `--data`."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from fuzzing.kind import Kind
from fuzzing.mutate import WRITTEN, mutated
from fuzzing.weights import zipped
from netc.runtime.data.bind import bind_part
from netc.runtime.data.inputs import read_inputs
from netc.runtime.data.open import open_data

IMAGE = {"name": "image", "shape": ["N", 1, 8, 8], "dtype": "float32", "role": "data"}
COLUMNS = {"name": "x", "shape": ["N", 3], "dtype": "float32", "role": "data"}
LABEL = {"name": "label", "shape": ["N"], "dtype": "int64", "role": "target", "classes": 3}
PIXELS = np.arange(6 * 64, dtype=np.uint8).reshape(6, 8, 8)
CLASSES = np.array([0, 1, 2, 0, 1, 2], np.uint8)
COLOURS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
TABLE = "width,height,depth,label\n" + "".join(f"{row},{row / 2},-1e{row % 4},{'abc'[row % 3]}\n" for row in range(12))
TABLES = (
    TABLE,
    TABLE.replace(",", "\t"),
    TABLE.replace(",", ";").replace(".", ","),
    TABLE.replace("\n", "\r\n"),
    'text,label\n"a ""b"" \n c",1\nd,2\n',
    "1,2,3,0\n4,5,6,1\n",
    "image,label\nimages/a.png,0\n",
)
SIGNS = (
    b'"',
    b",",
    b";",
    b"\t",
    b"\r\n",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"nan",
    b"inf",
    b"1e999",
    b'""',
    b" ",
    b"images/../a.png",
    *(word.encode() for word in WRITTEN if len(word) < 40),
)


def use(spec: str | Path, port: dict[str, object]) -> None:
    """What training and `predict` do with data: read, fit to a net, make a batch."""
    data = open_data(str(spec))
    _, rows = bind_part(data, [port, LABEL], None, "all")
    rows.batch(np.arange(min(4, len(rows))))


def _idx(values: np.ndarray) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def idx(random: Random) -> bytes:
    """A number for which file it is, and the file, zipped or not."""
    which = random.randrange(2)
    content = _idx((PIXELS, CLASSES)[which])
    if random.random() < 0.3:
        content = mutated(random, content) if random.random() < 0.5 else content
        packed = gzip.compress(content, mtime=0)
        content = mutated(random, packed) if random.random() < 0.5 else packed
    else:
        content = mutated(random, content)
    return bytes([which]) + content


def read_idx(content: bytes, place: Path) -> None:
    """MNIST's folder, one file of which is the case's."""
    folder = place / "mnist"
    folder.mkdir(exist_ok=True)
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    files = [_idx(PIXELS), _idx(CLASSES)]
    if content:
        files[content[0] % 2] = content[1:]
    for name, file in zip(names, files, strict=True):
        (folder / name).write_bytes(file)
    use(folder, IMAGE)


def cifar(random: Random) -> bytes:
    """A number for which file it is, and the file."""
    rows = b"".join(bytes([label]) + bytes(3072) for label in (0, 1, 9))
    which = random.randrange(2)
    return bytes([which]) + mutated(random, rows if which == 0 else b"plane\ncar\nbird\n")


def read_cifar(content: bytes, place: Path) -> None:
    """CIFAR's folder, one file of which is the case's."""
    folder = place / "cifar"
    folder.mkdir(exist_ok=True)
    (folder / "data_batch_1.bin").write_bytes(content[1:] if content[:1] == b"\0" else bytes(3073 * 3))
    (folder / "batches.meta.txt").write_bytes(content[1:] if content[:1] != b"\0" else b"a\nb\nc\n")
    use(folder, IMAGE)


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(random: Random) -> bytes:
    """Arrays of a data set, one of them damaged."""
    arrays = {"train_images": PIXELS, "train_labels": CLASSES, "x_test": PIXELS[:2], "y_test": CLASSES[:2]}
    arrays = arrays if random.random() < 0.5 else {"image": PIXELS, "label": np.array(list("abcabc"))}
    if random.random() < 0.3:
        arrays["class_names"] = np.array(["a", "b", "c"])
    name = random.choice(list(arrays))
    kind = random.choice(("f2", "f8", "i8", "u1", "?", "U3", "S3", "c8", "M8[s]", ">i4", "V4", "f4"))
    if random.random() < 0.3:
        arrays[name] = np.zeros(random.choice(((), (0,), (6,), (6, 1), (6, 8, 8, 3), (1, 2, 3, 4, 5))), kind)
    return zipped(random, {f"{name}.npy": _npy(array) for name, array in arrays.items()})


def npy(random: Random) -> bytes:
    """One array, damaged."""
    return mutated(random, _npy(random.choice((PIXELS, PIXELS.astype("f8"), np.array(["a", "b"])))))


def table(random: Random) -> bytes:
    """A table, damaged, in any encoding."""
    text = random.choice(TABLES)
    encoding = random.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16"))
    return mutated(random, text.encode(encoding), SIGNS, [text.encode() for text in TABLES])


@cache
def pictures() -> list[bytes]:
    """Small images of every format and mode that is read."""
    from PIL import Image

    made = []
    for kind in COLOURS:
        for mode in ("L", "RGB", "RGBA", "P", "1", "I;16"):
            file = io.BytesIO()
            try:
                Image.new(mode, (9, 7), 1).save(file, kind)
            except (OSError, KeyError, ValueError):
                continue
            made.append(file.getvalue())
    return made


def picture(random: Random) -> bytes:
    """An image, damaged; what a PNG says of its checksums is made right again."""
    content = mutated(
        random, random.choice(pictures()), (b"IHDR", b"IDAT", b"tRNS", b"PLTE", b"acTL", b"\xff\xda"), pictures()
    )
    return _checked(content) if content.startswith(b"\x89PNG") else content


def _checked(content: bytes) -> bytes:
    """A PNG with right checksums, as far as its chunks go."""
    import zlib

    at, made = 8, content[:8]
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if at + 12 + length > len(content):
            break
        chunk = content[at + 4 : at + 8 + length]
        made += content[at : at + 4] + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        at += 12 + length
    return made + content[at:]


def read_pictures(content: bytes, place: Path) -> None:
    """A folder of classes, one image of which is the case's; and that image alone, as `predict` reads it."""
    folder = place / "photos"
    for name, file in (("a/1.png", content), ("b/2.png", pictures()[0]), ("c/3.png", pictures()[1])):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(file)
    use(f"{folder}:size=8,channels=1", IMAGE)
    read_inputs([folder / "a/1.png"], [IMAGE])


def spec(random: Random) -> bytes:
    """What `--data` says."""
    words = (
        "size=8",
        "channels=1",
        "scale=255",
        "validation=0.5",
        "test=val",
        "inputs=a,b",
        "target=label",
        "drop=x",
        "background=white",
        "damaged=skip",
        "background=#12345",
        "size=1x9",
    )
    said = "digits:" + ",".join(random.choices(words, k=random.randint(1, 4)))
    return mutated(random, said.encode(), (b":", b"=", b",", b"digits", b"\0", b"..", b"/", b"~", b"*", b"-"))


def read_spec(content: bytes, place: Path) -> None:
    """The embedded digits, or whatever the text names."""
    open_data(content.decode("utf-8", "surrogateescape"))


def _file(name: str, port: dict[str, object]) -> Callable[[bytes, Path], None]:
    def run(content: bytes, place: Path) -> None:
        path = place / name
        path.write_bytes(content)
        try:
            use(path, port)
        finally:
            read_inputs([path], [port])

    return run


KINDS = (
    Kind("idx", "data", read_idx, idx),
    Kind("cifar", "data", read_cifar, cifar, share=0.5),
    Kind("npz-data", "data", _file("data.npz", IMAGE), npz),
    Kind("npy", "data", _file("data.npy", IMAGE), npy, share=0.5),
    Kind("csv", "data", _file("data.csv", COLUMNS), table),
    Kind("tsv", "data", _file("data.tsv", COLUMNS), table, share=0.5),
    Kind("images", "data", read_pictures, picture),
    Kind("spec", "data", read_spec, spec, share=0.5),
)
