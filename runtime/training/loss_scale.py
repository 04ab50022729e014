"""The loss scale of a training in mixed precision, as far as the loop has to know it."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler import SMALLEST_SCALE, Manifest
from netc.runtime.model import ports
from netc.runtime.sessions.resident import Resident


@dataclass(frozen=True, slots=True)
class LossScale:
    """Reads the scale that the training step keeps among the optimizer's state.

    name   of the tensor
    state  where it is
    """

    name: str
    state: Resident

    @staticmethod
    def of(manifest: Manifest, state: Resident) -> LossScale | None:
        """The scale of a training step, None where it has none. It comes before the optimizer's state."""
        if manifest.get("settings", {}).get("precision") != "mixed":
            return None
        return LossScale(ports(manifest, "state")[0]["name"], state)

    def exhausted(self) -> bool:
        """Whether the scale has fallen as far as it goes: the gradients are not finite for another reason."""
        return float(self.state.get(self.name)) <= SMALLEST_SCALE
