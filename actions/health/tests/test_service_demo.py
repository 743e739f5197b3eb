"""The demonstration: enough to choose from, nobody real, and right again whenever it is started."""

import asyncio
import math
import re
from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from actions.health.client import Ers
from actions.health.service import DEMO_REFERRALS, DEMO_STORIES, load_demo
from actions.health.service.holidays import bank_holidays, is_working_day
from actions.health.service.invented import CLINICS, PROVIDERS
from actions.health.service.moves import REACHABLE
from actions.health.service.outcomes import Refusal
from actions.health.service.places import DISTRICTS, Place, locate
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

LONDON = ZoneInfo("Europe/London")
TODAY = date(2026, 3, 2)
HOME = "LS6 2CV"


async def everything(pool: Pool) -> dict[str, list[asyncpg.Record]]:
    tables = ("provider", "clinic", "service", "slot", "referral", "appointment")
    return {table: await pool.fetch(f"SELECT * FROM ers.{table} ORDER BY 1, 2") for table in tables}


def test_there_is_enough_to_choose_from() -> None:
    assert len(PROVIDERS) >= 40
    assert len({row[1] for row in PROVIDERS}) == len({row[0] for row in PROVIDERS}) == len(PROVIDERS)
    assert {row[4] for row in PROVIDERS} == {"public", "private", "voluntary"}
    assert len(CLINICS) == 12


async def test_at_least_five_providers_for_each_clinic(demo: Pool) -> None:
    rows = await demo.fetch(
        "SELECT clinic_type, count(DISTINCT ods) AS n FROM ers.service WHERE clinic_type <> 'TALK' GROUP BY 1"
    )
    assert len(rows) == 12
    assert min(row["n"] for row in rows) >= 5


async def test_nobody_real_is_in_it(demo: Pool) -> None:
    for row in PROVIDERS:
        # Letters that the last two of a real postcode never are.
        assert re.search(r"[CIKMOV][CIKMOV]?$", row[3]), row
    for each in (*DEMO_REFERRALS, *DEMO_STORIES):
        assert re.fullmatch(r"\+4477009001\d\d", each.phone)
        assert each.postcode is None or each.postcode[-1] in "CIKMOV"
    for row in await demo.fetch("SELECT phone, figures FROM ers.service"):
        assert re.fullmatch(r"0113 496 0\d{3}", row["phone"])
        assert row["figures"] == "invented for the demonstration"


async def test_slots_are_on_working_days_in_working_hours_for_half_a_year(demo: Pool) -> None:
    rows = await demo.fetch(
        """SELECT starts_at, ends_at FROM ers.slot JOIN ers.service ON service.id = service_id
           WHERE clinic_type <> 'TALK' AND starts_at > $1""",
        Clock().now,
    )
    assert len(rows) > 3000
    starts = [row["starts_at"].astimezone(LONDON) for row in rows]
    assert all(is_working_day(each.date()) for each in starts)
    assert all(9 <= each.hour < 17 for each in starts)
    assert all(row["ends_at"] - row["starts_at"] == timedelta(minutes=30) for row in rows)
    assert TODAY < min(each.date() for each in starts) < TODAY + timedelta(days=21)
    assert TODAY + timedelta(days=170) < max(each.date() for each in starts) < TODAY + timedelta(days=182)


async def test_started_again_on_the_same_day_it_changes_nothing(demo: Pool) -> None:
    before = await everything(demo)
    await load_demo(demo, TODAY)
    assert await everything(demo) == before


async def test_two_that_start_at_once_agree(pool: Pool) -> None:
    await asyncio.gather(load_demo(pool, TODAY), load_demo(pool, TODAY))
    before = await everything(pool)
    assert len(before["slot"]) == len({(row["service_id"], row["starts_at"]) for row in before["slot"]})
    await load_demo(pool, TODAY)
    assert await everything(pool) == before


@pytest.mark.parametrize("later", [timedelta(days=1), timedelta(weeks=9), timedelta(weeks=60)])
async def test_started_again_later_it_is_as_good_as_new(
    ers: Ers, demo: Pool, clock: Clock, later: timedelta
) -> None:
    found = await ers.search(clinic_type="KNEE", postcode=HOME)
    before = [each.appointment_wait.days or 0 for each in found]
    clock.now += later
    day = clock.now.date()
    await load_demo(demo, day)
    found = await ers.search(clinic_type="KNEE", postcode=HOME)
    after = [each.appointment_wait.days or 0 for each in found]
    # The first clinic day after the same lead: within a week and a bank holiday or two.
    assert all(abs(one - other) <= 14 for one, other in zip(before, after, strict=True))
    assert min(after) > 0
    assert {each.figure_date for each in found} == {day.replace(day=1)}
    last = await demo.fetchval("SELECT max(starts_at) FROM ers.slot")
    assert last.date() > day + timedelta(days=170)


async def test_what_citizens_did_stays_until_it_is_over(ers: Ers, demo: Pool, clock: Clock) -> None:
    knee, booked = DEMO_REFERRALS[0], DEMO_REFERRALS[4]
    services = await ers.search(clinic_type="KNEE", postcode=HOME)
    slot = (await ers.slots(services[0].id)).slots[0]
    mine = await ers.book(knee.ubrn, 1, slot.id, "k1")
    theirs = (await ers.referral_by_ubrn(booked.ubrn)).appointment
    assert theirs is not None
    await ers.cancel(booked.ubrn, 2, "PATIENT_ILL", "k2")
    await load_demo(demo, TODAY + timedelta(days=1))
    assert (await ers.referral_by_ubrn(knee.ubrn)).appointment == mine
    assert (await ers.referral_by_ubrn(booked.ubrn)).state == "APPT_CANCELLED_BY_PATIENT"
    clock.now = slot.start + timedelta(days=1)
    await load_demo(demo, clock.now.date())
    again = await ers.referral_by_ubrn(knee.ubrn)
    assert (again.state, again.appointment) == ("NOT_BOOKED", None)


