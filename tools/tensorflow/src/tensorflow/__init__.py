"""Stands in for TensorFlow: the names that Rasa 3.6.21 reads at import, and nothing that computes.

Rasa imports TensorFlow at start even when no component of the pipeline uses it. Onedoor's
pipeline uses none, so half a gigabyte and 30 seconds are saved by this package. Every name here
was found by importing all of Rasa's modules with a recorder in place of TensorFlow
(docs/decisions/0002-rasa.md). Any other name is an AttributeError, as it should be: libraries
such as scikit-learn test for TensorFlow's names to tell its arrays from others.
"""

from tensorflow import _newer as _newer
from tensorflow import keras as keras
from tensorflow._absent import Absent

__version__ = "2.12.0"


class Tensor(Absent):
    """Named in Rasa's annotations."""


class SparseTensor(Absent):
    """Named in Rasa's annotations."""


class TensorShape(Absent):
    """Named in Rasa's annotations."""


class TensorSpec(Absent):
    """Named in Rasa's annotations."""
