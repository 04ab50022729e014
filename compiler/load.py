"""From a file to checked nets: `load` for one net, `check` for everything that a file says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netc.compiler import collector
from netc.compiler.elaborate.loader import Loader
from netc.compiler.elaborate.module import Module, Written
from netc.compiler.elaborate.names import check_names
from netc.compiler.elaborate.net import Elaborated, elaborate
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.resolve import built_in
from netc.compiler.elaborate.static_binds import compute, file_frame
from netc.compiler.elaborate.unused import warn_unused
from netc.compiler.elaborate.values import POISON
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.deep import deep
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label, Severity, Span, did_you_mean
from netc.grammar.limits import LimitError
from netc.grammar.opening import resolved
from netc.grammar.parse import parse
from netc.grammar.walk import walk

if TYPE_CHECKING:
    from netc.compiler.importing.importer import Imported


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check of one file gave.

    nets         the nets that are right and whose parameters all have values
    diagnostics  all findings, errors and warnings, in the order of the text
    sources      file -> text, of the file and everything it uses
    file         the syntax tree
    given        arguments of nets from outside of the text
    """

    nets: list[Net]
    diagnostics: list[Diagnostic]
    sources: dict[str, str]
    file: ast.File
    given: Mapping[str, Any] = field(default_factory=dict)


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
) -> tuple[Net, Imported]:
    """An ONNX model as a net that starts from the model's numbers, and what importing it found.

    Arguments as of `load`; `given` are numbers for the model's inputs of one number, and for its open sizes. Raises
    DiagnosticError E565, E567, E588, E590 to E592 for what cannot be imported.
    """
    from netc.compiler.importing.importer import import_text

    imported = import_text(path, given)
    file, own = str(Path(path).with_suffix(".net")), imported.own
    beside = {} if own is None else own.used
    arguments = settings or ({} if own is None else own.given)
    with deep():
        found = _load(file, net or (own.net if own is not None else None), arguments, imported.text, beside)
        if loss is not None:
            found = _with_loss(found, arguments, loss, beside)
    found.start = imported.weights(found)
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
    report = Report()
    loader = _loader(report, path, beside or {})
    module = loader.load(path, source)
    _stop_at_errors(report)
    definition = _choose(module, net)
    trains = _trains(module, definition, report)
    given = {name: _as_static(module, value) for name, value in settings.items()}
    arguments = _arguments(module, trains[0], report) if trains else {}
    same = [train for train in trains if _arguments(module, train, report) == arguments]
    made = elaborate(module, definition, {**arguments, **given}, same, report, loader.sources).net
    warn_unused(module, report)
    if made is None:
        raise DiagnosticError(_errors(report))
    _stop_at_errors(report)
    made.warnings = report.warnings()
    made.given = settings
    return made


def check(
    path: str,
    source: str | bytes | None = None,
    beside: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
) -> CheckResult:
    """Everything there is to say about a file: each net, each train section, each block. Raises what importing does.

    path    a `.net` file, or an `.onnx` model, whose text is looked at
    source  the text, where it is not to be read from the file (an editor's, a pipe's)
    beside  texts of files that it may use, by their names relative to it, where those are not to be read either
    given   arguments of every net that has a parameter of that name, in place of its defaults and of what train
            sections give; a name that no net has is E220
    """
    with deep(), collector.waiting():
        return _check(str(path), source, beside or {}, given or {})


def _check(path: str, source: str | bytes | None, beside: Mapping[str, str], given: Mapping[str, Any]) -> CheckResult:
    report = Report()
    if source is None and is_model(path):
        from netc.compiler.importing.importer import import_text

        imported = import_text(path)
        path, source = str(Path(path).with_suffix(".net")), imported.text
        beside = {} if imported.own is None else imported.own.used
    loader = _loader(report, path, beside)
    nets: list[Net] = []
    try:
        _check_module(loader.load(path, source), given, nets, report, loader.sources)
    except LimitError as error:  # all else would follow from it
        for finding in error.diagnostics:
            report.add(finding)
    file = next(iter(loader.modules.values())).file
    loader.take_apart()
    return CheckResult(nets, report.all(), loader.sources, file, given)


