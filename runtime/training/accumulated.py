"""Updates by gradients that are added up over several batches: a backward pass for each, then one update."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from netc.compiler import (
    FIRST,
    SHARE,
    Manifest,
    Options,
    StepPlan,
    Tallies,
    TrainPlan,
    by_batch_statistics,
    compile_backward,
    compile_update,
)
from netc.runtime.data.augment import unmixed
from netc.runtime.model import Model, ports, scalars
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import Results, StepSession
from netc.runtime.training.rollback import Rollback
from netc.runtime.training.steps import Accepts, Outcome, Steps, attempt, rows_of, step_session

SIZES = "rows of each batch"
"""Beside the fields of a batch that was joined of several: how many rows each of them had."""


class AccumulatedSteps(Steps):
    """As Steps, of rows that are cut into batches of the plan's size, or of those that came. Gradients count by rows.

    Each batch has random masks of its own. The last batch may be smaller; one of fewer than `fewest` rows is joined to
    the one before.
    """

    compile = staticmethod(compile_backward)

    def __init__(
        self,
        model: Model,
        plan: TrainPlan,
        step: StepPlan,
        options: Options,
        *,
        profile: bool,
        undo: bool,
        fewest: int,
    ) -> None:
        super().__init__(model, plan, step, options, profile=profile, undo=undo)
        self.fewest = fewest
        self.parts = Tallies(self.manifest).parts
        self.update = compile_update(model.net, plan, step=step.name, target=model.target, options=options)
        self._update: StepSession | None = None

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """Of the backward pass and of the update."""
        return self.manifest, self.update.manifest

    def cuts(self, rows: int, sizes: Array | None = None) -> list[tuple[int, int]]:
        """Batches as they came, by their `sizes`; else of the plan's size, the last one with what is left."""
        if sizes is not None:
            ends = np.cumsum(sizes).tolist()
            return list(zip([0, *ends], ends, strict=False))
        starts = list(range(0, rows, self.plan.batch))
        if len(starts) > 1 and rows - starts[-1] < self.fewest:
            starts.pop()
        return list(zip(starts, [*starts[1:], rows], strict=True))

    def run(
        self,
        feeds: Mapping[str, Array],
        state: Resident,
        accepts: Accepts,
        *,
        seed: int,
        count: int,
        rate: float,
        repeated: Collection[int],
        rollback: Rollback,
    ) -> Outcome:
        """One update; its results are means over all rows, and the parts of metrics added up."""
        data = ports(self.manifest, "data", "target")
        rows = rows_of(feeds, data)
        means: Results = {}
        batches = self.cuts(rows, feeds.get(SIZES))
        feeds, shares = unmixed(feeds, len(batches))
        for number, ((start, end), own) in enumerate(zip(batches, shares, strict=True)):
            share = (end - start) / rows
            numbers = scalars(self.manifest, seed=seed, step=count * self.plan.accumulate + number, share=own)
            numbers |= {SHARE: np.array(share, np.float32), FIRST: np.array(number == 0, np.float32)}
            session = self.session(end - start, state, repeated)
            batch = {port["name"]: feeds[port["name"]][start:end] for port in data}
            came = attempt(session, {**batch, **numbers}, accepts, rollback)
            if came.wrong is not None:
                return came
            for name, value in came.results.items():
                means[name] = means.get(name, 0.0) + (value if name in self.parts else value * share)
        if self._update is None:
            self._update = step_session(self.model, self.update, state, profile=False, undo=self.undo)
        loss = next(port["name"] for port in self.manifest["outputs"] if port["role"] == "loss")
        numbers = scalars(self.update.manifest, seed=seed, step=count, rate=rate)
        numbers |= {port["name"]: np.array(means[loss], np.float32) for port in ports(self.update.manifest, "loss")}
        return Outcome(means, attempt(self._update, numbers, accepts, rollback).wrong)


def steps_for(model: Model, plan: TrainPlan, step: StepPlan, options: Options, *, profile: bool, undo: bool) -> Steps:
    """The sessions of a step: in one model, or in two where gradients are added up. Arguments as of `step_session`."""
    if plan.accumulate == 1:
        return Steps(model, plan, step, options, profile=profile, undo=undo)
    fewest = 2 if by_batch_statistics(model.net, plan) else 1
    return AccumulatedSteps(model, plan, step, options, profile=profile, undo=undo, fewest=fewest)
