"""What a department is told of its message: our states as GOV.UK Notify's statuses (docs/sources.md)."""

from typing import Final

CREATED: Final = "created"
SENDING: Final = "sending"
SENT: Final = "sent"
DELIVERED: Final = "delivered"
PERMANENT: Final = "permanent-failure"
TEMPORARY: Final = "temporary-failure"
TECHNICAL: Final = "technical-failure"

SETTLED: Final = frozenset({SENT, DELIVERED, PERMANENT, TEMPORARY, TECHNICAL})
"""Of these a department is called back; nothing more, or nothing but a correction, comes after them."""

_FAILED: Final = frozenset({"undelivered", "failed"})
_STATUSES: Final = {
    **dict.fromkeys(("created", "handing", "retry", "merged"), CREATED),
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending"), SENDING),
    **dict.fromkeys(("delivered", "read"), DELIVERED),
}
_OF_CODES: Final = {
    # ours, and Twilio's for a phone that was off or a network that was full
    **dict.fromkeys(("expired", "no-receipt", "30001", "30003", "30008"), TEMPORARY),
    **dict.fromkeys(("technical-failure", "loop", "withdrawn"), TECHNICAL),
}


def notify_status(channel: str, status: str, error_code: str | None) -> str:
    """Notify's status of a message.

    A text that its network took is still `sending`: a receipt follows. Where none will, as with e-mail,
    it is `sent`, which Notify says of texts abroad.

    Args:
        channel: of the message.
        status: ours, one of `bot.outbox.FORWARD`.
        error_code: the sender's or our own, if it failed.
    """
    if status in _FAILED:
        return _OF_CODES.get(error_code or "", PERMANENT if error_code else TEMPORARY)
    if status == "sent":
        return SENDING if channel == "sms" else SENT
    return _STATUSES[status]


def states_of(status: str) -> list[str]:
    """Our states that Notify may call so; for a failure, `notify_status` tells which one it is."""
    if status in (PERMANENT, TEMPORARY, TECHNICAL):
        return sorted(_FAILED)
    if status in (SENDING, SENT):
        return ["sent", *(state for state, told in _STATUSES.items() if told == status)]
    return [state for state, told in _STATUSES.items() if told == status]
