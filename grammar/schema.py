"""Values of JSON, checked against type hints: what a file says is what the program's types say, or it is refused.

`conform(found, Form)` gives the value as `Form`, which is a dataclass, a TypedDict, or any hint made of `int`, `float`,
`str`, `bool`, `None`, `list`, `tuple`, `dict`, `Literal`, unions and `Annotated` with a `Rule`. Numbers are finite,
whole numbers fit 64 bits, texts can be written as UTF-8. Entries that a form lacks are refused, and so are missing
ones, but for those that a TypedDict says are `NotRequired`.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

LARGEST = 1 << 63
LEFT_OUT = "left out"
"""In the metadata of a dataclass's field: true where it isn't in files."""
DEEPEST = 64
"""How far values may lie in each other."""


class FormError(ValueError):
    """A value is of another form: the message names its place, what it is and what was expected."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """What a value of a type must be besides: `Annotated[int, Rule("a whole number of 0 or more", …)]`."""

    words: str
    holds: Callable[[Any], bool]


@dataclasses.dataclass(frozen=True, slots=True)
class NotFinite:
    """Beside a `float`: NaN and infinity are numbers too."""


Count = Annotated[int, Rule("a whole number of 0 or more", lambda value: value >= 0)]
Measured = Annotated[float, NotFinite()]


def conform(found: Any, form: Any, at: str = "") -> Any:
    """The value as the form says, made of what JSON gave; raises FormError.

    at  what the value is called, in words of a message: `best.epoch`
    """
    return _value(found, form, at, 0)


def _value(found: Any, form: Any, at: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise FormError(f"{_named(at)} lies too deep")
    origin = get_origin(form)
    if origin is Annotated:
        return _annotated(found, form, at, depth)
    if form is Any:
        return _anything(found, at, depth)
    if origin in (Union, types.UnionType):
        return _either(found, get_args(form), at, depth)
    if origin is Literal:
        if any(type(found) is type(word) and found == word for word in get_args(form)):
            return found
        raise _other(found, _listed([repr(word) for word in get_args(form)]), at)
    if isinstance(form, type) and dataclasses.is_dataclass(form):
        return form(**_table(found, _fields(form), at, depth))
    if is_typeddict(form):
        return _table(found, _fields(form), at, depth)
    if origin in (dict, Mapping):
        return _mapping(found, get_args(form)[1], at, depth)
    if origin in (list, Sequence):
        return list(_items(found, get_args(form)[0], at, depth))
    if origin is tuple:
        return _tuple(found, get_args(form), at, depth)
    if origin in (type(None), None) and form in (None, type(None)):
        if found is None:
            return None
        raise _other(found, "null", at)
    return _plain(found, form, at)


def _plain(found: Any, form: Any, at: str, finite: bool = True) -> Any:
    if form is bool and isinstance(found, bool):
        return found
    if form is str and isinstance(found, str) and is_text(found):
        return found
    if form is int and isinstance(found, int) and not isinstance(found, bool) and -LARGEST <= found < LARGEST:
        return found
    if form is float and isinstance(found, int | float) and not isinstance(found, bool) and _is_number(found, finite):
        return found
    if form in WORDS:
        raise _other(found, WORDS[form], at)
    raise TypeError(f"no form of JSON: {form!r}")


WORDS: Mapping[Any, str] = {bool: "true or false", str: "a text", int: "a whole number", float: "a number"}


def _annotated(found: Any, form: Any, at: str, depth: int) -> Any:
    plain, *rules = get_args(form)
    if any(isinstance(rule, NotFinite) for rule in rules):
        return _plain(found, plain, at, finite=False)
    value = _value(found, plain, at, depth)
    for rule in rules:
        if isinstance(rule, Rule) and not rule.holds(value):
            raise _other(found, rule.words, at)
    return value


def _either(found: Any, forms: Sequence[Any], at: str, depth: int) -> Any:
    """As the first form that fits; of a single one besides null the reason is told."""
    if found is None and type(None) in forms:
        return None
    rest = [form for form in forms if form is not type(None)]
    reasons = []
    for form in rest:
        try:
            return _value(found, form, at, depth)
        except FormError as reason:
            reasons.append(reason)
    if len(reasons) == 1:
        raise reasons[0]
    raise _other(found, _listed([_words(form) for form in rest]), at)


def _table(found: Any, fields: Mapping[str, tuple[Any, bool]], at: str, depth: int) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise _other(found, "a table", at)
    for name in found:
        if name not in fields:
            raise FormError(f"{_named(_below(at, name))} is unknown")
    made = {}
    for name, (form, required) in fields.items():
        if name in found:
            made[name] = _value(found[name], form, _below(at, name), depth + 1)
        elif required:
            raise FormError(f"{_named(_below(at, name))} is missing")
    return made


def _mapping(found: Any, form: Any, at: str, depth: int) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise _other(found, "a table", at)
    for name in found:
        if not is_text(name):
            raise FormError(f"{_named(at)} has a name that is no text")
    return {name: _value(item, form, _below(at, name), depth + 1) for name, item in found.items()}


def _items(found: Any, form: Any, at: str, depth: int) -> list[Any]:
    if not isinstance(found, list):
        raise _other(found, "a list", at)
    return [_value(item, form, f"{at}[{place}]", depth + 1) for place, item in enumerate(found)]


def _tuple(found: Any, forms: Sequence[Any], at: str, depth: int) -> tuple[Any, ...]:
    if len(forms) == 2 and forms[1] is Ellipsis:
        return tuple(_items(found, forms[0], at, depth))
    if not isinstance(found, list) or len(found) != len(forms):
        raise _other(found, f"a list of {len(forms)}", at)
    return tuple(
        _value(item, form, f"{at}[{place}]", depth + 1)
        for place, (item, form) in enumerate(zip(found, forms, strict=True))
    )


def _anything(found: Any, at: str, depth: int) -> Any:
    """Whatever JSON has, with the same numbers and texts as everywhere."""
    if isinstance(found, dict):
        return _mapping(found, Any, at, depth)
    if isinstance(found, list):
        return _items(found, Any, at, depth)
    if found is None:
        return None
    return _plain(found, next((kind for kind in WORDS if type(found) is kind), str), at)


@cache
def _fields(form: Any) -> Mapping[str, tuple[Any, bool]]:
    """Name -> form and whether it has to be there, of a dataclass or a TypedDict."""
    hints = get_type_hints(form, include_extras=True)
    if dataclasses.is_dataclass(form):
        kept = (item for item in dataclasses.fields(form) if not item.metadata.get(LEFT_OUT))
        return {item.name: (hints[item.name], True) for item in kept}
    optional = getattr(form, "__total__", True) is False
    return {
        name: (get_args(hint)[0], False) if get_origin(hint) is NotRequired else (hint, not optional)
        for name, hint in hints.items()
    }


def is_text(value: str) -> bool:
    """Whether it can be written: JSON may hold halves of characters. Names of files may hold bytes, as in Python."""
    return not any("\ud800" <= sign <= "\udfff" and not "\udc80" <= sign <= "\udcff" for sign in value)


def _is_number(value: float, finite: bool) -> bool:
    try:
        return math.isfinite(value) or not finite
    except OverflowError:  # a whole number that no float holds
        return False


def _other(found: Any, expected: str, at: str) -> FormError:
    return FormError(f"{_named(at)} is {_described(found)}, expected {expected}")


def _described(found: Any) -> str:
    if found is None:
        return "null"
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, int | float):
        return repr(found) if isinstance(found, float) or abs(found) < LARGEST else "a number of too many digits"
    return "a text" if isinstance(found, str) else "a list" if isinstance(found, list) else "a table"


def _words(form: Any) -> str:
    if get_origin(form) is Annotated:
        rules = [rule.words for rule in get_args(form)[1:] if isinstance(rule, Rule)]
        return rules[0] if rules else _words(get_args(form)[0])
    if get_origin(form) in (list, tuple, Sequence):
        return "a list"
    return WORDS.get(form, "a table")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _named(at: str) -> str:
    return f"its entry `{at}`" if at else "it"


def _below(at: str, name: str) -> str:
    shown = name[:40].encode("utf-8", "replace").decode("utf-8")
    return f"{at}.{shown}" if at else shown
