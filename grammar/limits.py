"""How much a text, a file or a network may ask for: each limit by name, and the variable that raises it.

Whatever is about to grow asks here first. A limit is a number in the table below; `NETC_LIMIT_PASSES=1e6` in the
environment puts another in its place, for the command line, for editors and for callers of Python alike.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from netc.grammar.counted import BINARY_UNITS, binary_size, counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label, Severity, brief, did_you_mean
from netc.grammar.literals import LiteralError, number

PREFIX = "NETC_LIMIT_"
LARGEST = 1 << 62
"""What the environment may set a limit to."""


class LimitError(DiagnosticError):
    """A text asks for more than a limit allows: its one finding ends the phase, for all else would follow from it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    name      what follows `NETC_LIMIT_`
    default   the most there may be unless the environment says otherwise
    of        what is counted, in words
    code      of the finding about more
    in_bytes  whether it counts bytes
    """

    name: str
    default: int
    of: str
    code: str
    in_bytes: bool = False

    @property
    def value(self) -> int:
        """The most there may be; raises DiagnosticError E139 where the environment says what is no number."""
        said = os.environ.get(PREFIX + self.name)
        return self.default if said is None else self._read(said)

    def shown(self, count: int) -> str:
        """A count in words of messages: `200,000`, `16 MiB`."""
        return binary_size(count) if self.in_bytes else f"{count:,}"

    def raised(self, asked: int = 0) -> str:
        """How to raise it, for the help of a finding: past what was asked for, as far as that is known."""
        larger = self.value * 4
        while larger < asked <= LARGEST:
            larger *= 2
        unit = next(((u, n) for u, n in BINARY_UNITS if larger % u == 0), None) if self.in_bytes else None
        said = f"{larger // unit[0]}{unit[1]}" if unit else str(larger)
        set_it = f"set {PREFIX}{self.name}={said} in the environment where more is meant"
        return f"{set_it}; docs/trust.md lists the limits that may come next"

    def finding(
        self, message: str, place: Label | None = None, *, help: str = "", note: str = "", asked: int = 0
    ) -> Diagnostic:
        """The finding about more than allowed. `help` is a way out that comes before the one of raising the limit."""
        way = f"{help}, or {self.raised(asked)}" if help else self.raised(asked)
        notes = (f"the limit is {self.shown(self.value)} {self.of}", *([note] if note else []))
        return Diagnostic(self.code, message, place, notes=notes, help=way)

    def error(
        self, message: str, place: Label | None = None, *, help: str = "", note: str = "", asked: int = 0
    ) -> LimitError:
        """The finding as an exception, where nothing can go on."""
        return LimitError(self.finding(message, place, help=help, note=note, asked=asked))

    def _read(self, said: str) -> int:
        try:
            value = number(said.strip()) if said.strip()[:1].isdigit() else 0
        except (LiteralError, AssertionError, ValueError):
            value = 0
        if not 1 <= value <= LARGEST or value != int(value):
            message = f"{PREFIX}{self.name}={said[:40]} is no limit"
            help = f"write a whole number from 1 on, as in {PREFIX}{self.name}={self.default}"
            raise LimitError(Diagnostic("E139", message, help=help))
        return int(value)


# ---------------------------------------------------------------- text
FILE = Limit("FILE", 16 << 20, "of a text", "E130", in_bytes=True)
LINE = Limit("LINE", 1 << 20, "of a line", "E130", in_bytes=True)
USE_DEPTH = Limit("USE_DEPTH", 32, "files, each used by the one before", "E134")
USE_FILES = Limit("USE_FILES", 1000, "files that one text uses", "E134")
USE_BYTES = Limit("USE_BYTES", 64 << 20, "of all texts that one text uses", "E134", in_bytes=True)

# ---------------------------------------------------------------- what a text is written out to
PASSES = Limit("PASSES", 200_000, "passes of loops in all", "E131")
LIST = Limit("LIST", 100_000, "items of a list, those of lists in it included", "E132")
ITEMS = Limit("ITEMS", 5_000_000, "items of all lists that are computed", "E132")
LAYERS = Limit("LAYERS", 100_000, "layers", "E133")
NODES = Limit("NODES", 1_000_000, "operators", "E133")
WRITTEN_OUT = Limit("WRITTEN_OUT", 30_000, "layers and operators that loops and blocks write out", "E133")
PARAMETERS = Limit("PARAMETERS", 10**10, "parameters that are made", "E136")
BATCH = Limit("BATCH", 1 << 20, "rows of a batch", "E140")
VALUE = Limit("VALUE", 4 << 30, "of one value, for one example", "E141", in_bytes=True)
STEPS = Limit("STEPS", 10**14, "multiplications of a network, places of windows among them, for one example", "E141")

# ---------------------------------------------------------------- files and data
DATA = Limit("DATA", 64 << 30, "of a file of data, weights or a model", "E531", in_bytes=True)
UNPACKED = Limit("UNPACKED", 16 << 30, "that a file unpacks to", "E533", in_bytes=True)
RATIO = Limit("RATIO", 200, "times its own size that a file unpacks to", "E533")
PIXELS = Limit("PIXELS", 64_000_000, "pixels of an image", "E533")

# ---------------------------------------------------------------- models from files, in a process of their own
SECONDS = Limit("SECONDS", 120, "seconds for an answer of a model", "E540")
WORKING_MEMORY = Limit("MEMORY", 8 << 30, "that a model takes besides four times its own size", "E541", in_bytes=True)
TENSORS = Limit("TENSORS", 4 << 30, "of the inputs or the outputs of one batch", "E542", in_bytes=True)

ALL = (
    FILE, LINE, USE_DEPTH, USE_FILES, USE_BYTES, PASSES, LIST, ITEMS, LAYERS, NODES, WRITTEN_OUT, PARAMETERS, BATCH,
    VALUE, STEPS,
    DATA, UNPACKED, RATIO, PIXELS, SECONDS, WORKING_MEMORY, TENSORS,
)  # fmt: skip


def unknown() -> list[Diagnostic]:
    """Warnings about variables of the environment that are called as limits are, and are none: they do nothing."""
    known = [PREFIX + limit.name for limit in ALL]
    return [
        Diagnostic(
            "E139",
            f"no limit is called {brief(name)}",
            help=did_you_mean(name, known) or "docs/trust.md lists them by name",
            severity=Severity.WARNING,
        )
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known
    ]


def too_many_rows(batch: int, place: Label | None = None) -> Diagnostic | None:
    """The finding E140 about a batch that is larger than any may be, or None."""
    if batch <= BATCH.value:
        return None
    return BATCH.finding(f"a batch of {counted(batch, 'row')}", place, asked=batch)
