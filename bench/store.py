"""Results as JSON in bench/results/NAME.json: a section a kind of measurement, a row a network, written row by row."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
VERSION = 1


class Results:
    """One file of results; what is put into it is on disk at once, so that a run can be cut off and resumed."""

    def __init__(self, name: str, folder: Path = RESULTS) -> None:
        self.name = name
        self.path = folder / f"{name}.json"
        self.sections: dict[str, Any] = {}
        if self.path.exists():
            found = json.loads(self.path.read_text("utf-8"))
            if found.get("version") != VERSION:
                raise SystemExit(f"{self.path} is of another version; move it away, or use another --name")
            self.sections = found["sections"]

    def begin(self, section: str, about: dict[str, Any], *, resume: bool) -> None:
        """Start a section over, or keep its rows where it is resumed. `about` tells how and on what it is measured."""
        kept = self.rows(section) if resume else {}
        self.sections[section] = {**about, "rows": kept}
        self.save()

    def rows(self, section: str) -> dict[str, Any]:
        """The rows of a section by name; none where it was never measured."""
        found: dict[str, Any] = self.sections.get(section, {}).get("rows", {})
        return found

    def put(self, section: str, row: str, figures: dict[str, Any]) -> None:
        """Add or replace a row."""
        self.sections[section]["rows"][row] = figures
        self.save()

    def save(self) -> None:
        """Write the file in one go."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        written = self.path.with_suffix(".tmp")
        written.write_text(
            json.dumps({"version": VERSION, "name": self.name, "sections": self.sections}, indent=1) + "\n", "utf-8"
        )
        os.replace(written, self.path)
