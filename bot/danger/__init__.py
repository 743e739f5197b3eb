"""Danger to life, found before anything else is understood: fixed patterns, fixed answers, no model."""

from bot.danger.advice import advice
from bot.danger.gate import Danger, Kind, find_danger, is_figure_of_speech

__all__ = ["Danger", "Kind", "advice", "find_danger", "is_figure_of_speech"]