def _check_module(
    module: Module, given: Mapping[str, Any], nets: list[Net], report: Report, sources: dict[str, str]
) -> None:
    """Put everything that there is to say about a file into the report, and its nets that are right into `nets`."""
    tried: set[str] = set()
    arguments = {name: _as_static(module, value) for name, value in given.items()}
    _check_given(module, given, report)
    for definition in module.nets:
        for made in _check_net(module, definition, arguments, report, sources):
            tried.add(definition.name)
            if made.net is not None:
                nets.append(made.net)
    for train in module.trains:
        known_net(module, train, report)
    for name in module.binds:
        module.static(name)
    for written in unapplied(module, tried):
        check_names(module, written, report)
    if not report.errors:
        for written in conditional(module):
            check_names(module, written, report)
    if not (module.nets or module.trains or module.binds or module.layers or report.errors):
        help = "write a net: `net Name { input x: 10 … }`"
        report.add(Diagnostic("E228", f"{module.path} defines nothing", severity=Severity.WARNING, help=help))
    if not report.errors:
        warn_unused(module, report)


def unapplied(module: Module, tried: set[str]) -> list[ast.Block | ast.Net]:
    """The blocks and nets of a file that nothing applied; `tried` are nets that were elaborated."""
    own = (layer.definition for layer in module.layers.values() if layer.module is module)
    return [written for written in own if written is not None and written.name not in module.applied | tried]


def conditional(module: Module) -> list[ast.Block | ast.Net]:
    """The blocks and nets of a file in which a condition picks: what it did not pick is still unread."""
    own = (layer.definition for layer in module.layers.values() if layer.module is module)
    return [one for one in own if one is not None and _chooses(one)]


def _chooses(definition: ast.Block | ast.Net) -> bool:
    return any(isinstance(node, (ast.If, ast.Conditional)) for node in walk(definition.body))


def _loader(report: Report, path: str, beside: Mapping[str, str]) -> Loader:
    """A loader that has the texts beside a file at hand."""
    return Loader(report, {resolved(Path(path).parent / name): text for name, text in beside.items()})


def parse_setting(text: str) -> tuple[str, Any]:
    """`"depth=50"` -> ("depth", 50): a setting as the command line gives it. Raises DiagnosticError E227."""
    name, _, expression = text.partition("=")
    file, findings = parse(f"setting = {expression}\n", "--set")
    item = file.items[0] if len(file.items) == 1 else None
    wrong = Diagnostic("E227", f"`{text}` is no setting", help="write a name and a value, as in `depth=50`")
    if findings or not name.strip().isidentifier() or not isinstance(item, ast.Bind):
        raise DiagnosticError(wrong)
    report = Report()
    module = Module(file, "--set", report, compute)
    module.define()
    flow = item.value
    if isinstance(flow, ast.Flow) and len(flow.elements) == 1 and isinstance(flow.elements[0], ast.Name):
        return name.strip(), flow.elements[0].id
    ref = module.static("setting")
    if ref is None or ref.value is POISON or report.errors:
        raise DiagnosticError(wrong)
    return name.strip(), ref.value


# ---------------------------------------------------------------- which net, which arguments
def _choose(module: Module, name: str | None) -> ast.Net:
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


def _trains(module: Module, definition: ast.Net, report: Report) -> list[ast.Train]:
    """The train sections of a net."""
    found = [train for train in module.trains if train.net == definition.name]
    labels: dict[str | None, Span] = {}
    for train in found:
        first = labels.setdefault(train.label, train.net_span)
        if first is not train.net_span:
            report.error(
                "E409",
                f"two train sections of `{train.net}` have the same label",
                train.net_span,
                secondary=[Label(first, "the first one")],
                help='tell them apart: `train Net "fine-tuning" { … }`',
            )
    return found


