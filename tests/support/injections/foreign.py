"""Lines of other frameworks, pasted in where a layer stands, with what they would say there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import language_shape
from netc.grammar import ast
from tests.support.injections.mutation import Mutation
from tests.support.injections.original import Original

Spell = Callable[[LayerInstance], str | None]


def keras(original: Original) -> Iterator[Mutation]:
    """`conv(32, 3x3, pad=same, act=relu)` becomes `Conv2D(32, (3, 3), padding="same", activation="relu")`."""
    yield from _pasted(original, "Keras's spelling", in_keras)


def pytorch(original: Original) -> Iterator[Mutation]:
    """`conv(32, 3x3, pad=1)` becomes `nn.Conv2d(16, 32, kernel_size=(3, 3), padding=1)`."""
    yield from _pasted(original, "PyTorch's spelling", in_pytorch)


def _pasted(original: Original, kind: str, spell: Spell) -> Iterator[Mutation]:
    layers: dict[str, list[tuple[ast.Syntax, str]]] = {}
    for flow in original.nodes(ast.Flow):
        for element in flow.elements:
            applied = original.layers.get(element.span, [])
            spelt = {spell(one) for one in applied}
            new = next(iter(spelt)) if len(spelt) == 1 else None
            if new is not None:
                layers.setdefault(applied[0].word, []).append((element, new))
    for word, sites in layers.items():
        for element, new in original.some(sites)[: 1 if original.most else None]:
            yield original.changed(kind, [(element.span, new)], "E202 E201", f"`{word}`", f"{word}(")


def in_keras(one: LayerInstance) -> str | None:
    """How Keras writes a layer, where it has one that says all of it."""
    settings, axes = _settings(one), len(language_shape(one.inputs[0])) - 1 if one.inputs else 0
    match one.word:
        case "conv" if axes == 2 and _only(settings, "filters", "kernel", "stride", "pad", "bias", "act"):
            pad = settings.get("pad", 0)
            if pad not in (0, "same") or isinstance(settings["kernel"], int):
                return None
            return _call("Conv2D", settings["filters"], _tuple(settings["kernel"]), strides=settings.get("stride"),
                         padding="same" if pad == "same" else None, use_bias=settings.get("bias"),
                         activation=_activation(settings))  # fmt: skip
        case "dense" if axes == 0 and _only(settings, "units", "bias", "act"):
            return _call("Dense", settings["units"], use_bias=settings.get("bias"), activation=_activation(settings))
        case "maxpool" if axes == 2 and set(settings) == {"kernel"} and not isinstance(settings["kernel"], int):
            return _call("MaxPooling2D", _tuple(settings["kernel"]))
        case "dropout" if set(settings) == {"rate"}:
            return _call("Dropout", settings["rate"])
        case "batchnorm" if not settings:
            return "BatchNormalization()"
        case "flatten" if not settings:
            return "Flatten()"
        case "relu":
            return "layers.ReLU()"
        case "global_avgpool" if axes == 2 and not settings:
            return "GlobalAveragePooling2D()"
    return None


def in_pytorch(one: LayerInstance) -> str | None:
    """How PyTorch writes a layer, where it has one that says all of it."""
    settings, shape = _settings(one), language_shape(one.inputs[0]) if one.inputs else ()
    match one.word:
        case "conv" if len(shape) == 3 and _only(settings, "filters", "kernel", "stride", "pad", "bias", "groups"):
            pad = settings.get("pad", 0)
            if not isinstance(pad, int):
                return None
            return _call("nn.Conv2d", shape[0], settings["filters"], kernel_size=_tuple(settings["kernel"]),
                         stride=settings.get("stride"), padding=pad or None, groups=settings.get("groups"),
                         bias=settings.get("bias"))  # fmt: skip
        case "dense" if len(shape) == 1 and _only(settings, "units", "bias"):
            return _call("nn.Linear", shape[0], settings["units"], bias=settings.get("bias"))
        case "maxpool" if len(shape) == 3 and _only(settings, "kernel", "stride", "pad"):
            if not isinstance(settings.get("pad", 0), int):
                return None
            return _call("nn.MaxPool2d", _tuple(settings["kernel"]), stride=settings.get("stride"),
                         padding=settings.get("pad"))  # fmt: skip
        case "dropout" if set(settings) == {"rate"}:
            return _call("nn.Dropout", p=settings["rate"])
        case "batchnorm" if not settings and len(shape) == 3:
            return f"nn.BatchNorm2d({shape[0]})"
        case "flatten" if not settings:
            return "nn.Flatten()"
        case "relu":
            return "nn.ReLU(inplace=True)"
    return None


def _settings(one: LayerInstance) -> dict[str, Any]:
    """The arguments that the text gives, by name."""
    assert one.layer is None or one.layer.settings() is not None
    if one.layer is None:
        return {}
    values = one.layer.settings()
    return {name: values.get(name) for name in one.argument_spans}


def _only(settings: dict[str, Any], *names: str) -> bool:
    return set(settings) <= set(names)


def _activation(settings: dict[str, Any]) -> str | None:
    act = settings.get("act")
    return None if act is None else str(getattr(act, "word", act))


def _tuple(kernel: Any) -> Any:
    return tuple(kernel) if isinstance(kernel, Sequence) else kernel


def _call(word: str, *positional: Any, **named: Any) -> str:
    shown = [_shown(value) for value in positional]
    shown += [f"{name}={_shown(value)}" for name, value in named.items() if value is not None]
    return f"{word}({', '.join(shown)})"


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
