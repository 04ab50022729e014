"""Running the statements of braces, each by its kind."""

from __future__ import annotations

from netc.compiler.elaborate import binds, control, expects, outputs
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.values import POISON
from netc.grammar import ast


def run_body(frame: Frame, body: ast.Body) -> None:
    """Run statements one after the other."""
    for statement in body.statements:
        _run_one(frame, statement)


def _run_one(frame: Frame, statement: ast.Statement) -> None:
    """Run one statement; in a merge, note control that gives no branch."""
    before, errors = len(frame.branches or ()), frame.report.errors
    _run(frame, statement)
    if frame.branches is not None and isinstance(statement, (ast.If, ast.For, ast.Repeat)):
        if frame.report.errors > errors and len(frame.branches) == before:
            frame.branches.append(POISON)  # what it would have given is not known
        given = len(frame.branches) > before
        frame.idle = [inner for inner in frame.idle if not statement.span.covers(inner.span)]
        frame.idle += [] if given else [_innermost(statement)]


def _innermost(statement: ast.If | ast.For | ast.Repeat) -> ast.If | ast.For | ast.Repeat:
    """Of a chain of `else if` the last, where an `else` would stand."""
    while isinstance(statement, ast.If) and statement.otherwise is not None:
        match statement.otherwise.statements:
            case (ast.If() as following,):
                statement = following
            case _:
                break
    return statement


def _run(frame: Frame, statement: ast.Statement) -> None:
    match statement:
        case ast.Flow() | ast.Bind() if frame.branches is not None:
            binds.run_branch(frame, statement)
        case ast.Flow() | ast.Bind():
            binds.run_flow_or_bind(frame, statement)
        case ast.If():
            control.run_if(frame, statement)
        case ast.For():
            control.run_for(frame, statement)
        case ast.Repeat():
            control.run_repeat(frame, statement)
        case ast.TrainOnly():
            control.run_train_only(frame, statement)
        case ast.Frozen():
            control.run_frozen(frame, statement)
        case ast.Expect():
            expects.run(frame, statement)
        case ast.Input():
            frame.error("E216", "`input` is a net's first statement", statement.span,
                        help="declare all inputs at the top of the net: `input a: 3x32x32, b: 10`")  # fmt: skip
        case ast.Output():
            outputs.run_output(frame, statement)
        case ast.Step():
            frame.error("E216", "`step` stands in a `train` section", statement.span, help="move it there")
