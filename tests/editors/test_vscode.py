"""The extension for VS Code as it is packed: everything that it names is in it, and what it sets the server knows."""

from __future__ import annotations

import importlib.util
import json
import re
import zipfile
from io import BytesIO
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from netc.compiler.language_service.grammars.files import EDITORS
from netc.compiler.language_service.vocabulary import pattern

HERE = EDITORS / "vscode"
ABOUT: dict[str, Any] = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
CLIENT = (HERE / "client" / "extension.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_vsix", HERE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def archive(build: ModuleType) -> zipfile.ZipFile:
    packed = build.packed(b"// the client")
    assert packed == build.packed(b"// the client")
    return zipfile.ZipFile(BytesIO(packed))


def test_everything_that_it_names_is_in_it(archive: zipfile.ZipFile) -> None:
    def paths(node: object) -> list[str]:
        if isinstance(node, dict):
            return [path for value in node.values() for path in paths(value)]
        if isinstance(node, list):
            return [path for value in node for path in paths(value)]
        return [node] if isinstance(node, str) and node.startswith("./") else []

    names = set(archive.namelist())
    assert len(paths(ABOUT)) == 5
    for path in paths(ABOUT):
        assert f"extension/{path.removeprefix('./')}" in names
    assert not [name for name in names if "node_modules" in name or "trial" in name]
    manifest = ElementTree.fromstring(archive.read("extension.vsixmanifest"))
    space = "{http://schemas.microsoft.com/developer/vsx-schema/2011}"
    for asset in manifest.iter(f"{space}Asset"):
        assert asset.attrib["Path"] in names
    identity = next(manifest.iter(f"{space}Identity")).attrib
    assert (identity["Id"], identity["Version"]) == (ABOUT["name"], ABOUT["version"])
    kinds = ElementTree.fromstring(archive.read("[Content_Types].xml"))
    endings = {each.attrib["Extension"] for each in kinds}
    assert {f".{name.rpartition('.')[2]}" for name in names if name != "[Content_Types].xml"} <= endings


def test_its_files_are_json_and_its_patterns_compile() -> None:
    for path in [*HERE.glob("*.json"), *HERE.glob("s*/*.json")]:
        json.loads(path.read_text(encoding="utf-8"))
    language = json.loads((HERE / "language-configuration.json").read_text(encoding="utf-8"))
    assert language["wordPattern"] == pattern("NAME")
    deeper, shallower = (re.compile(each) for each in language["indentationRules"].values())
    assert deeper.match("net A {  # why")
    assert deeper.match("  add {")
    assert not deeper.match("  y = add { identity }")
    assert shallower.match("  } -> relu")


def test_settings_and_commands_are_those_that_something_reads() -> None:
    from netc.server.session import Settings

    for name in ABOUT["contributes"]["configuration"]["properties"]:
        if name in ("netc.command", "netc.trace.server"):  # the client's own, and its library's
            continue
        settings, key = Settings(), name.split(".")
        settings.read({key[0]: {key[1]: {key[2]: False}}})
        assert settings != Settings(), name
    for command in ABOUT["contributes"]["commands"]:
        assert f'registerCommand("{command["command"]}"' in CLIENT
    assert set(re.findall(r"require\(\"([\w-]+)", CLIENT)) <= {"node", "vscode", *ABOUT["dependencies"]}


def test_the_version_is_netc_s() -> None:
    text = (EDITORS.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{ABOUT["version"]}"\n' in text
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"][""]["dependencies"] == ABOUT["dependencies"]
