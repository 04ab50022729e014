"""Passes, text in and text out."""

from __future__ import annotations

import pytest

from netc.compiler.ir.text import to_text
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.passes import inference_mode, invariants, narrow_scans, summed_products
from netc.compiler.passes.common_subexpressions import common_subexpressions
from netc.compiler.passes.constant_folding import constant_folding
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.identities import identities

HEAD = "graph g\nsymbol N\ninput %x: float32[N, 4]\n"
CASES = {
    "dead code goes, sources stay": (
        dead_code,
        """
parameter %w: float32[4]
%a = Neg(%x) : float32[N, 4]
%b = Exp(%a) : float32[N, 4]
%c = Tanh(%x) : float32[N, 4] @layer "a.net":3:1-3:9
output y = %c
""",
        """
parameter %w: float32[4]
%c = Tanh(%x) : float32[N, 4] @layer "a.net":3:1-3:9
output y = %c
""",
    ),
    "the first of two equal nodes stays, with its line": (
        common_subexpressions,
        """
%a = Tanh(%x) : float32[N, 4] @left "a.net":3:1-3:9
%b = Tanh(%x) : float32[N, 4] @right "a.net":4:1-4:9
%c = Exp(%b) : float32[N, 4] @right "a.net":5:1-5:9
%d = Exp(%a) : float32[N, 4] @left "a.net":6:1-6:9
output y = %c
output z = %d
""",
        """
%a = Tanh(%x) : float32[N, 4] @left "a.net":3:1-3:9
%c = Exp(%a) : float32[N, 4] @right "a.net":5:1-5:9
output y = %c
output z = %c
""",
    ),
    "other attributes, other nodes": (
        common_subexpressions,
        """
%a = ReduceSum(%x) axes=(0,) keepdims=false : float32[4]
%b = ReduceSum(%x) axes=(0,) keepdims=true : float32[1, 4]
output y = %a
output z = %b
""",
        None,
    ),
    "an identity at the end": (
        identities,
        """
%a = Tanh(%x) : float32[N, 4]
%b = Identity(%a) : float32[N, 4]
output y = %b
""",
        """
%a = Tanh(%x) : float32[N, 4]
output y = %a
""",
    ),
    "two reshapes are one": (
        identities,
        """
%a = Reshape(%x) shape=(N, 2, 2) : float32[N, 2, 2] @flatten1
%b = Reshape(%a) shape=(N, 4, 1) : float32[N, 4, 1] @reshape1
output y = %b
""",
        """
%a = Reshape(%x) shape=(N, 2, 2) : float32[N, 2, 2] @flatten1
%reshape1.Reshape_3 = Reshape(%x) shape=(N, 4, 1) : float32[N, 4, 1] @reshape1
output y = %reshape1.Reshape_3
""",
    ),
    "what isn't constant doesn't fold": (
        constant_folding,
        """
%a = ReduceSum(%x) axes=(0, 1) keepdims=false : float32[]
%b = Sqrt(%a) : float32[]
output y = %b
""",
        None,
    ),
    "dropout passes on": (
        inference_mode,
        """
%a = Dropout(%x) rate=0.25 : float32[N, 4] @dropout1 "a.net":3:1-3:9
%b = Tanh(%a) : float32[N, 4]
output y = %b
output z = %a
""",
        """
%b = Tanh(%x) : float32[N, 4]
output y = %b
output z = %x
""",
    ),
    "a scan loses a state and a result that nobody reads, and what is there twice": (
        narrow_scans,
        """
input %s: float32[3, N, 4]
%h, %c, %ys, %again, %sums = Scan(%x, %x, %s, %s) body=graph carried=2 sequences=2 reverse=true saved=0 backward=none \
: float32[N, 4], float32[N, 4], float32[3, N, 4], float32[3, N, 4], float32[3, N, 4]
  graph step
  input %h0: float32[N, 4]
  input %c0: float32[N, 4]
  input %s0: float32[N, 4]
  input %s1: float32[N, 4]
  %a = Add(%h0, %s0) : float32[N, 4]
  %b = Mul(%a, %s1) : float32[N, 4]
  %d = Add(%c0, %b) : float32[N, 4]
  output h = %b
  output c = %d
  output y = %b
  output again = %b
  output sum = %d
  end
%e = Add(%ys, %again) : float32[3, N, 4]
output y = %e
""",
        """
input %s: float32[3, N, 4]
%Scan_3.0, %Scan_3.1 = Scan(%x, %s) body=graph carried=1 sequences=1 reverse=true saved=0 backward=none \
: float32[N, 4], float32[3, N, 4]
  graph step
  input %h0: float32[N, 4]
  input %s0: float32[N, 4]
  %a = Add(%h0, %s0) : float32[N, 4]
  %b = Mul(%a, %s0) : float32[N, 4]
  output h = %b
  output y = %b
  end
%e = Add(%Scan_3.1, %Scan_3.1) : float32[3, N, 4]
output y = %e
""",
    ),
    "products that a scan adds up become one of what they multiplied": (
        summed_products,
        """
input %s: float32[3, N, 4]
input %w: float32[4, 4]
%zero = Constant() value=float32[](0.0,) : float32[]
%start = Expand(%zero) shape=(4,) : float32[4]
%dw, %db, %ys = Scan(%w, %start, %s) body=graph carried=2 sequences=1 reverse=false saved=0 backward=none \
: float32[4, 4], float32[4], float32[3, N, 4]
  graph step
  input %dw0: float32[4, 4]
  input %db0: float32[4]
  input %x: float32[N, 4]
  %y = Tanh(%x) : float32[N, 4]
  %t = Transpose(%x) axes=(1, 0) : float32[4, N]
  %p = MatMul(%t, %y) : float32[4, 4]
  %dw1 = Add(%dw0, %p) : float32[4, 4]
  %r = ReduceSum(%y) axes=(0,) keepdims=false : float32[4]
  %db1 = Add(%r, %db0) : float32[4]
  output dw = %dw1
  output db = %db1
  output y = %y
  end
output dw = %dw
output db = %db
output y = %ys
""",
        """
input %s: float32[3, N, 4]
input %w: float32[4, 4]
%zero = Constant() value=float32[](0.0,) : float32[]
%start = Expand(%zero) shape=(4,) : float32[4]
%Scan_4 = Scan(%s) body=graph carried=0 sequences=1 reverse=false saved=0 backward=none : float32[3, N, 4]
  graph step
  input %x: float32[N, 4]
  %y = Tanh(%x) : float32[N, 4]
  output y = %y
  end
%Reshape_5 = Reshape(%s) shape=(3*N, 4) : float32[3*N, 4]
%Reshape_6 = Reshape(%Scan_4) shape=(3*N, 4) : float32[3*N, 4]
%Transpose_7 = Transpose(%Reshape_5) axes=(1, 0) : float32[4, 3*N]
%MatMul_8 = MatMul(%Transpose_7, %Reshape_6) : float32[4, 4]
%Add_9 = Add(%w, %MatMul_8) : float32[4, 4]
%ReduceSum_10 = ReduceSum(%Scan_4) axes=(0, 1) keepdims=false : float32[4]
output dw = %Add_9
output db = %ReduceSum_10
output y = %Scan_4
""",
    ),
    "what is the same in every run moves out, literals stay": (
        invariants,
        """
input %s: float32[3, N, 4]
%ys = Scan(%s, %x) body=graph carried=0 sequences=1 reverse=false saved=0 backward=none : float32[3, N, 4]
  graph step
  input %s0: float32[N, 4]
  input %w: float32[N, 4]
  %two = Constant() value=float32[](2.0,) : float32[]
  %a = Mul(%w, %two) : float32[N, 4] @layer
  %b = Mul(%s0, %two) : float32[N, 4]
  %c = Add(%a, %b) : float32[N, 4]
  output y = %c
  end
output y = %ys
""",
        """
input %s: float32[3, N, 4]
%layer.Constant_2 = Constant() value=float32[](2.0,) : float32[] @layer
%layer.Mul_3 = Mul(%x, %layer.Constant_2) : float32[N, 4] @layer
%Scan_4 = Scan(%s, %layer.Mul_3) body=graph carried=0 sequences=1 reverse=false saved=0 backward=none : float32[3, N, 4]
  graph step
  input %s0: float32[N, 4]
  input %a: float32[N, 4] @layer
  %two = Constant() value=float32[](2.0,) : float32[]
  %b = Mul(%s0, %two) : float32[N, 4]
  %c = Add(%a, %b) : float32[N, 4]
  output y = %c
  end
output y = %Scan_4
""",
    ),
    "equal scans are computed once, whatever things are called in them": (
        common_subexpressions,
        """
input %s: float32[3, N, 4]
%a = Scan(%s) body=graph carried=0 sequences=1 reverse=false saved=0 backward=none : float32[3, N, 4]
  graph one
  input %x: float32[N, 4]
  %y = Tanh(%x) : float32[N, 4]
  output y = %y
  end
%b = Scan(%s) body=graph carried=0 sequences=1 reverse=false saved=0 backward=none : float32[3, N, 4]
  graph two
  input %p: float32[N, 4]
  %q = Tanh(%p) : float32[N, 4]
  output q = %q
  end
%c = Scan(%s) body=graph carried=0 sequences=1 reverse=false saved=0 backward=none : float32[3, N, 4]
  graph three
  input %p: float32[N, 4]
  %q = Exp(%p) : float32[N, 4]
  output q = %q
  end
output a = %a
output b = %b
output c = %c
""",
        """
input %s: float32[3, N, 4]
%a = Scan(%s) body=graph carried=0 sequences=1 reverse=false saved=0 backward=none : float32[3, N, 4]
  graph one
  input %x: float32[N, 4]
  %y = Tanh(%x) : float32[N, 4]
  output y = %y
  end
%c = Scan(%s) body=graph carried=0 sequences=1 reverse=false saved=0 backward=none : float32[3, N, 4]
  graph three
  input %p: float32[N, 4]
  %q = Exp(%p) : float32[N, 4]
  output q = %q
  end
output a = %a
output b = %a
output c = %c
""",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_pass_on_a_small_graph(case: str) -> None:
    rewrite, before, after = CASES[case]
    graph = from_text(HEAD + before.lstrip())
    result = rewrite(graph)
    verify(result)
    assert to_text(result) == HEAD + (after or before).lstrip()
    assert to_text(graph) == HEAD + before.lstrip(), "the graph that was given must stay as it is"
