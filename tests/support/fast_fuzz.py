"""Gives the operators of `netc[fast]` nodes that are valid and nodes with one or two things wrong, and looks for harm.

A valid node has to run. A wrong one may run or be refused; either way nothing may crash, and no output may hold memory
that nobody wrote: whoever starts this fills new memory with a pattern (`surroundings`), and every node runs twice, with
another node between that leaves other numbers in the library's own memory.

    python tests/support/fast_fuzz.py --cases 10000 [--seed 1] [--only 123] [--sanitize]

`--sanitize` builds the library with address and undefined-behaviour sanitizers into a temporary folder and tries that
one. The last case before a crash is on the last line: `--only` repeats it.
"""

from __future__ import annotations

import argparse
import copy
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import fast_library  # before ONNX Runtime, whose telemetry it switches off
import numpy as np
import onnxruntime
from fast_nodes import VALID, FastNode, elementwise
from onnx import AttributeProto
from sessions import fast_library as installed

NUMBERS = (
    -1,
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    15,
    24,
    62,
    63,
    64,
    65,
    1000,
    10**6,
    1 << 24,
    1 << 31,
    1 << 62,
    -(1 << 63),
    (1 << 63) - 1,
)
FLOATS = (-1.0, 0.0, 1e-30, 1e30, float("inf"), float("nan"))
SIZES = (0, 1, 2, 3, 7, 8, 12, 16, 17, 32)
UNWRITTEN = bytes([fast_library.PATTERN]) * 4
DTYPES = (np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_)


def mutate(draw: random.Random, node: FastNode) -> FastNode:
    """A copy with one thing changed."""
    node = copy.deepcopy(node)
    draw.choice((_attribute, _attribute, _attribute, _shape, _shape, _sizes, _inputs, _outputs, _operator))(draw, node)
    return node


def _attribute(draw: random.Random, node: FastNode) -> None:
    if not node.attributes:
        return
    name = draw.choice(list(node.attributes))
    value: Any = node.attributes[name]
    kind = draw.random()
    if kind < 0.1:
        del node.attributes[name]
    elif kind < 0.2:
        node.attributes[name] = draw.choice((1, 1.5, "text", [1, 2], [0.5], b"\0", [], 1 << 62))
        if node.attributes[name] == []:
            node.typed[name] = draw.choice((AttributeProto.INTS, AttributeProto.FLOATS, AttributeProto.STRINGS))
    elif not isinstance(value, list):
        node.attributes[name] = draw.choice(FLOATS if isinstance(value, float) else NUMBERS)
    elif kind < 0.4 and value:
        value.pop(draw.randrange(len(value)))
    elif kind < 0.5:
        value.insert(draw.randint(0, len(value)), draw.choice(NUMBERS) if name != "constants" else 0.5)
    elif value and name != "constants":
        at = draw.randrange(len(value))
        value[at] = draw.choice(NUMBERS) if draw.random() < 0.6 else value[at] + draw.choice((-1, 1, 2))
    else:
        node.attributes[name] = value * draw.choice((3, 70))
    if node.attributes.get(name) == [] and name not in node.typed:
        node.typed[name] = AttributeProto.FLOATS if name == "constants" else AttributeProto.INTS


def _shape(draw: random.Random, node: FastNode) -> None:
    at, array = draw.choice([*enumerate(node.inputs)] or [(0, None)])
    if array is None:
        return
    sizes = list(array.shape)
    kind = draw.random()
    if kind < 0.15:
        sizes.insert(draw.randint(0, len(sizes)), draw.choice((1, 1, 2, 16)))
    elif kind < 0.3 and sizes:
        sizes.pop(draw.randrange(len(sizes)))
    elif kind < 0.35:
        sizes = []
    elif sizes:
        axis = draw.randrange(len(sizes))
        sizes[axis] = draw.choice((*SIZES, sizes[axis] + 1, max(0, sizes[axis] - 1), 2 * sizes[axis]))
    if np.prod(sizes) < 1 << 20:
        node.inputs[at] = np.resize(array, sizes) if array.size else np.ones(sizes, np.float32)


