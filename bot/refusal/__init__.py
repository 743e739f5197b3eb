"""What is refused before it is stored: payment card and National Insurance numbers; and text made clean."""

from bot.refusal.answers import answer
from bot.refusal.clean import clean
from bot.refusal.find import Refusal, RefusalKind, find_refusal, redact

__all__ = ["Refusal", "RefusalKind", "answer", "clean", "find_refusal", "redact"]
