"""Counts of hand-made networks against published figures and sums worked out by hand."""

from __future__ import annotations

from netc.compiler.applications import Application, Kind, LayerInstance
from netc.compiler.facts.count import FLOAT_BYTES, count, distinct_parameters, memory, part, receptive_field, totals
from netc.compiler.ir import Builder, Dim, DType, Graph, Value
from netc.compiler.layers.base import layer
from netc.compiler.net import Net
from netc.compiler.optimizers.base import optimizer
from netc.grammar.diagnostics import Span

SPAN = Span("test.net", 1, 1, 1, 2)

LENET = [
    ("conv", {"filters": 6, "kernel": 5, "pad": "same"}),
    ("relu", {}),
    ("maxpool", {"kernel": 2}),
    ("conv", {"filters": 16, "kernel": 5}),
    ("relu", {}),
    ("maxpool", {"kernel": 2}),
    ("flatten", {}),
    ("dense", {"features": 120}),
    ("dense", {"features": 84}),
    ("dense", {"features": 10}),
]


def stack(bench, sizes, steps, path="layer{}"):
    """A chain of layers and the values after each."""
    x = bench.input("image", *sizes)
    instances, values = [], []
    for i, (word, given) in enumerate(steps):
        known, first = dict(bench.parameters), len(bench.graph.nodes)
        y = bench.apply(word, x, **given)
        own = tuple(item for name, item in bench.parameters.items() if known.get(name) is not item)
        nodes = tuple(bench.graph.nodes[first:])
        definition = layer.all()[word]
        instances.append(
            LayerInstance(path.format(i), word, definition.__new__(definition), (x,), (y,), nodes, own, SPAN)
        )
        values.append(y)
        x = y
    return instances, values


def net(bench, instances, plans=()):
    graph = Graph("Test", list(bench.graph.inputs), list(bench.graph.parameters), list(bench.graph.nodes), {})
    parameters = distinct_parameters(instances)
    tree = Application(Kind.NET, "Test", "", "", SPAN, SPAN, {}, {}, (), instances)
    return Net("Test", None, {}, graph, instances, tree, parameters, {}, list(plans), [], "test.net", "", {}, SPAN)


def test_lenet(bench):
    instances, _ = stack(bench, (1, 28, 28), LENET)
    counted = count(instances)
    assert (counted.params, counted.trainable, counted.frozen, counted.buffers) == (61_706, 61_706, 0, 0)
    assert counted.flops == 6 * 25 * 28 * 28 + 16 * 6 * 25 * 10 * 10 + 400 * 120 + 120 * 84 + 84 * 10
    assert counted.activations == 2 * 6 * 28 * 28 + 6 * 14 * 14 + 2 * 16 * 10 * 10 + 16 * 5 * 5 + 120 + 84 + 10
    assert counted.layers == len(LENET)
    assert count(instances, batch=32).flops == 32 * counted.flops
    assert count(instances, batch=32).activations == 32 * counted.activations
    assert count(instances, batch=32).params == counted.params


def test_grouped_and_strided_convolutions(bench):
    instances, _ = stack(bench, (8, 20, 20), [("conv", {"filters": 16, "kernel": 3, "stride": 2, "groups": 4})])
    assert count(instances).flops == 16 * 2 * 9 * 9 * 9
    assert count(instances).params == 16 * 2 * 9 + 16


def test_buffers_are_apart(bench):
    instances, _ = stack(bench, (8, 5, 5), [("batchnorm", {})])
    assert (count(instances).params, count(instances).buffers) == (16, 16)


def test_shared_weights_count_once(bench):
    instances, _ = stack(bench, (8,), [("dense", {"features": 8})])
    again = LayerInstance("again", "dense", None, (), instances[0].outputs, (), instances[0].parameters, SPAN)
    assert count([*instances, again]).params == 72


def test_frozen_weights_count_as_params(bench):
    instances, _ = stack(bench, (8,), [("dense", {"features": 3})])
    for item in instances[0].parameters:
        item.trainable = False
    assert (count(instances).params, count(instances).trainable, count(instances).frozen) == (27, 0, 27)


def test_training_only_layers_count_in_training(bench):
    instances, _ = stack(bench, (8,), [("dense", {"features": 8})] * 2)
    instances[1].training_only = True
    assert totals(net(bench, instances)).params == 72
    assert totals(net(bench, instances), training=True).params == 144


def test_a_part_is_what_lies_under_a_path(bench):
    instances, _ = stack(bench, (8,), [("dense", {"features": 8})] * 11, path="stage{}.dense")
    assert [layer.path for layer in part(net(bench, instances), "stage1")] == ["stage1.dense"]


