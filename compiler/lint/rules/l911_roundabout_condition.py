"""L911: a condition in more words than it needs."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import parts, source
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Edit, Fix

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@rule("L911", fix="safe")
def roundabout_condition(subject: Subject) -> Iterator[Diagnostic]:
    """A condition compares with `true` or `false`, or negates a comparison.

    ## What it does
    Finds `deep == true` and `deep != false` for arguments that are true or false by their default, and
    `not a == b`, which is `a != b`.

    ## Why is this bad
    A name that is true or false is a condition already. A negated comparison is read twice.

    ## Example
    ```
    net Small(deep = false) {
      input image: 1x28x28
      if deep == true { conv(8, 3x3, act=relu) }
      flatten
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Small(deep = false) {
      input image: 1x28x28
      if deep { conv(8, 3x3, act=relu) }
      flatten
      logits = dense(10)
    }
    ```
    """
    for part in parts(subject):
        truths = {
            parameter.name
            for parameter in part.item.parameters
            if isinstance(parameter.default, ast.Constant) and isinstance(parameter.default.value, bool)
        }
        for node in (*part.all(ast.Binary), *part.all(ast.Unary)):
            shorter = _shorter(subject, node, truths)
            if shorter is not None:
                yield warning(
                    f"this says `{shorter}`",
                    node.span,
                    help=f"write `{shorter}`",
                    fix=Fix(f"write `{shorter}`", (Edit(node.span, shorter),)),
                )


def _shorter(subject: Subject, node: ast.Syntax, truths: set[str]) -> str | None:
    text = source(subject)
    match node:
        case ast.Binary(operator="==" | "!=" as sign, left=ast.Name(id=name), right=ast.Constant(value=bool(value))):
            if name in truths:
                return name if (sign == "==") == value else f"not {name}"
        case ast.Unary(operator="not", operand=ast.Binary(operator=sign) as compared) if sign in OPPOSITE:
            left, right = text.between(compared.left.span), text.between(compared.right.span)
            plain = text.between(node.span).replace(" ", "") in (f"not{left}{sign}{right}".replace(" ", ""),)
            return f"{left} {OPPOSITE[sign]} {right}" if plain else None
    return None
