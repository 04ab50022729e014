"""The three top folders install as `netc.grammar`, `netc.compiler` and `netc.runtime`.

`netc/` holds links to them, which tools follow; the build uses the map below and needs no links. `examples/zoo` is data
for `netc.compiler.zoo`, which finds it as far from itself as here.
"""

from pathlib import Path

from setuptools import setup

ROOMS = ("grammar", "compiler", "runtime")


def packages(room: str) -> list[str]:
    """The import names of a top folder and of every package in it; `runtime/fast` is a distribution of its own."""
    folders = [init.parent for init in sorted(Path(room).glob("**/__init__.py"))]
    return ["netc." + ".".join(folder.parts) for folder in folders if folder.parts[:2] != ("runtime", "fast")]


setup(
    packages=["netc", "netc.cli", "netc.examples.zoo", *(name for room in ROOMS for name in packages(room))],
    package_dir={"netc": "netc", "netc.examples": "examples", **{f"netc.{room}": room for room in ROOMS}},
)
