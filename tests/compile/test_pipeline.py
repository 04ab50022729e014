"""The pipeline: every stage is seen, leaves a valid graph, changes something, and may be left out if it says so."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from corpus import NETS, Case, corpus, finished, net_of
from here import CPU_TARGETS
from stages import passes_that_change

from netc.compiler import Options, compile_gradients, compile_inference, compile_training, initial_weights, pipeline
from netc.compiler.artifact import Artifact
from netc.compiler.ir import Graph
from netc.compiler.ir.text import to_text
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.pipeline import EARLIER, OPTIONAL, STAGES, Context, observed
from netc.compiler.targets import FIRST_FUSIONS, FUSIONS, TARGETS, TOUCHES
from netc.grammar.diagnostics import DiagnosticError

from .networks import Arrays, batch_of, first_feeds, run

CASES = corpus()
READ = ("deep-infer-cpu", "deep-train-fast", "deep-train-cuda-bfloat16")
TARGETS_RUN = [*CPU_TARGETS, "cuda"]


class Verified(dict[str, bool]):
    """The stages that a graph goes through, in order, and whether each changes its text. What is changed is valid."""

    def __init__(self) -> None:
        self._last: tuple[Graph, str] | None = None

    def __call__(self, name: str, before: Graph, after: Graph) -> None:
        assert name not in self, f"{name} is seen twice"
        old = self._last[1] if self._last is not None and self._last[0] is before else to_text(before)
        self._last = after, old if after is before else to_text(after)
        self[name] = old != self._last[1]
        if self[name]:
            verify(after)

    def verify_last(self) -> None:
        """The graph that the last stage left."""
        assert self._last is not None
        verify(self._last[0])


@cache
def changes(case: Case) -> Verified:
    """The stages of a case; each leaves a valid graph."""
    found = Verified()
    with observed(found):
        finished(case)
    found.verify_last()
    return found


@pytest.mark.quick(6)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_observers_see_every_stage(case: Case) -> None:
    running = [stage.name for stage in (*EARLIER, *STAGES) if stage.when.holds(case.context)]
    assert list(changes(case)) == running


@pytest.mark.slow
def test_every_stage_changes_something_somewhere() -> None:
    idle = {stage.name for stage in (*EARLIER, *STAGES)} - {"assembled"}
    for case in CASES:
        idle -= {name for name, changed in changes(case).items() if changed}
        if not idle:
            return
    pytest.fail(f"no network of the corpus needs {', '.join(idle)}")


@pytest.mark.quick(1)
@pytest.mark.parametrize("case", [case for case in CASES if case.net == "open" or str(case) in READ], ids=str)
def test_every_graph_is_readable_text(case: Case) -> None:
    def look(name: str, before: Graph, after: Graph) -> None:
        again = from_text(to_text(after))
        verify(again)
        assert to_text(again) == to_text(after), name

    with observed(look):
        finished(case)


def test_names_are_unique_and_say_what_they_do() -> None:
    names = [stage.name for stage in (*EARLIER, *STAGES)]
    assert len(set(names)) == len(names)
    for stage in (*EARLIER, *STAGES):
        assert 0 < len(stage.does) <= 66, stage.name
        assert stage.when.words


def test_every_touch_of_a_target_has_its_place() -> None:
    assert {touch for target in TARGETS.values() for touch in target.touches} == set(TOUCHES)
    assert {fusion for target in TARGETS.values() for fusion in target.fusions} == {*FIRST_FUSIONS, *FUSIONS}


def test_what_cannot_be_left_out_is_refused() -> None:
    graph = from_text("graph g\n")
    for name in ("inference_mode", "fold_constants"):
        with pytest.raises(AssertionError, match=f"no pass is called \\['{name}'\\]"):
            pipeline.run(graph, Context("infer", options=Options(without=frozenset({name}))))


def test_a_target_that_is_none_is_refused() -> None:
    with pytest.raises(DiagnosticError, match="there is no target `tpu`; help: use one of std, cpu"):
        Context("infer", "tpu")


# ------------------------------------------------------------ without
def compiled(net: str, kind: str, target: str, *without: str) -> Artifact:
    options = Options(without=frozenset(without))
    compile = {"infer": compile_inference, "train": compile_training, "gradient": compile_gradients}[kind]
    return compile(net_of(net), batch=6, target=target, options=options)  # type: ignore[no-any-return,operator]


@cache
def usual(net: str, kind: str, target: str) -> tuple[Artifact, Arrays, set[str]]:
    """A model, its results, and the passes that changed its graph."""
    with passes_that_change() as changing:
        artifact = compiled(net, kind, target)
    return artifact, results(net, artifact), changing


def results(net: str, artifact: Artifact) -> Arrays:
    given = net_of(net)
    return run(artifact, first_feeds(artifact, initial_weights(given), batch_of(given, 6, 5)), without=("Pad_Fusion",))


FIXED = [name for name in NETS if name != "open"]
"""Nets whose inputs have known sizes, for which numbers can be drawn."""


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", TARGETS_RUN)
@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_what_may_be_left_out_changes_no_result(name: str, target: str) -> None:
    """Of each kind of model and each network that it changes, if it is another model without."""
    stages = [stage for stage in STAGES if stage.function.__name__ == name]
    touched = False
    for net in FIXED:
        for kind in ("infer", "train", "gradient"):
            artifact, expected, changed = usual(net, kind, target)
            if name not in changed:
                continue
            without = compiled(net, kind, target, name)
            if without.model == artifact.model:
                continue
            touched = True
            for key, value in results(net, without).items():
                np.testing.assert_allclose(value, expected[key], rtol=1e-3, atol=1e-5, err_msg=f"{net} {kind} {key}")
    wanted = any(stage.when.holds(Context("train", target)) for stage in stages)
    assert touched == wanted, f"no net of tests/support/corpus.py differs without {name}" if wanted else name
