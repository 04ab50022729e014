"""Files that the server looks into beside the open texts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netc.server.documents import Documents
from netc.server.fields import fields_of


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("a.net", "a.csv", "a.npz"):
        os.mkfifo(tmp_path / name)
    assert Documents().text_of(str(tmp_path / "a.net")) == ""
    assert [fields_of(str(tmp_path / "b.net"), name) for name in ("a.csv", "a.npz")] == [[], []]


def test_a_line_without_an_end_is_read_in_part(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a, b," + "x" * 100_000)
    assert fields_of(str(tmp_path / "b.net"), "a.csv")[:2] == ["a", "b"]
