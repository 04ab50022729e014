"""A training that was killed, or whose disk failed, goes on, wherever that was, and ends with the same bits."""

from __future__ import annotations

import csv
import errno
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import command, surroundings

import netc
from netc.compiler import Net
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.replacing import TEMPORARY
from netc.runtime.folder import door, temporary
from netc.runtime.folder.creating import OTHER_BEGINNING, create_folder
from netc.runtime.folder.files import write_atomic, write_kept
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.show.progress import LiveProgress, PlainProgress

from .conftest import Kept, Run
from .test_run import TRAIN, equal

KILLS = Path(__file__).parents[1] / "support/kills.py"
SHORT = (*TRAIN, "--epochs", "2", "--out")
FAILURES = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.parametrize(("count", "seed"), [(2, 0), pytest.param(200, 1, marks=pytest.mark.slow)])
def test_killed_trainings_go_on_bit_for_bit(folder: Path, count: int, seed: int) -> None:
    arguments = [sys.executable, str(KILLS), str(folder), str(count), str(seed)]
    done = subprocess.run(arguments, env=surroundings(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == [], done.stderr
    assert found["killed"] >= count // 2


class Failing:
    """The door, one of whose operations fails once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number, self.at, self.error = 0, 0, errno.EIO
        for name in door.OPERATIONS:
            monkeypatch.setattr(door, name, self.watched(getattr(door, name)))

    def watched(self, operation: Any) -> Any:
        def call(*arguments: Any) -> Any:
            self.number += 1
            if self.number == self.at:
                raise OSError(self.error, os.strerror(self.error))
            return operation(*arguments)

        return call

    def begin(self, at: int, error: int) -> None:
        self.number, self.at, self.error = 0, at, error


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Failing]:
    return Failing(monkeypatch)


@pytest.mark.parametrize("every", [41, pytest.param(1, marks=pytest.mark.slow)])
def test_a_disk_that_fails_at_any_operation_harms_nothing(run: Run, folder: Path, failing: Failing, every: int) -> None:
    assert run(*SHORT, "whole").returncode == 0
    most = failing.number
    errors = itertools.cycle(FAILURES)
    for at in range(1, most + 1, every):
        failing.begin(at, next(errors))
        out = f"at{at}"
        done = run(*SHORT, out)
        failing.begin(0, 0)
        assert (done.returncode, "error[E562]" in done.stderr) == (5, True), (at, done.stderr)
        assert not temporaries(folder / out)
        again = ("train", "--resume", out) if (folder / out / "run.json").exists() else (*SHORT, out)
        done = run(*again)
        assert done.returncode == 0, (at, done.stderr)
        for name in ("last.safetensors", "best.safetensors"):
            assert equal(folder / "whole" / name, folder / out / name), at
        assert (folder / "whole/model.onnx").read_bytes() == (folder / out / "model.onnx").read_bytes()


def temporaries(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*") if TEMPORARY.fullmatch(path.name)]


@pytest.fixture
def begun(run: Run, kept: Kept, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a training that is killed when it has written all but run.json."""
    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "write_request", lambda self, request: sys.exit(9))
        kept("a", lambda: run(*SHORT, "a"))
    (folder / "a/run.lock").write_text(json.dumps({"pid": 1, "host": "there"}))
    (folder / "a/.last.safetensors.netc-abcdefgh").write_text("half")
    return folder / "a"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_beginning_is_taken_over(run: Run, folder: Path, begun: Path) -> None:
    assert {"manifest.json", "lock.json", "sample.npz", "last.safetensors", "tiny.net"} < contents(begun).keys()
    shutil.copytree(begun, folder / "runs/Tiny")
    done = run("train", "--resume", "a")
    assert (done.returncode, "a training ended there before it began" in done.stderr) == (5, True)
    assert run(*SHORT, "a").returncode == 0
    assert not temporaries(begun)
    assert run(*SHORT[:-1]).stdout == f"{Path('runs') / 'Tiny'}\n"
    (folder / "b").mkdir()
    (folder / "b/run.lock").touch()
    assert run(*SHORT, "b").returncode == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [("thesis.txt", "mine"), ("manifest.json", '{"name": "my web app"}'), ("manifest.json", None), ("run.lock", "mine"),
     ("tiny.net", "net Mine { input x: 2 }"), ("mine.net", "net Mine { input x: 2 }"), ("run.json", "mine"),
     ("blocks/mine.net", ""), (".tiny.net.original", "mine")],
)  # fmt: skip
def test_what_may_be_somebody_elses_is_not_taken_over(begun: Path, name: str, content: str | None) -> None:
    texts = {"tiny.net": (begun / "tiny.net").read_text()}
    path = begun / name
    path.parent.mkdir(exist_ok=True)
    path.unlink() if content is None else path.write_text(content)
    before = contents(begun)
    with pytest.raises(DiagnosticError, match="E563") as refused:
        create_folder(begun, "Tiny", texts)
    assert refused.value.diagnostics[0].notes == ((OTHER_BEGINNING,) if path.suffix == ".net" else ())
    assert contents(begun) == before


