"""Where a command prints: no text obeys the terminal but netc's own colours, and a stream that fails is no bug.

Names of outputs, classes, tensors, files and cells of tables come from strangers' files. Whatever prints passes here:
while a command runs, `sys.stdout` and `sys.stderr` are these streams.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from netc.grammar.snippet import cells

OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""What a terminal obeys or hides: control characters but the newline, those that turn the direction of writing, and
those that take no room, by which one name passes for another."""


class OutputError(Exception):
    """The standard output cannot be written: a full disk, for one. Its text is the reason."""


class Cleaned:
    """A text stream that shows control characters as signs.

    talk  whether it carries talk alone, without which the command does its work all the same: a failure is passed over
    own   True lets control characters through, for text that netc has coloured itself and whose parts are clean
    """

    def __init__(self, stream: TextIO, *, talk: bool, own: bool = False) -> None:
        self.stream, self.talk, self.own = stream, talk, own
        self.reason: str | None = None

    def write(self, text: str) -> int:
        """Write a text; raises OutputError, and BrokenPipeError where the reader of an answer went away."""
        with self._failing():
            self.stream.write(text if self.own else cleaned(text))
        return len(text)

    def write_bytes(self, content: bytes) -> None:
        """Write bytes as they are; raises as `write` does."""
        with self._failing():
            self.stream.flush()
            self.stream.buffer.write(content)

    def flush(self) -> None:
        """Write out what is waiting; raises as `write` does."""
        with self._failing():
            self.stream.flush()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            if not self.talk:
                raise
            lead_nowhere(self.stream)
        except OSError as error:
            lead_nowhere(self.stream)
            self.reason = (error.strerror or str(error)).lower()
        if self.reason is not None and not self.talk:  # also when somebody has passed over it before: click does
            raise OutputError(self.reason)

    @property
    def encoding(self) -> str:
        """As a caller should take it: click writes past a stream that says it is ASCII."""
        return self.stream.encoding if self.own else "utf-8"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def cleaned(text: str) -> str:
    """Text with a visible sign for whatever a terminal would obey."""
    return OBEYED.sub(lambda found: cells(found[0]), text)


def own(stream: TextIO) -> TextIO:
    """The stream for text with netc's own colours, all other parts of which are clean."""
    return cast(TextIO, Cleaned(stream.stream, talk=stream.talk, own=True)) if isinstance(stream, Cleaned) else stream


def write_bytes(content: bytes) -> None:
    """Answer with a file's content, of which no character is another's to change."""
    stream: Any = sys.stdout
    stream.write_bytes(content)


@contextmanager
def clean() -> Iterator[None]:
    """Let everything that prints pass here."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(Any, Cleaned(sys.stdout, talk=False)), cast(Any, Cleaned(sys.stderr, talk=True))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def open_closed_streams() -> None:
    """Put something where a standard stream is closed, lest a file that is opened later takes its place.

    Talk goes nowhere, input ends at once, and an answer cannot be written, which is then told as of a full disk.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8"))


def lead_nowhere(*streams: TextIO) -> None:
    """Nothing more reaches these streams, also not what is waiting in them when Python ends."""
    for stream in streams:
        with contextlib.suppress(OSError, ValueError):
            descriptor = os.open(os.devnull, os.O_WRONLY)
            os.dup2(descriptor, stream.fileno())
            os.close(descriptor)
