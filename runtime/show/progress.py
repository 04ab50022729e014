"""How a training looks while it runs: a live line on a terminal, a plain line for each epoch anywhere else."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from netc.runtime.folder.listener import Listener, Silent
from netc.runtime.folder.progress import Progress, Record

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PREFIX = "validation_"
SHOWN_EVERY = 0.1
SHOWN_IN_NOTEBOOK = 0.5


class PlainProgress(Listener):
    """A listener that writes a line for each epoch."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream
        self.epochs = 0

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Remember the number of epochs."""
        self.epochs = epochs

    def noted(self, text: str) -> None:
        """Write a line."""
        self.write(f"note         {text}")

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Nothing: one line an epoch."""

    def epoch_ended(self, record: Record, improved: bool) -> None:
        """Write the epoch's line."""
        self.write(epoch_line(record, self.epochs, improved))

    def finished(self, progress: Progress) -> None:
        """Nothing."""

    def write(self, line: str) -> None:
        """A line, at once."""
        print(line, file=self.stream or sys.stderr, flush=True)


class LiveProgress(PlainProgress):
    """The same, with a line below that moves with every step."""

    def __init__(self, stream: TextIO | None = None, *, color: bool = True) -> None:
        super().__init__(stream)
        self.color = color
        self.steps = 0
        self.shown_at = 0.0
        self.bar: Bar | None = None

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Start the line."""
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        super().started(progress, epochs, steps_per_epoch)
        self.steps = steps_per_epoch
        console = Console(file=self.stream or sys.stderr, no_color=not self.color, highlight=False)
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[text]}"))
        self.bar = Bar(*columns, console=console, transient=True)
        self.task = self.bar.add_task("", total=steps_per_epoch, text="")
        self.bar.start()

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Move the line, at most ten times a second."""
        now = time.monotonic()
        if self.bar is None or now - self.shown_at < SHOWN_EVERY:
            return
        self.shown_at = now
        rate = progress.rows / progress.seconds if progress.seconds else 0.0
        text = f"{progress.batch}/{self.steps}  {numbers(progress.means())}  {rate:,.0f} examples/s"
        self.bar.update(
            self.task,
            completed=progress.batch,
            description=f"epoch {progress.epoch + 1:>{len(str(self.epochs))}}/{self.epochs}",
            text=text,
        )

    def finished(self, progress: Progress) -> None:
        """Take the line away."""
        if self.bar is not None:
            self.bar.stop()

    def write(self, line: str) -> None:
        """A line above the live one."""
        if self.bar is None:
            super().write(line)
        else:
            self.bar.console.print(line, markup=False, soft_wrap=True)


class NotebookProgress(PlainProgress):
    """One block of text below a notebook's cell, which is replaced while the training goes on.

    It takes IPython's display alone: widgets need not be installed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.steps = 0
        self.shown_at = 0.0
        self.handle: Any = None

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Open the block."""
        from IPython.display import display

        super().started(progress, epochs, steps_per_epoch)
        self.lines, self.steps = [], steps_per_epoch
        self.handle = display(self._text(""), display_id=True)

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Change the last line, at most twice a second."""
        now = time.monotonic()
        if now - self.shown_at >= SHOWN_IN_NOTEBOOK:
            self.shown_at = now
            epoch = f"epoch {progress.epoch + 1:>{len(str(self.epochs))}}/{self.epochs}"
            self.handle.update(self._text(f"{epoch}  {progress.batch}/{self.steps}  {numbers(progress.means())}"))

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
    if quiet:
        return given or [Silent()]
    if in_notebook():
        return [NotebookProgress(), *given]
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return [LiveProgress(color=not os.environ.get("NO_COLOR")), *given]
    return given or [Silent()]


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


def numbers(values: Mapping[str, float]) -> str:
    """`loss 0.1421  accuracy 0.9560`."""
    return "  ".join(f"{name} {number(value)}" for name, value in values.items())


def number(value: float) -> str:
    """Four decimals, or four digits where that would show nothing."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"
