"""Bookings that move: to another slot in one step, and to what a hospital offers for a time it cancelled."""

import asyncio
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest

from actions.health.client import Ers
from actions.health.referral import Appointment, Slot
from actions.health.service import DEMO_REFERRALS, DEMO_STORIES, DemoReferral, load_demo
from actions.health.service.offers import NOTICE
from actions.health.staff.operator import Operator
from actions.health.tests.conftest import copies, refusal
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

KNEE, CATARACT, NOTHING_FREE, RUNG, BOOKED = DEMO_REFERRALS
STORY = {each.path[-1]: each for each in DEMO_STORIES if each.path}
HOME = "LS6 2CV"


async def knee_slots(ers: Ers, nearest: int = 0) -> tuple[Slot, ...]:
    found = await ers.search(clinic_type="KNEE", postcode=HOME)
    return (await ers.slots(found[nearest].id, count=60)).slots


async def booked(ers: Ers, ubrn: str, slot: Slot) -> Appointment:
    return await ers.book(ubrn, (await ers.referral_by_ubrn(ubrn)).version, slot.id, f"book-{ubrn}-{slot.id}")


async def test_a_booking_moves_and_its_slot_comes_free(ers: Ers) -> None:
    first, second, *_ = await knee_slots(ers)
    before = await booked(ers, KNEE.ubrn, second)
    moved = await ers.rebook(KNEE.ubrn, before.version, first.id, "k1")
    assert (moved.slot_id, moved.start, moved.status) == (first.id, first.start, "booked")
    assert moved.id != before.id
    assert moved.version > before.version
    now = await ers.referral_by_ubrn(KNEE.ubrn)
    assert (now.state, now.version, now.appointment) == ("BOOKED", moved.version, moved)
    assert (await ers.appointment(before.id)).status == "cancelled"
    free = await knee_slots(ers)
    assert second in free
    assert first not in free
    assert await ers.rebook(KNEE.ubrn, moved.version, first.id, "k1") == moved


async def test_a_deferral_moves_to_a_slot(ers: Ers, demo: Pool) -> None:
    story = STORY["DEFERRED_TO_PROVIDER"]
    deferred = await ers.referral_by_ubrn(story.ubrn)
    assert deferred.appointment is not None
    slot_id = await demo.fetchval(
        """INSERT INTO ers.slot (service_id, starts_at, ends_at)
           VALUES ($1, '2026-04-01 09:00Z', '2026-04-01 09:30Z') RETURNING id""",
        int(deferred.appointment.service_id),
    )
    moved = await ers.rebook(story.ubrn, deferred.version, str(slot_id), "k1")
    assert (moved.status, moved.slot_id) == ("booked", str(slot_id))
    assert (await ers.referral_by_ubrn(story.ubrn)).state == "BOOKED"


async def test_a_move_that_is_refused_leaves_the_booking(ers: Ers, demo: Pool, clock: Clock) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    first, second, third, *_ = await knee_slots(ers)
    mine = await booked(ers, KNEE.ubrn, second)
    await booked(ers, other, first)
    cataract = (await ers.search(clinic_type="CATARACT", postcode=HOME))[0]
    elsewhere = (await ers.slots(cataract.id)).slots[0]
    for slot_id, version, code in (
        (first.id, mine.version, "SLOT_UNAVAILABLE"),
        (second.id, mine.version, "SLOT_UNAVAILABLE"),  # it has that one
        (third.id, mine.version - 1, "VERSION_CONFLICT"),
        (third.id, mine.version + 1, "VERSION_CONFLICT"),
        (elsewhere.id, mine.version, "INAPPROPRIATE_SLOT"),
        ("999", mine.version, "REFERENCE_NOT_FOUND"),
        ("x", mine.version, "INVALID_VALUE"),
    ):
        assert await refusal(ers.rebook(KNEE.ubrn, version, slot_id, f"{slot_id}-{version}")) == code
    clock.now = third.start
    assert await refusal(ers.rebook(KNEE.ubrn, mine.version, third.id, "over")) == "SLOT_UNAVAILABLE"
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).appointment == mine
    assert await demo.fetchval("SELECT count(*) FROM ers.slot WHERE booked_by = $1", KNEE.ubrn) == 1
    free = CATARACT.ubrn
    assert await refusal(ers.rebook(free, 1, elsewhere.id, "not-booked")) == "INVALID_REQUEST_STATE"


