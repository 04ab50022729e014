"""Weight files that are damaged, or made to harm: a coded error, nothing run, soon and in little memory."""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_weights import ARCHIVES, HUGE, LIES, PICKLES, PROGRAMS, Run, tensor, zipped
from weight_files import read

from netc.compiler.weights.source import read_source
from netc.grammar.diagnostics import DiagnosticError

MEGABYTES = 500


def code_of(path: Path) -> str:
    with pytest.raises(DiagnosticError) as caught:
        read(path)
    (finding,) = caught.value.diagnostics
    assert finding.help
    assert finding.message.isprintable()
    return finding.code


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
def test_the_tensor_that_the_lies_are_made_of_is_read(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(zipped(tensor(6, 1, (2, 2), (1, 2)), {"0": np.arange(6, dtype="<f4").tobytes()}))
    np.testing.assert_array_equal(read(tmp_path / "w.pth").tensors["w"], [[1, 3], [2, 4]])


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_tensor_lies_within_its_storage(lie: Any, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(zipped(tensor(*lie), {"0": bytes(24)}))
    assert code_of(tmp_path / "w.pth") in ("E553", "E572")


def test_a_storage_in_another_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(zipped(tensor(6, 0, (6,), (1,), "../../etc/passwd"), {"0": bytes(24)}))
    assert code_of(tmp_path / "w.pth") == "E553"


@pytest.mark.quick(3)
@pytest.mark.parametrize("made", ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_lies(made: Callable[[], bytes], tmp_path: Path) -> None:
    (tmp_path / "w.npz").write_bytes(made())
    assert code_of(tmp_path / "w.npz") == "E553"


@pytest.mark.parametrize("content", PICKLES.values(), ids=PICKLES)
def test_a_pickle_that_lies(content: bytes, tmp_path: Path) -> None:
    for packed in (content, zipped(content)):
        (tmp_path / "w.pth").write_bytes(packed)
        assert code_of(tmp_path / "w.pth") == "E553"


# ------------------------------------------------------------ names, kinds and shapes that fit no tensor
ZEROS = np.zeros(3, np.float32)
TREES: dict[str, tuple[Any, str]] = {
    "a key of many digits": ({10**5000: ZEROS}, "more than 64 bits"),
    "a key of many digits in a tuple": ({(1, 10**5000): ZEROS}, "more than 64 bits"),
    "a surrogate": ({"a\ud800": ZEROS}, "no name of a tensor"),
    "where safetensors keep texts": ({"__metadata__": ZEROS}, "no name of a tensor"),
    "a long name": ({"A" * 5000: [ZEROS] * 3}, "5,002 characters"),
    "long tables": ({"A" * 600: {"B" * 600: ZEROS}}, "1,201 characters"),
    "a number and its text": ({1: ZEROS, "1": ZEROS}, "come to the name `1`: `[1]` and `['1']`"),
    "a dot and a table": ({"a": {"b": ZEROS}, "a.b": ZEROS}, "come to the name `a.b`: `['a']['b']` and `['a.b']`"),
    "more items than files have": ([[None] * 1000] * 1000, "without an end"),
}  # fmt: skip


@pytest.mark.parametrize(("tree", "says"), TREES.values(), ids=TREES)
def test_a_tree_without_sound_names(tree: Any, says: str, tmp_path: Path) -> None:
    (tmp_path / "w.pkl").write_bytes(pickle.dumps(tree, 4))
    with pytest.raises(DiagnosticError, match="E553") as caught:
        read(tmp_path / "w.pkl")
    assert says in caught.value.diagnostics[0].message
    assert code_of(tmp_path / "w.pkl") == "E553"


def test_names_are_made_of_tensors_alone(tmp_path: Path) -> None:
    """A long key over many items that are none takes no memory for their names."""
    content = pickle.dumps({"A" * 5000: [None] * 100_000, "w": ZEROS}, 4)
    (tmp_path / "w.pkl").write_bytes(content)
    tracemalloc.start()
    assert read(tmp_path / "w.pkl").tensors.keys() == {"w"}
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


RECURRENT: dict[str, tuple[dict[str, tuple[int, ...]], str]] = {
    "a bias of one row": ({"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": (1, 8)}, "shape 1x8"),
    "a bias that is a number": ({"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": ()}, "the bias of `l`"),
    "kernels of other widths": ({"kernel": (3, 8), "recurrent_kernel": (2, 6)}, "3x8 and 2x6"),
    "a kernel of one axis": ({"kernel": (8,), "recurrent_kernel": (8,)}, "the kernels of `l`"),
}


@pytest.mark.parametrize(("shapes", "says"), RECURRENT.values(), ids=RECURRENT)
def test_a_recurrent_layer_that_is_none(shapes: dict[str, tuple[int, ...]], says: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", **{f"l/{leaf}": np.zeros(shape) for leaf, shape in shapes.items()})
    with pytest.raises(DiagnosticError, match="E553") as caught:
        read_source(tmp_path / "w.npz")
    assert says in caught.value.diagnostics[0].message


def test_a_depthwise_kernel_of_nothing_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", **{"l/depthwise_kernel": np.zeros((0, 3, 2, 2))})
    assert read_source(tmp_path / "w.npz").tensors["l.weight"].shape == (4, 1, 0, 3)


def test_numbers_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", x=np.zeros(3, np.longdouble))
    assert code_of(tmp_path / "w.npz") == "E553"


def test_texts_of_a_model_are_no_weights(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    texts = helper.make_tensor("texts", TensorProto.STRING, [2], [b"cat", b"dog"])
    brain = helper.make_tensor("brain", TensorProto.BFLOAT16, [2], [1.0, -2.5])
    onnx.save(helper.make_model(helper.make_graph([], "g", [], [], [texts, brain])), tmp_path / "w.onnx")
    (found,) = read(tmp_path / "w.onnx").tensors.items()
    assert found[0] == "brain"
    assert found[1].dtype == np.float32
    assert found[1].tolist() == [1.0, -2.5]
    eighths = helper.make_tensor("eighths", TensorProto.FLOAT8E4M3FN, [1], [1.0])
    onnx.save(helper.make_model(helper.make_graph([], "g", [], [], [eighths])), tmp_path / "w.onnx")
    assert code_of(tmp_path / "w.onnx") == "E553"


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
from netc.compiler.weights.source import read_source
from netc.grammar.diagnostics import DiagnosticError
import numpy, zipfile, pickletools
for path in sys.argv[1:]:
    try:
        read_source(path)
        print("read")
    except DiagnosticError as error:
        (most,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
        print(error.diagnostics[0].code, int(most.split()[1]) >> 10)
"""


@pytest.mark.slow
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
