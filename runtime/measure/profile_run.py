"""`netc train --profile`: the first steps of a real run, operator by operator, in its run folder."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from itertools import pairwise

from netc.grammar.writing import encoded
from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.listener import Listener
from netc.runtime.folder.progress import Progress, Record
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.measure.profile import profile, read_steps
from netc.runtime.measure.profile_text import profile_text
from netc.runtime.training.trainer import Trainer

WARM_UP, STEPS = 5, 30


class Profiled(Listener):
    """A listener that passes everything on, and writes profile.json and profile.txt once enough steps were recorded.

    The trainer is one with `profile=True`. A run of fewer steps writes what there is at its end.
    """

    def __init__(self, listener: Listener, trainer: Trainer, folder: RunFolder) -> None:
        self.listener, self.trainer, self.folder = listener, trainer, folder
        self.ended: list[float] = []
        self.done = False

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Pass on."""
        self.listener.started(progress, epochs, steps_per_epoch)

    def noted(self, text: str) -> None:
        """Pass on."""
        self.listener.noted(text)

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Pass on; write after the last step that is wanted."""
        self.listener.stepped(progress, results)
        if not self.done:
            self.ended.append(time.perf_counter())
            if len(self.ended) == WARM_UP + STEPS:
                self.write()

    def epoch_ended(self, record: Record, improved: bool) -> None:
        """Pass on."""
        self.listener.epoch_ended(record, improved)

    def finished(self, progress: Progress) -> None:
        """Pass on; write where the run was short."""
        self.listener.finished(progress)
        if not self.done and self.ended:
            self.write()

    def write(self) -> None:
        """Make the profile of the steps so far and write it."""
        self.done = True
        steps = read_steps(self.trainer.end_profile())
        if not steps:
            return  # no batch was a whole one, and only those are recorded
        kept = steps[min(WARM_UP, len(steps) // 2) :]
        found = profile(self.trainer.model.net, self.trainer.artifact, kept, self.trainer.plan.batch)
        loop = self._loop_ms(len(steps) - len(kept))
        text = profile_text(found)
        if loop is not None:
            found["loop_ms"] = loop
            text += f"loop         {loop:,.3f} ms from step to step: data, feeding and metrics included\n"
        write_atomic(self.folder.profile_json, (json.dumps(found, indent=2) + "\n").encode())
        write_atomic(self.folder.profile_text, encoded(text))

    def _loop_ms(self, skipped: int) -> float | None:
        """Milliseconds from the end of one step to the end of the next, in the faster half of the steps."""
        times = self.ended[skipped:]
        gaps = sorted(after - before for before, after in pairwise(times))
        chosen = gaps[: (len(gaps) + 1) // 2]
        return round(1000 * sum(chosen) / len(chosen), 4) if chosen else None
