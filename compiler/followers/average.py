"""Weights that are a moving average of another part's."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.followers.base import SOURCE, Follower, follower
from netc.compiler.ir import Builder, Value


@follower("average")
class Average(Follower):
    """w = decay * w + (1 - decay) * followed, after every so many steps (a mean teacher, a soft target network).

    Lillicrap et al. 2015, arXiv:1509.02971; Tarvainen & Valpola 2017, arXiv:1703.01780.
    """

    also = ("soft_update", "polyak", "polyak_averaging", "mean_teacher", "momentum_encoder", "target_average")

    source: str = SOURCE
    decay: float = argument(Real(0, 1), "how much of the average is kept", default=0.999)
    every: int = argument(SIZE, "steps between two moves", default=1)

    samples = (Call('average("online")'), Call('average("online", 0.5, every=3)'))
    errors = (Wrong('average("online", decay=2)', code="E224", says="a number from 0 to 1, found 2"),)

    def next(self, g: Builder, old: Value, followed: Value, time: Value) -> Value:
        moved = g.Add(old, g.Mul(g.Sub(followed, old), 1.0 - self.decay))
        return moved if self.every == 1 else g.Where(g.Equal(g.Mod(time, self.every), 0), moved, old)

    def formula(self, old: Any, followed: Any, time: int) -> Any:
        return old if time % self.every else self.decay * old + (1 - self.decay) * followed
