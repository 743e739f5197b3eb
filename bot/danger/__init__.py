"""Danger to life, found before anything else is understood: fixed patterns, fixed answers, no model."""

from bot.danger.advice import advice
from bot.danger.gate import Danger, Kind, find_danger

__all__ = ["Danger", "Kind", "advice", "find_danger"]
