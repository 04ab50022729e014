"""Weight files that are damaged, or made to harm: a coded error, nothing run, soon and in little memory."""

from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netc.compiler.weights.formats import read
from netc.grammar.diagnostics import DiagnosticError

MEGABYTES = 500
HUGE = 100 << 30


def code_of(path: Path) -> str:
    with pytest.raises(DiagnosticError) as caught:
        read(path)
    (finding,) = caught.value.diagnostics
    assert finding.help
    assert finding.message.isprintable()
    return finding.code


class Run:
    """What a pickle of it does when Python reads it."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def zipped(pickled: bytes, storages: dict[str, bytes] | None = None, **members: bytes) -> bytes:
    """As PyTorch writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, content in {**{f"data/{key}": value for key, value in (storages or {}).items()}, **members}.items():
            archive.writestr(f"archive/{name}", content)
    return file.getvalue()


# ------------------------------------------------------------ programs
@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("packed", [lambda content: content, zipped], ids=["pickle", "zip"])
def test_a_program_is_not_run(packed: Callable[[bytes], bytes], protocol: int, tmp_path: Path) -> None:
    for item in (
        Run(os.system, f"touch {tmp_path}/done"),
        Run(eval, f"open({str(tmp_path / 'done')!r}, 'w')"),
        Run(getattr, {}, "keys"),
        {"w": Run(Path.touch, tmp_path / "done")},
        Run(np.frombuffer, b"1234"),
    ):
        (tmp_path / "w.pth").write_bytes(packed(pickle.dumps(item, protocol)))
        assert code_of(tmp_path / "w.pth") == "E572"
        assert not (tmp_path / "done").exists()


