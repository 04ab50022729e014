"""How a training looks while it runs: a live line on a terminal, a plain line for each epoch anywhere else."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO, cast

from netc.grammar.given import require
from netc.grammar.snippet import printable
from netc.runtime.folder.listener import Listener, Silent
from netc.runtime.folder.progress import PREFIX, Progress, Record
from netc.runtime.show.time_left import Estimate, TimeLeft, duration
from netc.runtime.show.unfailing import Unfailing

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

SHOWN_EVERY = 0.1
SHOWN_IN_NOTEBOOK = 0.5
TOLD_EVERY = 60.0
"""Seconds between lines within an epoch, where there is no terminal."""

WORTH_TELLING = 60.0
"""Seconds that a training must still take for its epochs' lines to say so."""


class PlainProgress(Listener):
    """A listener that writes a line for each epoch, and one a minute within long ones."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream, self.clock = stream, clock
        self.epochs = self.steps = 0
        self.time_left = TimeLeft(0, 0)
        self.told_at = 0.0

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Remember the number of epochs and of their steps."""
        self.epochs, self.steps = epochs, steps_per_epoch
        self.time_left = TimeLeft(epochs, steps_per_epoch)
        self.told_at = self.clock()

    def noted(self, text: str) -> None:
        """Write a line."""
        self.write(f"note         {text}")

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Now and then a line."""
        now = self.clock()
        left = self.time_left.stepped(now, progress.epoch, progress.batch)
        if left is not None and now - self.told_at >= TOLD_EVERY:
            self.told_at = now
            self.write(f"{self.position(progress)}  {numbers(progress.means())}  |  {left_text(left)}")

    def epoch_ended(self, record: Record, improved: bool) -> None:
        """Write the epoch's line."""
        self.told_at = self.clock()
        left = self.time_left.epoch_ended(self.told_at, int(record["epoch"]))
        told = f"  |  {duration(left)} left" if left is not None and left >= WORTH_TELLING else ""
        self.write(f"{epoch_line(record, self.epochs, improved)}{told}")

    def finished(self, progress: Progress) -> None:
        """Nothing."""

    def position(self, progress: Progress) -> str:
        """`epoch  3/12  120/469`."""
        return f"epoch {progress.epoch + 1:>{len(str(self.epochs))}}/{self.epochs}  {progress.batch}/{self.steps}"

    def write(self, line: str) -> None:
        """A line, at once."""
        print(line, file=Unfailing(self.stream or sys.stderr), flush=True)


class LiveProgress(PlainProgress):
    """The same, with a line below that moves with every step."""

    def __init__(self, stream: TextIO | None = None, *, color: bool = True) -> None:
        super().__init__(stream)
        self.color = color
        self.shown_at = 0.0
        self.bar: Bar | None = None

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Start the line."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress as Bar, TextColumn
        from rich.table import Column

        super().started(progress, epochs, steps_per_epoch)
        stream = cast(TextIO, Unfailing(self.stream or sys.stderr))
        console = Console(file=stream, no_color=not self.color, highlight=False)
        longest = len(self.position(Progress())) + len(str(steps_per_epoch))
        columns = (
            TextColumn("{task.description}", table_column=Column(min_width=longest, no_wrap=True)),
            BarColumn(bar_width=8, table_column=Column(min_width=8)),
            TextColumn("{task.fields[text]}"),
        )
        self.bar = Bar(*columns, console=console, transient=True)
        self.task = self.bar.add_task("", total=steps_per_epoch, text="")
        self.bar.start()

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Move the line, at most ten times a second."""
        now = self.clock()
        left = self.time_left.stepped(now, progress.epoch, progress.batch)
        if self.bar is None or now - self.shown_at < SHOWN_EVERY:
            return
        self.shown_at = now
        rate = progress.rows / progress.seconds if progress.seconds else 0.0
        remaining = f"{left_text(left)}  " if left is not None else ""
        text = f"{remaining}{printable(numbers(progress.means()))}  {rate:,.0f} examples/s"
        self.bar.update(self.task, completed=progress.batch, description=self.position(progress), text=text)

    def finished(self, progress: Progress) -> None:
        """Take the line away."""
        if self.bar is not None:
            self.bar.stop()

    def write(self, line: str) -> None:
        """A line above the live one."""
        if self.bar is None:
            super().write(line)
        else:
            self.bar.console.print(printable(line), markup=False, soft_wrap=True)


class NotebookProgress(PlainProgress):
    """One block of text below a notebook's cell, which is replaced while the training goes on.

    It takes IPython's display alone: widgets need not be installed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.shown_at = 0.0
        self.handle: Any = None

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Open the block."""
        from IPython.display import display

        super().started(progress, epochs, steps_per_epoch)
        self.lines = []
        self.handle = display(self._text(""), display_id=True)

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Change the last line, at most twice a second."""
        now = self.clock()
        left = self.time_left.stepped(now, progress.epoch, progress.batch)
        if now - self.shown_at >= SHOWN_IN_NOTEBOOK:
            self.shown_at = now
            remaining = f"  |  {left_text(left)}" if left is not None else ""
            self.handle.update(self._text(f"{self.position(progress)}  {numbers(progress.means())}{remaining}"))

    def finished(self, progress: Progress) -> None:
        """Leave the lines of the epochs."""
        self.handle.update(self._text(""))

    def write(self, line: str) -> None:
        """A line that stays."""
        self.lines.append(line)
        self.handle.update(self._text(""))

    def _text(self, last: str) -> Any:
        from IPython.display import Pretty

        return Pretty("\n".join([*self.lines, *([last] if last else [])]))


