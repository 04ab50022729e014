"""A net taken apart as its text does: a part for each scope, with what it holds and the statements that it runs.

A part becomes a module of the other framework. What is written of it has marks in place of its numbers, so that parts
which differ in numbers alone are found to be one class (`classes.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from netc.compiler.applications import Application, Kind, LayerInstance
from netc.compiler.ir import Node, Value
from netc.compiler.net import Net
from netc.compiler.sources.names import Names, leaf_of

ALIASES = frozenset(("Identity", "CheckedShape"))
"""Operators whose result is their input."""

MARK = re.compile("\x00(\\d+)\x01")
OPTION = re.compile("\x02([^\x03]*)\x03([^\x04]*)\x04")


@dataclass(eq=False, slots=True)
class Slot:
    """A number, word or list of a part that may differ in another one. `label` says what it is; in_run: as it runs."""

    label: str
    value: Any
    in_run: bool = False


@dataclass(eq=False, slots=True)
class Statement:
    """`makes = text(names of reads)`. `member` is the one that it calls, where it does nothing else."""

    reads: tuple[Value, ...]
    makes: tuple[Value, ...]
    text: Callable[[Sequence[str]], str]
    name: str
    member: str | None = None


@dataclass(eq=False, slots=True)
class Leaf:
    """A member that the other framework has, or a bag of tensors: how it is made, with marks, and its tensors."""

    made: str


@dataclass(eq=False, slots=True)
class Part:
    """A scope. Members by their names below it; inputs and outputs are what it takes and gives when it runs."""

    word: str
    key: str
    arguments: Mapping[str, Any]
    names: Names
    members: dict[str, Leaf | Part] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()

    def mark(self, label: str, value: Any, in_run: bool = False) -> str:
        """What stands for a number in a text of this part."""
        self.slots.append(Slot(label, value, in_run))
        return f"\x00{len(self.slots) - 1}\x01"

    def option(self, name: str, value: Any, default: Any) -> str:
        """What stands for `, NAME=VALUE`, which isn't written where all parts of the class have the default."""
        return f"\x02, {name}={self.mark(name, value)}\x03{default!r}\x04"


@dataclass(frozen=True, slots=True)
class Twin:
    """A module for a layer: how it is made, how many of the layer's nodes it is, what flows in and out.

    `given` is what it is called with, `{0}` for the name of what flows in.
    """

    made: str
    count: int
    reads: Value
    makes: Value
    given: str = "{0}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a weight: the member's key, its word, and the weight's name in it; or a bag of tensors does."""

    key: str
    leaf: str
    word: str | None = None


class Language(Protocol):
    """What another framework says of layers and operators."""

    @property
    def names(self) -> Names:
        """The names that it has taken."""

    def twin(self, part: Part, layer: LayerInstance) -> Twin | None:
        """Its module for a layer, where there is one."""

    def bag(self, part: Part, tensors: Mapping[str, Value]) -> str:
        """How a member is made that holds tensors by their names."""

    def expression(
        self, part: Part, node: Node, known: Sequence[Value]
    ) -> tuple[tuple[Value, ...], Callable[[Sequence[str]], str]]:
        """Values of `known` that it reads sizes of, and an operator on the names of its inputs, then of those."""

    def tensor(self, member: str, owner: Owner, value: Value) -> str:
        """A tensor of a member."""

    def chained(self, member: str, x: str) -> str:
        """A call of all members of a list, each on what the one before gave."""


class CannotWriteError(Exception):
    """What has no words in the other framework."""


