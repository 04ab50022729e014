"""Nodes of the operators of `netc[fast]` with one thing wrong, and the words with which each is refused.

Run as a program with the library's file, it tries them all and writes a line of JSON for each: its number, and what the
session said (null where it said nothing). A process of its own, so that a crash is seen as one.
"""

from __future__ import annotations

import copy
import json
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import fast_library as fast_library  # before ONNX Runtime, whose telemetry it switches off
import numpy as np
import onnxruntime
from fast_nodes import Array, FastNode, numbers


def _zeros(*sizes: int) -> Array:
    return numbers(random.Random(0), *sizes)


WINDOW = {"kernel": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]}
REST = {"strides": [2, 2], "pads": [1, 1, 1, 1], "dilations": [1, 1], "block": 16}
MAP, VECTOR = (2, 16, 5, 5), (16,)

RIGHT = {
    "BatchNormalization": FastNode(
        "BatchNormalization", [_zeros(*MAP), *(_zeros(16) for _ in range(2))],
        {"epsilon": 1e-5, "relu": 1, "plain": 0, "block": 16}, ["y", "mean", "variance"],
    ),
    "BatchNormalizationGradient": FastNode(
        "BatchNormalizationGradient", [_zeros(*MAP), _zeros(*MAP), *(_zeros(16) for _ in range(4))],
        {"epsilon": 1e-5, "relu": 1, "plain": 0, "block": 16}, ["dx", "dscale", "dbias"],
    ),
    "MaxPoolGradient": FastNode(
        "MaxPoolGradient", [_zeros(*MAP), _zeros(*MAP)], {**WINDOW, "relu": 0, "block": 16}, ["dx"]
    ),
    "ConvWeightGradient": FastNode(
        "ConvWeightGradient", [_zeros(2, 32, 3, 3), _zeros(*MAP)], {"kernel": [3, 3], **REST, "plain": 0},
        ["dw", "dbias"],
    ),
    "ConvInputGradient": FastNode(
        "ConvInputGradient", [_zeros(2, 32, 3, 3), _zeros(32, 16, 3, 3)], {"size": [5, 5], **REST}, ["dx"]
    ),
    "DepthwiseWeightGradient": FastNode(
        "DepthwiseWeightGradient", [_zeros(2, 16, 3, 3), _zeros(*MAP)], {"kernel": [3, 3], **REST}, ["dw", "dbias"]
    ),
    "DepthwiseInputGradient": FastNode(
        "DepthwiseInputGradient", [_zeros(2, 16, 3, 3), _zeros(16, 1, 3, 3)], {"size": [5, 5], **REST}, ["dx"]
    ),
    "BlockedWeights": FastNode("BlockedWeights", [_zeros(32, 16, 3, 3)], {"block": 16}, ["forward", "turned"]),
    "Attention": FastNode(
        "Attention", [_zeros(2, 5, 24)], {"heads": 2, "scale": 0.5, "causal": 1}, ["y", "peaks", "totals"]
    ),
    "AttentionGradient": FastNode(
        "AttentionGradient", [_zeros(2, 5, 8), _zeros(2, 5, 24), _zeros(2, 2, 5), _zeros(2, 2, 5) ** 2 + 1],
        {"heads": 2, "scale": 0.5, "causal": 1}, ["dpacked"],
    ),
    "LayerNormalization": FastNode(
        "LayerNormalization", [_zeros(3, 5, 8), _zeros(8), _zeros(8)], {"epsilon": 1e-5}, ["y", "mean", "inverse"]
    ),
    "LayerNormalizationGradient": FastNode(
        "LayerNormalizationGradient",
        [_zeros(3, 5, 8), _zeros(3, 5, 8), _zeros(8), _zeros(3, 5, 1), _zeros(3, 5, 1)],
        {}, ["dx", "dscale", "dbias"],
    ),
    "LSTM": FastNode(
        "LSTM", [_zeros(3, 2, 20), _zeros(20, 5), _zeros(20), _zeros(2, 5), _zeros()], {"reverse": 0},
        ["y", "h", "c", "before", "gates", "cells"],
    ),
    "LSTMGradient": FastNode(
        "LSTMGradient",
        [_zeros(3, 2, 5), _zeros(2, 5), _zeros(), _zeros(20, 5), _zeros(3, 2, 20), _zeros(3, 2, 5), _zeros(2, 5)],
        {"reverse": 0}, ["dproduct", "dbias", "dh", "dc"],
    ),
    "GRU": FastNode(
        "GRU", [_zeros(3, 2, 15), _zeros(15, 5), _zeros(15), _zeros(15), _zeros(2, 5)], {"reverse": 1},
        ["y", "h", "before", "parts"],
    ),
    "GRUGradient": FastNode(
        "GRUGradient", [_zeros(3, 2, 5), _zeros(2, 5), _zeros(15, 5), _zeros(3, 2, 20), _zeros(3, 2, 5)],
        {"reverse": 1}, ["dproduct", "dsums", "dinput_bias", "dbias", "dh"],
    ),
    "RNN": FastNode(
        "RNN", [_zeros(3, 2, 5), _zeros(5, 5), _zeros(5), _zeros(2, 5)], {"reverse": 0, "relu": 0},
        ["y", "h", "before"],
    ),
    "RNNGradient": FastNode(
        "RNNGradient", [_zeros(), _zeros(2, 5), _zeros(5, 5), _zeros(3, 2, 5)], {"reverse": 0, "relu": 1},
        ["dproduct", "dbias", "dh"],
    ),
    "Elementwise": FastNode(
        "Elementwise", [_zeros(4, 8), _zeros(4, 8), _zeros()],
        {"steps": [0, 0, 1, 2, 4, 3], "results": [5, 4], "constants": [0.5]}, ["y", "z"],
    ),
}  # fmt: skip
"""A valid node of each operator, which the wrong ones differ from."""


