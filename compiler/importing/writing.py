"""Statements as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from functools import cache

from netc.compiler.importing.calls import LITERAL
from netc.compiler.importing.printing import WIDTH, layer_text, literal
from netc.compiler.importing.structure import Item, Merge, Repeat, Step, Structure, Use
from netc.compiler.importing.unifying import NO_DEFAULT
from netc.compiler.ir import Value
from netc.compiler.layers.base import layer
from netc.grammar.tables import load as grammar_tables

CONTINUES = {
    "batchnorm", "layernorm", "groupnorm", "instancenorm", "rmsnorm", "lrn", "dropout", "flatten", "squeeze",
    "unsqueeze", "reshape", "transpose", "softmax", "log_softmax", "global_avgpool", "global_maxpool",
}  # fmt: skip
"""Layers that go on in the line of the layer before, as activations do."""

INDENT = "  "
HALF = WIDTH // 2


@cache
def _keywords() -> frozenset[str]:
    return frozenset(grammar_tables().keywords)


@dataclass(slots=True)
class Statement:
    """Lines that are one statement, what is in it, and whether it has a name."""

    lines: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    bound: bool = False

    @property
    def module(self) -> str:
        """The model's part that all layers with weights in it belong to, "" where that isn't one."""
        scopes = {call.scope[:1] for item in self.items for call in item.calls if call.weights}
        (scope,) = scopes if len(scopes) == 1 else ((),)
        return scope[0] if scope and not scope[0].isdigit() else ""


@dataclass(slots=True)
class Writer:
    """Writes statements; `names` is what values are called."""

    structure: Structure
    names: dict[Value, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def fresh(self, wanted: str) -> str:
        """A name like the one that is wanted, which nothing has yet."""
        name = as_name(wanted)
        if name.rstrip("0123456789") in layer.all():  # what layers without a name are called
            name = "value"
        count, found = 1, name
        while found in self.taken or found in _keywords():
            count += 1
            found = f"{name}{count}"
        self.taken.add(found)
        return found

    def first(self, wanted: Iterable[str]) -> str:
        """The first of some names that nothing has yet."""
        names = [as_name(name) for name in wanted if name]
        free = [name for name in names if self._free(name)]
        return self.fresh(free[0] if free else names[-1])

    def _free(self, name: str) -> bool:
        return name not in self.taken and name not in layer.all() and name not in _keywords()

    # ------------------------------------------------------------ statements
    def body(self, items: Sequence[Item], entry: Value | None, outputs: Sequence[Value]) -> list[str]:
        """The lines of a whole net; statements of one module are called after it."""
        found = self._grouped(items, entry, set(outputs))
        modules = [statement.module for statement in found]
        for statement in found:
            module = statement.module
            good = as_name(module) == module and module not in self.names.values()
            if not statement.bound and module and modules.count(module) == 1 and good and _bindable(module):
                statement.lines[0] = f"{module} = {statement.lines[0]}"
        lines = [line for statement in found for line in statement.lines]
        last = items[-1].outputs if items else ()
        if len(outputs) > 1 or list(last) != list(outputs):
            lines.append(f"output {', '.join(self.names[value] for value in outputs)}")
        return lines

    def statements(self, items: Sequence[Item], entry: Value | None) -> list[str]:
        """The lines of a list of statements, into which `entry` flows."""
        return [line for statement in self._grouped(items, entry) for line in statement.lines]

    def _grouped(self, items: Sequence[Item], entry: Value | None, kept: Set[Value] = frozenset()) -> list[Statement]:
        """The statements; `kept` are values that get a name anyway."""
        needed = self._named(items, entry) | kept
        found: list[Statement] = []
        now = Statement()
        flowing, before = entry, None
        for item in items:
            source = self.structure.source(item)
            begins = source is not flowing or source is None
            short = len(now.lines[-1] if now.lines else "") <= (HALF if _is_long(item) else WIDTH - 40)
            goes_on = not begins and short and self._continues(before, item)
            if now.lines and not goes_on:
                found.append(now)
                now = Statement()
            parts = self._text(item, begins or (before is None and source is entry), bool(now.lines))
            if begins and source is not None and not _stands_alone(item):
                parts = [f"{self.names[source]} -> {parts[0]}", *parts[1:]]
            if now.lines:
                parts = [f"{now.lines.pop()} -> {parts[0]}", *parts[1:]]
            now.lines += parts
            now.items.append(item)
            flowing, before = item.outputs[0] if len(item.outputs) == 1 else None, item
            if len(item.outputs) > 1 or any(value in needed for value in item.outputs):
                now.lines[0] = f"{self._bind(item)} = {now.lines[0]}"
                now.bound = True
                found.append(now)
                now = Statement()
        return [*found, now] if now.lines else found

    def _bind(self, item: Item) -> str:
        for value in item.outputs:
            if value not in self.names:
                self.names[value] = self.fresh(suggested(item))
        return ", ".join(self.names[value] for value in item.outputs)

    def _named(self, items: Sequence[Item], entry: Value | None) -> set[Value]:
        """The values that are read by name."""
        found: set[Value] = set()
        flowing = entry
        for item in items:
            found |= set(self.structure.others(item))
            source = self.structure.source(item)
            if source is not None and (source is not flowing or _needs_name(item, self.structure)):
                found.add(source)
            flowing = item.outputs[0] if len(item.outputs) == 1 else None
        return found

    def _continues(self, before: Item | None, item: Item) -> bool:
        """Whether a statement goes on in the line of the one before."""
        if not isinstance(item, Step) or isinstance(before, Repeat | Use):
            return False
        call = item.call
        return (
            call.infix
            or call.word in CONTINUES
            or not (call.weights or "kernel" in call.arguments or len(call.sources) > 1)
        )

    # ------------------------------------------------------------ one statement
    def _text(self, item: Item, begins: bool, chained: bool) -> list[str]:
        """A statement without its source: one line, or several for a merge with braces."""
        if isinstance(item, Merge):
            return self._merge(item)
        if isinstance(item, Repeat):
            return self._repeat(item)
        if isinstance(item, Use):
            return [use_text(item)]
        call = item.call
        self._inline(item)
        if call.infix:
            return [self._infix(item, begins)]
        tensors = tuple(self._operand(value) for value in call.sources[1:] if isinstance(value, Value))
        text = layer_text(call, self.names, item.act, tensors)
        first = call.sources[0] if call.sources else None
        return [f"{self.names[first]} -> {text}" if first in self.structure.inline else text]

    def _inline(self, item: Step) -> None:
        for call in item.inline:
            value = call.outputs[0]
            if call.word == LITERAL:
                number = call.arguments["value"]
                self.names[value] = "zeros([1])" if number == 0 else f"zeros([1]) + {literal(number)}"
            else:
                self.names[value] = layer_text(call, self.names)

    def _repeat(self, item: Repeat) -> list[str]:
        body = self.statements(item.bodies[0], self.structure.source(item))
        if len(body) == 1 and len(body[0]) < 80:
            return [f"repeat {item.count} {{ {body[0]} }}"]
        return [f"repeat {item.count} {{", *indented(body), "}"]

    def block(self, use: Use) -> list[str]:
        """The definition of a block."""
        parameters = [
            name if value is NO_DEFAULT else f"{name} = {literal(value, True)}"
            for name, value in use.parameters.items()
        ]
        body = self.statements(use.body, self.structure.source(use.occurrence[0]))
        return [f"block {use.name}({', '.join(parameters)}) {{", *indented(body), "}"]

    def _operand(self, value: Value) -> str:
        return self.names[value]

    def _infix(self, item: Step, begins: bool) -> str:
        call, flowing = item.call, self.structure.source(item)
        both = _needs_name(item, self.structure)
        parts = []
        for operand in call.sources:
            if not isinstance(operand, Value):
                parts.append(literal(operand))
            elif operand is flowing and not both:
                parts.append(self.names[operand] if operand in self.names and begins else "in")
            else:
                parts.append(self.names[operand])
        text = f" {call.word} ".join(parts)
        return text if both or (begins and flowing in self.names) else f"{{ {text} }}"

    def _merge(self, item: Merge) -> list[str]:
        branches = []
        for branch in item.branches:
            lines = self.statements(branch, item.source) or ["identity"]
            joined = " -> ".join(lines)
            if len(joined) <= WIDTH - 16 and not any(" = " in line or "{" in line for line in lines):
                lines = [joined]
            branches.append(lines if len(lines) == 1 else ["{", *indented(lines), "}"])
        word = layer_text(item.call, self.names)
        short = f"{word} {{ {'; '.join(lines[0] for lines in branches)} }}"
        if all(len(lines) == 1 for lines in branches) and len(short) <= WIDTH - 20:
            return [short]
        return [f"{word} {{", *indented([line for lines in branches for line in lines]), "}"]


def use_text(use: Use) -> str:
    """A block with its arguments, those without a default by their places."""
    given = []
    for name, default in use.parameters.items():
        if name in use.arguments:
            value = literal(use.arguments[name], True)
            given.append(value if default is NO_DEFAULT else f"{name}={value}")
    return f"{use.name}({', '.join(given)})"


def indented(lines: Iterable[str]) -> list[str]:
    """Lines one step further in."""
    return [INDENT + line for line in lines]


def _needs_name(item: Item, structure: Structure) -> bool:
    """Whether arithmetic reads two values that flow, so that both are called by name."""
    return isinstance(item, Step) and item.call.infix and bool(structure.others(item))


def _is_long(item: Item) -> bool:
    """Whether a statement is more than a word."""
    return not isinstance(item, Step) or bool(item.call.arguments or item.call.infix)


def _bindable(name: str) -> bool:
    """Whether a module's name may be a bind's: it is no word of the language, nor what unbound layers are called."""
    return name.rstrip("0123456789") not in layer.all() and name not in _keywords()


def _stands_alone(item: Item) -> bool:
    """Whether the text of a statement names its source itself."""
    return isinstance(item, Step) and item.call.infix


def as_name(text: str) -> str:
    """A name of the language like a text of any kind."""
    name = re.sub(r"[^0-9A-Za-z_]+", "_", text).strip("_").lower()
    return name if name[:1].isalpha() else f"{'x' if not name else 'x_'}{name}" if name else "x"


def suggested(item: Item) -> str:
    """What to call the value of a statement: after the module that made it, else after its layer."""
    call = item.calls[-1]
    scope = [part for part in call.scope if not part.isdigit()]
    if scope:
        return scope[-1]
    usual = {"+": "total", "*": "scaled", "-": "rest", "/": "share", "add": "total", "concat": "joined"}
    return usual.get(call.word, call.word)
