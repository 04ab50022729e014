"""The tree of what a net applies: how each part of the language stands in it, on texts whose trees are written out."""

from __future__ import annotations

import pytest
from trees import BLOCKS, lines, tree, written

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


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str) -> None:
    text, expected = CASES[name]
    assert lines(tree(text, BLOCKS)) == written(expected)
