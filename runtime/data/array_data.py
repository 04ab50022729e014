"""Arrays of a caller as a data set, so that every rule for data holds for them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler import Port
from netc.runtime.data.dataset import DataSet, Split
from netc.runtime.data.divide import Divider
from netc.runtime.data.feed import checked
from netc.runtime.data.fit import with_open_sizes
from netc.runtime.data.spec import Options
from netc.runtime.sessions.resident import Array

ARRAYS = "arrays"


def array_data(arrays: Mapping[str, Array], ports: Sequence[Port]) -> DataSet:
    """The arrays as one part, taken by their names and as they are: no shape is guessed.

    Raises DiagnosticError E555 to E558.
    """
    fitting = checked(with_open_sizes(ports), arrays, texts=True)
    parts = {"all": Split(fitting, lambda name, row: f"`{name}`" if row < 0 else f"`{name}`[{row}]")}
    return DataSet(ARRAYS, parts, {}, Options(), Divider(ARRAYS, parts, None, 0, None))
