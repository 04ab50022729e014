"""L006: what the text defines and nothing uses. The checker finds it, because it knows what every word came to mean."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule
from netc.grammar.diagnostics import Diagnostic


@rule("L006", check=True)
def unused(subject: Subject) -> Iterator[Diagnostic]:
    """Something is defined and nothing uses it: a value, an input, a block, a parameter, a bind, a name of `use`.

    ## What it does
    Finds layers whose value no output, loss or later layer reads, inputs that nothing starts from, and blocks, block
    parameters and static binds that the file never mentions again, and patterns of `freeze` where nothing moves
    anyway. Blocks of a file without nets are left alone: other files use them.

    ## Why is this bad
    A dropped value is mostly a forgotten arrow or the wrong name after it, and the network trains without the part that
    was meant. The layer is left out of the model, so nothing else tells.

    ## Example
    ```
    net Dropped {
      input image: 1x28x28
      features = conv(8, 3x3, act=relu) -> global_avgpool
      image -> flatten                    # meant: features
      dense(10)
    }
    ```

    ## Use instead
    ```
    net Whole {
      input image: 1x28x28
      features = conv(8, 3x3, act=relu) -> global_avgpool
      features -> dense(10)
    }
    ```
    """
    for finding in subject.found:
        if finding.code == "L006":
            yield finding
