"""What is told of many referrals: changes in their order and none missed, long waits, wishes for earlier."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg
import pytest

from actions.health.client import Ers
from actions.health.referral import Change, LongWait
from actions.health.service import DEMO_REFERRALS, DEMO_STORIES
from actions.health.staff.operator import Operator
from actions.health.tests.conftest import copies, refusal
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

KNEE, CATARACT, _, _, BOOKED = DEMO_REFERRALS
STORY = {each.path[-1]: each for each in DEMO_STORIES if each.path}
HOME = "LS6 2CV"


async def news(ers: Ers, since: int = 0) -> list[Change]:
    return list((await ers.changes(since)).changes)


async def test_how_the_demonstration_begins_is_no_news(ers: Ers) -> None:
    assert await news(ers) == []
    assert await ers.newest_change() == 0


async def test_a_booking_its_move_and_its_end_are_told_in_order(ers: Ers, clock: Clock) -> None:
    [service, *_] = await ers.search(clinic_type="KNEE", postcode=HOME)
    first, second, *_ = (await ers.slots(service.id)).slots
    booked = await ers.book(KNEE.ubrn, 1, second.id, "k1")
    moved = await ers.rebook(KNEE.ubrn, booked.version, first.id, "k2")
    await ers.cancel(KNEE.ubrn, moved.version, "PATIENT_ILL", "k3")
    found = await news(ers)
    assert [(each.kind, each.state, each.slot_id) for each in found] == [
        ("slot_taken", None, second.id), ("state", "BOOKED", second.id),
        ("slot_free", None, second.id), ("slot_taken", None, first.id), ("state", "BOOKED", first.id),
        ("slot_free", None, first.id), ("state", "APPT_CANCELLED_BY_PATIENT", None),
    ]  # fmt: skip
    assert {each.at for each in found} == {clock.now}
    for each in found:
        if each.kind == "state":
            assert (each.ubrn, each.phone, each.values["by"]) == (KNEE.ubrn, KNEE.phone, "patient")
        else:
            assert (each.ubrn, each.service_id, each.values["provider"]) == (
                None, service.id, service.provider.name,
            )  # fmt: skip
    assert [each.start for each in found[:3]] == [second.start] * 3
    assert found[2].values["wanted"] == 0
    assert await news(ers, found[2].number) == found[3:]
    assert await ers.newest_change() == found[-1].number


async def test_pages_of_changes(ers: Ers, operator: Operator) -> None:
    for turn, state in enumerate(("AWAITING_TRIAGE", "TRIAGED_PROVIDER_TO_ACTION", "REJECTED", "NOT_BOOKED")):
        await operator.move(KNEE.ubrn, state, f"k{turn}")  # type: ignore[arg-type]
    seen, cursor = [], 0
    while (page := await ers.changes(cursor, limit=3)).changes:
        seen += [each.state for each in page.changes]
        assert len(page.changes) <= 3
        cursor = page.cursor
    assert seen == ["AWAITING_TRIAGE", "TRIAGED_PROVIDER_TO_ACTION", "REJECTED", "NOT_BOOKED"]
    assert (await ers.changes(cursor)).cursor == cursor == await ers.newest_change()
    assert (await ers.changes(10**17)).changes == ()


async def test_a_lost_appointment_is_told_with_its_offer(ers: Ers, operator: Operator, clock: Clock) -> None:
    lost = (await ers.referral_by_ubrn(BOOKED.ubrn)).appointment
    assert lost is not None
    assert lost.start is not None
    await operator.move(BOOKED.ubrn, "APPT_CANCELLED_BY_PROVIDER", "k1")
    [told] = [each for each in await news(ers) if each.kind == "state"]
    offer = (await ers.referral_by_ubrn(BOOKED.ubrn)).offer
    assert offer is not None
    assert (told.state, told.ubrn, told.phone) == ("APPT_CANCELLED_BY_PROVIDER", BOOKED.ubrn, BOOKED.phone)
    assert (told.slot_id, told.service_id, told.start) == (offer.slot_id, offer.service_id, offer.start)
    assert told.values == {
        "by": "provider", "provider": offer.provider_name, "was": lost.start.isoformat(),
        "until": offer.until.isoformat(),
    }  # fmt: skip
    assert [each.kind for each in await news(ers)] == ["state"]  # a clinic that is cancelled frees nothing


@pytest.mark.parametrize("state", ["TRIAGE_RESPONSE", "ASSESSMENT_RESULT"])
async def test_advice_is_told_and_stays_with_its_state(ers: Ers, operator: Operator, state: str) -> None:
    ubrn = STORY["AWAITING_TRIAGE"].ubrn
    await operator.move(ubrn, state, "k1", advice="Rest & walk <daily>.")  # type: ignore[arg-type]
    [told] = await news(ers)
    assert (told.state, told.values["advice"]) == (state, "Rest & walk <daily>.")
    assert (await ers.referral_by_ubrn(ubrn)).advice == "Rest & walk <daily>."
    await operator.move(ubrn, "NOT_BOOKED", "k2")
    assert (await ers.referral_by_ubrn(ubrn)).advice is None


async def test_a_visit_that_is_over_was_attended(ers: Ers, demo: Pool, clock: Clock) -> None:
    visit = (await ers.referral_by_ubrn(BOOKED.ubrn)).appointment
    assert visit is not None
    assert visit.end is not None
    clock.now = visit.end - timedelta(seconds=1)
    assert await news(ers) == []
    clock.now = visit.end
    [told] = [each for each in await news(ers) if each.ubrn == BOOKED.ubrn]
    assert (told.state, told.slot_id, told.start) == ("ATTENDED", visit.slot_id, visit.start)
    assert told.values == {"by": "provider", "provider": visit.provider_name}
    after = await ers.referral_by_ubrn(BOOKED.ubrn)
    assert after.state == "ATTENDED"
    assert after.appointment is not None
    assert (after.appointment.id, after.appointment.status) == (visit.id, "fulfilled")
    assert len([each for each in await news(ers) if each.ubrn == BOOKED.ubrn]) == 1


async def test_readers_at_once_record_a_visit_once(ers: Ers, clock: Clock) -> None:
    clock.forward(days=200)
    pages = await asyncio.gather(*(ers.changes(0) for _ in range(10)))
    [told] = [each for each in await news(ers) if each.ubrn == BOOKED.ubrn]
    assert told.state == "ATTENDED"
    assert all(page.changes[: len(page.changes)] for page in pages)


async def test_nobody_who_reads_while_others_write_misses_a_change(ers: Ers, demo: Pool) -> None:
    """Transactions that begin first commit last: their changes have the higher numbers all the same."""
    citizens = await copies(demo, KNEE.ubrn, 60)
    writing = True
    seen: list[int] = []

    async def read() -> None:
        cursor = 0
        while True:
            last = not writing
            page = await ers.changes(cursor, limit=7)
            seen.extend(each.number for each in page.changes)
            cursor = page.cursor
            if last and not page.changes:
                return

    async def write(number: int, ubrn: str) -> None:
        async with demo.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO ers.change (kind, at, ubrn, state) VALUES ('state', now(), $1, 'BOOKED')", ubrn
            )
            await connection.execute("SELECT pg_sleep($1)", (60 - number) % 7 / 200)

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(*each) for each in enumerate(citizens)))
    writing = False
    await reader
    assert seen == sorted(set(seen))
    assert len(seen) == 60


async def test_a_change_of_a_transaction_in_hand_holds_later_ones_back(ers: Ers, demo: Pool) -> None:
    insert = "INSERT INTO ers.change (kind, at, ubrn) VALUES ('state', now(), $1)"
    async with demo.acquire() as one, demo.acquire() as other:
        slow = one.transaction()
        await slow.start()
        await one.execute(insert, KNEE.ubrn)
        await one.execute("SET CONSTRAINTS ers.change_numbered IMMEDIATE")  # as at its commit
        waits = asyncio.create_task(other.execute(insert, CATARACT.ubrn))
        await asyncio.sleep(0.1)
        assert not waits.done()
        assert await news(ers) == []
        await slow.commit()
        await waits
    assert [each.ubrn for each in await news(ers)] == [KNEE.ubrn, CATARACT.ubrn]


async def test_changes_are_kept_for_sixty_days(
    ers: Ers, operator: Operator, clock: Clock, demo: Pool
) -> None:
    await operator.move(KNEE.ubrn, "AWAITING_TRIAGE", "k1")
    clock.forward(days=60)
    await operator.move(KNEE.ubrn, "REJECTED", "k2")
    assert await demo.fetchval("SELECT count(*) FROM ers.change WHERE ubrn = $1", KNEE.ubrn) == 2
    clock.forward(days=1)
    await operator.move(KNEE.ubrn, "NOT_BOOKED", "k3")
    rows = await demo.fetch("SELECT state FROM ers.change WHERE ubrn = $1 ORDER BY number", KNEE.ubrn)
    assert [row["state"] for row in rows] == ["REJECTED", "NOT_BOOKED"]
    newest = await ers.newest_change()
    await demo.execute("DELETE FROM ers.change")
    assert await ers.newest_change() == newest


async def test_an_earlier_time_is_told_with_how_many_want_it(
    ers: Ers, operator: Operator, demo: Pool, clock: Clock
) -> None:
    [service, *_] = await ers.search(clinic_type="KNEE", postcode=HOME)
    slots = (await ers.slots(service.id, count=60)).slots
    early, late = slots[1], slots[20]
    citizens = await copies(demo, KNEE.ubrn, 4)
    for each, slot in zip(citizens, slots[20:], strict=False):
        await ers.book(each, 1, slot.id, f"book-{each}")
    first, second, picky, nobody = citizens
    for each, before in ((second, late.start), (first, late.start), (picky, early.start)):
        wish = await ers.want_earlier(each, service.id, before, f"want-{each}")
        assert (wish.ubrn, wish.service_id, wish.before) == (each, service.id, before)
        assert await ers.earlier(each) == wish
        clock.forward(minutes=1)
    assert await ers.earlier(nobody) is None
    taken = await ers.book(KNEE.ubrn, 1, early.id, "k1")
    assert await ers.wanting(early.id) == ()
    since = await ers.newest_change()
    await ers.cancel(KNEE.ubrn, taken.version, "PATIENT_ILL", "k2")
    [freed] = [each for each in await news(ers, since) if each.kind == "slot_free"]
    assert (freed.slot_id, freed.start, freed.values["wanted"]) == (early.id, early.start, 2)
    assert [each.ubrn for each in await ers.wanting(early.id)] == [second, first]
    # Who has moved no longer waits, and is not told again.
    moved = await ers.rebook(second, 2, early.id, "k3")
    assert moved.start == early.start
    assert await ers.earlier(second) is None
    await ers.stop_wanting(first, "k4")
    await ers.stop_wanting(first, "k5")
    assert await ers.earlier(first) is None
    since = await ers.newest_change()
    extra = early.start - timedelta(days=1)
    added = await operator.free(service.id, extra, "k6")
    [told] = await news(ers, since)
    assert (told.kind, told.slot_id, told.start, told.values["wanted"]) == ("slot_free", added.id, extra, 1)
    [only] = await ers.wanting(added.id)
    assert (only.ubrn, only.phone) == (picky, None)


async def test_a_wish_is_for_who_is_booked_or_waits_for_a_time(ers: Ers, clock: Clock) -> None:
    knee, cataract = [
        (await ers.search(clinic_type=each, postcode=HOME))[0].id for each in ("KNEE", "CATARACT")
    ]
    soon = clock.now + timedelta(days=30)
    for ubrn, service, before, code in (
        (KNEE.ubrn, knee, soon, "INVALID_REQUEST_STATE"),
        (BOOKED.ubrn, knee, soon, "INAPPROPRIATE_SLOT"),
        (BOOKED.ubrn, cataract, soon, "INAPPROPRIATE_SLOT"),
        (BOOKED.ubrn, "1", soon, "REFERENCE_NOT_FOUND"),
        ("999999999999", knee, soon, "REFERENCE_NOT_FOUND"),
        ("99999999999", knee, soon, "INVALID_VALUE"),
    ):
        assert await refusal(ers.want_earlier(ubrn, service, before, "k1")) == code
    story = STORY["DEFERRED_TO_PROVIDER"]
    [hospital, *_] = await ers.search(clinic_type=story.clinic_type, sort_by="IWT")
    assert await refusal(ers.want_earlier(story.ubrn, hospital.id, clock.now, "k2")) == "INVALID_VALUE"
    assert await refusal(ers.want_earlier(story.ubrn, hospital.id, soon, "k2")) == "done"


async def test_who_waits_longer_than_they_may(ers: Ers, demo: Pool, clock: Clock) -> None:
    await demo.execute("UPDATE ers.referral SET state = 'REJECTED' WHERE ubrn NOT LIKE '9%'")
    citizens = await copies(demo, KNEE.ubrn, 8)
    today = clock.now.date()
    ages = dict(zip(citizens, (126, 127, 280, 281, 281, 281, 14, 15), strict=True))
    for ubrn, days in ages.items():
        await demo.execute(
            "UPDATE ers.referral SET referred_on = $2, phone = $3, priority = $4 WHERE ubrn = $1",
            ubrn, today - timedelta(days=days), f"+44770090{ubrn[-4:]}",
            "TWO_WEEK_WAIT" if days < 16 else "ROUTINE",
        )  # fmt: skip
    [service, *_] = await ers.search(clinic_type="KNEE", sort_by="IWT")
    slots = (await ers.slots(service.id, count=100)).slots
    near = next(each for each in slots if each.start < clock.now + timedelta(weeks=8))
    far = next(each for each in slots if each.start > clock.now + timedelta(weeks=8))
    await ers.book(citizens[4], 1, near.id, "k1")
    await ers.book(citizens[5], 1, far.id, "k2")
    found = await ers.long_waits(clock.now)
    phones = {ubrn: f"+44770090{ubrn[-4:]}" for ubrn in citizens}
    assert set(found.waits) == {
        LongWait(citizens[1], 18, "18", phones[citizens[1]]),
        LongWait(citizens[2], 40, "18", phones[citizens[2]]),
        LongWait(citizens[3], 40, "40", phones[citizens[3]]),
        LongWait(citizens[4], 40, "18", phones[citizens[4]]),
        LongWait(citizens[5], 40, "40", phones[citizens[5]]),
        LongWait(citizens[7], 2, "18", phones[citizens[7]]),
    }
    assert found.next is None
    paged, after = list[LongWait](), None
    for _ in range(4):
        page = await ers.long_waits(clock.now, after=after, limit=2)
        paged += page.waits
        after = page.next
        if after is None:
            break
    assert after is None
    assert tuple(paged) == found.waits
    # Who has been seen waits no longer.
    await demo.execute("UPDATE ers.referral SET state = 'ATTENDED' WHERE ubrn = $1", citizens[3])
    assert citizens[3] not in {each.ubrn for each in (await ers.long_waits(clock.now)).waits}


async def test_the_long_waits_of_the_demonstration(ers: Ers, clock: Clock) -> None:
    found = {each.phone: (each.kind, each.weeks) for each in (await ers.long_waits(clock.now)).waits}
    assert found == {
        "+447700900103": ("18", 20),
        "+447700900106": ("18", 19),
        "+447700900107": ("40", 42),
        "+447700900113": ("18", 2),
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("$ers.changes", 400),
        ("$ers.changes?since=-1", 400),
        ("$ers.changes?since=x", 400),
        ("$ers.changes?since=%00", 400),
        ("$ers.changes?since=" + "9" * 19, 400),
        ("$ers.changes?since=" + "9" * 18, 200),
        ("$ers.changes?since=0&_count=0", 400),
        ("$ers.changes?since=0&_count=1001", 400),
        ("$ers.changes?since=0&_count=x", 400),
        ("ReferralRequest/$ers.longWaits", 400),
        ("ReferralRequest/$ers.longWaits?now=2026-02-30T00:00:00Z", 400),
        ("ReferralRequest/$ers.longWaits?now=2026-03-02T09:00:00", 400),
        ("ReferralRequest/$ers.longWaits?now=0001-01-01T00:00:00Z", 400),
        ("ReferralRequest/$ers.longWaits?now=9999-12-31T23:59:59Z", 400),
        ("ReferralRequest/$ers.longWaits?now=2026-03-02T09:00:00Z&after=x", 400),
        ("ReferralRequest/$ers.longWaits?now=2026-03-02T09:00:00Z&after=2026-13-01_111122223331", 400),
        ("ReferralRequest/$ers.longWaits?now=2026-03-02T09:00:00Z&after=2026-01-01_111122223331", 200),
        ("Slot/x/$wanting", 400),
        ("Slot/1/$wanting", 200),
        ("ReferralRequest/$ers.demoReferrals?ubrn=1", 400),
        ("ReferralRequest/$ers.demoReferrals?ubrn=999999999999", 200),
    ],
)
async def test_what_can_be_wrong_with_a_question(
    shared_url: str, session: aiohttp.ClientSession, path: str, status: int
) -> None:
    async with session.get(f"{shared_url}/FHIR/STU3/{path}") as answer:
        assert answer.status == status
        body = await answer.json(content_type="application/fhir+json")
        assert (body["resourceType"] == "OperationOutcome") is (status >= 400)


async def test_a_time_is_told_with_its_zone(ers: Ers, operator: Operator) -> None:
    await operator.move(KNEE.ubrn, "AWAITING_TRIAGE", "k1")
    [told] = await news(ers)
    assert told.at.tzinfo is not None
    assert told.at.astimezone(UTC) == datetime(2026, 3, 2, 9, tzinfo=UTC)
