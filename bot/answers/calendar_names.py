"""Names of days and months in both languages, with the slips of people who text."""

import re
from typing import Final

from rapidfuzz.distance import OSA

_DAYS: Final = {
    "monday": "monday mondays mon mondy munday", "tuesday": "tuesday tuesdays tue tues tuseday teusday",
    "wednesday": "wednesday wednesdays wed weds wensday wendsday wedensday wednesdy wenesday",
    "thursday": "thursday thursdays thu thur thurs thrs thirsday", "friday": "friday fridays fri",
    "saturday": "saturday saturdays sat satday saterday", "sunday": "sunday sundays sun",
}  # fmt: skip
_DYDDIAU: Final = ("llun", "mawrth", "mercher", "iau", "gwener", "sadwrn", "sul")
_MONTHS: Final = (
    "january jan ionawr ion", "february feb febuary febuary chwefror chwef", "march mar mawrth fawrth",
    "april apr ebrill ebr", "may mai fai", "june jun mehefin fehefin", "july jul gorffennaf orffennaf gorff",
    "august aug awst", "september sep sept medi fedi", "october oct hydref", "november nov tachwedd dachwedd",
    "december dec rhagfyr ragfyr",
)  # fmt: skip

MONTHS: Final = {word: number for number, line in enumerate(_MONTHS, 1) for word in line.split()}
"""By every way to write them: 1 to 12."""
DAYS: Final = {word: n for n, line in enumerate(_DAYS.values()) for word in line.split()} | {
    word: n for n, word in enumerate(_DYDDIAU)
}
"""By every way to write them: Monday is 0."""
_LONG: Final = (
    *_DAYS, *(word for word in MONTHS if len(word) >= 5), "mercher", "gwener", "sadwrn",
    "today", "tomorrow", "yesterday", "fortnight", "morning", "afternoon", "evening", "midnight", "heddiw",
    "trennydd", "prynhawn", "chwarter", "quarter", "weekend", "wythnos", "pythefnos",
)  # fmt: skip
_KNOWN: Final = frozenset(
    {*_LONG, *DAYS, *MONTHS, "match", "monthly", "monday's", "todays", "moaning", "money"}
)
_WORD: Final = re.compile(r"[a-z]{5,14}")


def mended(said: str) -> str:
    """A folded text with the misspelt names of days, months and parts of a day put right."""
    return _WORD.sub(_mend, said)


def _mend(match: re.Match[str]) -> str:
    word = match.group()
    if word in _KNOWN:
        return word
    most = 1 if len(word) < 7 else 2
    near = [(OSA.distance(word, name, score_cutoff=most), name) for name in _LONG]
    least = min(near)[0]
    close = [name for distance, name in near if distance == least <= most]
    return close[0] if len(close) == 1 and close[0][0] == word[0] else word
