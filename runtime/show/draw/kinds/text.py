"""A sequence of tokens as words, below the picture."""

from __future__ import annotations

from PIL import Image

from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.example import Example, Meaning
from netc.runtime.show.draw.kinds.base import Kind
from netc.runtime.show.draw.panel import LEAST_WIDTH, Line, strip, with_lines, wrapped

ENDS = frozenset({"<end>", "<eos>", "</s>", "[SEP]", "<|endoftext|>"})
SILENT = frozenset({"<pad>", "<start>", "<bos>", "<s>", "[CLS]", "[PAD]"})


def _is_tokens(values: Array) -> bool:
    return values.ndim == 1 and values.dtype.kind in "iu"


def _fits(example: Example) -> str | None:
    tokens = next((name for name, values in example.outputs.items() if _is_tokens(values)), None)
    scores = (name for name, values in example.compared() if values.ndim == 2 and values.dtype.kind == "f")
    return tokens or next(scores, None)


def _is_it(example: Example) -> str | None:
    tokens = next((name for name, values in example.outputs.items() if _is_tokens(values)), None)
    scored = (
        name for name, values in example.compared() if values.ndim == 2 and example.meaning.are_classes(values.shape[1])
    )
    return tokens or next(scored, None)


def words(values: Array, meaning: Meaning) -> str:
    """Token numbers [T], or scores [T, V] of which the best counts, as a text that ends where its end is said."""
    numbers = values if values.ndim == 1 else values.argmax(axis=1)
    found = []
    for number in numbers.tolist():
        word = meaning.name(number)
        if word in ENDS:
            break
        if word not in SILENT:
            found.append(word)
    letters = bool(meaning.names) and max(map(len, (name for name in meaning.names if name not in ENDS | SILENT))) == 1
    return ("" if letters else " ").join(found)


def _draw(example: Example, output: str) -> Image.Image:
    picture = None if example.frames is None else strip(example.frames)
    text = words(example.outputs[output], example.meaning)
    lines = wrapped(text, max(LEAST_WIDTH, 0 if picture is None else picture.width) - 4)
    return with_lines(picture, [Line(line) for line in lines or ["(no words)"]])


TEXT = Kind("text", "token numbers [T], or scores of tokens [T, V]", _fits, _is_it, _draw)
