"""Small networks that together use every stage of the pipeline, and what they are compiled for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from netc.compiler import Net, Options, load
from netc.compiler.artifact import Kind
from netc.compiler.build import network
from netc.compiler.ir import DType, Graph
from netc.compiler.pipeline import Context, run
from netc.compiler.probes import Energy, probed
from netc.compiler.targets import TARGETS
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.scorer import scorer
from netc.compiler.training.step import backward_step, gradient_step, training_step, update_step

EXAMPLES = Path(__file__).parents[2] / "examples"
NETS = {
    "many": """
net Many {
  input image: 3x13x12
  conv(16, 3x3, pad=same, stride=2, bias=false) -> batchnorm -> relu
  left = conv(16, 3x3, pad=same, groups=2, act=tanh)
  conv(16, 3x3, pad=2, dilation=2) -> relu
  add(left) -> maxpool(3x3, stride=2, pad=1) -> conv(32, 1x1) -> relu -> avgpool(2x2) -> flatten
  logits = dense(5)
}
train Many { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.1); batch = 6 }
""",
    "deep": """
block unit { conv(16, 3x3, pad=1, bias=false) -> batchnorm -> relu }
net Deep {
  input image: 3x16x16
  unit
  repeat 2 {
    add {
      identity
      unit -> conv(16, 1x1) -> batchnorm
    }
    leaky_relu(0.1)
  }
  maxpool(2x2) -> dropout(0.25) -> conv(8, 2x2, stride=2) -> sigmoid -> global_avgpool
  logits = dense(5)
}
train Deep {
  loss = cross_entropy(logits, label)
  optimizer = adamw(lr=0.05)
  metrics = [accuracy]
  clip_norm = 1.0
  batch = 6
}
""",
    "branches": """
net Branches {
  input image: 16x9x9
  a = image -> conv(16, 1x1, act=relu)
  b = image -> conv(16, 3x3, pad=same, act=relu) -> conv(32, 5x5, pad=same)
  c = image -> maxpool(3x3, stride=1, pad=1) -> conv(16, 1x1, stride=2)
  d = a -> concat(b) -> avgpool(3x3, stride=2, pad=1)
  c -> concat(d) -> transpose([1, 2, 0]) -> reshape([25, 64]) -> softmax -> flatten
  logits = dense(5)
}
train Branches { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.1, momentum=0.9, nesterov=true); batch = 6 }
""",
    "wide": """
net Wide {
  input image: 1100
  dense(1100, act=relu) -> dropout(0.5)
  logits = dense(5)
}
train Wide { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.01, momentum=0.9); batch = 6 }
""",
    "open": """
net Open {
  input image: [3, H, W]
  expect H % 4 == 0
  conv(4, 3x3, pad=same, act=relu) -> maxpool(2x2) -> global_avgpool
  logits = dense(5)
}
train Open { loss = cross_entropy(logits, label); optimizer = adam(lr=0.01); batch = 6 }
""",
    "attending": """
net Attending {
  input image: 8x4x4
  flatten(from=1) -> transpose
  add { identity; { layernorm -> attention(2, causal=true) } }
  layernorm -> dense(8, act=gelu) -> layernorm(from=0) -> gru(8) -> mean(axis=0)
  logits = dense(5)
}
train Attending { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.1); batch = 6 }
""",
    "steps": """
net Steps {
  input frames: [4, 3, 8, 8]
  seen = frames -> scan {
    conv(16, 3x3, pad=same) -> relu -> maxpool(2x2) -> conv(16, 1x1) -> batchnorm -> global_avgpool
    dropout(0.2)
  }
  read = scan(h = zeros([6]), unread = zeros([6])) {
    h = [in, prev h] -> concat -> dense(6, act=tanh)
    unread = prev unread + h
    h
  }
  back = scan(h = read.h, reverse=true) {
    inner = read -> scan(k = prev h) { k = [in, prev k] -> concat -> dense(6, act=tanh) -> dropout(0.1) }
    h = inner.k + in * 0.5
  }
  half = ones([]) / 2
  logits = back.h * half -> dense(5)
}
train Steps { loss = cross_entropy(logits, label); optimizer = adam(lr=0.01); clip_norm = 1.0; batch = 6 }
""",
}


@dataclass(frozen=True)
class Case:
    """A network and what it is compiled for."""

    net: str
    context: Context

    def __str__(self) -> str:
        options = self.context.options
        words = (self.net, self.context.kind, self.context.target, options.precision, options.memory)
        return "-".join(word for word in words if word not in ("float32", "normal"))


@cache
def net_of(name: str) -> Net:
    """A network of the corpus, or an example of the lecture."""
    if name not in NETS:
        return load(str(EXAMPLES / "lecture" / f"{name}.net"))
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.net"
        file.write_text(NETS[name], "utf-8")
        return load(str(file))


def probe_of(net: Net) -> Assembly:
    """The energy of the net's first output, and its gradient for what the output depends on."""
    path = next(path for path, value in net.values.items() if value in net.outputs.values())
    floats = [value.name for value in net.inputs if value.dtype is DType.FLOAT32]
    return probed(net, [Energy(path)], floats)


def finished(case: Case) -> Graph:
    """The graph of a case as it is emitted."""
    net, context = net_of(case.net), case.context
    plan = net.plan()
    assemblies: dict[str, Any] = {
        "infer": lambda: network(net),
        "train": lambda: training_step(net, plan, plan.only, context.options.precision),
        "backward": lambda: backward_step(net, plan, plan.only, context.options.precision),
        "update": lambda: update_step(net, plan, plan.only, context.options.precision),
        "gradient": lambda: gradient_step(net, plan, context.options.precision),
        "probe": lambda: probe_of(net),
        "score": lambda: scorer(net, plan)[0],
    }
    return run(assemblies[context.kind]().graph, context)


def corpus() -> list[Case]:
    """Every network for every kind; every target; every precision and memory."""
    names = ["digits", *NETS]
    contexts = [(name, Context(kind, batch=6)) for name in names for kind in get_args(Kind)]
    contexts += [
        (name, Context("train", target)) for name in ("many", "branches", "deep", "steps") for target in TARGETS
    ]
    contexts.append(("attending", Context("train", "fast")))
    contexts += [("deep", Context(kind, target)) for kind in ("infer", "gradient") for target in TARGETS]  # type: ignore[arg-type]
    for precision in ("mixed", "bfloat16"):
        for target in ("std", "cuda"):
            low = Options(precision=precision)  # type: ignore[arg-type]
            contexts += [(name, Context("train", target, low, 6)) for name in ("deep", "steps")]
    contexts += [("deep", Context("train", target, Options(memory="low"), 6)) for target in ("std", "cpu", "fast")]
    return [Case(*found) for found in contexts]
