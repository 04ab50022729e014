"""What may be called with arguments, and what those are: declarations, and blocks and nets of the file."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

from netc.compiler.declare.arguments import ArgumentType, Boolean, Optional_
from netc.compiler.declare.declared import Declared
from netc.compiler.declare.references import DeclaredType, LayerType
from netc.compiler.describe import default_of, names_elsewhere, takes
from netc.compiler.elaborate.module import Module, Written
from netc.compiler.layers.base import MANY, Layer, layer as layers
from netc.compiler.layers.of_weights import SPECS
from netc.compiler.losses.base import Loss
from netc.compiler.metrics.base import Metric
from netc.grammar import ast


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument.

    default  as one writes it; None where it must be given
    says     what it is for, and what it takes
    words    what may stand there without being a name in sight
    layer    whether a layer is taken
    place    whether it has a place among positional ones
    values   whether values of the net or fields of the data stand there: "value", "field", ""
    """

    name: str
    default: str | None
    says: str = ""
    words: tuple[str, ...] = ()
    layer: bool = False
    place: bool = True
    values: str = ""

    @property
    def shown(self) -> str:
        """As a signature shows it."""
        return self.name if self.default is None else f"{self.name}={self.default}"


@dataclass(frozen=True, slots=True)
class Callable:
    """What is called: its word, what it is, its arguments in order, what it does."""

    word: str
    kind: str
    parameters: tuple[Parameter, ...]
    documentation: str
    spread: bool = False

    @property
    def signature(self) -> str:
        """The call with all arguments that are its own."""
        own = [parameter.shown for parameter in self.parameters if parameter.name not in SPECS]
        return f"{self.word}({', '.join(own)})"


def of_declaration(definition: type[Declared], kind: str) -> Callable:
    """A layer, loss, optimizer and the like."""
    found: list[Parameter] = []
    spread = False
    if issubclass(definition, (Loss, Metric)):
        found += [
            Parameter(place.name, None, "a field of the data, or a value of the net" if place.data else
                      "a value of the net", values="field" if place.data else "value")
            for place in definition.places
        ]  # fmt: skip
        named = True
    elif issubclass(definition, Layer) and definition.inputs[1] > 1:
        spread = definition.inputs[1] >= MANY
        says = "a tensor that is merged with what flows in"
        found.append(Parameter("…" if spread else "other", None, says, values="value"))
        named = True
    else:
        named = False
    for name, spec in definition.arguments.items():
        by_name = named or spec.by_name
        default = None if spec.required else default_of(spec)
        says = f"{spec.doc} ({takes(spec.type)})"
        found.append(Parameter(name, default, says, words_of(spec.type), takes_layer(spec.type), not by_name))
    return Callable(definition.word, kind, tuple(found), inspect.getdoc(definition) or "", spread)


def of_written(written: Written) -> Callable | None:
    """A block or net of a file, with the comment above it as its documentation."""
    definition, module = written.definition, written.module
    if definition is None or module is None:
        return None
    kind = "net" if isinstance(definition, ast.Net) else "block"
    found = tuple(
        Parameter(item.name, None if item.default is None else text_of(module, item.default))
        for item in definition.parameters
    )
    return Callable(written.word, kind, found, comment_above(module, definition))


def text_of(module: Module, node: ast.Syntax) -> str:
    """A piece of syntax as it is written, on one line."""
    return " ".join(module.source(node.span).between(node.span).split())


def comment_above(module: Module, definition: ast.Block | ast.Net) -> str:
    """The comment lines right above a definition."""
    text = getattr(module, "text", "")
    lines = text.splitlines()
    head = module.source(definition.span).line(definition.span.line)
    found: list[str] = []
    for at, line in enumerate(lines):
        if line == head:
            above = at - 1
            while above >= 0 and lines[above].startswith("#"):
                found.insert(0, lines[above].lstrip("# ").rstrip())
                above -= 1
            break
    return "\n".join(found)


def words_of(kind: ArgumentType) -> tuple[str, ...]:
    """The words that an argument takes for itself."""
    if isinstance(kind, Optional_):
        return (*words_of(kind.inner), "none")
    if isinstance(kind, Boolean):
        return ("true", "false")
    if isinstance(kind, DeclaredType):
        return tuple(kind.known())
    words = kind.words
    return tuple(words) if type(words) is tuple else ()


def takes_layer(kind: ArgumentType) -> bool:
    """Whether an argument takes a layer."""
    return takes_layer(kind.inner) if isinstance(kind, Optional_) else isinstance(kind, LayerType)


def layer_called(module: Module, word: str) -> Callable | None:
    """The block, net or built-in layer of a word."""
    written = module.layers.get(word)
    if written is not None:
        return of_written(written)
    definition = layers.all().get(word)
    return None if definition is None else of_declaration(definition, "layer")


def still_to_give(
    item: Callable, before: Sequence[str], behind: Sequence[str]
) -> tuple[Parameter | None, list[Parameter]]:
    """Between the arguments of a call, which one stands there without a name, and which ones may with theirs.

    before, behind  the names of those that are given, "" of one without
    """
    named = {*before, *behind}
    places = [each for each in item.parameters if each.place and each.name not in named]
    first, rest = before.count(""), behind.count("")
    here = places[first] if first < len(places) else None
    taken = {each.name for each in (*places[:first], *places[first + 1 : first + 1 + rest])}
    return here, [each for each in item.parameters if each.name not in named | taken]


def documented(item: Callable) -> str:
    """A call with its documentation and arguments, in Markdown."""
    lines = [f"```net\n{item.signature}\n```", item.documentation]
    arguments = [f"- `{parameter.shown}`" + (f": {parameter.says}" if parameter.says else "")
                 for parameter in item.parameters if parameter.name not in SPECS and parameter.name != "…"]  # fmt: skip
    return "\n\n".join(part for part in [*lines, "\n".join(arguments)] if part)


def elsewhere(word: str) -> Sequence[str]:
    """What other frameworks call a layer."""
    definition = layers.all().get(word)
    return [] if definition is None else names_elsewhere(definition)
