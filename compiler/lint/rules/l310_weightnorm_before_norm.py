"""L310: a weight of a learned length whose result is normalized."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import keeps
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

PER_CHANNEL = ("batchnorm", "instancenorm")


@rule("L310")
def weightnorm_before_norm(subject: Subject) -> Iterator[Diagnostic]:
    """Weight normalization learns a length for each channel, and the norm behind it takes the length out again.

    ## What it does
    Finds `weightnorm(…)` whose result goes into `batchnorm` or `instancenorm` and nowhere else.

    ## Why is this bad
    Both say how large a channel is; the second alone is heard. The lengths `weight_g` have no effect and a gradient of
    zero, and making the weight anew costs time at every step. Weight normalization is there to do without batch
    statistics (Salimans & Kingma 2016, arXiv:1602.07868).

    ## Example
    ```
    net Both {
      input image: 3x32x32
      weightnorm(conv(16, 3x3, bias=false)) -> batchnorm -> relu
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net One {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for first in wiring.called("weightnorm"):
            norm = wiring.only_reader(first.outputs[0])
            while norm is not None and keeps(norm):
                norm = wiring.only_reader(norm.outputs[0])
            lengths = [item for item in first.parameters if item.name.endswith("weight_g")]
            if norm is not None and norm.word in PER_CHANNEL and lengths and _ends_linear(first):
                yield warning(
                    f"{norm.word} takes out the lengths that weightnorm learns",
                    first.span,
                    f"`{lengths[0].name}`: {counted(lengths[0].count, 'parameter')} without effect",
                    secondary=(Label(norm.span, "brings each channel to one scale"),),
                    help="leave one of the two out",
                )


def _ends_linear(layer: LayerInstance) -> bool:
    """Whether the layer inside has no activation of its own."""
    node = layer.outputs[0].node
    return node is not None and (node.op == "Add" or get_op(node.op).kind is Kind.PRODUCT)
