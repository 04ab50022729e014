"""`use` stays inside its project, and shows no line of a file outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc.cli import run
from netc.compiler.check import check
from netc.grammar.project import outside_allowed, root_of

SECRET = "block B { password_of_the_user }\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "outside.net").write_text(SECRET)
    folder = tmp_path / "project"
    (folder / "nets").mkdir(parents=True)
    (folder / "shared.net").write_text("block B { relu }\n")
    return folder


def using(path: object) -> str:
    return f'use "{path}" (B)\nnet A {{\n  input x: 8\n  B\n}}\n'


def codes(file: Path, path: object) -> list[str]:
    file.write_text(using(path))
    return [finding.code for finding in check(str(file)).diagnostics]


def test_a_file_of_the_project_is_used(project: Path) -> None:
    file = project / "nets" / "a.net"
    assert codes(file, "../shared.net") == ["E138"]
    for mark in ("pyproject.toml", "netc.toml"):
        (project / mark).write_text("")
        assert codes(file, "../shared.net") == []
        (project / mark).unlink()
    (project / ".git").mkdir()
    assert codes(file, "../shared.net") == []
    assert root_of(file) == project


@pytest.mark.parametrize("way", ["..", "absolute", "link", "linked folder"])
def test_others_are_refused(project: Path, capsys: pytest.CaptureFixture[str], way: str) -> None:
    (project / "netc.toml").write_text("")
    outside = project.parent / "outside.net"
    (project / "link.net").symlink_to(outside)
    (project / "up").symlink_to(project.parent)
    path = {"..": "../outside.net", "absolute": outside, "link": "link.net", "linked folder": "up/outside.net"}[way]
    file = project / "a.net"
    assert codes(file, path) == ["E138"]
    assert run(["check", str(file)]) == 1
    said = "".join(capsys.readouterr())
    assert "password" not in said
    assert "--allow-outside" in said
    assert run(["check", str(file), "--allow-outside"]) == 1
    assert "password" in "".join(capsys.readouterr())
    assert run(["check", str(file)]) == 1
    assert "password" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("verb", ["lint", "summary"])
def test_verbs_take_the_option(project: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    (project.parent / "outside.net").write_text("block B { relu }\n")
    file = project / "a.net"
    file.write_text(using("../outside.net"))
    assert run([verb, str(file)]) != 0
    assert run([verb, str(file), "--allow-outside"]) == 0


@pytest.mark.parametrize("path", ["/etc/passwd", "secrets.txt", "secrets"])
def test_lines_of_other_files_are_never_shown(project: Path, capsys: pytest.CaptureFixture[str], path: str) -> None:
    (project / "secrets.txt").write_text("password_of_the_user ) (\n")
    (project / "secrets").write_text("password_of_the_user ) (\n")
    file = project / "a.net"
    file.write_text(using(path))
    with outside_allowed():
        assert [finding.code for finding in check(str(file)).diagnostics] == ["E138"]
    run(["check", str(file), "--allow-outside"])
    said = "".join(capsys.readouterr())
    assert "password" not in said
    assert "root:" not in said


def test_a_text_of_standard_input_has_the_folder_as_its_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    found = check("<stdin>", using("../outside.net")).diagnostics
    assert [finding.code for finding in found] == ["E138"]
    assert check("<stdin>", using("shared.net")).diagnostics == []
