"""Figures from what models of kind `train` and `score` put out: which outputs are parts of which metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from netc.compiler.artifact import Manifest, said
from netc.compiler.declare.arguments import ArgumentError
from netc.compiler.metrics.base import Figure, Metric, metric

if TYPE_CHECKING:
    from netc.compiler.metrics.base import Array

Parts = dict[str, Any]
"""Parts of metrics by the names of the outputs, in float64: a batch's are arrays; over several batches those that are
joined are a list of arrays until the figure is asked for."""


class Tallies:
    """What the outputs of a model add up to.

    parts  the outputs that are parts, by what they are called: the metric's name, the part's, how batches combine
    """

    def __init__(self, manifest: Manifest) -> None:
        """Raises ValueError where the manifest is not one that the compiler writes."""
        self.parts: dict[str, tuple[str, str, str]] = {}
        for port in manifest["outputs"]:
            if "metric" in port:
                self.parts[said(port)] = port["metric"], port["part"], port["combine"]
        wanted = {name for name, _, _ in self.parts.values()}
        listed = manifest.get("settings", {}).get("metrics", ())
        self.metrics = {item["name"]: _made(item["metric"]) for item in listed if item["name"] in wanted}
        if wanted != self.metrics.keys():
            raise ValueError(f"it has parts of {sorted(wanted ^ self.metrics.keys())[0]}, which it doesn't explain")

    def split(self, results: Mapping[str, Any]) -> tuple[dict[str, float], Parts]:
        """What a batch gave: numbers that are means over its rows, and parts."""
        numbers = {name: float(value) for name, value in results.items() if name not in self.parts}
        return numbers, {name: value.astype("float64") for name, value in results.items() if name in self.parts}

    def add(self, sums: Parts, parts: Parts) -> None:
        """Add a batch's parts to those of batches before. Those to be joined are, when asked for: see `figures`."""
        for name, value in parts.items():
            if self.parts[name][2] == "rows":
                sums.setdefault(name, []).append(value)
            else:
                sums[name] = sums[name] + value if name in sums else value

    def figures(self, sums: Parts) -> dict[str, Figure]:
        """Each metric's figure."""
        from numpy import concatenate

        found: dict[str, Parts] = {}
        for name, value in sums.items():
            metric_name, part, _ = self.parts[name]
            found.setdefault(metric_name, {})[part] = concatenate(value) if isinstance(value, list) else value
        return {name: self.metrics[name].figure(parts) for name, parts in found.items()}


def single(figures: Mapping[str, Figure]) -> dict[str, float]:
    """Those that are one number."""
    return {name: figure for name, figure in figures.items() if not isinstance(figure, list)}


def numbers_of(figure: Figure) -> Iterable[float]:
    """All numbers of a figure."""
    if isinstance(figure, list):
        for item in figure:
            yield from numbers_of(item)
    else:
        yield figure


def _made(call: Mapping[str, Any]) -> Metric:
    """A metric from the call that a manifest has; raises ValueError."""
    definition = metric.all().get(call["name"])
    if definition is None:
        raise ValueError(f"no metric is called {call['name']}")
    given = {name: value for name, value in call.items() if name != "name"}
    if not given.keys() <= definition.arguments.keys():
        raise ValueError(f"{call['name']} has other arguments")
    try:
        return definition(**{name: definition.arguments[name].type.convert(value) for name, value in given.items()})
    except ArgumentError as error:
        raise ValueError(str(error)) from error
