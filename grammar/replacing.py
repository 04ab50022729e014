"""Files that are written beside those that they will replace, under names that are nobody else's."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

TEMPORARY = re.compile(r"\.(?P<name>.+)\.netc-[a-z0-9_]{8}")
"""What they are called: `.last.safetensors.netc-k3_x9a0b` will be last.safetensors.

Where a process was killed they stay; in the folder of a run the next training removes them, elsewhere nobody does.
"""


def temporary_prefix(path: Path) -> str:
    """How the name begins of a file, or a folder, that will be this one; `tempfile` adds eight characters."""
    return f".{path.name}.netc-"


def replace_file(path: Path, content: bytes, mode: int | None = None) -> None:
    """Put content in the place of a file, in one step; raises OSError, and leaves nothing then.

    The content is on the disk before it has the name, the folder is not: after a power cut there is the old content
    or the new one, whole.

    mode  its permissions; those of a new file unless given
    """
    handle, beside = tempfile.mkstemp(prefix=temporary_prefix(path), dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(beside, 0o666 & ~umask() if mode is None else mode)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def umask() -> int:
    """What new files are not permitted."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
