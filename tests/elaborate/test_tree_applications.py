"""The tree of what a net applies: what nothing reaches is not in it, and what an application knows of itself."""

from __future__ import annotations

from trees import BLOCKS, applied, lines, nets, tree, written

from netc.compiler.applications import Application


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
