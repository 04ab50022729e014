"""What all verbs are: commands whose help shows options in groups, and examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

NETWORK, TRAINING, START, MACHINE, GRAPH = "Network", "Training", "Weights to start from", "Machine", "Graph"
OUTPUT = "Output"
"""Groups of options: what stands in none is shown first, under `Options`; what is printed, last."""

COLUMN = 30


class Option(click.Option):
    """An option that knows the group in which help shows it."""

    def __init__(self, *arguments: Any, group: str = "Options", **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.group = group


option: Callable[..., Callable[[Any], Any]] = partial(click.option, cls=Option)


class Verb(click.Command):
    """A command with examples; `examples` are lines that can be pasted."""

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.examples = examples

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """As click's, in the words of the others."""
        return help_in_our_words(super().get_help_option(ctx))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options by group, all in one column."""
        groups: dict[str, list[tuple[str, str]]] = {"Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                groups.setdefault(getattr(parameter, "group", OUTPUT), []).append(record)
        groups[OUTPUT] = groups.pop(OUTPUT, [])
        width = min(COLUMN, max(len(name) for rows in groups.values() for name, _ in rows))
        for title, rows in groups.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl([(name.ljust(width), text) for name, text in rows], col_max=COLUMN)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each on its line."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{' ' * formatter.current_indent}{line}\n")


verb: Callable[..., Callable[[Callable[..., Any]], Verb]] = partial(click.command, cls=Verb)


def help_in_our_words(option: click.Option | None) -> click.Option | None:
    """The option --help, which click describes as a sentence."""
    if option is not None:
        option.help = "show this help and exit"
    return option
