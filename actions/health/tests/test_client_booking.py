"""What the client changes at the stand-in: holds, bookings, deferrals, cancellations, shortlists."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from itertools import permutations

import asyncpg
import pytest

from actions.health.client import CancelReason, Ers
from actions.health.referral import Slot
from actions.health.service import DEMO_REFERRALS
from actions.health.tests.conftest import copies, refusal
from tests.departments import Clock

KNEE, CATARACT, NOTHING_FREE, RUNG, BOOKED = DEMO_REFERRALS
HOME = "LS6 2CV"

type Pool = asyncpg.Pool[asyncpg.Record]


async def knee_slots(ers: Ers) -> tuple[Slot, ...]:
    nearest = await ers.search(clinic_type="KNEE", postcode=HOME)
    return (await ers.slots(nearest[0].id)).slots


async def test_a_held_slot_is_kept_from_others_for_five_minutes(ers: Ers, demo: Pool, clock: Clock) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    first, second, *_ = await knee_slots(ers)
    hold = await ers.hold(first.id, KNEE.ubrn, "k1")
    assert (hold.slot, hold.until) == (first, clock.now + timedelta(minutes=5))
    assert first not in await knee_slots(ers)
    assert await refusal(ers.hold(first.id, other, "k2")) == "SLOT_UNAVAILABLE"
    assert await refusal(ers.book(other, 1, first.id, "k3")) == "SLOT_UNAVAILABLE"
    clock.forward(minutes=2)
    assert (await ers.hold(first.id, KNEE.ubrn, "k4")).until == clock.now + timedelta(minutes=5)
    clock.forward(minutes=5)
    assert first in await knee_slots(ers)
    assert (await ers.book(other, 1, first.id, "k5")).slot_id == first.id
    assert await refusal(ers.hold(first.id, KNEE.ubrn, "k6")) == "SLOT_UNAVAILABLE"
    assert second in await knee_slots(ers)


async def test_holding_another_slot_moves_the_hold(ers: Ers) -> None:
    first, second, *_ = await knee_slots(ers)
    await ers.hold(first.id, KNEE.ubrn, "k1")
    await ers.hold(second.id, KNEE.ubrn, "k2")
    free = await knee_slots(ers)
    assert first in free
    assert second not in free


async def test_a_hold_that_is_refused_leaves_the_one_before(ers: Ers, demo: Pool) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    first, second, *_ = await knee_slots(ers)
    await ers.hold(first.id, KNEE.ubrn, "k1")
    await ers.hold(second.id, other, "k2")
    assert await refusal(ers.hold(second.id, KNEE.ubrn, "k3")) == "SLOT_UNAVAILABLE"
    assert first not in await knee_slots(ers)


async def test_a_hold_is_given_back_by_its_holder_alone(ers: Ers, demo: Pool) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    first, *_ = await knee_slots(ers)
    await ers.hold(first.id, KNEE.ubrn, "k1")
    await ers.release(first.id, other, "k2")
    assert first not in await knee_slots(ers)
    for key in ("k3", "k4"):
        await ers.release(first.id, KNEE.ubrn, key)
        assert first in await knee_slots(ers)


async def test_two_who_swap_slots_at_once_do_not_deadlock(ers: Ers, demo: Pool) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    first, second, *_ = await knee_slots(ers)
    for _ in range(10):
        await ers.hold(first.id, KNEE.ubrn, "k")
        await ers.hold(second.id, other, "k")
        found = await asyncio.gather(
            refusal(ers.hold(second.id, KNEE.ubrn, "k")), refusal(ers.hold(first.id, other, "k"))
        )
        assert set(found) <= {"done", "SLOT_UNAVAILABLE"}
        await ers.release(first.id, other, "k")
        await ers.release(second.id, KNEE.ubrn, "k")
        await ers.release(first.id, KNEE.ubrn, "k")
        await ers.release(second.id, other, "k")


async def test_books_the_slot_that_is_held(ers: Ers) -> None:
    first, second, *_ = await knee_slots(ers)
    await ers.hold(first.id, KNEE.ubrn, "k1")
    appointment = await ers.book(KNEE.ubrn, 1, first.id, "k2")
    assert (appointment.status, appointment.slot_id, appointment.version) == ("booked", first.id, 2)
    assert (appointment.start, appointment.end) == (first.start, first.end)
    assert appointment.service_id == first.service_id
    assert appointment.provider_name in appointment.service_name
    assert appointment.contact_by is None
    referral = await ers.referral_by_ubrn(KNEE.ubrn)
    assert (referral.state, referral.version, referral.appointment) == ("BOOKED", 2, appointment)
    assert [each.id for each in referral.shortlist] == [first.service_id]
    free = await knee_slots(ers)
    assert first not in free
    assert second in free


async def test_booking_another_slot_gives_the_held_one_back(ers: Ers) -> None:
    first, second, *_ = await knee_slots(ers)
    await ers.hold(first.id, KNEE.ubrn, "k1")
    await ers.book(KNEE.ubrn, 1, second.id, "k2")
    assert first in await knee_slots(ers)


async def test_the_same_key_books_once_and_is_answered_the_same(ers: Ers, demo: Pool) -> None:
    first, second, *_ = await knee_slots(ers)
    appointment = await ers.book(KNEE.ubrn, 1, first.id, "k1")
    for _ in range(3):
        assert await ers.book(KNEE.ubrn, 1, first.id, "k1") == appointment
    assert await refusal(ers.book(KNEE.ubrn, 1, second.id, "k1")) == "KEY_REUSED"
    assert await refusal(ers.book(CATARACT.ubrn, 1, first.id, "k1")) == "KEY_REUSED"
    assert await demo.fetchval("SELECT count(*) FROM ers.appointment WHERE ubrn = $1", KNEE.ubrn) == 1


async def test_a_repeat_may_know_of_a_newer_version(ers: Ers) -> None:
    first, *_ = await knee_slots(ers)
    booked = await ers.book(KNEE.ubrn, 1, first.id, "k1")
    assert await ers.book(KNEE.ubrn, 2, first.id, "k1") == booked
    cancelled = await ers.cancel(KNEE.ubrn, 2, "PATIENT_ILL", "k2")
    assert await ers.cancel(KNEE.ubrn, 3, "PATIENT_ILL", "k2") == cancelled
    listed = await ers.shortlist(KNEE.ubrn, 3, [first.service_id], "k3")
    assert await ers.shortlist(KNEE.ubrn, 4, [first.service_id], "k3") == listed


async def test_the_same_key_twenty_times_at_once_books_once(ers: Ers, demo: Pool) -> None:
    first, *_ = await knee_slots(ers)
    found = await asyncio.gather(*(ers.book(KNEE.ubrn, 1, first.id, "k1") for _ in range(20)))
    assert len(set(found)) == 1
    assert await demo.fetchval("SELECT count(*) FROM ers.appointment WHERE ubrn = $1", KNEE.ubrn) == 1
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).version == 2


async def test_a_key_whose_call_was_refused_is_free(ers: Ers, demo: Pool) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    first, second, *_ = await knee_slots(ers)
    await ers.hold(first.id, other, "k1")
    assert await refusal(ers.book(KNEE.ubrn, 1, first.id, "k2")) == "SLOT_UNAVAILABLE"
    assert (await ers.book(KNEE.ubrn, 1, second.id, "k2")).slot_id == second.id


async def test_fifty_bookings_of_one_slot_at_once_book_exactly_one(ers: Ers, demo: Pool) -> None:
    citizens = await copies(demo, KNEE.ubrn, 50)
    first, *_ = await knee_slots(ers)
    found = await asyncio.gather(*(refusal(ers.book(each, 1, first.id, each)) for each in citizens))
    assert Counter(found) == {"done": 1, "SLOT_UNAVAILABLE": 49}
    states = await demo.fetch("SELECT state FROM ers.referral WHERE ubrn LIKE '9%'")
    assert Counter(row["state"] for row in states) == {"BOOKED": 1, "NOT_BOOKED": 49}
    assert await demo.fetchval("SELECT count(*) FROM ers.appointment WHERE slot_id = $1", int(first.id)) == 1


async def test_one_referral_booked_into_ten_slots_at_once_has_one(ers: Ers, demo: Pool) -> None:
    slots = (await knee_slots(ers))[:10]
    found = await asyncio.gather(*(refusal(ers.book(KNEE.ubrn, 1, each.id, each.id)) for each in slots))
    assert Counter(found) == {"done": 1, "VERSION_CONFLICT": 9}
    assert await demo.fetchval("SELECT count(*) FROM ers.slot WHERE booked_by = $1", KNEE.ubrn) == 1


@pytest.mark.parametrize("version", [0, 2, 99_999])
async def test_an_old_or_future_version_changes_nothing(ers: Ers, version: int) -> None:
    first, *_ = await knee_slots(ers)
    assert await refusal(ers.book(KNEE.ubrn, version, first.id, "k1")) == "VERSION_CONFLICT"
    assert await refusal(ers.defer(KNEE.ubrn, version, first.service_id, "k2")) == "VERSION_CONFLICT"
    assert await refusal(ers.shortlist(KNEE.ubrn, version, [first.service_id], "k3")) == "VERSION_CONFLICT"
    assert await refusal(ers.cancel(BOOKED.ubrn, version + 1, "PATIENT_ILL", "k4")) == "VERSION_CONFLICT"
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).version == 1
    assert first in await knee_slots(ers)


async def test_a_slot_that_is_over_or_for_something_else(ers: Ers, clock: Clock) -> None:
    first, *_ = await knee_slots(ers)
    assert await refusal(ers.book(CATARACT.ubrn, 1, first.id, "k1")) == "INAPPROPRIATE_SLOT"
    assert await refusal(ers.hold(first.id, CATARACT.ubrn, "k2")) == "INAPPROPRIATE_SLOT"
    clock.now = first.start
    assert first not in await knee_slots(ers)
    assert await refusal(ers.book(KNEE.ubrn, 1, first.id, "k3")) == "SLOT_UNAVAILABLE"


async def test_a_booked_referral_is_not_booked_again(ers: Ers) -> None:
    first, second, *_ = await knee_slots(ers)
    await ers.book(KNEE.ubrn, 1, first.id, "k1")
    assert await refusal(ers.book(KNEE.ubrn, 2, second.id, "k2")) == "INVALID_REQUEST_STATE"
    # Another time may be kept while the citizen decides; the first is theirs until they give it up.
    assert (await ers.hold(second.id, KNEE.ubrn, "k3")).slot == second
    assert await refusal(ers.defer(KNEE.ubrn, 2, second.service_id, "k4")) == "INVALID_REQUEST_STATE"
    assert await refusal(ers.shortlist(KNEE.ubrn, 2, [second.service_id], "k5")) == "INVALID_REQUEST_STATE"


async def test_defers_where_nothing_is_free(ers: Ers, clock: Clock) -> None:
    service = (await ers.search(clinic_type=NOTHING_FREE.clinic_type, postcode=HOME))[0]
    deferral = await ers.defer(NOTHING_FREE.ubrn, 1, service.id, "k1")
    assert (deferral.status, deferral.slot_id, deferral.start) == ("proposed", None, None)
    assert deferral.contact_by == clock.now.date() + timedelta(days=service.contact_days)
    assert await ers.defer(NOTHING_FREE.ubrn, 1, service.id, "k1") == deferral
    referral = await ers.referral_by_ubrn(NOTHING_FREE.ubrn)
    assert (referral.state, referral.version, referral.appointment) == ("DEFERRED_TO_PROVIDER", 2, deferral)


async def test_defers_only_with_a_reason(ers: Ers, demo: Pool) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    lost, free, *_ = await knee_slots(ers)
    service_id = lost.service_id

    def defer(slot_id: str | None) -> Awaitable[object]:
        return ers.defer(KNEE.ubrn, 1, service_id, "k1", lost_slot_id=slot_id)

    assert await refusal(defer(None)) == "SLOTS_CURRENTLY_AVAILABLE"
    assert await refusal(defer(free.id)) == "THIS_SLOT_IS_AVAILABLE"
    assert await refusal(defer("1")) == "REFERENCE_NOT_FOUND"
    await ers.book(other, 1, lost.id, "k2")
    assert await refusal(defer(lost.id)) == "done"


async def test_a_service_that_is_rung_is_not_deferred_to(ers: Ers) -> None:
    found = await ers.search(clinic_type=RUNG.clinic_type, postcode=HOME)
    rung = [each for each in found if each.bookable == "INDIRECTLY_BOOKABLE"]
    assert len(rung) > len(found) / 2
    assert await refusal(ers.defer(RUNG.ubrn, 1, rung[0].id, "k1")) == "INAPPROPRIATE_VALUE"
    assert await refusal(ers.defer(KNEE.ubrn, 1, rung[0].id, "k2")) == "INAPPROPRIATE_SLOT"


@pytest.mark.parametrize(
    ("reason", "comment", "code"),
    [
        ("PATIENT_ILL", None, "done"),
        ("PATIENT_HOLIDAY", "Two weeks in Wales – sŵn y môr", "done"),
        ("PATIENT_OTHER_ENGAGEMENT", "A wedding", "done"),
        ("PATIENT_APPOINTMENT_CANCELLATION_OTHER", "It's better", "done"),
        ("PATIENT_OTHER_ENGAGEMENT", None, "MISSING_VALUE"),
        ("PATIENT_APPOINTMENT_CANCELLATION_OTHER", None, "MISSING_VALUE"),
        ("CLINIC_CANCELLED", None, "INVALID_CODE"),
        ("PATIENT_ILL", "x" * 1001, "INVALID_VALUE"),
        ("PATIENT_ILL", "a\x00b", "INVALID_VALUE"),
        ("PATIENT_ILL", "\ud800", "INVALID_VALUE"),
    ],
)
async def test_cancels_for_a_patients_reasons(
    ers: Ers, reason: CancelReason, comment: str | None, code: str
) -> None:
    before = await ers.referral_by_ubrn(BOOKED.ubrn)
    assert await refusal(ers.cancel(BOOKED.ubrn, 2, reason, "k1", comment=comment)) == code
    after = await ers.referral_by_ubrn(BOOKED.ubrn)
    if code != "done":
        assert after == before
        return
    assert (after.state, after.version, after.appointment) == ("APPT_CANCELLED_BY_PATIENT", 3, None)
    assert await ers.cancel(BOOKED.ubrn, 2, reason, "k1", comment=comment) == after
    assert await refusal(ers.cancel(BOOKED.ubrn, 3, reason, "k2", comment=comment)) == "INVALID_REQUEST_STATE"
    assert before.appointment is not None
    assert before.appointment.slot_id is not None
    cancelled = await ers.appointment(before.appointment.id)
    assert (cancelled.status, cancelled.slot_id) == ("cancelled", before.appointment.slot_id)
    again = await ers.book(BOOKED.ubrn, 3, before.appointment.slot_id, "k3")
    assert (again.start, again.version) == (before.appointment.start, 4)
    assert again.id != before.appointment.id


async def test_the_shortlist_is_kept_in_its_order(ers: Ers) -> None:
    found = [each.id for each in await ers.search(clinic_type="KNEE", postcode=HOME)][:3]
    version = 1
    for order in permutations(found):
        referral = await ers.shortlist(KNEE.ubrn, version, order, f"k{version}")
        assert [each.id for each in referral.shortlist] == list(order)
        version += 1
        assert referral.version == version
    assert await ers.shortlist(KNEE.ubrn, version - 1, order, f"k{version - 1}") == referral


@pytest.mark.parametrize(
    ("services", "code"),
    [
        ([], "INVALID_VALUE"),
        (["11001", "11001"], "INVALID_VALUE"),
        ([str(each) for each in range(11001, 11022)], "INVALID_VALUE"),
        (["999999"], "REFERENCE_NOT_FOUND"),
        (["11039"], "INAPPROPRIATE_SLOT"),
    ],
)
async def test_a_shortlist_that_is_refused(ers: Ers, services: list[str], code: str) -> None:
    assert await refusal(ers.shortlist(KNEE.ubrn, 1, services, "k1")) == code
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).shortlist == ()


async def test_a_preference_is_kept_once(ers: Ers, demo: Pool) -> None:
    words = "Prefers exercise. “I look after my grandchildren.”"
    first = await ers.tell_preference(KNEE.ubrn, words, "preference-1")
    assert await ers.tell_preference(KNEE.ubrn, words, "preference-1") == first
    assert await refusal(ers.tell_preference(KNEE.ubrn, "Another.", "preference-1")) == "KEY_REUSED"
    assert await refusal(ers.tell_preference("999999999999", words, "preference-2")) == "REFERENCE_NOT_FOUND"
    assert await refusal(ers.tell_preference(KNEE.ubrn, "x" * 1001, "preference-3")) == "INVALID_VALUE"
    kept = await demo.fetch("SELECT id::text, ubrn, words FROM ers.communication")
    assert [tuple(row) for row in kept] == [(first, KNEE.ubrn, words)]
