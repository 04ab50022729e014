"""What stands there again and again is said once: loops for what follows itself, blocks for what returns elsewhere.

Statements are alike when they are the same layers in the same order, wired the same way. Where all their arguments are
equal too, and they follow each other, they are a `repeat`; else a block, whose arguments are those that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netc.compiler.importing.calls import Call
from netc.compiler.importing.printing import Code
from netc.compiler.importing.structure import Item, Merge, Repeat, Step, Structure, Use
from netc.compiler.importing.unifying import NO_DEFAULT, unified
from netc.compiler.ir import Value
from netc.compiler.layers.base import layer

LONGEST = 80
"""The most statements that are taken together."""

Lists = list[list[Item]]


@dataclass(eq=False, slots=True)
class Roller:
    """Statements of a net and of its blocks, on their way to fewer of them."""

    structure: Structure
    kept: set[Value]
    blocks: list[Use] = field(default_factory=list)
    name: Callable[[Sequence[Sequence[Item]]], str] = lambda occurrences: "block"

    def roll(self) -> None:
        """Find loops and blocks until nothing is shorter for more of them."""
        while self._loops() or self._block():
            pass

    def _lists(self) -> Iterator[list[Item]]:
        """Every list of statements: the net's, those of branches and bodies."""
        waiting = [self.structure.items, *(use.body for use in self.blocks)]
        while waiting:
            items = waiting.pop()
            yield items
            for item in items:
                if isinstance(item, Merge):
                    waiting += item.branches
                elif isinstance(item, Repeat):
                    waiting.append(item.bodies[0])

    # ------------------------------------------------------------ loops
    def _loops(self) -> bool:
        found = False
        for items in list(self._lists()):
            while (loop := self._loop(items)) is not None:
                start, length, count = loop
                bodies = [items[start + at * length : start + (at + 1) * length] for at in range(count)]
                items[start : start + count * length] = [Repeat(count, bodies)]
                found = True
        return found

    def _loop(self, items: list[Item]) -> tuple[int, int, int] | None:
        """Where statements follow themselves most often: start, how many, how often."""
        wired = _Wired(self, items)
        alike = [(wired.skeletons[at], _frozen(slots(item))) for at, item in enumerate(items)]
        best: tuple[float, int, int, int] | None = None
        for length in range(1, min(LONGEST, len(items) // 2) + 1):
            start = 0
            while start + 2 * length <= len(items):
                count = 1
                while alike[start : start + length] == alike[start + count * length : start + (count + 1) * length]:
                    count += 1
                gain = (count - 1) * lines(items[start : start + length]) - 1.5
                if count > 1 and gain > 0 and wired.closed(start, length, count):
                    gain -= 0.1 * begins_oddly(items[start])
                    if best is None or gain > best[0]:
                        best = (gain, start, length, count)
                start += 1
        return None if best is None else best[1:]

    # ------------------------------------------------------------ blocks
    def _block(self) -> bool:
        """Make the block that saves most; False where none saves anything."""
        lists = list(self._lists())
        wired = [_Wired(self, items) for items in lists]
        places: dict[Hashable, list[tuple[int, int]]] = {}
        for number, items in enumerate(lists):
            for length in range(1, min(LONGEST, len(items)) + 1):
                for start in range(len(items) - length + 1):
                    key = (length, tuple(wired[number].skeletons[start : start + length]))
                    places.setdefault(key, []).append((number, start))
        best: tuple[float, int, list[tuple[int, int]]] | None = None
        for (length, _), found in places.items():  # type: ignore[misc]
            if len(found) < 2:
                continue
            apart = [place for place in _apart(found, length) if wired[place[0]].closed(place[1], length)]
            if apart and _is_tied(lists[apart[0][0]][apart[0][1] : apart[0][1] + length]):
                continue
            if len(apart) < 2:
                continue
            number, start = apart[0]
            unit = lists[number][start : start + length]
            gain = (len(apart) - 1) * lines(unit) - len(apart) - 2.5 - 0.1 * begins_oddly(unit[0])
            if gain > 0 and (best is None or gain > best[0]):
                best = (gain, length, apart)
        if best is None:
            return False
        _, length, apart = best
        self._make(lists, length, apart)
        return True

    def _make(self, lists: Lists, length: int, places: list[tuple[int, int]]) -> None:
        occurrences = [lists[number][start : start + length] for number, start in places]
        values = [_list_slots(occurrence) for occurrence in occurrences]
        parameters, codes, given = unified(values)
        body = [substituted(item, (at,), codes) for at, item in enumerate(occurrences[0])]
        block = Use(self.name(occurrences), parameters, {}, body, occurrences[0])
        self.blocks.append(block)
        for (number, start), occurrence, arguments in sorted(
            zip(places, occurrences, given, strict=True), key=lambda entry: entry[0], reverse=True
        ):
            use = Use(block.name, parameters, arguments, body, occurrence)
            lists[number][start : start + length] = [use]


class _Wired:
    """How the statements of a list hang together."""

    def __init__(self, roller: Roller, items: Sequence[Item]) -> None:
        self.structure, self.kept, self.items = roller.structure, roller.kept, items
        self.made = {value: at for at, item in enumerate(items) for value in item.outputs}
        self.read = [self._reads(item) for item in items]
        self.readers: dict[Value, int] = {}
        for at, reads in enumerate(self.read):
            for value in reads:
                self.readers[value] = at
        self.skeletons = [self._skeleton(at) for at in range(len(items))]

    def _reads(self, item: Item) -> list[Value]:
        source = self.structure.source(item)
        return [*([] if source is None else [source]), *self.structure.others(item)]

    def _skeleton(self, at: int) -> Hashable:
        wires = tuple(self._wire(at, value) for value in self.read[at])
        return skeleton(self.items[at]), wires

    def _wire(self, at: int, value: Value) -> Hashable:
        maker = self.made.get(value)
        if maker is None:
            begins = at == 0 and value is self.structure.source(self.items[0])
            return (1, 0) if begins else "entry"  # what flows into the list is like what an earlier statement makes
        return at - maker, self.items[maker].outputs.index(value)

    def closed(self, start: int, length: int, count: int = 1) -> bool:
        """Whether statements read but one value from outside, by their first, and one of theirs is read outside."""
        end = start + length * count
        for at in range(start, end):
            item = self.items[at]
            first = (at - start) % length == 0
            source = self.structure.source(item)
            for place, value in enumerate(self.read[at]):
                maker = self.made.get(value, -1)
                unit = start + (at - start) // length * length
                inside = maker >= unit
                if not inside and not (first and place == 0 and (maker == at - 1 or maker == -1)):
                    return False
            if first and (source is None or any(value is source for value in self.structure.others(item))):
                return False
            last = at == end - 1
            for value in item.outputs:
                if last and len(item.outputs) == 1:
                    continue
                ends_unit = (at - start + 1) % length == 0
                reader = self.readers.get(value, -1)
                limit = at + 1 if ends_unit else start + ((at - start) // length + 1) * length - 1
                if value in self.kept or reader > limit or (ends_unit and len(item.outputs) > 1):
                    return False
        return True


def _is_tied(items: Sequence[Item]) -> bool:
    """Whether statements read names that only the net has."""
    return any(call.is_tied for item in items for call in item.calls)


def _apart(places: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """The places that do not overlap, from the front."""
    found: list[tuple[int, int]] = []
    for number, start in places:
        if not found or found[-1][0] != number or start >= found[-1][1] + length:
            found.append((number, start))
    return found


def begins_oddly(item: Item) -> bool:
    """Whether a person would sooner have ended a part with a statement than begun one."""
    return isinstance(item, Step) and not item.call.weights and not item.call.arguments


def lines(items: Sequence[Item]) -> float:
    """About how many lines statements take."""
    total = 0.0
    for item in items:
        if isinstance(item, Merge):
            total += 2 + sum(max(1.0, lines(branch)) for branch in item.branches)
        elif isinstance(item, Repeat):
            inner = lines(item.bodies[0])
            total += 1 if inner <= 1 else 2 + inner
        elif isinstance(item, Use):
            total += 1
        else:
            total += 1 if item.call.weights and item.call.word not in ("batchnorm", "layernorm") else 0.4
    return total


# ---------------------------------------------------------------- what is alike, and what differs
def skeleton(item: Item) -> Hashable:
    """A statement without its arguments."""
    if isinstance(item, Merge):
        return "merge", item.call.word, tuple(tuple(map(skeleton, branch)) for branch in item.branches)
    if isinstance(item, Repeat):
        return "repeat", tuple(map(skeleton, item.bodies[0]))
    if isinstance(item, Use):
        return "use", item.name
    sources = tuple(isinstance(source, Value) for source in item.call.sources)
    inner = tuple(call.word for call in item.inline)
    return "step", _kind(item.call), item.act.word if item.act else None, sources, inner


def _kind(call: Call) -> Hashable:
    """What a call is besides its arguments: of a layer that takes any, which ones it is given too."""
    if call.tie is not None:
        return "tied", id(call.tie)
    known = layer.all().get(call.word)
    if known is None or known.open_arguments is None:
        return call.word
    return call.word, tuple(
        sorted((name, repr(value)) for name, value in call.arguments.items() if not isinstance(value, Value))
    )


Slots = dict[tuple[Hashable, ...], Any]


def slots(item: Item, path: tuple[Hashable, ...] = ()) -> Slots:
    """Every argument in a statement, by its place in it."""
    found: Slots = {}
    if isinstance(item, Merge):
        for number, branch in enumerate(item.branches):
            for at, inner in enumerate(branch):
                found |= slots(inner, (*path, number, at))
    elif isinstance(item, Repeat):
        found[*path, "count"] = item.count
        for at, inner in enumerate(item.bodies[0]):
            found |= slots(inner, (*path, at))
        return found
    elif isinstance(item, Use):
        defaults = {name: value for name, value in item.parameters.items() if value is not NO_DEFAULT}
        return {(*path, "use", name): value for name, value in {**defaults, **item.arguments}.items()}
    for owner, call in owners(item):
        for name, value in call.arguments.items():
            if not isinstance(value, Value):
                found[*path, owner, call.word, name] = value
        for at, source in enumerate(call.sources):
            if not isinstance(source, Value):
                found[*path, owner, call.word, at] = source
    return found


def owners(item: Step | Merge) -> list[tuple[str, Call]]:
    """The calls of a statement by what they are in it."""
    found = [("call", item.call)]
    if isinstance(item, Step):
        found += [("act", item.act)] if item.act is not None else []
        found += [(f"inline{at}", call) for at, call in enumerate(item.inline)]
    return found


def _list_slots(items: Sequence[Item]) -> Slots:
    found: Slots = {}
    for at, item in enumerate(items):
        found |= slots(item, (at,))
    return found


def _frozen(found: Slots) -> Hashable:
    return tuple(sorted(((str(key), repr(value)) for key, value in found.items())))


def substituted(item: Item, path: tuple[Hashable, ...], codes: dict[tuple[Hashable, ...], Code]) -> Item:
    """A statement with the arguments of a block in the places of what differs."""
    if isinstance(item, Repeat):
        bodies = [[substituted(inner, (*path, at), codes) for at, inner in enumerate(item.bodies[0])]]
        return Repeat(codes.get((*path, "count"), item.count), [*bodies, *item.bodies[1:]])
    if isinstance(item, Use):
        names = {key[-1] for key in codes if key[: len(path) + 1] == (*path, "use")}
        arguments = {**item.arguments, **{str(name): codes[*path, "use", name] for name in names}}
        return replace(item, arguments=arguments)

    def changed(owner: str, call: Call) -> Call:
        prefix = (*path, owner, call.word)
        mine = {key[-1]: code for key, code in codes.items() if key[:-1] == prefix}
        sources = tuple(mine.get(at, source) for at, source in enumerate(call.sources))
        named = {str(name): code for name, code in mine.items() if not isinstance(name, int)}
        return replace(call, arguments={**call.arguments, **named}, sources=sources)  # type: ignore[arg-type]

    if isinstance(item, Merge):
        branches = [
            [substituted(inner, (*path, number, at), codes) for at, inner in enumerate(branch)]
            for number, branch in enumerate(item.branches)
        ]
        return Merge(changed("call", item.call), item.source, branches)
    act = None if item.act is None else changed("act", item.act)
    inline = tuple(changed(f"inline{at}", call) for at, call in enumerate(item.inline))
    return Step(changed("call", item.call), act, inline)
