"""L409: one activation right behind another."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.bounds import bounds_of
from netc.compiler.lint.edits import everywhere, without_layer
from netc.compiler.lint.layers import activation_of, is_activation, keeps
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L409", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def doubled_activation(subject: Subject) -> Iterator[Diagnostic]:
    """An activation follows an activation, with nothing between them.

    ## What it does
    Finds `relu`, `tanh` and the like whose input is the result of an activation, a layer's own or its `act=`, at most
    pooled by nothing, flattened or dropped out.

    ## Why is this bad
    A relu of a relu changes nothing, and another pair bends the values twice without any weights between, which
    flattens more and learns no more. Mostly a block that activates was given a layer with an `act` of its own.

    ## Example
    ```
    net Twice {
      input image: 3x32x32
      conv(16, 3x3, act=relu) -> relu
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Once {
      input image: 3x32x32
      conv(16, 3x3, act=relu)
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        found: dict[object, list[tuple[LayerInstance, LayerInstance, str]]] = {}
        for layers in wiring.by_word.values():
            for second in layers if is_activation(layers[0]) else ():
                first = wiring.maker(wiring.back(second.inputs[0], keeps))
                before = activation_of(first) if first is not None else None
                if first is not None and before is not None and before != "act":
                    found.setdefault(second.span, []).append((first, second, before))
        for items in found.values():
            idle = all(second.word == "relu" and bounds_of(second.inputs[0]).low >= 0 for _, second, _ in items)
            safe = idle and everywhere([second for _, second, _ in items], subject)
            for first, second, before in items:
                yield warning(
                    f"{second.word} right behind {before}" + (" changes nothing" if idle else ""),
                    second.span,
                    "nothing between them has weights",
                    secondary=(Label(first.span, f"ends with {before}"),),
                    help="leave one of them out",
                    fix=without_layer(second.span, subject) if safe else None,
                )
