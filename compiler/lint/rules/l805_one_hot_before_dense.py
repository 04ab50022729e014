"""L805: a table looked up by multiplying it with ones and zeros."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.wiring import data_inputs
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

SMALLEST = 64


@rule("L805")
def one_hot_before_dense(subject: Subject) -> Iterator[Diagnostic]:
    """`one_hot` goes straight into `dense`, which is a look-up in a table done as a product.

    ## What it does
    Finds `dense` layers that read nothing but the result of `one_hot`, of 64 classes or more.

    ## Why is this bad
    The product of a one and many zeros with a matrix is one of its rows. `embedding` takes the row: no multiplications,
    and no tensor of zeros as wide as the vocabulary. With a vocabulary of 10,000 and 100 words that tensor alone has 4
    megabytes an example.

    ## Example
    ```
    net Reader {
      input words: int 100
      one_hot(10_000) -> dense(64, bias=false)
      mean(axis=0)
      logits = dense(2)
    }
    ```

    ## Use instead
    ```
    net Reader {
      input words: int 100
      embedding(10_000, 64)
      mean(axis=0)
      logits = dense(2)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer in net.layers:
            inputs = data_inputs(layer) if layer.word == "dense" else []
            maker = wiring.maker(inputs[0]) if len(inputs) == 1 else None
            if maker is None or maker.word != "one_hot":
                continue
            classes, width = language_shape(inputs[0])[-1], language_shape(layer.outputs[0])[-1]
            if isinstance(classes, int) and isinstance(width, int) and classes >= SMALLEST:
                yield warning(
                    "`one_hot` into `dense` looks a row up by multiplying with zeros",
                    layer.span,
                    f"{classes * width:,} multiply-accumulates for each row of {width}",
                    secondary=(Label(maker.span, f"{counted(classes, 'number')}, one of which is not 0"),)
                    if maker.span.file == layer.span.file
                    else (),
                    help=f"write `embedding({classes}, {width})` in the place of both",
                )
