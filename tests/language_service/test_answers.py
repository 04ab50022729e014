"""What is said at a place: hover, completion, signatures, hints, lenses, names."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor_program import PROGRAM, analysed, at_cursor, place_of

from netc.compiler.language_service.completion import completion
from netc.compiler.language_service.folding import folds
from netc.compiler.language_service.highlighting import highlights
from netc.compiler.language_service.hints import hints, kept
from netc.compiler.language_service.hover import hover
from netc.compiler.language_service.lenses import lenses
from netc.compiler.language_service.navigation import definition, references
from netc.compiler.language_service.outline import Entry, outline
from netc.compiler.language_service.rename import edited, rename
from netc.compiler.language_service.repairs import all_repairs, repairs
from netc.compiler.language_service.signature import signature
from netc.compiler.language_service.workspace import Workspace
from netc.grammar.diagnostics import DiagnosticError, Severity

NET = "net A {\n  input image: 3x32x32\n  conv(8, 3x3, pad=same) -> relu\n  skip = conv(16, 3x3, stride=2)\n  "


def said(text: str) -> str:
    found = hover(*at_cursor(text))
    return "" if found is None else found.text


def labels(text: str) -> list[str]:
    return [item.label for item in completion(*at_cursor(text))]


# ---------------------------------------------------------------- hover
def test_hover_has_the_figures_of_a_layer() -> None:
    text = said(PROGRAM.replace("skip = conv(", "skip = c‸onv("))
    assert "**skip** in `A`: `16x32x32` → `32x32x32`" in text
    assert "parameters 4,640" in text
    assert "% of the net" in text
    assert "receptive field 13×13" in text
    assert "`stage.pair2.unit2.leaky_relu1` → **skip** → `identity1`, `conv1`" in text
    assert "Slides `filters` kernels over a map" in text


def test_hover_shows_each_application_of_a_line_in_a_block() -> None:
    text = said(PROGRAM.replace("conv(filters, 3x3, str", "c‸onv(filters, 3x3, str"))
    assert "**stem.conv1**" in text
    assert "and 1 more applications of this line" in text


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("sk‸ip = conv", "`skip`: value `32x32x32`"),
        ("ima‸ge: 3x32x32", "`image`: input `3x32x32`"),
        ("ba‸se = 16", "`base`: static value `16`"),
        ("width‸s = [", "`[16, 32]`"),
        ("str‸ide=stride", "how far the kernel moves"),
        ("cross_e‸ntropy", "loss `cross_entropy`"),
        ("fre‸eze =", "patterns of what no step moves"),
        ("rep‸eat 2", "repeat"),
        ("stem = uni‸t(base)", "a convolution with its norm"),
        ("pl‸ain)", "plain(filters, stride=1)"),
    ],
)
def test_hover_says_what_a_word_is(words: str, wanted: str) -> None:
    plain = words.replace("‸", "")
    assert plain in PROGRAM
    assert wanted in said(PROGRAM.replace(plain, words, 1))


def test_hover_says_nothing_of_comments_and_numbers() -> None:
    assert said(PROGRAM.replace("# a conv", "# a c‸onv")) == ""
    assert said(PROGRAM.replace("base = 16", "base = 1‸6")) == ""


# ---------------------------------------------------------------- completion
def test_layers_behind_an_arrow() -> None:
    found = labels(NET + "skip -> ‸\n}\n")
    assert {"relu", "conv", "maxpool", "global_avgpool"} <= set(found)
    assert "skip" not in found


def test_names_in_sight_come_first() -> None:
    found = labels(NET + "add(‸)\n}\n")
    assert found[:2] == ["image", "skip"]
    assert labels(NET + "for i in 0..2 { inner = dense(2) }\n  add(‸\n}\n")[:3] == ["image", "inner", "skip"]


def test_names_in_flow_braces_stay_there() -> None:
    assert "inner" not in labels(NET + "add { inner = relu; tanh }\n  add(‸)\n}\n")
    assert "inner" in labels(NET + "add { inner = relu\n inner -> ‸x }\n}\n".replace("-> ‸x", "+ ‸"))


def test_arguments_and_their_words() -> None:
    assert "stride=" in labels(NET + "conv(8, 3x3, ‸)\n}\n")
    assert "pad=" not in labels(NET + "conv(8, 3x3, pad=same, ‸)\n}\n")
    for given in ("8, 3x3, pad=same, ‸", "8, 3x3, ‸, pad=same", "filters=8, ‸, kernel=3x3, pad=same", "‸, 3x3, pad=1"):
        found = {label for label in labels(NET + f"conv({given})\n}}\n") if label.endswith("=")}
        left = {"filters="} if given.startswith("‸") else set()
        assert found & {"filters=", "kernel=", "pad=", "stride="} == left | {"stride="}, given
    assert "stride=" in labels(NET + "conv(8, 3x3, ‸\n  relu(stride=2)\n}\n"), "what follows is no argument of it"
    assert labels(NET + "conv(8, 3x3, pad=‸)\n}\n")[0] == "same"
    assert labels(NET + "conv(8, 3x3, bias=‸)\n}\n")[:2] == ["false", "true"]
    assert {"relu", "gelu"} <= set(labels(NET + "conv(8, 3x3, act=‸)\n}\n"))
    assert {"he_normal", "orthogonal"} <= set(labels(NET + "conv(8, 3x3, init=‸)\n}\n"))
    assert "stride=" in labels(PROGRAM.replace("stem = unit(base)", "stem = unit(base, ‸)"))


def test_an_argument_that_is_no_layer_is_offered_none() -> None:
    body = NET.replace("skip", "size = 2\n  skip", 1)
    named, by_place = labels(body + "conv(8, 3x3, pad=‸)\n}\n"), labels(body + "conv(8, ‸)\n}\n")
    assert {"same", "size", "min"} <= set(named)
    assert {"size", "stride="} <= set(by_place)
    assert not {"conv", "relu", "image", "in"} & {*named, *by_place}
    block = "block twice(f) {\n  f; f\n}\n"
    assert {"relu", "twice"} <= set(labels(block + NET + "twice(f=‸)\n}\n"))


def test_half_a_statement_loses_nothing() -> None:
    assert "skip" in labels(PROGRAM.replace("add { identity; conv(2 * base, 1x1) }", "add(‸"))


def test_the_file() -> None:
    assert labels("‸")[:4] == ["block", "net", "train", "use"]
    assert labels("use std.‸")[:2] == ["attention", "ghost"]
    assert {"ResNet", "basic"} <= set(labels("use std.resnet (‸)"))
    assert labels(PROGRAM + "\ntrain ‸") == ["A", "B"]


def test_train_sections() -> None:
    begin = PROGRAM + '\ntrain A "x" {\n  '
    assert {"loss", "optimizer", "freeze"} <= set(labels(begin + "‸\n}\n"))
    assert "loss" not in labels(begin + "loss = mse(logits, label)\n  ‸\n}\n")
    assert {"adam", "sgd"} <= set(labels(begin + "optimizer = ‸\n}\n"))
    assert "lr=" in labels(begin + "optimizer = adam(‸)\n}\n")
    assert {"cross_entropy", "mse", "mean"} <= set(labels(begin + "loss = ‸\n}\n"))
    assert labels(begin + "loss = mse(‸)\n}\n")[0] == "logits"
    assert labels(begin + "loss = mse(logits, ‸)\n}\n")[0] == "label"
    assert {"accuracy", "topk"} <= set(labels(begin + "metrics = [‸]\n}\n"))
    assert {"stem", "stage.pair1", "stem.conv1"} <= set(labels(begin + 'freeze = ["‸"]\n}\n'))
    assert labels(begin + "decays = ‸\n}\n")[0] == "kernels"


def test_fields_of_the_data() -> None:
    text = PROGRAM + '\ntrain A "x" {\n  data = "flowers.csv"\n  loss = mse(logits, ‸)\n}\n'
    analysis, line, column = at_cursor(text)
    found = completion(analysis, line, column, lambda data: ["species"] if data == "flowers.csv" else [])
    assert "species" in [item.label for item in found]


def test_behind_a_dot() -> None:
    assert labels(NET + "expect skip.‸\n}\n")[:1] == ["channels"]
    space = Workspace({Path("typed.net").resolve(): PROGRAM})
    space.check("typed.net")
    half = PROGRAM.replace("add { identity", "stage.\n  add { identity")
    space.open[Path("typed.net").resolve()] = half
    line, column = place_of(half, "stage.\n")
    found = completion(space.check("typed.net"), line, column + len("stage."))
    assert [item.detail for item in found if item.label == "pair1"] == ["16x32x32"]


def test_snippets_fill_in_what_is_required() -> None:
    found = {item.label: item.insert for item in completion(*at_cursor(NET + "‸\n}\n"))}
    assert found["conv"] == "conv(${1:filters}, ${2:kernel})"
    assert found["relu"] == "relu"


# ---------------------------------------------------------------- signatures
def test_signature_has_the_active_argument() -> None:
    found = signature(*at_cursor(NET + "conv(8, ‸\n}\n"))
    assert found is not None
    assert found.active == 1
    named = signature(*at_cursor(NET + "conv(8, 3x3, act=‸)\n}\n"))
    assert named is not None
    assert named.active is not None
    assert named.parameters[named.active][0] == "act=none"
    assert signature(*at_cursor(NET + "relu‸\n}\n")) is None


# ---------------------------------------------------------------- hints and lenses
def test_hints() -> None:
    analysis = analysed(PROGRAM)
    found = {hint.line: hint.text for hint in hints(analysis, 1, 99)}
    assert found[place_of(PROGRAM, "stem = unit")[0]] == "16x32x32  464"
    assert found[place_of(PROGRAM, "stage = repeat")[0]] == "16x32x32  9,344"
    assert found[place_of(PROGRAM, "logits =")[0]] == "10  330"
    assert found[place_of(PROGRAM, "y = dense")[0]] == "4  68"
    assert {hint.text for hint in hints(analysis, 1, 99, counts=False)} >= {"16x32x32", "4"}
    assert {hint.text for hint in hints(analysis, 1, 99, with_shapes=False)} >= {"464", "68"}
    assert hints(analysis, 1, 5) == []


def test_hints_of_other_lines_stay_while_one_is_half_written() -> None:
    found = hints(analysed(PROGRAM), 1, 99)
    new = PROGRAM.replace("  y = dense(4)", "  relu\n  y = dense(4")
    left = {hint.line for hint in kept(PROGRAM, found, new)}
    assert place_of(PROGRAM, "h = dense")[0] in left
    assert place_of(new, "y = dense")[0] not in left


def test_lenses() -> None:
    found = [lens.text for lens in lenses(analysed(PROGRAM))]
    assert "15,834 parameters · 15.6M multiply-accumulates · 21 layers" in found
    assert "4,672 parameters · ×2" in found
    assert "×2 · 9,344 parameters" in found


# ---------------------------------------------------------------- names
def test_definition_in_this_file_and_in_another() -> None:
    analysis = analysed(PROGRAM)
    line, column = place_of(PROGRAM, "pair(base)")
    assert [(span.line, span.column) for span in definition(analysis, line, column)] == [
        place_of(PROGRAM, "block pair", "pair")
    ]
    (found,) = definition(analysis, *place_of(PROGRAM, "basic as"))
    assert found.file == "std/resnet.net"
    (argument,) = definition(analysis, *place_of(PROGRAM, "=act)\n  y", "act)"))
    assert argument.line == place_of(PROGRAM, "act  =")[0]


def test_references_reach_patterns_and_named_arguments() -> None:
    analysis = analysed(PROGRAM)
    found = references(analysis, *place_of(PROGRAM, "stem = unit"))
    assert [(span.line, span.column) for span in found] == [
        place_of(PROGRAM, "stem = unit"), place_of(PROGRAM, '"stem"', "stem"),
    ]  # fmt: skip
    found = references(analysis, *place_of(PROGRAM, "act = relu)"))
    assert place_of(PROGRAM, "act=act) }") in [(span.line, span.column) for span in found]


def test_scopes() -> None:
    text = (
        "net A {\n  input x: [T, 8]\n  if 1 == 1 { a = dense(4) } else { a = dense(5) }\n"
        "  read = scan(h = zeros([4])) { h = [in, prev h] -> concat -> dense(4) }\n"
        "  out = read.h -> dense(a.features)\n}\n"
    )
    analysis = analysed(text)
    state = references(analysis, *place_of(text, "h = zeros"))
    words = [("h = zeros", "h"), ("h = [in", "h"), ("prev h", "h"), ("read.h", "h")]
    assert [(span.line, span.column) for span in state] == [place_of(text, *each) for each in words]
    assert len(references(analysis, *place_of(text, "a.features"))) == 3


def test_rename_gives_the_map_for_older_weights() -> None:
    space = Workspace({Path("typed.net").resolve(): PROGRAM})
    analysis = space.check("typed.net")
    made = rename(space, analysis, *place_of(PROGRAM, "stem = unit"), "root")
    assert edited(PROGRAM, made.edits) == PROGRAM.replace("stem", "root")
    assert made.maps() == ['A: map = ["stem": "root"]']
    parameter = rename(space, analysis, *place_of(PROGRAM, "filters, stride = 1"), "width")
    new = edited(PROGRAM, parameter.edits)
    assert "block unit(width, stride = 1" in new
    assert "conv(width, 3x3" in new
    assert "block pair(filters)" in new
    assert parameter.weights == {}


@pytest.mark.parametrize(
    ("words", "name"), [("stem = unit", "skip"), ("stem = unit", "relu x"), ("stem = unit", "net"), ("conv(2", "c")]
)
def test_rename_refuses_what_would_mean_something_else(words: str, name: str) -> None:
    space = Workspace({Path("typed.net").resolve(): PROGRAM})
    with pytest.raises(DiagnosticError, match="E276"):
        rename(space, space.check("typed.net"), *place_of(PROGRAM, words), name)


def test_rename_reaches_the_files_that_use_it(tmp_path: Path) -> None:
    parts, main = tmp_path / "parts.net", tmp_path / "main.net"
    library = "block wide(n) { dense(n) -> relu }\n"
    text = 'use "parts.net" (wide)\nnet A { input x: 8; y = wide(4) }\n'
    space = Workspace({parts.resolve(): library, main.resolve(): text})
    made = rename(space, space.check(str(parts)), 1, 8, "broad", [space.check(str(main))])
    ours = [edit for edit in made.edits if edit.span.file == str(main)]
    assert edited(text, ours) == text.replace("wide", "broad")
    assert made.maps() == []
    local = rename(space, space.check(str(main)), 2, 25, "broad")
    assert "(wide as broad)" in edited(text, local.edits)


# ---------------------------------------------------------------- repairs, outline, folds, colours
def test_repairs() -> None:
    analysis = analysed(PROGRAM.replace("conv(2 * base, 3x3, pad=same)", "conv(2 * base, 3x3, pad=same) -> rel"))
    errors = [found for found in analysis.findings if found.severity is Severity.ERROR]
    line = errors[0].primary.span.line if errors[0].primary else 0
    titles = [repair.title for repair in repairs(analysis.findings, analysis.text.source, line, line)]
    assert "use `relu`" in titles
    text = edited(analysis.text.text, all_repairs(analysis.findings, analysis.text.source))
    assert "-> relu\n" in text


def test_outline() -> None:
    def shown(entries: list[Entry] | tuple[Entry, ...]) -> list[object]:
        return [(entry.name, shown(entry.children)) if entry.children else entry.name for entry in entries]

    assert shown(outline(analysed(PROGRAM))) == [
        "plain", "base", "act", "widths", "unit", "pair",
        ("A", ["image", "stem", "stage", "skip", "logits"]), ("B", ["x", "h", "y"]), ("train A", ["loss", "freeze"]),
    ]  # fmt: skip


def test_folds_and_colours() -> None:
    analysis = analysed(PROGRAM)
    line = place_of(PROGRAM, "net A")[0]
    assert (line, line + 6) in [(fold.first, fold.last) for fold in folds(analysis)]
    lines = PROGRAM.splitlines()
    words = {(lines[item.line - 1][item.column - 1 :][: item.length], item.kind) for item in highlights(analysis)}
    assert {
        ("net", "keyword"), ("conv", "function"), ("unit", "function"), ("A", "class"), ("stem", "variable"),
        ("stride", "parameter"), ("loss", "property"), ("16", "number"), ("# a convolution with its norm", "comment"),
    } <= words  # fmt: skip
