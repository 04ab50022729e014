"""From a file to one net: a text, or a model, whose text it is then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netc.compiler import collector
from netc.compiler.elaborate.groups import are_same, arguments_of, trains_of
from netc.compiler.elaborate.loader import Loader
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.net import elaborate
from netc.compiler.elaborate.outside import as_static
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.unused import warn_unused
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.deep import deep
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.given import plain

if TYPE_CHECKING:
    from netc.compiler.importing.importer import Imported


def load(
    path: str,
    net: str | None = None,
    settings: Mapping[str, Any] | None = None,
    source: str | None = None,
    loss: str | None = None,
) -> Net:
    """One net of a file, shape-checked.

    path      a `.net` file; an `.onnx` model is imported, and its numbers are what the net starts from
    net       its name; None takes the only one, else the last with a train section, else the last
    settings  the net's arguments by name: numbers, strings, booleans, lists
    source    the text, where it is not to be read from the file
    loss      what a train section says that is added to the text: `cross_entropy(output, label)`; `output` is the
              net's first output

    Raises DiagnosticError with every finding of an error's weight.
    """
    with deep(), collector.waiting():
        if source is None and is_model(path):
            return load_model(str(path), net, settings, loss)[0]
        found = _load(str(path), net, settings or {}, source)
        return found if loss is None else _with_loss(found, settings or {}, loss)


def is_model(path: str) -> bool:
    """Whether a file is a model to import, by its name."""
    return str(path).endswith(".onnx")


def load_model(
    path: str,
    net: str | None = None,
    settings: Mapping[str, Any] | None = None,
    loss: str | None = None,
    given: Mapping[str, int | float] | None = None,
    *,
    noted: bool | None = None,
) -> tuple[Net, Imported]:
    """An ONNX model as a net that starts from the model's numbers, and what importing it found.

    Arguments as of `load`; `given` are numbers for the model's inputs of one number, and for its open sizes; `noted` is
    whether a text that netc noted in the model is taken, as `import_text` has it. Raises DiagnosticError E565, E567,
    E588, E590 to E592 for what cannot be imported, and as `read_weights` where the arguments ask for another net than
    the model's.
    """
    from netc.compiler.importing.importer import import_text

    imported = import_text(path, given, noted=noted)
    file, own = str(Path(path).with_suffix(".net")), imported.own
    beside = {} if own is None else own.used
    arguments = settings or ({} if own is None else own.given)
    with deep():
        found = _load(file, net or (own.net if own is not None else None), arguments, imported.text, beside)
        if loss is not None:
            found = _with_loss(found, arguments, loss, beside)
    found.start = imported.weights(found)
    if own is not None:
        inputs = {value.name: value.name for value in found.inputs}
        imported = replace(imported, inputs=inputs, outputs={name: name for name in found.outputs})
    return found, imported


def _with_loss(net: Net, settings: Mapping[str, Any], loss: str, beside: Mapping[str, str] | None = None) -> Net:
    """The net of a text with a train section at its end; raises DiagnosticError E420 where it has one."""
    if net.plans:
        help = "leave `--loss` out, or change the section"
        raise DiagnosticError(Diagnostic("E420", f"{net.file} says itself how `{net.name}` is trained", help=help))
    output = next(iter(net.outputs))
    said = re.sub(r"\boutput\b", output, loss)
    return _load(
        net.file, net.name, settings, f"{net.source.rstrip()}\n\ntrain {net.name} {{\n  loss = {said}\n}}\n", beside
    )


def _load(
    path: str, net: str | None, settings: Mapping[str, Any], source: str | None, beside: Mapping[str, str] | None = None
) -> Net:
    settings = {name: plain(value) for name, value in settings.items()}
    report = Report()
    loader = Loader.beside(path, beside or {}, report)
    module = loader.load(path, source)
    report.stop_at_errors()
    definition = _choose(module, net)
    trains = trains_of(module, definition, report)
    given = {name: as_static(module, value) for name, value in settings.items()}
    arguments = arguments_of(module, trains[0], report) if trains else {}
    same = [train for train in trains if are_same(arguments_of(module, train, report), arguments)]
    made = elaborate(module, definition, {**arguments, **given}, same, report, loader.sources).net
    warn_unused(module, report)
    report.stop_at_errors()
    assert made is not None, "what leaves no net is an error"
    made.warnings = report.warnings()
    made.given = settings
    return made


def _choose(module: Module, name: str | None) -> ast.Net:
    """The net of that name; without one the last with a train section, else the last. Raises DiagnosticError E228."""
    if name is not None:
        for definition in module.nets:
            if definition.name == name:
                return definition
        known = [definition.name for definition in module.nets]
        shown = f"it defines {', '.join(known)}" if known else "it defines none"
        raise DiagnosticError(
            Diagnostic("E228", f"{module.path} defines no net `{name}`", help=did_you_mean(name, known) or shown)
        )
    if not module.nets:
        raise DiagnosticError(
            Diagnostic("E228", f"{module.path} defines no net", help="write one: `net Name { input x: 10 … }`")
        )
    trained = {train.net for train in module.trains}
    with_train = [definition for definition in module.nets if definition.name in trained]
    return (with_train or module.nets)[-1]
