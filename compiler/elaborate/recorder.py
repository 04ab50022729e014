"""What is applied while a net grows, as its text writes it, and what of that is left once the net is finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from netc.compiler.applications import Application, Applied, Kind, LayerInstance
from netc.compiler.ir import Value

CONTROL = frozenset((Kind.REPEAT, Kind.FOR, Kind.PASS, Kind.IF, Kind.TRAIN_ONLY, Kind.TRAIN, Kind.CHAIN))
"""What is only around what it applies."""


class Recorder:
    """What is applied goes into what is open, and open is what is being elaborated.

    applied  what the net itself applies
    idle     applications in which no layer was applied
    layers   how many layers were applied so far
    """

    def __init__(self) -> None:
        self.applied: list[Applied] = []
        self.idle: set[Application] = set()
        self.layers = 0
        self._open = [self.applied]

    def add(self, layer: LayerInstance) -> None:
        """A layer is applied."""
        self._open[-1].append(layer)
        self.layers += 1

    @contextmanager
    def unrecorded(self) -> Iterator[None]:
        """What is applied for a while belongs to the layer that applies it."""
        self._open.append([])
        try:
            yield
        finally:
            self._open.pop()

    def open(self, application: Application) -> None:
        """What is applied from now on is applied in this one."""
        self._open.append(application.children)

    def close(self, application: Application, layers: int) -> None:
        """It is done; `layers` is how many there were before. What came to nothing is left out."""
        self._open.pop()
        children = application.children
        if self.layers == layers:
            if not application.outputs or (application.kind in CONTROL and not children):
                return
            self.idle.add(application)
        if application.kind is Kind.CHAIN and len(children) == 1 and children[0].path == application.path:
            self._open[-1].append(children[0])
        else:
            self._open[-1].append(application)


class Recording:
    """`with Recording(recorder, application):` what is applied inside is recorded there.

    Written out, for a deep network does it often and `contextmanager` takes three times as long.
    """

    __slots__ = ("_application", "_layers", "_recorder")

    def __init__(self, recorder: Recorder, application: Application) -> None:
        self._recorder = recorder
        self._application = application
        self._layers = 0

    def __enter__(self) -> Application:
        self._layers = self._recorder.layers
        self._recorder.open(self._application)
        return self._application

    def __exit__(self, *_: object) -> None:
        self._recorder.close(self._application, self._layers)


def prune(root: Application, layers: Sequence[LayerInstance], reached: set[Value], idle: set[Application]) -> None:
    """Keep these layers, what holds one of them, and what never held a layer (`idle`) but hands on reached values.

    From the leaves up and without recursion, for blocks and braces may nest deeply.
    """
    order = [root]
    for item in order:
        order += [child for child in item.children if isinstance(child, Application)]
    kept = set(map(id, layers))
    for item in reversed(order):
        item.children = [child for child in item.children if id(child) in kept]
        if reached.issuperset(item.outputs) if item in idle else any(child not in idle for child in item.children):
            kept.add(id(item))
        item.outputs = tuple([value for value in item.outputs if value in reached])
