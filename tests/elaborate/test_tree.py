"""The tree of what a net applies: how each part of the language stands in it, on texts whose trees are written out."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from trees import check_tree, outline

from netc.compiler import check, load
from netc.compiler.applications import Application, Applied, LayerInstance
from netc.compiler.net import Net
from netc.grammar.diagnostics import Severity

ROOT = Path(__file__).parents[2]
FILES = [
    *ROOT.glob("examples/*/*.net"), *ROOT.glob("compiler/std/*.net"), *ROOT.glob("tests/grammar/examples/*.net"),
]  # fmt: skip
PAGES = [ROOT / "docs/language.md", *ROOT.glob("tests/elaborate/cases/*.md")]


def nets(source: str) -> list[Net]:
    result = check("tree.net", textwrap.dedent(source))
    assert not [found for found in result.diagnostics if found.severity is Severity.ERROR], result.diagnostics
    for net in result.nets:
        check_tree(net)
    return result.nets


def tree(statements: str, before: str = "", after: str = "") -> Application:
    """The tree of a net with these statements, on a map of four channels."""
    body = textwrap.indent(textwrap.dedent(statements).strip(), "  ")
    source = f"{textwrap.dedent(before)}net A {{\n  input x: 4x8x8\n{body}\n}}\n{textwrap.dedent(after)}"
    return nets(source)[-1].tree


def lines(found: Application) -> str:
    """The outline without the net itself."""
    return textwrap.dedent(outline(found).partition("\n")[2]).strip()


def written(text: str) -> str:
    return textwrap.dedent(text).strip()


CASES: dict[str, tuple[str, str]] = {
    "a bind of one layer is the layer": (
        "logits = conv(4, 1x1)\nx -> relu -> tanh",
        "relu1 (relu)\ntanh1 (tanh)",
    ),
    "a bind of several layers is a chain": (
        "head = relu -> conv(4, 1x1)",
        "chain [head]\n  head.relu1 (relu)\n  head.conv1 (conv)",
    ),
    "unbound layers in a row are none": ("relu -> tanh", "relu1 (relu)\ntanh1 (tanh)"),
    "braces are a chain": (
        "{ relu; tanh }\ny = { relu; { tanh; relu } }",
        """
        chain
          relu1 (relu)
          tanh1 (tanh)
        chain [y]
          y.relu1 (relu)
          chain [y]
            y.tanh1 (tanh)
            y.relu2 (relu)
        """,
    ),
    "a chain that holds one application of its name is that": (
        "stage = repeat 1 { relu }\ny = { { if true { tanh } } }\nz = y -> { relu }",
        """
        repeat [stage]
          pass [stage]
            stage.relu1 (relu)
        if [y]
          y.tanh1 (tanh)
        chain [z]
          z.relu1 (relu)
        """,
    ),
    "the layer of a bind may read what belongs to the bind": (
        "a = tanh\nb = x -> relu\ny = a - b -> conv(4, 1x1)\nd = y - a\nadd(d -> sigmoid)",
        """
        a (tanh)
        b (relu)
        chain [y]
          y.sub1 (sub)
          y (conv)
        d (sub)
        sigmoid1 (sigmoid)
        add1 (add)
        """,
    ),
    "merges hold branches and then the merge": (
        "concat { relu; in; tanh -> sigmoid; b = tanh -> relu; { relu; tanh } }\ny = add { relu; c = tanh }",
        """
        merge concat
          branch
            relu1 (relu)
          branch
          branch
            tanh1 (tanh)
            sigmoid1 (sigmoid)
          branch
            chain [b]
              b.tanh1 (tanh)
              b.relu1 (relu)
          branch
            chain
              relu2 (relu)
              tanh2 (tanh)
          concat1 (concat)
        merge add [y]
          branch [y]
            y.relu1 (relu)
          branch [y]
            y.c (tanh)
          y (add)
        """,
    ),
    "control in a merge is around its branches, and statics are none": (
        "concat { n = 2; for r in [1, n] { conv(2, 3x3, pad=same, dilation=r) }; if n == 2 { relu } else { tanh } }",
        """
        merge concat
          for
            pass
              branch
                conv1 (conv)
            pass
              branch
                conv2 (conv)
          if
            branch
              relu1 (relu)
          concat1 (concat)
        """,
    ),
    "loops hold passes, nested ones too": (
        "for i in 0..2 {\n  skip = repeat 1 + i { relu }\n  if i == 1 { tanh }\n}",
        """
        for
          pass
            repeat [skip.0]
              pass [skip.0]
                skip.0.relu1 (relu)
          pass
            repeat [skip.1]
              pass [skip.1]
                skip.1.relu1 (relu)
              pass [skip.1]
                skip.1.relu2 (relu)
            if
              tanh1 (tanh)
        """,
    ),
    "a pass that applied nothing is none": (
        "for i in 0..3 { if i == 1 { tanh } }",
        "for\n  pass\n    if\n      tanh1 (tanh)",
    ),
    "control that applied nothing is left out": (
        "repeat 0 { relu }\nif false { relu }\nif true { expect 1 == 1 }\nfor i in 0..3 { repeat i { n = 2 } }\n"
        "y = if false { relu }\n{ repeat 0 { relu } }\ntrain only { if false { relu } }\nrelu",
        "relu1 (relu)",
    ),
    "else if is an if in the else": (
        "if false { relu } else if false { relu } else { tanh }",
        "if\n  if\n    tanh1 (tanh)",
    ),
    "a layer given as an argument belongs to the layer": (
        "conv(4, 1x1, act=relu)\nconv(4, 1x1, act=batchnorm -> tanh)\ny = conv(4, 1x1, act=twice)",
        "conv1 (conv)\nconv2 (conv)\ny (conv)",
    ),
    "blocks, by their names and binds": (
        "twice\ny = twice\nx -> twice -> add(y)",
        """
        block twice [twice1]
          chain [twice1.inner]
            twice1.inner.relu1 (relu)
            twice1.inner.tanh1 (tanh)
        block twice [y]
          chain [y.inner]
            y.inner.relu1 (relu)
            y.inner.tanh1 (tanh)
        block twice [twice2]
          chain [twice2.inner]
            twice2.inner.relu1 (relu)
            twice2.inner.tanh1 (tanh)
        add1 (add)
        """,
    ),
    "a block without layers hands on its value": (
        "nothing\nadd { nothing; relu }\ny = nothing -> relu",
        """
        block nothing [nothing1]
        merge add
          branch
            block nothing [nothing2]
          branch
            relu1 (relu)
          add1 (add)
        chain [y]
          block nothing [y.nothing1]
          y.relu1 (relu)
        """,
    ),
    "a block takes branches": (
        "y = sums { relu; tanh }\nsums { relu; tanh }",
        """
        merge sums [y]
          branch [y]
            y.relu1 (relu)
          branch [y]
            y.tanh1 (tanh)
          block sums [y]
            y.add1 (add)
        merge sums
          branch
            relu1 (relu)
          branch
            tanh1 (tanh)
          block sums [sums1]
            sums1.add1 (add)
        """,
    ),
    "layers as values": (
        "given(relu)\ny = given(batchnorm -> tanh)\ngiven(twice)",
        """
        block given [given1]
          given1.relu1 (relu)
        block given [y]
          chain [y]
            y.batchnorm1 (batchnorm)
            y.tanh1 (tanh)
        block given [given2]
          block twice [given2.twice1]
            chain [given2.twice1.inner]
              given2.twice1.inner.relu1 (relu)
              given2.twice1.inner.tanh1 (tanh)
        """,
    ),
    "shared layers, where they are applied": (
        "shared f = conv(4, 1x1)\nshared g = f -> relu\nshared h = twice\na = x -> g\nb = a -> g\nc = h -> f\nd = f",
        """
        chain [a]
          a.f1 (conv)
          a.relu1 (relu)
        chain [b]
          b.f1 (conv)
          b.relu1 (relu)
        chain [c]
          block twice [c.h1]
            chain [c.h1.inner]
              c.h1.inner.relu1 (relu)
              c.h1.inner.tanh1 (tanh)
          c.f1 (conv)
        d (conv)
        """,
    ),
    "sources and lists stand where they are computed": (
        "y = [x -> relu, x -> tanh]\ns = y -> add\nz = s + zeros([4, 1, 1])",
        """
        chain [y]
          y.relu1 (relu)
          y.tanh1 (tanh)
        s (add)
        chain [z]
          z.zeros1 (zeros)
          z.add1 (add)
        """,
    ),
    "train only is a side road": (
        "relu\ntrain only { aux = relu -> tanh }\ntanh",
        "relu1 (relu)\ntrain only\n  chain [aux]\n    aux.relu1 (relu)\n    aux.tanh1 (tanh)\ntanh1 (tanh)",
    ),
}
BLOCKS = """
block twice { inner = relu -> tanh }
block nothing { if false { relu } }
block sums { in -> add }
block given(layer) { layer }
"""


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str) -> None:
    text, expected = CASES[name]
    assert lines(tree(text, BLOCKS)) == written(expected)


def applied(found: Application, path: str, kind: str) -> Application:
    """The application with this path and of this kind."""
    (item,) = (x for x in found.walk() if isinstance(x, Application) and (x.path, x.kind) == (path, kind))
    return item


# ---------------------------------------------------------------- what nothing reaches
def test_what_nothing_reaches_is_not_there() -> None:
    found = tree(
        """
        lost = twice
        y = x -> relu
        same = y -> nothing
        gone = x -> conv(4, 1x1) -> nothing
        for i in 0..3 { z = y -> tanh }
        z[1] -> relu
        """,
        BLOCKS,
    )
    assert lines(found) == written(
        """
        y (relu)
        block nothing [same]
        for
          pass
            z.1 (tanh)
        relu1 (relu)
        """
    )


def test_of_a_net_that_is_used_the_reached_part_is_there() -> None:
    before = """
    net Body(width = 4) {
      input image: 4x8x8
      trunk = conv(width, 1x1) -> relu
      head = repeat 2 { tanh }
    }
    """
    whole = tree("y = Body -> relu", before)
    part = tree("body = Body(6)\ny = body.trunk -> relu", before)
    assert lines(whole) == written(
        """
        chain [y]
          net Body [y.Body1]
            chain [y.Body1.trunk]
              y.Body1.trunk.conv1 (conv)
              y.Body1.trunk.relu1 (relu)
            repeat [y.Body1.head]
              pass [y.Body1.head]
                y.Body1.head.tanh1 (tanh)
              pass [y.Body1.head]
                y.Body1.head.tanh2 (tanh)
          y.relu1 (relu)
        """
    )
    assert lines(part) == written(
        """
        net Body [body]
          chain [body.trunk]
            body.trunk.conv1 (conv)
            body.trunk.relu1 (relu)
        y (relu)
        """
    )
    body = applied(part, "body", "net")
    assert (body.arguments, body.outputs) == ({"width": 6}, ())
    assert repr(body) == "<body (Body), 2 layers>"
    assert body.definition.line == 2
    assert body.span.line == 9


# ---------------------------------------------------------------- what applications know
def test_arguments_values_and_places() -> None:
    before = "block unit(filters, act = relu, rest = [1, 2]) {\n  conv(filters, 1x1) -> act\n}\n"
    found = tree(
        "a = unit(4, leaky_relu(0.1))\nb = unit(rest=[a, 3], filters=2 * 2)\n"
        "for i, k in [[1, 2], [3, 4]] { relu }\nrepeat 1 + 1 { concat(axis=1) { relu; b } }",
        before,
    )
    assert found.arguments == {}
    a, b = applied(found, "a", "block"), applied(found, "b", "block")
    assert a.arguments == {"filters": 4, "act": "leaky_relu"}
    assert b.arguments == {"rest": (a.outputs[0], 3), "filters": 4}
    assert list(b.argument_spans) == ["rest", "filters"]
    assert (b.argument_spans["filters"].line, b.argument_spans["filters"].column) == (7, 25)
    assert (b.inputs, b.outputs[0].shape[1:]) == (a.outputs, (4, 8, 8))
    assert (a.span.line, a.span.column, a.definition.line, a.definition.end_line) == (6, 7, 1, 3)
    loop, times = (x for x in found.children if isinstance(x, Application) and x.kind in ("for", "repeat"))
    assert [x.arguments for x in loop.children if isinstance(x, Application)] == [{"i": 1, "k": 2}, {"i": 3, "k": 4}]
    assert times.arguments == {"count": 2}
    merge = next(x for x in times.walk() if isinstance(x, Application) and x.kind == "merge")
    assert merge.arguments == {"axis": 1}
    assert merge.inputs == (*loop.outputs, *b.outputs)
    assert merge.outputs == merge.layers()[-1].outputs


def test_the_net_has_its_defaults() -> None:
    (net,) = nets("net A(width = 4, act = relu, sizes = [1, 2]) { input x: 4x8x8; conv(width, 1x1) -> act }")
    assert net.tree.arguments == {"width": 4, "act": "relu", "sizes": (1, 2)}
    assert repr(net.tree) == "<A (net) 4x8x8, 2 layers>"
    assert net.tree.inputs == tuple(net.inputs)


def test_shared_layers_tell_whose_weights_they_have() -> None:
    found = tree("shared f = conv(4, 1x1) -> twice\na = x -> f\nb = a -> f\nc = x -> twice\nadd(b)", BLOCKS)
    a, b, c = (applied(found, name, kind) for name, kind in (("a", "chain"), ("b", "chain"), ("c", "block")))
    assert (a.weights, b.weights, c.weights) == ("f", "f", "c")
    assert applied(found, "b.twice1", "block").weights == "f.twice1"
    assert a.layers()[0].parameters == b.layers()[0].parameters
    assert (a.span.line, b.span.line, a.definition) == (9, 10, b.definition)
    assert a.definition.line == 8


def test_a_chain_as_a_value_is_written_elsewhere() -> None:
    found = tree("given(layer = batchnorm -> relu)\ny = norm", BLOCKS + "norm = tanh -> relu\n")
    chain, named = applied(found, "given1", "chain"), applied(found, "y", "chain")
    assert (chain.span.line, chain.definition.line) == (5, 9)
    assert (named.span.line, named.definition.line) == (10, 6)


def test_a_train_section_that_computes_is_outside_of_the_net() -> None:
    after = 'train A { loss = mse(logits * 0.5 - x, wanted); data = "digits" }\n'
    found = tree("logits = relu -> tanh", after=after)
    assert (
        lines(found)
        == "chain [logits]\n  logits.relu1 (relu)\n  logits.tanh1 (tanh)\ntrain\n  mul1 (mul)\n  sub1 (sub)"
    )
    train = applied(found, "", "train")
    assert (train.span.line, train.definition.line) == (5, 5)
    assert [layer.training_only for layer in found.layers()] == [False, False, True, True]
    plain = tree("logits = relu -> tanh", after="train A { loss = mse(logits, wanted) }\n")
    assert "train" not in lines(plain)


# ---------------------------------------------------------------- all of it
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_net_of_the_repository(file: Path) -> None:
    small = {"depth": 29}  # as large as it is by default it takes a minute
    for net in [load(str(file), None, small)] if file.stem == "resnet_preact" else check(str(file)).nets:
        check_tree(net)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_net_of_the_pages(page: Path) -> None:
    texts = re.findall(r"^```net\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    found = [net for text in texts for net in check(page.name, text).nets]
    assert found
    for net in found:
        check_tree(net)


def test_trees_may_be_deep() -> None:
    braces, blocks = 60, 60
    text = "block b0 { relu }\n"
    for number in range(1, blocks):
        inner = f"b{number - 1}"
        for _ in range(braces):
            inner = f"{{ tanh; {inner} }}"
        text += f"block b{number} {{ {inner} }}\n"
    (net,) = check("deep.net", f"{text}net A {{\n  input x: 4x8x8\n  b{blocks - 1}\n}}\n").nets
    assert net.tree.layers() == net.layers
    deepest, item = 0, net.tree
    while True:
        last: Applied = item.children[-1]
        if isinstance(last, LayerInstance):
            break
        deepest, item = deepest + 1, last
    assert deepest > braces * (blocks - 1)
    assert len(net.tree.fold(blocks - 1)) == 1 + braces * (blocks - 2)
