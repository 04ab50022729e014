"""Numbers in a text of another framework; those that are known when the network runs alone come from shapes at hand."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.ir import Node, Size, Value
from netc.compiler.ir.dims import Dim, Quotient, Symbol
from netc.compiler.sources.parts import CannotWriteError, Part


class Sizes:
    """Numbers of a node in a text: marks for the known ones, shapes of values at hand for the others."""

    def __init__(self, part: Part, node: Node, known: Sequence[Value]) -> None:
        self.part, self.node, self.known = part, node, list(reversed(known))
        self.asked: list[Value] = []

    def __call__(self, size: Size, label: str = "size") -> str:
        """A size as text; a symbolic one with `{3}` for the name of a value, see `asked`."""
        if isinstance(size, int):
            return self.part.mark(label, size, in_run=True)
        for value in self.known:
            for axis, other in enumerate(value.shape):
                if other == size:
                    return self._shape(value, axis)
        terms = []
        for monomial, share in size.terms.items():
            factors = [self._atom(atom) for atom in monomial]
            if share.numerator != 1 or not factors:
                factors.insert(0, str(share.numerator))
            terms.append(" * ".join(factors) + (f" // {share.denominator}" if share.denominator != 1 else ""))
        return f"({' + '.join(terms)})"

    def _atom(self, atom: Symbol | Quotient) -> str:
        if isinstance(atom, Quotient):
            return f"({self(atom.numerator)} // {self(atom.denominator)})"
        pure = Dim(atom)
        for value in self.known:
            for axis, other in enumerate(value.shape):
                if other == pure:
                    return self._shape(value, axis)
        raise CannotWriteError(f"the size {atom.name} where {self.node.op} needs it")

    def _shape(self, value: Value, axis: int) -> str:
        if value not in self.asked:
            self.asked.append(value)
        return f"{{{len(self.node.inputs) + self.asked.index(value)}}}.shape[{axis}]"

    def device(self) -> str:
        """`, device=x.device`, of a value at hand."""
        if not self.known:
            return ""
        if self.known[0] not in self.asked:
            self.asked.append(self.known[0])
        return f", device={{{len(self.node.inputs) + self.asked.index(self.known[0])}}}.device"

    def shape(self, shape: Sequence[Size], label: str = "size") -> str:
        """Sizes with commas."""
        return ", ".join(self(size, label) for size in shape)
