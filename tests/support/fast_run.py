"""One operator of `netc[fast]` in a session of its own, and how near to float64 it comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sessions import session_of

from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.targets.fast import (
    operators as operators,  # makes them known
    recurrent_operators as recurrent_operators,
)

Array = np.ndarray[Any, Any]


def run(op: str, feeds: Sequence[Array], threads: int = 2, **attributes: Any) -> list[Array]:
    """What the operator makes of these arrays, as float32."""
    graph = Graph("one", [Value(f"x{i}", DType.FLOAT32, feed.shape) for i, feed in enumerate(feeds)])
    made = Builder(graph).add(op, graph.inputs, attributes)
    graph.outputs = {f"y{i}": value for i, value in enumerate(made)}
    session = session_of(emit(graph).SerializeToString(), threads=threads)
    given = {f"x{i}": feed.astype(np.float32) for i, feed in enumerate(feeds)}
    return [np.asarray(array) for array in session.run(None, given)]


def assert_close(found: Array, expected: Any, tolerance: float = 3e-6) -> None:
    """Equal up to a part of the largest number."""
    wanted = expected.detach().numpy()
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * max(float(np.abs(wanted).max()), 1e-30))


def double(x: Array) -> Any:
    """The numbers as float32 has them, in PyTorch's float64."""
    import torch

    return torch.tensor(x.astype(np.float32)).double().requires_grad_(True)
