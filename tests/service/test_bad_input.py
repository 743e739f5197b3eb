"""What people and machines really send: each is answered in plain words, and nothing is lost."""

import re

import pytest

from actions.health.service import DEMO_REFERRALS
from tests.service.running import Service, new_number

MAYA, _, AISHA = DEMO_REFERRALS[:3]
START = ("choose a hospital",)
TO_PRIORITY = (*START, MAYA.ubrn, MAYA.access_code, str(MAYA.birth_year))
TO_POSTCODE = (*START, AISHA.ubrn, AISHA.access_code, str(AISHA.birth_year), "nearest")
TO_HOSPITAL = (*TO_PRIORITY, "nearest")
FAILED = "Something went wrong"

SAY_12 = r"12 numbers"
AGAIN = r"12 numbers|didn't get that|isn't|What do you need|what you need|UBRN"
PICTURE = {"NumMedia": "1", "MediaUrl0": "https://media.example/1", "MediaContentType0": "image/jpeg"}

ROWS = [
    ("UBRN of 11 digits", START, "11112222333", SAY_12),
    ("UBRN of 13 digits", START, "1111222233312", SAY_12),
    ("words for a UBRN", START, "my letter is upstairs", SAY_12),
    ("no postcode", TO_POSTCODE, "ZZ99 9", r"LS6 2AB|postcode"),
    ("postcode of nowhere near", TO_POSTCODE, "ZZ99 9ZZ", r"ZZ99 9ZZ|postcode"),
    ("option not on the list", TO_HOSPITAL, "47", r"(?i)number|name"),
    ("option nought", TO_HOSPITAL, "0", r"(?i)number|name"),
    ("negative option", TO_PRIORITY, "9", r"(?i)say 1"),
    ("emoji only", (), "🐸🐸", r"(?i)need|help"),
    ("emoji for a UBRN", START, "😭😭😭", SAY_12),
    ("picture when words were asked", START, "", r"(?i)can't look at pictures"),
    ("2,000 characters", (), "my garden has a blue gate. " * 75, r"(?i)need|help|person"),
    ("2,000 characters for a UBRN", START, "x" * 2000, SAY_12),
    ("2,000 digits for a UBRN", START, "1" * 2000, SAY_12),
    ("right-to-left marks", (), "\u202e\u2067hello\u2069\u202c", r"Onedoor"),
    ("right-to-left around a UBRN", START, f"\u202e{MAYA.ubrn}\u202c", r"access code"),
    ("Jinja", (), "{{ 7*7 }}", r"(?i)need|help"),
    ("Jinja for a UBRN", START, "{{ 7*7 }}{% for x in range(9999999) %}x{% endfor %}", SAY_12),
    ("Jinja for a postcode", TO_POSTCODE, "{{ 7*7 }}", r"LS6 2AB|postcode"),
    ("HTML", START, "<script>alert(1)</script><b>hi</b>", SAY_12),
    ("SQL", START, "'; DROP TABLE inbound; --", SAY_12),
    ("SQL for a code", (*START, MAYA.ubrn), "' OR 1=1 --", r"(?i)access code|word and 4 numbers|year"),
    ("only spaces", START, "   \n\t ", SAY_12),
    ("only spaces at first", (), "    ", r"(?i)need|help"),
    ("null characters", (), "he\x00ll\x00o", r"Onedoor"),
    ("only null characters", START, "\x00\x00", SAY_12),
    ("half a surrogate pair's worth of tags", (), "hello\U000e0041\U000e0042", r"Onedoor"),
    ("year of birth to come", TO_PRIORITY[:3], "2191", r"(?i)four numbers|1954"),
    ("a date for a year", TO_PRIORITY[:3], "yesterday", r"(?i)four numbers|1954"),
    ("a format string", START, "%s%s%n {0.__class__} ${HOME}", SAY_12),
    ("other digits", START, "١١١١٢٢٢٢٣٣٣", SAY_12),
    ("rocket science", (), "zxqv wplk", r"(?i)need|help|person"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "text", "meaning"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
async def test_gets_a_clear_answer(
    service: Service, before: tuple[str, ...], text: str, meaning: str
) -> None:
    citizen = new_number()
    if before:
        await service.say(citizen, *before)
    more = PICTURE if meaning.endswith("pictures") else {}
    answer = await service.ask(citizen, text, **more)
    assert re.search(meaning, answer), answer
    assert FAILED not in answer
    assert "49" not in answer
    assert "<" not in answer
    kept = await service.pool.fetch("SELECT done_at, attempts FROM inbound")
    assert len(kept) == len(before) + 1
    assert all(row["done_at"] and row["attempts"] <= 1 for row in kept)
    assert await service.pool.fetchval("SELECT count(*) FROM turn_record WHERE outcome = 'failed'") == 0
    assert await service.pool.fetchval("SELECT count(*) FROM escalation") == 0

    # The question that was open is open still: the right answer goes on.
    if before == START and "access code" not in answer:
        assert "access code" in await service.ask(citizen, MAYA.ubrn)
