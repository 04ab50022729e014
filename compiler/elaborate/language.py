"""Which file does what to which kind of text. They reach each other through this table alone, never by import."""

from __future__ import annotations

from netc.compiler.elaborate.apply import apply
from netc.compiler.elaborate.expressions import evaluate
from netc.compiler.elaborate.flows import inner_flow
from netc.compiler.elaborate.frame import Language
from netc.compiler.elaborate.statements import run_body

LANGUAGE = Language(evaluate=evaluate, chain=inner_flow, apply=apply, run=run_body)
