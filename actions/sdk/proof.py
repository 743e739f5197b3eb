"""Proof: that a contact point showed once who writes from it, remembered by what the citizen follows."""

from datetime import datetime, timedelta
from typing import Any, Final

from actions.sdk.handler import Call, Values
from actions.sdk.knowledge import Followed

PROOF_LASTS: Final = timedelta(days=90)
"""For so long who proved themself from a telephone or browser is known there without their letter."""


def remember(call: Call, **known: Any) -> Values:
    """What to follow a person or thing with once it was proved; no code, no year, no name.

    Args:
        call: of the handler that had the proof.
        known: what later steps and texts need; JSON.
    """
    return {**known, "proved": call.now.isoformat()}


async def remembered(call: Call, kind: str) -> list[Followed]:
    """What was proved from this contact point and still holds, the newest first.

    Args:
        call: of a handler.
        kind: what the names of such things begin with: `referral` for `referral:82`.
    """
    if call.knowledge is None:
        return []
    return [each for each in await call.know.followed() if still_good(each, kind, call.now)]


def still_good(followed: Followed, kind: str, now: datetime) -> bool:
    """Whether something was proved here, and not too long ago."""
    if not followed.thing.startswith(f"{kind}:") or "proved" not in followed.known:
        return False
    return now - datetime.fromisoformat(followed.known["proved"]) <= PROOF_LASTS
