"""Which fields of the data feed which inputs and targets of a net: by name, and what is left by what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.runtime.data.dataset import DataSet, Split
from netc.runtime.data.errors import error, finding
from netc.runtime.data.labels import DATA_ALIASES, TARGET_ALIASES
from netc.runtime.data.tables.columns import group, in_order, means_numbers

SHOWN_COLUMNS = 12
Ports = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sources:
    """port -> the fields that feed it: one, or the columns of a table.

    left  columns and arrays that feed nothing, such as one that is called as an inner value of the net: the loss then
          means the value
    """

    fields: Mapping[str, tuple[str, ...]]
    left: tuple[str, ...] = ()


def match_targets(data: DataSet, split: Split, ports: Ports) -> dict[str, str]:
    """target -> field: the one of its name, else the option's, else the one that is usually meant. Raises E503."""
    found: dict[str, str] = {}
    free = [name for name in split.fields if name not in data.options.drop]
    left = [port for port in ports if port["role"] == "target"]
    if data.options.target is not None:
        found |= _chosen_target(data, split, left)
        left = [port for port in left if port["name"] not in found]
    found |= {port["name"]: port["name"] for port in left if port["name"] in free}
    left = [port for port in left if port["name"] not in found]
    inputs = {port["name"] for port in ports if port["role"] == "data"}
    free = [name for name in free if name not in found.values() and name not in inputs]
    guess = next((name for name in TARGET_ALIASES if name in free), None) or _only_text(split, free, left)
    if len(left) == 1 and guess is not None:
        return found | {left[0]["name"]: guess}
    if left:
        raise DiagnosticError([_no_field(data, split, port) for port in left])
    return found


def match_inputs(data: DataSet, split: Split, ports: Ports, targets: Mapping[str, str]) -> Sources:
    """input -> fields, once the targets have theirs; what options name is there (`asked.py`). Raises E503."""
    options = data.options
    taken = set(targets.values())
    found: dict[str, tuple[str, ...]] = {}
    left = [port for port in ports if port["role"] == "data"]
    if options.inputs:
        return Sources({left[0]["name"]: options.inputs}, _unused(split, {*taken, *options.inputs, *options.drop}))
    free = [name for name in split.fields if name not in taken and name not in options.drop]
    for port in [port for port in left if port["name"] in free]:
        if port["name"] not in split.columns or not _takes_all(port, left):
            found[port["name"]] = (port["name"],)
    left = [port for port in left if port["name"] not in found]
    free = [name for name in free if (name,) not in found.values()]
    for port in [port for port in left if len(left) > 1 or port["name"] not in DATA_ALIASES]:
        if members := group([name for name in free if name in split.columns], port["name"]):
            found[port["name"]] = members
            free = [name for name in free if name not in members]
    left = [port for port in left if port["name"] not in found]
    guess = _guess(split, free) if len(left) == 1 else ()
    if guess:
        found[left[0]["name"]] = guess
        left = []
    if left:
        raise DiagnosticError([_no_field(data, split, port) for port in left])
    used = {name for names in found.values() for name in names}
    return Sources(found, _unused(split, {*used, *taken, *options.drop}))


def numbers_left(split: Split, taken: set[str]) -> tuple[str, ...]:
    """The columns of numbers that are neither taken nor called as answers usually are."""
    names = [name for name in split.columns if name not in taken and name not in TARGET_ALIASES]
    return in_order([name for name in names if means_numbers(split.fields[name])])  # type: ignore[arg-type]


def listed(names: Sequence[str]) -> str:
    """Names with commas, cut off where they are many."""
    return ", ".join(names[:SHOWN_COLUMNS]) + (f", … ({len(names):,})" if len(names) > SHOWN_COLUMNS else "")


def _takes_all(port: Mapping[str, Any], left: Ports) -> bool:
    """A lone input of a general name takes every column of numbers, though one of them may have its name."""
    return len(left) == 1 and port["name"] in DATA_ALIASES


def _guess(split: Split, free: Sequence[str]) -> tuple[str, ...]:
    fields = [name for name in free if name not in split.columns]
    alias = next((name for name in DATA_ALIASES if name in fields), None)
    if alias is not None:
        return (alias,)
    if split.columns and (numbers := numbers_left(split, set(split.columns) - set(free))):
        return numbers
    usual = [name for name in fields if name not in TARGET_ALIASES]
    return (usual[0],) if len(usual) == 1 else ()


def _chosen_target(data: DataSet, split: Split, left: Ports) -> dict[str, str]:
    chosen = data.options.target or ""
    if len(left) > 1:
        names = ", ".join(f"`{port['name']}`" for port in left)
        raise error("E503", f"`target={chosen}` is one field, the loss has the targets {names}",
                    help="call the fields as the loss does")  # fmt: skip
    return {port["name"]: chosen for port in left}


def _only_text(split: Split, free: Sequence[str], left: Ports) -> str | None:
    """The one column of text, where what is missing is a class."""
    texts = [name for name in free if name in split.columns and not means_numbers(split.fields[name])]  # type: ignore[arg-type]
    return texts[0] if len(texts) == 1 and all("classes" in port for port in left) else None


def _unused(split: Split, used: set[str]) -> tuple[str, ...]:
    return tuple(name for name in split.fields if name not in used)


def _no_field(data: DataSet, split: Split, port: Mapping[str, Any]) -> Diagnostic:
    name, is_target = port["name"], port["role"] == "target"
    kind = "column" if split.columns else "field"
    option = f", or say which one it is: `:target={kind.upper()}` after the data's name" if is_target else ""
    near = [field for field in split.fields if field not in (TARGET_ALIASES if not is_target else DATA_ALIASES)]
    return finding(
        "E503",
        f"{data.name} has no {kind} for {'target' if is_target else 'input'} `{name}`",
        f"its {kind}s are {listed(list(split.fields))}",
        help=did_you_mean(name, near) or f"call a {kind} of the data `{name}`{option}",
    )
