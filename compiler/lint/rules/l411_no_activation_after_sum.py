"""L411: a residual sum between two linear layers."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import ends_linear, is_linear, is_norm, keeps
from netc.compiler.lint.residual import ADDING, is_residual, sides
from netc.compiler.lint.wiring import Wiring, data_inputs
from netc.grammar.diagnostics import Diagnostic, Label

CONVOLUTIONS = frozenset(("conv", "depthwise", "separable", "conv_transpose", "locally_connected"))


@rule("L411")
def no_activation_after_sum(subject: Subject) -> Iterator[Diagnostic]:
    """A residual sum goes from a linear layer straight into the next linear layer.

    ## What it does
    Finds residual sums whose branch ends with a convolution or dense layer without an activation, at most normalized,
    and which only layers with weights read, with neither norm nor activation before them. A branch that ends narrower
    than it is inside, or a next layer that widens or has groups, as in MobileNetV2 on purpose, is left alone.

    ## Why is this bad
    The last layer of this block and the first of the next are one linear function of what the branch saw: the second of
    the two is spent on nothing. Either the relu behind the sum was forgotten, or the norm and relu with which a block
    begins that has none behind it (He et al. 2016, arXiv:1603.05027).

    ## Example
    ```
    net Straight {
      input image: 16x32x32
      repeat 2 { add { identity; conv(16, 3x3, pad=same, act=relu) -> conv(16, 3x3, pad=same) } }
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Bent {
      input image: 16x32x32
      repeat 2 { add { identity; conv(16, 3x3, pad=same, act=relu) -> conv(16, 3x3, pad=same) } -> relu }
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for total in wiring.called(*ADDING):
            linear = _readers(total, wiring)
            last = _last_of_branch(total, wiring) if linear else None
            if last is not None:
                yield warning(
                    "no activation behind a residual sum",
                    total.span,
                    f"goes straight into {linear[0].word}",
                    secondary=(
                        Label(last.span, "a linear layer before it"),
                        Label(linear[0].span, "and another behind it"),
                    ),
                    help="put `relu` behind the sum, or begin each branch with `batchnorm -> relu`",
                )


def _readers(total: LayerInstance, wiring: Wiring) -> list[LayerInstance]:
    """The linear layers that alone read a sum, but for the next sum; none where others do, or a bottleneck ends."""
    value = total.outputs[0]
    readers = [reader for reader in wiring.readers_of(value) if reader.word not in (*ADDING, "identity")]
    linear = all(is_linear(layer) and not _widens(layer) and _mixes(layer) for layer in readers)
    return readers if linear and value not in wiring.wanted else []


def _last_of_branch(total: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The layer with weights, and without an activation, that a branch ends with."""
    for skip, branch in sides(total, wiring):
        last = wiring.maker(wiring.back(branch, _levels))
        if last is not None and ends_linear(last) and not _narrows(last) and is_residual(skip, branch, wiring):
            return last
    return None


def _levels(layer: LayerInstance) -> bool:
    return is_norm(layer) or keeps(layer)


def _narrows(layer: LayerInstance) -> bool:
    """Whether a layer makes fewer channels, or features, than it reads."""
    before, after = _widths(layer)
    return after < before


def _mixes(layer: LayerInstance) -> bool:
    """Whether each of its results is made of all channels."""
    return all(node.attributes.get("group", 1) == 1 for node in layer.nodes)


def _widths(layer: LayerInstance) -> tuple[int, int]:
    """Its channels, or features, before and after; equal where they are not known."""
    axis = 1 if layer.word in CONVOLUTIONS else -1
    before, after = data_inputs(layer)[0].shape[axis], layer.outputs[0].shape[axis]
    return (before, after) if isinstance(before, int) and isinstance(after, int) else (0, 0)


def _widens(layer: LayerInstance) -> bool:
    """Whether a layer makes more channels, or features, than it reads: what it reads is a bottleneck then."""
    before, after = _widths(layer)
    return before < after
