"""L910: arguments that only their place tells apart."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.layers.base import layer as layers
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import at, file_names, parts
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Edit, Fix

BARE = 2


@rule("L910", fix="safe")
def positional_arguments(subject: Subject) -> Iterator[Diagnostic]:
    """A layer is given more than two arguments without their names.

    ## What it does
    Finds applications of layers with three or more arguments that only their place tells apart.

    ## Why is this bad
    In `conv(64, 3x3, 2, 1)` the 2 is the stride here and the padding elsewhere; each framework has its own order. The
    first two, how many and how large, nobody mixes up.

    ## Example
    ```
    net Small {
      input image: 3x32x32
      conv(64, 3x3, 2, 1, act=relu)
      global_avgpool
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Small {
      input image: 3x32x32
      conv(64, 3x3, stride=2, pad=1, act=relu)
      global_avgpool
      logits = dense(10)
    }
    ```
    """
    own = file_names(subject)
    known = layers.all()
    for node in (call for part in parts(subject) for call in part.all(ast.Call)):
        if not isinstance(node.function, ast.Name) or node.function.id in own:
            continue
        definition = known.get(node.function.id)
        bare = [argument for argument in node.arguments if argument.name is None]
        if definition is None or definition.inputs[1] > 1 or len(bare) <= BARE:
            continue
        names = [spec.name for spec in definition.arguments.values() if not spec.by_name]
        late = list(zip(bare, names, strict=False))[BARE:]
        if not late:  # more than there are names for, in a block that nothing applies
            continue
        yield warning(
            f"what are the last {len(late)} of these?" if len(late) > 1 else "what is the last of these?",
            late[0][0].span.to(late[-1][0].span),
            f"they are {' and '.join(f'`{name}`' for _, name in late)}" if len(late) > 1 else f"it is `{late[0][1]}`",
            help="write the names",
            fix=Fix("write the names", tuple(Edit(at(argument.span), f"{name}=") for argument, name in late)),
        )
