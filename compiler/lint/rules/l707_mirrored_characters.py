"""L707: characters in a mirror."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from netc.compiler.augmentations.flip import Flip
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, sections
from netc.grammar.diagnostics import Diagnostic

DATA = frozenset(("digits", "mnist", "emnist", "kmnist", "qmnist", "svhn", "omniglot"))
FEWEST = 5


@rule("L707")
def mirrored_characters(subject: Subject) -> Iterator[Diagnostic]:
    """Images of characters are mirrored.

    ## What it does
    Finds `flip` where the data are digits or letters: `data` is called so, or the data at hand have five classes or
    more, each called by a single character.

    ## Why is this bad
    A mirrored 2 is no digit, a mirrored 3 turned over is nearly an E, and b becomes d. The network spends itself on
    characters that don't occur and mixes up those that do. Shifts and small turns keep what they mean.

    ## Example
    ```
    net Digits {
      input image: 1x8x8
      conv(16, 3x3, act=relu) -> flatten
      logits = dense(10)
    }
    train Digits {
      data         = "digits"
      loss         = cross_entropy(logits, label)
      optimizer    = adam(lr=1e-3)
      augmentation = [flip]
    }
    ```

    ## Use instead
    ```
    net Digits {
      input image: 1x8x8
      conv(16, 3x3, act=relu) -> flatten
      logits = dense(10)
    }
    train Digits {
      data         = "digits"
      loss         = cross_entropy(logits, label)
      optimizer    = adam(lr=1e-3)
      augmentation = [crop(1)]
    }
    ```
    """
    for section in sections(subject):
        for item in section.plan.augmentation:
            named = _characters(section) if isinstance(item, Flip) else None
            if named is not None:
                yield warning(
                    "characters are mirrored",
                    section.place("augmentation"),
                    f"the data are {named}",
                    help="leave `flip` out; `crop` and `rotate` keep what characters mean",
                )


def _characters(section: Section) -> str | None:
    """What says that the data are characters."""
    name = PurePath((section.plan.data or "").partition(":")[0]).stem.lower()
    if name in DATA:
        return f'"{section.plan.data}"'
    for target in section.card.targets if section.card is not None else ():
        classes = target.classes
        if len(classes) >= FEWEST and all(len(item) == 1 and item.isalnum() for item in classes):
            return f"of the classes {', '.join(classes[:4])}, …"
    return None
