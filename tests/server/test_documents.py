"""Files that the server looks into beside the open texts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netc.server.documents import Documents
from netc.server.fields import fields_of


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("a.net", "a.csv", "a.npz"):
        os.mkfifo(tmp_path / name)
    assert Documents().text_of(str(tmp_path / "a.net")) == ""
    assert [fields_of(str(tmp_path / "b.net"), name) for name in ("a.csv", "a.npz")] == [[], []]


def test_a_line_without_an_end_is_read_in_part(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a, b," + "x" * 100_000)
    assert fields_of(str(tmp_path / "b.net"), "a.csv") == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"a,b\n1,2\n", ["a", "b"]),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", ["a", "b"]),
        (b"a,b\r1,2\r", ["a", "b"]),
        (b'"first\nname",b\n1,2\n', ["b"]),
        (b'"a, b",c\n1,2\n', ["c"]),
        ("größe,".encode() * 20 + "ö".encode() * 50_000, ["größe"] * 20),
        (b"a," * 20 + b"x" + "ö".encode() * 50_000, ["a"] * 20),
        (b"a," * 20 + b'"' + b"x\n" * 50_000, ["a"] * 20),
        (b"a,b\n" + "ö".encode() * 50_000, ["a", "b"]),
        (b"a,b\nx" + "ö".encode() * 50_000, ["a", "b"]),
        (b"gr\xf6\xdfe,b\n1,2\n", []),
        (b"", []),
    ],
)
def test_names_of_columns(tmp_path: Path, content: bytes, names: list[str]) -> None:
    """Before: none where the first 64 KiB ended inside of a character or lines end with a carriage return, and half
    of a name with a newline in it."""
    (tmp_path / "a.csv").write_bytes(content)
    assert fields_of(str(tmp_path / "b.net"), "a.csv") == names


def test_a_text_that_is_no_utf_8_is_read_in_part(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_bytes("# Größe\nblock b { relu }\n".encode("latin-1"))
    assert Documents().text_of(str(tmp_path / "a.net")) == "# Gr\ufffd\ufffde\nblock b { relu }\n"
