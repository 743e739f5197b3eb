"""How soon a message must be read, and what follows from it for its place and its life."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class Urgency(StrEnum):
    """How soon a message must be read."""

    URGENT = "urgent"
    """Danger to life and one-time codes: at once, at any hour, never in a digest."""
    REPLY = "reply"
    """A citizen waits for it."""
    NOTICE = "notice"
    """Not in quiet hours, unless the citizen wrote just now; may share a text with others."""
    BULK = "bulk"
    """Behind everything else, on working days only."""


PRIORITY: Final = {Urgency.URGENT: 0, Urgency.REPLY: 1, Urgency.NOTICE: 2, Urgency.BULK: 3}
"""A conversation's waiting message of the smallest number goes first."""

USEFUL_FOR: Final = {
    Urgency.URGENT: timedelta(hours=1),
    Urgency.REPLY: timedelta(days=1),
    Urgency.NOTICE: timedelta(days=3),
    Urgency.BULK: timedelta(days=7),
}
"""How long after it was due a message is still worth sending; GOV.UK Notify gives up after 72 hours."""
