"""Random networks, drawn as text from the layers' declarations.

Whatever the arguments, a network is checked without an internal error; and where the check finds nothing wrong, the
shapes it states are those that ONNX Runtime returns.
"""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st
from random_nets import INPUTS, WORDS, calls, errors, networks, open_sizes, resolved, runs, text
from sessions import session_of
from tiers import examples
from trees import check_tree

from netc.compiler import check, compile_inference, compile_training, initial_weights


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(INPUTS))
def test_whatever_the_arguments_every_mistake_is_a_finding(data, shape):
    names: list[str] = ["x"]
    statements = []
    for i in range(data.draw(st.integers(1, 4))):
        word = data.draw(st.sampled_from(WORDS))
        call = data.draw(calls(word, names, wild=True))
        forms = [f"v{i} = {call}", call, f"x -> {call}", *([f"-> {call}"] if i else [])]
        statements.append(data.draw(st.sampled_from(forms)))
        names.append(f"v{i}")
    result, _ = errors(text(shape, statements))
    for finding in result.diagnostics:
        assert finding.code[0] in "EL"
        assert finding.code[1:].isdigit()
        assert finding.message
        assert not finding.message.endswith(".")
        assert finding.help is None or not finding.help.endswith("?")


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_the_shapes_are_those_of_onnx_runtime(drawn):
    shape, statements, names = drawn
    if not statements:
        return
    source = text(shape, [*statements, f"output {', '.join(names)}"])
    result, found = errors(source)
    assert not found, (source, found)
    (net,) = result.nets
    sizes = open_sizes(net)
    if not runs(net, sizes):
        return
    session = session_of(compile_inference(net).model)
    feeds = {value.name: np.ones(resolved(value.shape, sizes), np.float32) for value in net.inputs}
    known = {item.name for item in session.get_inputs()}
    outputs = session.run(list(net.outputs), {name: feeds[name] for name in known})
    for (name, value), output in zip(net.outputs.items(), outputs, strict=True):
        assert output.shape == resolved(value.shape, sizes), f"{name} in\n{source}"


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_the_tree_is_the_list_of_layers(drawn):
    shape, statements, names = drawn
    if not statements:
        return
    (net,) = check("random.net", text(shape, [*statements, f"output {', '.join(names)}"])).nets
    assert net.tree.children == net.layers
    check_tree(net)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_a_training_step_gives_new_weights_of_the_old_shapes(drawn):
    shape, statements, names = drawn
    if not statements:
        return
    outputs = check("random.net", text(shape, [*statements, f"output {', '.join(names)}"])).nets[0].outputs
    loss = " + ".join(f"mse({name}, wanted_{name})" for name in names
                      if name in outputs and outputs[name].dtype.is_float)  # fmt: skip
    if not loss:
        return
    train = f"train Random {{ loss = {loss}; optimizer = adam(lr=0.01) }}\n"
    source = text(shape, [*statements, f"output {', '.join(names)}"]) + train
    result, found = errors(source)
    assert not found, (source, found)
    (net,) = result.nets
    sizes = open_sizes(net)
    if not runs(net, sizes) or not any(item.trainable for item in net.parameters):
        return
    artifact = compile_training(net)
    weights = initial_weights(net)
    names_of = {str(symbol): size for symbol, size in sizes.items()}
    random = np.random.default_rng(0)
    feeds = {}
    for port in artifact.manifest["inputs"]:
        dims = [size if isinstance(size, int) else eval(size, {}, names_of) for size in port["shape"]]
        start = random.normal(size=dims) if port["role"] in ("data", "target") else np.zeros(dims)
        feeds[port["name"]] = weights.get(port["name"], start.astype(port["dtype"]))
    ports = artifact.manifest["outputs"]
    for port, output in zip(ports, session_of(artifact.model).run(None, feeds), strict=True):
        if "of" in port:
            assert output.shape == feeds[port["of"]].shape, f"{port['name']} in\n{source}"
