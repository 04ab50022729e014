"""Random texts of correct syntax, in ugly layouts: spaces, lines and comments wherever the language allows them.

They mean nothing: names are bound nowhere. What is asked of them is what holds of every text.
"""

from __future__ import annotations

from random import Random

NAMES = ("x", "skip", "conv", "unit_of_some_length", "relu", "width", "act", "a", "stage1", "logits", "scan")
ATOMS = (
    "1",
    "1_000",
    "2.5",
    "1e-3",
    "0.3M",
    "4GiB",
    "3x3",
    "1x28x28",
    '"same"',
    '"a # b"',
    "true",
    "none",
    "in",
    "in.channels",
)
OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "==", "<", ">=", "!=", "and", "or", "..")
WORDLIKE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
NONASSOCIATIVE = ("==", "<", ">=", "!=", "..")


class RandomText:
    """One text: tokens with what may stand before each, `-` for spaces alone and `n` for newlines and comments too."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.parts: list[str] = []
        self.brackets = 0
        self.ugliness = self.random.choice((0.02, 0.1, 0.4))

    def text(self) -> str:
        """The whole of it."""
        for _ in range(self.random.randint(1, 4)):
            self._choice(self._bind, self._use, self._net, self._net, self._train)
            self._separator()
        return "".join(self.parts)

    # ---------------------------------------------------------------- layout
    def _put(self, token: str, free: bool = False) -> None:
        """A token, with a newline or a comment before it where that is allowed, now and then."""
        free = free or self.brackets > 0
        before = self.parts[-1] if self.parts else ""
        if free and self.random.random() < self.ugliness:
            self.parts.append(self._gap())
        elif before and token and before[-1] in WORDLIKE | set('."') and token[0] in WORDLIKE | set('."'):
            self.parts.append(" " * self.random.randint(1, 2))
        else:
            self.parts.append(" " * self.random.choice((0, 1, 1, 3)) if before and before[-1] not in "\n" else "")
        if token in "=-*/<>" or token in OPERATORS:
            self.parts[-1] = self.parts[-1] or " "
        self.parts.append(token)
        if token in OPERATORS or token in ("=", "->"):
            self.parts.append(" ")

    def _gap(self) -> str:
        comment = self.random.choice(("", "", "  # why", "# a note: { ( [ -> ,", "#"))
        own = "".join(f"{' ' * self.random.randint(0, 5)}# own {n}\n" for n in range(self.random.choice((0, 0, 1, 2))))
        blank = "\n" * self.random.choice((0, 0, 0, 2))
        return f" {comment}\n{blank}{own}{' ' * self.random.randint(0, 9)}"

    def _separator(self) -> None:
        if self.random.random() < 0.15:
            self.parts.append(self.random.choice((";", " ; ", ";\n")))
        else:
            self.parts.append(self._gap())

    def _choice(self, *ways) -> None:  # type: ignore[no-untyped-def]
        self.random.choice(ways)()

    # ---------------------------------------------------------------- items and statements
    def _use(self) -> None:
        for token in ("use", "std.resnet"):
            self._put(token)
        self._bracketed("(", ")", lambda: self._put(self.random.choice(("unit", "basic as plain"))), low=1)

    def _net(self) -> None:
        net = self.random.random() < 0.6
        self._put("net" if net else "block")
        self._put("Some")
        if self.random.random() < 0.7:
            self._bracketed("(", ")", self._parameter)
        if net and self.random.random() < 0.4:
            self._put('"a label of some words"')
        self._body(3)

    def _parameter(self) -> None:
        self._put(f"p{self.random.randint(0, 99)}")
        if self.random.random() < 0.6:
            self._put("=")
            self._value(2)

    def _train(self) -> None:
        self._put("train")
        self._put("Some")
        self._body(1)

    def _body(self, depth: int) -> None:
        outer, self.brackets = self.brackets, 0
        self._put("{")
        count = self.random.randint(0, 4)
        if self.random.random() < 0.7:
            self.parts.append(self._gap())
        for position in range(count):
            self._statement(depth - 1)
            if position + 1 < count:
                self._separator()
        if self.random.random() < 0.7:
            self.parts.append(self._gap())
        self._put("}")
        self.brackets = outer

    def _statement(self, depth: int) -> None:
        ways = [self._bind, lambda: self._flow(depth), self._expect, self._input, self._output]
        if depth > 0:
            ways += [lambda: self._control(depth), lambda: self._bind(depth), lambda: self._flow(depth)]
        self._choice(*ways)

    def _bind(self, depth: int = 1) -> None:
        for position in range(self.random.choice((1, 1, 1, 3))):
            if position:
                self._put(",")
            self._put(self.random.choice(NAMES))
        self._put("=")
        if depth > 1 and self.random.random() < 0.3:
            self._control(depth)
        else:
            self._flow(depth)

    def _input(self) -> None:
        self._put("input")
        for position in range(self.random.randint(1, 3)):
            if position:
                self._put(",")
            self._put(self.random.choice(NAMES))
            self._put(":")
            self._put(self.random.choice(("3x8x8", "int [T]", "[C, H, W]", "float", "bytes 4x4", "7")))

    def _output(self) -> None:
        self._put("output")
        self._expression(1)

    def _expect(self) -> None:
        self._put("expect")
        self._put("params")
        self._put("==")
        self._parenthesized(2)
        self.parts.append(' "why"' if self.random.random() < 0.4 and self.parts[-1][-1:] != '"' else "")

    def _control(self, depth: int) -> None:
        match self.random.choice(("if", "for", "repeat", "frozen", "train")):
            case "if":
                self._put("if")
                self._expression(1)
                self._body(depth)
                if self.random.random() < 0.5:
                    self._put("else", free=True)
                    self._body(depth)
            case "for":
                self._put(self.random.choice(("for x in", "for a, b in")))
                self._expression(1)
                self._body(depth)
            case "repeat":
                self._put("repeat")
                self._expression(1)
                self._body(depth)
            case "frozen":
                self._put("frozen")
                self._body(depth)
            case "train":
                self._put("train only")
                self._body(depth)

    # ---------------------------------------------------------------- flows and expressions
    def _flow(self, depth: int) -> None:
        if depth > 0 and self.random.random() < 0.2:
            self._braced(depth)
        else:
            self._expression(depth)
        for _ in range(self.random.choice((0, 0, 1, 2, 5))):
            self._put("->", free=True)
            if depth > 0 and self.random.random() < 0.2:
                self._braced(depth)
            else:
                self._layer(depth)

    def _braced(self, depth: int) -> None:
        self._choice(lambda: None, lambda: self._put("concat"), lambda: self._put("scan(h = x, reverse=true)"))
        self._body(depth)

    def _layer(self, depth: int) -> None:
        self._put(self.random.choice(NAMES))
        if depth > 0 and self.random.random() < 0.6:
            self.parts.append("")
            self._bracketed("(", ")", lambda: self._argument(depth - 1))

    def _argument(self, depth: int) -> None:
        self._value(depth)

    def _value(self, depth: int) -> None:
        if depth > 0:
            self._flow(depth - 1)
        else:
            self._put(self.random.choice(ATOMS))

    def _entry(self, depth: int) -> None:
        self._put(self.random.choice(("1", '"key"', "word")))
        self._put(":")
        self._value(depth)

    def _expression(self, depth: int) -> None:
        if depth <= 0:
            self._put(self.random.choice((*ATOMS, *NAMES)))
            return
        ways = [
            lambda: self._put(self.random.choice(ATOMS)), lambda: self._layer(depth), lambda: self._index(depth),
            lambda: self._bracketed("[", "]", lambda: self._value(depth - 1)),
            lambda: self._bracketed("[", "]", lambda: self._entry(depth - 1), low=1),
            lambda: self._parenthesized(depth), lambda: self._operation(depth), lambda: self._operation(depth),
            lambda: self._conditional(depth),
        ]  # fmt: skip
        self._choice(*ways)

    def _index(self, depth: int) -> None:
        self._put(self.random.choice(NAMES))
        self.parts.append("[")
        self.brackets += 1
        self._value(depth - 1)
        self.brackets -= 1
        self._put("]")

    def _parenthesized(self, depth: int) -> None:
        self._put("(")
        self.brackets += 1
        self._value(depth)
        self.brackets -= 1
        self._put(")")

    def _operation(self, depth: int) -> None:
        sign = self.random.choice(OPERATORS)
        if self.random.random() < 0.2:
            self._put(self.random.choice(("-", "not")) if sign in ("and", "or") else "-")
        count = 2 if sign in NONASSOCIATIVE else self.random.randint(2, 5)
        for position in range(count):
            if position:
                self._put(sign)
                if self.random.random() < self.ugliness:
                    self.parts.append(self._gap())
            self._put(self.random.choice((*NAMES, "x.shape", "2", "f(a, b=3x3)")))

    def _conditional(self, depth: int) -> None:
        for token in (self.random.choice(ATOMS), "if", "width"):
            self._put(token)
        self._put("else", free=True)
        self._put(self.random.choice(NAMES))

    def _bracketed(self, opening: str, closing: str, item, low: int = 0) -> None:  # type: ignore[no-untyped-def]
        self._put(opening)
        self.brackets += 1
        count = self.random.choice((low, low, 1, 2, 3, 7))
        for position in range(count):
            item()
            if position + 1 < count or (count and self.random.random() < 0.2):
                self._put(",")
        self.brackets -= 1
        if self.random.random() < self.ugliness:
            self.parts.append(self._gap())
        self._put(closing)


def random_text(seed: int) -> str:
    """The text of a seed."""
    return RandomText(seed).text()
