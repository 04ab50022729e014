"""Weight files of every format, damaged: safetensors, npz, pickles, PyTorch's zips and older files, HDF5, ONNX."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random

import numpy as np

from fuzzing.kind import Kind
from fuzzing.mutate import NUMBERS, mutated
from netc.compiler.weights.formats import read_texts
from netc.compiler.weights.source import read_source

TREE = {
    "conv1": {"weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2), "bias": np.zeros(2, np.float32)},
    "half": np.ones((2, 5), np.float16),
    "list": [np.asfortranarray(np.ones((2, 3))), np.array(7)],
    "empty": np.zeros((0, 3), np.float32),
}
FLAT = {"conv1.weight": TREE["conv1"]["weight"], "half": TREE["half"], "counter": np.array(7), "empty": TREE["empty"]}  # type: ignore[call-overload,index]
PIECES = (
    b"}",
    b"]",
    b")",
    b"(",
    b"t",
    b"u",
    b"s",
    b"a",
    b"e",
    b"R",
    b"2",
    b"0",
    b"1",
    b"N",
    b".",
    b"Q",
    b"b",
    b"\x85",
    b"\x86",
    b"\x87",
    b"\x88",
    b"\x93",
    b"\x94",
    b"K\1",
    b"J\xff\xff\xff\x7f",
    b"h\0",
    b"q\0",
    b"l",
    b"d",
    b"\x8f",
    b"\x90",
    b"\x91",
    b"\x8a\x09\0\0\0\0\0\0\0\0\1",
    b"X\1\0\0\0a",
    b"\x8c\1a",
    b"C\4abcd",
    b"\x80\x05",
    b"cos\nsystem\n",
    b"cnumpy\ndtype\n",
    b"cnumpy\nndarray\n",
    b"ctorch\nSize\n",
    b"ctorch\ndevice\n",
    b"ctorch\nfloat32\n",
    b"ccollections\nOrderedDict\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ctorch._utils\n_rebuild_parameter\n",
    b"cnumpy.core.multiarray\n_reconstruct\n",
    b"cnumpy.core.numeric\n_frombuffer\n",
    b"c_codecs\nencode\n",
)
"""Instructions of pickles, and the names that readers know."""
HEADERS = (
    b'"dtype"',
    b'"BF16"',
    b'"F64"',
    b'"F8_E4M3"',
    b'"shape":[',
    b'"data_offsets":[',
    b"__metadata__",
    b"{",
    b"}",
    b"[",
)


# ------------------------------------------------------------ samples
@cache
def safetensors_samples() -> list[bytes]:
    """Files as others write them, one with the type that numpy lacks."""
    from safetensors.numpy import save

    plain = save(FLAT, {"who": "me"})
    header = b'{"brain":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]}}'
    return [plain, save({"a": np.ones(3)}), struct.pack("<Q", len(header)) + header + b"\1\2\3\4"]


def members(random: Random) -> dict[str, bytes]:
    """What is in an .npz."""
    found = {}
    for name, array in FLAT.items():
        file = io.BytesIO()
        np.lib.format.write_array(file, array, random.choice(((1, 0), (2, 0), None)))
        found[f"{name}.npy"] = file.getvalue()
    return found


def _text(said: str) -> bytes:
    return b"X" + struct.pack("<I", len(said.encode())) + said.encode()


def _integer(number: int) -> bytes:
    width = number.bit_length() // 8 + 1
    return b"\x8a" + bytes([width]) + number.to_bytes(width, "little", signed=True)


def _tuple(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def _size(random: Random, size: int) -> int:
    return random.choice(NUMBERS) if random.random() < 0.08 else size


def torch_pickle(random: Random) -> bytes:
    """The table of tensors of a file of PyTorch's, in which now and then a size is another one."""
    made = []
    for key, shape, strides in (("0", (2, 3), (3, 1)), ("1", (4,), (1,)), ("0", (), ()), ("1", (0, 3), (3, 1))):
        kind = random.choice(("FloatStorage", "FloatStorage", "BFloat16Storage", "BoolStorage", "LongStorage"))
        kind = "FloatStorage" if random.random() < 0.8 else kind
        count = {"0": 6, "1": 4}[key]
        storage = (
            _tuple(
                _text("storage"),
                b"ctorch\n" + kind.encode() + b"\n",
                _text(key),
                _text("cpu"),
                _integer(_size(random, count)),
            )
            + b"Q"
        )
        sizes = [_tuple(*(_integer(_size(random, size)) for size in numbers)) for numbers in (shape, strides)]
        tensor = _tuple(storage, _integer(_size(random, 0)), *sizes, b"\x89", b"ccollections\nOrderedDict\n)R")
        made.append(_text(f"layer{len(made)}.weight") + b"ctorch._utils\n_rebuild_tensor_v2\n" + tensor + b"R")
    return b"\x80\x02}(" + b"".join(made) + b"u."