PROGRAMS = {
    "a name from the stack": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "an attribute of a known one": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2.__globals__\n.",
    "a dotted module": b"\x80\x02ctorch\n_utils.os.system\nX\x04\0\0\0true\x85R.",
    "a function of the table as an object": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "an instance": b"\x80\x02(ios\nsystem\n.",
    "an object": b"\x80\x02(cos\nsystem\no.",
    "an extension": b"\x80\x02\x82\x01.",
    "a call of a text": b"\x80\x02X\x01\0\0\0a)R.",
    "a call of a storage's type": b"\x80\x02ctorch\nFloatStorage\n)R.",
    "a state for a list": b"\x80\x02]}b.",
    "something outside": b"\x80\x02X\x04\0\0\0evilQ.",
    "a buffer": b"\x80\x05\x97.",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_way_to_a_program_is_closed(program: bytes, tmp_path: Path) -> None:
    for packed in (program, zipped(program)):
        (tmp_path / "w.pth").write_bytes(packed)
        assert code_of(tmp_path / "w.pth") == "E572"


def test_a_whole_module_is_refused_by_name(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save(torch.nn.Linear(2, 3), tmp_path / "w.pth")
    with pytest.raises(DiagnosticError, match=r"torch\.nn\.modules\.linear\.Linear"):
        read(tmp_path / "w.pth")


# ------------------------------------------------------------ sizes that lie
STORAGE = "ctorch\nFloatStorage\n"


def tensor(size: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], key: str = "0") -> bytes:
    """A pickle of one tensor, by PyTorch's own names."""

    def number(value: int) -> bytes:
        return b"\x8a\x09" + value.to_bytes(9, "little", signed=True)

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    storage = b"(" + text("storage") + STORAGE.encode() + text(key) + text("cpu") + number(size) + b"tQ"
    arguments = b"(" + storage + number(offset) + numbers(shape) + numbers(strides) + b"\x89Nt"
    return b"\x80\x02}" + text("w") + b"ctorch._utils\n_rebuild_tensor_v2\n" + arguments + b"Rs."


def test_the_tensor_that_the_lies_are_made_of_is_read(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(zipped(tensor(6, 1, (2, 2), (1, 2)), {"0": np.arange(6, dtype="<f4").tobytes()}))
    np.testing.assert_array_equal(read(tmp_path / "w.pth").tensors["w"], [[1, 3], [2, 4]])


LIES = {
    "beyond its storage": (6, 3, (2, 2), (2, 1)),
    "before its storage": (6, -1, (2, 2), (2, 1)),
    "a negative stride": (6, 5, (2, 2), (-2, -1)),
    "a negative size": (6, 0, (-2, -2), (2, 1)),
    "a storage that isn't there": (HUGE, 0, (HUGE,), (1,)),
    "spread over one number": (6, 0, (1 << 20, 1 << 20), (0, 0)),
    "a product that overflows": (6, 0, (1 << 32, 1 << 32), (0, 0)),
    "many axes": (6, 0, (1,) * 60, (1,) * 60),
    "strides that are missing": (6, 0, (2, 2), (1,)),
    "a size without an end": (1 << 63, 0, (1 << 63,), (1,)),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_tensor_lies_within_its_storage(lie: Any, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(zipped(tensor(*lie), {"0": bytes(24)}))
    assert code_of(tmp_path / "w.pth") in ("E553", "E572")


def test_a_storage_in_another_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(zipped(tensor(6, 0, (6,), (1,), "../../etc/passwd"), {"0": bytes(24)}))
    assert code_of(tmp_path / "w.pth") == "E553"


def npy(shape: str, content: bytes = bytes(8), descr: str = "<f4") -> bytes:
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + content


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(f"{name}.npy", content)
    return file.getvalue()


def twice() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("w.npy", npy("(2,)"))
        made.writestr("v.npy", npy("(2,)"))
    return file.getvalue().replace(b"v.npy", b"w.npy")


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "a header of 100 GB": lambda: archive(w=npy(f"({HUGE // 4},)")),
    "a product that overflows": lambda: archive(w=npy("(4294967296, 4294967296, 4294967296)")),
    "a negative size": lambda: archive(w=npy("(-1, -2)")),
    "objects": lambda: archive(w=npy("(2,)", pickle.dumps(Run(os.system, "true")), "|O")),
    "texts": lambda: archive(w=npy("(2,)", bytes(8), "<U1")),
    "an expression": lambda: archive(w=npy("__import__('os').system('true')")),
    "a nest of brackets": lambda: archive(w=npy("(" * 5000)),
    "a bomb": lambda: archive(w=npy(f"({25 << 20},)", bytes(100 << 20))),
    "two of one name": twice,
    "nothing": lambda: archive(),
    "an end alone": lambda: b"PK\5\6" + bytes(18),
    "members without an end": lambda: b"PK\3\4" + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 1 << 31, 0, 0),
}


@pytest.mark.parametrize("made", ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_lies(made: Callable[[], bytes], tmp_path: Path) -> None:
    (tmp_path / "w.npz").write_bytes(made())
    assert code_of(tmp_path / "w.npz") == "E553"


PICKLES = {
    "a text of 100 GB": b"\x80\x04\x8d" + struct.pack("<Q", HUGE) + b"a.",
    "bytes of 100 GB": b"\x80\x04\x8e" + struct.pack("<Q", HUGE) + b"a.",
    "an array of 100 GB": b"\x80\x05\x96" + struct.pack("<Q", HUGE) + b"a.",
    "a frame of 100 GB": b"\x80\x04\x95" + struct.pack("<Q", HUGE) + b"N.",
    "a memo of two billion": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "a number of many digits": b"\x80\x02L" + b"9" * 100_000 + b"L\n.",
    "an empty stack": b"\x80\x02R.",
    "a mark that isn't there": b"\x80\x02t.",
    "no end": b"\x80\x02}",
    "a table in itself": b"\x80\x02}q\0X\x01\0\0\0ah\0s.",
    "tables that double": b"\x80\x02}q\0" + b"".join(
        b"}q" + bytes([at]) + b"(X\x01\0\0\0ah" + bytes([at - 1]) + b"X\x01\0\0\0bh" + bytes([at - 1]) + b"u"
        for at in range(1, 60)
    ) + b".",
    "a list as a key": b"\x80\x02}]Ns.",
}  # fmt: skip


@pytest.mark.parametrize("content", PICKLES.values(), ids=PICKLES)
def test_a_pickle_that_lies(content: bytes, tmp_path: Path) -> None:
    for packed in (content, zipped(content)):
        (tmp_path / "w.pth").write_bytes(packed)
        assert code_of(tmp_path / "w.pth") == "E553"


# ------------------------------------------------------------ damage
def files(folder: Path) -> dict[str, bytes]:
    torch = pytest.importorskip("torch")
    tensors = {"conv1.weight": np.arange(24, dtype=np.float32).reshape(4, 6), "conv1.bias": np.zeros(4, np.float32)}
    from safetensors.numpy import save

    given = {name: torch.tensor(tensor) for name, tensor in tensors.items()}
    torch.save(given, folder / "zip")
    torch.save(given, folder / "legacy", _use_new_zipfile_serialization=False)
    np.savez(folder / "npz.npz", **tensors)
    found = {"zip": (folder / "zip").read_bytes(), "legacy": (folder / "legacy").read_bytes()}
    found |= {"npz": (folder / "npz.npz").read_bytes(), "safetensors": save(tensors)}
    return found | {"pickle": pickle.dumps(tensors)}


def test_a_file_that_is_cut_short_or_changed(tmp_path: Path) -> None:
    """Wherever it ends, and whatever byte of its front half is another: the tensors, or an error with a code."""
    for kind, content in files(tmp_path).items():
        ends = [content[:at] for at in range(0, len(content), max(1, len(content) // 40))]
        flips = [
            content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :] for at in range(0, len(content) // 2, 7)
        ]
        for number, damaged in enumerate([*ends, *flips]):
            (tmp_path / "w").write_bytes(damaged)
            found = outcome(tmp_path / "w")
            assert found in ("E553", "E572") or number >= len(ends), (kind, number, found)


def outcome(path: Path) -> str:
    try:
        read(path)
    except DiagnosticError as error:
        return error.diagnostics[0].code
    return "read"


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a" + bytes(99), b"\x7fELF" + bytes(60), b"\x1f\x8b" + bytes(60), b"%PDF", b"\x80", b"{}"]
)
@pytest.mark.parametrize("name", ["w.pth", "w.npz", "w.safetensors", "w.h5", "w.keras", "w.onnx", "w"])
def test_a_foreign_file(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert code_of(tmp_path / name) == "E553"


def test_a_header_of_safetensors_that_lies(tmp_path: Path) -> None:
    for header in (struct.pack("<Q", HUGE), struct.pack("<Q", 20) + b'{"w":{"dtype":"F32"'):
        (tmp_path / "w.safetensors").write_bytes(header + bytes(40))
        assert code_of(tmp_path / "w.safetensors") == "E553"


def test_a_model_that_lies(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    for dims, content in (
        ([HUGE], b"1234"),
        ([1 << 40, 1 << 40], b""),
        ([-4], b"1234"),
        ([3], b"1234"),
        ([1] * 99, b"1"),
    ):
        tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, raw_data=content)
        onnx.save(helper.make_model(helper.make_graph([], "g", [], [], [tensor])), tmp_path / "w.onnx")
        assert code_of(tmp_path / "w.onnx") == "E553"


# ------------------------------------------------------------ limits
PROGRAM = """
import sys
from netc.compiler.weights.formats import read
from netc.grammar.diagnostics import DiagnosticError
import numpy, zipfile, pickletools
for path in sys.argv[1:]:
    try:
        read(path)
        print("read")
    except DiagnosticError as error:
        (most,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
        print(error.diagnostics[0].code, int(most.split()[1]) >> 10)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system doesn't say the highest use of memory")
def test_a_bad_file_takes_little_memory(tmp_path: Path) -> None:
    """In a process of its own, whose highest use of memory the system keeps."""
    made = {f"a{at}": make() for at, make in enumerate(ARCHIVES.values())}
    made |= {f"p{at}": content for at, content in enumerate(PICKLES.values())}
    made["long"] = b"\x80\x02" + b"N0" * 3_000_000 + b"."
    made |= {f"t{at}": zipped(tensor(*lie), {"0": bytes(24)}) for at, lie in enumerate(LIES.values())}
    for name, content in made.items():
        (tmp_path / f"{name}.pth").write_bytes(content)
    paths = [str(tmp_path / f"{name}.pth") for name in made]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *paths], capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == len(paths)
    for path, (code, megabytes) in zip(paths, lines, strict=True):
        assert code in ("E553", "E572"), path
        assert int(megabytes) < MEGABYTES, (path, megabytes)
