"""L306: batch normalization that learns between layers that don't."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import is_activation, is_linear, keeps
from netc.compiler.lint.plans import setting_span
from netc.compiler.lint.wiring import Wiring
from netc.compiler.plan.moving import frozen
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

POOLS = frozenset(("maxpool", "avgpool"))


@rule("L306")
def norm_between_frozen(subject: Subject) -> Iterator[Diagnostic]:
    """A batch normalization moves while the layers before and behind it are frozen.

    ## What it does
    Finds `batchnorm` that a train section leaves free, statistics and all, between a layer with weights and another one
    that are both frozen.

    ## Why is this bad
    The frozen layers were trained with the statistics that the norm had. While these move, and in training are the
    batch's own, the layer behind it gets other numbers than those its weights fit, and cannot adapt: features get worse
    before anything gets better. Freeze the whole part, by its name. Where nothing but the norms shall learn, on
    purpose, allow it in the text.

    ## Example
    ```
    net Between {
      input image: 3x32x32
      repeat 2 { conv(16, 3x3, bias=false) -> batchnorm -> relu }
      logits = global_avgpool -> dense(10)
    }
    train Between {
      loss   = cross_entropy(logits, label)
      freeze = ["conv*"]
    }
    ```

    ## Use instead
    ```
    net Together {
      input image: 3x32x32
      trunk = repeat 2 { conv(16, 3x3, bias=false) -> batchnorm -> relu }
      logits = global_avgpool -> dense(10)
    }
    train Together {
      loss   = cross_entropy(logits, label)
      freeze = ["trunk"]
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for plan in net.plans:
            norms = list(wiring.called("batchnorm")) if plan.freeze else []
            fixed = frozen(net.parameters, plan) if norms else ()
            found = [norm for norm in norms if _moves(norm, fixed) and _between(norm, wiring, fixed)]
            place = setting_span(subject, plan, "freeze")
            if found and place is not None:
                yield warning(
                    f"{counted(len(found), 'batch norm')} between frozen layers "
                    f"{'moves' if len(found) == 1 else 'move'}",
                    place,
                    f"freezes the layers around `{found[0].path}`, and not it",
                    secondary=(Label(found[0].span, "learns, and normalizes by its batch"),),
                    help='freeze the part by its name, norms and all: `freeze = ["stem"]`',
                )


def _moves(norm: LayerInstance, fixed: Collection[Value]) -> bool:
    return not any(item.value in fixed for item in norm.parameters)


def _between(norm: LayerInstance, wiring: Wiring, fixed: Collection[Value]) -> bool:
    before = wiring.maker(wiring.back(norm.inputs[0], _passes))
    after: LayerInstance | None = norm
    while after is not None and (after is norm or _passes(after)):
        after = next(iter(wiring.readers_of(after.outputs[0])), None)
    return all(layer is not None and is_linear(layer) and _is_fixed(layer, fixed) for layer in (before, after))


def _passes(layer: LayerInstance) -> bool:
    return is_activation(layer) or keeps(layer) or layer.word in POOLS


def _is_fixed(layer: LayerInstance, fixed: Collection[Value]) -> bool:
    return bool(layer.parameters) and all(item.value in fixed for item in layer.parameters)
