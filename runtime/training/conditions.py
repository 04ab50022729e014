"""What the bits of a training depend on besides its text and settings: lock.json in a run folder."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from hashlib import sha256
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypedDict

from netc.compiler import opset_of
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import read_document, written
from netc.grammar.opening import read_text_file
from netc.grammar.schema import Count
from netc.runtime.data.cards.card import Card
from netc.runtime.devices.environment import cores
from netc.runtime.devices.installation import onnxruntime_distributions
from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.run_folder import RunFolder

if TYPE_CHECKING:
    from netc.runtime.training.trainer import Trainer

VERSION = 1
PACKAGES = ("netc", "netc-fast", "numpy", "onnx", "pillow")

Conditions = dict[str, Any]


def conditions(trainer: Trainer, card: Card | None) -> Conditions:
    """What a training is about to be done with, and of: its weights are those that the model has now.

    threads   of one operator, 0 for every core;  cores: those that this process may use
    """
    model, manifest = trainer.model, trainer.manifest
    return {
        "version": VERSION,
        "packages": {name: _version(name) for name in PACKAGES} | onnxruntime_distributions(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": cores(),
        "threads": model.threads,
        "device": model.device.name,
        "target": manifest["target"],
        "opset": opset_of(manifest["target"], trainer.options.precision),
        "precision": trainer.options.precision,
        "tf32": model.device.tf32,
        "memory": trainer.options.memory,
        "seed": trainer.seed,
        "text": manifest["source_sha256"],
        "weights": _digest(model.state_dict()),
        "data": {} if card is None else {part.name: part.fingerprint for part in card.parts},
    }


def write_conditions(folder: RunFolder, found: Conditions) -> None:
    """Write lock.json."""
    write_atomic(folder.lock_json, written(found))


class Form(TypedDict):
    """What lock.json holds, beside its version."""

    packages: dict[str, str | None]
    python: str
    system: str
    processor: str
    cores: Count
    threads: Count
    device: str
    target: str
    opset: Count
    precision: str
    tf32: bool
    memory: str
    seed: Count
    text: str
    weights: str
    data: dict[str, str]


def read_conditions(folder: RunFolder) -> Conditions:
    """What lock.json holds; raises DiagnosticError E610 where there is none that can be used, E534 to E536."""
    help = "train it again with this netc: runs that it makes can be repeated"
    try:
        found = read_document(folder.lock_json, Form, version=VERSION, code="E610", help=help)
        return {"version": VERSION, **found}
    except FileNotFoundError:
        reason = f"it has no {folder.lock_json.name}, which says what it was made with"
        message = f"{folder.path} cannot be repeated: {reason}"
        raise DiagnosticError(Diagnostic("E610", message, help=help)) from None


def differing(was: Mapping[str, Any], now: Mapping[str, Any], before: str = "") -> dict[str, tuple[Any, Any]]:
    """What is another one now, by name, `packages.onnxruntime` for one, with both values."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in dict.fromkeys([*was, *now]):
        old, new = was.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found |= differing(old, new, f"{before}{name}.")
        elif old != new:
            found[f"{before}{name}"] = old, new
    return found


def processor() -> str:
    """What the processor is called, as far as the system says it."""
    try:
        for line in read_text_file("/proc/cpuinfo").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except (OSError, UnicodeDecodeError, DiagnosticError):
        pass
    return platform.processor() or platform.machine()


def _digest(tensors: Mapping[str, Any]) -> str:
    digest = sha256()
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype} {list(array.shape)}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
