"""What people bring from other languages, keyboards and editors, and what it is called here."""

from __future__ import annotations

# characters of other keyboards, editors and languages: what is meant, and the token that stands for it
LOOKALIKES: dict[str, tuple[str, str | None]] = {
    "→": ("->", "ARROW"),
    "⇒": ("->", "ARROW"),
    "➜": ("->", "ARROW"),
    "×": ("*", "TIMES"),
    "·": ("*", "TIMES"),
    "÷": ("/", "DIVIDE"),
    "−": ("-", "MINUS"),
    "–": ("-", "MINUS"),
    "—": ("-", "MINUS"),
    "≤": ("<=", "LESS_EQUAL"),
    "≥": (">=", "GREATER_EQUAL"),
    "≠": ("!=", "NOT_EQUAL"),
    "…": ("..", "RANGE"),
    "^": ("**", "POWER"),
    "&": ("and", "AND"),
    "|": ("or", "OR"),
    "!": ("not", "NOT"),
    "\uff0c": (",", "COMMA"),
    "\uff08": ("(", "LPAR"),
    "\uff09": (")", "RPAR"),
    "\uff1a": (":", "COLON"),
    "\uff1b": (";", "SEP"),
}

# signs of two characters and the one above that they mean
DOUBLED = {"&&": "&", "||": "|", "|>": "→"}

# signs of other languages, made of ours: what to do, and the sign to write where that is certain
COMPOUND: dict[str, tuple[str, str | None]] = {
    "=>": ("write `->` for a flow, and `>=` to compare", "->"),
    ">>": ("write `->` for a flow", "->"),
    ":=": ("write `name = value`", "="),
    "+=": ("write `name = a + b` with a new name: a name is bound once", None),
    "-=": ("write `name = a - b` with a new name: a name is bound once", None),
    "*=": ("write `name = a * b` with a new name: a name is bound once", None),
    "/=": ("write `!=` to compare", "!="),
    "===": ("write `==`", "=="),
    "<>": ("write `!=`", "!="),
    "=<": ("write `<=`", "<="),
    "++": ("write `+`", "+"),
    "...": ("write `..`, whose end is excluded", ".."),
}

BLOCK = "write `block NAME(arguments) { ... }`"
NO_IMPORT = "layers need no import: remove the line; `use std.resnet (ResNet)` brings in blocks and nets of other files"

# words of other languages at the start of a statement: what to do, and what to write for the word where that is
# certain, nothing perhaps
FOREIGN: dict[str, tuple[str, str | None]] = {
    "import": (NO_IMPORT, ""),
    "from": (NO_IMPORT, ""),
    "include": ('write `use "file.net" (name)`', None),
    "def": (BLOCK, "block"),
    "function": (BLOCK, "block"),
    "fn": (BLOCK, "block"),
    "layer": (BLOCK, "block"),
    "module": (BLOCK, "block"),
    "class": (
        "write `net NAME { ... }`, or `block NAME(arguments) { ... }`, with the layers in the order in which `forward` "
        "applies them",
        "net",
    ),
    "model": ("write `net NAME { ... }`", "net"),
    "network": ("write `net NAME { ... }`", "net"),
    "let": ("write `name = value`", ""),
    "var": ("write `name = value`", ""),
    "const": ("write `name = value`", ""),
    "while": ("write `repeat n { ... }`: every count is known before anything runs", None),
    "elif": ("write `else if`", "else if"),
    "elseif": ("write `else if`", "else if"),
    "return": ("leave it out: a body gives its last value", ""),
    "assert": ('write `expect condition "why"`', "expect"),
    "inputs": ("write `input`", "input"),
    "outputs": ("write `output`", "output"),
    "loop": ("write `repeat n { ... }`", "repeat"),
}

# signs that have no place in the language: what does
NOWHERE = {
    "@": "multiply matrices with `a -> matmul(b)`",
    "$": "write a name as it is, without `$`",
    "?": "write `VALUE if CONDITION else VALUE`",
}
