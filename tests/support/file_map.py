"""Writes `docs/files.md`, every file of the source in a line, of what the files say first: `make docs`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/files.md"
ROOMS = ("netc/cli", "netc/server", "grammar", "compiler", "runtime", "bench")

HEAD = """# Every file in a line

Written by `make docs` of the first sentence of each file; [architecture.md](architecture.md) says how they hang
together.
"""


def page() -> str:
    """The page as it should be."""
    return "\n".join([HEAD, *(_section(folder) for room in ROOMS for folder in _folders(ROOT / room))])


def about(path: Path) -> str:
    """What a file says of itself in its first sentence: of its docstring, or of the comment at its top."""
    text = path.read_text()
    if path.suffix == ".py":
        said = ast.get_docstring(ast.parse(text)) or ""
    else:
        said = re.sub(r"^// ?", "", (re.match(r"(?://.*\n)+", text) or [""])[0], flags=re.M)
    return " ".join(re.split(r"\n\n|(?<=\.)\s+(?=[A-Z`])", said)[0].split()).removesuffix(".")


def _folders(room: Path) -> list[Path]:
    return sorted({path.parent for path in room.rglob("*") if path.is_file() and _is_source(path)})


def _is_source(path: Path) -> bool:
    return path.suffix in (".py", ".cpp", ".h") and "build" not in path.parts


def _section(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if _is_source(path) and path.name != "__init__.py")
    init = folder / "__init__.py"
    intro = [f"{about(init)}.", ""] if init.exists() else []
    rows = [f"- `{path.name}`: {about(path)}" for path in files]
    return "\n".join([f"## `{folder.relative_to(ROOT).as_posix()}/`", "", *intro, *rows, *([""] if rows else [])])


if __name__ == "__main__":
    PAGE.write_text(page())
