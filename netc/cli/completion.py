"""`netc completion`: a shell's completion, which asks netc itself for the words that fit."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete

from netc.cli.command import verb
from netc.cli.shells import SCRIPTS

COMPLETERS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
"""How click reads the command line that a shell hands over."""


@verb(
    examples=(
        "bash  netc completion bash > ~/.local/share/bash-completion/completions/netc",
        "zsh   netc completion zsh > ~/.zfunc/_netc      (with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc)",
        "fish  netc completion fish > ~/.config/fish/completions/netc.fish",
    )
)
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(list(COMPLETERS)))
def completion(shell: str) -> None:
    """Print a script that lets your shell complete verbs, options, their choices, and files that fit.

    In a running shell, `eval "$(netc completion bash)"` (`zsh`), or `netc completion fish | source`.
    """
    click.echo(SCRIPTS[shell], nl=False)


def answer(command: click.Command, shell: str) -> int:
    """Print what fits the command line in COMP_WORDS and COMP_CWORD, a line each; return the exit code."""
    if shell not in COMPLETERS:
        return 2
    completer = COMPLETERS[shell](command, {}, "netc", "")
    arguments, incomplete = completer.get_completion_args()
    arguments = [word for word in arguments if word != "="]  # bash takes --option=value apart
    for item in completer.get_completions(arguments, incomplete):
        click.echo(line_of(item))
    return 0


def line_of(item: CompletionItem[Any]) -> str:
    """`plain`, `dir` or `file`, the word or the endings of files, and a description; tabs between them."""
    description = " ".join((item.help or "").split())
    return f"{item.type}\t{item.value}\t{description}"
