"""L009: a comment that allows what isn't there."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, all_rules, rule, warning
from netc.grammar.codes import near
from netc.grammar.diagnostics import Diagnostic


@rule("L009", last=True)
def unused_allow(subject: Subject) -> Iterator[Diagnostic]:
    """A comment allows a finding that isn't there.

    ## What it does
    Finds `# netc: allow …` comments that suppress nothing, name no rule, or cannot be understood. A comment covers
    its own line, or, if it stands alone on a line, the next one.

    ## Why is this bad
    The reader takes it for a warning about the line, and the finding it was meant for may come back unseen.

    ## Example
    ```
    net Fine {
      input image: 1x28x28
      conv(8, 3x3, act=relu)            # netc: allow L001 because the edge is empty
    }
    ```

    ## Use instead
    ```
    net Fine {
      input image: 1x28x28
      conv(8, 3x3, act=relu)
    }
    ```
    """
    for comment in subject.allows:
        if comment.codes is None:
            yield warning(
                "a `# netc:` comment that says nothing known",
                comment.span,
                help="write `# netc: allow L001 because …`, or leave `netc:` out",
            )
            continue
        known = [code for code in comment.codes if code in all_rules()]
        for code in comment.codes:
            if code not in known:
                help = near(code, all_rules()) or "see `netc explain` for the codes"
                yield warning(f"no lint rule is called `{code}`", comment.span, help=help)
        idle = [code for code in known if code not in comment.used and code in subject.ran]
        if idle:
            words = " and ".join(f"{code} ({all_rules()[code].name})" for code in idle)
            yield warning(
                f"{words} {'are' if len(idle) > 1 else 'is'} allowed here, and not found here",
                comment.span,
                help="remove the comment" if len(idle) == len(comment.codes) else f"remove {', '.join(idle)} from it",
            )
