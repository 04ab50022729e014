"""Names in a text: of members, of what flows, and those that are taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """What a framework has names for.

    members  what its modules or layers have for something else
    words    what its texts call: nothing that flows is called so
    """

    members: frozenset[str]
    words: frozenset[str]

    def attribute(self, name: str) -> str:
        """A member's name as Python takes it, apart from those of modules themselves."""
        return f"{name}_" if name in self.members or name in PYTHON else name

    def member(self, member: str) -> str:
        """`self.stage[0].layer` for `stage.0.layer`."""
        names = member.split(".")
        return "self" + "".join(f"[{name}]" if name.isdigit() else f".{self.attribute(name)}" for name in names)


def leaf_of(path: str) -> str:
    """The last name of a path that is no number."""
    return next(name for name in reversed(path.split(".")) if not name.isdigit())


PYTHON = frozenset((
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "self", "super", "try", "while", "with", "yield",
))  # fmt: skip
