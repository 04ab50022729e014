"""The server as an editor meets it: another process, spoken with over standard input and output."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor_program import PROGRAM, place_of
from language_client import Editor, with_editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException

EMOJI = PROGRAM.replace("# a convolution with its norm", "# 😀 a convolution").replace(
    "  stem = unit(base)", '  expect classes >= 2 "😀😀"; stem = unit(base)'
)


def document(uri: str) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(uri)


def everywhere() -> types.Range:
    return types.Range(types.Position(0, 0), types.Position(999, 0))


def codes(found: list[types.Diagnostic]) -> list[object]:
    return [each.code for each in found]


def test_a_session(tmp_path: Path) -> None:
    """Everything that an editor asks of one file, in one session, for starting a server takes its time."""

    async def work(editor: Editor) -> None:
        client = editor.client
        uri = editor.open("a.net", PROGRAM + "\nnet Stacked { input x: 8; dense(4); dense(3) }\n")
        assert codes(await editor.findings(uri)) == ["L006"]

        # as you type: the range is that of the word, the repair is offered and applied
        line, column = place_of(PROGRAM, "y = dense(4)")
        editor.change(uri, "dens", (line - 1, column + 3), (line - 1, column + 8))
        (found,) = [each for each in await editor.findings(uri) if each.code == "E202"]
        assert (found.range.start.line, found.range.start.character) == (line - 1, column + 3)
        assert found.source == "netc"
        actions = await client.text_document_code_action_async(
            types.CodeActionParams(document(uri), found.range, types.CodeActionContext([found]))
        )
        repair = next(each for each in actions or [] if each.title == "use `dense`")
        assert isinstance(repair, types.CodeAction)
        assert repair.is_preferred
        assert repair.edit is not None
        assert repair.edit.changes is not None
        (edit,) = repair.edit.changes[uri]
        editor.change(uri, edit.new_text, _place(edit.range.start), _place(edit.range.end))
        assert codes(await editor.findings(uri)) == ["L006"]

        # the rules of `netc lint` follow when nothing is typed
        assert "L005" in codes(await editor.findings(uri, lambda found: "L005" in codes(found)))

        line, column = place_of(PROGRAM, "skip = conv", "conv")
        hover = await client.text_document_hover_async(types.HoverParams(**editor.at(uri, line - 1, column)))
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "`16x32x32` → `32x32x32`" in hover.contents.value
        help = await client.text_document_signature_help_async(
            types.SignatureHelpParams(**editor.at(uri, line - 1, column + 6))
        )
        assert help is not None
        assert help.signatures[0].label.startswith("conv(filters, kernel")
        hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document(uri), everywhere()))
        assert "16x32x32  464" in [hint.label for hint in hints or []]
        lenses = await client.text_document_code_lens_async(types.CodeLensParams(document(uri)))
        assert any(lens.command and "×2" in lens.command.title for lens in lenses or [])
        symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document(uri)))
        assert [symbol.name for symbol in symbols or []][-2:] == ["train A", "Stacked"]
        folds = await client.text_document_folding_range_async(types.FoldingRangeParams(document(uri)))
        assert len(folds or []) == 4
        tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document(uri)))
        assert tokens is not None
        assert len(tokens.data) % 5 == 0
        options = types.FormattingOptions(4, False)
        whole = await client.text_document_formatting_async(types.DocumentFormattingParams(document(uri), options))
        assert whole is not None
        assert whole[0].new_text == "base   = 16\nact    = leaky_relu(0.1)\n"
        line = place_of(PROGRAM, "stem = unit")[0] - 1
        lines = types.Range(types.Position(line, 0), types.Position(line + 1, 0))
        part = await client.text_document_range_formatting_async(
            types.DocumentRangeFormattingParams(document(uri), lines, options)
        )
        assert [edit.new_text for edit in part or []] == ["  stem  = unit(base)\n"]
        (tmp_path / "run.json").write_text('{"texts": {"a.net": ""}}')  # the text of a run, which goes on with no other
        assert not await client.text_document_formatting_async(types.DocumentFormattingParams(document(uri), options))
        assert any("is left as it is: the run in" in message for message in editor.messages)
        (tmp_path / "run.json").unlink()
        found_symbols = await client.workspace_symbol_async(types.WorkspaceSymbolParams("pai"))
        assert [symbol.name for symbol in found_symbols or []] == ["pair"]

        line, column = place_of(PROGRAM, "stem = unit")
        edit_all = await client.text_document_rename_async(
            types.RenameParams(new_name="root", **editor.at(uri, line - 1, column - 1))
        )
        assert edit_all is not None
        assert edit_all.changes is not None
        assert len(edit_all.changes[uri]) == 2
        assert any('map = ["stem": "root"]' in message for message in editor.messages)
        with pytest.raises(JsonRpcException, match="E276"):
            await client.text_document_rename_async(
                types.RenameParams(new_name="skip", **editor.at(uri, line - 1, column - 1))
            )

        # switched off, hints and lenses are gone
        editor.configuration = {"inlayHints": {"shapes": False, "counts": False}, "codeLens": {"enable": False}}
        client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await editor.findings(uri)
        for _ in range(100):
            hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document(uri), everywhere()))
            if not hints:
                break
        assert not hints
        assert not await client.text_document_code_lens_async(types.CodeLensParams(document(uri)))

        client.text_document_did_close(types.DidCloseTextDocumentParams(document(uri)))
        editor.versions.pop(uri)
        assert await editor.findings(uri, lambda found: not found) == []

    with_editor(tmp_path, work)


SLOW = pytest.mark.slow


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-16", pytest.param("utf-8", marks=SLOW), pytest.param("utf-32", marks=SLOW)])
def test_positions_are_in_the_units_of_the_client(tmp_path: Path, encoding: str) -> None:
    def units(text: str) -> int:
        return len(text.encode(f"{encoding}-le" if encoding != "utf-8" else encoding)) // (int(encoding[4:]) // 8)

    async def work(editor: Editor) -> None:
        uri = editor.open("a.net", EMOJI)
        await editor.findings(uri)
        line = next(number for number, text in enumerate(EMOJI.split("\n")) if "😀😀" in text)
        text = EMOJI.split("\n")[line]
        at = units(text[: text.index("unit(base)")])
        hover = await editor.client.text_document_hover_async(types.HoverParams(**editor.at(uri, line, at + 1)))
        assert hover is not None
        assert hover.range is not None
        assert (hover.range.start.character, hover.range.end.character) == (at, at + 4)
        # a change behind the emoji, in the client's units, hits the word
        editor.change(uri, "unix", (line, at), (line, at + 4))
        (found,) = [each for each in await editor.findings(uri) if each.code == "E202"]
        assert (found.range.start.character, found.range.end.character) == (at, at + 4)
        editor.change(uri, "", (0, 0), (0, 0))
        editor.change(uri, "unit", (line, at), (line, at + 4))
        assert "E202" not in codes(await editor.findings(uri))

    with_editor(tmp_path, work, encoding)


@pytest.mark.slow
def test_files_that_others_use_are_read_as_they_are_open(tmp_path: Path) -> None:
    (tmp_path / "parts.net").write_text("block wide(n) { dense(n) -> relu }\n")
    text = 'use "parts.net" (wide)\n\nnet A {\n  input x: 8\n  y = wide(4)\n}\n'

    async def work(editor: Editor) -> None:
        main = editor.open("main.net", text)
        assert await editor.findings(main) == []
        parts = editor.open("parts.net", "block wide(n) { dense(n, wrong=1) }\n")
        (found,) = await editor.findings(parts, lambda found: bool(found))
        assert found.code == "E220"
        where = await editor.client.text_document_definition_async(types.DefinitionParams(**editor.at(main, 4, 7)))
        assert isinstance(where, list)
        assert isinstance(where[0], types.Location)
        assert where[0].uri == parts
        editor.change(parts, "block broad(n) { dense(n) }\n")
        found_there = await editor.findings(main, lambda found: bool(found))
        assert "E211" in codes(found_there)
        editor.change(parts, "block wide(n) { dense(n) }\n")
        assert await editor.findings(main, lambda found: not found) == []
        edits = await editor.client.text_document_rename_async(
            types.RenameParams(new_name="broad", **editor.at(parts, 0, 7))
        )
        assert edits is not None
        assert edits.changes is not None
        assert {uri: len(list(changes)) for uri, changes in edits.changes.items()} == {parts: 1, main: 2}

    with_editor(tmp_path, work)


@pytest.mark.slow
def test_a_file_that_is_no_utf_8_stands_in_the_way_of_nothing(tmp_path: Path) -> None:
    """Before: references and renames failed wherever the folder held one, and its own finding was never shown."""
    (tmp_path / "latin.net").write_bytes("# Größe\nblock wide { dense(4) }\n".encode("latin-1"))

    async def work(editor: Editor) -> None:
        parts = editor.open("parts.net", "block narrow { dense(2) }\n")
        await editor.findings(parts)
        places = await editor.client.text_document_references_async(
            types.ReferenceParams(types.ReferenceContext(True), **editor.at(parts, 0, 7))
        )
        assert [(place.uri, place.range.start.line) for place in places or []] == [(parts, 0)]
        main = editor.open("main.net", 'use "latin.net" (wide)\n\nnet A {\n  input x: 8\n  wide\n}\n')
        await editor.findings(main)
        latin = (tmp_path / "latin.net").as_uri()
        assert codes(await editor.findings(latin, bool)) == ["E113"]

    with_editor(tmp_path, work)


@pytest.mark.slow
def test_a_text_that_was_never_saved(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        uri = editor.open("untitled:Untitled-1", "net A {\n  input x: 8\n  dens(3)\n}\n")
        (found,) = await editor.findings(uri)
        assert found.code == "E202"
        editor.change(uri, "net A {\r\n  input x: 8\r\n  dense(3)\r\n}\r\n")
        assert await editor.findings(uri) == []

    with_editor(tmp_path, work)


@pytest.mark.slow
def test_a_burst_of_changes_is_answered_once_for_the_last(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        uri = editor.open("a.net", PROGRAM)
        await editor.findings(uri)
        answered: list[int | None] = []
        line, column = place_of(PROGRAM, "y = dense(4)")
        for number in range(30):
            editor.change(uri, str(number % 10), (line - 1, column + 9), (line - 1, column + 9))
        await editor.findings(uri)
        answered.append(editor.published[uri])
        assert answered == [31]

    with_editor(tmp_path, work)


def _place(position: types.Position) -> tuple[int, int]:
    return position.line, position.character
