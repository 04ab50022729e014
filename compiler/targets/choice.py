"""Which lowerings a caller wants: `OP=NAME` allows only what is named so, in the order given, `OP=-NAME` forbids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from netc.compiler.ir import Builder, Node
from netc.compiler.targets.layout import Layout, Rows, Way, always, ways
from netc.compiler.targets.registry import STANDARD, Lowering, Table, everywhere
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label, did_you_mean

Named = TypeVar("Named", Lowering, Way)


@dataclass(frozen=True)
class Choice:
    """For each operator the names that alone may be used, and those that may not."""

    only: Mapping[str, tuple[str, ...]]
    without: Mapping[str, frozenset[str]]

    def table(self, table: Table) -> dict[str, tuple[Lowering, ...]]:
        """What is left of a table; what is named is taken wherever it applies."""
        found: dict[str, tuple[Lowering, ...]] = {}
        for op, lowerings in table.items():
            left = self._left(op, lowerings)
            found[op] = tuple(replace(one, when=everywhere) if op in self.only else one for one in left)
        return found

    def rows(self, rows: Rows, table: Table) -> dict[str, tuple[Way, ...]]:
        """What is left of a layout's rows. Where an operator may not stay as ONNX has it, the last row refuses."""
        found: dict[str, tuple[Way, ...]] = {}
        for op, named in ways(rows).items():
            left = tuple(replace(way, when=always) if op in self.only else way for way in self._left(op, named))
            stays = op in table or self._allows(op, STANDARD)
            found[op] = left if stays else (*left, Way("none", self._refuse))
        return found

    def refusal(self, node: Node) -> DiagnosticError:
        """E496: nothing that may be used applies to a node."""
        x, scope = node.inputs[0], node.origin.scope
        of = f"{node.op} of `{scope}`" if scope else node.op
        if node.op in self.only:
            message = f"{_listed(self.only[node.op])} does not apply to {of}"
        else:
            message = f"every lowering that applies to {of} is forbidden"
        settings = ", ".join(f"{name} {value}" for name, value in node.attributes.items())
        return DiagnosticError(
            Diagnostic(
                "E496",
                message,
                primary=Label(node.origin.span, "") if node.origin.span else None,
                notes=(f"its input is {list(x.shape)}, its settings are {settings}",),
                help=f"allow another one as well: a second `--lowering {node.op}=NAME` is tried after the first",
            )
        )

    def _left(self, op: str, named: Sequence[Named]) -> list[Named]:
        left = [one for one in named if self._allows(op, one.name)]
        if op in self.only:
            left.sort(key=lambda one: self.only[op].index(one.name))
        return left

    def _allows(self, op: str, name: str) -> bool:
        return name in self.only.get(op, (name,)) and name not in self.without.get(op, ())

    def _refuse(self, layout: Layout, g: Builder, node: Node) -> bool:
        raise self.refusal(node)


def read_choice(texts: Iterable[str], target: str, known: Mapping[str, Collection[str]]) -> Choice:
    """What the texts say.

    known   the names of each operator in the target

    Raises DiagnosticError E495 for what is no `OP=NAME` or `OP=-NAME` of the target.
    """
    only: dict[str, tuple[str, ...]] = {}
    without: dict[str, frozenset[str]] = {}
    for text in texts:
        op, equals, name = text.partition("=")
        if not equals:
            raise _unknown(f"`{text}` names no lowering", "write `OPERATOR=NAME`, or `OPERATOR=-NAME` to forbid one")
        if op not in known:
            help = did_you_mean(op, known) or f"use one of {_listed(sorted(known))}"
            raise _unknown(f"`{op}` is no operator that target {target} has a choice for", help)
        forbids, name = name.startswith("-"), name.removeprefix("-")
        if name not in known[op]:
            help = did_you_mean(name, known[op]) or f"use one of {_listed(known[op])}"
            raise _unknown(f"target {target} has no lowering `{name}` of {op}", help)
        if forbids:
            without[op] = without.get(op, frozenset()) | {name}
        else:
            only[op] = (*only.get(op, ()), name)
    return Choice(only, without)


def _unknown(message: str, help: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic("E495", message, help=help))


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
