"""The texts of a net in its run folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from netc.runtime.folder.temporary import LEFT


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


def holds_texts(path: Path) -> bool:
    """Whether it is a text of a net, or a folder of nothing else."""
    if path.is_dir():
        return all(LEFT.fullmatch(inner.name) or holds_texts(inner) for inner in path.iterdir())
    return path.suffix == ".net"
