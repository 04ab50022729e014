"""What every declaration keeps, of whatever kind: errors that are found, samples that use every argument."""

from __future__ import annotations

import pytest

from netc.compiler.declare.arguments import SIZE, argument
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.layers.of_weights import SPECS

from .in_the_language import KINDS, errors_of, instance_of, text_of

DEFINITIONS = [
    pytest.param(kind, definition, id=f"{kind} {word}")
    for kind, registry in KINDS.items()
    for word, definition in registry.all().items()
]
ERRORS = [
    pytest.param(kind, one, id=f"{kind} {one.call} of {' '.join(one.inputs)}")
    for kind, registry in KINDS.items()
    for definition in registry.all().values()
    for one in definition.errors
]


@pytest.mark.parametrize(("kind", "one"), ERRORS)
def test_a_wrong_call_is_told(kind: str, one: Wrong) -> None:
    (finding,) = errors_of(kind, one)
    said = [finding.message, finding.primary.message if finding.primary else "", finding.help or ""]
    assert finding.code == one.code, said
    for words in one.says:
        assert any(words in text for text in said), said
    if one.at is not None:
        assert finding.primary is not None
        span, lines = finding.primary.span, text_of(kind, one).splitlines()
        assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == one.at


@pytest.mark.parametrize(("kind", "definition"), DEFINITIONS)
def test_the_samples_use_every_argument(kind: str, definition: type[Declared]) -> None:
    used = {
        name
        for one in definition.samples
        for name, value in instance_of(kind, one).settings().items()
        if name in definition.arguments
        and (definition.arguments[name].required or value != definition.arguments[name].default)
    }
    assert used | set(SPECS) >= set(definition.arguments)  # test_of_weights.py tries those of all layers on each


@pytest.mark.parametrize(("kind", "definition"), DEFINITIONS)
def test_a_formula_stands_alone(kind: str, definition: type[Declared]) -> None:
    """It calls nothing that it is compared with."""
    compared = {"build", "factor", "draw", "change"}
    assert not compared & set(definition.formula.__code__.co_names)


class Whole(Declared):
    """A kind of declaration."""


GOOD = {
    "__doc__": "A declaration.",
    "size": argument(SIZE, "its size"),
    "samples": (Drawn("word(3)", "4", mean=0, std=0, low=0, high=0),),
    "errors": (Wrong("word(0)", code="E224", says="positive"),),
    "formula": lambda self: None,
}


def test_a_declaration_in_full_is_registered() -> None:
    registry = Registry[Whole]("kind", __package__, samples=1, errors=1)
    definition = registry("word")(type("Word", (Whole,), dict(GOOD)))
    assert definition.word == "word"
    assert list(definition.arguments) == ["size"]


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        ("__doc__", "kind word has no docstring"),
        ("samples", "kind word has 0 samples, and needs at least 1"),
        ("errors", "kind word has 0 errors, and needs at least 1"),
        ("formula", "kind word doesn't declare formula"),
    ],
)
def test_what_is_missing_is_refused_at_import(left_out: str, message: str) -> None:
    given = {name: value for name, value in GOOD.items() if name != left_out}
    with pytest.raises(AssertionError, match=message):
        Registry[Whole]("kind", __package__, samples=1, errors=1, declares=["formula"])("word")(
            type("Word", (Whole,), given)
        )


def test_the_formula_of_a_kind_s_base_does_not_count() -> None:
    class Base(Declared):
        def formula(self) -> None:
            raise AssertionError

    given = {name: value for name, value in GOOD.items() if name != "formula"}
    with pytest.raises(AssertionError, match="doesn't declare formula"):
        Registry[Base]("kind", __package__, samples=1, errors=1, declares=["formula"])("word")(
            type("Word", (Base,), given)
        )


def test_a_sample_of_another_word_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"kind other has a sample or an error of `word\(3\)`"):
        Registry[Whole]("kind", __package__, samples=1, errors=1)("other")(type("Word", (Whole,), dict(GOOD)))


def test_without_arguments_no_errors_are_needed() -> None:
    given = {**GOOD, "samples": (Drawn("word", "4", mean=0, std=0, low=0, high=0),)}
    del given["size"], given["errors"]
    assert Registry[Whole]("kind", __package__, samples=1, errors=1)("word")(type("Word", (Whole,), given)).word
