"""L901: nets and blocks that aren't called as others are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import parts
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic

CAPITALISED = re.compile(r"[A-Z][A-Za-z0-9]*")
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@rule("L901")
def net_name_style(subject: Subject) -> Iterator[Diagnostic]:
    """A net isn't called in capitalised words, or a block neither so nor in small letters.

    ## What it does
    Finds nets whose name is not of the form `LeNet5`, and blocks whose name is neither of that form nor of the form
    `squeeze_excite`.

    ## Why is this bad
    In a flow a net, a block and a layer look alike. The capital tells a whole network from a part, as the standard
    library and every example here have it; run folders and models are called after the net.

    ## Example
    ```
    net my_net {
      input image: 1x28x28
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net MyNet {
      input image: 1x28x28
      flatten
      logits = dense(10)
    }
    ```
    """
    for item in (part.item for part in parts(subject)):
        name = item.name
        if CAPITALISED.fullmatch(name):
            continue
        words = [word for word in re.split(r"_+|(?<=[a-z0-9])(?=[A-Z])", name) if word]
        capitalised = "".join(word[0].upper() + word[1:] for word in words)
        if isinstance(item, ast.Net):
            yield warning(
                f"a net is called in capitalised words, not `{name}`", item.name_span, help=f"call it `{capitalised}`"
            )
        elif not SNAKE.fullmatch(name):
            snake = "_".join(word.lower() for word in words)
            yield warning(
                f"a block is called in small letters, or in capitalised words, not `{name}`",
                item.name_span,
                help=f"call it `{snake}` or `{capitalised}`",
            )