def _arguments(module: Module, train: ast.Train, report: Report) -> dict[str, Any]:
    """The arguments that a train section gives its net."""
    layer = module.layers.get(train.net)
    definition = layer.definition if isinstance(layer, Written) else None
    positional = [parameter.name for parameter in definition.parameters] if definition is not None else []
    frame = file_frame(module)
    values: dict[str, Any] = {}
    for argument in train.arguments:
        name = argument.name
        if name is None:
            if not positional:
                report.error("E221", f"`{train.net}` takes fewer arguments", argument.span, "one too many")
                continue
            name = positional[0]
        elif name not in positional:
            known = [parameter.name for parameter in definition.parameters] if definition is not None else []
            message = f"`{name}` is given twice" if name in values else f"`{train.net}` has no argument `{name}`"
            report.error("E222" if name in values else "E220", message, argument.span, help=did_you_mean(name, known))
            continue
        positional.remove(name)
        value = frame.evaluate(argument.value)
        if value is not POISON:
            values[name] = value
    return values


def known_net(module: Module, train: ast.Train, report: Report) -> None:
    """Report a train section whose net the file does not define."""
    names = [definition.name for definition in module.nets]
    if train.net not in names and train.net not in module.broken:
        report.error(
            "E400",
            f"no net of this file is called `{train.net}`",
            train.net_span,
            help=did_you_mean(train.net, names or ()) or _nets_here(names),
        )


def _nets_here(names: list[str]) -> str:
    if not 0 < len(names) <= 4:
        return "write train sections in the file of their net"
    return f"write {' or '.join(f'`train {name}`' for name in names)}"


def _check_given(module: Module, given: Mapping[str, Any], report: Report) -> None:
    """Report arguments from outside of the text that no net of the file takes."""
    known = [parameter.name for definition in module.nets for parameter in definition.parameters]
    for name in given:
        if module.nets and name not in known:
            subject = "it takes" if len(module.nets) == 1 else "they take"
            takes = f"{subject} {', '.join(dict.fromkeys(known)) or 'none'}"
            message = f"no net of this file has an argument `{name}`"
            report.error("E220", message, module.nets[0].name_span, help=did_you_mean(name, known) or takes)


def _check_net(
    module: Module, definition: ast.Net, given: Mapping[str, Any], report: Report, sources: dict[str, str]
) -> Sequence[Elaborated]:
    groups = groups_of(module, definition, report, given)
    return [elaborate(module, definition, arguments, members, report, sources) for arguments, members in groups]


Group = tuple[dict[str, Any], list[ast.Train]]
"""Arguments of a net, and the train sections that give them."""


def groups_of(
    module: Module, definition: ast.Net, report: Report, given: Mapping[str, Any] | None = None
) -> list[Group]:
    """How a net is checked: with each set of arguments that its train sections give, or with its defaults.

    given  arguments that count before those; names that the net does not have are left out
    """
    names = {parameter.name for parameter in definition.parameters}
    given = {name: value for name, value in (given or {}).items() if name in names}
    trains = _trains(module, definition, report)
    groups: list[Group] = []
    for train in trains:
        arguments = {**_arguments(module, train, report), **given}
        for known, members in groups:
            if known == arguments:
                members.append(train)
                break
        else:
            groups.append((arguments, [train]))
    if not groups:
        if any(parameter.default is None and parameter.name not in given for parameter in definition.parameters):
            return []
        groups.append((given, []))
    return groups


def _as_static(module: Module, value: Any) -> Any:
    """A Python value as elaboration holds it: lists are tuples, the word of a layer is the layer."""
    if isinstance(value, (list, tuple)):
        return tuple(_as_static(module, item) for item in value)
    if isinstance(value, str):
        return module.layer(value) or built_in(value) or value
    return value


def _errors(report: Report) -> list[Diagnostic]:
    return [found for found in report.all() if found.severity is Severity.ERROR]


def _stop_at_errors(report: Report) -> None:
    if report.errors:
        raise DiagnosticError(_errors(report))
