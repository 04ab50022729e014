"""Pickles, read as data: an interpreter that makes numbers, texts, tables, and what a short list of names stands for.

A pickle is a program for a small machine with a stack, and Python's own reader lets it call anything that can be
imported. This one imports nothing. A name in a pickle is looked up in the table that a format gives, whole and as it
stands, and means a function there that makes a tensor; any other name, and every instruction that makes objects in
another way, ends the reading.
"""

from __future__ import annotations

import io
import pickletools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.weights.formats.base import UnreadableError

MOST_STEPS = 500_000
"""Instructions: a network of a thousand tensors has fifty thousand."""

HELP = "save the tensors alone: `torch.save(model.state_dict(), …)`"

Known = Mapping[str, Any]
"""What names in a pickle stand for: `torch._utils._rebuild_tensor_v2`. Functions of it may be called."""

SIMPLE = (str, int, float, bytes, type(None))
"""What keys of tables are, and what tuples among them hold."""

_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = frozenset({
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES",
    "BINBYTES8", "BYTEARRAY8",
})  # fmt: skip
_EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_DICT": dict, "EMPTY_SET": set}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PUTS, _GETS = ("PUT", "BINPUT", "LONG_BINPUT"), ("GET", "BINGET", "LONG_BINGET")


class Named:
    """A name of the table, on the stack: what it stands for is called by the machine alone."""

    __slots__ = ("meaning",)

    def __init__(self, meaning: Any) -> None:
        self.meaning = meaning


class Built(ABC):
    """What a function of the table makes that the pickle gives its state afterwards."""

    @abstractmethod
    def set_state(self, state: Any) -> None:
        """Take the state."""


class OrderedTable(dict[Any, Any], Built):
    """Python's OrderedDict; PyTorch hangs a version on it."""

    def set_state(self, state: Any) -> None:
        """Pass over it: it holds versions of modules."""


class Machine:
    """Reads one pickle after another from a file.

    known       what names stand for
    persistent  makes something of what a pickle refers to outside itself; None where nothing may be outside
    """

    def __init__(self, file: io.BytesIO, known: Known, persistent: Callable[[Any], Any] | None = None) -> None:
        self._file = file
        self._known = {"collections.OrderedDict": OrderedTable, **known}
        self._persistent = persistent
        self._steps = 0

    def load(self) -> Any:
        """The next pickle's object; raises UnreadableError, with code E572 where it asks for more than tensors."""
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        try:
            for code, argument, _ in pickletools.genops(self._file):
                self._steps += 1
                if self._steps > MOST_STEPS:
                    raise UnreadableError(f"its pickle has more than {MOST_STEPS:,} instructions")
                self._step(code.name, argument)
            (found,) = self._stack
        except UnreadableError:
            raise
        except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UnreadableError(f"its pickle is damaged: {reason[:100]}") from None
        return found

    def _step(self, name: str, argument: Any) -> None:  # noqa: C901  one case an instruction
        stack = self._stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _PUTS:
            self._memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif name in _GETS:
            stack.append(self._memo[argument])
        elif name == "MARK":
            self._marks.append(len(stack))
        elif name == "POP":
            stack.pop()
        elif name == "POP_MARK":
            self._marked()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name in _TUPLES:
            stack[-_TUPLES[name] :] = [tuple(self._taken(_TUPLES[name]))]
        elif name in ("TUPLE", "LIST", "FROZENSET"):
            items = self._marked()
            stack.append(
                frozenset(map(_key, items)) if name == "FROZENSET" else tuple(items) if name == "TUPLE" else items
            )
        elif name == "DICT":
            stack.append(_pairs(self._marked()))
        elif name == "APPEND":
            item = stack.pop()
            _only(stack[-1], list).append(item)
        elif name == "APPENDS":
            items = self._marked()
            _only(stack[-1], list).extend(items)
        elif name == "ADDITEMS":
            items = self._marked()
            _only(stack[-1], set).update(map(_key, items))
        elif name in ("SETITEM", "SETITEMS"):
            items = self._marked() if name == "SETITEMS" else self._popped(2)
            _only(stack[-1], dict).update(_pairs(items))
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            path = argument.replace(" ", ".", 1) if name == "GLOBAL" else ".".join(self._popped(2))
            stack.append(self._name(path))
        elif name == "REDUCE":
            function, arguments = self._popped(2)
            stack.append(self._called(function, arguments))
        elif name == "BUILD":
            state = stack.pop()
            if not isinstance(stack[-1], Built):
                raise UnreadableError(f"its pickle gives a state to {type(stack[-1]).__name__}", HELP, "E572")
            stack[-1].set_state(state)
        elif name in ("BINPERSID", "PERSID"):
            if self._persistent is None:
                raise UnreadableError("its pickle refers to something outside itself", HELP, "E572")
            stack.append(self._persistent(stack.pop() if name == "BINPERSID" else argument))
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise UnreadableError(f"its pickle makes an object by `{name}`", HELP, "E572")

    def _name(self, path: str) -> Named:
        if path not in self._known:
            shown = "".join(letter for letter in path[:80] if letter.isprintable())
            message = f"it asks for `{shown}`, and weights are tensors alone; nothing of it was run"
            raise UnreadableError(message, HELP, "E572")
        return Named(self._known[path])

    def _called(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, Named) or not callable(function.meaning) or not isinstance(arguments, tuple):
            raise UnreadableError("its pickle calls what is no function of the format", HELP, "E572")
        return function.meaning(*arguments)

    def _taken(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise ValueError("an instruction lacks its operands")
        return self._stack[-count:]

    def _popped(self, count: int) -> list[Any]:
        items = self._taken(count)
        del self._stack[-count:]
        return items

    def _marked(self) -> list[Any]:
        at = self._marks.pop()
        items = self._stack[at:]
        del self._stack[at:]
        return items


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(map(_key, items[::2]), items[1::2], strict=True))


def _key(item: Any) -> Any:
    """What may be a key, or in a set: tuples that hold each other many times would take for ever to hash."""
    if not isinstance(item, SIMPLE) and not (
        isinstance(item, tuple) and all(isinstance(part, SIMPLE) for part in item)
    ):
        raise TypeError(f"a {type(item).__name__} is no key of a table")
    if any(isinstance(part, int) and part.bit_length() > 64 for part in (item if isinstance(item, tuple) else (item,))):
        raise ValueError("a key of a table is a number of more than 64 bits")
    return item


def _only(item: Any, kind: type) -> Any:
    if not isinstance(item, kind):
        raise TypeError(f"an instruction for a {kind.__name__} meets a {type(item).__name__}")
    return item
