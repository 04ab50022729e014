"""L501: an initializer that scales for another activation than follows."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import instead, with_argument
from netc.compiler.lint.layers import activation_of, is_activation, is_linear, keeps
from netc.compiler.lint.wiring import Wiring
from netc.grammar.diagnostics import Change, Diagnostic, Fix, Label

FOR_RECTIFIERS = frozenset(("he_normal", "he_uniform"))
RECTIFYING = frozenset(("relu", "relu6", "leaky_relu", "prelu"))
CENTRED = frozenset(("tanh", "sigmoid", "softsign", "hardtanh", "hardsigmoid"))
FITTING = {
    "selu": "lecun_normal",
    **dict.fromkeys(CENTRED, "glorot_uniform"),
    **dict.fromkeys(RECTIFYING, "he_uniform"),
}


@rule("L501", fix="unsafe", changes=(Change.PARAMETERS,))
def unfit_initializer(subject: Subject) -> Iterator[Diagnostic]:
    """Weights are drawn for another activation than the one that follows.

    ## What it does
    Finds layers whose text says `init=he_normal` or `he_uniform` before `tanh`, `sigmoid` and their like,
    `lecun_normal` before a rectifier, and anything but `lecun_normal` before `selu`, the default `he_uniform` included.

    ## Why is this bad
    He's variance 2 / fan_in makes up for the half that a rectifier throws away; tanh throws nothing away and saturates,
    a layer more each time. LeCun's 1 / fan_in before a relu halves the signal at every layer. And selu keeps mean 0 and
    variance 1, which is all it is for, with 1 / fan_in alone (Klambauer et al. 2017, arXiv:1706.02515).

    ## Example
    ```
    net Unfit {
      input x: 16
      dense(32, act=selu) -> dense(4)
    }
    ```

    ## Use instead
    ```
    net Fitting {
      input x: 16
      dense(32, act=selu, init=lecun_normal) -> dense(4)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer in net.layers:
            if not is_linear(layer):
                continue
            says = "init" in layer.argument_spans
            word, follows = _activation(layer, wiring) if says or "Elu" in wiring.by_op else (None, layer)
            initial = next((item.initial for item in layer.parameters if item.value.rank > 1), None)
            drawn = getattr(initial, "word", "")
            if word is None or not _is_unfit(drawn, word, says):
                continue
            wanted = FITTING[word]
            yield warning(
                f"{drawn} before {word}",
                layer.argument_spans["init"] if says else layer.span,
                _why(drawn, word),
                secondary=(Label(follows.span, f"{word} follows"),),
                help=f"write `init={wanted}`",
                fix=_fix(layer, wanted, subject),
            )


def _activation(layer: LayerInstance, wiring: Wiring) -> tuple[str | None, LayerInstance]:
    """The activation that a layer's result goes through next, and the layer it belongs to."""
    own, reader = activation_of(layer), layer
    if own is not None:
        return own, layer
    while (after := wiring.only_reader(reader.outputs[0])) is not None and keeps(after):
        reader = after
    return (after.word, after) if after is not None and is_activation(after) else (None, layer)


def _is_unfit(drawn: str, word: str, says: bool) -> bool:
    if word == "selu":
        return drawn in (*FOR_RECTIFIERS, "glorot_normal", "glorot_uniform")
    if not says:
        return False
    return (drawn in FOR_RECTIFIERS and word in CENTRED) or (drawn == "lecun_normal" and word in RECTIFYING)


def _why(drawn: str, word: str) -> str:
    if word == "selu":
        return "selu keeps the variance 1 with weights of variance 1 / fan_in alone"
    if drawn == "lecun_normal":
        return f"{word} halves the signal, which this doesn't make up for"
    return f"twice the variance that {word} needs"


def _fix(layer: LayerInstance, wanted: str, subject: Subject) -> Fix | None:
    span = layer.argument_spans.get("init")
    return instead(span, f"init={wanted}", subject) if span else with_argument(layer, f"init={wanted}", subject)