# ------------------------------------------------------------ cases
def safetensors(random: Random) -> bytes:
    """A file with bytes changed; its length before the header is made right again now and then."""
    content = mutated(random, random.choice(safetensors_samples()), HEADERS, safetensors_samples())
    if random.random() < 0.5 and len(content) > 8:
        end = content.rfind(b"}}") + 2
        content = struct.pack("<Q", max(0, end - 8)) + content[8:]
    return content


def zipped(random: Random, found: dict[str, bytes], *, words: tuple[bytes, ...] = ()) -> bytes:
    """An archive of these members, one of them damaged before it is packed, or the archive afterwards."""
    inside = random.random() < 0.6
    damaged = random.choice(list(found)) if inside else ""
    file = io.BytesIO()
    way = random.choice((0, 0, 0, 8, 8, 12, 14))
    with zipfile.ZipFile(file, "w", way) as archive:
        for name, content in found.items():
            archive.writestr(name, mutated(random, content, words) if name == damaged else content)
    return file.getvalue() if inside else mutated(random, file.getvalue(), (b"PK\1\2", b"PK\3\4", b"PK\5\6"))


def npz(random: Random) -> bytes:
    """An .npz with something wrong in it."""
    return zipped(random, members(random))


def torch_zip(random: Random) -> bytes:
    """PyTorch's archive with something wrong in it."""
    folder = "archive"
    found = {f"{folder}/data.pkl": torch_pickle(random), f"{folder}/data/0": bytes(24), f"{folder}/data/1": bytes(16)}
    if random.random() < 0.3:
        found[f"{folder}/byteorder"] = random.choice((b"big", b"little", b"\xff"))
    return zipped(random, found, words=PIECES)


def torch_file(random: Random) -> bytes:
    """What PyTorch wrote before its archives."""
    system = {"little_endian": True, "protocol_version": 1001, "type_sizes": {}}
    first = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + pickle.dumps(1001, 2) + pickle.dumps(system, 2)
    storages = b"".join(struct.pack("<q", size) + bytes(4 * size) for size in (6, 4))
    content = first + torch_pickle(random) + pickle.dumps(["0", "1"], 2) + storages
    return content if random.random() < 0.3 else mutated(random, content, PIECES)


def pickles(random: Random) -> bytes:
    """A pickle of arrays with something wrong in it, or instructions in any order."""
    if random.random() < 0.3:
        return b"\x80\x02" + b"".join(random.choices(PIECES, k=random.randint(1, 60))) + b"."
    return mutated(random, pickle.dumps(TREE, random.choice((2, 3, 4, 5))), PIECES)


@cache
def hdf5_sample() -> bytes:
    """Weights as Keras lays them out."""
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        group = root.create_group("layers/dense/vars")
        group["0"], group["1"] = np.ones((2, 3), np.float32), np.zeros(3, np.float32)
    return file.getvalue()


@cache
def onnx_sample() -> bytes:
    """A model of initializers."""
    from onnx import helper, numpy_helper

    stored = [numpy_helper.from_array(np.asarray(array), name) for name, array in FLAT.items()]
    return helper.make_model(helper.make_graph([], "g", [], [], stored)).SerializeToString()


def _read(ending: str) -> object:
    def run(content: bytes, place: Path) -> None:
        path = place / f"w.{ending}"
        path.write_bytes(content)
        read_source(path)
        read_texts(path)

    return run


KINDS = tuple(
    Kind(name, "weights", _read(ending), make, ready=ready)  # type: ignore[arg-type]
    for name, ending, make, ready in (
        ("safetensors", "safetensors", safetensors, lambda: True),
        ("npz", "npz", npz, lambda: True),
        ("pickles", "pkl", pickles, lambda: True),
        ("torch-zip", "pth", torch_zip, lambda: True),
        ("torch-file", "pth", torch_file, lambda: True),
        ("hdf5", "h5", lambda random: mutated(random, hdf5_sample()), lambda: find_spec("h5py") is not None),
        ("onnx-weights", "onnx", lambda random: mutated(random, onnx_sample()), lambda: True),
    )
)
