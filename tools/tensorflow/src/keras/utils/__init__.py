"""The helpers that Rasa's models name."""

from keras.utils import tf_utils as tf_utils
