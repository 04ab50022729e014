"""An optimizer's state: as it is before the first step, or from a file, fitted to the step that goes on with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netc.compiler.artifact import Manifest, Port, initial_state
from netc.compiler.ir import format_shape
from netc.compiler.weights.files import listed
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def first_state(manifest: Manifest, weight: Callable[[str], Array], seed: int = 0) -> Iterator[tuple[str, Array]]:
    """What a step's state is before the first step: the name of each input and its tensor, one after the other.

    weight  gives a parameter by its name: some state starts equal to one
    seed    of what starts random
    """
    from netc.compiler.weights.draw import RawStream

    facts = {port["name"]: port for port in manifest["inputs"]}
    for name, start in initial_state(manifest):
        port = facts[name]
        if "of" in port:
            yield name, weight(port["of"])
        elif "uniform" in port:
            drawn = RawStream.of(seed, name).uniform(start.size).reshape(start.shape)
            yield name, ((2 * drawn - 1) * port["uniform"]).astype(start.dtype)
        else:
            yield name, start


CODES = ("E550", "E552", "E554")


def fit_state(tensors: Mapping[str, Array], ports: Iterable[Port], *, file: str) -> dict[str, Array]:
    """The tensors for these inputs of role state, in their order and element type.

    file  where the tensors are from, in words of a message

    Floats of another width are converted, as a parameter's are. Raises DiagnosticError E550 missing, E552 wrong shape,
    E554 no floats, NaN or infinity.
    """
    fitted: dict[str, Array] = {}
    findings: list[Diagnostic] = []
    for port in ports:
        found = _fit(tensors.get(port["name"]), port, file)
        if isinstance(found, Diagnostic):
            findings.append(found)
        else:
            fitted[port["name"]] = found
    if findings:
        kinds = ([finding for finding in findings if finding.code == code] for code in CODES)
        raise DiagnosticError([finding for kind in kinds for finding in listed(kind)])
    return fitted


def _fit(tensor: Array | None, port: Port, file: str) -> Array | Diagnostic:
    """The tensor in the port's type, or what is wrong with it."""
    import numpy as np

    def wrong(code: str, found: str, needed: str) -> Diagnostic:
        message = f"tensor `{port['name']}` {found} in {file}, the optimizer's state needs {needed}"
        return Diagnostic(code, message, help="give the file as netc wrote it, or begin with the weights alone")

    if tensor is None:
        return wrong("E550", "is missing", "it")
    shape = tuple(map(int, port["shape"]))
    if tensor.shape != shape:
        return wrong("E552", f"has shape {format_shape(tensor.shape)}", format_shape(shape))
    if not np.issubdtype(tensor.dtype, np.floating):
        return wrong("E554", f"holds {tensor.dtype}", port["dtype"])
    with np.errstate(over="ignore"):
        converted = tensor.astype(port["dtype"], copy=False)
    bad = np.argwhere(~np.isfinite(converted))
    if len(bad):
        at = tuple(map(int, bad[0]))
        return wrong("E554", f"holds {tensor[at]} at {list(at)}", f"finite numbers of {port['dtype']}")
    return converted
