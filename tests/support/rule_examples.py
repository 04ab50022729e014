"""The examples in a rule's documentation, as files."""

from __future__ import annotations

import json
import re
from pathlib import Path

from netc.compiler.artifact import RUN_VERSION
from netc.compiler.lint import all_rules


def example(code: str, section: str, folder: Path) -> None:
    """Write the fenced blocks of a section: `toml` as pyproject.toml, `json` and `jsonl` as the data card and the log
    of the run whose folder this is, the other as a .net file.
    """
    text = all_rules()[code].documentation.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    names = {"toml": "pyproject.toml", "json": "run.json", "jsonl": "metrics.jsonl"}
    for language, block in re.findall(r"```(\w*)\n(.*?)```", text, re.S):
        said = (
            json.dumps({"version": RUN_VERSION, "file": "example.net", **json.loads(block)})
            if language == "json"
            else block
        )
        (folder / names.get(language, "example.net")).write_text(said, "utf-8")
