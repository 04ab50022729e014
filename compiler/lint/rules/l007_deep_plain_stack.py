"""L007: many layers in a row without a skip connection."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.wiring import Wiring
from netc.compiler.net import Net
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L007", limit=20)
def deep_plain_stack(subject: Subject) -> Iterator[Diagnostic]:
    """More than 20 layers with weights follow each other without a skip connection.

    ## What it does
    Counts layers with weights along every path since the last place where two paths meet (`add`, `concat`, a sum in
    the text) and reports the first path that goes past 20.

    ## Why is this bad
    Plain stacks stop getting better at about 20 layers, then get worse, on training data too: each layer has to pass
    everything on through its weights, and the gradient on its way back as well (He et al. 2015, arXiv:1512.03385).

    ## Example
    ```
    block unit { conv(16, 3x3, pad=same, bias=false) -> batchnorm -> relu }

    net Plain {
      input image: 16x32x32
      repeat 24 { unit }
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    block unit { conv(16, 3x3, pad=same, bias=false) -> batchnorm -> relu }

    net Residual {
      input image: 16x32x32
      repeat 12 { add { identity; unit -> conv(16, 3x3, pad=same, bias=false) -> batchnorm } -> relu }
      global_avgpool -> dense(10)
    }
    ```
    """
    limit = subject.setting("L007", "limit")
    for net in subject.nets:
        found = _first_past(net, subject.wiring(net), limit)
        if found is not None:
            layer, start, length = found
            yield warning(
                f"{counted(length, 'layer')} in a row without a skip connection",
                layer.span,
                f"`{layer.path}` is number {limit + 1}",
                secondary=(Label(start.span, f"`{start.path}` is the first"),),
                help="let every second or third layer add to what it starts from: `add { identity; … }`",
            )


def _first_past(net: Net, wiring: Wiring, limit: int) -> tuple[LayerInstance, LayerInstance, int] | None:
    """The first layer past the limit, the first of its stack, and how long that stack becomes."""
    runs: dict[Value, tuple[int, LayerInstance | None]] = {}
    past: tuple[LayerInstance, LayerInstance] | None = None
    longest = 0
    for layer in net.layers:
        before = wiring.before(layer)
        length, start = runs.get(before[0], (0, None)) if len(before) == 1 else (0, None)
        if layer.parameters and any(not item.buffer and len(item.value.shape) > 1 for item in layer.parameters):
            length, start = length + 1, start or layer
        if length > limit and past is None and start is not None:
            past = (layer, start)
        if past is not None and start is past[1]:
            longest = max(longest, length)
        for value in layer.outputs:
            runs[value] = length, start
    return (*past, longest) if past else None
