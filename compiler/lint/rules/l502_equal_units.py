"""L502: units that start equal and stay equal."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.initializers.constant import Constant
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import without_argument
from netc.compiler.lint.layers import is_activation, is_linear, is_norm, keeps
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic, Label

POOLS = frozenset(("maxpool", "avgpool", "global_avgpool", "global_maxpool"))


@rule("L502", fix="unsafe", changes=(Change.PARAMETERS,))
def equal_units(subject: Subject) -> Iterator[Diagnostic]:
    """Two layers in a row start with one number in all their weights, so that the units between them stay equal.

    ## What it does
    Finds layers whose weights all start as one number, by `init=constant(…)` or the train section's `initializers`, and
    that read, at most normalized, activated and pooled, the result of another such layer.

    ## Why is this bad
    All units between the two compute the same, count the same for what follows, and get the same gradient: they are one
    unit for ever, however many there are. With zeros the gradient of both layers is zero, and nothing moves at all. One
    layer of zeros alone, such as the last of a branch, is fine: the random ones around it tell its units apart.

    ## Example
    ```
    net Equal {
      input x: 16
      dense(32, act=relu, init=constant(0.1)) -> dense(4, init=constant(0.1))
    }
    ```

    ## Use instead
    ```
    net Different {
      input x: 16
      dense(32, act=relu) -> dense(4, init=constant(0))
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        equal = {layer: number for layer in net.layers if (number := _number(layer)) is not None}
        for layer in equal if len(equal) > 1 else ():
            first = wiring.maker(wiring.back(layer.inputs[0], _between))
            if first is None or first not in equal:
                continue
            units = first.outputs[0].shape[1 if first.outputs[0].rank > 2 else -1]
            if not isinstance(units, int) or units < 2:
                continue
            idle = equal[first] == equal[layer] == 0
            yield warning(
                f"{counted(units, 'unit')} between two layers {'get no gradient' if idle else 'are equal and stay so'}",
                layer.span,
                f"all weights start as {equal[layer]:g}",
                secondary=(Label(first.span, f"all weights start as {equal[first]:g}"),),
                help="leave one of them, the first at best, to the random numbers that it is drawn from",
                fix=without_argument(first.span, "init", subject),
            )


def _number(layer: LayerInstance) -> float | None:
    """The number that all of a layer's weights start as, if there is one."""
    if not is_linear(layer):
        return None
    kernels = [item.initial for item in layer.parameters if item.value.rank > 1]
    return kernels[0].value if len(kernels) == 1 and isinstance(kernels[0], Constant) else None


def _between(layer: LayerInstance) -> bool:
    return is_activation(layer) or is_norm(layer) or keeps(layer) or layer.word in POOLS
