"""`netc zoo` and `netc new`: what they print and write."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from processes import surroundings

from netc.cli import netc, run
from netc.cli.paths import ZOO_NAME
from netc.compiler import load
from netc.compiler.zoo.begin import as_text, texts_of
from netc.compiler.zoo.catalogue import Entry, catalogue
from netc.compiler.zoo.listing import load_entry

ROOT = Path(__file__).parents[2]
LAST = {entry.family: entry for entry in catalogue()}
"""A net of each family, mostly one with settings."""


@pytest.mark.slow
def test_the_list_is_for_programs_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["zoo", "cifar", "--format", "json"]) == 0
    found = {item["name"]: item for item in json.loads(capsys.readouterr().out)}
    deep = found["resnet110-cifar"]
    assert list(deep) == ["name", "file", "net", "set", "params", "published", "variant", "source", "lines"]
    assert (deep["set"], deep["params"], deep["published"]) == ({"depth": 110}, 1_730_714, 1_730_714)
    assert load(deep["file"], deep["net"], deep["set"]).params == deep["params"]


def test_the_list_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["zoo", "RESNET110-CIFAR"]) == 0
    heads, row, *_ = capsys.readouterr().out.splitlines()
    assert heads.split() == ["name", "params", "published", "lines", "variant", "source"]
    assert row.split()[:3] == ["resnet110-cifar", "1,730,714", "1,730,714"]


def test_a_word_that_is_in_no_name_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["zoo", "renset50"]) == 2
    assert "use `resnet50`" in capsys.readouterr().err


@pytest.mark.quick(1)
@pytest.mark.parametrize("entry", LAST.values(), ids=lambda entry: entry.family)
def test_a_new_text_has_the_settings_as_its_defaults(entry: Entry, tmp_path: Path) -> None:
    for name, text in texts_of(entry, "new").items():
        (tmp_path / name).write_text(text)
    assert load(str(tmp_path / "new.net"), entry.net).params == load_entry(entry).params


@pytest.mark.parametrize(
    ("value", "text"),
    [(50, "50"), (1.5, "1.5"), (True, "true"), ("relu", "relu"), ("none of these", '"none of these"'),
     ([[1, 2], [3, False]], "[[1, 2], [3, false]]")],
)  # fmt: skip
def test_a_setting_is_written_as_the_language_has_it(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_folder_begins_with_a_net_and_its_maps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert run(["new", str(folder), "--from", "resnet101"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{folder / 'resnet101.net'}\n"
    assert "netc summary" in said.err
    assert load(str(folder / "resnet101.net")).params == 44_549_160
    assert (folder / "resnet101.toml").read_text().startswith("[maps]\ntorchvision")
    (folder / "resnet101.net").write_text("mine")
    assert run(["new", str(folder), "--from", "resnet101"]) == 2
    assert (folder / "resnet101.net").read_text() == "mine"


def test_a_family_begins_with_its_text_as_it_is(tmp_path: Path) -> None:
    assert run(["new", str(tmp_path), "--from", "resnet_cifar"]) == 0
    entry = next(entry for entry in catalogue() if entry.family == "resnet_cifar")
    assert (tmp_path / "resnet_cifar.net").read_text() == entry.file.read_text()


def test_an_unknown_name_gets_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", str(tmp_path / "mine"), "--from", "resnet1O1"]) == 2
    assert "use `resnet101`" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_names_are_completed() -> None:
    context = netc.make_context("netc", ["zoo"])
    found = ZOO_NAME.shell_complete(context, netc.params[0], "resnet1")
    assert {"resnet18", "resnet101", "resnet152"} <= {item.value for item in found}


def test_a_name_is_required() -> None:
    assert CliRunner().invoke(netc, ["new", "mine"]).exit_code == 2


def test_every_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests import is a checkout; an installation has what setup.py names."""
    named: list[str] = []
    monkeypatch.setattr("setuptools.setup", lambda **said: named.extend(said["packages"]))
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    there = [Path(folder) for folder, _, files in os.walk("netc", followlinks=True) if "__init__.py" in files]
    fast = Path("netc/runtime/fast")
    wanted = {".".join(folder.parts) for folder in there if fast not in (folder, *folder.parents)}
    assert len(wanted) > 80
    assert set(named) == wanted | {"netc.examples.zoo"}


@pytest.mark.slow
def test_a_wheel_has_the_zoo(tmp_path: Path) -> None:
    """It is built without the links of `netc/`, as a checkout may be."""
    tree = tmp_path / "tree"
    for name in ("grammar", "compiler", "runtime", "netc", "examples"):
        left_out = shutil.ignore_patterns(
            "__pycache__", "build", *(["grammar", "compiler", "runtime"] * (name == "netc"))
        )
        shutil.copytree(ROOT / name, tree / name, ignore=left_out)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"
    subprocess.run([sys.executable, "-c", build], cwd=tree, check=True, capture_output=True)
    (wheel,) = (tree / "dist").glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path / "site", "zip")
    asked = "from netc.cli import run; run(['zoo', 'resnet110', '--format', 'json'])"
    env = surroundings(PYTHONPATH=str(tmp_path / "site"))
    done = subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, env=env, capture_output=True, text=True)
    found, _ = json.loads(done.stdout)
    assert found["params"] == 1_730_714
    assert Path(found["file"]) == Path("site/netc/examples/zoo/resnet_cifar.net")
