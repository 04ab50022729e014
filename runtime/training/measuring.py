"""What a training measures between its updates: loss and metrics on rows, with the weights that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from netc.compiler import (
    AVERAGE,
    Figure,
    Port,
    compile_scorer,
    said,
)
from netc.runtime.data.cards.card import Card
from netc.runtime.data.given import BoundBatches, Measured, measured
from netc.runtime.model import Model, ports
from netc.runtime.runs.evaluate import batches_of, evaluate
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Session
from netc.runtime.training.features import FeatureRows, sharing
from netc.runtime.training.updates import Updates


class Measuring(Updates):
    """Updates of a model, and measurements of it in inference mode.

    card   what the data mean, once they are known
    """

    card: Card | None = None
    _averaged: Model | None = None

    @property
    def data_ports(self) -> list[Port]:
        """What is read of the data: the inputs and targets of a batch, whatever steps are given instead."""
        return self.ports if self.features is None else self.features.data

    @cached_property
    def scorer(self) -> Session | None:
        """What measures predictions, or None where all that is measured exists in training alone."""
        scorer = compile_scorer(self.model.net, self.plan)
        if not scorer.manifest["outputs"]:
            return None
        return Session(scorer, self.model.device, threads=self.model.threads)

    @cached_property
    def feature_scorer(self) -> Session | None:
        """The scorer of the part of the net behind kept features."""
        assert self.features is not None
        scorer = compile_scorer(self.features.cut.head, self.features.cut.plan)
        return Session(scorer, self.model.device, threads=self.model.threads) if self.scorer is not None else None

    def evaluate(self, data: Any) -> dict[str, Figure]:
        """The mean loss and metrics over data, in inference mode.

        data  what `fit` takes: its part `test` or `val` where it names its parts, else all rows
        """
        return self.measure(measured(data, self.data_ports, self.card or self.model.card))

    def measure(self, rows: Measured) -> dict[str, Figure]:
        """`evaluate` for rows that are bound, or a function that begins a pass over batches.

        There are no figures where all that is measured exists in training alone.
        """
        model, scorer = self.averaged(), self.scorer
        if isinstance(rows, FeatureRows):
            assert self.features is not None
            model, scorer = sharing(model, self.features.cut.head), self.feature_scorer
        if scorer is None:
            return {}
        names = [said(port) for port in ports(scorer.manifest, "prediction")]
        read = [port["name"] for port in model.inputs(names)]

        def predict(given: Mapping[str, Array]) -> Mapping[str, Array]:
            return model.forward({name: given[name] for name in read}, names)

        batches = batches_of(rows, self.plan.batch) if isinstance(rows, BoundBatches) else rows()
        return evaluate(predict, scorer, batches)

    def averaged(self) -> Model:
        """The model that is measured and kept: with the moving average of the weights where the plan has one.

        Its weights are those of now; call again after further steps.
        """
        if self.plan.average is None:
            return self.model
        if self._averaged is None:
            model = self.model
            self._averaged = Model(model.net, model.device, model.seed, threads=model.threads, target=model.target)
        self.finish()
        for name in self.model.weights.current:
            average = f"{AVERAGE}{name}"
            held = self.state if average in self.state.current else self.model.weights
            self._averaged.weights.put(name, held.get(average if held is self.state else name))
        return self._averaged
