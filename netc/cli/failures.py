"""From an exception to what the user reads on stderr, and the exit code."""

from __future__ import annotations

import errno
import os
import platform
import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence

import click

from netc.cli.streams import OutputError, lead_nowhere
from netc.cli.terminal import say
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Severity, did_you_mean
from netc.grammar.limits import unknown
from netc.grammar.opening import clipped
from netc.grammar.writing import cannot_write

FINDINGS, USAGE, COMPILE, DEVICE, DATA, DIVERGED, BUG, INTERRUPTED, PIPE_CLOSED = 1, 2, 3, 4, 5, 6, 70, 130, 141
MOST_VERBS = 3
BY_BEGINNING = {"E260": USAGE, "E277": USAGE, "E278": USAGE, "E5": DATA, "E61": DATA, "E6": DEVICE, "E7": DIVERGED}


def exit_code(diagnostics: Sequence[Diagnostic]) -> int:
    """The code for findings that ended a verb other than check and lint: that of the first error."""
    first = next((found for found in diagnostics if found.severity is Severity.ERROR), diagnostics[0])
    return next((code for beginning, code in BY_BEGINNING.items() if first.code.startswith(beginning)), COMPILE)


def explain_failure(failure: BaseException, arguments: Sequence[str]) -> int:
    """Tell it on stderr and return the exit code. What isn't a mistake of the user is a bug in netc."""
    match failure:
        case SystemExit():
            return _system_exit(failure)
        case KeyboardInterrupt() | click.Abort():
            say()
            say("interrupted")
            return getattr(failure, "code", INTERRUPTED)
        case BrokenPipeError():
            lead_nowhere(sys.stdout, sys.stderr)
            return PIPE_CLOSED
        case OutputError():
            from netc.cli.telling import draw

            help = "free space where it goes, or let it go elsewhere"
            draw([Diagnostic("E562", f"cannot write the standard output: {failure}", help=help)])
            return DATA
        case DiagnosticError():
            from netc.cli.telling import draw

            draw(failure.diagnostics)
            return exit_code(failure.diagnostics)
        case OSError() if failure.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            from netc.cli.telling import draw

            said = (failure.strerror or "").lower()
            name = clipped(str(failure.filename or "a path"))
            draw([Diagnostic("E532", f"`{name}` leads to no file: {said}", help="check the path")])
            return DATA
        case OSError() if failure.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            from netc.cli.telling import draw

            draw(cannot_write(failure.filename or "a file", failure).diagnostics)
            return DATA
        case MemoryError():
            from netc.cli.telling import draw

            help = "close other programs, or make the network or the batch smaller"
            draw([Diagnostic("E604", "out of memory", notes=(str(failure)[:200],) if str(failure) else (), help=help)])
            return DEVICE
        case click.ClickException():
            _usage(failure)
            return USAGE
    _bug(failure, arguments)
    return BUG


def _system_exit(failure: SystemExit) -> int:
    if isinstance(failure.code, str):
        say(failure.code)
        return 1
    return failure.code or 0


def _usage(failure: click.ClickException) -> None:
    """`error: …`, the nearest valid word, the usage line."""
    message = failure.format_message()
    advice = None
    if isinstance(failure, click.NoSuchOption):
        known = [name for option in (failure.ctx.command.params if failure.ctx else []) for name in option.opts]
        message = f"no option is called `{failure.option_name}`"
        advice = "; ".join(filter(None, (did_you_mean(failure.option_name, known), _elsewhere(failure))))
    message = message.removesuffix(".")
    for line in f"error: {message[:1].lower()}{message[1:]}".split("\n"):
        say(line)
    if advice:
        say(f"  = help: {advice}")
    context = getattr(failure, "ctx", None)
    if context is not None:
        say(f"usage: {context.get_usage().removeprefix('Usage: ')}")
        say(f"see `{context.command_path} --help`")


def _elsewhere(failure: click.NoSuchOption) -> str:
    """Which other verbs have an option, or nothing."""
    if failure.ctx is None:
        return ""
    verbs = [
        f"`{path}`"
        for path, command in _commands(failure.ctx.find_root(), "netc")
        if any(failure.option_name in one.opts for one in command.params)
    ]
    more = f" and {len(verbs) - MOST_VERBS} more" if len(verbs) > MOST_VERBS else ""
    return f"{', '.join(verbs[:MOST_VERBS])}{more} {'have' if len(verbs) > 1 else 'has'} it" if verbs else ""


def _commands(context: click.Context, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every verb below a group, by what is typed."""
    group = context.command
    for name in group.list_commands(context) if isinstance(group, click.Group) else ():
        command = group.get_command(context, name) if isinstance(group, click.Group) else None
        if command is not None:
            yield f"{path} {name}", command
            yield from _commands(click.Context(command, context), f"{path} {name}")


def tell_unknown_limits() -> None:
    """Warn of limits in the environment that there are not."""
    if found := unknown():
        from netc.cli.telling import draw

        draw(found)


def _bug(failure: BaseException, arguments: Sequence[str]) -> None:
    from importlib.metadata import version

    if os.environ.get("NETC_DEBUG"):
        traceback.print_exception(failure)
    frames = traceback.extract_tb(failure.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    what = " ".join(f"{type(failure).__name__}: {failure}".split())
    say(f"this is a bug in netc, not a mistake of yours: {what[:300]}{place}")
    say(f"  = netc {version('netc')}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    say(f"  = command: netc {shlex.join(arguments)}")
    say("  = help: report these lines with the .net file; `NETC_DEBUG=1` in front of the command adds the traceback")
