"""Calls of optimizers, as their samples and errors write them, in a file of the language."""

from __future__ import annotations

from netc.compiler import check
from netc.compiler.check import CheckResult
from netc.compiler.declare.samples import Call
from netc.compiler.optimizers.base import Optimizer

FILE = """\
net A {{
  input x: 4
  y = dense(2)
}}
train A {{
  loss = cross_entropy(y, label)
  optimizer = {call}
}}
"""
LINE = 7
"""Where the call stands in the file."""


def checked(call: Call) -> CheckResult:
    """What is found in a file with the call."""
    return check("a.net", FILE.format(call=call))


def made_of(call: Call) -> Optimizer:
    """The optimizer that the call makes."""
    result = checked(call)
    assert result.diagnostics == []
    return result.nets[0].plans[0].only.optimizer
