"""L302: dropout of single elements of a map in a network with batch normalization."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import other_word
from netc.compiler.lint.layers import drops, map_sizes, rate
from netc.compiler.lint.wiring import Wiring, data_inputs
from netc.compiler.net import Net
from netc.grammar.diagnostics import Change, Diagnostic


@rule("L302", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def dropout_on_maps(subject: Subject) -> Iterator[Diagnostic]:
    """Dropout sets single elements of a map to zero in a convolutional network with batch normalization.

    ## What it does
    Finds `dropout` of a map with rows and columns behind which `batchnorm` follows, right away or later.

    ## Why is this bad
    Neighbours on a map are alike, so a dropped element is read off those beside it: it hides nothing, and only makes
    noise (Tompson et al. 2014, arXiv:1411.4280). The norms behind it collect the variance of that noise and divide by
    it in use, where there is none. `spatial_dropout` drops whole channels; batch norm itself makes most of the noise
    that dropout was for, so that one dropout before the last layer is what is left of it in most networks.

    ## Example
    ```
    net Noisy {
      input image: 3x32x32
      repeat 2 { conv(16, 3x3, bias=false) -> batchnorm -> relu -> dropout(0.3) }
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Quiet {
      input image: 3x32x32
      repeat 2 { conv(16, 3x3, bias=false) -> batchnorm -> relu }
      global_avgpool -> dropout(0.3) -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        on_maps = [layer for layer in wiring.called("dropout") if drops(layer) and max(map_sizes(layer), default=1) > 1]
        if not on_maps or "batchnorm" not in wiring.by_word:
            continue
        before_norms = _before_norms(net)
        for layer in on_maps:
            if layer.outputs[0] in before_norms and not _right_before_norm(layer.outputs[0], wiring):
                yield warning(
                    "dropout of single elements of a map, with batch norm behind it",
                    layer.span,
                    f"drops {100 * rate(layer):g} % of {'x'.join(map(str, map_sizes(layer)))} places in each channel",
                    help="write `spatial_dropout`, which drops channels, or keep one dropout before the last layer",
                    fix=other_word(layer.span, "spatial_dropout", subject),
                )


def _before_norms(net: Net) -> set[Value]:
    """The values that reach a batch norm."""
    found: set[Value] = set()
    for layer in reversed(net.layers):
        if layer.word == "batchnorm" or any(value in found for value in layer.outputs):
            found.update(data_inputs(layer))
    return found


def _right_before_norm(value: Value, wiring: Wiring) -> bool:
    reader = wiring.only_reader(value)
    return reader is not None and reader.word == "batchnorm"
