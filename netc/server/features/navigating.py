"""Definition, references, highlights of the name under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.navigation import definition, highlights, references
from netc.grammar.diagnostics import Span
from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Answer where names are."""

    def locations(spans: Sequence[Span]) -> list[types.Location]:
        return [session.documents.location(span, session.documents.text_of(span.file)) for span in spans]

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def defined(params: types.DefinitionParams) -> list[types.Location]:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return []
        place = session.documents.positions(opened.document.source).place(params.position)
        return locations(definition(opened.analysis, *place))

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def referred(params: types.ReferenceParams) -> list[types.Location]:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return []
        place = session.documents.positions(opened.document.source).place(params.position)
        found = references(opened.analysis, *place, session.users(opened.document.path))
        if not params.context.include_declaration:
            given = {span for span, is_given in highlights(opened.analysis, *place) if is_given}
            found = [span for span in found if span not in given]
        return locations(found)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlighted(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return []
        positions = session.documents.positions(opened.document.source)
        kinds = types.DocumentHighlightKind
        return [
            types.DocumentHighlight(positions.range(span), kinds.Write if given else kinds.Read)
            for span, given in highlights(opened.analysis, *positions.place(params.position))
        ]
