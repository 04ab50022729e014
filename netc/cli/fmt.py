"""`netc fmt`: one layout for all texts."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netc.cli.command import option, verb
from netc.cli.failures import FINDINGS, USAGE
from netc.cli.findings import STDIN, standard_input
from netc.cli.paths import PathTo, paths_argument
from netc.cli.streams import write_bytes
from netc.cli.telling import draw
from netc.cli.terminal import put, say
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.limits import FILE
from netc.grammar.opening import read_file


@dataclass(frozen=True, slots=True)
class Text:
    """A text before and after; `after` is None where it has mistakes, which have been told."""

    name: str
    before: str
    after: str | None

    @property
    def changes(self) -> bool:
        """Whether it is laid out otherwise."""
        return self.after is not None and self.after != self.before


@verb(
    examples=(
        "netc fmt",
        "netc fmt nets/ --check",
        "netc fmt digits.net --diff",
        "netc fmt - --stdin-filename nets/new.net < unsaved.net",
    )
)
@paths_argument(PathTo("net", "md"))
@option("--check", is_flag=True, help="write nothing; exit with 1 if a file would change")
@option("--diff", is_flag=True, help="write nothing; show what would change, and exit with 1 if anything would")
@option(
    "--stdin-filename", "named", metavar="NAME", type=PathTo("net", "md"),
    help="with `-`: what the text is called in findings",
)  # fmt: skip
def fmt(paths: tuple[str, ...], check: bool, diff: bool, named: str | None) -> int:
    """Lay .net files out as all of them are: spaces, indentation, lines of at most 100 characters.

    A folder stands for the .net files in it, `-` for standard input, whose layout goes to standard output; without a
    path it is this folder. In a Markdown file that is named itself the blocks marked `net` are laid out. A text with
    mistakes in its syntax is left as it is, and so is the text of a run, which goes on with no other. What a text says,
    and the model that it becomes, stay the same.

    Exits with 0 if all is well, with 1 if --check or --diff found something to change, with 2 if a file has mistakes
    or cannot be read or written.
    """
    texts = list(_texts(paths, named))
    changed = [text for text in texts if text.changes]
    failed = sum(text.after is None for text in texts)
    if diff:
        for text in changed:
            _show(text)
    elif check:
        for text in changed:
            say(f"would change: {text.name}")
    else:
        failed += _write(texts, STDIN in paths)
    _count(len(changed), len(texts) - len(changed) - failed, failed, check or diff)
    if failed:
        return USAGE
    return FINDINGS if changed and (check or diff) else 0


def _texts(paths: Sequence[str], named: str | None) -> Iterator[Text]:
    from netc.cli.rewriting import is_kept
    from netc.compiler.lint.files import find_files

    for name, data in standard_input(paths, named).items():
        yield _text(name, data)
    for name in find_files(path for path in paths if path != STDIN):
        if is_kept(name, "lay out"):
            yield Text(name, "", "")
            continue
        try:
            data = read_file(name, FILE)
        except DiagnosticError as error:
            draw(error.diagnostics)
            yield Text(name, "", None)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            draw([Diagnostic("E100", f"cannot read {name}: {reason}", help="check the path and its permissions")])
            yield Text(name, "", None)
        else:
            yield _text(name, data)


def _text(name: str, data: bytes) -> Text:
    from netc.grammar.layout import arranged
    from netc.grammar.layout.markdown import laid_out_blocks
    from netc.grammar.reading import parse_bytes

    if name.endswith(".md"):
        text = data.decode("utf-8", errors="surrogateescape")
        return Text(name, text, laid_out_blocks(text))
    tree, findings = parse_bytes(data, name)
    if findings:
        draw(findings, {name: tree.source})
        return Text(name, tree.source, None)
    mark = "\ufeff" if data.startswith(codecs.BOM_UTF8) else ""
    return Text(name, data.decode("utf-8"), mark + arranged(tree))


def _write(texts: Sequence[Text], to_output: bool) -> int:
    """Write what changes; how many files could not be written. What came on standard input goes to standard output."""
    from netc.cli.rewriting import rewrite

    failed = 0
    for position, text in enumerate(texts):
        if to_output and position == 0:
            write_bytes((text.after or "").encode("utf-8", errors="surrogateescape"))
        elif text.changes:
            assert text.after is not None
            try:
                rewrite(text.name, text.before, text.after)
            except DiagnosticError as error:
                draw(error.diagnostics)
                failed += 1
    return failed


def _show(text: Text) -> None:
    """The difference, as patch(1) reads it."""
    from difflib import unified_diff

    assert text.after is not None
    before, after = (part.splitlines(keepends=True) for part in (text.before, text.after))
    for line in unified_diff(before, after, text.name, text.name):
        put(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")


def _count(changed: int, same: int, failed: int, only_looked: bool) -> None:
    """The last line, on stderr."""
    would = "would change" if only_looked else "changed"
    parts = [f"{counted(changed, 'file')} {would}"] if changed else []
    parts += [f"{counted(same, 'file')} as {'it is' if same == 1 else 'they are'}"] if same else []
    parts += [f"{counted(failed, 'file')} with mistakes left alone"] if failed else []
    say(", ".join(parts) or "no .net file here")