async def test_fifty_who_move_to_one_freed_slot_at_once_move_exactly_one(ers: Ers, demo: Pool) -> None:
    citizens = await copies(demo, KNEE.ubrn, 50)
    wanted, *_ = await knee_slots(ers)
    others = [slot for nearest in range(1, 6) for slot in await knee_slots(ers, nearest)][:50]
    assert len(others) == 50
    mine = [await booked(ers, each, slot) for each, slot in zip(citizens, others, strict=True)]
    found = await asyncio.gather(
        *(refusal(ers.rebook(each.ubrn, each.version, wanted.id, f"move-{each.ubrn}")) for each in mine)
    )
    assert Counter(found) == {"done": 1, "SLOT_UNAVAILABLE": 49}
    winner = citizens[found.index("done")]
    for each, before in zip(citizens, mine, strict=True):
        now = (await ers.referral_by_ubrn(each)).appointment
        assert now is not None
        assert now.slot_id == (wanted.id if each == winner else before.slot_id)
        assert (now == before) is (each != winner)
    rows = await demo.fetch(
        "SELECT booked_by, count(*) AS n FROM ers.slot WHERE booked_by LIKE '9%' GROUP BY 1"
    )
    assert {row["booked_by"]: row["n"] for row in rows} == dict.fromkeys(citizens, 1)
    assert [wanted.id, others[citizens.index(winner)].id] == [
        str(row["slot_id"])
        for kind in ("slot_taken", "slot_free")
        for row in await demo.fetch(
            "SELECT slot_id FROM ers.change WHERE kind = $1 ORDER BY number DESC LIMIT 1", kind
        )
    ]


async def test_two_who_would_swap_at_once_both_stay(ers: Ers, demo: Pool) -> None:
    one, other = await copies(demo, KNEE.ubrn, 2)
    first, second, *_ = await knee_slots(ers)
    mine, theirs = await booked(ers, one, first), await booked(ers, other, second)
    for turn in range(10):
        found = await asyncio.gather(
            refusal(ers.rebook(one, mine.version, second.id, f"a{turn}")),
            refusal(ers.rebook(other, theirs.version, first.id, f"b{turn}")),
        )
        assert list(found) == ["SLOT_UNAVAILABLE"] * 2


async def test_a_hospital_that_cancels_offers_the_next_time_of_the_same_service(
    ers: Ers, operator: Operator, clock: Clock
) -> None:
    slots = await knee_slots(ers)
    mine = await booked(ers, KNEE.ubrn, slots[3])
    await operator.move(KNEE.ubrn, "APPT_CANCELLED_BY_PROVIDER", "k1")
    now = await ers.referral_by_ubrn(KNEE.ubrn)
    assert (now.state, now.appointment) == ("APPT_CANCELLED_BY_PROVIDER", None)
    offer = now.offer
    assert offer is not None
    expected = next(each for each in slots if each.start > clock.now + NOTICE)
    assert (offer.slot_id, offer.service_id, offer.start) == (expected.id, mine.service_id, expected.start)
    assert offer.until == clock.now + timedelta(hours=48)
    free = await knee_slots(ers)
    assert expected not in free
    assert slots[3] not in free  # that clinic does not take place
    taken = await ers.book(KNEE.ubrn, now.version, offer.slot_id, "k2")
    assert taken.start == offer.start
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).offer is None


async def test_an_offer_outlasts_the_holds_of_choosing(
    ers: Ers, operator: Operator, demo: Pool, clock: Clock
) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    slots = await knee_slots(ers)
    await booked(ers, KNEE.ubrn, slots[3])
    cancelled = await operator.move(KNEE.ubrn, "APPT_CANCELLED_BY_PROVIDER", "k1")
    offer = cancelled.offer
    assert offer is not None
    held = await ers.hold(offer.slot_id, KNEE.ubrn, "k2")
    assert held.until == offer.until
    await ers.release(offer.slot_id, KNEE.ubrn, "k3")
    await ers.hold(slots[5].id, KNEE.ubrn, "k4")
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).offer == offer
    assert await refusal(ers.book(other, 1, offer.slot_id, "k5")) == "SLOT_UNAVAILABLE"
    clock.forward(hours=47, minutes=59)
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).offer == offer
    clock.forward(minutes=1)
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).offer is None
    assert (await ers.book(other, 1, offer.slot_id, "k6")).slot_id == offer.slot_id


async def test_taking_another_time_gives_the_offer_back(ers: Ers, operator: Operator) -> None:
    slots = await knee_slots(ers)
    await booked(ers, KNEE.ubrn, slots[3])
    now = await operator.move(KNEE.ubrn, "APPT_CANCELLED_BY_PROVIDER", "k1")
    assert now.offer is not None
    await ers.book(KNEE.ubrn, now.version, slots[7].id, "k2")
    assert now.offer.slot_id in {each.id for each in await knee_slots(ers)}


async def test_where_the_hospital_has_nothing_the_nearest_other_is_offered(
    ers: Ers, operator: Operator, demo: Pool
) -> None:
    found = await ers.search(clinic_type="KNEE", postcode=HOME, ubrn=KNEE.ubrn)
    first, *_ = await knee_slots(ers)
    await booked(ers, KNEE.ubrn, first)
    await demo.execute(
        "DELETE FROM ers.slot WHERE service_id = $1 AND booked_by IS NULL", int(first.service_id)
    )
    now = await operator.move(KNEE.ubrn, "APPT_CANCELLED_BY_PROVIDER", "k1")
    offer = now.offer
    assert offer is not None
    next_best = next(
        each for each in found
        if each.id != first.service_id and each.bookable == "DIRECTLY_BOOKABLE"
    )  # fmt: skip
    assert (offer.service_id, offer.provider_name) == (next_best.id, next_best.provider.name)


