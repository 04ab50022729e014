"""L701: a batch that the data cannot fill."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic


@rule("L701")
def batch_larger_than_data(subject: Subject) -> Iterator[Diagnostic]:
    """An update asks for more rows than there are to train on.

    ## What it does
    With the data at hand, compares `batch`, times `accumulate`, with the rows to train on.

    ## Why is this bad
    Every epoch is a single update of fewer rows than the text says: the number in it means nothing, and a learning rate
    that was chosen for it is too large. Mostly the setting was copied from a training on more data.

    ## Example
    ```json
    {"card": {"parts": [{"name": "train", "rows": 150}]}}
    ```
    ```
    net Flowers {
      input sizes: 4
      dense(16, act=relu)
      logits = dense(3)
    }
    train Flowers {
      loss      = cross_entropy(logits, kind)
      optimizer = adam(lr=1e-3)
      batch     = 256
      epochs    = 200
    }
    ```

    ## Use instead
    ```json
    {"card": {"parts": [{"name": "train", "rows": 150}]}}
    ```
    ```
    net Flowers {
      input sizes: 4
      dense(16, act=relu)
      logits = dense(3)
    }
    train Flowers {
      loss      = cross_entropy(logits, kind)
      optimizer = adam(lr=1e-3)
      batch     = 16
      epochs    = 200
    }
    ```
    """
    for section in sections(subject):
        plan, rows = section.plan, section.rows
        if rows is not None and plan.rows > rows:
            word = "batch" if plan.batch > rows or plan.accumulate == 1 else "accumulate"
            wanted = counted(f"{plan.batch} * {plan.accumulate}" if plan.accumulate > 1 else plan.batch, "row")
            yield warning(
                f"there are only {counted(rows, 'row')} to train on",
                section.place(word),
                f"an update asks for {wanted}, and takes all there are",
                help=f"write `batch = {_fitting(rows)}`" + (" without `accumulate`" if plan.accumulate > 1 else ""),
            )


def _fitting(rows: int) -> int:
    """A power of two of which there are eight or more in an epoch, up to 32."""
    return int(min(32, 2 ** max(0, (rows // 8).bit_length() - 1)))