async def test_the_story_that_begins_booked_is_booked_anew_when_it_is_over(
    ers: Ers, demo: Pool, clock: Clock
) -> None:
    booked = DEMO_REFERRALS[4]
    first = (await ers.referral_by_ubrn(booked.ubrn)).appointment
    assert first is not None
    assert first.start is not None
    clock.now = first.start + timedelta(days=3)
    await load_demo(demo, clock.now.date())
    second = (await ers.referral_by_ubrn(booked.ubrn)).appointment
    assert second is not None
    assert second.start is not None
    assert second.start > clock.now


def test_each_story_has_its_own_number_code_and_words() -> None:
    every = (*DEMO_REFERRALS, *DEMO_STORIES)
    assert len({each.ubrn for each in every}) == len({each.access_code for each in every}) == len(every)
    assert len({each.story for each in every}) == len({each.story_cy for each in every}) == len(every)
    # One telephone has two referrals; each other has its own.
    assert sorted(Counter(each.phone for each in every).values()) == [1] * (len(every) - 2) + [2]
    # Every state that a referral can be found in is somebody's.
    begun = {each.path[-1] for each in every if each.path} | {"NOT_BOOKED"}
    assert begun == set(REACHABLE) - {"APPT_CANCELLED_BY_PATIENT"}


async def test_every_story_is_as_it_says(ers: Ers) -> None:
    knee, cataract, nothing, rung, booked = DEMO_REFERRALS
    assert len({each.ubrn for each in DEMO_REFERRALS}) == len({each.phone for each in DEMO_REFERRALS}) == 5
    assert all(each.story and each.story_cy for each in DEMO_REFERRALS)
    for each in (knee, cataract):
        found = await ers.search(clinic_type=each.clinic_type, postcode=each.postcode, ubrn=each.ubrn)
        assert sum(one.bookable == "DIRECTLY_BOOKABLE" for one in found) >= 5
    found = await ers.search(clinic_type=nothing.clinic_type, sort_by="IWT", ubrn=nothing.ubrn)
    assert {one.bookable for one in found} == {"DIRECTLY_BOOKABLE"}
    assert {one.appointment_wait.days for one in found} == {None}
    found = await ers.search(clinic_type=rung.clinic_type, postcode=rung.postcode, ubrn=rung.ubrn)
    assert Counter(one.bookable for one in found) == {
        "INDIRECTLY_BOOKABLE": len(found) - 1,
        "DIRECTLY_BOOKABLE": 1,
    }
    assert (await ers.referral_by_ubrn(booked.ubrn)).state == "BOOKED"


# Published by the government for England.
@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
        (2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
        (2028, "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
    ],
)
def test_bank_holidays(year: int, days: str) -> None:
    assert sorted(bank_holidays(year)) == [date.fromisoformat(f"{year}-{day}") for day in days.split()]
    assert not any(is_working_day(day) for day in bank_holidays(year))


def miles(one: Place, other: Place) -> float:
    """The distance on a sphere by its vectors: another formula than the service's."""

    def vector(place: Place) -> tuple[float, float, float]:
        north, east = math.radians(place.latitude), math.radians(place.longitude)
        return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)

    return 3958.8 * 2 * math.asin(math.dist(vector(one), vector(other)) / 2)


async def test_the_distances_of_a_search(shared: Ers) -> None:
    for home in ("LS6 2CV", "BD23 1AA", "YO1 9AA"):
        for each in await shared.search(clinic_type="KNEE", postcode=home):
            assert each.distance == round(miles(locate(home), locate(each.provider.postcode)))


@pytest.mark.parametrize(
    ("one", "other", "about"),
    [
        ("LS1 1AA", "LS1 1AA", 0),
        ("LS1 1AA", "BD1 1AA", 8.4),
        ("LS1 1AA", "YO1 1AA", 22.1),
        ("BD23 1AA", "WF9 1AA", 39),
    ],
)
def test_distances(one: str, other: str, about: float) -> None:
    assert miles(locate(one), locate(other)) == pytest.approx(about, abs=1)


def test_every_district_around_is_known_and_near() -> None:
    wanted = [f"LS{n}" for n in range(1, 30)] + [f"BD{n}" for n in range(1, 25)]
    wanted += [f"WF{n}" for n in range(1, 18)] + [f"HX{n}" for n in range(1, 8)]
    wanted += [f"HD{n}" for n in range(1, 10)] + ["HG1", "HG2", "HG3", "YO1"]
    leeds = Place(53.8, -1.55)
    for district in wanted:
        assert miles(leeds, locate(f"{district} 1AA")) < 40, district
    for district, (latitude, longitude) in DISTRICTS.items():
        sectors = {locate(f"{district} {digit}AA") for digit in range(10)}
        assert len(sectors) == 10
        assert max(miles(Place(latitude, longitude), each) for each in sectors) < 0.5


@pytest.mark.parametrize(
    "postcode", ["", "LS", "LS1", "LS1 1A", "LS1 1AAA", "LS1 11A", "1LS 1AA", "ＬS1 1AA", "LS1 1AA\n;"]
)
def test_what_is_not_a_postcode(postcode: str) -> None:
    with pytest.raises(Refusal) as caught:
        locate(postcode)
    assert (caught.value.status, caught.value.code) == (422, "POSTCODE_UNKNOWN")
