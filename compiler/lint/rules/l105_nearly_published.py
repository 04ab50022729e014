"""L105: a net that has a published one's name, and all its layers but a few."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.published import differences, layers_of, name_span, related
from netc.compiler.zoo.catalogue import named
from netc.compiler.zoo.listing import load_entry
from netc.compiler.zoo.signatures import digest, made_of
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic

SHARE = 0.15
FEWEST = 8
TRIED = 2


@rule("L105")
def nearly_published(subject: Subject) -> Iterator[Diagnostic]:
    """A net is called after a published one and differs from it in a few layers.

    ## What it does
    Compares a net of more than 8 layers with weights that is called after one of the zoo with the nearest of its
    versions, and reports it where up to 15 % of the layers differ. The last layer, which has an output a class, the
    channels of the image, and the order of the layers don't count.

    ## Why is this bad
    Nearly all of a net is where slips hide: one kernel, one width, one stride is another than in the paper, the net
    trains all the same, a little worse, and published weights don't fit. Where the change is meant, a name of its own,
    or a comment that allows this, says so.

    ## Example
    ```
    net VGG11 {
      input image: 3x224x224
      conv(64, 3x3, pad=1, act=relu) -> maxpool(2x2)
      conv(128, 3x3, pad=1, act=relu) -> maxpool(2x2)
      repeat 2 { conv(256, 3x3, pad=1, act=relu) }
      maxpool(2x2)
      repeat 2 { conv(512, 3x3, pad=1, act=relu) }
      maxpool(2x2)
      repeat 2 { conv(512, 3x3, pad=1, act=relu) }
      maxpool(2x2) -> flatten
      dense(4096, act=relu) -> dropout  # netc: allow L004 because it was published so
      dense(2048, act=relu) -> dropout
      logits = dense(1000)
    }
    ```

    ## Use instead
    ```
    net VGG11 {
      input image: 3x224x224
      conv(64, 3x3, pad=1, act=relu) -> maxpool(2x2)
      conv(128, 3x3, pad=1, act=relu) -> maxpool(2x2)
      repeat 2 { conv(256, 3x3, pad=1, act=relu) }
      maxpool(2x2)
      repeat 2 { conv(512, 3x3, pad=1, act=relu) }
      maxpool(2x2)
      repeat 2 { conv(512, 3x3, pad=1, act=relu) }
      maxpool(2x2) -> flatten
      dense(4096, act=relu) -> dropout  # netc: allow L004 because it was published so
      dense(4096, act=relu) -> dropout
      logits = dense(1000)
    }
    ```
    """
    for net in subject.nets:
        near = related(net)
        ours = layers_of(net, subject) if near else None
        if ours is None or ours.total() < FEWEST or digest(ours) in {item.digest for item in near}:
            continue
        count = ours.total()
        close = [item for item in near if abs(item.layers - count) <= SHARE * count]
        for item in sorted(close, key=lambda item: abs(item.layers - count))[:TRIED]:
            entry = named(item.name)
            theirs = made_of(load_entry(entry)) if entry is not None else ours
            apart = max((ours - theirs).total(), (theirs - ours).total())
            if entry is not None and apart <= SHARE * count:
                yield warning(
                    f"nearly `{entry.name}`: {apart} of {counted(count, 'layer')} with weights "
                    f"{'differs' if apart == 1 else 'differ'}",
                    name_span(net, subject),
                    f"{entry.source}, {entry.variant}",
                    notes=differences(ours, theirs),
                    help="make them equal, give the net a name of its own, or allow this with the reason",
                )
                break
