"""CSV and its like: the first line names the columns, every other line is an example."""

from __future__ import annotations

from pathlib import Path

from netc.runtime.data.formats.base import FileFormat, Source
from netc.runtime.data.spec import Options
from netc.runtime.data.tables.delimited import read_delimited
from netc.runtime.data.tables.tabular import table


class DelimitedTable(FileFormat):
    """Values between commas, semicolons, tabs or bars."""

    known = "FILE.csv"
    suffixes = (".csv", ".tsv")

    def read(self, path: Path, options: Options) -> Source:
        """Raises E500, E502, E508, E511, E512."""
        read = read_delimited(path)
        return table(path, read.columns, lambda row: f"line {read.lines[row]}", options)
