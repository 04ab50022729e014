"""The targets that this machine's CPU can run: a processor has blocks of 16 channels, or of 8, and one may lack any."""

from __future__ import annotations

from netc.runtime.devices.device import CPU
from netc.runtime.devices.target import cpu_target, target_for

CPU_TARGETS = list(dict.fromkeys(["std", cpu_target(), target_for(CPU)]))
