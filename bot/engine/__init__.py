"""Rasa, embedded: what reads a message and what decides, as graph components of `config.yml`."""

from bot.problems import Problem


class EngineError(Problem):
    """The engine can't be trained or loaded."""
