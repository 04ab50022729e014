"""`netc graph`: files by their endings, what it says, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Netc = Callable[..., "subprocess.CompletedProcess[str]"]

TEXT = "net A(width = 3) {\n  input x: 4\n  repeat 2 { dense(width) }\n}\nnet B {\n  input x: 4\n  dense(2)\n}\n"
BEGINS = {
    "svg": b"<svg xmlns",
    "png": b"\x89PNG",
    "html": b"<!DOCTYPE html>",
    "dot": b'digraph "A"',
    "mmd": b"flowchart TB",
}


@pytest.mark.parametrize("ending", BEGINS)
def test_a_file_by_its_ending(netc: Netc, tmp_path: Path, ending: str) -> None:
    done = netc("graph", "a.net", "--net", "A", "--set", "width=5", "-o", f"out/a.{ending}", files={"a.net": TEXT})
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"out/a.{ending}: A(width = 5)\n"
    assert (tmp_path / f"out/a.{ending}").read_bytes().startswith(BEGINS[ending])


def test_show_graph_is_the_same(netc: Netc, tmp_path: Path) -> None:
    netc("graph", "a.net", "-o", "one.svg", files={"a.net": TEXT})
    netc("show", "graph", "a.net", "-o", "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert netc("graph", "a.net").stdout == "graph.svg: B\n"


def test_json(netc: Netc) -> None:
    done = netc("graph", "a.net", "--net", "A", "--format", "json", files={"a.net": TEXT})
    assert json.loads(done.stdout) == {
        "version": 1, "file": "graph.svg", "title": "A(width = 3)", "depth": 1, "boxes": 3, "frames": 0,
    }  # fmt: skip


def test_another_ending_is_refused_before_anything_is_read(netc: Netc) -> None:
    done = netc("graph", "none.net", "-o", "a.jpg")
    assert done.returncode == 2
    assert done.stderr == (
        "error[E278]: a.jpg is of no format that a drawing is written in\n"
        "  = help: end it with .svg, .png, .html, .dot or .mmd\n"
    )


@pytest.mark.parametrize(("option", "value", "ending"), [("--columns", "2", "html"), ("--theme", "dark", "mmd")])
def test_an_option_that_a_format_has_no_use_for_is_refused(netc: Netc, option: str, value: str, ending: str) -> None:
    done = netc("graph", "a.net", option, value, "-o", f"a.{ending}", files={"a.net": TEXT})
    assert done.returncode == 2
    assert f"error: {option} is for .svg" in done.stderr


def test_depth_0_is_the_net_alone(netc: Netc, tmp_path: Path) -> None:
    assert netc("graph", "a.net", "--net", "A", "--depth", "0", "-o", "a.mmd", files={"a.net": TEXT}).returncode == 0
    assert '[["A  27<br>2 layers"]]' in (tmp_path / "a.mmd").read_text("utf-8")


def test_where_nothing_can_be_written(netc: Netc) -> None:
    done = netc("graph", "a.net", "-o", "a.net/b.svg", files={"a.net": TEXT})
    assert done.returncode == 5
    assert "error[E562]: cannot write a.net/b.svg" in done.stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions bind nobody here")
def test_a_file_that_is_protected_stays_as_it_is(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("mine")
    (tmp_path / "a.svg").chmod(0o400)
    done = netc("graph", "a.net", "-o", "a.svg", files={"a.net": TEXT})
    assert (done.returncode, (tmp_path / "a.svg").read_text()) == (5, "mine"), done.stderr


def test_a_drawing_that_cannot_be_put_in_its_place_leaves_nothing(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "a.svg").mkdir()
    done = netc("graph", "a.net", "-o", "a.svg", files={"a.net": TEXT})
    assert (done.returncode, "error[E562]: cannot write a.svg" in done.stderr) == (5, True), done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_model(netc: Netc, tmp_path: Path) -> None:
    netc("compile", "a.net", "--net", "B", "-o", "b.onnx", files={"a.net": TEXT})
    done = netc("graph", "b.onnx", "-o", "b.mmd")
    assert done.returncode == 0, done.stderr
    assert "dense 2" in (tmp_path / "b.mmd").read_text("utf-8")


def test_mistakes_of_the_text_are_told(netc: Netc) -> None:
    done = netc("graph", "a.net", files={"a.net": "net A { input x: 4\n desne(2) }"})
    assert done.returncode == 3
    assert "help: use `dense`" in done.stderr


@pytest.mark.quick(1)
@pytest.mark.parametrize("ending", ["svg", "html", "mmd"])
def test_it_is_light(tmp_path: Path, ending: str) -> None:
    """No numpy, no ONNX, no Pillow, and no Graphviz either: nothing is run but Python."""
    (tmp_path / "a.net").write_text(TEXT, "utf-8")
    program = (
        "import sys, subprocess; subprocess.Popen = None; from netc.cli import run;"
        f"assert run(['graph', 'a.net', '-o', 'a.{ending}']) == 0;"
        "heavy = ('numpy', 'onnx', 'onnxruntime', 'rich', 'safetensors', 'PIL', 'matplotlib', 'IPython');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.endswith("\n[]\n"), done.stdout + done.stderr
