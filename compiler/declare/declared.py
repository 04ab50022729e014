"""What the language calls with arguments, and how it is found by its word.

A declaration is a class in a file of its own: a layer, loss, metric, optimizer, schedule, initializer or augmentation.
The folder, with those in it, is the list.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, ClassVar, Generic, TypeVar

from netc.compiler.declare.also import Also, folded, plain, spelt
from netc.compiler.declare.arguments import ArgumentSpec, ArgumentType
from netc.compiler.declare.samples import Call, Wrong
from netc.grammar.counted import counted


class Declared:
    """Base of everything that is called with arguments in the language: layers, losses, metrics and the like.

    A subclass lists its arguments as annotated class attributes made by `argument`; positional order is the order
    of declaration. `word` is its name in the language, `arguments` the specs by name. `also` are its names elsewhere
    (`also.py`), which findings and `netc explain` understand. `samples` are calls that the tests check against
    `formula`, `errors` calls that are refused. `open_arguments` is the type of arguments whose names are not declared,
    None where there are none; a call's are `open_values`.
    """

    word: ClassVar[str] = ""
    also: ClassVar[tuple[str | Also, ...]] = ()
    arguments: ClassVar[dict[str, ArgumentSpec]] = {}
    open_arguments: ClassVar[ArgumentType | None] = None
    samples: ClassVar[tuple[Call, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        specs = dict(cls.arguments)
        for attribute, spec in list(vars(cls).items()):
            if isinstance(spec, ArgumentSpec):
                name = spec.name or attribute
                specs[name] = replace(spec, name=name, attribute=attribute)
                delattr(cls, attribute)
        cls.arguments = specs

    def __init__(self, **values: Any) -> None:
        """`values` are converted already; defaults fill in the rest."""
        kind = type(self)
        known = _ATTRIBUTES.get(kind)
        attributes, required, defaults = known if known is not None else _ATTRIBUTES.setdefault(kind, _attributes(kind))
        self.open_values = {name: value for name, value in values.items() if name not in attributes}
        assert not self.open_values or self.open_arguments is not None, (
            f"{type(self).__name__} has no argument {sorted(self.open_values)}"
        )
        assert required <= values.keys(), f"{type(self).__name__} needs {sorted(required - values.keys())}"
        self.__dict__.update(defaults)
        for name, value in values.items():
            if name in attributes:
                setattr(self, attributes[name], value)

    def conflict(self) -> tuple[str, str, str] | None:
        """An argument that the others rule out: its name, what is wrong, the way out; None where all fit together."""
        return None

    def formula(self, *_: Any, **__: Any) -> Any:
        """The definition once more, for tests, apart from what is compiled: the kind's base says what it is given."""
        raise AssertionError(f"{self.word} has no formula")

    def settings(self) -> dict[str, Any]:
        """The arguments' values by name."""
        return {name: getattr(self, spec.attribute) for name, spec in self.arguments.items()} | self.open_values

    def __repr__(self) -> str:
        """`uniform(bound=0.05)`: two of equal settings look alike, wherever they lie in memory."""
        return f"{self.word}({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"


Attributes = tuple[dict[str, str], frozenset[str], dict[str, Any]]
_ATTRIBUTES: dict[type[Declared], Attributes] = {}


def _attributes(definition: type[Declared]) -> Attributes:
    """The attributes of arguments by their names, which must be given, and what attributes hold where one isn't."""
    specs = definition.arguments
    return (
        {name: spec.attribute for name, spec in specs.items()},
        frozenset(name for name, spec in specs.items() if spec.required),
        {spec.attribute: spec.default for spec in specs.values() if not spec.required},
    )


def says(definition: type[Declared], name: str) -> bool:
    """Whether a class says something itself, where its kind's base only says what that is."""
    base = next(cls for cls in definition.__mro__ if Declared in cls.__bases__)
    return getattr(definition, name, None) is not getattr(base, name, None)


def _home(definition: type[Declared] | None) -> str:
    return "" if definition is None else definition.__module__


Definition = TypeVar("Definition", bound=Declared)
AnyClass = TypeVar("AnyClass", bound=type[Declared])


Elsewhere = tuple[type[Definition], Also]
"""What a word of another framework means: a declaration, and which of its other names that is."""


