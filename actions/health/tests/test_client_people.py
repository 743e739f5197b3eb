"""Whose referrals a telephone has, carers who act for a patient, talks with a nurse, answers afterwards."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from actions.health.client import Ers
from actions.health.referral import Answers
from actions.health.service import DEMO_REFERRALS, DEMO_STORIES
from actions.health.staff.operator import Operator
from actions.health.tests.conftest import copies, refusal
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

KNEE, CATARACT, _, _, BOOKED = DEMO_REFERRALS
STORY = {each.path[-1]: each for each in DEMO_STORIES if each.path}
PATIENT = next(each for each in DEMO_STORIES if each.carer)
CARER = "+447700900500"
TODAY = date(2026, 3, 2)
HOME = "LS6 2CV"


async def test_a_telephone_has_all_its_referrals(ers: Ers) -> None:
    mine = [each for each in (*DEMO_REFERRALS, *DEMO_STORIES) if each.phone == KNEE.phone]
    assert len(mine) == 2
    found = await ers.referrals_of(KNEE.phone)
    assert [each.ubrn for each in found] == [each.ubrn for each in mine]
    assert not any(each.for_another for each in found)
    assert found[0] == await ers.referral_by_ubrn(KNEE.ubrn)
    assert await ers.referrals_of("+447700900999") == []


async def test_what_is_over_comes_after_what_is_not(ers: Ers, operator: Operator) -> None:
    await operator.move(KNEE.ubrn, "CANCELLED_REFERRAL", "k1")
    assert [each.state for each in await ers.referrals_of(KNEE.phone)] == ["NOT_BOOKED", "CANCELLED_REFERRAL"]


async def test_a_carers_telephone_has_the_patients_referral_too(ers: Ers) -> None:
    assert PATIENT.carer is not None
    own, other = sorted(await ers.referrals_of(PATIENT.carer), key=lambda each: each.for_another)
    assert (own.given_name, own.for_another) == ("Priya", False)
    assert (other.ubrn, other.given_name, other.for_another) == (PATIENT.ubrn, PATIENT.given_name, True)
    [permission] = await ers.permissions(PATIENT.ubrn)
    assert (permission.phone, permission.until) == (PATIENT.carer, None)


@pytest.mark.parametrize(
    "phone", ["", "07700900101", "+44 7700 900101", "+0", "+" + "1" * 16, "+44770090010\x00"]
)
async def test_what_is_no_telephone(ers: Ers, phone: str) -> None:
    assert await refusal(ers.referrals_of(phone)) == "INVALID_VALUE"
    assert await refusal(ers.permit(KNEE.ubrn, phone, None, "k1")) == "INVALID_VALUE"
    assert await refusal(ers.revoke(KNEE.ubrn, phone, "k2")) == "INVALID_VALUE"


async def test_a_permission_is_given_changed_and_revoked(ers: Ers, clock: Clock) -> None:
    last = TODAY + timedelta(days=7)
    given = await ers.permit(KNEE.ubrn, CARER, last, "k1")
    assert (given.phone, given.until, given.given_at) == (CARER, last, clock.now)
    assert await ers.permissions(KNEE.ubrn) == (given,)
    assert [each.ubrn for each in await ers.referrals_of(CARER)] == [KNEE.ubrn]
    clock.forward(days=7)
    assert await ers.permissions(KNEE.ubrn) == (given,)  # to the end of that day
    clock.forward(days=1)
    assert (await ers.permissions(KNEE.ubrn), await ers.referrals_of(CARER)) == ((), [])
    assert (await ers.permit(KNEE.ubrn, CARER, None, "k2")).until is None
    assert len(await ers.referrals_of(CARER)) == 1
    await ers.revoke(KNEE.ubrn, CARER, "k3")
    await ers.revoke(KNEE.ubrn, CARER, "k4")
    assert (await ers.permissions(KNEE.ubrn), await ers.referrals_of(CARER)) == ((), [])


async def test_permissions_that_can_not_be_given(ers: Ers) -> None:
    assert await refusal(ers.permit(KNEE.ubrn, KNEE.phone, None, "k1")) == "OWN_NUMBER"
    assert await refusal(ers.permit(KNEE.ubrn, CARER, TODAY - timedelta(1), "k2")) == "INVALID_VALUE"
    assert await refusal(ers.permit("999999999999", CARER, None, "k3")) == "REFERENCE_NOT_FOUND"
    assert await refusal(ers.revoke("999999999999", CARER, "k4")) == "REFERENCE_NOT_FOUND"
    for number in range(10):
        await ers.permit(KNEE.ubrn, f"+44770090060{number}", None, f"m{number}")
    assert await refusal(ers.permit(KNEE.ubrn, CARER, None, "k5")) == "TOO_MANY"
    assert await refusal(ers.permit(KNEE.ubrn, "+447700900600", TODAY, "k6")) == "done"


async def test_a_carer_acts_with_permission_alone_and_it_is_recorded(
    ers: Ers, demo: Pool, clock: Clock
) -> None:
    [service, *_] = await ers.search(clinic_type="KNEE", postcode=HOME)
    first, second, *_ = (await ers.slots(service.id)).slots
    talk = (await ers.talk_slots(KNEE.ubrn)).slots[0]
    soon = first.start

    def acts(version: int, mark: str) -> dict[str, Awaitable[object]]:
        ubrn = KNEE.ubrn
        return {
            "book": ers.book(ubrn, version, second.id, f"a{mark}", by="carer"),
            "want earlier": ers.want_earlier(ubrn, service.id, soon, f"b{mark}", by="carer"),
            "stop wanting": ers.stop_wanting(ubrn, f"c{mark}", by="carer"),
            "rebook": ers.rebook(ubrn, version + 1, first.id, f"d{mark}", by="carer"),
            "cancel": ers.cancel(ubrn, version + 2, "PATIENT_ILL", f"e{mark}", by="carer"),
            "tell preference": ers.tell_preference(ubrn, "I would wait.", f"f{mark}", by="carer"),
            "book talk": ers.book_talk(ubrn, talk.id, f"g{mark}", by="carer"),
            "cancel talk": ers.cancel_talk(ubrn, f"h{mark}", by="carer"),
        }

    for what, call in acts(1, "1").items():
        code = await refusal(call)
        # In that state a move or a wish is refused before it is asked who acts.
        assert code in {"NOT_PERMITTED", "INVALID_REQUEST_STATE", "VERSION_CONFLICT"}, what
        assert (code == "NOT_PERMITTED") is (what not in {"rebook", "cancel", "want earlier"})
    assert await demo.fetchval("SELECT count(*) FROM ers.act WHERE ubrn = $1", KNEE.ubrn) == 0
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).version == 1
    await ers.permit(KNEE.ubrn, CARER, TODAY, "k1")
    done = acts(1, "2")
    for call in done.values():
        await call
    rows = await demo.fetch("SELECT what, by FROM ers.act WHERE ubrn = $1 ORDER BY id", KNEE.ubrn)
    assert [tuple(row) for row in rows] == [("permit", "patient"), *((what, "carer") for what in done)]
    told = [each for each in (await ers.changes(0)).changes if each.kind == "state"]
    assert {each.values["by"] for each in told} == {"carer"}
    await ers.revoke(KNEE.ubrn, CARER, "k2")
    assert await refusal(ers.book(KNEE.ubrn, 4, second.id, "k3", by="carer")) == "NOT_PERMITTED"
    assert await refusal(ers.book(KNEE.ubrn, 4, second.id, "k4")) == "done"


async def test_a_deferral_and_answers_by_a_carer(ers: Ers, demo: Pool) -> None:
    nothing = DEMO_REFERRALS[2]
    [service, *_] = await ers.search(clinic_type=nothing.clinic_type, sort_by="IWT")
    assert await refusal(ers.defer(nothing.ubrn, 1, service.id, "k1", by="carer")) == "NOT_PERMITTED"
    seen = STORY["ATTENDED"].ubrn
    assert await refusal(ers.tell_outcome(seen, {"how": 1}, "k2", by="carer")) == "NOT_PERMITTED"
    for ubrn in (nothing.ubrn, seen):
        await ers.permit(ubrn, CARER, None, f"p{ubrn}")
    assert await refusal(ers.defer(nothing.ubrn, 1, service.id, "k1", by="carer")) == "done"
    assert await refusal(ers.tell_outcome(seen, {"how": 1}, "k2", by="carer")) == "done"
    assert await demo.fetchval("SELECT count(*) FROM ers.act WHERE by = 'carer'") == 2


async def test_times_to_talk_are_twenty_minutes_in_working_hours(ers: Ers, clock: Clock) -> None:
    page = await ers.talk_slots(KNEE.ubrn, count=100)
    assert len(page.slots) == 100
    assert page.next == 2
    later = await ers.talk_slots(KNEE.ubrn, since=TODAY + timedelta(days=60), count=5)
    assert later.slots[0].start.date() >= TODAY + timedelta(days=60)
    assert {each.end - each.start for each in page.slots} == {timedelta(minutes=20)}
    assert page.slots[0].start < clock.now + timedelta(days=14)
    assert all(9 <= each.start.astimezone(ZoneInfo("Europe/London")).hour < 17 for each in page.slots)
    service = await ers.service(page.slots[0].service_id)
    assert (service.clinic_type.code, service.specialty.code) == ("TALK", KNEE.specialty)
    for clinic in ("KNEE", "HIP"):
        assert service.id not in {each.id for each in await ers.search(clinic_type=clinic, postcode=HOME)}


async def test_every_referral_of_the_demonstration_has_a_nurse(ers: Ers) -> None:
    for each in (*DEMO_REFERRALS, *DEMO_STORIES):
        assert (await ers.talk_slots(each.ubrn, count=1)).slots
    assert await refusal(ers.talk_slots("999999999999")) == "REFERENCE_NOT_FOUND"


async def test_a_talk_is_booked_beside_the_appointment(ers: Ers, clock: Clock) -> None:
    before = await ers.referral_by_ubrn(BOOKED.ubrn)
    first, second, *_ = (await ers.talk_slots(BOOKED.ubrn)).slots
    assert await ers.talk(BOOKED.ubrn) is None
    talk = await ers.book_talk(BOOKED.ubrn, first.id, "k1")
    assert (talk.slot_id, talk.start, talk.end, talk.status) == (first.id, first.start, first.end, "booked")
    assert talk.service_name.startswith("Talk with a nurse, ")
    assert await ers.talk(BOOKED.ubrn) == talk == await ers.book_talk(BOOKED.ubrn, first.id, "k1")
    assert first not in (await ers.talk_slots(BOOKED.ubrn)).slots
    assert await ers.referral_by_ubrn(BOOKED.ubrn) == before
    # Another time takes the first one's place.
    moved = await ers.book_talk(BOOKED.ubrn, second.id, "k2")
    assert await ers.talk(BOOKED.ubrn) == moved
    assert first in (await ers.talk_slots(BOOKED.ubrn)).slots
    # The appointment goes, the talk stays.
    await ers.cancel(BOOKED.ubrn, before.version, "PATIENT_ILL", "k3")
    assert await ers.talk(BOOKED.ubrn) == moved
    await ers.cancel_talk(BOOKED.ubrn, "k4")
    await ers.cancel_talk(BOOKED.ubrn, "k5")
    assert await ers.talk(BOOKED.ubrn) is None
    third = (await ers.talk_slots(BOOKED.ubrn)).slots[0]
    await ers.book_talk(BOOKED.ubrn, third.id, "k6")
    clock.now = third.end
    assert await ers.talk(BOOKED.ubrn) is None
    again = (await ers.talk_slots(BOOKED.ubrn)).slots[0]
    assert (await ers.book_talk(BOOKED.ubrn, again.id, "k7")).start == again.start


async def test_talks_that_can_not_be_booked(ers: Ers, operator: Operator, demo: Pool) -> None:
    [other] = await copies(demo, KNEE.ubrn, 1)
    first, *_ = (await ers.talk_slots(KNEE.ubrn)).slots
    await ers.book_talk(other, first.id, "k1")
    eye = (await ers.talk_slots(CATARACT.ubrn)).slots[0]
    [service, *_] = await ers.search(clinic_type="KNEE", postcode=HOME)
    visit = (await ers.slots(service.id)).slots[0]
    for slot_id, code in (
        (first.id, "SLOT_UNAVAILABLE"), (eye.id, "INAPPROPRIATE_SLOT"), (visit.id, "INAPPROPRIATE_SLOT"),
        ("999", "REFERENCE_NOT_FOUND"),
    ):  # fmt: skip
        assert await refusal(ers.book_talk(KNEE.ubrn, slot_id, f"b{slot_id}")) == code
    assert await refusal(ers.book(KNEE.ubrn, 1, eye.id, "k2")) == "INAPPROPRIATE_SLOT"
    free = (await ers.talk_slots(KNEE.ubrn)).slots[0]
    await operator.move(KNEE.ubrn, "CANCELLED_REFERRAL", "k3")
    assert await refusal(ers.book_talk(KNEE.ubrn, free.id, "k4")) == "INVALID_REQUEST_STATE"


async def test_twenty_who_want_one_talk_at_once(ers: Ers, demo: Pool) -> None:
    citizens = await copies(demo, KNEE.ubrn, 20)
    first, *_ = (await ers.talk_slots(KNEE.ubrn)).slots
    found = await asyncio.gather(*(refusal(ers.book_talk(each, first.id, each)) for each in citizens))
    assert Counter(found) == {"done": 1, "SLOT_UNAVAILABLE": 19}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"how": 1, "life": 0, "asked": "1"}, (1, 0, True)),
        ({"how": 5, "life": 100, "asked": "2"}, (5, 100, False)),
        ({"how": 3}, (3, None, None)),
        ({"asked": "2"}, (None, None, False)),
    ],
)
async def test_answers_after_a_visit_are_kept(
    ers: Ers, demo: Pool, said: Answers, kept: tuple[int | None, int | None, bool | None]
) -> None:
    seen = STORY["ATTENDED"].ubrn
    assert await ers.tell_outcome(seen, said, "k1") == await ers.tell_outcome(seen, said, "k1")
    [row] = await demo.fetch("SELECT how, life, asked FROM ers.outcome WHERE ubrn = $1", seen)
    assert tuple(row) == kept


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"how": 0},
        {"how": 6},
        {"life": 101},
        {"life": -1},
        {"asked": "3"},
        {"how": "1"},
        {"how": 1, "x": 2},
    ],
)
async def test_answers_that_are_none(ers: Ers, said: Answers) -> None:
    seen = STORY["ATTENDED"].ubrn
    try:
        code = await refusal(ers.tell_outcome(seen, said, "k1"))
    except KeyError:
        code = "INVALID_VALUE"  # the client knows no such question
    assert code == "INVALID_VALUE"


async def test_who_was_not_seen_has_no_answers(ers: Ers, clock: Clock) -> None:
    for ubrn in (KNEE.ubrn, BOOKED.ubrn, STORY["DID_NOT_ATTEND"].ubrn):
        assert await refusal(ers.tell_outcome(ubrn, {"how": 1}, f"k{ubrn}")) == "INVALID_REQUEST_STATE"
    assert await refusal(ers.tell_outcome("999999999999", {"how": 1}, "k1")) == "REFERENCE_NOT_FOUND"
    visit = (await ers.referral_by_ubrn(BOOKED.ubrn)).appointment
    assert visit is not None
    assert visit.end is not None
    clock.now = visit.end
    assert await refusal(ers.tell_outcome(BOOKED.ubrn, {"how": 1}, "k2")) == "done"
