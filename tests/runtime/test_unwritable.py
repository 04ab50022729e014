"""The way out of a file that cannot be written follows from the cause, and from the command."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import netc
from netc.compiler import Net
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.writing import way_out
from netc.runtime.folder import door

from .conftest import Kept, Run
from .test_run import TRAIN

SHORT = (*TRAIN, "--epochs", "1", "--out")
OUT = "use `--out` for another folder"
COPY = "go on with a copy of the run, in a place that can be written"


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (errno.ENOSPC, "free space there, or use another"), (errno.EDQUOT, "free space there, or use another"),
        (errno.EROFS, "use another"), (errno.EACCES, "let yourself write there, or use another"),
        (errno.EPERM, "let yourself write there, or use another"), (errno.EISDIR, "give the name of a file"),
        (errno.EIO, "see whether the disk is well, or use another"),
    ],
)  # fmt: skip
def test_by_the_cause(tmp_path: Path, error: int, wanted: str) -> None:
    assert way_out(tmp_path / "a", OSError(error, os.strerror(error)), "use another") == wanted


@pytest.mark.parametrize(("length", "command"), [(30, "`mkdir -p 'no {name}'`, "), (150, "")])
def test_a_command_has_the_whole_path_or_is_left_out(length: int, command: str) -> None:
    name = "a" * length
    error = OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    wanted = f"make the folder first, {command.format(name=name)}or use another"
    assert way_out(Path(f"no {name}/model.onnx"), error, "use another") == wanted


def test_where_a_folder_is_missing_or_is_a_file(net: Net, run: Run, folder: Path) -> None:
    model = netc.Model(net, device="cpu")
    with pytest.raises(DiagnosticError, match="E562") as raised:
        model.save("no/dir")
    help = raised.value.diagnostics[0].help
    assert help == "make the folder first, `mkdir -p no`, or give another place, which can be written"
    for out in ("tiny.net", "tiny.net/run", "/dev/null"):
        said = run(*SHORT, out).stderr
        assert f"  = help: {out.removesuffix('/run')} is no folder: {OUT}\n" in said
    with pytest.raises(DiagnosticError, match=r"tiny\.net is no folder: use `out` for another folder"):
        netc.Trainer(model).fit("data.npz", out="tiny.net", epochs=1)


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("error", "beginning", "going_on"),
    [(errno.EROFS, OUT, COPY), (errno.ENOSPC, f"free space there, or {OUT}", f"free space there, or {COPY}")],
)
def test_by_the_command(
    run: Run, folder: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch, error: int, beginning: str, going_on: str
) -> None:
    kept("a", lambda: run(*SHORT, "a"))

    def refused(*arguments: Any) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(door, "create", refused)
    assert f"  = help: {beginning}\n" in run(*SHORT, "b").stderr
    assert f"  = help: {going_on}\n" in run("train", "--resume", "a", "--epochs", "2").stderr
    assert "--out" not in run("report", "a").stderr


def test_from_python_the_way_out_is_in_its_words(net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = "r `--out`"

    def help_of(out: str) -> str | None:
        with pytest.raises(DiagnosticError) as raised:
            netc.Trainer(netc.Model(net, device="cpu")).fit("data.npz", out=out, epochs=1)
        return raised.value.diagnostics[0].help

    (folder / out).mkdir()
    (folder / out / "run.json").touch()
    again = f"call `trainer.resume({out!r})` before `fit` to go on with the run in it"
    assert help_of(out) == f"use another folder, or {again}"

    def refused(*arguments: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(door, "create", refused)  # after the folder is made and locked
    assert help_of("new") == "use `out` for another folder"
    monkeypatch.setattr(door, "make_folder", refused)
    assert help_of("other") == "use `out` for another folder"


def test_a_folder_with_a_file_of_somebody(run: Run, folder: Path, kept: Kept) -> None:
    kept("a", lambda: run(*SHORT, "a"))
    (folder / "mine").mkdir()
    (folder / "mine/thesis.txt").touch()
    said = run(*SHORT, "mine").stderr
    assert "error[E563]: mine is not empty\n  = help: use another folder, or remove what is in it\n" in said
    assert "use another folder, or `--resume a` to go on with the run in it" in run(*SHORT, "a").stderr


def test_a_disk_that_is_too_small_leaves_nothing(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(100, 90, 10))
        done = run(*SHORT, "b")
        assert (done.returncode, "error[E562]: cannot write b: the files of the run take" in done.stderr) == (5, True)
        assert not (folder / "b").exists()
        (folder / "c").mkdir()
        run(*SHORT, "c")
        assert list((folder / "c").iterdir()) == []
    assert run(*SHORT, "b").returncode == 0
