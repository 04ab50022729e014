"""Weights of files, fitted to a network's parameters by name and shape."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from netc.compiler.ir import Value, format_shape
from netc.compiler.net import Net
from netc.compiler.weights.adapted import adapted
from netc.compiler.weights.source import read_source
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean, suggestions

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

COUNTER = ".num_batches_tracked"
"""How the name of a counter ends that PyTorch's batch norm keeps and ours has no use for."""

LISTED = 8
"""Findings of one kind that are told one by one; the rest is counted."""


def read_weights(path: str | os.PathLike[str], net: Net | None = None) -> dict[str, Array]:
    """The tensors of a weight file by name; with a net, exactly its parameters.

    Raises DiagnosticError: E550 a parameter is missing, E551 an unknown tensor, E552 wrong shape, E553 unreadable,
    E572 a pickle that asks for more than tensors, E573 a package that is missing.
    """
    source = read_source(path)
    if net is None:
        return source.tensors
    parameters = {parameter.name: parameter.value for parameter in net.parameters}
    return fit(adapted(source, net).tensors, parameters, net, file=source.file, exact=True)


def read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, str]]:
    """The tensors and the metadata of a weight file; raises DiagnosticError E553, E572, E573."""
    source = read_source(path)
    return source.tensors, dict(source.metadata)


def fit(
    tensors: Mapping[str, Array],
    parameters: Mapping[str, Value],
    net: Net,
    *,
    file: str | None = None,
    exact: bool = False,
) -> dict[str, Array]:
    """The tensors for these parameters, in their order and element type.

    file   where they come from; then they must be finite
    exact  a tensor that belongs to no parameter is an error too, but for PyTorch's counters of batches

    Raises DiagnosticError E550 missing, E551 unknown, E552 wrong shape, E568 NaN or infinite.
    """
    place = f" in {file}" if file else ""
    missing: list[Diagnostic] = []
    misshapen: list[Diagnostic] = []
    fitted: dict[str, Array] = {}
    spare = [name for name in tensors if name not in parameters and not name.endswith(COUNTER)]
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
            help=did_you_mean(name, absent)
            or "remove it from the file; `--partial` reads what fits, and says what does not",
        )
        for name in (spare if exact else ())
    ]
    findings = [*listed(missing), *listed(misshapen), *listed(unknown)]
    if file is not None:
        findings += listed(_not_finite(fitted, file))
    if missing and (prefix := prefix_of(tensors, parameters)):
        message = f"the tensors{place} are called `{prefix}…`, and those of net `{net.name}` are not"
        text = f'`map = ["{prefix.rstrip(".")}": ""]` in the text\'s `weights(…)`'
        python = f'`name.removeprefix("{prefix}")` of each in Python'
        help = f"take the prefix away: `--map {prefix}=` on the command line, {text}, {python}"
        findings = [Diagnostic("E551", message, help=help)]
    if findings:
        raise DiagnosticError(findings)
    return fitted


def prefix_of(tensors: Iterable[str], parameters: Iterable[str]) -> str | None:
    """What all names of tensors begin with, such as `module.`, where without it they are those of the parameters."""
    names, known = list(tensors), set(parameters)
    if not names or not known:
        return None
    first = names[0]
    for end in [at + 1 for at, letter in enumerate(first) if letter == "."]:
        prefix = first[:end]
        if all(name.startswith(prefix) for name in names) and known <= {name[end:] for name in names}:
            return prefix
    return None


def check_finite(tensors: Mapping[str, Array], file: str) -> None:
    """Raise DiagnosticError E568 for tensors with numbers that are NaN or infinite.

    file  where they come from, in words
    """
    findings = _not_finite(tensors, file)
    if findings:
        raise DiagnosticError(listed(findings))


def _not_finite(tensors: Mapping[str, Array], file: str) -> list[Diagnostic]:
    """E568 for each tensor with a number that is NaN or infinite."""
    import numpy as np

    findings = []
    for name, tensor in tensors.items():
        bad = np.count_nonzero(~np.isfinite(tensor))
        if bad:
            message = (
                f"tensor `{name}` in {file} has {bad:,} of {counted(tensor.size, 'number')} that are NaN or infinite"
            )
            help = "give weights from before the training diverged"
            findings.append(Diagnostic("E568", message, help=help))
    return findings


def listed(findings: list[Diagnostic]) -> list[Diagnostic]:
    """Findings of one kind, of which the last one counts those that are not told."""
    if len(findings) <= LISTED:
        return findings
    last = findings[LISTED - 1]
    more = f"{len(findings) - LISTED} more like this"
    return [*findings[: LISTED - 1], Diagnostic(last.code, last.message, notes=(more,), help=last.help)]
