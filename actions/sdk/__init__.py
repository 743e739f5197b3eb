"""What a department's pack is made of: handlers, the call they get, what they give back, services."""

from actions.sdk.handler import Again, Call, Case, Filled, Handler, Outcome, Reminder, Reminders, Stop, Values
from actions.sdk.knowledge import Followed, Knowledge, Likeness, Places, Spot
from actions.sdk.ledger import Ledger
from actions.sdk.service import Service, ServiceDown, ServiceRefused
from actions.sdk.things import Thing, Things
from actions.sdk.watch import Decision, News, Seen, Watch, WatchCall

__all__ = [
    "Again", "Call", "Case", "Decision", "Filled", "Followed", "Handler", "Knowledge", "Ledger", "Likeness",
    "News", "Outcome", "Places", "Reminder", "Reminders", "Seen", "Service", "ServiceDown",
    "ServiceRefused", "Spot", "Stop", "Thing", "Things", "Values", "Watch", "WatchCall",
]  # fmt: skip
