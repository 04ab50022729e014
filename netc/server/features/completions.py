"""Completion: what may stand at a place."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.completion import Item, completion
from netc.server.fields import fields_of
from netc.server.session import Session

KIND = types.CompletionItemKind
KINDS = {
    "keyword": KIND.Keyword, "layer": KIND.Function, "block": KIND.Method, "net": KIND.Class, "value": KIND.Variable,
    "static": KIND.Constant, "argument": KIND.Property, "word": KIND.EnumMember, "setting": KIND.Property,
    "declaration": KIND.Function, "attribute": KIND.Field, "module": KIND.Module, "path": KIND.File,
    "field": KIND.Field, "function": KIND.Operator,
}  # fmt: skip


def register(server: LanguageServer, session: Session) -> None:
    """Answer completions."""
    options = types.CompletionOptions(trigger_characters=[".", "(", ",", "=", ">", '"', "[", " "])

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, options)
    async def answer(params: types.CompletionParams) -> types.CompletionList:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return types.CompletionList(False, [])
        document = opened.document
        positions = session.documents.positions(document.source)
        line, column = positions.place(params.position)
        typed = document.source.line(line)[: column - 1]
        if (
            params.context is not None
            and params.context.trigger_character == " "
            and not typed.rstrip().endswith(("=", "->", ","))
        ):
            return types.CompletionList(False, [])
        snippets = _snippets(server)
        found = completion(opened.analysis, line, column, lambda data: fields_of(document.path, data))
        items = []
        for item in found:
            start = positions.position(line, column - item.replace)
            span = types.Range(start, positions.position(line, column))
            items.append(_item(item, span, snippets))
        return types.CompletionList(False, items)


def _snippets(server: LanguageServer) -> bool:
    document = server.client_capabilities.text_document
    able = document.completion.completion_item if document and document.completion else None
    return bool(able and able.snippet_support)


def _item(item: Item, span: types.Range, snippets: bool) -> types.CompletionItem:
    has_places = "$" in item.insert
    insert = item.insert if item.insert and (snippets or not has_places) else item.label
    kind = KIND.Folder if item.kind == "path" and item.label.endswith("/") else KINDS.get(item.kind, KIND.Function)
    return types.CompletionItem(
        label=item.label,
        kind=kind,
        detail=item.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, item.documentation)
        if item.documentation
        else None,
        sort_text=f"{item.rank}{item.label.lower()}",
        text_edit=types.TextEdit(span, insert),
        insert_text_format=types.InsertTextFormat.Snippet
        if has_places and snippets
        else types.InsertTextFormat.PlainText,
    )
