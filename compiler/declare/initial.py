"""What a parameter holds before training: declared here, drawn in `initialize.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Initial:
    """`constant` fills with `value`; `uniform` draws from (-value, value); `normal` has standard deviation `value`."""

    kind: str
    value: float


ZEROS = Initial("constant", 0.0)
ONES = Initial("constant", 1.0)


def kaiming_uniform(fan_in: int) -> Initial:
    """U(-b, b) with b = sqrt(6 / fan_in): keeps the variance through ReLU layers (He et al. 2015, arXiv:1502.01852)."""
    return Initial("uniform", (6.0 / fan_in) ** 0.5)