@dataclass(frozen=True)
class Wrong:
    """A node as in RIGHT but for attributes (None: missing), inputs by their places (None: left out) and outputs.

    count  of inputs, where it is another
    """

    op: str
    says: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[int, Array | None] = field(default_factory=dict)
    outputs: tuple[str, ...] | None = None
    count: int | None = None

    @property
    def name(self) -> str:
        """For a test's name."""
        changes = [f"{name}={value}" for name, value in self.attributes.items()]
        changes += [f"{at}:{getattr(array, 'shape', None)}" for at, array in self.inputs.items()]
        changes += [] if self.outputs is None else [f"outputs={len(self.outputs)}"]
        changes += [] if self.count is None else [f"inputs={self.count}"]
        return f"{self.op}-{'-'.join(changes)}"[:90]

    def node(self) -> FastNode:
        """The node itself."""
        node = copy.deepcopy(RIGHT[self.op])
        for name, value in self.attributes.items():
            if value is None:
                del node.attributes[name]
            else:
                node.attributes[name] = value
        for at, array in self.inputs.items():
            node.inputs[at] = array
        if self.count is not None:
            node.inputs = (node.inputs * 2)[: self.count] if self.count <= 2 * len(node.inputs) else node.inputs * 30
        if self.outputs is not None:
            node.outputs = [*self.outputs]
        return node


def _settings() -> list[Wrong]:
    """What every operator asks of the attributes that it has."""
    values: dict[str, tuple[Any, ...]] = {
        "block": (None, 0, -16, 4, 12, 32, 1 << 62, [16], "16", 16.0),
        "relu": (None, 2, -1, [1]),
        "reverse": (None, 2, -1, [1], 1.0),
        "plain": (None, 2),
        "epsilon": (None, -1e-5, float("nan"), float("inf"), 1, [1e-5]),
        "kernel": (None, [3], [3, 3, 3], [0, 3], [3, -3], [1 << 40, 3], [1 << 62, 1 << 62], 3, [3.0, 3.0], "33"),
        "strides": (None, [1], [1, 1, 1], [0, 1], [1, 0], [-1, 1], [1 << 40, 1]),
        "pads": (None, [1, 1], [1] * 5, [-1, 1, 1, 1], [1, 1, 1, 1 << 40], [-(1 << 63)] * 4),
        "dilations": (None, [1], [0, 1], [1, -1], [1 << 62, 1]),
        "heads": (None, 0, -1, 1 << 40, [2], 2.0),
        "scale": (None, float("nan"), float("inf"), 1, [0.5]),
        "causal": (None, 2, -1, [1]),
        "size": (None, [5], [0, 5], [5, -5], [1 << 62, 5], [(1 << 28) + 1, 5]),
    }
    return [
        Wrong(op, f"attribute `{name}`", {name: value})
        for op, node in RIGHT.items()
        for name in node.attributes
        for value in values.get(name, ())
    ]


