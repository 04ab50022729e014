"""A folder with a file for each part: `train.csv` with `val.csv` or `test.csv`, in any format of files."""

from __future__ import annotations

from pathlib import Path

from netc.runtime.data.arrays import PARTS
from netc.runtime.data.errors import error
from netc.runtime.data.files_below import is_hidden
from netc.runtime.data.formats.base import FileFormat, FolderFormat, Source, format_of_file
from netc.runtime.data.spec import Options


class FilesByPart(FolderFormat):
    """Files called `train`, `val` and `test`, one of them `train`."""

    known = "train.csv with test.csv"

    def recognizes(self, folder: Path) -> bool:
        """Whether there is a file to train on."""
        return any(part == "train" for part, _, _ in _files(folder))

    def read(self, folder: Path, options: Options) -> Source:
        """The parts of all files. Raises E500 to E512; E503 where two files are one part."""
        files: dict[str, tuple[Path, FileFormat]] = {}
        for part, path, kind in _files(folder):
            if part in files:
                message = f"{folder} holds two files of part {part}: {files[part][0].name} and {path.name}"
                raise error("E503", message, help="keep one of them in the folder")
            files[part] = path, kind
        sources = {part: kind.read(path, options) for part, (path, kind) in files.items()}
        for part, source in sources.items():
            if set(source.parts) != {"all"}:
                message = f"{files[part][0]} has parts of its own: {', '.join(source.parts)}"
                raise error("E503", message, help="give the file itself as data")
        classes = next(iter(sources.values())).classes
        if any(source.classes != classes for source in sources.values()):
            message = f"the files in {folder} name their classes differently"
            raise error("E503", message, help="give labels as text, or the same names to each file")
        return Source(
            {part: source.parts["all"] for part, source in sources.items()},
            classes,
            frozenset(file for source in sources.values() for file in source.files),
            tuple(dict.fromkeys(note for source in sources.values() for note in source.notes)),
            tuple(finding for source in sources.values() for finding in source.warnings),
            frozenset(option for source in sources.values() for option in source.options),
        )


def _files(folder: Path) -> list[tuple[str, Path, FileFormat]]:
    found = []
    for path in sorted(folder.iterdir()):
        part, kind = PARTS.get(path.stem.lower()), format_of_file(path)
        if part is not None and kind is not None and path.is_file() and not is_hidden(path.name):
            found.append((part, path, kind))
    return found
