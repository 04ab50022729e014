"""`netc server`: what editors ask."""

from __future__ import annotations

from importlib.util import find_spec

from netc.cli.command import verb
from netc.grammar.diagnostics import Diagnostic, DiagnosticError


@verb(examples=("netc server",))
def server() -> None:
    """Serve an editor: findings as you type, hover, completion, hints, rename, over the Language Server Protocol.

    Editors start it themselves and speak with it on standard input and output. It needs pygls: pip install pygls.
    """
    if find_spec("pygls") is None:
        raise DiagnosticError(
            Diagnostic("E277", "the server needs pygls, which is not installed", help="pip install pygls")
        )
    from netc.server.server import serve

    serve()
