"""What the language calls with arguments, and how it is found by its word.

A declaration is a class in a file of its own: a layer, loss, optimizer, schedule or metric. The folder is the list.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any, ClassVar, Generic, TypeVar

from netc.compiler.declare.arguments import ArgumentSpec


class Declared:
    """Base of everything that is called with arguments in the language: layers, losses, optimizers, schedules, metrics.

    A subclass lists its arguments as annotated class attributes made by `argument`; positional order is the order
    of declaration. `word` is its name in the language, `arguments` the specs by name.
    """

    word: ClassVar[str] = ""
    arguments: ClassVar[dict[str, ArgumentSpec]] = {}

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
        unknown = values.keys() - self.arguments.keys()
        assert not unknown, f"{type(self).__name__} has no argument {sorted(unknown)}"
        for name, spec in self.arguments.items():
            assert name in values or not spec.required, f"{type(self).__name__} needs {name}"
            setattr(self, spec.attribute, values.get(name, spec.default))

    def conflict(self) -> tuple[str, str, str] | None:
        """An argument that the others rule out: its name, what is wrong, the way out; None where all fit together."""
        return None

    def settings(self) -> dict[str, Any]:
        """The arguments' values by name."""
        return {name: getattr(self, spec.attribute) for name, spec in self.arguments.items()}


Kind = TypeVar("Kind", bound=Declared)
AnyClass = TypeVar("AnyClass", bound=type[Declared])


class Registry(Generic[Kind]):
    """`layer = Registry[Layer]("layer", __package__)` makes the decorator `@layer("conv")`; `layer.all()` finds all.

    Adding a file to the package is all it takes to add a declaration.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._known: dict[str, type[Kind]] = {}
        self._complete = False

    def __call__(self, word: str) -> Callable[[AnyClass], AnyClass]:
        """Register a class under its word in the language; refuse one without documentation, or a second of a word."""

        def register(definition: AnyClass) -> AnyClass:
            assert definition.__doc__, f"{self.kind} {word} has no docstring"
            assert word not in self._known, f"{self.kind} {word} is declared twice"
            definition.word = word
            self._known[word] = definition  # type: ignore[assignment]
            return definition

        return register

    def all(self) -> dict[str, type[Kind]]:
        """Every declaration by its word, in alphabetical order."""
        if not self._complete:
            for module in pkgutil.iter_modules(import_module(self.package).__path__):
                import_module(f"{self.package}.{module.name}")
            self._known = dict(sorted(self._known.items()))
            self._complete = True
        return self._known
