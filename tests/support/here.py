"""The targets that this machine's CPU can run: a processor has blocks of 16 channels, or of 8, and one may lack any."""

from __future__ import annotations

from netc.compiler.targets import TARGETS
from netc.runtime.devices.device import CPU
from netc.runtime.devices.target import FAST, cpu_target, target_for

CPU_TARGETS = list(dict.fromkeys(["std", cpu_target(), target_for(CPU)]))

BLOCKED_TARGETS = CPU_TARGETS[1:]
"""Those in blocks of channels: of stock operators, and with `netc[fast]` where that is installed."""

BLOCK = 8 if cpu_target() == "cpu8" else 16
"""The channels of a block: sizes in multiples of it lie in blocks here; 16 where nothing does."""

OTHERS = {*FAST, *FAST.values()} - {*CPU_TARGETS}
"""Targets for other processors than this one, or for a library that isn't here."""

TARGETS_HERE = [target for target in TARGETS if target not in OTHERS]
"""All targets but those: what runs on a card, or in a browser, is standard operators."""
