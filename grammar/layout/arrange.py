"""Where lines may be broken: the pieces of a statement as a document.

From the outside in: a body opens before a flow is broken at its arrows, a flow before a sum at its signs, a sum before
brackets at their commas.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from netc.grammar.layout.documents import Document, Ends, Equals, Group, IfBroken, Indent, Line, Remark, Text, tall
from netc.grammar.layout.pieces import Braces, Bracket, Leaf, Note, Piece
from netc.grammar.layout.spaces import around, between
from netc.grammar.lexer import COMPARISONS
from netc.grammar.newlines import ENDS

Documents = list[Document]
Named = Literal["argument", "parameter", "state"]
"""How a name in parentheses is bound: `pad=same`, `depth = 20`, and in a scan `h = start` but `reverse=true`."""

LEVELS = (
    {"OR"},
    {"AND"},
    {"NOT"},
    COMPARISONS,
    {"RANGE"},
    {"PLUS", "MINUS"},
    {"TIMES", "DIVIDE", "FLOOR", "MODULO"},
    {"POWER"},
)
"""Operators from the loosest on."""

UNBROKEN = COMPARISONS | {"RANGE", "POWER"}
"""Operators at which no line ends: a bracket beside them opens instead."""

DATA = frozenset(("NUMBER", "SHAPE", "STRING", "NEGATIVE", "TRUE", "FALSE", "NONE"))
CONTROLS = frozenset(("IF", "FOR", "REPEAT", "FROZEN", "TRAIN"))
SCAN, OPTION = "scan", "reverse"


def statement(pieces: Sequence[Piece]) -> Documents:
    """A statement, or an item of a file."""
    word = pieces[0].first.kind
    match word:
        case "USE":
            return [*_row(pieces[:-1]), Text(" "), *_row(pieces[-1:])]
        case "INPUT" | "OUTPUT":
            return [*_leaf(pieces[0].first), Text(" "), Group((Indent((*_listed(pieces[1:]),)),))]
        case "EXPECT":
            return [*_leaf(pieces[0].first), Text(" "), *_expectation(pieces[1:])]
        case "BLOCK" | "NET" | "TRAIN" if pieces[1].first.kind != "ONLY":
            return [*_row(pieces[:-1], "parameter"), Text(" "), *_row(pieces[-1:])]
        case "STEP":
            return [*_row(pieces[:-1]), Text(" "), *_row(pieces[-1:])]
    equals = next((at for at, piece in enumerate(pieces) if piece.first.kind == "BINDS"), None)
    if equals is None:
        return [_value(pieces)]
    alone = equals == 1
    names = [*_row(pieces[:equals]), *([Equals()] if alone else []), Text(" ")]
    return [*names, *_leaf(pieces[equals].first), Text(" "), _value(pieces[equals + 1 :]), Ends()]


def remarks(notes: Iterable[Note], blank: bool) -> Documents:
    """Comments on lines of their own, and whether an empty line follows them."""
    found = list(notes)
    behind = [note.blank for note in found[1:]] + [blank]
    return [Remark(note.text, True, blank) for note, blank in zip(found, behind[: len(found)], strict=True)]


# ---------------------------------------------------------------- statements
def _value(pieces: Sequence[Piece]) -> Group:
    return _control(pieces) if pieces[0].first.kind in CONTROLS else _flow(pieces)


def _control(pieces: Sequence[Piece]) -> Group:
    """`if … { } else { }`, `for`, `repeat`: all bodies of a statement are open, or all stand on its line."""
    parts: Documents = []
    opened = any(_opens(piece) for piece in pieces if isinstance(piece, Braces))
    head: list[Piece] = []
    for piece in pieces:
        if not isinstance(piece, Braces):
            head.append(piece)
            continue
        apart = bool(parts) and (isinstance(parts[-1], Remark) or bool(head[0].first.before))
        parts += [Line(" ") if apart else Text(" " if parts else ""), *_head(head), Text(" "), *_body(piece)]
        head = []
    return Group((*parts,), opened or any(map(tall, parts[:-1])))


def _head(pieces: Sequence[Piece]) -> Documents:
    """`if condition`, `else if condition`, `for x, y in list`, `repeat n`, `train only`."""
    words = next((at + 1 for at, piece in enumerate(pieces) if piece.first.kind == "OF"), 1)
    if len(pieces) > 1 and pieces[1].first.kind in ("IF", "ONLY"):
        words = 2
    rest = pieces[words:]
    return [*_row(pieces[:words]), *([Text(" "), *_expression(rest)] if rest else [])]


def _expectation(pieces: Sequence[Piece]) -> Documents:
    """`condition "why"`."""
    if len(pieces) > 1 and pieces[-1].first.kind == "STRING" and pieces[-2].last.kind in ENDS:
        return [*_expression(pieces[:-1]), Text(" "), *_leaf(pieces[-1].first)]
    return _expression(pieces)


def _listed(pieces: Sequence[Piece]) -> Documents:
    """`image: 3x8x8, action: int`, as many on a line as fit."""
    items, commas = _split(pieces, ("COMMA",))
    parts: Documents = []
    for item, comma in zip(items, [*commas, None], strict=True):
        parts.append(Group((*([Line(" ")] if parts else []), Group((*_item(item),)))))
        parts += _leaf(comma) if comma else []
    return parts


def _opens(braces: Braces) -> bool:
    """Whether a body stays open: a line ended behind its `{`, or there is a comment."""
    return braces.opened or bool(braces.open.after or braces.close.before)


def _body(braces: Braces) -> Documents:
    """`{ … }`, whose lines belong to the group around it."""
    inside: Documents = []
    for pieces in braces.statements:
        first = pieces[0].first
        notes, first.before = first.before, []
        blank = bool(inside) and (notes[0].blank if notes else first.blank)
        inside += [Line("; " if inside else " ", blank), *remarks(notes, first.blank), *statement(pieces)]
    notes, braces.close.before = braces.close.before, []
    if notes:
        inside += [Line("", bool(inside) and notes[0].blank), *remarks(notes, False)]
    end = [Line(" ")] if inside else []
    return [*_leaf(braces.open), Indent((*inside,)), *end, *_leaf(braces.close)]


# ---------------------------------------------------------------- flows
def _flow(pieces: Sequence[Piece]) -> Group:
    """`source -> layer -> layer`: as many on a line as fit, where it doesn't help to open the braces at its end.

    With a comment in between each stands on a line of its own.
    """
    elements, arrows = _split(pieces, ("ARROW",))
    parts = _element(elements[0])
    if not arrows:
        return Group((*parts,))
    broken = any(
        _parted(left[-1], arrow, right[0]) for left, arrow, right in zip(elements, arrows, elements[1:], strict=False)
    )
    steps = [[Line(" "), *_leaf(arrow), Text(" "), *_element(right)]
             for arrow, right in zip(arrows, elements[1:], strict=True)]  # fmt: skip
    behind = [part for step in steps for part in step] if broken else [Group((*step,), fills=True) for step in steps]
    return Group((*parts, Indent((*behind,))), broken)


def _element(pieces: Sequence[Piece]) -> Documents:
    """A step of a flow: an expression, or braces with a word in front."""
    if not isinstance(pieces[-1], Braces):
        return _expression(pieces)
    head = pieces[:-1]
    named: Named = "state" if head and head[0].first.text == SCAN else "argument"
    return [*_row(head, named), *([Text(" ")] if head else []), _braces(pieces[-1])]


def _braces(braces: Braces) -> Group:
    body = _body(braces)
    return Group((*body,), _opens(braces) or any(map(tall, body[:-1])), gives_way=True)


def _parted(left: Piece, between: Leaf, right: Piece) -> bool:
    """Whether there is a comment in between, so that a line ends there."""
    return bool(left.last.after or between.before or between.after or right.first.before)


# ---------------------------------------------------------------- expressions
def _expression(pieces: Sequence[Piece], level: int = 0) -> Documents:
    """Operands with their operators, from the loosest on."""
    operands, words = _split(pieces, ("IF", "ELSE")) if level == 0 else ([], [])
    if words:
        parts = _expression(operands[0], 1)
        for word, operand in zip(words, operands[1:], strict=True):
            space: Document = Line(" ") if word.kind == "ELSE" else Text(" ")
            parts.append(Indent((space, *_leaf(word), Text(" "), *_expression(operand, 1))))
        return [Group((*parts,))]
    for tighter in range(max(level, 1), len(LEVELS) + 1):
        kinds = LEVELS[tighter - 1]
        if kinds == {"NOT"}:
            if pieces[0].first.kind == "NOT":
                return [*_leaf(pieces[0].first), Text(" "), *_expression(pieces[1:], tighter)]
            continue
        operands, operators = _split(pieces, kinds)
        if operators:
            return [_operation(operands, operators, tighter + 1)]
    return _row(pieces)


def _operation(operands: Sequence[Sequence[Piece]], operators: Sequence[Leaf], level: int) -> Group:
    """`a + b - c`: as many on a line as fit, with the operators at the ends of lines."""
    parts: Documents = []
    broken = False
    for left, operator, right in zip(operands, operators, operands[1:], strict=False):
        space = around(operator, left, right)
        broken = broken or _parted(left[-1], operator, right[0])
        operand = _expression(right, level)
        parts += [Text(space), *_leaf(operator)]
        parts += [Text(space), *operand] if operator.kind in UNBROKEN else [Group((Line(space), *operand), fills=True)]
    breaks = broken or any(isinstance(part, Group) and part.fills for part in parts)
    behind = [Indent((*parts,))] if breaks else parts
    return Group((*_expression(operands[0], level), *behind), broken)


def _row(pieces: Sequence[Piece], named: Named = "argument") -> Documents:
    """Neighbours without an operator between them: a call, a path, the head of a net."""
    parts: Documents = []
    for position, piece in enumerate(pieces):
        parts += [Text(between(pieces[position - 1], piece))] if position else []
        match piece:
            case Leaf():
                parts += _leaf(piece)
            case Bracket():
                parts.append(_bracket(piece, named))
            case Braces():
                parts.append(_braces(piece))
    return parts


def _leaf(leaf: Leaf) -> Documents:
    after: Documents = [Remark(leaf.after, False)] if leaf.after else []
    return [*remarks(leaf.before, False), Text(leaf.text), *after]


# ---------------------------------------------------------------- brackets
def _bracket(bracket: Bracket, named: Named) -> Group:
    """`( … )` or `[ … ]`: on its line, else its items on a line of their own, else each on one of its own.

    Where a comma stands behind the last item, each stands on a line of its own. Data fill lines.
    """
    kept = bool(bracket.items) and len(bracket.commas) == len(bracket.items)
    filled = not kept and not bracket.calls and len(bracket.items) > 1 and all(map(_is_data, bracket.items))
    takes_comma = len(bracket.items) > 1 and not filled
    parts: Documents = []
    for position, item in enumerate(bracket.items):
        shown = Group((*_item(item, named),))
        parts += [] if not position else [Group((Line(" "), shown))] if filled else [Line(" ")]
        parts += [] if position and filled else [shown]
        parts += [Text(",")] if position + 1 < len(bracket.items) else []
    parts += [IfBroken(",")] if takes_comma or kept else []
    split = kept or (len(parts) > 1 and any(map(tall, parts)))
    notes, bracket.close.before = bracket.close.before, []
    remarked = bool(bracket.open.after or notes)
    is_index = bracket.calls and bracket.open.kind == "LSQB"
    if not remarked and not split and (is_index or not parts):
        return Group((*_leaf(bracket.open), *parts, *_leaf(bracket.close)))
    below = [Line(), *remarks(notes, False)] if notes else []
    inside = (Indent((Line(), Group((*parts,), split), *below)), Line())
    return Group((*_leaf(bracket.open), *inside, *_leaf(bracket.close)), split or remarked)


def _item(pieces: Sequence[Piece], named: Named = "argument") -> Documents:
    """An argument, a parameter, an item of a list, an entry of a table, an input."""
    binds = len(pieces) > 1 and pieces[1].first.kind == "BINDS"
    if binds:
        spaced = named == "parameter" or (named == "state" and pieces[0].first.text != OPTION)
        space = Text(" " if spaced else "")
        return [*_leaf(pieces[0].first), space, *_leaf(pieces[1].first), space, _flow(pieces[2:])]
    sides, colons = _split(pieces, ("COLON",))
    if colons:
        return [_flow(sides[0]), *_leaf(colons[0]), Text(" "), _flow(sides[1])]
    return [_flow(pieces)]


def _is_data(pieces: Sequence[Piece]) -> bool:
    """Whether there is no name in an item."""
    for piece in pieces:
        if isinstance(piece, Leaf):
            if piece.kind not in DATA:
                return False
        elif not isinstance(piece, Bracket) or not all(map(_is_data, piece.items)):
            return False
    return True


def _split(pieces: Sequence[Piece], kinds: Collection[str]) -> tuple[list[list[Piece]], list[Leaf]]:
    """What stands between the leaves of some kinds, and those leaves."""
    groups: list[list[Piece]] = [[]]
    leaves: list[Leaf] = []
    for piece in pieces:
        if isinstance(piece, Leaf) and piece.kind in kinds:
            leaves.append(piece)
            groups.append([])
        else:
            groups[-1].append(piece)
    return groups, leaves
