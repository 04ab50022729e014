"""L102: a vocabulary's weights, once for reading and once for writing."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

SMALLEST = 1_000
SHARE = 0.25


@rule("L102")
def untied_vocabulary(subject: Subject) -> Iterator[Diagnostic]:
    """A language model has the weights of its words twice, and they are most of what it has.

    ## What it does
    Finds an `embedding` of 1,000 words or more and a `dense` layer of as many outputs and the same width, each with
    weights of its own, that are a quarter of all parameters or more together.

    ## Why is this bad
    Both matrices hold a vector for each word. Tied, as GPT-2, BERT and the Transformer have them, there is one: it is
    learned from both sides, words are as near to each other in one as in the other, and perplexity falls while the
    model gets smaller (Press & Wolf 2016, arXiv:1608.05859).

    ## Example
    ```
    net Apart {
      input words: int 16
      embedding(4000, 64) -> lstm(64)
      scores = dense(4000)
    }
    ```

    ## Use instead
    ```
    net Tied {
      input words: int 16
      table = embedding(4000, 64)
      lstm(64)
      scores = dense(4000, weight=table.weight)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        tables = {layer.parameters[0].value.shape: layer for layer in wiring.called("embedding") if layer.parameters}
        for layer in wiring.called("dense") if tables else ():
            weight = next((item for item in layer.parameters if item.value.rank == 2), None)
            table = tables.get(weight.value.shape) if weight is not None else None
            if weight is None or table is None or table.parameters[0] is weight or layer.training_only:
                continue
            words, both = weight.value.shape[0], 2 * weight.count
            if isinstance(words, int) and words >= SMALLEST and both >= SHARE * net.params:
                yield warning(
                    f"{counted(words, 'word')} with two vectors each, {100 * both // net.params} % of all parameters",
                    layer.span,
                    f"{weight.count:,} weights of {net.params:,}, which tied are {net.params - weight.count:,}",
                    secondary=(Label(table.span, "as many for the same words"),),
                    help="name the embedding and take its weight: `dense(…, weight=table.weight)`",
                )
