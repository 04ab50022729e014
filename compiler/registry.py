"""Declarations of one kind by their word, found in the files of one package."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Generic, TypeVar

from netc.compiler.arguments import Declared

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
