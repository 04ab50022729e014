"""The command line: one file a verb, imported when it is called.

Answers go to stdout, talk to stderr. Exit codes are a contract: 0 well, 1 findings of `check` and `lint`, 2 usage,
3 a file that doesn't compile, 4 device, 5 data and weight files, 6 a diverged run, 70 a bug in netc; 128 and the
number of the signal for what was interrupted, which is 130 for Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from netc.cli import terminal
from netc.cli.failures import explain_failure
from netc.cli.signals import endable
from netc.cli.streams import clean

VERBS = {
    "check": "find mistakes: syntax, names, shapes, `expect`",
    "lint": "check, and point at what is legal but rarely meant",
    "explain": "the long version of a finding's code",
    "summary": "layers, shapes, parameters and cost of a network",
    "compile": "write a network, or its training step, as an ONNX model",
    "train": "train a network",
    "eval": "loss and metrics of a trained network on data",
    "predict": "answers of a trained network for images, arrays or tables",
    "data": "what data mean to a network: columns, classes, scale, parts",
    "bench": "how fast a network trains here, and where the time of a step goes",
    "ir": "the graph of a network, or of its training step, as text",
    "env": "versions, and the devices that really work",
}

EPILOG = "Start with `netc check FILE` and `netc summary FILE`; `netc VERB --help` says more about each."


class Verbs(click.Group):
    """A group whose commands are the files of this folder. Listing them imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order in which a newcomer meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name in the file of that name, with the options that all verbs have."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(import_module(f"netc.cli.{cmd_name}"), cmd_name)
        if not any(option.name == "color" for option in command.params):
            command.params.append(terminal.color_option())
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown verb says which one may be meant."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(f"no verb is called `{args[0]}`\n{_advice(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with a line each, from the table above."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


def _advice(word: str) -> str:
    from netc.grammar.diagnostics import did_you_mean

    if word.endswith(".net"):
        return f"  = help: use `netc check {word}`, or another verb in front of the file"
    return f"  = help: {did_you_mean(word, VERBS) or 'see `netc --help`'}"


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        terminal.show(f"netc {version('netc')}")
        ctx.exit()


@click.group(
    cls=Verbs,
    subcommand_metavar="VERB [ARGS]...",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="show the version and exit"
)
def netc() -> None:
    """netc: networks as text, trained by ONNX Runtime."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; every failure has been told on stderr."""
    terminal.prepare()
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    with clean():
        try:
            with endable():
                result: Any = _invoke(given)
                sys.stdout.flush()
        except BaseException as failure:
            return explain_failure(failure, given)
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _invoke(arguments: list[str]) -> Any:
    try:
        with netc.make_context("netc", arguments) as context:
            return netc.invoke(context)
    except click.exceptions.Exit as end:  # `--help` and `--version` end so
        return end.exit_code


def main() -> NoReturn:
    """The entry point of the `netc` command."""
    sys.exit(run())
