"""L802: a training step that doesn't fit into this machine."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.facts.count import memory
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.machine import memory_bytes
from netc.compiler.lint.sections import Section, sections
from netc.grammar.counted import binary_size, counted
from netc.grammar.diagnostics import Diagnostic


@rule("L802")
def memory_beyond_machine(subject: Subject) -> Iterator[Diagnostic]:
    """A training step needs more memory than this machine has.

    ## What it does
    With the data at hand, which is to say where a training is meant to run, compares the memory of a step, as
    `netc summary` estimates it, with the machine's. What another machine may take is a budget, as
    `memory(batch=32) <= 8GiB`, which [L008](#l008-over-budget) compares with.

    ## Why is this bad
    The system ends the process in the first step, or moves memory to the disk and takes minutes for it. Most of the
    memory is activations, which grow with the batch: smaller batches whose gradients are added up are the same
    training.

    ## Example
    ```json
    {"card": {"parts": [{"name": "train", "rows": 50000000}]}}
    ```
    ```
    net Wide {
      input image: 3x512x512
      conv(64, 3x3, pad=same, act=relu)
      global_avgpool
      logits = dense(10)
    }
    train Wide {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
      batch     = 1048576
    }
    ```

    ## Use instead
    ```json
    {"card": {"parts": [{"name": "train", "rows": 50000000}]}}
    ```
    ```
    net Wide {
      input image: 3x512x512
      conv(64, 3x3, pad=same, act=relu)
      global_avgpool
      logits = dense(10)
    }
    train Wide {
      loss       = cross_entropy(logits, label)
      optimizer  = adam(lr=1e-3)
      batch      = 8
      accumulate = 32
    }
    ```
    """
    available = memory_bytes()
    for section in sections(subject) if available is not None else ():
        if section.card is None or available is None:
            continue
        needed = memory(section.net, section.plan.batch).total
        if isinstance(needed, int) and needed > available:
            yield warning(
                f"a step needs {binary_size(needed)} of memory, and this machine has {binary_size(available)}",
                section.place("batch"),
                f"for {counted(section.plan.batch, 'example')}",
                help=_way_out(section, available),
            )


def _way_out(section: Section, available: int) -> str:
    """The largest batch that leaves a quarter of the memory free, and how many of them are the same update."""
    one, two = (memory(section.net, batch).total for batch in (1, 2))
    if isinstance(one, int) and isinstance(two, int) and two > one:
        fitting = int((0.75 * available - one) // (two - one)) + 1
        if fitting >= 1:
            batch = 2 ** (min(fitting, section.plan.batch).bit_length() - 1)
            but = ", but for batch norm" if any(layer.word == "batchnorm" for layer in section.net.layers) else ""
            times = -(-section.plan.rows // batch)
            return f"write `batch = {batch}` with `accumulate = {times}`: the same updates{but}"
    return "a single example is too large: make the network or its input smaller"
