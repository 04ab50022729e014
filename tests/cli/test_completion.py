"""`netc completion`: bash completes for real; zsh and fish too where they are installed.

Elsewhere their scripts are read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from netc.cli import VERBS
from netc.cli.shells import SCRIPTS

SHELLS = tuple(SCRIPTS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files of several kinds, and `netc` in a folder of programs beside it."""
    here = tmp_path / "here"
    (here / "nets").mkdir(parents=True)
    for name in ("digits.net", "two words.net", "data.npz", "notes.txt", "model.onnx", "nets/deep.net", "Makefile"):
        (here / name).touch()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "netc").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netc "$@"\n')
    (programs / "netc").chmod(0o755)
    return here


def run(shell: str, script: str, folder: Path) -> str:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    env = os.environ | {"PATH": f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    no_start = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [program, *no_start, "-c", script], cwd=folder, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def in_bash(folder: Path, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f'eval "$(netc completion bash)"; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n'
        "$(complete -p netc | sed 's/.*-F \\([^ ]*\\).*/\\1/') netc; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    return [line for line in run("bash", script, folder).splitlines() if line]


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["netc", ""], list(VERBS)),
        (["netc", "su"], ["summary"]),
        (["netc", "nothing", ""], list(VERBS)),
        (["netc", "train", "--res"], ["--resume"]),
        (["netc", "train", "--device", ""], ["auto", "cpu", "cuda"]),
        (["netc", "check", "--format", "=", "c"], ["concise"]),
        (["netc", "check", "--format", "="], ["full", "concise", "json", "github", "gitlab", "sarif", "junit"]),
        (["netc", "check", ""], ["digits.net", "nets", "two words.net"]),
        (["netc", "check", "digits.net", "nets/"], ["nets/deep.net"]),
        (["netc", "check", "two\\ w"], ["two words.net"]),
        (["netc", "train", "d"], ["digits.net"]),
        (["netc", "train", "digits.net", "--data", "d"], ["digits", "data.npz"]),
        (["netc", "train", "--resume", ""], ["nets"]),
        (["netc", "eval", ""], ["model.onnx", "nets"]),
        (["netc", "predict", "model.onnx", "M"], ["Makefile"]),
        (["netc", "predict", "model.onnx", "n"], ["nets", "notes.txt"]),
        (["netc", "completion", "z"], ["zsh"]),
    ],
)  # fmt: skip
def test_bash(folder: Path, words: list[str], offered: list[str]) -> None:
    assert in_bash(folder, *words) == offered


@pytest.mark.slow
def test_bash_offers_every_option_of_every_verb(folder: Path) -> None:
    """All that the parser declares, without a list of our own."""
    from importlib import import_module

    for verb in ("train", "bench"):
        command: click.Command = getattr(import_module(f"netc.cli.{verb}"), verb)
        declared = {name for item in command.params for name in item.opts + item.secondary_opts if name[:1] == "-"}
        assert {"--color", "--help", *declared} - {"-h"} <= set(in_bash(folder, "netc", verb, "-"))


def test_zsh(folder: Path) -> None:
    """The function itself, in zsh, with what it calls replaced by functions that say so."""

    def offered(*words: str) -> list[str]:
        script = f"""
        compdef() {{ }}
        _describe() {{ print -rl -- ${{(P)3}} }}
        _files() {{ print -r -- _files "$@" }}
        eval "$(netc completion zsh)"; words=({" ".join(f"'{word}'" for word in words)}); CURRENT={len(words)}; _netc
        """
        return run("zsh", script, folder).splitlines()

    assert offered("netc", "su") == [f"summary:{VERBS['summary']}"]
    assert offered("netc", "check", "--format", "c") == ["concise"]
    assert offered("netc", "check", "") == ["_files -g *.(net)(-.)"]
    assert offered("netc", "train", "--resume", "") == ["_files -/"]
    assert offered("netc", "train", "x.net", "--data", "d") == ["_files -g *.(npz|csv)(-.)", "digits"]
    assert offered("netc", "predict", "m.onnx", "") == ["_files"]


def test_fish(folder: Path) -> None:
    def offered(line: str) -> list[str]:
        said = run("fish", f"netc completion fish | source; complete -C '{line}'", folder)
        return [item.split("\t")[0] for item in said.splitlines()]

    assert offered("netc summ") == ["summary"]
    assert offered("netc check --format c") == ["concise"]
    assert {"digits.net", "nets/"} <= set(offered("netc check "))
    assert "notes.txt" not in offered("netc check ")


@pytest.mark.parametrize("shell", SHELLS)
def test_script_names_what_netc_answers(shell: str) -> None:
    """Also where the shell is not installed: the question in its form, and every kind of answer."""
    script = SCRIPTS[shell]
    assert re.search(rf"\b_NETC_COMPLETE={shell}\b", script)
    assert {"COMP_WORDS", "COMP_CWORD"} <= set(re.findall(r"\w+", script))
    assert {"plain", "file"} <= set(re.findall(r"\w+", script))
    assert {
        "bash": "complete -F _netc_completion netc",
        "zsh": "compdef _netc netc",
        "fish": "complete --command netc",
    }[shell] in script


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_can_read_its_script(shell: str, folder: Path) -> None:
    (folder / "script").write_text(SCRIPTS[shell])
    run(shell, f"{shell} -n script", folder)


def test_an_unknown_shell(netc: object) -> None:
    from netc.cli import run as command

    assert command(["completion", "tcsh"]) == 2
