"""The three top folders install as `netc.grammar`, `netc.compiler` and `netc.runtime`.

`netc/` holds links to them, which tools follow; the build uses the map below and needs no links.
"""

from pathlib import Path

from setuptools import setup

ROOMS = ("grammar", "compiler", "runtime")


def packages(room: str) -> list[str]:
    folders = [room, *(str(init.parent) for init in sorted(Path(room).glob("**/__init__.py")) if init.parent != Path(room))]
    return [f"netc.{folder.replace('/', '.')}" for folder in folders]


setup(
    packages=["netc", "netc.cli", *(name for room in ROOMS for name in packages(room))],
    package_dir={"netc": "netc", **{f"netc.{room}": room for room in ROOMS}},
)
