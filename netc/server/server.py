"""The server: all features of `features/`, over standard input and output."""

from __future__ import annotations

import sys
from importlib.metadata import version

from pygls.lsp.server import LanguageServer

from netc.server.features import (
    actions,
    colours,
    completions,
    foldings,
    formattings,
    hovers,
    inlays,
    lensing,
    navigating,
    outlining,
    renaming,
    signatures,
    start,
    text,
)
from netc.server.session import Session

FEATURES = (
    start, text, actions, hovers, completions, signatures, navigating, renaming, inlays, lensing, outlining, foldings,
    formattings, colours,
)  # fmt: skip


def make() -> tuple[LanguageServer, Session]:
    """A server that is not started yet, and what it knows."""
    server = LanguageServer("netc", version("netc"))
    session = Session(server)
    for feature in FEATURES:
        feature.register(server, session)
    return server, session


def serve() -> None:
    """Serve one client until it leaves."""
    server, session = make()
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever is printed by mistake is no message of the protocol
    try:
        server.start_io(sys.stdin.buffer, out)
    finally:
        session.end()
