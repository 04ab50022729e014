"""Looks inside a trained network: what its filters are, what they see, and what an answer rests on.

Every look is a function of a model that returns a `View`: arrays, and a picture or plot of them.
"""

from netc.runtime.inside.activations import activations
from netc.runtime.inside.curves import curves
from netc.runtime.inside.dream import dream
from netc.runtime.inside.embedding import embedding
from netc.runtime.inside.features import features
from netc.runtime.inside.filters import filters
from netc.runtime.inside.gradcam import gradcam
from netc.runtime.inside.invert import invert
from netc.runtime.inside.mistakes import confusion, errors
from netc.runtime.inside.occlusion import occlusion
from netc.runtime.inside.saliency import saliency
from netc.runtime.inside.style import style
from netc.runtime.inside.view import Plot, Sheet, View
from netc.runtime.inside.weights import weights

__all__ = [
    "Plot", "Sheet", "View", "activations", "confusion", "curves", "dream", "embedding", "errors", "features",
    "filters", "gradcam", "invert", "occlusion", "saliency", "style", "weights",
]  # fmt: skip
