"""Quick fixes: the repairs of findings, a comment that allows one, and all repairs of a file at once."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.repairs import all_repairs, repairs
from netc.compiler.lint.files import run_of
from netc.server.features.renaming import edited
from netc.server.findings import published
from netc.server.session import Session

KIND = types.CodeActionKind
FIX_ALL = "source.fixAll.netc"


def register(server: LanguageServer, session: Session) -> None:
    """Answer code actions."""
    options = types.CodeActionOptions([KIND.QuickFix, FIX_ALL])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def answer(params: types.CodeActionParams) -> list[types.CodeAction]:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return []
        source, findings = opened.document.source, session.findings(params.text_document.uri)
        positions = session.documents.positions(source)
        first, last = positions.place(params.range.start)[0], positions.place(params.range.end)[0]
        only = params.context.only
        found: list[types.CodeAction] = []
        if only is None or any(_is_kind(KIND.QuickFix, each) for each in only):
            for repair in repairs(findings, source, first, last):
                found.append(
                    types.CodeAction(
                        title=repair.title,
                        kind=KIND.QuickFix,
                        diagnostics=published([repair.finding], session.documents, source),
                        is_preferred=repair.preferred or None,
                        edit=edited(session, repair.edits),
                    )
                )
        if only is None or any(_is_kind(FIX_ALL, each) for each in only):
            edits = all_repairs(findings, source)
            # clients ask for all repairs of whatever they save, the text of a run too
            if edits and run_of(opened.document.path) is None:
                found.append(types.CodeAction("repair all that netc can", FIX_ALL, edit=edited(session, edits)))
        return found


def _is_kind(kind: str, wanted: str) -> bool:
    """Whether a kind of action is one that was asked for, or below it."""
    one, other = (str(getattr(each, "value", each)) for each in (kind, wanted))
    return one == other or one.startswith(f"{other}.")
