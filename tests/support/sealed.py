"""Files of netc's own, changed as somebody would who knows their checksums: the change itself is what a reader sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from netc.compiler import as_safetensors
from netc.grammar.documents import CHECKSUM, written

Tensors = dict[str, np.ndarray]


def change_document(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what a JSON document says, and its checksum with it."""
    said = json.loads(path.read_text())
    said.pop(CHECKSUM, None)
    change(said)
    path.write_bytes(written(said))


def change_weights(
    path: Path,
    tensors: Callable[[Tensors], object] = lambda _: None,
    texts: Callable[[dict[str, str]], object] = lambda _: None,
) -> None:
    """Change the tensors of a safetensors file or its texts, and its checksum with them."""
    with safe_open(path, "numpy") as reader:
        found = {name: reader.get_tensor(name) for name in reader.keys()}  # noqa: SIM118
        said = dict(reader.metadata() or {})
    tensors(found)
    texts(said)
    path.write_bytes(b"".join(as_safetensors(found, said)))


def flipped(content: bytes, bit: int) -> bytes:
    """The same bytes, with one bit turned."""
    turned = bytearray(content)
    turned[bit // 8] ^= 1 << bit % 8
    return bytes(turned)