def _sizes(draw: random.Random, node: FastNode) -> None:
    """One size changed wherever it stands, so that the inputs still agree."""
    sizes = sorted({size for array in node.inputs if array is not None for size in array.shape})
    if not sizes:
        return
    old, new = draw.choice(sizes), draw.choice(SIZES)
    for at, array in enumerate(node.inputs):
        if array is not None:
            changed = [new if size == old else size for size in array.shape]
            node.inputs[at] = np.resize(array, changed) if array.size else np.ones(changed, np.float32)


def _inputs(draw: random.Random, node: FastNode) -> None:
    kind = draw.randrange(5)
    at, array = draw.choice([*enumerate(node.inputs)] or [(0, None)])
    if kind == 0 and node.inputs:
        node.inputs.pop(at)
    elif kind == 1 and node.inputs:
        node.inputs[at] = None
    elif kind == 2:
        node.inputs.insert(at, array)
    elif kind == 3:
        draw.shuffle(node.inputs)
    elif array is not None:
        node.inputs[at] = array.astype(draw.choice(DTYPES))


def _outputs(draw: random.Random, node: FastNode) -> None:
    kind = draw.randrange(3)
    if kind == 0 and len(node.outputs) > 1:
        node.outputs.pop()
    elif kind == 1:
        node.outputs += [f"more{i}" for i in range(draw.choice((1, 1, 70)))]
    else:
        node.outputs[draw.randrange(len(node.outputs))] = ""


def _operator(draw: random.Random, node: FastNode) -> None:
    node.op = draw.choice(list(VALID))


class Fuzzer:
    """Runs cases, each drawn from the seed and its own number; counts how they ended."""

    def __init__(self, library: str, seed: int) -> None:
        self.library, self.seed = library, seed
        self.ended: Counter[str] = Counter()
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = 1
        self.options.log_severity_level = 4
        self.options.enable_cpu_mem_arena = False  # new memory comes from the allocator that fills it
        self.options.register_custom_ops_library(library)
        between = elementwise(random.Random(0))
        self.between = self._session(between), between.feeds

    def case(self, number: int) -> None:
        """Draw a case and run it; raises AssertionError where it did what it must not."""
        draw = random.Random(f"{self.seed}:{number}")
        op = draw.choice(list(VALID))
        node = VALID[op](draw)
        wrong = draw.choice((0, 1, 1, 1, 2))
        for _ in range(wrong):
            node = mutate(draw, node)
        try:
            session = self._session(node)
            first = session.run(None, node.feeds)
        except Exception as error:  # ONNX Runtime has a class of exception for each way a node can be wrong
            if not wrong:
                raise AssertionError(f"case {number}: a valid {op} is refused") from error
            self.ended[f"{op} refused"] += 1
            return
        self.between[0].run(None, self.between[1])
        second = session.run(None, node.feeds)
        for one, two in zip(first, second, strict=True):
            assert one.tobytes() == two.tobytes(), f"case {number}: {op} gives other numbers the second time"
            assert UNWRITTEN not in one.tobytes(), f"case {number}: {op} gives memory that nobody wrote"
        self.ended[f"{op} {'ran, changed' if wrong else 'ran, valid'}"] += 1

    def _session(self, node: FastNode) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(node.model(), self.options, providers=["CPUExecutionProvider"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number of one case")
    parser.add_argument("--sanitize", action="store_true", help="with a build of its own under sanitizers")
    parser.add_argument("--library", help="the library's file, if not that of the package netc_fast")
    given = parser.parse_args()
    if given.library is None:
        with tempfile.TemporaryDirectory() as folder:
            library = fast_library.sanitized_library(Path(folder)) if given.sanitize else installed()
            if library is None:
                sys.exit("the library of netc[fast] is not built here: take `--sanitize`")
            command = [sys.executable, __file__, *sys.argv[1:], "--library", library]
            return subprocess.run(
                command, env=fast_library.surroundings(sanitized=given.sanitize), check=False
            ).returncode
    fuzzer = Fuzzer(given.library, given.seed)
    for number in range(given.cases) if given.only is None else [given.only]:
        os.write(1, b"\rcase %d" % number)
        fuzzer.case(number)
    print(f"\r{sum(fuzzer.ended.values())} cases")
    for name, count in sorted(fuzzer.ended.items()):
        print(f"  {name}: {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
