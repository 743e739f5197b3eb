"""The states of a report in plain words, and words that are the same in both languages."""

from typing import Final

STATES: Final = {
    "open": {"en": "waiting for the team to look at it", "cy": "yn aros i'r tîm edrych arno"},
    "for_triage": {"en": "being passed to the right team", "cy": "yn cael ei anfon at y tîm iawn"},
    "investigating": {"en": "being looked at", "cy": "yn cael ei archwilio"},
    "in_progress": {"en": "being worked on", "cy": "yn cael ei drwsio nawr"},
    "planned": {"en": "planned to be done", "cy": "wedi'i gynllunio"},
    "action_scheduled": {"en": "booked to be done", "cy": "wedi'i drefnu"},
    "fixed": {"en": "fixed", "cy": "wedi'i drwsio"},
    "closed": {"en": "closed", "cy": "wedi'i gau"},
    "no_further_action": {
        "en": "closed, and nothing more will be done", "cy": "wedi'i gau, ac ni fydd mwy yn cael ei wneud",
    },
    "not_councils_responsibility": {
        "en": "somebody else's to mend", "cy": "yn gyfrifoldeb i gorff arall",
    },
    "duplicate": {
        "en": "the same as one that somebody reported before", "cy": "yr un peth ag adroddiad cynharach",
    },
    "internal_referral": {"en": "passed to another team", "cy": "wedi'i anfon at dîm arall"},
}  # fmt: skip
"""By Open311's extended state: docs/sources.md, Open311"""

NOTHING_SAID: Final = (
    "I want to report a problem", "report a problem", "I want to report something", "there is a problem",
    "something is broken", "something is wrong", "can I complain", "can you help me with a problem",
    "I need to tell the council something", "a problem with a service",
    "rydw i eisiau rhoi gwybod am broblem", "rhoi gwybod am broblem", "mae rhywbeth o'i le",
    "mae problem gyda fi", "mae rhywbeth wedi torri", "rydw i eisiau cwyno",
)  # fmt: skip
"""What begins a report and says nothing of it yet."""

CLOSED: Final = frozenset(
    {"fixed", "closed", "no_further_action", "not_councils_responsibility", "internal_referral"}
)


def both(text: str) -> dict[str, str]:
    """A text that is said the same in both languages, such as a name."""
    return {"en": text, "cy": text}
