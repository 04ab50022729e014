"""L307: one normalization right behind another."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import everywhere, without_layer
from netc.compiler.lint.layers import NORMS, is_norm, keeps
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L307", fix="unsafe", changes=(Change.PARAMETERS, Change.STRUCTURE, Change.NAMES))
def doubled_norm(subject: Subject) -> Iterator[Diagnostic]:
    """A norm follows a norm, with nothing between them.

    ## What it does
    Finds `batchnorm`, `layernorm` and other norms whose result goes into another one and nowhere else.

    ## Why is this bad
    The second takes out again what the first one's scale and shift put in, and finds little left to do: it costs time,
    parameters and, in training, memory for the map in between. Mostly a block that begins with a norm was put behind
    one that ends with one.

    ## Example
    ```
    net Twice {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> batchnorm -> relu
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Once {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        found: dict[object, list[tuple[LayerInstance, LayerInstance]]] = {}
        for second in wiring.called(*sorted(NORMS)):
            value = wiring.back(second.inputs[0], keeps)
            first = wiring.maker(value)
            if first is not None and is_norm(first) and wiring.only_reader(value) is not None:
                found.setdefault(second.span, []).append((first, second))
        for pairs in found.values():
            same = all(first.word == second.word for first, second in pairs)
            safe = same and everywhere([second for _, second in pairs], subject)
            for first, second in pairs:
                count = sum(item.count for item in first.parameters if not item.buffer)
                yield warning(
                    f"{second.word} right behind {first.word}",
                    second.span,
                    f"takes out the scale and shift of the first, {counted(count, 'parameter')}",
                    secondary=(Label(first.span, "normalizes already"),),
                    help="keep one of them",
                    fix=without_layer(second.span, subject) if safe else None,
                )
