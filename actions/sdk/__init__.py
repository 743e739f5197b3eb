"""What a department's pack is made of: handlers, the call they get, what they give back, and services."""

from actions.sdk.handler import Again, Call, Case, Filled, Handler, Outcome, Reminder, Reminders, Stop, Values
from actions.sdk.service import Service, ServiceDown, ServiceRefused

__all__ = [
    "Again", "Call", "Case", "Filled", "Handler", "Outcome", "Reminder", "Reminders", "Service",
    "ServiceDown", "ServiceRefused", "Stop", "Values",
]  # fmt: skip
