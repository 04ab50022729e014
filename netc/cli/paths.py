"""Arguments and options that name files: what a shell offers for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import check_name, is_folder


class PathTo(click.ParamType[str]):
    """A path, taken as it is: what is wrong with it is said by whoever opens it.

    endings  of the files that a shell offers beside folders: "net"; none for folders alone
    words    what may stand there instead of a path: "digits"
    """

    name = "path"

    def __init__(self, *endings: str, words: tuple[str, ...] = ()) -> None:
        self.endings, self.words = endings, words

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The path itself; raises DiagnosticError E532 for one that no file can have."""
        check_name(value)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        """The words that fit, and what the shell itself is to list: files by their endings, separated by `|`."""
        items: list[CompletionItem[Any]] = [CompletionItem(word) for word in self.words if word.startswith(incomplete)]
        return [*items, CompletionItem("|".join(self.endings), type="file" if self.endings else "dir")]


class FileToWrite(PathTo):
    """A file that the command writes: no folder may stand in its place, and that is said before the work."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The path itself; raises DiagnosticError E532, and E562 for a folder."""
        super().convert(value, param, ctx)
        if value.endswith(("/", os.sep)) or is_folder(value):
            name = param.opts[0] if param is not None else "-o"
            help = f"give `{name}` the name of a file"
            raise DiagnosticError(Diagnostic("E562", f"cannot write {value}: it is a folder", help=help))
        return value


NET_FILE = PathTo("net")
MODEL = PathTo("onnx")
FOLDER = PathTo()
RUN_OR_MODEL = PathTo("onnx")
CARD = PathTo("json")
WEIGHTS = PathTo("safetensors", "npz", "pth", "pt", "h5", "keras", "onnx")
DATA = PathTo("npz", "csv", words=("digits",))


class ZooName(click.ParamType[str]):
    """The name of a net in the zoo, or of one of its families."""

    name = "name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        """The names that begin so, with whose variant each is."""
        from netc.compiler.zoo.catalogue import catalogue

        return [
            CompletionItem(entry.name, help=entry.variant) for entry in catalogue() if entry.name.startswith(incomplete)
        ]


ZOO_NAME = ZooName()


def paths_argument(kind: PathTo = NET_FILE) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """[PATH]...: files and folders; the folder that netc is called in where none is given."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...", type=kind, callback=_or_here)


def _or_here(ctx: click.Context, param: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
    return paths or (".",)
