"""The statements of a part as lines: names for its values, calls of a list in a row as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netc.compiler.ir import Value
from netc.compiler.sources.classes import Run, Written
from netc.compiler.sources.names import Names
from netc.compiler.sources.parts import Language, Leaf, Part, Statement


def written(part: Part, language: Language) -> Written:
    """A part with its lines, and so the parts in it."""
    holds: dict[str, Leaf | Written] = {
        name: held if isinstance(held, Leaf) else written(held, language) for name, held in part.members.items()
    }
    statements, chains = _chained(part, language)
    grouped: dict[str, Leaf | Written | list[Run]] = {}
    for name, held in holds.items():
        base, _, number = name.rpartition(".")
        if not number.isdigit() or "." in base or base in holds:
            grouped[name] = held
            continue
        runs = grouped.setdefault(base, [])
        assert isinstance(runs, list)
        if base in chains and runs and _alike(runs[-1].child, held, part):
            runs[-1].count += 1
        else:
            runs.append(Run(held, 1, None))
    for base in chains:
        runs = grouped[base]
        assert isinstance(runs, list)
        for run in runs:
            if isinstance(run.child, Written):
                part.mark("repeats", run.count)
                run.slot = len(part.slots) - 1
    takes, lines = _lines(part, statements)
    return Written(part, takes, lines, grouped, frozenset(chains))


def _alike(a: Leaf | Written, b: Leaf | Written, part: Part) -> bool:
    if isinstance(a, Written) and isinstance(b, Written):
        return a.signature() == b.signature() and a.values() == b.values()
    return False


def _chained(part: Part, language: Language) -> tuple[list[Statement], set[str]]:
    """The statements with calls of all members of a list in a row, each on the one before, as a call of the list."""
    lists: dict[str, int] = {}
    for name in part.members:
        base, _, number = name.rpartition(".")
        if number.isdigit() and "." not in base:
            lists[base] = lists.get(base, 0) + 1
    found: list[Statement] = []
    chains: set[str] = set()
    at = 0
    uses: dict[Value, int] = {}
    calls: dict[str | None, int] = {}
    for statement in part.statements:
        calls[statement.member] = calls.get(statement.member, 0) + 1
        for value in statement.reads:
            uses[value] = uses.get(value, 0) + 1
    while at < len(part.statements):
        first = part.statements[at]
        base = (first.member or "").rpartition(".")[0]
        count = lists.get(base, 0)
        row = part.statements[at : at + count]
        if (
            count
            and [item.member for item in row] == [f"{base}.{number}" for number in range(count)]
            and all(len(item.reads) == len(item.makes) == 1 and calls[item.member] == 1 for item in row)
            and all(a.makes == b.reads and uses[a.makes[0]] == 1 for a, b in pairwise(row))
            and not any(item.makes[0] in part.outputs for item in row[:-1])
        ):
            chains.add(base)

            def text(names: Sequence[str], base: str = base) -> str:
                return language.chained(part.names.member(base), names[0])

            found.append(Statement(first.reads, row[-1].makes, text, base))
            at += count
        else:
            found.append(first)
            at += 1
    return found, chains


def _lines(part: Part, statements: Sequence[Statement]) -> tuple[list[str], list[str]]:
    """What forward takes, and its lines. What flows is `x` as long as nothing else is needed under that name."""
    last: dict[Value, int] = {value: len(statements) for value in part.outputs}
    for at, statement in enumerate(statements):
        for value in statement.reads:
            last[value] = max(last.get(value, -1), at)
    names: dict[Value, str] = {}
    held: dict[str, Value] = {}
    takes = []
    flows = [value for value in part.inputs if value.node is not None or "." not in value.name]
    for value in part.inputs:
        name = (
            "x" if flows == [value] and part.key else _free(_plain_name(value, part.names), held, last, -1, part.names)
        )
        names[value], held[name] = name, value
        takes.append(name)
    lines = []
    for at, statement in enumerate(statements):
        *before, text = statement.text([names[value] for value in statement.reads]).split("\n")
        lines += before
        targets = []
        for value in statement.makes:
            alone = len(statement.makes) == 1
            wanted = "x" if alone and _is_free("x", held, last, at) else part.names.attribute(statement.name)
            if value not in last and not alone:
                wanted = "_"
            name = wanted if wanted == "_" else _free(wanted, held, last, at, part.names)
            if name != "_":
                names[value], held[name] = name, value
            targets.append(name)
        final = at == len(statements) - 1 and statement.makes == part.outputs
        if final:
            lines.append(f"return {text}")
        else:
            lines.append(f"{', '.join(targets)} = {text}")
    if not lines or not lines[-1].startswith("return"):
        lines.append(f"return {', '.join(names[value] for value in part.outputs)}")
    return takes, lines


def _plain_name(value: Value, taken: Names) -> str:
    """The last name of a value; of a weight that a part is handed, its layer's too."""
    names = [name for name in value.name.split(".") if not name.isdigit()]
    shown = "_".join(names[-2:] if value.node is None else names[-1:]) or "x"
    return taken.attribute("".join(letter if letter.isalnum() else "_" for letter in shown).lower())


def _is_free(name: str, held: dict[str, Value], last: dict[Value, int], at: int) -> bool:
    return name not in held or last.get(held[name], -1) <= at


def _free(wanted: str, held: dict[str, Value], last: dict[Value, int], at: int, taken: Names) -> str:
    name, number = wanted, 2
    while not (_is_free(name, held, last, at) and (at >= 0 or name not in held)) or name in taken.words:
        name, number = f"{wanted}_{number}", number + 1
    return name


__all__ = ["written"]
