"""Classes as text, from the innermost to the net, and what a file of them needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from netc.compiler.net import Net
from netc.compiler.sources.classes import Class, Run, Written, classes, filled
from netc.compiler.sources.lines import written
from netc.compiler.sources.parts import CannotWriteError, Language, Leaf, Parts


@dataclass(frozen=True, slots=True)
class Form:
    """How a framework's classes look: what they are, what runs them, how a list of members is made.

    root     the net's class is one of these
    part     and those in it one of these
    run      the method that computes
    listed   the two ends of a list
    chained  of a list whose members run in a row
    """

    root: str
    part: str
    run: str
    listed: tuple[str, str]
    chained: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """A net's classes: the name of the last, which is the net, all of them, and which of its weights they hold."""

    top: str
    body: str
    partly: bool


def classes_text(net: Net, language: Language, form: Form) -> Text:
    """The classes of a net. Raises CannotWriteError."""
    parts = Parts(net, language)
    part = parts.root()
    foreign = next((value for value in part.inputs if value not in net.inputs), None)
    if foreign is not None:
        raise CannotWriteError(f"{foreign.name}, which one part holds and another reads")
    part.inputs = tuple(net.inputs)
    part.outputs = tuple(parts.real(value) for value in net.outputs.values())
    root = written(part, language)
    found = classes(root, net.name[:1].upper() + net.name[1:])
    body = "\n\n\n".join(
        _class(made, found, form, form.root if made.first is root else form.part)
        for made in dict.fromkeys(found.values())
    )
    read = {value for node in parts.needed for value in node.inputs} | set(net.outputs.values())
    return Text(found[id(root)].name, body, any(item.value not in read for item in net.parameters))


def heading(net: Net, framework: str) -> str:
    """What stands above a file."""
    shown = ", ".join(f"{value.name} [{', '.join(map(str, value.shape))}]" for value in net.inputs)
    return f'"""{net.name}{f": {net.label}" if net.label else ""}, in {framework}. Takes {shown}."""'


def needed(helpers: Mapping[str, str], texts: Iterable[str]) -> list[str]:
    """The helpers that texts call, and those that these call, in their order."""
    wanted, found = "\n".join(texts), set[str]()
    while more := {word for word in helpers if word not in found and re.search(rf"\b{word}[(,]", wanted)}:
        found |= more
        wanted += "\n".join(helpers[word] for word in more)
    return [text for word, text in helpers.items() if word in found]


def _class(made: Class, found: Mapping[int, Class], form: Form, base: str) -> str:
    item = made.first
    names = item.part.names
    head = f"class {made.name}({base}):"
    lines = [head, f"    def __init__({', '.join(['self', *made.arguments])}):", "        super().__init__()"]
    run = [filled(line, made, running=True) for line in item.lines]
    kept = [name for name in made.arguments if any(re.search(rf"\bself\.{name}\b", line) for line in run)
            and name not in item.holds]  # fmt: skip
    lines += [f"        self.{name} = {name}" for name in kept]
    for name, held in item.holds.items():
        lines.append(f"        self.{names.attribute(name)} = {_held(name, held, made, found, form)}")
    lines = [*lines, ""] if len(lines) > 3 else [head]
    training = ["training=False"] if form.run == "call" and any("training" in line for line in run) else []
    lines += [f"    def {form.run}({', '.join(['self', *item.takes, *training])}):"]
    lines += [f"        {line}" for line in run]
    return "\n".join(lines)


def _held(name: str, held: Leaf | Written | list[Run], made: Class, found: Mapping[int, Class], form: Form) -> str:
    if not isinstance(held, list):
        return _made(held, made, found)
    parts = []
    for run in held:
        text = _made(run.child, made, found)
        count = "1" if run.slot is None else made.column(run.slot)
        if count == "1":
            parts.append(text)
        else:
            parts.append(f"*[{text} for _ in range({count})]")
    start, end = form.chained if name in made.first.chained else form.listed
    inner = ", ".join(parts)
    return f"{start}{inner}{end}" if len(inner) < 80 else _long(start, parts, end)


def _long(start: str, parts: Sequence[str], end: str) -> str:
    return "\n".join([start, *(f"            {part}," for part in parts), f"        {end}"])


def _made(held: Leaf | Written, made: Class, found: Mapping[int, Class]) -> str:
    if isinstance(held, Leaf):
        return filled(held.made, made).replace("(, ", "(")  # an option is the first where nothing stands before it
    inner, offset = found[id(held)], made.first.offsets[id(held)]
    return f"{inner.name}({', '.join(made.column(offset + at) for at in inner.arguments.values())})"
