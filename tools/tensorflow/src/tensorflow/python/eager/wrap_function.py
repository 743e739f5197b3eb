"""Named by Rasa's ConveRT featurizer."""

from tensorflow._absent import Absent


class WrappedFunction(Absent):
    """Extended or named by Rasa."""
