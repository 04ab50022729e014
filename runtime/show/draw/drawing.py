"""Answers drawn: which kind they are, and a picture for each row; all on one sheet for callers of Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from PIL import Image

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.given import kind_of
from netc.grammar.snippet import printable
from netc.runtime.data.errors import shape_text
from netc.runtime.data.named import as_array, is_array
from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.example import LEAST, Example, Meaning, frames_of
from netc.runtime.show.draw.grid import grid
from netc.runtime.show.draw.kinds import KINDS, WORDS, Kind
from netc.runtime.show.draw.panel import titled

WAY_OUT = '`netc.draw(x, model(x), "mask")`'


def draw(
    inputs: Array | Mapping[str, Array],
    outputs: Array | Mapping[str, Array],
    kind: str | None = None,
    *,
    names: Sequence[str] = (),
    titles: Sequence[str] = (),
    least: float = LEAST,
) -> Image.Image:
    """What a model answered, drawn on what it was given: a sheet with a drawing for each row, an image of Pillow's.

        netc.draw(x, model(x), "mask", names=["ground", "circle", "square"]).save("masks.png")

    inputs   pictures [N, C, H, W] or clips [N, C, T, H, W], or inputs by name
    outputs  the answer [N, …], or answers by name
    kind     "boxes", "text", "mask", "classes", "points", "image" or "values"; None takes what the outputs say they are
    names    of classes or joints, in their order;  titles: a line above each row's drawing
    least    the lowest score of boxes, joints and masks of one class that is drawn

    Raises DiagnosticError E571 where the outputs don't say what they are, or are nothing of that kind, E556 where
    inputs, outputs and titles are not of as many rows, E559 for none.
    """
    for arrays, name in ((inputs, "inputs"), (outputs, "outputs")):
        if not (isinstance(arrays, Mapping) or is_array(arrays) or isinstance(arrays, list | tuple)):
            raise TypeError(f"netc.draw takes arrays as {name}, not {kind_of(arrays)}: write {WAY_OUT}")
    given = inputs if isinstance(inputs, Mapping) else {"input": inputs}
    answered = outputs if isinstance(outputs, Mapping) else {"output": outputs}
    given = {str(name): as_array(values, str(name)) for name, values in given.items()}
    answered = {str(name): as_array(values, str(name)) for name, values in answered.items()}
    return grid(drawings(given, answered, Meaning(tuple(names)), kind, titles, least))


def drawings(
    inputs: Mapping[str, Array],
    outputs: Mapping[str, Array],
    meaning: Meaning,
    kind: str | None = None,
    titles: Sequence[str] = (),
    least: float = LEAST,
) -> list[Image.Image]:
    """A drawing for each row.

    inputs, outputs  by name, each [N, …]: what the network was given, scaled as it takes it, and what it answered
    kind             one of WORDS; None takes what the outputs say they are
    titles           a line above each;  least: the lowest score of boxes, joints and one-class masks that is drawn

    Raises DiagnosticError E571 where the outputs don't say, or are nothing of that kind.
    """
    rows = _rows_of(inputs, outputs, titles)
    frames = frames_of(inputs)
    examples = [
        Example(
            {name: np.asarray(values[row]) for name, values in outputs.items()},
            None if frames is None else frames[row],
            meaning,
            least,
        )
        for row in range(rows)
    ]
    chosen, output = choose(examples[0], kind)
    drawn = [chosen.draw(example, output) for example in examples]
    return [titled(drawing, title) for drawing, title in zip(drawn, titles or [""] * rows, strict=True)]


def _rows_of(inputs: Mapping[str, Array], outputs: Mapping[str, Array], titles: Sequence[str]) -> int:
    """How many rows there are, the same of all; raises DiagnosticError E556, E559."""
    arrays = {f"`{printable(name)}`": len(np.atleast_1d(values)) for name, values in {**inputs, **outputs}.items()}
    arrays |= {"`titles`": len(titles)} if titles else {}
    if len(set(arrays.values())) > 1:
        (one, rows), (other, more) = next(pair for pair in pairwise(arrays.items()) if pair[0][1] != pair[1][1])
        message = f"{one} has {counted(rows, 'row')}, and {other} {more:,}"
        raise DiagnosticError(Diagnostic("E556", message, help="give as many answers as there are inputs"))
    if not outputs or not next(iter(arrays.values())):
        raise DiagnosticError(Diagnostic("E559", "there are no rows to draw", help="give at least one example"))
    return next(iter(arrays.values()))


def choose(example: Example, word: str | None) -> tuple[Kind, str]:
    """The kind to draw an example as, and of which output; raises DiagnosticError E571."""
    if word is not None and word not in WORDS:
        help = f"take one of {', '.join(WORDS)}"
        raise DiagnosticError(Diagnostic("E571", f"`{word}` is no kind of drawing", help=help))
    for kind in KINDS:
        output = kind.fits(example) if word == kind.word else kind.is_it(example) if word is None else None
        if output is not None:
            return kind, output
    possible = [kind for kind in KINDS if kind.fits(example) is not None]
    if word is not None:
        wanted = next(kind.takes for kind in KINDS if kind.word == word)
        raise _undecided(example, f"nothing here can be drawn as `{word}`", (f"`{word}` draws {wanted}",), possible)
    if not possible:
        kinds = tuple(f"`{kind.word}` draws {kind.takes}" for kind in KINDS)
        raise _undecided(example, "no output can be drawn", kinds, possible)
    raise _undecided(example, "the outputs don't say what to draw", (), possible)


def _undecided(example: Example, message: str, notes: Iterable[str], possible: Sequence[Kind]) -> DiagnosticError:
    found = ", ".join(f"`{printable(name)}` {shape_text(values.shape)}" for name, values in example.outputs.items())
    given = "no picture" if example.size is None else f"a picture of {shape_text(example.size)}"
    ways = " or ".join(f"`--as {kind.word}`" for kind in possible)
    return DiagnosticError(
        Diagnostic(
            "E571",
            message,
            notes=(f"outputs: {found}; input: {given}", *notes),
            help=f"say it: {ways}" if ways else "give the net an output of such a shape, or leave `--draw` out",
        )
    )
