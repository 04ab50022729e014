"""L002: a bias that the norm behind it takes out again."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import with_argument
from netc.compiler.lint.wiring import Wiring
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic, Label, Span

NAMES = {"batchnorm": "batch", "instancenorm": "instance", "groupnorm": "group"}


@rule("L002", fix="unsafe", changes=(Change.PARAMETERS, Change.STRUCTURE))
def bias_before_norm(subject: Subject) -> Iterator[Diagnostic]:
    """A layer adds a bias right before a norm that subtracts the mean of each channel.

    ## What it does
    Finds convolutions and dense layers with a bias whose result goes into `batchnorm`, `instancenorm`, or `groupnorm`
    of as many groups as channels, and nowhere else. Other norms subtract a mean over several channels, which leaves
    what their biases differ by.

    ## Why is this bad
    With the mean of each channel goes any bias; the norm's own `bias` parameter does the shifting. The one before it
    costs parameters, memory and time, and its gradient is always zero.

    ## Example
    ```
    net Twice {
      input image: 3x32x32
      conv(16, 3x3) -> batchnorm -> relu
    }
    ```

    ## Use instead
    ```
    net Once {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        found: dict[Span, list[tuple[LayerInstance, LayerInstance]]] = {}
        for norm in wiring.called("batchnorm", "instancenorm", "groupnorm"):
            if _by_channel(norm) and (layer := _biased(norm, wiring)):
                found.setdefault(layer.span, []).append((layer, norm))
        for span, pairs in found.items():
            every = len(pairs) == sum(layer.span == span for layer in net.layers)
            fix = with_argument(pairs[0][0], "bias=false", subject) if every else None
            for layer, norm in pairs:
                bias = next(item for item in layer.parameters if item.name.endswith(".bias"))
                yield warning(
                    f"{NAMES[norm.word]} normalization takes this bias out again",
                    layer.span,
                    f"`{bias.name}`: {counted(bias.count, 'parameter')} without effect",
                    secondary=(Label(norm.span, "subtracts the mean of each channel"),),
                    help="write `bias=false`" if every else f"write `bias=false` where `{norm.word}` follows",
                    fix=fix,
                )


def _by_channel(norm: LayerInstance) -> bool:
    """Whether it takes a mean for each channel alone."""
    return norm.word != "groupnorm" or getattr(norm.layer, "groups", 0) == norm.inputs[0].shape[1]


def _biased(norm: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The layer whose biased result this norm alone reads, where the bias is one number a channel."""
    value = norm.inputs[0]
    layer = wiring.maker(value)
    if layer is None or value.node is None or wiring.only_reader(value) is not norm:
        return None
    biases = {item.value for item in layer.parameters if item.name.endswith(".bias")}
    convolves = get_op(value.node.op).kind is Kind.PRODUCT
    adds = convolves or (value.node.op == "Add" and value.rank == 2)
    return layer if adds and biases & set(value.node.inputs) else None
