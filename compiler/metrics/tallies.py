"""Figures from what models of kind `train` and `score` put out: which outputs are parts of which metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netc.compiler.artifact import LOSS, Manifest, said
from netc.compiler.declare.recalled import recalled
from netc.compiler.metrics.base import Figure, metric

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
        self._shapes: dict[str, Sequence[int | str]] = {}
        for port in manifest["outputs"]:
            if "metric" in port:
                self.parts[said(port)] = port["metric"], port["part"], port["combine"]
                self._shapes[said(port)] = port["shape"]
        settings = manifest.get("settings", {})
        self.losses: list[dict[str, Any]] = settings.get("sums", []) if manifest["kind"] == "score" else []
        summed = {item["output"] for item in self.losses}
        wanted = {name for name, _, _ in self.parts.values()} - summed
        listed = settings.get("metrics", ())
        self.metrics = {item["name"]: recalled(metric, item["metric"]) for item in listed if item["name"] in wanted}
        if wanted != self.metrics.keys():
            raise ValueError(f"it has parts of {sorted(wanted ^ self.metrics.keys())[0]}, which it doesn't explain")

    def figure_of(self, output: str) -> str:
        """The figure that an output is, or is a part of."""
        figure = self.parts[output][0] if output in self.parts else output
        known = next((item for item in self.losses if item["output"] == figure), None)
        return figure if known is None else f"{LOSS}.{known['name']}" if known["logged"] else LOSS

    def split(self, results: Mapping[str, Any]) -> tuple[dict[str, float], Parts]:
        """What a batch gave: numbers that are means over its rows, and parts."""
        from numpy import asarray

        numbers = {name: float(value) for name, value in results.items() if name not in self.parts}
        return numbers, {name: asarray(value, "float64") for name, value in results.items() if name in self.parts}

    def foreign(self, sums: Parts) -> str | None:
        """Where sums are not of all of this model's parts, and in their shapes: the first that is odd, else None."""
        for name in sorted(sums.keys() | self.parts.keys()) if sums else ():
            if name not in sums or name not in self.parts or not _fits(sums[name].shape, self._shapes[name]):
                return name
        return None

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
        return {
            name: self.metrics[name].figure(parts) if name in self.metrics else _quotient(parts)
            for name, parts in found.items()
        }

    def whole(self, figures: Mapping[str, Figure]) -> dict[str, Figure]:
        """Figures of all rows, with the losses that are made of parts in their places."""
        found = dict(figures)
        terms = [(item, found.pop(item["output"])) for item in self.losses]
        if not terms:
            return found
        logged: dict[str, Figure] = {f"{LOSS}.{item['name']}": value for item, value in terms if item["logged"]}
        total = sum(item["weight"] * value for item, value in terms if not isinstance(value, list))
        return {LOSS: total, **logged, **found}


def _fits(shape: Sequence[int], wanted: Sequence[int | str]) -> bool:
    return len(shape) == len(wanted) and all(
        isinstance(size, str) or size == given for given, size in zip(shape, wanted, strict=True)
    )


def _quotient(parts: Parts) -> float:
    weight = float(parts["weight"])
    return float(parts["total"]) / weight if weight else 0.0


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
