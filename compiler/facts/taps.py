"""Finding inner values of a network by their paths."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.ir import Value
from netc.compiler.net import Net
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.shell import shell_word


def find_taps(net: Net, paths: Sequence[str]) -> dict[str, Value]:
    """The values at these paths; raises DiagnosticError E280 with every path that is none."""
    from netc.compiler.training.forward import training_only

    hidden = training_only(net)
    inputs = set(net.inputs)
    findings: list[Diagnostic] = []
    found: dict[str, Value] = {}
    for path in paths:
        value = net.values.get(path)
        if value is None:
            help = did_you_mean(path, net.values) or f"`netc summary {shell_word(net.file)}` lists every path"
            findings.append(Diagnostic("E280", f"net `{net.name}` has no value `{path}`", help=help))
        elif value in hidden:
            message = f"`{path}` of net `{net.name}` exists only in training"
            findings.append(Diagnostic("E280", message, help="take it out of `train only`"))
        elif value in inputs:
            message = f"`{path}` of net `{net.name}` is an input"
            findings.append(Diagnostic("E280", message, help="name a layer or a bound value"))
        else:
            found[path] = value
    if findings:
        raise DiagnosticError(findings)
    return found
