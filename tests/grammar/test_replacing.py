"""Files that replace others in one step, written under names that are nobody else's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from netc.grammar import replacing
from netc.grammar.replacing import TEMPORARY, replace_file, temporary_prefix, umask


def test_what_is_being_written_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    for made in (tempfile.mkdtemp(prefix=temporary_prefix(path)), tempfile.mkdtemp(prefix=temporary_prefix(path))):
        found = TEMPORARY.fullmatch(Path(made).name)
        Path(made).rmdir()
        assert found
        assert found["name"] == path.name
    for name in (".notes.markdown", ".run.json.20240101", ".a.net.original", ".a.net.netc-1234", "a.netc-12345678"):
        assert not TEMPORARY.fullmatch(name)


def test_a_file_is_replaced_or_stays_and_nothing_else_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / f".a.svg.{os.getpid()}"
    mine.write_text("mine")
    replace_file(tmp_path / "a.svg", b"1")
    replace_file(tmp_path / "b.svg", b"2", 0o600)
    if os.name != "nt":
        modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("a.svg", "b.svg")]
        assert modes == [0o666 & ~umask(), 0o600]

    def full(handle: int) -> None:
        raise OSError

    monkeypatch.setattr(replacing.os, "fsync", full)
    with pytest.raises(OSError):  # noqa: PT011
        replace_file(tmp_path / "a.svg", b"3")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a.svg": "1",
        "b.svg": "2",
        mine.name: "mine",
    }
