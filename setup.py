"""The three top folders install as `netc.grammar`, `netc.compiler` and `netc.runtime`.

`netc/` holds links to them, which tools follow; the build uses the map below and needs no links. `examples/zoo` is data
for `netc.compiler.zoo`, which finds it as far from itself as here.
"""

import os
from pathlib import Path

from setuptools import setup

ROOMS = ("grammar", "compiler", "runtime")


def packages(folder: str) -> list[str]:
    """A top folder and every package in it; links are not followed, and `runtime/fast` is a distribution of its own."""
    found = [Path(where) for where, _, files in os.walk(folder) if "__init__.py" in files]
    return sorted(".".join(path.parts) for path in found if path.parts[:2] != ("runtime", "fast"))


setup(
    packages=["netc.examples.zoo", *packages("netc"), *(f"netc.{name}" for room in ROOMS for name in packages(room))],
    package_dir={"netc": "netc", "netc.examples": "examples", **{f"netc.{room}": room for room in ROOMS}},
)
