"""What is kept of each epoch: a line of metrics.jsonl and one of results.csv.

Both grow by their line, so that the last epoch costs no more than the first.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netc.grammar.documents import read_lines, sealed
from netc.grammar.writing import encoded
from netc.runtime.folder.files import append, write_atomic
from netc.runtime.folder.progress import KeptRecord, Record


class EpochRecords:
    """The records of a run's epochs, in its two files."""

    def __init__(self, metrics: Path, results: Path) -> None:
        self._metrics, self._results = metrics, results
        self._columns: list[str] = []
        """Of results.csv, as it was written here."""

    def read(self) -> list[Record]:
        """The records in metrics.jsonl; raises DiagnosticError E534, E536, E561, with the line that is wrong."""
        if not self._metrics.exists():
            return []
        help = "remove it: `--resume` writes it anew from the checkpoint"
        found: list[Record] = read_lines(self._metrics, KeptRecord, code="E561", help=help)
        return found

    def write(self, history: Sequence[Record]) -> None:
        """Replace both files."""
        write_atomic(self._metrics, _lines(history))
        self._write_results(history)

    def add(self, record: Record) -> None:
        """Add an epoch, a line each; `write` has begun both."""
        append(self._metrics, _lines([record]))
        if record.keys() <= set(self._columns):
            append(self._results, _table(self._columns, [record]))
        else:
            self._write_results(self.read())

    def _write_results(self, history: Sequence[Record]) -> None:
        self._columns = list(dict.fromkeys(name for record in history for name in record)) or ["epoch"]
        header = dict(zip(self._columns, self._columns, strict=True))
        write_atomic(self._results, _table(self._columns, [header, *history]))


def _lines(history: Sequence[Record]) -> bytes:
    """A line for each record, with a checksum of its own: where an end is missing the others are whole."""
    return "".join(json.dumps(sealed(record)) + "\n" for record in history).encode()


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as lines of a CSV file."""
    text = io.StringIO()
    csv.DictWriter(text, columns, lineterminator="\n").writerows(rows)
    return encoded(text.getvalue())
