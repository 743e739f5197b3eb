"""The states of a problem, those of Open311 as FixMyStreet extends them, and how a history makes one."""

from collections.abc import Iterable
from typing import Final

STATUS: Final = {
    "open": "open",
    "for_triage": "open",
    "investigating": "open",
    "in_progress": "open",
    "planned": "open",
    "action_scheduled": "open",
    "fixed": "closed",
    "closed": "closed",
    "no_further_action": "closed",
    "not_councils_responsibility": "closed",
    "duplicate": "closed",
    "internal_referral": "closed",
}
"""Each state, and which of the standard's two it is."""

FIRST: Final = "open"


def read_state(text: str) -> str | None:
    """A state as systems write it (`OPEN`, `in progress`, `no-further-action`), or None."""
    state = text.strip().casefold().replace(" ", "_").replace("-", "_")
    return state if state in STATUS else None


def deciding(told: Iterable[str | None]) -> tuple[int | None, int | None]:
    """Which of the updates of a problem made its state, and which closed it.

    `open` said of one that is being worked on, and `closed` of one that is fixed, tell nothing new:
    systems that know only the standard's two states send them with every comment.

    Args:
        told: the state that each update tells, None for a comment, in the order of their times.

    Returns:
        The places of both; None for the first where it is as it was reported, and for the second where it
        is open.
    """
    state, made, closed = FIRST, None, None
    for at, told_state in enumerate(told):
        if told_state is None or (told_state in ("open", "closed") and STATUS[state] == told_state):
            continue
        if STATUS[told_state] == "open":
            closed = None
        elif closed is None:
            closed = at
        state, made = told_state, at
    return made, closed
