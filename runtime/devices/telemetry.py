"""The one import of ONNX Runtime, and its telemetry, which netc switches off before it.

From release 1.29 on its packages write a device id and a database of events below the user's cache folder when they are
imported, and send the events to its maker. What switches that off is read once, at the import.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from typing import Any, TypedDict

from netc.grammar.uninterrupted import uninterrupted

VARIABLE = "ORT_DISABLE_TELEMETRY"

DISABLES = ("1", "true", "yes", "on")
"""Its values that do, in either case; ONNX Runtime takes any other for a no."""


class Telemetry(TypedDict):
    """Whether ONNX Runtime may collect and send telemetry from this process, and who decided so."""

    on: bool
    reason: str


def import_runtime() -> Any:
    """The module `onnxruntime`, with its telemetry off unless the user wants it; raises ImportError."""
    telemetry()
    with uninterrupted():
        import onnxruntime

    return onnxruntime


def import_tools(name: str) -> Any:
    """A module of tools that comes with ONNX Runtime, `quantization` for one, with telemetry off as above."""
    import_runtime()
    with uninterrupted():
        return import_module(f"onnxruntime.{name}")


@cache
def telemetry() -> Telemetry:
    """Switch telemetry off where the user has not decided. The first call decides, before the import."""
    wanted = os.environ.get(VARIABLE, "").strip()
    if wanted:
        return {"on": wanted.lower() not in DISABLES, "reason": f"{VARIABLE}={wanted} is set"}
    if "onnxruntime" in sys.modules:
        return {"on": True, "reason": f"onnxruntime was imported before netc could set {VARIABLE}=1"}
    os.environ[VARIABLE] = "1"
    return {"on": False, "reason": f"netc sets {VARIABLE}=1"}
