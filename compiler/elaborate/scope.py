"""Two things called names: what a word in the text stands for (Env), and what a layer is called (Scope)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from netc.grammar.diagnostics import Span


@dataclass(eq=False, slots=True)
class Ref:
    """What a name stands for. `training`: bound inside `train only`."""

    value: Any
    span: Span
    training: bool = False


class Scope:
    """A prefix of layer names, and what is reached by dots behind it.

    path     `stage1.basic1`; empty for a net
    weights  the prefix of its parameters' names: the path, except under a `shared` layer
    shared   whether parameters may exist already
    members  name -> value, for dotted paths in the text
    mirror   the scope of a shared layer, which learns of the parameters too
    filled   what gives the members when they are first asked for, where nobody may ever do
    """

    __slots__ = ("_members", "claimed", "counters", "filled", "mirror", "path", "shared", "weights")

    def __init__(self, path: str = "", weights: str | None = None, *, shared: bool = False) -> None:
        self.path = path
        self.weights = path if weights is None else weights
        self.shared = shared
        self._members: dict[str, Any] = {}
        self.filled: Callable[[], dict[str, Any]] | None = None
        self.claimed: dict[str, Span] = {}
        self.counters: dict[str, int] = {}
        self.mirror: Scope | None = None

    def __str__(self) -> str:
        return f"the inside of `{self.path}`"

    @property
    def members(self) -> dict[str, Any]:
        """Name -> value."""
        if self.filled is not None:
            fill, self.filled = self.filled, None
            self._members.update(fill())
        return self._members

    @property
    def is_new(self) -> bool:
        """Whether nothing was named here yet, and weights are nobody else's."""
        return not (self.shared or self.mirror or self.claimed or self.counters or self._members or self.filled)

    def child(self, name: str) -> Scope:
        """The scope of something inside."""
        made = Scope(join(self.path, name), join(self.weights, name), shared=self.shared)
        if self.mirror is not None:
            known = self.mirror.members.get(name)
            made.mirror = known if isinstance(known, Scope) else self.mirror.child(name)
            self.mirror.members.setdefault(name, made.mirror)
        return made

    def count(self, word: str) -> str:
        """The next default name of a kind: `conv1`, `conv2`, …"""
        number = self.counters[word] = self.counters.get(word, 0) + 1
        return f"{word}{number}"


def join(path: str, name: str) -> str:
    """A dotted path."""
    return f"{path}.{name}" if path else name


class Loop:
    """A `for` or `repeat` that is being written out: how often each name was bound in earlier passes."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.passes: list[dict[str, Ref]] = []


class Env:
    """Names in sight. `loop` is set for one pass of a loop; `scope` where its names are reached by dots.

    Braces of a flow open a new one; control braces do too, and hand their names out when they end.
    """

    __slots__ = ("bound_in_pass", "loop", "names", "parent", "scope")

    def __init__(self, parent: Env | None, *, scope: Scope | None = None, loop: Loop | None = None) -> None:
        self.parent = parent
        self.scope = scope
        self.loop = loop
        self.names: dict[str, Ref] = {}
        self.bound_in_pass: set[str] = set()

    def lookup(self, name: str) -> Ref | None:
        """What a name stands for here, or None."""
        env: Env | None = self
        while env is not None:
            found = env.names.get(name)
            if found is not None:
                return found
            env = env.parent
        return None

    def bind(self, name: str, ref: Ref) -> None:
        """Give a name its value; the caller has checked that it is free."""
        self.names[name] = ref
        if self.scope is not None:
            self.scope.members[name] = ref.value

    def visible(self) -> Iterator[str]:
        """Every name in sight."""
        env: Env | None = self
        while env is not None:
            yield from env.names
            env = env.parent

    def numbered(self, name: str) -> str:
        """The name with its place in the lists that the loops around it make: `skip.0`."""
        numbers: list[str] = []
        env: Env | None = self
        while env is not None:
            if env.loop is not None:
                numbers.append(str(env.loop.counts.get(name, 0)))
                env.bound_in_pass.add(name)
            if env.scope is not None:
                break
            env = env.parent
        return ".".join([name, *reversed(numbers)])