def test_symbolic_sizes_stay_symbolic(bench):
    H = Dim.symbol("H")
    instances, _ = stack(bench, (3, H, 8), [("conv", {"filters": 4, "kernel": 3, "pad": "same"})])
    assert count(instances).flops == 4 * 3 * 9 * 8 * H
    assert count(instances).params == 112


def test_memory_of_a_step(bench):
    instances, _ = stack(bench, (10,), [("dense", {"features": 20}), ("relu", {}), ("flatten", {})])
    found = memory(net(bench, instances), batch=5, slots=len(optimizer.all()["adam"]().slots()))
    assert found.weights == 2 * FLOAT_BYTES * 220
    assert found.gradients == FLOAT_BYTES * 220
    assert found.state == 2 * 2 * FLOAT_BYTES * 220
    assert found.activations == FLOAT_BYTES * 5 * (10 + 20 + 20)
    assert found.workspace == 2 * FLOAT_BYTES * 5 * 20
    assert found.total == sum((found.weights, found.gradients, found.state, found.activations, found.workspace))


def test_receptive_field_of_lenet(bench):
    _, values = stack(bench, (1, 28, 28), LENET)
    found = [receptive_field(value, bench.graph.inputs) for value in values]
    assert found[:6] == [(5, 5), (5, 5), (6, 6), (14, 14), (14, 14), (16, 16)]
    assert found[6:] == [(28, 28)] * 4


def test_receptive_field_of_vgg(bench):
    """212 after the last pooling (Araujo et al. 2019, Computing receptive fields of convolutional neural networks)."""
    conv = ("conv", {"filters": 2, "kernel": 3, "pad": "same"})
    pool = ("maxpool", {"kernel": 2})
    steps = [conv, conv, pool] * 2 + [conv, conv, conv, pool] * 3
    _, values = stack(bench, (3, 224, 224), steps)
    assert receptive_field(values[-1], bench.graph.inputs) == (212, 212)


def test_receptive_field_takes_the_widest_branch_and_knows_dilation(bench):
    x = bench.input("image", 3, 32, 32)
    wide = bench.apply("conv", x, filters=3, kernel=[3, 5], dilation=2, pad="same")
    narrow = bench.apply("conv", x, filters=3, kernel=1)
    assert receptive_field(bench.apply("add", wide, narrow), [x]) == (5, 9)


def test_receptive_field_of_channel_mixing_stays(bench):
    x = bench.input("image", 3, 32, 32)
    y = bench.apply("softmax", bench.apply("batchnorm", x), axis=0)
    assert receptive_field(y, [x]) == (1, 1)
    assert receptive_field(bench.apply("global_avgpool", x), [x]) == (32, 32)


def test_receptive_field_goes_through_every_operator_axis_by_axis():
    graph = Graph("g", [x := Value("x", DType.FLOAT32, (1, 2, 32, 40))], [w := Value("w", DType.FLOAT32, (3, 2, 3, 5))])
    g = Builder(graph)
    settings = {"strides": (2, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
    turned = g.Transpose(x, axes=(0, 1, 3, 2))
    assert receptive_field(g.Conv(turned, w, **settings), [x]) == (5, 3)
    thinned = g.Slice(x, starts=(0,), stops=(32,), axes=(2,), steps=(4,))
    assert receptive_field(g.AveragePool(thinned, kernel=(2, 2), strides=(1, 1), pads=(0, 0, 0, 0)), [x]) == (5, 2)
    larger = g.ConvTranspose(x, g.Transpose(w, axes=(1, 0, 2, 3)), **settings, output_padding=(0, 0))
    assert receptive_field(larger, [x]) == (2, 5)
    assert receptive_field(g.ReduceMax(x, axes=(3,), keepdims=True), [x]) == (1, 40)
    assert receptive_field(g.Softmax(x, axis=-2), [x]) == (32, 1)


def test_receptive_field_in_a_sequence_of_whole_numbers(bench):
    words = bench.input("words", 12, dtype=DType.INT64)
    y = bench.apply("transpose", bench.apply("embedding", words, rows=9, width=4))
    y = bench.apply("conv", y, filters=2, kernel=3, dilation=2)
    assert receptive_field(y, [words]) == (5,)
    assert receptive_field(bench.apply("dense", bench.apply("flatten", y), features=1), [words]) == (12,)


def test_integer_inputs_without_a_map_have_no_field(bench):
    x = bench.input("action", dtype=DType.INT64)
    assert receptive_field(x, [x]) == ()
