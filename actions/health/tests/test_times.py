"""When it suits a citizen: days, months and parts of the day, in both languages."""

from datetime import UTC, datetime

import pytest

from actions.health.referral import Slot
from actions.health.times import that_suit, wanted

SLOTS = [
    Slot(str(at), "1", start, start)
    for at, start in enumerate(
        [
            datetime(2027, 1, 4, 9, 30, tzinfo=UTC),  # a Monday
            datetime(2027, 1, 5, 14, 0, tzinfo=UTC),
            datetime(2027, 3, 2, 10, 0, tzinfo=UTC),  # a Tuesday in March
            datetime(2027, 3, 3, 13, 30, tzinfo=UTC),
            datetime(2027, 6, 7, 11, 30, tzinfo=UTC),  # 12:30 in London
        ]
    )
]


@pytest.mark.parametrize(
    ("said", "fit"),
    [
        ("tuesday", "12"),
        ("on a tuesday morning", "2"),
        ("in the afternoon", "134"),
        ("in march", "23"),
        ("a wednesday in march", "3"),
        ("mondays", "04"),
        ("dydd llun", "04"),
        ("bore dydd llun", "0"),
        ("dydd mawrth", "123"),  # and March, which is the same word
        ("ym mis mehefin", "4"),
        ("", "01234"),
    ],
)
def test_times_that_suit(said: str, fit: str) -> None:
    assert "".join(slot.id for slot in SLOTS if wanted(said).fits(slot.start)) == fit


def test_where_none_suits_all_are_shown_and_it_is_said() -> None:
    assert that_suit(SLOTS, "saturday", 2) == (
        [{"id": slot.id, "start": slot.start.isoformat()} for slot in SLOTS[:2]],
        True,
    )
    assert that_suit([], "saturday", 2) == ([], False)
    assert that_suit(SLOTS, "monday", 1)[1] is False
