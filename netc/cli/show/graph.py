"""`netc show graph`: the same as `netc graph`."""

from __future__ import annotations

from netc.cli.graph import graph

__all__ = ["graph"]
