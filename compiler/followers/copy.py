"""Weights that are those of another part, as they were some steps ago."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.followers.base import SOURCE, Follower, follower
from netc.compiler.ir import Builder, Value


@follower("copy")
class Copy(Follower):
    """Takes the followed weights after every so many steps: the target network of a deep Q-network.

    w = followed after steps `every`, 2 `every`, …, else w = w (Mnih et al. 2015, Human-level control through deep
    reinforcement learning).
    """

    also = ("target_network", "hard_update", "sync")

    source: str = SOURCE
    every: int = argument(SIZE, "steps between two copies", default=1)

    samples = (Call('copy("online")'), Call('copy("online", every=3)'))
    errors = (Wrong('copy("online", every=0)', code="E224", says="a positive whole number, found 0"),)

    def next(self, g: Builder, old: Value, followed: Value, time: Value) -> Value:
        if self.every == 1:
            return followed
        return g.Where(g.Equal(g.Mod(time, self.every), 0), followed, old)

    def formula(self, old: Any, followed: Any, time: int) -> Any:
        return old if time % self.every else followed
