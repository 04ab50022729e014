"""Copies made by position name every field of what they copy: one that is new would be its default, without a word."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields

import pytest

from netc.compiler.applications import Application, LayerInstance
from netc.compiler.declare import parameter
from netc.compiler.declare.parameter import Parameter
from netc.compiler.elaborate import copying


@pytest.mark.parametrize(
    ("module", "made", "places"), [(copying, LayerInstance, 1), (copying, Application, 1), (parameter, Parameter, 1)]
)
def test_every_field_is_given(module: object, made: type, places: int) -> None:
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == made.__name__
    ]
    assert len(calls) == places
    for call in calls:
        assert len(call.args) + len(call.keywords) == len(fields(made))  # type: ignore[arg-type]


def test_a_parameter_by_another_name_keeps_the_rest() -> None:
    values = {field.name: object() for field in fields(Parameter)}
    made = Parameter(**values).named("other", "value", "drawn")  # type: ignore[arg-type]
    wanted = {**values, "name": "other", "value": "value", "drawn_as": "drawn"}
    assert {field.name: getattr(made, field.name) for field in fields(Parameter)} == wanted
