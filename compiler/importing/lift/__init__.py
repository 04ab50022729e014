"""From a graph of operators to layers: what exporters took apart is put together again. A family of patterns a file.

A pattern is tried on the node that makes a value, and reaches backwards from there; the first that fits takes what it
reaches, so that larger ones are tried before smaller ones.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
