"""What a training recorded: a record for each epoch, as columns, a table, or curves."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from netc.grammar.counted import counted
from netc.runtime.folder.progress import Record
from netc.runtime.show.progress import number

if TYPE_CHECKING:
    from netc.runtime.show.picture import Picture


class History(list[Record]):
    """A record for each epoch: `history[-1]["loss"]` of the last one, `history["loss"]` of all.

    `pandas.DataFrame(history)` has a row for each epoch.
    """

    def __init__(self, records: Iterable[Record] = (), best_epoch: int | None = None, label: str = "training") -> None:
        super().__init__(records)
        self.best_epoch, self.label = best_epoch, label

    @overload
    def __getitem__(self, key: SupportsIndex) -> Record: ...

    @overload
    def __getitem__(self, key: slice) -> list[Record]: ...

    @overload
    def __getitem__(self, key: str) -> list[float]: ...

    def __getitem__(self, key: Any) -> Any:
        """A record by its place, some by a slice, or a column by its name; raises KeyError for an unknown one."""
        if not isinstance(key, str):
            return super().__getitem__(key)
        if key not in self.columns:
            raise KeyError(f"{key}; there are {', '.join(self.columns)}")
        return [record.get(key, float("nan")) for record in self]

    @property
    def rows(self) -> list[Record]:
        """The records as a plain list of dicts."""
        return list(self)

    @property
    def columns(self) -> list[str]:
        """What is recorded: epoch, step, learning_rate, loss, metrics, validation_…, seconds."""
        return list(dict.fromkeys(name for record in self for name in record))

    @property
    def best(self) -> Record | None:
        """The record of the best epoch."""
        return next((record for record in self if record["epoch"] == self.best_epoch), None)

    def plot(self) -> Picture:
        """The curves as a figure of matplotlib's: a panel for each metric. `history.plot().savefig("curves.png")`.

        Raises ImportError where matplotlib is not installed: `pip install matplotlib`.
        """
        from netc.runtime.show.plot import curves

        return curves({self.label: self})

    def __repr__(self) -> str:
        if not self:
            return "<history: no epoch yet>"
        last = [f"{name} {number(value)}" for name, value in self[-1].items() if name not in _BESIDES]
        best = "" if self.best_epoch is None else f"; best epoch {self.best_epoch}"
        return f"<history: {counted(len(self), 'epoch')}, the last with {', '.join(last)}{best}>"

    def _repr_html_(self) -> str:
        """For notebooks: the curves, where matplotlib is installed, and the records as a table, the best in bold."""
        heads = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        rows = "".join(f"<tr>{''.join(self._cells(record))}</tr>" for record in self)
        return f"{self._curves()}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"

    def _curves(self) -> str:
        from netc.runtime.show.plot import can_plot

        if not self or not can_plot():
            return ""
        content = base64.b64encode(self.plot()._repr_png_()).decode()
        return (
            f'<img alt="curves of {escape(self.label)}" style="max-width: 100%" src="data:image/png;base64,{content}"/>'
        )

    def _cells(self, record: Record) -> Iterable[str]:
        for name in self.columns:
            value = record.get(name)
            text = "" if value is None else f"{value:,}" if isinstance(value, int) else number(value)
            yield f"<td><b>{text}</b></td>" if record["epoch"] == self.best_epoch else f"<td>{text}</td>"


_BESIDES = ("epoch", "step", "learning_rate", "seconds")