def test_a_foreign_manifest_makes_no_beginning(run: Run, folder: Path) -> None:
    others = {"manifest.json": '{"name": "my web app"}', "sample.npz": "mine", "lock.json": "mine",
              "tiny.net": (folder / "tiny.net").read_text()}  # fmt: skip
    for place in ("web", "runs/Tiny"):
        (folder / place).mkdir(parents=True)
        for name, content in others.items():
            (folder / place / name).write_text(content)
    assert "error[E563]: web is not empty" in run(*SHORT, "web").stderr
    assert run(*SHORT[:-1]).stdout == f"{Path('runs') / 'Tiny-2'}\n"
    for place in ("web", "runs/Tiny"):
        assert contents(folder / place) == {name: content.encode() for name, content in others.items()}


def test_a_run_can_go_on_before_its_first_step(net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: object) -> None:
        raise SystemExit

    model = netc.Model(net, device="cpu")
    with monkeypatch.context() as patched:
        patched.setattr("netc.runtime.training.loop.Loop.run", killed)
        with pytest.raises(SystemExit):
            netc.Trainer(model).fit("data.npz", out="a", epochs=1)
    trainer = netc.Trainer(netc.Model(net, device="cpu"))
    trainer.resume("a")
    assert len(trainer.fit("data.npz", out="a", epochs=1)) == 1


def test_two_checkpoints_are_kept_and_the_one_before_is_offered(run: Run, folder: Path) -> None:
    run(*SHORT, "a")
    last, previous = (RunFolder(folder / "a").last, RunFolder(folder / "a").previous)
    assert [RunFolder(folder / "a").read_last()[2].epoch, 2] == [2, 2]
    whole = last.read_bytes()
    last.write_bytes(whole[:-9])
    done = run("train", "--resume", "a")
    assert done.returncode == 5
    assert f"previous.safetensors is intact: remove {Path('a/last.safetensors')}, and `--resume` goes on" in done.stderr
    last.unlink()
    assert run("train", "--resume", "a").returncode == 0
    assert last.read_bytes()[: len(whole) // 2] != previous.read_bytes()[: len(whole) // 2]
    assert RunFolder(folder / "a").read_last()[2].epoch == 2


def test_a_file_system_without_links_keeps_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: Path, path: str) -> None:
        raise OSError(errno.EPERM, "operation not permitted")

    monkeypatch.setattr(door, "link", refuse)
    path, before = tmp_path / "a", tmp_path / "b"
    for content in (b"1", b"2", b"3"):
        write_kept(path, (content,), before)
    assert (path.read_bytes(), before.read_bytes()) == (b"3", b"2")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(os.name == "nt", reason="open files are others there")
def test_what_dead_writers_left_is_swept_and_what_others_write_is_not(tmp_path: Path) -> None:
    path, other = tmp_path / "model.onnx", tmp_path / ".other.onnx.netc-abcdefgh"
    (tmp_path / ".model.onnx.netc-abcdefgh").touch()
    other.touch()
    with temporary.temporary(path) as (_, at_work):
        write_atomic(path, b"1")
        assert {item.name for item in tmp_path.iterdir()} == {path.name, other.name, Path(at_work).name}
    assert {item.name for item in tmp_path.iterdir()} == {path.name, other.name}


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="everything may be written")
def test_a_protected_file_is_not_replaced(tmp_path: Path) -> None:
    (path := tmp_path / "a").write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(DiagnosticError, match="E562"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(os.name == "nt", reason="paths are others there")
@pytest.mark.parametrize(
    ("place", "code"), [("", "E532"), (".", "E562"), ("nets.onnx/", "E562"), ("tiny.net/a.onnx", "E562"),
                        ("/proc/a.onnx", "E562"), ("nowhere/a.onnx", "E562"), (f"{'a' * 300}.onnx", "E532")],
)  # fmt: skip
def test_a_place_that_cannot_be_written(run: Run, folder: Path, place: str, code: str) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = run("compile", "tiny.net", "-o", place)
    assert (done.returncode, f"error[{code}]" in done.stderr) == (5, True), done.stderr
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="paths are others there")
@pytest.mark.parametrize("folder_to_make", ["/proc/a", "tiny.net", "tiny.net/a"])
def test_a_folder_that_cannot_be_made(run: Run, folder_to_make: str) -> None:
    done = run("new", folder_to_make, "--from", "lenet5")
    assert (done.returncode, "error[E562]: cannot write" in done.stderr) == (5, True), done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_device_is_written_into_and_stays_one(tmp_path: Path) -> None:
    write_atomic(Path("/dev/null"), b"1")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(DiagnosticError, match=r"E562.*no space left"):
        write_atomic(Path("/dev/full"), b"1")


