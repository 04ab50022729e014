"""The option that rewrites the golden files, where the tests of this folder run alone."""

from __future__ import annotations

import contextlib

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    with contextlib.suppress(ValueError):  # tests/golden has it already
        parser.addoption("--update-golden", action="store_true", help="rewrite the .out files with what netc says now")