def _maps() -> list[Wrong]:
    """What every operator asks of its inputs that are maps or weights."""
    wrong = []
    for op, node in RIGHT.items():
        for at, array in enumerate(node.inputs):
            if array is not None and array.ndim == 4:
                for sizes in ((16,), (), (16, 5, 5), (2, 16, 5, 5, 1), (0, 16, 5, 5), (2, 16, 0, 5), (2, 0, 5, 5)):
                    wrong.append(Wrong(op, "has sizes", inputs={at: _zeros(*sizes)}))
                wrong.append(Wrong(op, "", inputs={at: array.astype(np.float64)}))
                wrong.append(Wrong(op, "", inputs={at: array.astype(np.int32)}))
            wrong.append(Wrong(op, "", inputs={at: None}))
        more = tuple("abcdefg"[: len(node.outputs) + 1])
        wrong += [Wrong(op, "", outputs=("",) * len(node.outputs)), Wrong(op, "", outputs=more)]
        wrong += [Wrong(op, "", count=0)] + [Wrong(op, "", count=len(node.inputs) + 1)] * (op != "Elementwise")
    return wrong


WRONG = [
    *_settings(),
    *_maps(),
    Wrong("BatchNormalization", "a multiple of 16", inputs={0: _zeros(2, 12, 5, 5), 1: _zeros(12), 2: _zeros(12)}),
    Wrong("BatchNormalization", "a multiple of 16", inputs={0: _zeros(2, 24, 5, 5), 1: _zeros(24), 2: _zeros(24)}),
    Wrong("BatchNormalization", "input `scale` has sizes [8], expected [16]", inputs={1: _zeros(8)}),
    Wrong("BatchNormalization", "input `scale` has sizes [16, 1], expected [16]", inputs={1: _zeros(16, 1)}),
    Wrong("BatchNormalization", "input `bias` has sizes [], expected [16]", inputs={2: _zeros()}),
    Wrong("BatchNormalizationGradient", "input `dy` has sizes [1, 16, 5, 5]", inputs={0: _zeros(1, 16, 5, 5)}),
    Wrong("BatchNormalizationGradient", "input `dy` has sizes [2, 16, 5, 4]", inputs={0: _zeros(2, 16, 5, 4)}),
    *(Wrong("BatchNormalizationGradient", f"input `{name}` has sizes [1], expected [16]", inputs={at: _zeros(1)})
      for at, name in enumerate(("scale", "bias", "mean", "variance"), 2)),
    Wrong("MaxPoolGradient", "input `dy` has sizes [2, 16, 6, 5]", inputs={0: _zeros(2, 16, 6, 5)}),
    Wrong("MaxPoolGradient", "input `dy` has sizes [1, 16, 5, 5]", inputs={0: _zeros(1, 16, 5, 5)}),
    Wrong("MaxPoolGradient", "input `dy` has sizes [2, 32, 5, 5]", inputs={0: _zeros(2, 32, 5, 5)}),
    Wrong("MaxPoolGradient", "a multiple of 16", inputs={0: _zeros(2, 8, 5, 5), 1: _zeros(2, 8, 5, 5)}),
    Wrong("MaxPoolGradient", "expected less than the kernel", {"pads": [3, 1, 1, 1]}),
    Wrong("MaxPoolGradient", "expected less than the kernel", {"pads": [1, 1, 1, 3]}),
    Wrong("MaxPoolGradient", "a kernel of 9 does not fit into 7", {"kernel": [9, 3]}),
    Wrong("MaxPoolGradient", "expected 3 along axis 2", {"strides": [2, 1]}),
    Wrong("ConvWeightGradient", "a multiple of 16", inputs={1: _zeros(2, 8, 5, 5)}),
    Wrong("ConvWeightGradient", "a multiple of 16", {"plain": 1}, {0: _zeros(2, 24, 3, 3), 1: _zeros(2, 3, 5, 5)}),
    Wrong("ConvWeightGradient", "input `dy` has sizes [3, 32, 3, 3]", inputs={0: _zeros(3, 32, 3, 3)}),
    Wrong("ConvWeightGradient", "expected 3 along axis 2", inputs={0: _zeros(2, 32, 4, 3)}),
    Wrong("ConvWeightGradient", "expected 3 along axis 3", {"plain": 1}, {0: _zeros(2, 32, 3, 9)}),
    Wrong("ConvWeightGradient", "does not fit into", {"dilations": [1 << 24, 1]}),
    Wrong("ConvWeightGradient", "does not fit into", {"kernel": [1 << 24, 1 << 24], "dilations": [1 << 24, 1 << 24]}),
    Wrong("ConvInputGradient", "expected 4 along axis 2", {"size": [7, 5]}),
    Wrong("ConvInputGradient", "along axis 2", {"size": [1 << 28, 1 << 28]}),
    Wrong("ConvInputGradient", "input `dy` has sizes [2, 16, 3, 3]", inputs={0: _zeros(2, 16, 3, 3)}),
    Wrong("ConvInputGradient", "a multiple of 16", inputs={1: _zeros(32, 12, 3, 3)}),
    Wrong("ConvInputGradient", "a multiple of 16", inputs={0: _zeros(2, 24, 3, 3), 1: _zeros(24, 16, 3, 3)}),
    Wrong("ConvInputGradient", "does not fit into", inputs={1: _zeros(32, 16, 9, 3)}),
    Wrong("BatchNormalization", "a multiple of 16 places", {"plain": 1}),
    Wrong("BatchNormalizationGradient", "a multiple of 16 places", {"plain": 1}),
    Wrong("DepthwiseWeightGradient", "a multiple of 16", inputs={0: _zeros(2, 8, 3, 3), 1: _zeros(2, 8, 5, 5)}),
    Wrong("DepthwiseWeightGradient", "input `dy` has sizes [2, 32, 3, 3]", inputs={0: _zeros(2, 32, 3, 3)}),
    Wrong("DepthwiseWeightGradient", "input `dy` has sizes [3, 16, 3, 3]", inputs={0: _zeros(3, 16, 3, 3)}),
    Wrong("DepthwiseWeightGradient", "expected 3 along axis 2", inputs={0: _zeros(2, 16, 4, 3)}),
    Wrong("DepthwiseWeightGradient", "does not fit into", {"dilations": [1 << 24, 1]}),
    Wrong("DepthwiseInputGradient", "expected 4 along axis 2", {"size": [7, 5]}),
    Wrong("DepthwiseInputGradient", "along axis 2", {"size": [1 << 28, 1 << 28]}),
    Wrong("DepthwiseInputGradient", "input `w` has sizes [16, 2, 3, 3], expected [16, 1, 3, 3]",
          inputs={1: _zeros(16, 2, 3, 3)}),
    Wrong("DepthwiseInputGradient", "input `w` has sizes [32, 1, 3, 3]", inputs={1: _zeros(32, 1, 3, 3)}),
    Wrong("DepthwiseInputGradient", "a multiple of 16", inputs={0: _zeros(2, 24, 3, 3), 1: _zeros(24, 1, 3, 3)}),
    Wrong("DepthwiseInputGradient", "does not fit into", inputs={1: _zeros(16, 1, 9, 3)}),
    Wrong("BlockedWeights", "a multiple of 16", inputs={0: _zeros(24, 16, 3, 3)}),
    Wrong("BlockedWeights", "a multiple of 16", inputs={0: _zeros(16, 8, 3, 3)}),
    Wrong("BlockedWeights", "found 3 outputs, expected 1 or 2", outputs=("a", "b", "c")),
    Wrong("BlockedWeights", "output 1 is missing", outputs=("a", "")),
    Wrong("Attention", "a multiple of 3 x 5 along axis 2", {"heads": 5}),
    Wrong("Attention", "a multiple of 3 x 16777216", {"heads": 1 << 24}),
    *(Wrong("Attention", "expected three", inputs={0: _zeros(*sizes)}) for sizes in ((24,), (5, 24), (1, 1, 5, 24))),
    Wrong("Attention", "expected three, the last above zero", inputs={0: _zeros(2, 5, 0)}),
    Wrong("AttentionGradient", "expected three", inputs={1: _zeros(5, 24)}),
    Wrong("AttentionGradient", "input `dy` has sizes [2, 5, 24], expected [2, 5, 8]", inputs={0: _zeros(2, 5, 24)}),
    Wrong("AttentionGradient", "input `dy` has sizes [1, 5, 8]", inputs={0: _zeros(1, 5, 8)}),
    Wrong("AttentionGradient", "input `peaks` has sizes [2, 2, 4]", inputs={2: _zeros(2, 2, 4)}),
    Wrong("AttentionGradient", "input `totals` has sizes [20], expected [2, 2, 5]", inputs={3: _zeros(20)}),
    Wrong("AttentionGradient", "input `peaks` has sizes [2, 2, 5], expected [2, 4, 5]", {"heads": 4}),
    *(Wrong(f"LayerNormalization{which}", "expected two or more", inputs={at: _zeros(*sizes)})
      for at, which in enumerate(("", "Gradient")) for sizes in ((), (8,))),
    *(Wrong(f"LayerNormalization{which}", "expected the last above zero", inputs={at: _zeros(3, 5, 0)})
      for at, which in enumerate(("", "Gradient"))),
    Wrong("LayerNormalization", "input `scale` has sizes [5], expected [8]", inputs={1: _zeros(5)}),
    Wrong("LayerNormalization", "input `bias` has sizes [1, 8], expected [8]", inputs={2: _zeros(1, 8)}),
    Wrong("LayerNormalizationGradient", "input `dy` has sizes [3, 4, 8]", inputs={0: _zeros(3, 4, 8)}),
    Wrong("LayerNormalizationGradient", "input `scale` has sizes [], expected [8]", inputs={2: _zeros()}),
    Wrong("LayerNormalizationGradient", "input `mean` has sizes [3, 5], expected [3, 5, 1]", inputs={3: _zeros(3, 5)}),
    Wrong("LayerNormalizationGradient", "input `inverse` has sizes [3, 5, 8]", inputs={4: _zeros(3, 5, 8)}),
    *(Wrong(f"{op}{which}", f"expected [{gates} x H, H]", inputs={at: _zeros(*sizes)})
      for op, gates, places in (("LSTM", 4, (1, 3)), ("GRU", 3, (1, 2)), ("RNN", 1, (1, 2)))
      for which, at in zip(("", "Gradient"), places, strict=True)
      for sizes in ((gates * 5,), (gates * 5, 5, 1), (gates * 5 + 1, 5), (5, gates * 5 + 1), (gates, 0), ())),
    *(Wrong(op, f"expected [T, N, {parts} x 5]", inputs={at: _zeros(*sizes)})
      for op, at, parts in (("LSTM", 0, 4), ("LSTMGradient", 4, 4), ("GRU", 0, 3), ("GRUGradient", 3, 4), ("RNN", 0, 1),
                            ("RNNGradient", 3, 1))
      for sizes in ((parts * 5,), (2, parts * 5), (3, 2, parts * 5 + 1), (3, 2, 0), (3, 2, parts * 5, 1))),
    *(Wrong(op, f"input `{name}` has sizes", inputs={at: _zeros(*sizes)})
      for op, at, name in (("LSTM", 2, "bias"), ("GRU", 2, "input_bias"), ("GRU", 3, "bias"), ("RNN", 2, "bias"))
      for sizes in ((), (1,), (5, 1), (7,))),
    *(Wrong(op, "expected [2, 5] or one number", inputs={at: _zeros(*sizes)})
      for op, places in (("LSTM", (3, 4)), ("LSTMGradient", (1, 2, 6)), ("GRU", (4,)), ("GRUGradient", (1,)),
                         ("RNN", (3,)), ("RNNGradient", (1,)))
      for at in places for sizes in ((5,), (1, 5), (2, 4), (2, 5, 1), (0, 5))),
    *(Wrong(op, "expected [3, 2, 5] or one number", inputs={0: _zeros(*sizes)})
      for op in ("LSTMGradient", "GRUGradient", "RNNGradient") for sizes in ((2, 5), (1, 2, 5), (3, 2, 6), (3, 0, 5))),
    Wrong("LSTMGradient", "input `cells` has sizes [3, 2, 4], expected [3, 2, 5]", inputs={5: _zeros(3, 2, 4)}),
    Wrong("LSTMGradient", "input `cells` has sizes [], expected [3, 2, 5]", inputs={5: _zeros()}),
    Wrong("GRUGradient", "input `before` has sizes [2, 2, 5], expected [3, 2, 5]", inputs={4: _zeros(2, 2, 5)}),
    Wrong("Elementwise", "output 0 is missing", outputs=("", "z")),
    *(Wrong("Elementwise", f"attribute `{name}`", {name: None}) for name in ("steps", "results", "constants")),
    Wrong("Elementwise", "three a step", {"steps": [0, 0]}),
    Wrong("Elementwise", "three a step", {"steps": [0, 0, 1, 0]}),
    Wrong("Elementwise", "at most 64 steps", {"steps": [0, 0, 1] * 65}),
    Wrong("Elementwise", "expected at most 64", {"steps": [0, 0, 1] * 61}),
    Wrong("Elementwise", "expected at most 64", {"constants": [0.5] * 100}),
    Wrong("Elementwise", "expected at most 64", {"constants": [0.5] * 62}),
    Wrong("Elementwise", "expected 1 to 64", count=90),
    Wrong("Elementwise", "operation 14", {"steps": [14, 0, 1, 0, 0, 1]}),
    Wrong("Elementwise", "operation -1", {"steps": [-1, 0, 1, 0, 0, 1]}),
    Wrong("Elementwise", f"operation {1 << 62}", {"steps": [1 << 62, 0, 1, 0, 0, 1]}),
    *(Wrong("Elementwise", f"step 1 reads register {at}", {"steps": [0, 0, 1, 9, 0, at]})
      for at in (5, 6, 63, 64, 10**6, -1, -(1 << 63), (1 << 63) - 1)),
    Wrong("Elementwise", "step 0 reads register 4", {"steps": [9, 4, 0, 0, 0, 1]}),
    *(Wrong("Elementwise", f"`results` names register {at}", {"results": [5, at]})
      for at in (6, 63, 64, 10**6, -1, -(1 << 63))),
    Wrong("Elementwise", "expected one for each of the 2 outputs", {"results": [5]}),
    Wrong("Elementwise", "expected one for each of the 2 outputs", {"results": [5, 4, 3]}),
    Wrong("Elementwise", "expected one shape", inputs={1: _zeros(8, 4)}),
    Wrong("Elementwise", "expected one shape", inputs={1: _zeros(8)}),
    Wrong("Elementwise", "expected one shape", inputs={1: _zeros(32)}),
    Wrong("Elementwise", "expected one shape", inputs={0: _zeros(4, 9)}),
    Wrong("Elementwise", "expected one shape", inputs={2: _zeros(0)}),
    Wrong("Elementwise", "", inputs={2: _zeros(4, 8).astype(np.int64)}),
]  # fmt: skip
"""`says` is part of what is said; where it is empty ONNX Runtime refuses the node before it asks the operator."""


def main(library: str) -> None:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.register_custom_ops_library(library)
    for number, wrong in enumerate(WRONG):
        node, said = wrong.node(), None
        try:
            onnxruntime.InferenceSession(node.model(), options, providers=["CPUExecutionProvider"]).run(
                None, node.feeds
            )
        except Exception as error:  # ONNX Runtime has a class of exception for each way a node can be wrong
            said = str(error)
        print(json.dumps([number, said]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