class Registry(Generic[Definition]):
    """`layer = Registry[Layer]("layer", __package__)` makes the decorator `@layer("conv")`; `layer.all()` finds all.

    Adding a file to the package, or to one in it, is all it takes to add a declaration. `samples` and `errors` are how
    many of them a declaration has at least; one without arguments may have no errors. `declares` names what it must
    say itself, where the base only says what that is: `build`, or `values | draw` for one of two.
    """

    def __init__(
        self,
        kind: str,
        package: str,
        *,
        plural: str = "",
        samples: int = 0,
        errors: int = 0,
        declares: Sequence[str] = (),
    ) -> None:
        self.kind = kind
        self.plural = plural or f"{kind}s"
        self.package = package
        self._declares = tuple(declares)
        self._fewest_samples, self._fewest_errors = samples, errors
        self._known: dict[str, type[Definition]] = {}
        self._complete = False
        self._elsewhere: dict[str, Elsewhere[Definition]] = {}

    def __call__(self, word: str) -> Callable[[AnyClass], AnyClass]:
        """Register a class under its word in the language; refuse a second of a word, or one not declared in full."""

        def register(definition: AnyClass) -> AnyClass:
            known = self._known.get(word)
            assert known is None, f"{self.kind} {word} is declared twice: in {definition.__module__} and {_home(known)}"
            self._check(word, definition)
            definition.word = word
            self._known[word] = definition  # type: ignore[assignment]
            return definition

        return register

    def _check(self, word: str, definition: type[Declared]) -> None:
        who = f"{self.kind} {word}"
        assert definition.__doc__, f"{who} has no docstring"
        samples, errors = definition.samples, definition.errors
        few = self._fewest_samples
        assert len(samples) >= few, f"{who} has {counted(len(samples), 'sample')}, and needs at least {few}"
        fewest = self._fewest_errors if definition.arguments else 0
        assert len(errors) >= fewest, f"{who} has {counted(len(errors), 'error')}, and needs at least {fewest}"
        for names in self._declares:
            found = any(says(definition, name) for name in names.split(" | "))
            assert found, f"{who} doesn't declare {' or '.join(names.split(' | '))}"
        for call in (*samples, *errors):
            assert call.word == word, f"{who} has a sample or an error of `{call}`"

    def all(self) -> dict[str, type[Definition]]:
        """Every declaration by its word, in alphabetical order."""
        if not self._complete:
            for module in pkgutil.walk_packages(import_module(self.package).__path__, f"{self.package}."):
                import_module(module.name)
            self._known = dict(sorted(self._known.items()))
            self._complete = True
        return self._known

    def called(self, name: str) -> Elsewhere[Definition] | None:
        """The declaration that another framework calls so, and which of its names that is; None where there is none.

        A name may have its path, which tells PyTorch's from others where it has to.
        """
        if not self._elsewhere:
            for word, definition in self.all().items():
                self._enter(definition, Also(word))
            for definition in self.all().values():
                for also in definition.also:
                    self._enter(definition, also if isinstance(also, Also) else Also(also))
        torch_s = f"nn.{spelt(name)}" if name.rpartition(".")[0].split(".")[-1] == "nn" else spelt(name)
        found = (self._elsewhere.get(key) for key in (torch_s, spelt(name), folded(name), plain(name)))
        return next((known for known in found if known is not None), None)

    def _enter(self, definition: type[Definition], also: Also) -> None:
        """Enter a name as it is spelt, and its plain form, which spellings with arguments of their own leave alone.

        A name for a number of axes may differ from the one without: `Dropout2d` is another layer than `Dropout`.
        """
        if "." in also.name:
            self._elsewhere[also.name] = (definition, also)
            return
        for key in dict.fromkeys((spelt(also.name), folded(also.name), plain(also.name))):
            known = self._elsewhere.get(key)
            if known is not None and known[0] is not definition and key not in (spelt(also.name), folded(also.name)):
                continue
            if known is None:
                self._elsewhere[key] = (definition, also if key == spelt(also.name) else also.spelt_oddly())
                continue
            who = f"{self.kind} {definition.word}"
            assert known[0] is definition, f"{who} and {known[0].word} are both called {key} elsewhere"
            if key == spelt(also.name) and also.arguments is not None:
                assert known[1].arguments is None, f"{who} is called {key} twice"
                self._elsewhere[key] = (definition, also)