class Broken:
    """A stream of which every write fails."""

    encoding = "utf-8"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error

    def isatty(self) -> bool:
        return True


@pytest.mark.quick(2)
@pytest.mark.parametrize("kind", [PlainProgress, LiveProgress])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), BrokenPipeError(), OSError(errno.EIO, "gone"), ValueError("closed")]
)
def test_a_progress_that_cannot_be_written_ends_no_training(
    net: Net, folder: Path, kind: type[PlainProgress], error: Exception
) -> None:
    progress: Any = kind(Broken(error))  # type: ignore[arg-type]
    trainer = netc.Trainer(netc.Model(net, device="cpu"))
    assert len(trainer.fit("data.npz", epochs=1, listener=progress, quiet=True)) == 1


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("where", ["full", "closed pipe", "closed"])
def test_a_log_that_cannot_be_written_ends_no_training(folder: Path, where: str) -> None:
    arguments = command(*SHORT, "a")
    if where == "closed":
        arguments = ["sh", "-c", f"{shlex.join(arguments)} 2>&-"]
    ours, theirs = os.pipe() if where == "closed pipe" else (None, os.open("/dev/full", os.O_WRONLY))
    if ours is not None:
        os.close(ours)
    done = subprocess.run(arguments, env=surroundings(), stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    assert (done.returncode, done.stdout) == (0, "a\n")
    assert (folder / "a/model.onnx").exists()


def epochs(count: int) -> list[dict[str, float]]:
    """Records; those of every tenth epoch on have a figure more."""
    made = [{"epoch": n, "step": 7 * n, "learning_rate": 0.1, "loss": 1 / n, "seconds": 0.5} for n in range(1, count)]
    return [*made, *({**record, "epoch": record["epoch"] + count, "validation_loss": 0.5} for record in made)]


def test_an_epoch_is_a_line_more_and_costs_what_the_first_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def watched(name: str) -> None:
        operation = getattr(door, name)

        def call(*arguments: Any) -> Any:
            written.append(len(arguments[1]))
            return operation(*arguments)

        monkeypatch.setattr(door, name, call)

    watched("append")
    watched("write")
    folder, records = RunFolder(tmp_path), epochs(50)
    folder.restart(Progress())
    for record in records:
        folder.epochs.add(record)
    longest = max(len(line) for line in folder.metrics.read_bytes().splitlines(keepends=True))
    assert sum(size > longest for size in written) == 1  # the table, when its columns became more
    assert folder.epochs.read() == records
    with open(folder.results, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [{name: float(value) for name, value in row.items() if value} for row in rows] == records
    grown = (folder.metrics.read_bytes(), folder.results.read_bytes())
    (tmp_path / "again").mkdir()
    again = RunFolder(tmp_path / "again")
    again.restart(Progress(history=list(records)))
    assert (again.metrics.read_bytes(), again.results.read_bytes()) == grown


def test_a_line_that_cannot_be_written_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, (first, second) = RunFolder(tmp_path), epochs(3)[:2]
    folder.restart(Progress())
    folder.epochs.add(first)
    before = (folder.metrics.read_bytes(), folder.results.read_bytes())

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(DiagnosticError, match=r"E562.*metrics.jsonl"):
            folder.epochs.add(second)
    assert (folder.metrics.read_bytes(), folder.results.read_bytes()) == before
    folder.epochs.add(second)
    assert folder.epochs.read() == [first, second]


def test_a_line_of_which_the_disk_takes_a_part_is_not_there(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    file = tmp_path / "metrics.jsonl"
    door.append(file, b"first\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, limits[1]))
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            door.append(file, b"the second line\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == b"first\n"
