"""What is printed: no text from a file is obeyed by the terminal, and a stream that fails is no bug."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from processes import command, on_terminal, surroundings
from tiers import but_for
from warm import netc_in

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202e"
"""Sets a title, clears the screen, colours, goes back to the start of the line, turns the direction of writing."""
CELL = "cell" + EVIL.replace("\r", "")
OURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")
NET = """
net A(n = 2) "a label EVIL" { input x: 3
  logits = dense(n) }
train A { loss = cross_entropy(logits, LABEL); metrics = [accuracy]; epochs = 1; batch = 4 }
"""


def refused(text: str, coloured: bool = False) -> list[str]:
    """Control characters that a terminal got, but for netc's own colours and movements where it may have some."""
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    left = OURS.sub("", text.replace("\r\n", "\n")) if coloured else text
    return re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", left)


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A foreign model, a net, tables and a folder of pictures with EVIL in every name."""
    folder = tmp_path_factory.mktemp("evil")
    node = helper.make_node("Identity", ["x"], [f"y{EVIL}"], name=EVIL)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])
    y = helper.make_tensor_value_info(f"y{EVIL}", TensorProto.FLOAT, ["N", 3])
    graph = helper.make_graph([node], EVIL, [x], [y], doc_string=EVIL)
    opsets = [helper.make_opsetid("", 20)]
    (folder / "m.onnx").write_bytes(
        helper.make_model(graph, opset_imports=opsets, ir_version=9, doc_string=EVIL).SerializeToString()
    )
    wrong = helper.make_graph([helper.make_node(EVIL, ["x"], [f"y{EVIL}"], name=EVIL, domain=EVIL)], "g", [x], [y])
    (folder / "wrong.onnx").write_bytes(helper.make_model(wrong, opset_imports=opsets).SerializeToString())
    np.save(folder / f"x{EVIL}.npy", np.ones((2, 3), np.float32))
    (folder / "a.net").write_text(NET.replace("EVIL", CELL.replace("\u202e", "")).replace("LABEL", "label"))
    (folder / f"b{EVIL}.net").write_text(f"net A {{ input x: 3; dens(2) }} # {EVIL}\n")
    rows = "".join(f"{i % 3},{i % 5},{i % 7},{CELL if i % 2 else 'b'}\n" for i in range(40))
    (folder / "t.csv").write_text(f"a,{CELL},c,label\n{rows}")
    (folder / "bad.csv").write_text(f"a,{CELL},c,label\n1,2,x{CELL},0\n{rows}")
    return folder


COMMANDS: list[tuple[str, ...]] = [
    ("predict", "m.onnx", f"x{EVIL}.npy"),
    ("predict", "wrong.onnx", f"x{EVIL}.npy"),
    ("predict", "m.onnx", f"{EVIL}.npy"),
    ("predict", "run", "t.csv"),
    ("eval", "run", "--data", "t.csv"),
    ("eval", "run", "--data", f"{EVIL}.csv"),
    ("data", "t.csv"),
    ("data", "bad.csv"),
    ("data", "run"),
    ("data", f"{EVIL}"),
    ("check", f"b{EVIL}.net"),
    ("check", f"b{EVIL}.net", "--format", "concise"),
    ("check", f"b{EVIL}.net", "--format", "github"),
    ("lint", f"b{EVIL}.net"),
    ("check", f"{EVIL}.net"),
    ("summary", "a.net"),
    ("summary", "a.net", "--format", "md"),
    ("ir", "a.net"),
    ("explain", EVIL),
    ("compile", "a.net", "-o", f"o{EVIL}.onnx"),
    ("compile", f"b{EVIL}.net", "-o", "o.onnx"),
    ("train", "a.net", "--data", "bad.csv"),
    ("train", "a.net", "--data", "t.csv", "--out", f"run{EVIL}"),
    ("bench", "a.net", "--net", EVIL),
    (EVIL,),
    ("env", f"--{EVIL}"),
]


@pytest.mark.quick(2)
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda words: " ".join(words).encode("ascii", "ignore").decode())
def test_no_command_lets_an_escape_through(arguments: tuple[str, ...], evil: Path) -> None:
    if "run" in arguments and not (evil / "run").exists():
        made = netc_in(evil, "train", "a.net", "--data", "t.csv", "--out", "run")
        assert made.returncode == 0, made.stderr
        assert refused(made.stdout + made.stderr) == []
    done = netc_in(evil, *arguments)
    text = done.stdout + done.stderr
    assert refused(text) == []
    assert "bug in netc" not in text
    assert "Traceback" not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("predict", "m.onnx", f"x{EVIL}.npy"), ("check", f"b{EVIL}.net"), ("summary", "a.net"), ("data", "t.csv"),
     ("train", "a.net", "--data", "t.csv")],
    ids=lambda words: words[0],
)  # fmt: skip
def test_nor_on_a_terminal_with_colours(arguments: tuple[str, ...], evil: Path) -> None:
    _, text = on_terminal(*arguments, folder=evil, PYTHONIOENCODING="utf-8")
    assert refused(text, coloured=True) == []
    assert "\u241b" in text or arguments[0] == "train"


def test_json_keeps_what_the_file_says(evil: Path) -> None:
    done = subprocess.run(
        command("predict", "m.onnx", f"x{EVIL}.npy", "--format", "json"), cwd=evil, capture_output=True, timeout=120
    )
    assert refused(done.stdout.decode()) == []
    assert json.loads(done.stdout)["predictions"][0]["outputs"] == {f"y{EVIL}": [1, 1, 1]}


def test_a_newline_in_a_name_ends_no_line(netc: Any, tmp_path: Path) -> None:
    model = onnx.ModelProto()
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])
    y = helper.make_tensor_value_info("y\nerror: fake", TensorProto.FLOAT, ["N", 3])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y\nerror: fake"])], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    np.save(tmp_path / "x.npy", np.ones((2, 3), np.float32))
    done = netc("predict", "m.onnx", "x.npy", files={"m.onnx": model.SerializeToString()})
    assert len(done.stdout.splitlines()) == 2
    assert "y\u240aerror: fake" in done.stdout


GOOD = "net A {\n  input x: 4\n  dense(3)\n}\n"
ANSWERS = [("--help",), ("check", "a.net", "--format", "json"), ("explain",), ("summary", "a.net"), ("ir", "a.net"),
           ("env",), ("check", "--help"), ("--version",), ("check", "b.net")]  # fmt: skip


@pytest.mark.quick(1)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("encoding", but_for(["utf-8", "ascii"], ["utf-8"]))
@pytest.mark.parametrize("arguments", ANSWERS, ids=" ".join)
def test_a_full_disk_on_standard_output(arguments: tuple[str, ...], encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(GOOD)
    (tmp_path / "b.net").write_text("net A { dens }")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command(*arguments), cwd=tmp_path, env=surroundings(LC_ALL="C", PYTHONIOENCODING=encoding),
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=120,
        )  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert "error[E562]: cannot write the standard output: no space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug in netc" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_for_talk_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(GOOD)
    with open("/dev/full", "w") as full:
        done = subprocess.run(command("check", "a.net"), cwd=tmp_path, stderr=full, stdout=full, timeout=120)
        assert done.returncode == 0  # nothing was to be answered
        done = subprocess.run(
            command("check", "none.net"), cwd=tmp_path, stderr=full, stdout=subprocess.PIPE, timeout=60
        )
    assert (done.returncode, b"E0" in done.stdout or b"error" in done.stdout) == (1, True)


@pytest.mark.quick(1)
@pytest.mark.skipif(os.name == "nt", reason="locales are others there")
@pytest.mark.parametrize("verb", ["summary", "check", "ir", "compile"])
def test_the_c_locale(verb: str, tmp_path: Path) -> None:
    (tmp_path / "\u00e4.net").write_text('net A "\u4e2d\u6587" {\n  input x: 4\n  dense(3)\n}\n', "utf-8")
    arguments = (verb, "\u00e4.net", *(("-o", "\u00f6.onnx") if verb == "compile" else ()))
    env = surroundings(LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    done = subprocess.run(command(*arguments), cwd=tmp_path, env=env, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert done.stderr.isascii()
