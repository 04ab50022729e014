"""What a setting of a `train` section declares, once, at the field of the plan that holds it.

Elaboration, what callers replace from outside, the options of `netc train`, the manifest and the reference all read
this declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any

from netc.compiler.declare.arguments import ArgumentType
from netc.compiler.declare.declared import Declared, Registry


class Form:
    """How a setting is written in the text, and in a manifest. `elaborate/train/settings.py` reads each form."""

    def to_json(self, value: Any) -> Any:
        """The value for a manifest."""
        return plain(value)


@dataclass(frozen=True)
class Plain(Form):
    """A static value of an argument's type: `batch = 32`."""

    type: ArgumentType


@dataclass(frozen=True)
class Text(Form):
    """A string: `data = "digits"`. `advice` is what a message says to write."""

    advice: str


@dataclass(frozen=True)
class One(Form):
    """Something declared, with its arguments: `optimizer = adam(lr=1e-3)`."""

    registry: Registry[Any]

    def to_json(self, value: Any) -> Any:
        return call_as_json(value)


@dataclass(frozen=True)
class Some(Form):
    """A list of things declared: `augmentation = [flip, crop(4)]`."""

    registry: Registry[Any]

    def to_json(self, value: Any) -> Any:
        return [call_as_json(item) for item in value]


@dataclass(frozen=True)
class Patterns(Form):
    """Names of layers, blocks, nets or their weights, `*` for any characters: `freeze = ["stem", "stage1..stage3"]`.

    words  what may stand there besides, for a choice that no name makes
    """

    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Factors(Form):
    """A table from patterns to numbers: `rates = ["cnn": 0.1]`."""

    type: ArgumentType


@dataclass(frozen=True)
class ByPattern(Form):
    """A table of values by patterns of parameters: `l2 = ["*.weight": 1e-4]`. A tuple of pairs in the plan."""

    type: ArgumentType

    def to_json(self, value: Any) -> Any:
        made = {pattern: call_as_json(item) if isinstance(item, Declared) else plain(item) for pattern, item in value}
        return made or None


class Epochs(Form):
    """A table from epochs, counted from 1, to patterns: `unfreeze = [5: ["stage3"]]`."""


class Starts(Form):
    """A table from parts to weight files: `init = ["cnn": weights("r.safetensors", map = ["fc": none])]`."""

    def to_json(self, value: Any) -> Any:
        return {start.part: start.to_json() for start in value}


@dataclass(frozen=True)
class Table(Form):
    """A table from names to something declared: `follow = ["target": copy("online")]`; `example` is what to write."""

    registry: Registry[Any]
    example: str

    def to_json(self, value: Any) -> Any:
        return {name: call_as_json(item) for name, item in value}


class Losses(Form):
    """A sum of weighted losses, or a table of such sums."""

    def to_json(self, value: Any) -> Any:
        return [{"name": t.name, "weight": t.weight, **_compared(t), "loss": call_as_json(t.loss)} for t in value]


class Metrics(Form):
    """A list of metrics, each with its pair or that of the first loss."""

    def to_json(self, value: Any) -> Any:
        return [{"name": t.name, **_compared(t), "metric": call_as_json(t.metric)} for t in value]


@dataclass(frozen=True)
class Outside:
    """What callers may replace without changing the text: `--lr 1e-3`, `Trainer(model, lr=1e-3)`.

    argument  the argument of what the setting declares that is replaced, where it isn't the setting itself
    help      of the option of `netc train`; None where there is none.  shown: what stands for its value there
    """

    type: ArgumentType
    argument: str | None = None
    help: str | None = None
    shown: str | None = None

    def replaced(self, old: Any, value: Any) -> Any:
        """The setting's new value."""
        return value if self.argument is None else type(old)(**{**old.settings(), self.argument: value})

    def value(self, setting: Any) -> Any:
        """What would be replaced, as JSON."""
        return plain(setting if self.argument is None else getattr(setting, self.argument))


@dataclass(frozen=True)
class Setting:
    """A setting: its word in the text, how it is written, what it means, what may replace it, its names elsewhere."""

    word: str
    form: Form
    shown: str
    default: str
    outside: Mapping[str, Outside]
    field: str
    also: tuple[str, ...] = ()


def setting(
    form: Form,
    shown: str,
    *,
    default: Any = MISSING,
    default_text: str = "none",
    word: str | None = None,
    outside: Mapping[str, Outside] | None = None,
    also: tuple[str, ...] = (),
) -> Any:
    """A field of a plan that a train section sets.

    shown         what the reference says one writes
    default_text  what it says of the default
    word          in the text, where it isn't the field's name
    also          its names in other frameworks
    """
    about = {"setting": Setting(word or "", form, shown, default_text, outside or {}, "", also)}
    return field(metadata=about) if default is MISSING else field(default=default, metadata=about)


def settings_of(plan: Any) -> dict[str, Setting]:
    """The settings that a plan's class declares, by their words in the order of declaration."""
    found = [_placed(item) for item in fields(plan) if "setting" in item.metadata]
    return {item.word: item for item in found}


def _placed(item: Field[Any]) -> Setting:
    declared: Setting = item.metadata["setting"]
    return replace(declared, word=declared.word or item.name, field=item.name)


def call_as_json(item: Declared) -> dict[str, Any]:
    """Something declared as JSON: its word, and its arguments by name."""
    return {"name": item.word, **{name: plain(value) for name, value in item.settings().items()}}


def target_as_json(target: Any) -> Any:
    """A target: a field's name or a number as they are, a value of the net as `{"value": name}`, none as null."""
    return target if target is None or isinstance(target, (str, float)) else {"value": target.name}


def _compared(term: Any) -> dict[str, Any]:
    """What a term compares with: its first target, and its mask where it has one."""
    mask = {} if term.mask is None else {"mask": target_as_json(term.mask)}
    return {"target": target_as_json(term.target), **mask}


def plain(value: Any) -> Any:
    """A static value as JSON."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
