"""Round trips of random data, and random bytes: a finding or a data set, never anything else."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data, read_inputs
from netc.runtime.data.spec import parse_spec

from .makers import image_port, label_port, write_cifar, write_image, write_mnist

PORTS = [image_port(1, "H", "W"), label_port(10)]
NAMES = ["d.npz", "d.npy", "d.csv", "train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte",
         "data_batch_1.bin", "test_batch.bin", "a/1.png", "a/1.jpg", "a/1.gif", "a/1.tiff", "train.csv"]  # fmt: skip
HEADS = [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x00\x00\x08\x03", b"\x00\x00\x08\x01", b"\x1f\x8b\x08\x00",
         b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"GIF89a", b"II*\x00", b"a,label\n"]  # fmt: skip


def codes(action: Callable[[], object]) -> set[str]:
    """What findings come out; anything else raises."""
    try:
        action()
    except DiagnosticError as error:
        return {finding.code[:2] for finding in error.diagnostics}
    return set()


def opened(spec: str) -> None:
    def action() -> None:
        data = bind_data(open_data(spec), PORTS)
        data.train.batch(range(len(data.train)))

    assert codes(action) <= {"E5"}


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(NAMES), head=st.sampled_from(HEADS), body=st.binary(max_size=200))
def test_random_files_give_findings(name, head, body):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(head + body)
        opened(folder)
        opened(str(path))
        assert codes(lambda: read_inputs([path], PORTS)) <= {"E5"}


@settings(max_examples=120, deadline=None)
@given(kind=st.sampled_from(["npz", "mnist", "cifar", "png", "csv", "jpg"]), data=st.data())
def test_changed_bytes_of_good_files_give_findings(kind, data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "d")
        folder.mkdir()
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (4, 8, 8), np.uint8)
        if kind == "npz":
            np.savez_compressed(folder / "d.npz", image=images, label=np.arange(4))
        elif kind == "mnist":
            write_mnist(folder, images, np.arange(4), zipped=True)
        elif kind == "cifar":
            write_cifar(folder, rng.integers(0, 256, (4, 3, 32, 32), np.uint8), np.arange(4))
        elif kind == "csv":
            (folder / "train.csv").write_text("label,a,b\n1,2.5,3\n0,1,1\n2,1e3,-4\n")
        else:
            for at in range(3):
                write_image(folder / "a" / f"{at}.{kind}", images[at])
        path = data.draw(st.sampled_from(sorted(path for path in folder.rglob("*") if path.is_file())))
        whole = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(whole)) | st.just(len(whole)))
        path.write_bytes(bytes(whole[:cut]))
        opened(str(path if kind in ("npz", "csv") else folder))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_random_specs_give_findings(text):
    assert codes(lambda: parse_spec(text)) <= {"E5"}
    assert codes(lambda: open_data("/nowhere/" + text.strip("./ "))) == {"E5"}


@settings(max_examples=40, deadline=None)
@given(
    images=arrays.arrays(
        st.sampled_from([np.uint8, np.int32, np.float32, np.float64]),
        st.tuples(st.integers(2, 6), st.just(3), st.just(4)),
        elements=st.integers(0, 255),
    ),
    seed=st.integers(0, 5),
)  # fmt: skip
def test_npz_round_trip(images, seed):
    labels = np.arange(len(images)) % 10
    divisor = 255 if images.dtype == np.uint8 else 1
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder, "d.npz"), image=images, label=labels)
        bound = bind_data(
            open_data(f"{Path(folder, 'd.npz')}:scale={divisor}", seed=seed), [image_port(1, 3, 4), label_port(10)]
        )
        rows = [part.batch(range(len(part))) for part in (bound.train, bound.held)]
    seen = {int(label): image for part in rows for image, label in zip(part["image"], part["label"], strict=True)}
    assert len(seen) == len(images)
    for at, image in enumerate(images):
        assert np.allclose(seen[at], image[None] / divisor, rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(arrays.arrays(np.float32, st.tuples(st.integers(2, 6), st.integers(1, 5)),
                     elements=st.floats(-1e6, 1e6, width=32)), st.sampled_from(",;\t"))  # fmt: skip
def test_csv_round_trip(matrix, delimiter):
    text = io.StringIO()
    text.write(delimiter.join(["label", *(f"x{at}" for at in range(matrix.shape[1]))]) + "\n")
    for at, row in enumerate(matrix):
        text.write(delimiter.join([str(at), *(repr(float(value)) for value in row)]) + "\n")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "d.csv").write_text(text.getvalue())
        bound = bind_data(
            open_data(str(Path(folder, "d.csv"))), [image_port(matrix.shape[1], name="v"), label_port(10)]
        )
        rows = [part.batch(range(len(part))) for part in (bound.train, bound.held)]
    for part in rows:
        assert np.array_equal(part["v"], matrix[part["label"]])


@pytest.mark.parametrize("seed", range(3))
def test_splits_are_repeatable(tmp_path, seed):
    np.savez(tmp_path / "d.npz", x=np.arange(1000), label=np.zeros(1000, np.int64))
    held = [open_data(str(tmp_path / "d.npz"), seed=seed).held.batch(range(100))["x"] for _ in range(2)]
    assert np.array_equal(*held)
    assert len(set(held[0].tolist())) == 100
