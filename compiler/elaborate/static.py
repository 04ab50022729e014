"""Arithmetic, comparison and functions of static values: everything computed while compiling."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from netc.compiler.elaborate.layer_values import Chain, LayerValue, Shared
from netc.compiler.elaborate.static_help import for_condition, for_numbers
from netc.compiler.elaborate.values import is_number, is_size, kind
from netc.compiler.ir import Dim, Undecided
from netc.compiler.ir.dims import bounds, floor_divide, size_weight
from netc.grammar.counted import counted
from netc.grammar.limits import LIST

LARGEST = 1 << 63
"""Whole numbers are smaller, as they are in ONNX."""
HEAVIEST = 256
"""Terms of a symbolic size, those of quotients in it included."""
BY_ZERO = "divide by a number other than 0"
MANY = 1 << 20
"""Arguments that a function may take; lists have a limit of their own."""


class StaticError(Exception):
    """A static expression that has no value: code, message, the way out."""

    def __init__(self, message: str, help: str, code: str = "E240") -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.code = code


def binary(operator: str, a: Any, b: Any) -> Any:
    """The value of `a operator b`; raises StaticError."""
    if operator in ("==", "!="):
        return equal(a, b) == (operator == "==")
    if operator in ("<", "<=", ">", ">="):
        return _ordered(operator, a, b)
    if operator == "+" and isinstance(a, tuple) and isinstance(b, tuple):
        return a + b
    if operator == "+" and isinstance(a, str) and isinstance(b, str):
        return _joined(a, b)
    if (isinstance(a, Dim) or isinstance(b, Dim)) and is_size(a) and is_size(b):
        return _symbolic(operator, a, b)
    if not (is_number(a) and is_number(b)):
        raise StaticError(f"`{operator}` takes numbers, found {kind(a)} and {kind(b)}", for_numbers(a, b, operator))
    try:
        return _whole(_ARITHMETIC[operator](a, b))
    except ZeroDivisionError:
        raise StaticError("division by zero", BY_ZERO) from None
    except (OverflowError, ValueError):
        raise _too_large() from None


def _power(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int) and b > 0 and (a.bit_length() - 1) * b > LARGEST.bit_length():
        raise OverflowError
    result = a**b
    if isinstance(result, complex):
        raise StaticError("a negative number has no root", "raise it to a whole number, or take `abs(…)` of it")
    return result


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": _power,
}


def _whole(result: Any) -> Any:
    if isinstance(result, int) and not -LARGEST <= result < LARGEST:
        raise OverflowError
    if isinstance(result, float) and not math.isfinite(result):
        raise OverflowError
    return result


def _too_large() -> StaticError:
    return StaticError("the result is too large", "whole numbers are below 9_223_372_036_854_775_808", "E135")


def _joined(a: str, b: str) -> str:
    if len(a) + len(b) > LIST.value:
        raise too_long(f"a text of {counted(len(a) + len(b), 'character')}")
    return a + b


def too_long(what: str) -> StaticError:
    """The error for a list or a text of more items than the limit."""
    help = f"give a shorter one; the limit is {LIST.value:,}: {LIST.raised()}"
    return StaticError(f"{what} is too long", help, LIST.code)


def _symbolic(operator: str, a: Any, b: Any) -> Any:
    for size in (a, b):
        if size_weight(size, HEAVIEST) > HEAVIEST:
            raise StaticError("this size is made of too many others", "compute it from fewer dimensions", "E135")
    if operator in ("//", "%"):
        if b == 0:
            raise StaticError("division by zero", BY_ZERO)
        quotient = floor_divide(a, b)
        return quotient if operator == "//" else a - quotient * b
    if operator == "/":
        raise StaticError(f"`/` does not divide the size {a if isinstance(a, Dim) else b}", "divide sizes with `//`")
    if operator == "**":
        if not isinstance(b, int) or not 0 <= b <= 16:
            message = f"a size is raised to a whole number from 0 to 16, found {kind(b)}"
            raise StaticError(message, "write such a number, as in `n ** 2`")
        result = a
        for _ in range(b - 1):
            result = _symbolic("*", result, a)
        return result if b else 1
    return _ARITHMETIC[operator](a, b)


def equal(a: Any, b: Any) -> bool:
    """Whether two static values are equal; raises StaticError where a symbolic size decides."""
    if a is b:
        return True
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(value, b[key]) for key, value in a.items())
    if (isinstance(a, Dim) or isinstance(b, Dim)) and is_size(a) and is_size(b):
        if a == b:
            return True
        low, high = bounds(a - b)
        if (low is not None and low > 0) or (high is not None and high < 0):
            return False
        raise undecided(f"{a} == {b}")
    if isinstance(a, LayerValue) and isinstance(b, LayerValue):
        return _same_layer(a, b)
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    return bool(a == b)


def _same_layer(a: LayerValue, b: LayerValue) -> bool:
    """Whether two layers are one: of a kind, and with equal arguments where both have some."""
    if isinstance(a, Chain) and isinstance(b, Chain) and a is not b:
        raise StaticError("chains of layers are not compared", "compare with a single layer, as in `norm == batchnorm`")
    if isinstance(a, (Chain, Shared)) or isinstance(b, (Chain, Shared)):
        return a is b
    if not a.same_kind(b):
        return False
    if a.bound is None or b.bound is None:
        return True
    first, second = a.given(a.bound), b.given(b.bound)
    return first.keys() == second.keys() and all(equal(value, second[name]) for name, value in first.items())


def _ordered(operator: str, a: Any, b: Any) -> bool:
    sized = is_size(a) and is_size(b)
    if not sized and not (is_number(a) and is_number(b)):
        texts = isinstance(a, str) and isinstance(b, str)
        help = "compare texts with `==` or `!=`" if texts else for_numbers(a, b)
        raise StaticError(f"`{operator}` compares numbers, found {kind(a)} and {kind(b)}", help)
    try:
        if operator == "<":
            return bool(a < b)
        if operator == "<=":
            return bool(a <= b)
        if operator == ">":
            return bool(a > b)
        return bool(a >= b)
    except Undecided:
        raise undecided(f"{a} {operator} {b}") from None


def undecided(question: str) -> StaticError:
    """The error for a condition about sizes that only a run knows."""
    return StaticError(
        f"{question} is not known while compiling",
        "give the input fixed sizes, or state the assumption with `expect`",
        "E305",
    )


def truth(value: Any) -> bool:
    """A condition's value; only `true` and `false` are conditions."""
    if not isinstance(value, bool):
        raise StaticError(f"a condition is true or false, found {kind(value)}", for_condition(value))
    return value


