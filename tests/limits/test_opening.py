"""The door to files: regular ones of sane size, whoever reads; nothing hangs, nothing fills the memory."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from weight_files import read

import netc
from netc.cli import run
from netc.grammar import opening
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.limits import ALL, DATA, FILE, SECONDS
from netc.grammar.reading import parse_file

ROOT = Path(opening.__file__).resolve().parents[1]
DOOR = "grammar/opening.py"
OPENING = re.compile(
    r"(?<![\w.])(?<!def )open\(|\.open\(\"r|\.read_text\(|\.read_bytes\(|np\.fromfile|np\.memmap|gzip\.open|Image\.open"
    r"|onnx\.load\(|zipfile\.ZipFile\(|safe_open\(|os\.open\("
)
OWN = {
    "grammar/codes.py": "its own pages",
    "grammar/words.py": "its own pages",
    "grammar/tables.py": "its own grammar",
    "netc/cli/explain.py": "its own pages",
    "compiler/reference.py": "writes its own pages",
    "compiler/zoo/begin.py": "the zoo",
    "compiler/zoo/catalogue.py": "the zoo",
    "compiler/plan/maps.py": "the zoo",
    "compiler/zoo/signatures.py": "the zoo",
    "compiler/lint/measure.py": "its own figures",
    "compiler/drawing/html.py": "its own page",
    "compiler/language_service/grammars/tree_sitter.py": "its own grammar",
    "compiler/sources/pytorch/file.py": "a program that it writes",
    "netc/cli/streams.py": "the null device",
    "netc/server/fields.py": "an archive that the door opened",
    "runtime/folder/archive.py": "an archive that it makes",
    "runtime/folder/lock.py": "a lock that it makes",
    "runtime/folder/files.py": "a device or a pipe, to write into it",
    "runtime/folder/door.py": "a folder, to flush it",
    "runtime/folder/temporary.py": "what it finds left over, to ask for its lock",
    "runtime/measure/busy.py": "the system's own statistics",
    "runtime/sessions/isolated/child.py": "the system's own statistics",
    "runtime/sessions/session.py": "a file that ONNX Runtime has just written",
    "runtime/runs/exports/reduced.py": "models that it has just written",
    "compiler/importing/protobuf.py": "external data, whose place and length foreign.py has checked",
    "compiler/weights/formats/safetensors_file.py": "by a library, after check_file",
    "compiler/emit/initializers.py": "by a library, after check_file",
    "compiler/weights/formats/archive.py": "what open_file gave",
    "runtime/data/images/opened.py": "what open_file gave",
    "runtime/data/formats/idx.py": "what open_file gave",
}
"""Files that open something else than what a user named, and what that is."""


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "x.net")
    return folder / "x.net"


def unix_socket(folder: Path) -> Path:
    before = Path.cwd()
    os.chdir(folder)  # the name of a socket may have a hundred characters
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("x.net")
    finally:
        os.chdir(before)
    return folder / "x.net"


def sparse(folder: Path) -> Path:
    with (folder / "x.net").open("wb") as file:
        file.truncate(100 << 30)
    return folder / "x.net"


def circle(folder: Path) -> Path:
    (folder / "x.net").symlink_to("y.net")
    (folder / "y.net").symlink_to("x.net")
    return folder / "x.net"


def subfolder(folder: Path) -> Path:
    (folder / "x.net").mkdir()
    return folder / "x.net"


NO_FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "pipe": (pipe, "E530"),
    "socket": (unix_socket, "E530"),
    "device": (lambda _: Path("/dev/zero"), "E530"),
    "folder": (subfolder, "E530"),
    "sparse": (sparse, "E531"),
    "circle": (circle, "E532"),
    "long": (lambda folder: folder / ("x" * 5000), "E532"),
    "nul": (lambda folder: folder / "x\0y.net", "E532"),
}


@pytest.mark.parametrize("name", NO_FILES)
def test_what_is_no_file_is_refused_before_it_is_read(tmp_path: Path, name: str) -> None:
    make, code = NO_FILES[name]
    with pytest.raises(DiagnosticError, match=code) as error:
        opening.read_file(make(tmp_path))
    assert len(str(error.value)) < 500
    assert error.value.diagnostics[0].help


@pytest.mark.parametrize("name", NO_FILES)
def test_texts_and_weights_come_through_the_door(tmp_path: Path, name: str) -> None:
    make, code = NO_FILES[name]
    path = make(tmp_path)
    assert [finding.code for finding in parse_file(path)[1]] == ["E130" if code == "E531" else code]
    with pytest.raises(DiagnosticError, match=code):
        read(path)


@pytest.mark.parametrize("name", [name for name in NO_FILES if name not in ("device", "long", "nul")])
def test_use_and_folders_come_through_the_door(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    make, _ = NO_FILES[name]
    make(tmp_path)
    (tmp_path / "a.net").write_text('use "x.net" (B)\nnet A { input x: 8\n  B\n}\n')
    assert run(["check", str(tmp_path / "a.net")]) == 1
    assert run(["lint", str(tmp_path)]) == 1
    assert "bug in netc" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("arguments", [["check"], ["predict"], ["eval"], ["summary"], ["import"]])
@pytest.mark.parametrize("name", ["pipe", "device", "circle", "long"])
def test_verbs_say_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, arguments: list[str]
) -> None:
    path = str(NO_FILES[name][0](tmp_path))
    rest = ["--data", "digits"] if arguments == ["eval"] else ["digits"] if arguments == ["predict"] else []
    assert run([*arguments, path, *rest]) not in (0, 70)
    said = "".join(capsys.readouterr())
    assert "E53" in said or "E210" in said or "E56" in said
    assert len(said) < 2000


def test_a_pipe_of_a_shell_says_how(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        (finding,) = parse_file(f"/dev/fd/{reading}")[1]
    finally:
        os.close(reading)
        os.close(writing)
    assert finding.code == "E530"
    assert "`-`" in (finding.help or "")


def test_a_stream_has_the_same_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETC_LIMIT_FILE", "1kB")
    with open("/dev/zero", "rb") as zeros, pytest.raises(DiagnosticError, match=r"E130.*NETC_LIMIT_FILE"):
        opening.read_stream(zeros, "standard input", FILE)


def test_a_file_within_its_limit_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(1000))
    monkeypatch.setenv("NETC_LIMIT_DATA", "1000")
    assert opening.read_file(path) == bytes(1000)
    monkeypatch.setenv("NETC_LIMIT_DATA", "999")
    with pytest.raises(DiagnosticError, match="E531"):
        opening.read_file(path)
    with pytest.raises(FileNotFoundError):
        opening.read_file(tmp_path / "b")


def test_nothing_else_opens_files() -> None:
    others = {}
    for folder in ("grammar", "compiler", "runtime", "netc/cli", "netc/server"):
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            found = OPENING.findall(path.read_text(encoding="utf-8"))
            if found and name not in OWN and name != DOOR and not name.startswith("runtime/fast/"):
                others[name] = found
    assert others == {}, "read what a user names by grammar/opening.py"


@pytest.mark.parametrize("said", ["many", "", "0", "-1", "1e99", "1_", "4 GiB?", "1.2.3", "1.5.2k"])
def test_a_limit_is_a_number(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("NETC_LIMIT_DATA", said)
    with pytest.raises(DiagnosticError, match="E139"):
        _ = DATA.value


def test_limits_are_numbers_with_units(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len({limit.name for limit in ALL}) == len(ALL)
    for said, value in (("200k", 200_000), ("64MiB", 64 << 20), ("1e6", 10**6), ("7", 7)):
        monkeypatch.setenv("NETC_LIMIT_DATA", said)
        assert DATA.value == value


def test_a_misspelt_limit_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It raises and lowers nothing, and is told with the name that may be meant, once to callers of Python."""
    file = tmp_path / "a.net"
    file.write_text("net A { input x: 4; dense(2) }\n")
    monkeypatch.setenv("NETC_LIMIT_PASES", "3")
    monkeypatch.setenv("NETC_LIMIT_PASSES", "5")
    assert run(["check", str(file)]) == 0
    said = capsys.readouterr().err
    assert "warning[E139]: no limit is called NETC_LIMIT_PASES\n  = help: use `NETC_LIMIT_PASSES`" in said
    assert said.count("warning") == 1
    netc._tell_unknown_limits.cache_clear()
    with pytest.warns(UserWarning, match="no limit is called NETC_LIMIT_PASES: use `NETC_LIMIT_PASSES`"):
        netc.load(file)
    netc.load(file)
    netc._tell_unknown_limits.cache_clear()


@pytest.mark.parametrize(
    ("said", "value"),
    [("2", 2), ("1e6", 10**6), ("1.5k", 1500), ("0.5MiB", 1 << 19), *((wrong, None) for wrong in ("1.9", "0.5", "0"))],
)
def test_a_limit_is_a_whole_number(monkeypatch: pytest.MonkeyPatch, said: str, value: int | None) -> None:
    """Before: 1.9 seconds were 1, in silence."""
    monkeypatch.setenv("NETC_LIMIT_SECONDS", said)
    if value is not None:
        assert SECONDS.value == value
    else:
        with pytest.raises(DiagnosticError, match="write a whole number from 1 on") as raised:
            _ = SECONDS.value
        assert raised.value.diagnostics[0].code == "E139"
