"""What all verbs share about the terminal: when to colour, how to answer and to talk."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any, TextIO

import click

from netc.cli.streams import open_closed_streams
from netc.grammar.documents import answered
from netc.grammar.shell import shell_word

_mode = "auto"


def color_option() -> click.Option:
    """`--color auto|always|never`: `auto` colours terminals, unless NO_COLOR is set or TERM is `dumb`."""
    return click.Option(
        ["--color"],
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        expose_value=False,
        is_eager=True,
        callback=lambda _context, _parameter, value: set_color(value),
        help="whether to colour what is printed",
    )


def set_color(mode: str) -> None:
    """Decide for the rest of this command: `auto`, `always` or `never`."""
    global _mode
    _mode = mode


def use_color(stream: TextIO) -> bool:
    """Whether to write colours to this stream."""
    if _mode != "auto":
        return _mode == "always"
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def prepare() -> None:
    """Start a command: colours as by default, and no failure over a character that the terminal cannot show."""
    set_color("auto")
    open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def command(*words: object) -> str:
    """A command as it can be pasted into a shell: paths with spaces are quoted, and none is an option."""
    return " ".join(shell_word(word) if isinstance(word, Path) else shlex.quote(str(word)) for word in words)


def say(text: str = "") -> None:
    """Talk, as opposed to answer: a line on stderr. A newline in a name ends no line."""
    print(one_line(text), file=sys.stderr)


def show(text: str = "") -> None:
    """Answer: a line on stdout."""
    print(one_line(text))


def put(text: str) -> None:
    """Answer: lines on stdout, each with its end."""
    sys.stdout.write(text)


def put_json(value: Any, indent: int | None = 2) -> None:
    """Answer: JSON on stdout; what is not finite is null there."""
    put(answered(value, indent) + "\n")


def one_line(text: str) -> str:
    """Text with a sign for each newline, of which a name from a file may have some."""
    return text.replace("\n", "\u240a")
