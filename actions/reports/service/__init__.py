"""Onedoor's own Open311 service for problems with any public service; docs/open311.md says how to call it."""

from actions.reports.service.demo import load_demo
from actions.reports.service.desk import breaching, repeats
from actions.reports.service.keys import new_key, revoke_key
from actions.reports.service.once import forget_answers
from actions.reports.service.routes import application
from actions.reports.service.simulator import simulate

__all__ = [
    "application", "breaching", "demo_page", "forget_answers", "load_demo", "new_key", "repeats",
    "revoke_key", "simulate",
]  # fmt: skip


def demo_page() -> list[dict[str, str]]:
    """Nobody has to be somebody to report a problem: the demo's page has nothing to list."""
    return []
