"""L905: a block of one line that is used once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import source
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic
from netc.grammar.walk import read, walk

LONGEST = 2


@rule("L905")
def block_used_once(subject: Subject) -> Iterator[Diagnostic]:
    """A block of one or two layers is used in one place only.

    ## What it does
    Finds blocks whose body is one statement of at most two layers and that the file applies once, outside of loops, and
    doesn't hand to others. Blocks of a file without nets are left alone: other files use them.

    ## Why is this bad
    The reader has to look up what one line could have said where it is used. A block pays where it is used again, or
    where its name tells more than its lines.

    ## Example
    ```
    block head(classes) { dense(classes) }

    net Small {
      input image: 1x28x28
      flatten
      logits = head(10)
    }
    ```

    ## Use instead
    ```
    net Small {
      input image: 1x28x28
      flatten
      logits = dense(10)
    }
    ```
    """
    items = subject.tree.items
    if not any(isinstance(item, ast.Net) for item in items):
        return
    small = [item for item in items if isinstance(item, ast.Block) and _small(item)]
    if not small:
        return
    read_nodes = tuple(walk(*items, inside=read))
    counts = Counter(node.id for node in read_nodes if isinstance(node, ast.Name))
    applied = {name.id: name for node in read_nodes if isinstance(node, ast.Flow) for name in _words(node)}
    looped = {node.id for loop in walk(*items) if isinstance(loop, (ast.For, ast.Repeat))
              for node in walk(loop) if isinstance(node, ast.Name)}  # fmt: skip
    for block in small:
        use = applied.get(block.name)
        if use is not None and counts[block.name] == 1 and block.name not in looped:
            yield warning(
                f"the block `{block.name}` is one line, and used once",
                block.name_span,
                f"used in line {use.span.line}",
                help=f"write its line there: `{source(subject).between(block.body.statements[0].span)}`",
            )


def _words(flow: ast.Flow) -> Iterator[ast.Name]:
    """What a flow applies, or starts from."""
    for element in flow.elements:
        word = element.function if isinstance(element, ast.Call) else element
        if isinstance(word, ast.Name):
            yield word


def _small(block: ast.Block) -> bool:
    """Whether a body is one statement of one or two plain layers on one line."""
    if len(block.body.statements) != 1:
        return False
    (statement,) = block.body.statements
    if not isinstance(statement, ast.Flow) or statement.span.line != statement.span.end_line:
        return False
    plain = all(isinstance(element, (ast.Name, ast.Call)) for element in statement.elements)
    return plain and len(statement.elements) <= LONGEST
