"""The names under tensorflow.keras that Rasa extends."""

from tensorflow.keras import backend as backend
from tensorflow.keras import callbacks as callbacks
from tensorflow.keras import layers as layers
from tensorflow.keras import metrics as metrics
from tensorflow.keras import utils as utils
