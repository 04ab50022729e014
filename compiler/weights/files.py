"""Weight files: safetensors whose names and shapes are those of the network's parameters."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netc.compiler.ir import Value, format_shape
from netc.compiler.net import Net
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean, suggestions

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LISTED = 8
"""Findings of one kind that are told one by one; the rest is counted."""


def read_weights(path: str | os.PathLike[str], net: Net | None = None) -> dict[str, Array]:
    """The tensors of a safetensors file by name; with a net, exactly its parameters.

    Raises DiagnosticError: E550 a parameter is missing, E551 an unknown tensor, E552 wrong shape, E553 unreadable.
    """
    tensors, _ = read_tensors(path)
    if net is None:
        return tensors
    parameters = {parameter.name: parameter.value for parameter in net.parameters}
    return fit(tensors, parameters, net, file=os.fspath(path), exact=True)


def read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, str]]:
    """The tensors and the metadata of a safetensors file; raises DiagnosticError E553."""
    from safetensors import SafetensorError, safe_open

    reader: Any
    try:
        with safe_open(os.fspath(path), framework="numpy") as reader:
            return {name: reader.get_tensor(name) for name in reader.keys()}, dict(reader.metadata() or {})  # noqa: SIM118
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file", "check the path") from None
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:  # TypeError: a type that numpy lacks
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        reason = said.splitlines()[0].rstrip(".") if said else type(error).__name__
        help = "give a file in safetensors format, such as a run's `best.safetensors`"
        raise _unreadable(path, reason, help) from None


def fit(
    tensors: Mapping[str, Array],
    parameters: Mapping[str, Value],
    net: Net,
    *,
    file: str | None = None,
    exact: bool = False,
) -> dict[str, Array]:
    """The tensors for these parameters, in their order and element type; raises DiagnosticError E550, E551, E552.

    exact  a tensor that belongs to no parameter is an error too
    """
    place = f" in {file}" if file else ""
    missing: list[Diagnostic] = []
    misshapen: list[Diagnostic] = []
    fitted: dict[str, Array] = {}
    spare = [name for name in tensors if name not in parameters]
    absent = [name for name in parameters if name not in tensors]
    for name, value in parameters.items():
        tensor = tensors.get(name)
        if tensor is None:
            near = suggestions(name, spare)
            help = f"rename `{near[0]}` in the file" if near else f"give weights of net `{net.name}`"
            missing.append(Diagnostic("E550", f"tensor `{name}` is missing{place}", help=help))
        elif tuple(tensor.shape) != value.shape:
            found, needed = format_shape(tuple(map(int, tensor.shape))), format_shape(value.shape)
            message = f"tensor `{name}` has shape {found}{place}, net `{net.name}` needs {needed}"
            help = "give the net the settings that the weights were trained with"
            misshapen.append(Diagnostic("E552", message, help=help))
        else:
            fitted[name] = tensor.astype(value.dtype.value, copy=False)
    unknown = [
        Diagnostic(
            "E551",
            f"tensor `{name}`{place} belongs to no parameter of net `{net.name}`",
            help=did_you_mean(name, absent) or "remove it from the file",
        )
        for name in (spare if exact else ())
    ]
    findings = [*listed(missing), *listed(misshapen), *listed(unknown)]
    if findings:
        raise DiagnosticError(findings)
    return fitted


def listed(findings: list[Diagnostic]) -> list[Diagnostic]:
    """Findings of one kind, of which the last one counts those that are not told."""
    if len(findings) <= LISTED:
        return findings
    last = findings[LISTED - 1]
    more = f"{len(findings) - LISTED} more like this"
    return [*findings[: LISTED - 1], Diagnostic(last.code, last.message, notes=(more,), help=last.help)]


def _unreadable(path: str | os.PathLike[str], reason: str, help: str) -> DiagnosticError:
    reason = reason[:1].lower() + reason[1:]
    return DiagnosticError(Diagnostic("E553", f"cannot read the weights in {os.fspath(path)}: {reason}", help=help))
