"""L104: a published net in another version than the paper's, and the text doesn't say so."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.published import differences, layers_of, name_span, related
from netc.compiler.zoo.catalogue import named
from netc.compiler.zoo.listing import load_entry
from netc.compiler.zoo.signatures import Signature, digest, made_of, signatures
from netc.grammar.diagnostics import Diagnostic

ORIGINS = ("torchvision", "timm", "transformers", "Keras", "Caffe")
PAPER = "the paper's"


@rule("L104")
def unsaid_variant(subject: Subject) -> Iterator[Diagnostic]:
    """A net has a paper's name and a library's layers, which are others, and its text doesn't say so.

    ## What it does
    Compares the layers of a net that is called after one of the zoo with those of all its versions. Where they are
    those of torchvision, Keras or another library and the paper's differ, the text should name the library somewhere,
    in a comment or a label.

    ## Why is this bad
    GoogLeNet as torchvision ships it has batch normalization, and 3x3 in the place of the paper's 5x5; its AlexNet is
    that of a later paper. Numbers of one are reported as those of the other, and weights of one don't fit the other.

    ## Example
    ```
    net AlexNet {
      input image: 3x224x224
      conv(64, 11x11, stride=4, pad=2, act=relu) -> maxpool(3x3, stride=2)
      conv(192, 5x5, pad=2, act=relu) -> maxpool(3x3, stride=2)
      conv(384, 3x3, pad=1, act=relu)
      conv(256, 3x3, pad=1, act=relu)
      conv(256, 3x3, pad=1, act=relu) -> maxpool(3x3, stride=2)
      flatten
      dropout -> dense(4096, act=relu)  # netc: allow L004 because it was published so
      dropout -> dense(4096, act=relu)
      logits = dense(1000)
    }
    ```

    ## Use instead
    ```
    net AlexNet "as torchvision ships it" {
      input image: 3x224x224
      conv(64, 11x11, stride=4, pad=2, act=relu) -> maxpool(3x3, stride=2)
      conv(192, 5x5, pad=2, act=relu) -> maxpool(3x3, stride=2)
      conv(384, 3x3, pad=1, act=relu)
      conv(256, 3x3, pad=1, act=relu)
      conv(256, 3x3, pad=1, act=relu) -> maxpool(3x3, stride=2)
      flatten
      dropout -> dense(4096, act=relu)  # netc: allow L004 because it was published so
      dropout -> dense(4096, act=relu)
      logits = dense(1000)
    }
    ```
    """
    for net in subject.nets:
        near = related(net)
        ours = layers_of(net, subject) if near else None
        own = digest(ours) if ours is not None else None
        same = next((item for item in near if item.digest == own), None)
        origin = _origin(same) if same is not None else None
        if ours is None or same is None or origin is None or origin.lower() in subject.tree.source.lower():
            continue
        papers = (other for other in signatures() if other.net == same.net and other.variant.startswith(PAPER))
        paper = next((named(other.name) for other in papers), None)
        if paper is not None:
            yield warning(
                f"this is {origin}'s {same.net}, not the paper's",
                name_span(net, subject),
                f"`{same.name}` of the zoo, layer by layer",
                notes=differences(ours, made_of(load_entry(paper))),
                help=f"say so in a label or comment, or begin with the paper's: `netc new mine --from {paper.name}`",
            )


def _origin(known: Signature) -> str | None:
    if PAPER in known.variant or "counted by" in known.variant:
        return None
    return next((origin for origin in ORIGINS if origin in known.variant), None)
