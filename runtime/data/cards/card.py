"""What the data meant when a model was trained: one typed record that a run, its checkpoints and its model carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from netc.grammar.counted import counted
from netc.grammar.documents import DocumentError, parsed
from netc.runtime.data.cards import card_checks
from netc.runtime.data.errors import error

CARD_VERSION = 2
RESIZE = "resize"
"""What `treated` calls the size that maps are brought to: `64x48`, height first."""


@dataclass(frozen=True, slots=True, repr=False)
class InputCard:
    """Where an input of the net comes from and what was done to it.

    name     of the net's input;  kind: "columns" of a table, an "array", or "images"
    sources  the columns in the order of training, or the one array
    dtype    as stored;  shape: of a stored row
    scale    what values are divided by because the data's option says so; None: bytes by 255, others not at all
    low, high  the least and the largest stored value that was trained on
    size, channels, colour   of images: [height, width], 1 or 3, "grey" or "colour"
    levels   of images of more than 8 bits: the level that became 1, unless the option `scale` says another
    treated  what else was done to images, by name: `size`, `transparency` with the colour behind it, and `resize` with
             the height and width that maps were brought to
    """

    name: str
    kind: str
    sources: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...]
    scale: float | None = None
    low: float | None = None
    high: float | None = None
    size: tuple[int, int] | None = None
    channels: int | None = None
    colour: str | None = None
    levels: int | None = None
    treated: Mapping[str, str] = field(default_factory=dict)

    @property
    def resized(self) -> tuple[int, int] | None:
        """The height and width that maps of every size are brought to."""
        if RESIZE not in self.treated:
            return None
        height, width = map(int, self.treated[RESIZE].split("x"))
        return height, width

    def __repr__(self) -> str:
        divided = "" if self.scale is None else f" divided by {self.scale:g}"
        return f"{self.name} from {_few(self.sources)}, {self.dtype}{divided}"


@dataclass(frozen=True, slots=True, repr=False)
class TargetCard:
    """Where a target of the loss comes from.

    name    of the target in the loss;  source: the column or array that it is taken from
    kind    "classes" or "numbers", which are never scaled
    count   how many classes the net has;  classes: their names in order, or None where they are numbered
    counts  how many labels of each class there are to train on, or None where they weren't counted
    """

    name: str
    source: str
    kind: str
    count: int | None = None
    classes: tuple[str, ...] | None = None
    counts: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        if self.kind == "numbers":
            return f"{self.name}: numbers"
        known = "classes" if self.count is None else counted(self.count, "class", "classes")
        return f"{self.name}: {known}" + (f" {_few(self.classes)}" if self.classes else "")


@dataclass(frozen=True, slots=True)
class PartCard:
    """A part of the data that a training used: its name, rows, and a fingerprint of what they hold."""

    name: str
    rows: int
    fingerprint: str


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """The record.

    data        what was opened
    seeded      [share, seed] where the parts were drawn, else None
    stratified  the target whose classes were each drawn from in proportion; None: rows were drawn from one lot
    """

    data: str
    inputs: tuple[InputCard, ...]
    targets: tuple[TargetCard, ...]
    parts: tuple[PartCard, ...] = ()
    seeded: tuple[float, int] | None = None
    stratified: str | None = None
    version: int = CARD_VERSION

    def __repr__(self) -> str:
        parts = ", ".join(f"{part.rows:,} {part.name}" for part in self.parts)
        known = [*map(repr, self.inputs), *map(repr, self.targets), *([parts] if parts else [])]
        return f"<card of {self.data or 'no data'}: {'; '.join(known)}>"

    def input(self, name: str) -> InputCard | None:
        """What is known about an input of the net."""
        return next((item for item in self.inputs if item.name == name), None)

    def target(self, name: str) -> TargetCard | None:
        """What is known about a target of the loss."""
        return next((item for item in self.targets if item.name == name), None)

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes, where one target has such."""
        return next((list(item.classes) for item in self.targets if item.classes is not None), None)

    @property
    def counts(self) -> dict[str, tuple[int, ...]]:
        """How many labels of each class there are to train on, by target."""
        return {item.name: item.counts for item in self.targets if item.counts is not None}

    def differs(self, part: str, rows: Any) -> bool:
        """Whether rows that were bound are others than those of the part of that name in the training."""
        known = next((item.fingerprint for item in self.parts if item.name == part), None)
        return known is not None and known != rows.fingerprint

    def with_parts(self, parts: Sequence[PartCard], seeded: tuple[float, int] | None, stratified: str | None) -> Self:
        """The same with the parts that a training used, and how they were drawn."""
        return replace(self, parts=tuple(parts), seeded=seeded, stratified=stratified)

    def to_json(self) -> dict[str, Any]:
        """For files."""
        return asdict(self)

    @staticmethod
    def from_json(found: Any, where: str) -> Card:
        """The reverse; raises DiagnosticError E524 for a version that is unknown, or what is no card."""
        found = card_checks.of_today(found)
        version = found.get("version") if isinstance(found, dict) else None
        if card_checks.is_whole(version) and version != CARD_VERSION:
            message = f"{where} has a data card of version {version}, this netc reads version {CARD_VERSION}"
            raise error("E524", message, help="use the version of netc that wrote it")
        try:
            card_checks.check(found, card_checks.CARD)
            return Card(
                found["data"],
                tuple(_read(InputCard, item, card_checks.INPUT) for item in found["inputs"]),
                tuple(_read(TargetCard, item, card_checks.TARGET) for item in found["targets"]),
                tuple(_read(PartCard, item, card_checks.PART) for item in found["parts"]),
                _tuple(found["seeded"]),
                found["stratified"],
            )
        except ValueError as reason:
            message = f"{where} has no data card that can be read"
            raise error("E524", message, str(reason), help="train again, or use the version that wrote it") from None


def _few(names: Sequence[str]) -> str:
    """The first three names."""
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


NO_CARD = Card("", (), ())
"""Of a model that has seen no data: bytes are bytes, and nothing else is known."""


def card_of(text: str | None, where: str) -> Card | None:
    """The card in a file's metadata, or None where it has none; raises E524."""
    if text is None:
        return None
    try:
        found = parsed(text)
    except DocumentError:
        found = None
    return Card.from_json(found, where)


def _read(kind: type[Any], item: Any, checks: Mapping[str, card_checks.Check]) -> Any:
    card_checks.check(item, checks)
    return kind(**{name: _tuple(value) for name, value in item.items()})


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