def negative(value: Any) -> Any:
    """`-value`."""
    if not (is_number(value) or isinstance(value, Dim)):
        raise StaticError(f"`-` takes a number, found {kind(value)}", for_numbers(value))
    return -value


def span_of(start: Any, stop: Any) -> tuple[int, ...]:
    """`start..stop` as a list."""
    for end in (start, stop):
        if not isinstance(end, int) or isinstance(end, bool):
            help = "divide with `//`, which gives a whole number" if isinstance(end, float) else "write it as in `0..4`"
            if isinstance(end, Dim):
                help = "give the input fixed sizes: a range is written out while compiling"
            raise StaticError(f"a range takes whole numbers, found {kind(end)}", help)
    if stop - start > LIST.value:
        raise too_long(f"a range of {counted(stop - start, 'number')}")
    return tuple(range(start, stop))


# ---------------------------------------------------------------- functions
def _numbers(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(values) == 1 and isinstance(values[0], tuple):
        values = values[0]
    if not values:
        raise StaticError(f"`{name}` takes at least one number", f"give it some, as in `{name}([1, 2])`")
    for value in values:
        if not is_number(value):
            raise StaticError(f"`{name}` takes numbers, found {kind(value)}", for_numbers(value))
    return values


def _sequence(name: str, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise StaticError(f"`{name}` takes a list, found {kind(value)}", "give a list, such as `[32, 64]` or `0..4`")
    return value


def _one(name: str, value: Any) -> Any:
    if not is_number(value):
        raise StaticError(f"`{name}` takes a number, found {kind(value)}", for_numbers(value))
    return value


def _sqrt(value: Any) -> float:
    number = _one("sqrt", value)
    if number < 0:
        raise StaticError("a negative number has no square root", "take it of `abs(…)`, or of a number from 0 on")
    return math.sqrt(number)


def _length(value: Any) -> int:
    if isinstance(value, (dict, str)):
        return len(value)
    return len(_sequence("len", value))


def _nearest(value: int | float) -> int:
    """The nearest whole number, of two the larger."""
    below = math.floor(value)
    return below + (value - below >= 0.5)


FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "min": (1, MANY, lambda *values: min(_numbers("min", values))),
    "max": (1, MANY, lambda *values: max(_numbers("max", values))),
    "abs": (1, 1, lambda value: abs(_one("abs", value))),
    "sqrt": (1, 1, _sqrt),
    "floor": (1, 1, lambda value: math.floor(_one("floor", value))),
    "ceil": (1, 1, lambda value: math.ceil(_one("ceil", value))),
    "round": (1, 1, lambda value: _nearest(_one("round", value))),
    "len": (1, 1, _length),
    "sum": (1, 1, lambda value: sum(_numbers("sum", (_sequence("sum", value),))) if value else 0),
    "reversed": (1, 1, lambda value: tuple(reversed(_sequence("reversed", value)))),
    "zip": (2, 16, lambda *values: tuple(zip(*(_sequence("zip", value) for value in values), strict=False))),
}
"""Name -> fewest and most arguments, and the function."""


def call(name: str, values: list[Any]) -> Any:
    """A function's value; raises StaticError."""
    fewest, most, function = FUNCTIONS[name]
    if not fewest <= len(values) <= most:
        least = "" if fewest == most else "at least "
        message = f"`{name}` takes {least}{counted(fewest, 'argument')}, found {len(values)}"
        raise StaticError(message, f"write `{name}({'a, b' if most > 1 else 'a'})`", "E221")
    try:
        return _whole(function(*values))
    except OverflowError:
        raise _too_large() from None
