"""What a framework has for operators: texts by their names, functions where a text depends on attributes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netc.compiler.ir import DType, Node
from netc.compiler.sources.parts import ALIASES, CannotWriteError
from netc.compiler.sources.sizes import Sizes

Expression = Callable[[Node, Sizes], str]
"""An expression with `{0}` for the first input's name."""


@dataclass(frozen=True, slots=True)
class Words:
    """The operators of a framework. `texts` are in a line, with `<axis>` for an attribute."""

    texts: Mapping[str, str]
    functions: Mapping[str, Expression]

    def expression(self, node: Node, sizes: Sizes) -> str:
        """A node with `{0}` for its first input's name, those of `sizes.asked` behind; raises CannotWriteError."""
        if node.op in ALIASES:
            return "{0}"
        if node.op in self.texts:
            return re.sub("<(\\w+)>", lambda found: shown(node.attributes[found.group(1)]), self.texts[node.op])
        if node.op in self.functions:
            return self.functions[node.op](node, sizes)
        if node.op == "Scan":
            return _scan(self, node, sizes)
        raise CannotWriteError(f"the operator {node.op} of {node.origin.scope}")


def shown(attribute: Any) -> str:
    """An attribute in Python: an element type by its name."""
    return str(attribute) if isinstance(attribute, DType) else repr(attribute)


def filled(text: str, names: Sequence[str]) -> str:
    """An expression with names for its inputs."""
    return re.sub(r"\{(\d+)\}", lambda found: names[int(found.group(1))], text)


def _scan(words: Words, node: Node, sizes: Sizes) -> str:
    """A function of one step, and the helper that runs it; lines before the last stand in front of the statement."""
    at, body = node.attributes, node.attributes["body"]
    names = {value: f"given{number}" for number, value in enumerate(body.inputs)}
    lines = [f"def step({', '.join(names.values())}):"]
    for number, inner in enumerate(body.nodes):
        text = words.expression(inner, own := Sizes(sizes.part, inner, [*names]))
        read = [names[value] for value in (*inner.inputs, *own.asked)]
        for value in inner.outputs:
            leaf = (value.origin.scope or "made").rpartition(".")[2]
            names[value] = f"{leaf}_{number}" + (f"_{inner.outputs.index(value)}" if len(inner.outputs) > 1 else "")
        targets = ", ".join(names[value] for value in inner.outputs)
        *before, last = filled(text, read).split("\n")
        lines += [f"    {line}" for line in (*before, f"{targets} = {last}")]
    results = [names[value] for value in body.outputs.values()]
    lines.append(f"    return {', '.join(results)}{',' if len(results) == 1 else ''}")
    end = at["carried"] + at["sequences"]
    given = [f"{{{number}}}" for number in range(len(node.inputs))]
    groups = (given[: at["carried"]], given[at["carried"] : end], given[end:])
    shown_groups = ", ".join(f"[{', '.join(group)}]" for group in groups)
    call = f"scan(step, {shown_groups}, reverse={bool(at['reverse'])})"
    return "\n".join([*lines, f"{call}[0]" if len(node.outputs) == 1 else call])
