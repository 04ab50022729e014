"""`netc show WAY`: looks inside a network, one file a way, imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from netc.cli import terminal
from netc.cli.command import help_in_our_words

WAYS = {
    "filters": "the kernels of convolutions",
    "activations": "the map of every filter for a picture",
    "features": "pictures that units answer to most",
    "dream": "a photograph with more of what a layer sees in it",
    "saliency": "which pixels an answer depends on",
    "gradcam": "where a layer sees the class",
    "occlusion": "which part of a picture an answer needs",
    "invert": "what a layer still knows of a picture",
    "embedding": "examples as points, near where they are alike",
    "confusion": "which classes are taken for which",
    "errors": "the wrong answers that are surest",
    "weights": "histograms of weights, and dead units",
    "curves": "trainings side by side",
    "graph": "the network as a drawing; the same as `netc graph`",
}


class Ways(click.Group):
    """A group whose commands are the files of this folder. Listing them imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every way, from what is simplest on."""
        return list(WAYS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name in the file of that name."""
        if cmd_name not in WAYS:
            return None
        command: click.Command = getattr(import_module(f"netc.cli.show.{cmd_name}"), cmd_name)
        if not any(option.name == "color" for option in command.params):
            command.params.append(terminal.color_option())
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown way says which one may be meant."""
        if args and args[0] not in WAYS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from netc.grammar.diagnostics import did_you_mean

            help = did_you_mean(args[0], WAYS) or f"one of {', '.join(WAYS)} comes first"
            raise click.UsageError(f"`netc show` has no way called `{args[0]}`\n  = help: {help}", ctx)
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """As click's, in the words of the others."""
        return help_in_our_words(super().get_help_option(ctx))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The ways with a line each, then the options."""
        width = max(map(len, WAYS))
        with formatter.section("Ways"):
            formatter.write_dl([(name.ljust(width), does) for name, does in WAYS.items()])
        click.Command.format_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Where to start."""
        with formatter.section("Examples"):
            for line in ("netc show filters runs/Digits", "netc show gradcam runs/Pets cat.jpg -o cat.png"):
                formatter.write(f"{' ' * formatter.current_indent}{line}\n")
        formatter.write("\n`netc show WAY --help` says more about each.\n")


@click.group(cls=Ways, subcommand_metavar="WAY RUN|FILE [ARGS]...")
def show() -> None:
    """Look inside a network: a run, or a text or model with weights. Pictures are written as .png, numbers as .npz."""
