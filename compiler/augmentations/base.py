"""What an augmentation declares: a change to training inputs that the data pipeline makes."""

from __future__ import annotations

from netc.compiler.declare.declared import Declared, Registry


class Augmentation(Declared):
    """Base of every augmentation."""


augmentation = Registry[Augmentation]("augmentation", __package__)
"""Decorator that registers an augmentation: `@augmentation("word")`; `augmentation.all()` gives each by its word."""