async def test_where_nobody_has_anything_there_is_no_offer(ers: Ers, operator: Operator, demo: Pool) -> None:
    first, *_ = await knee_slots(ers)
    await booked(ers, KNEE.ubrn, first)
    await demo.execute("UPDATE ers.slot SET withdrawn = true WHERE booked_by IS NULL")
    now = await operator.move(KNEE.ubrn, "APPT_CANCELLED_BY_PROVIDER", "k1")
    assert (now.state, now.offer) == ("APPT_CANCELLED_BY_PROVIDER", None)


async def test_a_clinic_that_is_cancelled_moves_all_who_are_booked_that_day(
    ers: Ers, operator: Operator, demo: Pool
) -> None:
    slots = await knee_slots(ers)
    day = slots[0].start.date()
    within = [each for each in slots if each.start.date() == day]
    after = next(each for each in slots if each.start.date() > day)
    citizens = await copies(demo, KNEE.ubrn, len(within))
    for each, slot in zip(citizens[:2], within[:2], strict=True):
        await booked(ers, each, slot)
    await booked(ers, KNEE.ubrn, after)
    lost = await operator.cancel_clinic(slots[0].service_id, day, "k1")
    assert lost == tuple(citizens[:2])
    offers = set()
    for each in lost:
        now = await ers.referral_by_ubrn(each)
        assert now.state == "APPT_CANCELLED_BY_PROVIDER"
        assert now.offer is not None
        offers.add(now.offer.slot_id)
    assert len(offers) == 2
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).state == "BOOKED"
    assert not any(each.start.date() == day for each in await knee_slots(ers))
    assert await operator.cancel_clinic(slots[0].service_id, day, "k1") == lost
    assert await operator.cancel_clinic(slots[0].service_id, day, "k2") == ()


async def test_clinics_cancelled_while_citizens_move_leave_nobody_in_a_slot_that_is_gone(
    ers: Ers, operator: Operator, demo: Pool
) -> None:
    slots = await knee_slots(ers)
    day = slots[0].start.date()
    within = [each for each in slots if each.start.date() == day]
    after = [each for each in slots if each.start.date() > day]
    citizens = await copies(demo, KNEE.ubrn, 12)
    mine = [await booked(ers, each, slot) for each, slot in zip(citizens, after[:12], strict=True)]
    found = await asyncio.gather(
        *(
            refusal(ers.rebook(each.ubrn, each.version, within[n % len(within)].id, f"m{n}"))
            for n, each in enumerate(mine)
        ),
        *(refusal(operator.cancel_clinic(slots[0].service_id, day, f"c{n}")) for n in range(3)),
    )
    assert set(found) <= {"done", "SLOT_UNAVAILABLE"}
    await operator.cancel_clinic(slots[0].service_id, day, "last")
    assert await demo.fetchval("SELECT count(*) FROM ers.slot WHERE withdrawn AND booked_by IS NOT NULL") == 0
    rows = await demo.fetch(
        """SELECT state, count(appointment.id) AS n FROM ers.referral LEFT JOIN ers.appointment
               ON appointment.ubrn = referral.ubrn AND status = 'booked'
           WHERE referral.ubrn LIKE '9%' GROUP BY referral.ubrn"""
    )
    assert {(row["state"], row["n"]) for row in rows} <= {("BOOKED", 1), ("APPT_CANCELLED_BY_PROVIDER", 0)}


@pytest.mark.parametrize("story", DEMO_STORIES, ids=lambda story: story.given_name)
async def test_a_story_begins_as_it_says_and_again_when_asked(
    ers: Ers, operator: Operator, demo: Pool, clock: Clock, story: DemoReferral
) -> None:
    first = await ers.referral(story.ubrn, story.access_code, story.birth_year)
    state = story.path[-1] if story.path else "NOT_BOOKED"
    assert (first.state, first.advice, first.priority) == (state, story.advice, story.priority)
    assert (first.offer is not None) is (state == "APPT_CANCELLED_BY_PROVIDER")
    assert first in await ers.referrals_of(story.phone)
    again = await operator.begin_again(story.ubrn, "k1")
    assert again.state == state
    assert again.version > first.version
    assert (await ers.changes(0)).changes == ()
    assert await demo.fetchval("SELECT count(*) FROM ers.slot WHERE booked_by = $1", story.ubrn) <= 2
    clock.forward(days=90)
    await load_demo(demo, clock.now.date())
    later = await ers.referral_by_ubrn(story.ubrn)
    assert later.state == state
    assert later.referred_on == clock.now.date() - timedelta(days=story.referred_days)
