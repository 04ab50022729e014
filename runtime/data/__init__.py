"""Readers for the data sets that `--data` names: reading, splitting, checking, converting, augmenting."""

from netc.runtime.data.augment import augment
from netc.runtime.data.batches import Batches
from netc.runtime.data.bind import BoundData, bind_data
from netc.runtime.data.dataset import DataSet, Split
from netc.runtime.data.follow import BoundSplit
from netc.runtime.data.inputs import Inputs, read_inputs
from netc.runtime.data.open import open_data

__all__ = [
    "Batches",
    "BoundData",
    "BoundSplit",
    "DataSet",
    "Inputs",
    "Split",
    "augment",
    "bind_data",
    "open_data",
    "read_inputs",
]
