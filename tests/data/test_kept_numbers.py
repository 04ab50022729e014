"""Numbers that the type of an input has no place for are refused from everywhere: a cast makes others of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.runtime.data import open_data, read_inputs
from netc.runtime.data.bind import bind_data, bind_inputs
from netc.runtime.data.dataset import Split
from netc.runtime.data.tables.columns import stack

from .makers import image_port, label_port, write_image

CHOSEN = "net A { input k: int\n y = k -> one_hot(4) }"
PAIR = "net A { input k: int [2]\n y = k * 2 }"


@pytest.mark.parametrize(
    ("dtype", "value"), [("int32", 4_294_967_301), ("int8", 200), ("int64", 1.5), ("int8", -129), ("int32", 2.0**31)]
)
def test_a_question_of_numbers_that_the_type_does_not_hold(
    tmp_path: Path, fails: Callable[..., object], dtype: str, value: float
) -> None:
    """Before: 4,294,967,301 was predicted as 5."""
    port = image_port(3, dtype=dtype, name="k")
    np.save(tmp_path / "k.npy", np.array([[0, 1, 2], [3, value, 4]]))
    fails("E505", lambda: read_inputs([tmp_path / "k.npy"], [port]), "k.npy")
    np.savez(tmp_path / "k.npz", k=np.array([[0, 1, 2], [3, value, 4]]))
    fails("E505", lambda: read_inputs([tmp_path / "k.npz"], [port]), "k.npz, k")
    np.save(tmp_path / "k.npy", np.array([[0, 1, 2], [3, 127, -128]]))
    assert read_inputs([tmp_path / "k.npy"], [port]).arrays["k"].tolist() == [[0, 1, 2], [3, 127, -128]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("file", ["k.npy", "k.npz"])
def test_a_question_of_whole_numbers_that_are_saved_as_floats(
    tmp_path: Path, fails: Callable[..., object], file: str, dtype: str
) -> None:
    """Before: E507, where training took the same file, and wrote it as its sample."""
    port, path = image_port(3, dtype="int64", name="k"), tmp_path / file

    def asked(*row: float) -> object:
        rows = np.array([[0, 1, 2], row], dtype)
        np.save(path, rows) if file == "k.npy" else np.savez(path, k=rows)
        found = read_inputs([path], [port]).arrays["k"]
        return found.dtype.name, found.tolist()

    assert asked(3, -7, 2048) == ("int64", [[0, 1, 2], [3, -7, 2048]])
    fails("E505", lambda: asked(3, 0.5, 4), "[1, 1] is 0.5, expected a whole number for `k`")
    fails("E506", lambda: asked(3, 4, np.nan), "[1, 2] is nan")


def test_a_limit_that_float16_has_no_place_for(tmp_path: Path, fails: Callable[..., object]) -> None:
    """Before: the last row of a table of 5,001 was refused, which float16 rounds to 5,000."""
    port = {**image_port(2, dtype="int64", name="k"), "rows": 5_001}
    np.save(tmp_path / "k.npy", np.array([[0, 5_000]], np.float16))
    assert read_inputs([tmp_path / "k.npy"], [port]).arrays["k"].tolist() == [[0, 5_000]]
    np.save(tmp_path / "k.npy", np.array([[0, 5_004]], np.float16))
    fails("E505", lambda: read_inputs([tmp_path / "k.npy"], [port]), "is 5004, expected 0 to 5,000")


def test_a_question_says_where_the_number_stands(tmp_path: Path, fails: Callable[..., object]) -> None:
    port = image_port(3, dtype="int32", name="k")
    np.save(tmp_path / "k.npy", np.array([[0, 1, 2], [3, 4_294_967_301, 4]]))
    message = "k.npy at [1, 1] is 4294967301, expected a number that int32 holds for `k`"
    fails("E505", lambda: read_inputs([tmp_path / "k.npy"], [port]), message)


@pytest.mark.parametrize("streamed", [False, True])
def test_pixels_for_an_input_of_small_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: Callable[..., object], streamed: bool
) -> None:
    """Before: 200 became -56."""
    if streamed:
        monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    port = image_port(1, 4, 4, dtype="int8")
    for name, level in (("a", 127), ("b", 200)):
        write_image(tmp_path / "t" / name / "0.png", np.full((4, 4), level, np.uint8))
    fails("E505", lambda: read_inputs([tmp_path / "t" / "b" / "0.png"], [port]), "is 200", "int8")
    assert (read_inputs([tmp_path / "t" / "a" / "0.png"], [port]).arrays["image"] == 127).all()
    data = open_data(tmp_path / "t")
    fails("E505", lambda: bind_data(data, [port, label_port(2)]), "b/0.png is 200", "int8")
    fails("E505", lambda: bind_inputs(data, [port], [port], None), "b/0.png is 200", "int8")


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [("1.5", "E505", "line 3, column k is 1.5, expected a whole number"), ("1e300", "E505", "line 3, column k"),
     ("", "E511", "line 3")],
)  # fmt: skip
def test_a_model_checks_the_rows_of_a_table(
    tmp_path: Path, fails: Callable[..., object], value: str, code: str, text: str
) -> None:
    """Before: 1.5 became 1 in silence, where `netc predict` refuses the same table."""
    model = netc.Model(netc.loads(CHOSEN), device="cpu")
    (tmp_path / "k.csv").write_text(f"k,other\n0,7\n{value},8\n")
    fails(code, lambda: model(open_data(tmp_path / "k.csv")), text)
    (tmp_path / "k.csv").write_text("k,other\n0,7\n2,8\n")
    assert model(open_data(tmp_path / "k.csv")).tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]


def test_whole_numbers_of_several_columns_are_kept(tmp_path: Path) -> None:
    """Before: they went through float32, of which 16,777,217 is none."""
    model = netc.Model(netc.loads(PAIR), device="cpu")
    (tmp_path / "k.csv").write_text("k1,k2\n16777217,-16777219\n")
    assert model(open_data(tmp_path / "k.csv")).tolist() == [[33_554_434, -33_554_438]]


def test_rows_of_a_run_of_before_are_the_same(tmp_path: Path) -> None:
    """What float32 holds is hashed as float32: runs go on where their columns are whole numbers."""
    split = Split({"a": np.array([1.0, 2.0]), "b": np.array([3, 2**24]), "c": np.array([0.1, 2.0])}, lambda *_: "")
    assert stack(split, ["a", "b"], whole=True).dtype == np.float32
    assert stack(split, ["a", "c"], whole=True).dtype == np.float64  # no whole number: it is told as it is written
    assert stack(split, ["a", "c"]).dtype == np.float32


@pytest.mark.parametrize("columns", ["x1,x2", "x"])
def test_a_model_refuses_rows_that_float32_has_no_place_for(
    tmp_path: Path, fails: Callable[..., object], columns: str
) -> None:
    """Before: they were infinity. What the file says is NaN or infinity is computed with."""
    size = columns.count(",") + 1
    model = netc.Model(netc.loads(f"net A {{ input x: {size}\n y = x * 2 }}"), device="cpu")
    row = "1" + ",1" * (size - 1)
    (tmp_path / "x.csv").write_text(f"{columns}\n{row}\n{row.replace('1', '1e300', 1)}\n")
    found = fails("E506", lambda: model(open_data(tmp_path / "x.csv")), "line 3, column x")
    assert "float32 holds" in found.message  # type: ignore[attr-defined]
    (tmp_path / "x.csv").write_text(f"{columns}\n{row}\n{row.replace('1', 'inf', 1)}\n")
    assert np.isinf(model(open_data(tmp_path / "x.csv"))[1, 0])


def test_data_without_rows_have_no_answers(tmp_path: Path, fails: Callable[..., object]) -> None:
    """Before: an IndexError."""
    model = netc.Model(netc.loads("net A { input x: 3\n y = x * 2 }"), device="cpu")
    np.savez(tmp_path / "none.npz", x=np.zeros((0, 3), np.float32))
    np.savez(tmp_path / "two.npz", x=np.zeros((2, 3), np.float32))
    fails("E508", lambda: model(open_data(tmp_path / "none.npz")), "none.npz has no rows")
    fails("E508", lambda: model(open_data(tmp_path / "two.npz")[:0]), "two.npz has no rows")
