"""Names that nothing reads, found in the text: blocks, parameters, static binds. Values are net.py's business."""

from __future__ import annotations

from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.report import Report
from netc.grammar import ast


def warn_unused(module: Module, report: Report) -> None:
    """Warn about what the file defines and never mentions again.

    A file without nets is a library: its blocks are used elsewhere.
    """
    for item in module.file.items:
        if isinstance(item, (ast.Block, ast.Net)):
            mentioned = module.names_in(item).union(*map(module.names_in, _train_sections(module, item)))
            for parameter in item.parameters:
                if parameter.name not in mentioned:
                    report.warning("L006", f"nothing uses the parameter `{parameter.name}` of `{item.name}`",
                                   parameter.span, help="use it, or remove it")  # fmt: skip
    if not module.nets:
        return
    trained = {item.net for item in module.file.items if isinstance(item, ast.Train)}
    for item in module.file.items:
        if isinstance(item, ast.Block) and not module.mentions(item.name):
            report.warning("L006", f"nothing uses the block `{item.name}`", item.name_span, help="use it, or remove it")
        elif isinstance(item, ast.Bind):
            for target in item.targets:
                if not module.mentions(target.id):
                    report.warning("L006", f"nothing uses `{target.id}`", target.span, help="use it, or remove it")
        elif isinstance(item, ast.Use):
            for used in item.names:
                if not module.mentions(used.alias) and used.alias not in trained:
                    report.warning("L006", f"nothing uses `{used.alias}`", used.span, help="use it, or remove it")


def _train_sections(module: Module, item: ast.Block | ast.Net) -> list[ast.Train]:
    """The train sections of a net, which read its parameters too."""
    return [section for section in module.trains if isinstance(item, ast.Net) and section.net == item.name]
