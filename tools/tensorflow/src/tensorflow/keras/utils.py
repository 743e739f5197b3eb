"""What Rasa's data generators extend."""

from tensorflow._absent import Absent


class Sequence(Absent):
    """Extended or named by Rasa."""
