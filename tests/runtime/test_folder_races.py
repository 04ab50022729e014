"""What happens between two operations of the file system: others that remove a file, and systems that refuse."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder import door, lock, system_locks, temporary
from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.lock import FolderLock
from netc.runtime.folder.run_folder import RunFolder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="open files cannot be removed there")


OTHERS = (".a.netc-1234", ".a.12345678", ".notes.markdown", ".run.json.20240101", ".a.original")
"""Hidden files of other people's."""


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_that_is_swept_before_it_is_locked_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer's sweep comes between the making of the file and its lock."""
    create, made = door.create, []

    def swept(folder: Path, prefix: str) -> tuple[int, str]:
        handle, name = create(folder, prefix)
        made.append(name)
        if len(made) == 1:
            os.unlink(name)
        return handle, name

    monkeypatch.setattr(door, "create", swept)
    write_atomic(tmp_path / "a", b"whole")
    assert len(made) == 2
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert left(tmp_path) == {"a"}


def test_a_sweep_passes_over_what_others_write_or_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f".{name}.netc-12345678" for name in ("dead", "gone", "written")]
    for name in names:
        (tmp_path / name).write_text("half")
    (tmp_path / "linked").symlink_to(tmp_path / names[0])
    opens = os.open

    def gone(path: Any, *how: Any) -> int:
        if str(path).endswith(names[1]):
            raise FileNotFoundError(errno.ENOENT, "it is gone", path)
        return opens(path, *how)

    monkeypatch.setattr(temporary.os, "open", gone)
    with (tmp_path / names[2]).open("rb") as writing:
        system_locks.lock(writing.fileno())
        temporary.sweep(tmp_path)
    assert left(tmp_path) == {names[1], names[2], "linked"}


@pytest.mark.parametrize("names", [{"a"}, None])
def test_a_sweep_of_some_names(tmp_path: Path, names: set[str] | None) -> None:
    for name in (".a.netc-12345678", ".b.netc-12345678", *OTHERS, "a"):
        (tmp_path / name).write_text("half")
    temporary.sweep(tmp_path, names)
    RunFolder(tmp_path).sweep() if names is None else write_atomic(tmp_path / "a", b"whole")
    assert left(tmp_path) == {*OTHERS, "a"} | (set() if names is None else {".b.netc-12345678"})


def test_a_folder_that_is_not_there_is_swept_in_silence(tmp_path: Path) -> None:
    temporary.sweep(tmp_path / "none")


@pytest.mark.parametrize(("code", "passes"), [(errno.EINVAL, True), (errno.ENOTSUP, True), (errno.EIO, False)])
def test_a_file_system_that_cannot_sync_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, passes: bool
) -> None:
    """Some say so, and the files are as safe there as can be; an error of the disk is one."""
    sync = os.fsync

    def refused(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(code, os.strerror(code))
        sync(handle)

    monkeypatch.setattr(door.os, "fsync", refused)
    if passes:
        write_atomic(tmp_path / "a", b"1")
    else:
        with pytest.raises(DiagnosticError, match="E562"):
            write_atomic(tmp_path / "a", b"1")


def test_a_lock_that_is_taken_away_before_it_is_held_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever held it before removes the file as he ends: a lock of that file is nobody's."""
    took, take = [], system_locks.lock

    def late(handle: int) -> None:
        take(handle)
        took.append(handle)
        if len(took) == 1:
            (tmp_path / lock.NAME).unlink()

    monkeypatch.setattr(lock, "_lock", late)
    with FolderLock(tmp_path).held() as has_locks:
        assert has_locks
        assert len(took) == 2
        assert json.loads((tmp_path / lock.NAME).read_text())["pid"] == os.getpid()
    assert left(tmp_path) == set()


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_lock_that_the_system_refuses_for_another_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refused(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(lock, "_lock", refused)
    with pytest.raises(DiagnosticError, match="E562"), FolderLock(tmp_path).held():
        raise AssertionError("it was not held")


def test_a_folder_and_a_protected_file_are_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renaming would replace a file that may not be written: its owner's wish counts, for root too."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "kept").write_bytes(b"kept")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, how: access(path, how) and Path(path).name != "kept")
    for name in ("folder", "kept"):
        with pytest.raises(DiagnosticError, match="E562"):
            write_atomic(tmp_path / name, b"new")
    assert (tmp_path / "kept").read_bytes() == b"kept"
    assert left(tmp_path) == {"folder", "kept"}
