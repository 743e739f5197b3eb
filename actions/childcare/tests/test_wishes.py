"""What is read from a family's own words: what it wants done, for how much, for when; what it asks about."""

from datetime import UTC, date, datetime

import pytest

from actions.childcare.wishes import read_topic, read_wish

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday
NEXT = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("said", "errand", "change"),
    [
        ("charged too much", "change", "charged"),
        ("jan hughes charged me for friday and ruby wasnt there", "change", "charged"),
        ("codi gormod", "change", "charged"),
        ("leo went all week pay them", "change", "came"),
        ("my childcare booking", "change", None),
        ("fy mwcin gofal plant", "change", None),
        ("can you stop the booking", "change", "give_up"),
        ("can my mum be paid to look after my lad from the credit", "rule", None),
        ("can i pay my sister she's registered as a childminder", "rule", None),
        ("what about a nanny", "rule", None),
        ("ga i dalu fy chwaer am warchod", "rule", None),
        ("my friend recommended little acorns pay them £40", "pay", None),
        ("half to sunny side half to jan hughes for next week", "split", None),
        ("£20 to Little Acorns and £15 to Jan Hughes", "split", None),
        ("£20 for leo and £20 for noah to little acorns", "pay", None),
        ("how many hours will my credit buy at sunny side", "check", None),
    ],
)
def test_what_a_message_wants_done(said: str, errand: str, change: str | None) -> None:
    """The errand, and of a booking what is to be done with it."""
    wish = read_wish(said, NOW)
    assert (wish.errand, wish.change) == (errand, change)


@pytest.mark.parametrize(
    ("said", "amounts"),
    [
        ("pay my nursery 60 for next week", (6000,)),
        ("25 to Kestrels after school club", (2500,)),
        ("send little stars 35.50 please", (3550,)),
        ("little acorns 20 each for both kids next week", (2000,)),
        ("30 next week", (3000,)),
        ("2", ()),
        ("monday 30", ()),
        ("the second one", ()),
        ("pay sunny side for 12 march", ()),
        ("book from 9 to 3 at sunny side", ()),
        ("pay for 3 sessions at toddlers", ()),
        ("need a nursery for 2 from january", ()),
        ("2 to little acorns and 3 to sunny side", ()),
        ("my ref is 2000000011 born 1979", ()),
    ],
)
def test_a_sum_may_have_no_sign(said: str, amounts: tuple[int, ...]) -> None:
    """A bare figure counts where it can be nothing but a sum."""
    assert read_wish(said, NOW).amounts == amounts


@pytest.mark.parametrize(
    ("said", "monday"),
    [
        ("£20 to little acorns nxt wk", NEXT),
        ("pay little acorns £20 for 6 weeks ago", date(2026, 10, 12)),
        ("£20 i Jan Hughes am 2 wythnos yn ôl", date(2026, 11, 9)),
        ("book little acorns in 3 weeks", date(2026, 12, 14)),
        ("£20 to sunny side in a fortnight", date(2026, 12, 7)),
    ],
)
def test_weeks_off_are_counted(said: str, monday: date) -> None:
    """Also those that can't be paid for, which is then said."""
    assert read_wish(said, NOW).monday == monday


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("got a txt sayin my childcare is goin down", "changes"),
        ("pam mae fy nghredyd yn mynd i lawr", "changes"),
        ("the nursery hasnt confirmed yet", "bookings"),
        ("mae'r feithrinfa heb gadarnhau", "bookings"),
        ("reconfirm", "confirm"),
        ("do i get help with nursery costs im a single mum on low wage", "apply"),
        ("ydw i'n cael help gyda chostau gofal plant", "apply"),
        ("something changed for my childcare", "changed"),
        ("mae rhywbeth wedi newid i fy ngofal plant", "changed"),
        ("what changed in my childcare credit", "changes"),
        ("why is my childcare credit that much", "why"),
    ],
)
def test_what_a_question_is_about(said: str, topic: str) -> None:
    """What our own texts tell people to say is among it."""
    assert read_topic(said) == topic
