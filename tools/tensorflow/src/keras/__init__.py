"""The names of Keras that Rasa reads at import, beside those of tensorflow.keras."""

from tensorflow._absent import Absent


class Model(Absent):
    """Extended or named by Rasa."""
