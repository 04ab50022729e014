"""Taking back an update that is made of several runs, where one of them fails: as if none of them had been made.

A run writes the other buffers of its tensors, and they swap. So what one run alone has written is taken back by
swapping once more. What a second one writes over, running statistics that each batch of an update moves or weights that
several steps of a plan train, is copied before that; nothing else ever is.
"""

from __future__ import annotations

from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import StepSession


class Rollback:
    """What the runs of an update have swapped so far, and copies of what they wrote over.

    state  whether the optimizer's state is to come back as well, and does not start afresh
    """

    def __init__(self, *, state: bool) -> None:
        self._state = state
        self._swapped: list[StepSession] = []
        self._written: dict[Resident, set[str]] = {}
        self._copies: dict[Resident, dict[str, Array]] = {}

    def before(self, session: StepSession) -> None:
        """Copy what the session is about to write over: where two runs swapped it, its first value is there already."""
        for resident, names in session.moving.items():
            if resident is session.parameters or self._state:
                copies = self._copies.setdefault(resident, {})
                again = self._written.get(resident, set()) & names - copies.keys() - session.passing
                copies.update((name, resident.get_other(name)) for name in again)

    def swapped(self, session: StepSession) -> None:
        """Note that a run was accepted."""
        self._swapped.append(session)
        for resident, names in session.moving.items():
            self._written.setdefault(resident, set()).update(names)

    def undo(self) -> None:
        """Let all be as it was before the first run. Where a copy was made the buffers hold something later."""
        while self._swapped:
            self._swapped.pop().swap()
        for resident, copies in self._copies.items():
            for name, array in copies.items():
                resident.put(name, array)
        self._copies.clear()
