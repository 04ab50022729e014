"""No test sends anything: some import ONNX Runtime before netc does. Drawn examples are the same in every run.

Tests run beside each other: numpy's library of products takes one thread in each process, and ONNX Runtime's threads
sleep when they are idle. Trainings draw no curves but where a test asks for them: that takes longer than most
trainings here. Garbage is collected once the tests are found, and among what they make: modules and tests themselves
are never garbage.
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings
from threads import sleep_when_idle
from tiers import leave_out
from without_curves import leave_curves_out

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
settings.register_profile("same", derandomize=True)
settings.register_profile("new", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
gc.disable()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that rewrites golden files, wherever they lie."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what netc says now")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before `-m` chooses among them."""
    leave_out(items)


def pytest_collection_finish() -> None:
    """The tests are found."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _quick_trainings() -> None:
    sleep_when_idle()
    leave_curves_out()
