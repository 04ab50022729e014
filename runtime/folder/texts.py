"""The texts of a net in its run folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from netc.grammar.opening import read_file
from netc.grammar.replacing import TEMPORARY


def texts_of(file: str, source: str, sources: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The name of a net's file in a run folder, and every text it needs by its name there.

    Files keep their places relative to each other; files of the standard library stay where they are.
    """
    from netc import compiler

    library = os.path.dirname(os.path.abspath(compiler.__file__ or ""))
    real = os.path.realpath(library)
    main = os.path.abspath(file)
    texts = {os.path.abspath(name): text for name, text in sources.items()}
    texts = {name: text for name, text in texts.items() if not os.path.realpath(name).startswith(real + os.sep)}
    texts[main] = source
    root = os.path.dirname(main)
    if any(os.path.relpath(name, root).startswith(os.pardir) for name in texts):
        root = os.path.commonpath([os.path.dirname(name) for name in texts])
    placed = {Path(os.path.relpath(name, root)).as_posix(): text for name, text in texts.items()}
    return Path(os.path.relpath(main, root)).as_posix(), placed


def is_text(path: Path, name: str, texts: Mapping[str, str] | None) -> bool:
    """Whether it is one of these texts, or a folder of nothing else; raises OSError, DiagnosticError.

    name   of the path in the run folder;  texts: None takes any text of a net
    """
    if path.is_dir():
        inner = [item for item in path.iterdir() if not TEMPORARY.fullmatch(item.name)]
        return all(is_text(item, f"{name}/{item.name}", texts) for item in inner)
    if texts is None:
        return path.suffix == ".net"
    return name in texts and not path.is_symlink() and read_file(path) == texts[name].encode()
