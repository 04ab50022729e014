"""What a word means where it stands: a value in sight, a layer, or a word of an argument's type."""

from __future__ import annotations

from functools import cache
from typing import Any

from netc.compiler.declare.arguments import TRUTHS, ArgumentType, Boolean, Integer, Optional_
from netc.compiler.declare.axes import Axes, AxisOrAxes, Index
from netc.compiler.declare.extents import Pad
from netc.compiler.elaborate.advice import Advice, advise
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import BuiltIn, LayerValue
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.elaborate.translate import repair, text
from netc.compiler.elaborate.values import POISON, is_flowing, kind
from netc.compiler.layers.base import layer as layers
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Label, Span, did_you_mean, suggestions

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


def layer_or_error(frame: Frame, node: ast.Name, call: ast.Call | None = None) -> Any:
    """The layer that a word after `->`, with arguments or with braces stands for, else POISON; `call` has it so."""
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
    unknown_layer(frame, node.id, node, call)
    return POISON


def unknown_layer(frame: Frame, name: str, node: ast.Expression, call: ast.Call | None = None) -> None:
    """Report a word that is no layer, with the way out."""
    if frame.report.again("E202", f"no layer is called `{name}`", node.span):
        return
    advice = advise("layer", name, known_layers(frame))
    if name.lower() in ("none", "null", "nil"):
        advice = Advice("write `none`", "none")
    if name == "range" and call is not None and 1 <= len(call.arguments) <= 2:
        ends = [text(frame, argument) for argument in call.arguments]
        span = f"{ends[0] if len(ends) == 2 else 0}..{ends[-1]}"
        help = f"write `{span}`, whose end is excluded"
        frame.error("E202", "no layer is called `range`", node.span, "unknown layer",
                    help=help, fix=Fix(help, (Edit(call.span, span),)))  # fmt: skip
        return
    if name in FUNCTIONS and advice.lacking is None:
        advice = Advice(f"`{name}` is a function of static values; call it with arguments")
    frame.error("E202", f"no layer is called `{name}`", node.span, "unknown layer",
                help=advice.help, fix=repair(frame, advice, node, call))  # fmt: skip


def elsewhere(frame: Frame, node: ast.Expression) -> str | None:
    """`nn.Conv2d`, `tf.keras.layers.Dense`: a path into a library that is none of this file; None otherwise."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.name)
        node = node.value
    if not parts or not isinstance(node, ast.Name) or node.id == "in" or in_sight(frame, node.id) is not None:
        return None
    known = layer_named(frame, node.id) is not None or frame.module.bound_near(node) is not None
    return None if known else ".".join([node.id, *reversed(parts)])


def value_of(
    frame: Frame, node: ast.Name, words: tuple[str, ...] = (), type: ArgumentType | None = None
) -> Any:  # fmt: skip
    """What a word is where a value stands, else POISON; `type` is that of the argument it stands for."""
    name = node.id
    if name == "in":
        if frame.input is None:
            help = "`identity` names what flows here" if frame.flow is not None else "start from a value by its name"
            frame.error("E233", "nothing flows in here", node.span, help=help)
            return POISON
        return frame.input
    if name in words:
        return name
    ref = in_sight(frame, name)
    if ref is not None:
        if ref.training and not frame.training:
            frame.error("E214", f"`{name}` exists in training alone", node.span,
                        secondary=[Label(ref.span, "bound inside `train only`")],
                        help="bind it outside `train only`, put this line in `train only` too, or use it in a "
                             "`train` section")  # fmt: skip
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
    if frame.report.again("E201", f"nothing is called `{node.id}`", node.span):
        return
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
        advice = advise("layer", node.id, [*words, *known, *known_layers(frame)])
        if node.id.lower() in ("true", "false", "none"):
            advice = Advice(f"write `{node.id.lower()}`", node.id.lower())
    else:
        meant, near = _meant(node.id, type), suggestions(node.id, [*words, *known])
        help = (f"write `{meant}`" if meant else None) or did_you_mean(node.id, [*words, *known])
        if node.id in BATCH and isinstance(inner := _inner(type), (Integer, AxisOrAxes, Axes, Index)):
            help = f"give {inner.name} of an example: the batch is none of them, and what is learned knows no other row"
        advice = Advice(help or f"give {type.name}", meant or (near[0] if len(near) == 1 else None))
    frame.error("E201", f"nothing is called `{node.id}`", node.span, "unknown name",
                help=advice.help, fix=repair(frame, advice, node, None))  # fmt: skip


BATCH = ("batch", "N", "batch_size", "samples")
"""What the axis is called that no layer sees."""


def _inner(type: ArgumentType) -> ArgumentType:
    return type.inner if isinstance(type, Optional_) else type


def _meant(word: str, type: ArgumentType) -> str | None:
    """What other languages' words for an argument's values are called here."""
    inner = _inner(type)
    if isinstance(inner, Boolean) and word.lower() in TRUTHS:
        return TRUTHS[word.lower()]
    if isinstance(inner, Pad) and word.lower() in ("valid", "none", "no"):
        return "0"
    if isinstance(type, Optional_) and word.lower() in ("none", "null", "nil"):
        return "none"
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
