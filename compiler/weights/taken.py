"""Which tensors of a weight file a net takes, and the report of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from netc.compiler.ir import Value
from netc.compiler.net import Net
from netc.compiler.weights.adapted import adapted
from netc.compiler.weights.files import COUNTER, fit
from netc.compiler.weights.report import Outcome, Report, Row
from netc.compiler.weights.source import Source
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def take(
    source: Source, net: Net, wanted: Mapping[str, Value], *,
    partial: bool = False, fresh: Collection[str] = (), part: str = "",
) -> tuple[dict[str, Array], Report]:  # fmt: skip
    """The weights for these parameters, and what became of every tensor.

    partial  takes what fits by name and shape; otherwise all must be there, and in a file of weights nothing else
    fresh    parameters that a map leaves out: they are drawn
    part     of the net, for the report

    What only training has is drawn too where the file lacks it, as one of a model for use does. Raises DiagnosticError
    E550 to E552 and E568 for weights that don't fit, E550 where nothing is taken.
    """
    source = adapted(source, net)
    tensors = source.tensors
    asked = wanted.keys() - set(fresh)
    fresh = {*fresh, *(net.for_training - tensors.keys())}
    needed = {name: value for name, value in wanted.items() if name not in fresh}
    if partial:
        needed = {name: value for name, value in needed.items() if _shape(tensors.get(name)) == value.shape}
    if not needed and (partial or asked):
        message = f"no tensor in {source.file} has name and shape of a parameter of net `{net.name}`"
        help = "give the weights of a net with some of the same layers, or rename them: `--map OLD=NEW`"
        raise DiagnosticError(Diagnostic("E550", message, help=help))
    weights = fit(tensors, needed, net, file=source.file, exact=source.whole and not partial)
    rows = [_row(name, value, source, name in weights, name in fresh) for name, value in wanted.items()]
    if source.whole:
        spare = [name for name in tensors if name not in wanted and not name.endswith(COUNTER)]
        rows += [Row(Outcome.UNUSED, None, source.theirs[name], found=_shape(tensors[name])) for name in spare]
    return weights, Report(source.file, net.name, tuple(rows), part, source.entry)


def _row(name: str, value: Value, source: Source, taken: bool, fresh: bool) -> Row:
    needed = tuple(size for size in value.shape if isinstance(size, int))
    tensor = source.tensors.get(name)
    if fresh:
        return Row(Outcome.FRESH, name, None, needed)
    if tensor is None:
        return Row(Outcome.MISSING, name, None, needed)
    theirs, found = source.theirs[name], _shape(tensor)
    if not taken:
        return Row(Outcome.DIFFERS, name, theirs, needed, found)
    same = name not in source.turned and tensor.dtype == value.dtype.value
    return Row(Outcome.LOADED if same else Outcome.CONVERTED, name, theirs, needed, found)


def _shape(tensor: Array | None) -> tuple[int, ...] | None:
    return None if tensor is None else tuple(map(int, tensor.shape))
