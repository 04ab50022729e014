"""What run.json says of data and weights leads to the same files wherever the run folder is, behind links too."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.runs.request import Request, request_of, stored, with_data, write_request

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links take rights there")


@pytest.fixture
def linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose `runs` is a link to a place further down, with a run, and data beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "far/away/disk/a").mkdir(parents=True)
    (tmp_path / "runs").symlink_to("far/away/disk")
    for name in ("d.npz", "far/away/d.npz"):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("run", ["runs/a", "far/away/disk/a", "../{0}/runs/a", "{1}/runs/a"])
def test_a_run_behind_a_link_finds_its_files(linked: Path, run: str) -> None:
    folder = RunFolder(Path("runs/a"))
    path = str(linked / "d.npz")
    write_request(folder, Request("a.net", "A", data=f"{path}:target=z", init=path))
    assert str(linked) not in folder.run_json.read_text()
    again = RunFolder(Path(run.format(linked.name, linked)))
    found = request_of(again)
    assert found.data == f"{found.init}:target=z"
    assert found.init == (path if again.path.is_absolute() else "d.npz")
    write_request(again, found)
    assert request_of(folder).init == "d.npz"


@pytest.mark.parametrize(
    ("typed", "content"), [("runs/../d.npz", "far/away/d.npz"), ("far/../d.npz", "d.npz"), ("beside/d.npz", "d.npz")]
)
def test_a_path_that_climbs_out_of_a_link_is_that_of_the_system(linked: Path, typed: str, content: str) -> None:
    (linked / "beside").symlink_to(".")
    folder = RunFolder(Path("runs/a"))
    said = stored(folder, Request("a.net", "A", data=str(linked / typed)))["data"]
    assert said.endswith(typed) == typed.startswith("beside")  # a link that leads elsewhere on another machine stays
    assert (folder.path / said).read_text() == content


def test_a_name_in_the_place_of_a_path_is_none(linked: Path) -> None:
    folder = RunFolder(Path("runs/a"))
    write_request(folder, Request("a.net", "A", data=str(linked / "d.npz")))
    write_request(folder, with_data(request_of(folder), "digits"))
    said = json.loads(folder.run_json.read_text())
    assert (said["data"], said["relative"]) == ("digits", [])
