"""The command line: one file a verb, imported when it is called.

Answers go to stdout, talk to stderr. Exit codes are a contract: 0 well, 1 findings of `check` and `lint`, 2 usage,
3 a file that doesn't compile, 4 device, 5 data and weight files, 6 a diverged run, 70 a bug in netc; 128 and the
number of the signal for what was interrupted, which is 130 for Ctrl-C.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from keyword import iskeyword
from typing import Any, NoReturn

import click

from netc.cli import terminal
from netc.cli.command import help_in_our_words
from netc.cli.failures import explain_failure, tell_unknown_limits
from netc.cli.signals import endable
from netc.cli.streams import clean
from netc.grammar.deep import with_room
from netc.grammar.project import outside_allowed

COMPLETE = "_NETC_COMPLETE"
"""With this variable set to the name of a shell, netc answers that shell's completion; see completion.py."""

GROUPS = {
    "Write a network": {
        "zoo": "networks of the literature, to look at and to begin with",
        "import": "an ONNX model as text, and its weights",
        "new": "a folder with a network of the zoo to change",
        "check": "find mistakes: syntax, names, shapes, `expect`",
        "lint": "check, and point at what is legal but rarely meant",
        "rules": "what `lint` looks for",
        "explain": "the long version of a finding's code",
        "budget": "what networks cost, and what they may",
        "server": "what editors ask: findings as you type, hover, completion",
        "fmt": "lay texts out as all of them are: spaces, lines, columns",
        "diff": "how one network became another, to the last parameter",
        "summary": "layers, shapes, parameters and cost of a network",
        "graph": "a drawing of a network: SVG, PNG, a page that folds, Graphviz, Mermaid",
    },
    "Train and use it": {
        "train": "train a network",
        "runs": "trainings and their best figures",
        "reproduce": "a run once more, compared with it to the last bit",
        "eval": "loss and metrics of a trained network on data",
        "predict": "answers of a trained network for images, arrays or tables",
        "data": "what data mean to a network: columns, classes, scale, parts",
    },
    "Look inside": {
        "weights": "what is in a weight file, and what a network takes of it",
        "show": "filters, activations, features, heat maps, confusion: what a network has learned",
        "report": "a training as one page: figures, curves, looks inside",
        "style": "a photograph in the manner of a painting",
        "compile": "write a network, or its training step, as an ONNX model",
        "export": "write a trained network for others: ONNX, a hub, PyTorch",
        "bench": "how fast a network trains here, and where its time goes",
        "ir": "the graph of a network, or of its training step, as text",
    },
    "This installation": {
        "env": "versions, and the devices that really work",
        "completion": "a script that lets your shell complete netc's words",
    },
}
VERBS = {name: does for verbs in GROUPS.values() for name, does in verbs.items()}

EXAMPLES = (
    "netc check digits.net          find mistakes before anything runs",
    "netc train digits.net          train, and leave a run folder in runs/",
    "netc predict runs/Digits a.png",
)


def module_of(verb: str) -> str:
    """The module of a verb; a word of Python's own has an underscore behind it there."""
    return f"netc.cli.{verb}_" if iskeyword(verb) else f"netc.cli.{verb}"


class Verbs(click.Group):
    """A group whose commands are the files of this folder. Listing them imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order in which a newcomer meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name in the file of that name, with the options that all verbs have."""
        if cmd_name not in VERBS:
            return None
        module = module_of(cmd_name)
        command: click.Command = getattr(import_module(module), module.rpartition(".")[2])
        if not any(option.name == "color" for option in command.params):
            command.params.append(terminal.color_option())
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown verb says which one may be meant."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            if ctx.resilient_parsing:
                return None, None, args
            raise click.UsageError(f"no verb is called `{args[0]}`\n{_advice(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """As click's, in the words of the others."""
        return help_in_our_words(super().get_help_option(ctx))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """The verbs that begin so, with a line each, from the table above; or options."""
        from click.shell_completion import CompletionItem

        fitting = [CompletionItem(name, help=does) for name, does in VERBS.items() if name.startswith(incomplete)]
        return fitting or click.Command.shell_complete(self, ctx, incomplete)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with a line each, by group, then the options."""
        width = max(map(len, VERBS))
        for title, verbs in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), does) for name, does in verbs.items()])
        click.Command.format_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Where to start, and where to read on."""
        with formatter.section("Examples"):
            for line in EXAMPLES:
                formatter.write(f"{' ' * formatter.current_indent}{line}\n")
        formatter.write("\n`netc VERB --help` says more about each.\n")


def _advice(word: str) -> str:
    from netc.grammar.diagnostics import did_you_mean
    from netc.grammar.shell import shell_word

    if word.endswith(".net"):
        return f"  = help: use `netc check {shell_word(word)}`, or another verb in front of the file"
    return f"  = help: {did_you_mean(word, VERBS) or 'see `netc --help`'}"


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        terminal.show(f"netc {version('netc')}")
        ctx.exit()


@click.group(
    cls=Verbs,
    subcommand_metavar="VERB [ARGS]...",
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
    with clean(), outside_allowed(False):
        try:
            tell_unknown_limits()
            with endable():
                result: Any = with_room(partial(_invoke, given))
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
    if os.environ.get(COMPLETE):
        from netc.cli.completion import answer

        sys.exit(answer(netc, os.environ[COMPLETE]))
    code = run()
    gc.freeze()  # the interpreter would look through all there is for circles once more before it ends
    sys.exit(code)
