"""Exclusive or without an operator for it, of which ONNX Runtime has no kernel for CUDA."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Tensor, Value

DIGITS = 8
"""Of four bits each."""
TABLE = Tensor(DType.INT64, (256,), tuple(a ^ b for a in range(16) for b in range(16)))


def xor_by_digits(g: Builder, a: Value, b: Value) -> Value:
    """Four bits of both at a time, by a table of 256; for numbers from 0 to 2^32 - 1, as those of dropout's masks."""
    powers = g.constant([16**digit for digit in range(DIGITS)], DType.INT64)

    def digits(x: Value) -> Value:
        return g.Mod(g.Div(g.Reshape(x, shape=(*x.shape, 1)), powers), 16)

    pairs = g.Add(g.Mul(digits(a), 16), digits(b))
    found = g.Gather(g.Constant(value=TABLE), pairs, axis=0)
    return g.ReduceSum(g.Mul(found, powers), axes=(found.rank - 1,))
