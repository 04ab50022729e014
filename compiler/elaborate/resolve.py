"""What a word means where it stands: a value in sight, a layer, or a word of an argument's type."""

from __future__ import annotations

from functools import cache
from typing import Any

from netc.compiler.declare.arguments import TRUTHS, ArgumentType, Boolean, Optional_, Pad
from netc.compiler.elaborate.foreign import did_you_mean_here
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import BuiltIn, LayerValue
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.elaborate.values import POISON, is_flowing, kind
from netc.compiler.layers.base import layer as layers
from netc.grammar import ast
from netc.grammar.diagnostics import Label, Span

BRACED = ("scan",)
"""Words of the language that stand in front of braces alone."""


@cache
def argument_words() -> frozenset[str]:
    """The words that some layer's argument takes: they may stand in a block's argument too."""
    words: set[str] = set()
    for definition in layers.all().values():
        for spec in definition.arguments.values():
            words.update(spec.type.words)
    return frozenset(words - {"none"})


@cache
def built_in(word: str) -> BuiltIn | None:
    """A layer of compiler/layers."""
    definition = layers.all().get(word)
    return BuiltIn(word, None, definition) if definition is not None else None


def in_sight(frame: Frame, name: str) -> Ref | None:
    """The value of a name: bound here or around, or by the file."""
    return frame.env.lookup(name) or frame.module.static(name)


def layer_named(frame: Frame, name: str) -> LayerValue | None:
    """The layer that a word stands for: a bound layer, a block or net of the file, or a built-in one."""
    ref = in_sight(frame, name)
    if ref is not None and isinstance(ref.value, LayerValue):
        return ref.value
    return frame.module.layer(name) or built_in(name)


def known_layers(frame: Frame) -> list[str]:
    """Every word that is a layer here."""
    local = [name for name in frame.env.visible() if isinstance(_value(frame, name), LayerValue)]
    return [*local, *frame.module.layer_names(), *layers.all()]


def _value(frame: Frame, name: str) -> Any:
    ref = frame.env.lookup(name)
    return ref.value if ref else None


def layer_or_error(frame: Frame, node: ast.Name) -> Any:
    """The layer that a word after `->`, with arguments or with braces stands for, else POISON."""
    found = layer_named(frame, node.id)
    if found is not None:
        return found
    ref = in_sight(frame, node.id)
    if ref is not None and (ref.value is POISON or ref.value is None):
        frame.run.poisoned |= ref.value is POISON
        return ref.value
    if node.id in BRACED:
        frame.error("E250", f"`{node.id}` takes braces", node.span,
                    help=f"write what happens in one step: `{node.id} {{ dense(8) }}`")  # fmt: skip
        return POISON
    if ref is not None:
        frame.error(
            "E203",
            f"`{node.id}` is {kind(ref.value)}, not a layer",
            node.span,
            secondary=[Label(ref.span, "bound here")],
            help=f"merge a value with `add({node.id})` or `concat({node.id})`, or start a flow from it",
        )
        return POISON
    help = "write `none`" if node.id.lower() in ("none", "null", "nil") else None
    if node.id in FUNCTIONS:
        help = f"`{node.id}` is a function of static values; call it with arguments"
    frame.error("E202", f"no layer is called `{node.id}`", node.span, "unknown layer",
                help=help or did_you_mean_here(node.id, known_layers(frame)))  # fmt: skip
    return POISON


def value_of(
    frame: Frame, node: ast.Name, words: tuple[str, ...] = (), type: ArgumentType | None = None
) -> Any:  # fmt: skip
    """What a word is where a value stands, else POISON; `type` is that of the argument it stands for."""
    name = node.id
    if name == "in":
        if frame.input is None:
            frame.error("E233", "nothing flows in here", node.span, help="start from a value by its name")
            return POISON
        return frame.input
    if name in words:
        return name
    ref = in_sight(frame, name)
    if ref is not None:
        if ref.training and not frame.training:
            frame.error("E214", f"`{name}` exists in training alone", node.span,
                        secondary=[Label(ref.span, "bound inside `train only`")],
                        help="bind it outside `train only`, or use it in a `train` section")  # fmt: skip
            return POISON
        frame.run.poisoned |= ref.value is POISON
        return ref.value
    layer = layer_named(frame, name)
    if layer is not None:
        return layer
    if name in argument_words() or name in frame.module.words:
        return name
    unknown(frame, node, words, type)
    return POISON


def unknown(
    frame: Frame, node: ast.Name, words: tuple[str, ...] = (), type: ArgumentType | None = None
) -> None:  # fmt: skip
    """Report a name that stands for nothing; `words` could have stood there too, and so could what `type` takes."""
    known = [*frame.env.visible(), *frame.module.static_names()]
    bound = frame.module.bound_near(node)
    if bound is not None:
        later = bound.span > node.span
        path = next((name for name in frame.env.visible() if node.id in _members(frame, name)), None)
        way = "move the bind above its use" if later else "bind it outside those braces, or where they always run"
        way = f"reach it by dots: `{path}.{node.id}`" if path is not None else way
        way = f"write `prev {node.id}` for the state one step before" if node.id in frame.states else way
        places = [Label(bound.span, "bound later" if later else "bound here, where it is not seen from")]
        frame.error("E201", f"nothing is called `{node.id}` here", node.span, secondary=places, help=way)
        return
    if type is None:
        help = did_you_mean_here(node.id, [*words, *known, *known_layers(frame)])
        if help is None and node.id.lower() in ("true", "false", "none"):
            help = f"write `{node.id.lower()}`"
    else:
        help = _meant(node.id, type) or did_you_mean_here(node.id, [*words, *known]) or f"give {type.name}"
    frame.error("E201", f"nothing is called `{node.id}`", node.span, "unknown name", help=help)


def _meant(word: str, type: ArgumentType) -> str | None:
    """What other languages' words for an argument's values are called here."""
    inner = type.inner if isinstance(type, Optional_) else type
    if isinstance(inner, Boolean) and word.lower() in TRUTHS:
        return f"write `{TRUTHS[word.lower()]}`"
    if isinstance(inner, Pad) and word.lower() in ("valid", "none", "no"):
        return "write `0`"
    if isinstance(type, Optional_) and word.lower() in ("none", "null", "nil"):
        return "write `none`"
    return None


def _members(frame: Frame, name: str) -> dict[str, Any]:
    scope = getattr(_value(frame, name), "scope", None)
    return scope.members if scope is not None else {}


def nothing_flows(frame: Frame, word: str, span: Span) -> None:
    """Report a layer at a place where no value flows."""
    what = word if " " in word else f"`{word}`"
    known = [name for name in frame.env.visible() if is_flowing(_value(frame, name))]
    help = f"start from a value: `{known[0]} -> …`" if known else "start from a value by its name"
    frame.error("E233", f"nothing flows into {what} yet", span, help=help)


def not_yet(frame: Frame, what: str, node: ast.Syntax) -> None:
    """Report a part of the language that this version does not have."""
    frame.error("E290", f"{what} is not supported by this version", node.span,
                help="leave it out; docs/language.md lists what comes later")  # fmt: skip
