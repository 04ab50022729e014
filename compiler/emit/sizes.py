"""Sizes that are known at run time only: Shape of an input, then integer arithmetic. Each is computed once a model."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

from netc.compiler.ir import DType, Size, Symbol
from netc.compiler.ir.dims import Atom, Dim, Quotient, never_negative, symbols

if TYPE_CHECKING:
    from netc.compiler.emit.emitter import Emitter


class SizeArithmetic:
    """Emits the nodes that compute symbolic sizes as int64 vectors of one element, and vectors of several."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._known: dict[Size, str] = {}
        self._symbols: dict[Symbol, str] = {}

    def vector(self, sizes: tuple[Size, ...], dtype: DType) -> str:
        """The name of a vector of sizes, some of them symbolic."""
        name = self._concatenation(sizes)
        return name if dtype == DType.INT64 else self._add("Cast", [name], to=dtype)

    def _concatenation(self, sizes: tuple[Size, ...]) -> str:
        parts: list[str] = []
        static: list[int] = []
        for size in (*sizes, None):
            if isinstance(size, int):
                static.append(size)
                continue
            if static:
                parts.append(self._emitter.ints(static))
                static = []
            if size is not None:
                parts.append(self._size(size))
        return parts[0] if len(parts) == 1 else self._add("Concat", parts, axis=0)

    def _size(self, size: Size) -> str:
        if isinstance(size, int):
            return self._emitter.ints([size])
        name = self._known.get(size)
        if name is None:
            name = self._known[size] = self._from_input(size) or self._polynomial(size)
        return name

    def _from_input(self, size: Dim) -> str | None:
        """The size as an axis of an input, where it is one."""
        for value in self._emitter.graph.sources():
            for axis, known in enumerate(value.shape):
                if known == size:
                    return self._add("Shape", [self._emitter.name(value)], start=axis, end=axis + 1)
        return None

    def _polynomial(self, size: Dim) -> str:
        """Sum of coefficient * atoms; fractions go over one denominator, which divides the sum by construction."""
        denominator = lcm(*(coefficient.denominator for coefficient in size.terms.values()))
        total: str | None = None
        for monomial, coefficient in size.terms.items():
            term = self._term(monomial, int(coefficient * denominator))
            total = term if total is None else self._add("Add", [total, term])
        assert total is not None
        return self._divide(total, denominator)

    def _term(self, monomial: tuple[Atom, ...], coefficient: int) -> str:
        factors = [self._atom(atom) for atom in monomial]
        if coefficient != 1 or not factors:
            factors.append(self._emitter.ints([coefficient]))
        name = factors[0]
        for factor in factors[1:]:
            name = self._add("Mul", [name, factor])
        return name

    def _atom(self, atom: Atom) -> str:
        if isinstance(atom, Quotient):
            return self._quotient(atom)
        name = self._symbols.get(atom)
        if name is None:
            name = self._symbols[atom] = self._from_input(Dim(atom)) or self._solved(atom)
        return name

    def _quotient(self, quotient: Quotient) -> str:
        """The floor of a quotient; ONNX's division goes toward zero, which is the same where nothing is negative."""
        numerator, denominator = self._size(quotient.numerator), self._size(quotient.denominator)
        if not (never_negative(quotient.numerator) and never_negative(quotient.denominator)):
            rest = self._add("Mod", [numerator, denominator])  # has the sign of the denominator
            numerator = self._add("Sub", [numerator, rest])
        return self._add("Div", [numerator, denominator])

    def _solved(self, symbol: Symbol) -> str:
        """A symbol from an axis that is a linear function of it: S = (axis - rest) / factor."""
        for value in self._emitter.graph.sources():
            for axis, known in enumerate(value.shape):
                if not isinstance(known, Dim) or symbols(known) != {symbol}:
                    continue
                factor = known.terms.get((symbol,), Fraction(0))
                rest = known.terms.get((), Fraction(0))
                if not factor or set(known.terms) - {(symbol,), ()}:
                    continue
                scale = lcm(factor.denominator, rest.denominator)
                name = self._add("Shape", [self._emitter.name(value)], start=axis, end=axis + 1)
                if scale != 1:
                    name = self._add("Mul", [name, self._emitter.ints([scale])])
                if rest:
                    name = self._add("Sub", [name, self._emitter.ints([int(rest * scale)])])
                return self._divide(name, int(factor * scale))
        raise AssertionError(f"no input carries the size {symbol}")

    def _divide(self, name: str, by: int) -> str:
        return name if by == 1 else self._add("Div", [name, self._emitter.ints([by])])

    def _add(self, onnx_name: str, inputs: list[str], **attributes: Any) -> str:
        output = self._emitter.temporary("size")
        self._emitter.node(None, onnx_name, inputs, [output], **attributes)
        return output
