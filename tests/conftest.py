"""No test sends anything: some import ONNX Runtime before netc does. Drawn examples are the same in every run.

Tests run beside each other: numpy's library of products takes one thread in each process. Garbage is collected once
the tests are found, and among what they make: modules and tests themselves are never garbage.
"""

from __future__ import annotations

import gc
import os

from hypothesis import settings

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
settings.register_profile("same", derandomize=True)
settings.register_profile("new", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
gc.disable()


def pytest_collection_finish() -> None:
    """The tests are found."""
    gc.freeze()
    gc.enable()
