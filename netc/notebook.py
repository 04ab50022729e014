"""`%%net` in notebooks: a cell that is the text of a net. IPython itself is there already, and not imported here."""

from __future__ import annotations

import shlex
from typing import Any

import click

from netc.cli.options import load_net, net_options
from netc.cli.telling import draw

TEXT_FILE = "cell.net"


def register(shell: Any) -> None:
    """Give an IPython shell the magic `%%net`."""

    def net(line: str, cell: str) -> Any:
        """The text of a net: `%%net [VARIABLE] [--net NAME] [--set K=V]`.

        The net is shown, and is then the value of the variable; it has the net's own name unless one is given.
        """
        return run(shell, line, cell)

    shell.register_magic_function(net, magic_kind="cell", magic_name="net")


def run(shell: Any, line: str, cell: str) -> Any:
    """What `%%net` does: the net of a cell, which a variable of the notebook then holds; None after a mistake.

    line  what stands behind `%%net`;  cell: the lines below it

    Mistakes are told on stderr as the command line does, without a traceback.
    """
    from netc.grammar.diagnostics import DiagnosticError

    try:
        with _arguments.make_context("%%net", _words(line)) as context:
            given = context.params
        variable = given["variable"]
        if variable is not None and not variable.isidentifier():
            raise click.UsageError(f"`{variable}` is no name of a variable")
        net = load_net(TEXT_FILE, given["net"], given["settings"], source=cell)
    except click.ClickException as failure:
        click.echo(f"error: {failure.format_message()}\nusage: %%net [VARIABLE] [--net NAME] [--set K=V]", err=True)
        return None
    except click.exceptions.Exit:  # `--help`, which is printed already
        return None
    except DiagnosticError as failure:
        draw(failure.diagnostics, {TEXT_FILE: cell})
        return None
    shell.user_ns[variable or net.name] = net
    return net


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:  # a quote that is not closed
        raise click.UsageError(f"`{line}` cannot be cut into words: {str(error).lower()}") from None


@click.command("net", help="A cell that is the text of a net.")
@click.argument("variable", required=False)
@net_options
def _arguments(**_: Any) -> None:
    """What may stand behind `%%net`."""
