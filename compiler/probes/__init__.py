"""What is asked of a trained network whose weights stay: a number made of inner values, and how it changes with others.

A term reads one inner value and says how good it is; a probe adds terms up and differentiates the sum, in inference
form, with respect to inputs and to inner values. Ascent on it shows what a filter looks for, descent restyles pictures.
"""

from netc.compiler.probes.probe import probed
from netc.compiler.probes.terms import Along, Energy, Likeness, Term, Textures

__all__ = ["Along", "Energy", "Likeness", "Term", "Textures", "probed"]