def shown(listener: Listener | Sequence[Listener] | None, *, quiet: bool) -> list[Listener]:
    """Who follows a training that was begun from Python: progress where somebody looks, then the listeners.

    On a terminal it is the line of `netc train`, in a notebook a block of text. Elsewhere, and where `quiet`, nothing
    is shown; without any listener notes are then warnings.
    """
    given: list[Listener] = []
    if listener is not None:
        given = list(listener) if isinstance(listener, Sequence) else [listener]
        for one in given:
            require(one, Listener, "listener=", "class Follower(netc.Listener): …` and `listener=Follower()")
    if quiet:
        return given or [Silent()]
    if in_notebook():
        return [NotebookProgress(), *given]
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return [LiveProgress(color=not os.environ.get("NO_COLOR")), *given]
    return given or [Silent()]


def once(text: str | None, followers: Sequence[Listener]) -> list[str]:
    """A note for who looks at a progress, the first time that it is to be told in this process."""
    if text is None or text in _TOLD or not any(isinstance(item, PlainProgress) for item in followers):
        return []
    _TOLD.add(text)
    return [text]


_TOLD: set[str] = set()


def in_notebook() -> bool:
    """Whether this runs in a notebook, which imports IPython and has a kernel."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and type(shell).__name__ != "TerminalInteractiveShell"


def epoch_line(record: Record, epochs: int, improved: bool) -> str:
    """`epoch  3/12  loss 0.1421  accuracy 0.9560  |  held out: loss 0.0911  accuracy 0.9731  |  0.8 s  best`."""
    count = f"epoch {record['epoch']:>{len(str(epochs))}}/{epochs}"
    learned = {name: value for name, value in record.items() if name not in _OTHER and not name.startswith(PREFIX)}
    measured = {name.removeprefix(PREFIX): value for name, value in record.items() if name.startswith(PREFIX)}
    parts = [f"{count}  {numbers(learned)}"]
    if measured:
        parts.append(f"held out: {numbers(measured)}")
    parts.append(f"{record['seconds']:.1f} s{'  best' if improved else ''}")
    return "  |  ".join(parts)


_OTHER = ("epoch", "step", "learning_rate", "seconds")


def left_text(left: Estimate) -> str:
    """`8 s left, 4 min 32 s in all`; the whole training alone in its last epoch."""
    whole = duration(left.training)
    return f"{whole} left" if left.epoch == left.training else f"{duration(left.epoch)} left, {whole} in all"


def numbers(values: Mapping[str, float]) -> str:
    """`loss 0.1421  accuracy 0.9560`."""
    return "  ".join(f"{name} {number(value)}" for name, value in values.items())


def number(value: float) -> str:
    """Four decimals, or four digits where that would show nothing."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"