class Parts:
    """Takes one net apart."""

    def __init__(self, net: Net, language: Language) -> None:
        self.net, self.language = net, language
        self.needed = _needed(net)
        self.alias: dict[Value, Value] = {}
        self.readers: dict[Value, set[Node]] = {}
        self.parameters = {item.value: item.name for item in net.parameters}
        self.owners: dict[Value, Owner] = {}
        for node in net.graph.nodes:
            if node in self.needed:
                if node.op in ALIASES:
                    self.alias[node.output] = self.real(node.inputs[0])
                    continue
                for value in node.inputs:
                    self.readers.setdefault(self.real(value), set()).add(node)
        self.ends = {self.real(value) for value in net.outputs.values()}
        self.whole: dict[str, Part] = {}

    def real(self, value: Value) -> Value:
        """The value that an alias stands for."""
        return self.alias.get(value, value)

    def root(self) -> Part:
        """The part of the whole net."""
        self.part(self.net.tree, "")  # finds who holds what: a weight may be read before its holder comes
        return self.part(self.net.tree, "")

    def part(self, application: Application, key: str) -> Part:
        """The part of an application, whose parameters are named `key.…`."""
        part = Part(application.word, key, application.arguments, self.language.names)
        nodes: list[Node] = []
        self._fill(part, application, key, nodes)
        inside = set(nodes)
        made = {value for statement in part.statements for value in statement.makes}
        read = dict.fromkeys(value for statement in part.statements for value in statement.reads)
        part.inputs = tuple(value for value in read if value not in made)
        part.outputs = tuple(
            value
            for statement in part.statements
            for value in statement.makes
            if value in self.ends or self.readers.get(value, set()) - inside
        )
        return part

    def _fill(self, part: Part, application: Application, key: str, nodes: list[Node]) -> None:
        """Members and statements of what is applied in an application, scopes below it as parts of their own."""
        if application.kind is Kind.SCAN:
            self._scan(part, application, key, nodes)
            return
        for child in application.children:
            if isinstance(child, LayerInstance):
                self._layer(part, child, _below(child.path, application, key), nodes)
            elif child.kind in (Kind.TRAIN_ONLY, Kind.TRAIN):
                continue
            elif child.path == application.path or child.kind is Kind.SCAN or self._only_calls(child):
                self._fill(part, child, _key(child, key), nodes)
            else:
                self._call(part, child, _key(child, key), nodes)

    def _only_calls(self, application: Application) -> bool:
        """Whether a scope is a name for what runs shared parts and holds nothing itself: `fake = noise -> paint`."""
        below = [child for child in application.children if isinstance(child, Application)]
        held = any(_is_below(name, application.weights) for name in self.parameters.values())
        return not held and any(not _is_below(child.weights, application.weights) for child in below)

    def _call(self, part: Part, application: Application, key: str, nodes: list[Node]) -> None:
        """A scope below: a member, and its call."""
        inner = self.part(application, key)
        nodes += [node for layer in application.layers() for node in layer.nodes]
        if not inner.statements:
            return
        if not _is_below(key, part.key):
            raise CannotWriteError(f"the shared {application.word} {key} inside {part.key}")
        member = _rest(key, part.key)
        part.members.setdefault(member, inner)

        reads, places = self._places(part, inner.inputs)

        def text(names: Sequence[str]) -> str:
            return f"{part.names.member(member)}({', '.join(_placed(places, names))})"

        called = member if len(reads) == len(places) else None
        part.statements.append(Statement(tuple(reads), inner.outputs, text, leaf_of(member), called))

    def _layer(self, part: Part, layer: LayerInstance, key: str, nodes: list[Node]) -> None:
        """A layer: its module, where there is one, and statements of the operators that are left."""
        wanted = [node for node in layer.nodes if node in self.needed]
        nodes += wanted
        used = [item for item in layer.parameters if item.value in self.readers or item.value in self.ends]
        if not wanted and not used:
            return
        rest = wanted
        own = all(_is_below(item.name, key) for item in layer.parameters)
        twin = None
        if own and _is_below(key, part.key) and len(wanted) == len(layer.nodes):
            twin = self.language.twin(part, layer)
        if twin is not None:
            member = _rest(key, part.key)
            part.members.setdefault(member, Leaf(twin.made))
            for item in layer.parameters:
                self.owners.setdefault(item.value, Owner(key, _rest(item.name, key), layer.word))
            call = f"{part.names.member(member)}({twin.given})"
            only = member if twin.given == "{0}" else None
            part.statements.append(
                Statement((self.real(twin.reads),), (self.real(twin.makes),), _on(call), leaf_of(member), only)
            )
            rest = wanted[twin.count :]
        else:
            self._own(part, {item.name: item.value for item in used}, key)
        for node in rest:
            self._node(part, node, leaf_of(layer.path))

    def _own(self, part: Part, tensors: Mapping[str, Value], key: str) -> None:
        """A member with the tensors of a layer that has no module."""
        mine = {_rest(name, key): value for name, value in tensors.items() if _is_below(name, key)}
        mine = {
            leaf: value for leaf, value in mine.items() if value not in self.owners or self.owners[value].key == key
        }
        if not mine or not _is_below(key, part.key) or _rest(key, part.key) in part.members:
            return
        part.members.setdefault(_rest(key, part.key), Leaf(self.language.bag(part, mine)))
        for leaf, value in mine.items():
            self.owners.setdefault(value, Owner(key, leaf))

    def _scan(self, part: Part, application: Application, key: str, nodes: list[Node]) -> None:
        """A scan runs the operators of its body; the layers in it lend their tensors."""
        *inner, last = application.layers()
        bags: dict[str, dict[str, Value]] = {}
        for layer in inner:
            for item in layer.parameters:
                if _is_below(item.name, part.key):
                    first = _rest(item.name, part.key).partition(".")[0]
                    bags.setdefault(first, {})[item.name] = item.value
            nodes += [node for node in layer.nodes if node in self.needed]
        for first, tensors in bags.items():
            self._own(part, tensors, f"{part.key}.{first}" if part.key else first)
        self._layer(part, last, _below(last.path, application, key), nodes)

    def _node(self, part: Part, node: Node, name: str) -> None:
        if node.op in ALIASES:
            return
        reads, places = self._places(part, list(map(self.real, node.inputs)))
        before = (value for made in part.statements for value in (*made.makes, *made.reads))
        known = [*dict.fromkeys([*self.net.inputs, *before, *reads])]
        known = [value for value in known if value not in self.parameters]
        sizes, write = self.language.expression(part, node, known)

        def text(names: Sequence[str]) -> str:
            return write([*_placed(places, names), *names[len(reads) :]])

        part.statements.append(Statement((*reads, *sizes), tuple(map(self.real, node.outputs)), text, name))

    def _places(self, part: Part, values: Sequence[Value]) -> tuple[list[Value], list[str | int]]:
        """What is read under a name, and for each value its place there, or its text where a member of the part has it.

        A weight that another part holds is read under a name: whoever calls the part hands it over.
        """
        reads: list[Value] = []
        places: list[str | int] = []
        for value in values:
            owner = self.owners.get(value)
            if owner is not None and _is_below(owner.key, part.key):
                member = part.names.member(_rest(owner.key, part.key))
                places.append(self.language.tensor(member, owner, value))
            else:
                places.append(len(reads))
                reads.append(value)
        return reads, places


def _placed(places: Sequence[str | int], names: Sequence[str]) -> list[str]:
    return [place if isinstance(place, str) else names[place] for place in places]


def _on(call: str) -> Callable[[Sequence[str]], str]:
    return lambda names: call.replace("{0}", names[0])


def _needed(net: Net) -> set[Node]:
    """The nodes that an output depends on."""
    found: set[Node] = set()
    stack = [value.node for value in net.outputs.values()]
    while stack:
        node = stack.pop()
        if node is not None and node not in found:
            found.add(node)
            stack += [value.node for value in node.inputs]
    return found


def _key(application: Application, key: str) -> str:
    return application.weights if application.path else key


def _below(path: str, application: Application, key: str) -> str:
    """The name of a layer's parameters: its path, with what is above it under the name that its weights have."""
    return key + path[len(application.path) :] if application.path else (f"{key}.{path}" if key else path)


def _is_below(name: str, key: str) -> bool:
    return not key or name.startswith(f"{key}.")


def _rest(name: str, key: str) -> str:
    return name[len(key) + 1 :] if key else name
