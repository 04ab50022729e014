"""What people bring from other languages, keyboards and editors, and what it is called here."""

from __future__ import annotations

# characters of other keyboards, editors and languages: what is meant, and the token that stands for it
LOOKALIKES: dict[str, tuple[str, str | None]] = {
    "→": ("->", "ARROW"),
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

# signs of other languages, made of ours
COMPOUND = {
    "=>": "write `->` for a flow, and `>=` to compare",
    ":=": "write `name = value`",
    "+=": "write `name = a + b` with a new name: a name is bound once",
    "-=": "write `name = a - b` with a new name: a name is bound once",
    "*=": "write `name = a * b` with a new name: a name is bound once",
    "/=": "write `!=` to compare",
    "===": "write `==`",
    "<>": "write `!=`",
    "=<": "write `<=`",
    "++": "write `+`",
    "...": "write `..`, whose end is excluded",
}

# words of other languages at the start of a statement
FOREIGN = {
    "import": "write `use std.resnet (ResNet)`",
    "from": "write `use std.resnet (ResNet)`",
    "include": 'write `use "file.net" (name)`',
    "def": "write `block NAME(arguments) { ... }`",
    "function": "write `block NAME(arguments) { ... }`",
    "fn": "write `block NAME(arguments) { ... }`",
    "layer": "write `block NAME(arguments) { ... }`",
    "module": "write `block NAME(arguments) { ... }`",
    "class": "write `net NAME { ... }` or `block NAME { ... }`",
    "model": "write `net NAME { ... }`",
    "network": "write `net NAME { ... }`",
    "let": "write `name = value`",
    "var": "write `name = value`",
    "const": "write `name = value`",
    "while": "write `repeat n { ... }`: every count is known before anything runs",
    "elif": "write `else if`",
    "elseif": "write `else if`",
    "return": "leave it out: a body gives its last value",
    "assert": 'write `expect condition "why"`',
    "inputs": "write `input`",
    "outputs": "write `output`",
    "loop": "write `repeat n { ... }`",
}
