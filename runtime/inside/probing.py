"""A probe on a model's device: terms and gradients of inner values, as often as wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netc.compiler import Term, compile_probe, said
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Session


@dataclass(frozen=True)
class Answer:
    """loss: the terms weighed and added up;  terms: each of them;  gradients and taps by name."""

    loss: float
    terms: tuple[float, ...]
    gradients: dict[str, Array]
    taps: dict[str, Array]


class Probe:
    """Terms of a model's inner values, and the gradient of their sum.

    wrt    float inputs and paths that gradients are wanted for;  taps: paths whose values are wanted
    sizes  {input: height and width} where they aren't those of the text

    Raises DiagnosticError E280 for an unknown path, E281 where a layer needs the text's size.
    """

    def __init__(
        self,
        model: Model,
        terms: Sequence[Term] = (),
        wrt: Sequence[str] = (),
        taps: Sequence[str] = (),
        sizes: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:
        artifact = compile_probe(model.net, terms, wrt, taps=taps, sizes=sizes, target=model.target)
        self._session = Session(artifact, model.device, threads=model.threads)
        self._model, self._terms, self._wrt, self._taps = model, terms, tuple(wrt), tuple(taps)
        self._names = {port["name"]: said(port) for port in artifact.manifest["inputs"]}
        self._shapes = {said(port): port["shape"] for port in artifact.manifest["inputs"]}

    def shape(self, goal: str) -> list[int]:
        """Of what a term takes, for one example: `[1, …]`."""
        return [1, *map(int, self._shapes[goal][1:])]

    def __call__(self, inputs: Mapping[str, Array], goals: Mapping[str, Array] | None = None) -> Answer:
        """Once. inputs: as the net computes with them;  goals: what terms take, `PATH.direction` for one."""
        given = {**inputs, **(goals or {})}
        feeds = {
            name: np.ascontiguousarray(given[name], np.float32 if given[name].dtype.kind == "f" else None)
            for name in self._names
            if name in given
        }
        outputs = self._session.run(feeds, self._model.weights.current)
        return Answer(
            float(outputs["loss"]) if self._terms else 0.0,
            tuple(float(outputs[str(number)]) for number in range(len(self._terms))),
            {name: outputs[f"gradient.{name}"] for name in self._wrt},
            {path: outputs[path] for path in self._taps},
        )
