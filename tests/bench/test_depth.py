"""The section on depth: which networks it takes, and its table on fixed figures."""

from __future__ import annotations

from pathlib import Path

from bench.depth import table, variants
from bench.nets import NETS, QUICK
from bench.ours import targets
from bench.store import Results

FAST = next((target for target in targets() if target.startswith("fast")), None)


def test_rows() -> None:
    assert [row for row in variants(QUICK) if row[0] != "CIFAR ResNet-20"] == []
    last = f"depth 1001 {FAST}" if FAST else "depth 1001"
    assert variants(NETS)[-1] == ("pre-activation ResNet-1001", last)
    assert variants(NETS[:1]) == []


def test_the_table_divides_by_the_depth(tmp_path: Path) -> None:
    row = {"net": "CIFAR ResNet-20", "depth": 50, "batch": 32, "nodes": 3000, "ports": 400, "target": "cpu"}
    lines = table({"x": {**row, "compile_s": 0.5, "load_s": 0.25, "step_s": 0.1}}, Results("fixed", tmp_path))
    assert lines[-1] == (
        "| CIFAR ResNet-50 (32) | cpu | 3,000 | 400 | 0.5 s | 0.2 s | 100 ms | 60 | 10.0 ms | 5.0 ms | 2.0 ms |"
    )
