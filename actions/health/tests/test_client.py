"""What the client reads from the stand-in: proofs, referrals, services to choose from, slots."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from actions.health.client import Ers, SortBy
from actions.health.referral import HealthcareService, Slot
from actions.health.service import DEMO_REFERRALS, DemoReferral, application
from actions.sdk.service import ServiceRefused
from tests.departments import Clock

KNEE, CATARACT, NOTHING_FREE, RUNG, BOOKED = DEMO_REFERRALS
HOME = "LS6 2CV"


async def outcome(ers: Ers, ubrn: str, code: str, year: int) -> tuple[str, str | int | None]:
    """The name of what came of a proof, and the tries that remain or the time it is locked until."""
    try:
        await ers.referral(ubrn, code, year)
    except ServiceRefused as refused:
        return refused.code, next(iter(refused.details.values()), None)
    return "OK", None


@pytest.mark.parametrize("citizen", DEMO_REFERRALS)
async def test_a_citizen_proves_who_they_are(shared: Ers, citizen: DemoReferral) -> None:
    referral = await shared.referral(citizen.ubrn, citizen.access_code, citizen.birth_year)
    assert referral == await shared.referral_by_ubrn(citizen.ubrn)
    assert (referral.ubrn, referral.given_name, referral.postcode) == (
        citizen.ubrn,
        citizen.given_name,
        citizen.postcode,
    )
    assert referral.specialty.code == citizen.specialty
    assert referral.clinic_type.code == citizen.clinic_type
    assert referral.clinic_type.title
    assert referral.priority == "ROUTINE"
    if citizen is BOOKED:
        assert (referral.state, referral.version) == ("BOOKED", 2)
        assert referral.appointment is not None
        assert referral.appointment.status == "booked"
        assert [each.id for each in referral.shortlist] == [referral.appointment.service_id]
        assert await shared.appointment(referral.appointment.id) == referral.appointment
    else:
        assert (referral.state, referral.version) == ("NOT_BOOKED", 1)
        assert (referral.appointment, referral.shortlist) == (None, ())


@pytest.mark.parametrize("code", ["KITE 4821", "kite4821", "Kite-4821", " KITE  4821 "])
async def test_how_an_access_code_is_written_does_not_count(shared: Ers, code: str) -> None:
    assert (await shared.referral(KNEE.ubrn, code, KNEE.birth_year)).ubrn == KNEE.ubrn


@pytest.mark.parametrize(
    ("ubrn", "code", "year"),
    [
        (KNEE.ubrn, "KITE 4822", 1961),
        (KNEE.ubrn, KNEE.access_code, 1962),
        (KNEE.ubrn, CATARACT.access_code, KNEE.birth_year),
        (KNEE.ubrn, "-", KNEE.birth_year),
        ("999999999999", KNEE.access_code, KNEE.birth_year),  # not to be told from one that exists
    ],
)
async def test_five_wrong_tries_lock_a_reference_for_half_an_hour(
    ers: Ers, clock: Clock, ubrn: str, code: str, year: int
) -> None:
    for left in (4, 3, 2, 1):
        assert await outcome(ers, ubrn, code, year) == ("PROOF_FAILED", left)
    until = (clock.now + timedelta(minutes=30)).isoformat()
    assert await outcome(ers, ubrn, code, year) == ("LOCKED", until)
    clock.forward(minutes=29)
    assert await outcome(ers, ubrn, code, year) == ("LOCKED", until)
    assert await outcome(ers, ubrn, KNEE.access_code, KNEE.birth_year) == ("LOCKED", until)
    assert await outcome(ers, CATARACT.ubrn, CATARACT.access_code, CATARACT.birth_year) == ("OK", None)
    clock.forward(minutes=1)
    assert await outcome(ers, ubrn, code, year) == ("PROOF_FAILED", 4)


async def test_a_right_try_forgives_the_wrong_ones(ers: Ers) -> None:
    for _ in range(3):
        for left in (4, 3, 2, 1):
            assert await outcome(ers, KNEE.ubrn, "WRONG", 1961) == ("PROOF_FAILED", left)
        assert await outcome(ers, KNEE.ubrn, KNEE.access_code, 1961) == ("OK", None)


async def test_wrong_tries_of_yesterday_are_forgotten(
    ers: Ers, clock: Clock, demo: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    for left in (4, 3, 2, 1):
        assert await outcome(ers, KNEE.ubrn, "WRONG", 1961) == ("PROOF_FAILED", left)
    clock.forward(hours=25)
    assert await outcome(ers, CATARACT.ubrn, "WRONG", 1) == ("PROOF_FAILED", 4)
    assert await demo.fetchval("SELECT count(*) FROM ers.wrong_proof") == 1
    assert await outcome(ers, KNEE.ubrn, "WRONG", 1961) == ("PROOF_FAILED", 4)


async def test_tries_at_once_in_two_processes_are_counted_together(
    ers: Ers, demo: "asyncpg.Pool[asyncpg.Record]", clock: Clock
) -> None:
    server = TestServer(application(demo, clock=clock))
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        other = Ers(str(server.make_url("")), session)
        found = await asyncio.gather(
            *(outcome(each, KNEE.ubrn, "WRONG", 1961) for each in (ers, other) for _ in range(10))
        )
    await server.close()
    failed = sorted(left for code, left in found if code == "PROOF_FAILED" and isinstance(left, int))
    assert failed == [1, 2, 3, 4]
    assert sum(code == "LOCKED" for code, _ in found) == 16


def ids(services: list[HealthcareService]) -> list[str]:
    return [each.id for each in services]


def miles(services: list[HealthcareService]) -> list[int]:
    return [each.distance for each in services if each.distance is not None]


def days(services: list[HealthcareService]) -> list[int]:
    return [each.appointment_wait.days for each in services if each.appointment_wait.days is not None]


async def test_nearest_and_soonest_first(shared: Ers) -> None:
    near = await shared.search(clinic_type="KNEE", specialty="ORTHOPAEDICS", postcode=HOME)
    soon = await shared.search(clinic_type="KNEE", postcode=HOME, sort_by="IWT")
    assert len(near) >= 5
    assert sorted(ids(near)) == sorted(ids(soon))
    assert miles(near) == sorted(miles(near))
    assert days(soon) == sorted(days(soon))
    assert ids(near) != ids(soon)


async def test_a_service_says_all_a_citizen_compares(shared: Ers) -> None:
    for each in await shared.search(clinic_type="HERNIAS", postcode=HOME):
        assert each.provider.cqc_rating in {"Outstanding", "Good", "Requires improvement", "Inadequate"}
        assert each.provider.town
        assert each.figures == "invented for the demonstration"
        assert each.figure_date == date(2026, 3, 1)
        assert each.phone.startswith("0113 496 0")
        assert each.exclusions
        assert each.conditions_treated
        assert each.age_from >= 16
        alone = await shared.service(each.id)
        assert alone.distance is None
        assert (alone.provider, alone.appointment_wait, alone.exclusions) == (
            each.provider,
            each.appointment_wait,
            each.exclusions,
        )


async def test_the_wait_is_that_of_the_first_slot(shared: Ers) -> None:
    today = date(2026, 3, 2)
    for each in await shared.search(clinic_type="CATARACT", postcode=HOME):
        page = await shared.slots(each.id, count=1)
        if each.bookable == "DIRECTLY_BOOKABLE":
            first = page.slots[0].start.astimezone(ZoneInfo("Europe/London")).date()
            assert each.appointment_wait.days == (first - today).days
        else:
            assert page.slots == ()
            assert each.appointment_wait.days is not None


async def test_limits(shared: Ers) -> None:
    near = await shared.search(clinic_type="KNEE", postcode=HOME, distance_limit=6)
    assert near
    assert max(miles(near)) <= 6
    soon = await shared.search(clinic_type="KNEE", postcode=HOME, wait_limit=56)
    assert soon
    assert max(days(soon)) <= 56
    assert await shared.search(clinic_type="KNEE", postcode=HOME, distance_limit=0, wait_limit=0) == []
    assert await shared.search(clinic_type="KNEE", specialty="ENT", postcode=HOME) == []
    assert await shared.search(clinic_type="NO_SUCH_CLINIC", postcode=HOME) == []


async def test_without_a_postcode_there_is_no_distance(shared: Ers) -> None:
    soon = await shared.search(clinic_type="KNEE", sort_by="IWT")
    assert len(soon) >= 5
    assert miles(soon) == []
    for call in (
        shared.search(clinic_type="KNEE", sort_by="DISTANCE"),
        shared.search(clinic_type="KNEE", sort_by="IWT", distance_limit=5),
    ):
        with pytest.raises(ServiceRefused) as caught:
            await call
        assert caught.value.code == "MISSING_VALUE"


@pytest.mark.parametrize(
    "postcode", ["ZZ1 1AA", "LS6", "LS6 2", "M1 1AE", "hello", "LS99 9ZZ", "12345", "LS6\x002CV"]
)
async def test_a_postcode_that_is_not_known(shared: Ers, postcode: str) -> None:
    with pytest.raises(ServiceRefused) as caught:
        await shared.search(clinic_type="KNEE", postcode=postcode)
    assert caught.value.code in {"POSTCODE_UNKNOWN", "INVALID_VALUE"}
    assert caught.value.status in {400, 422}


@pytest.mark.parametrize("postcode", ["ls6 2cv", "LS62CV", "  ls6   2cv "])
async def test_how_a_postcode_is_written_does_not_count(shared: Ers, postcode: str) -> None:
    usual = await shared.search(clinic_type="KNEE", postcode=HOME)
    assert await shared.search(clinic_type="KNEE", postcode=postcode) == usual


async def test_only_services_that_treat_the_citizen(shared: Ers) -> None:
    async def found(ubrn: str | None) -> int:
        services = await shared.search(clinic_type="MENSTRUAL_DISORDERS", postcode=HOME, ubrn=ubrn)
        return len(services)

    assert await found(RUNG.ubrn) == 0
    assert await found(KNEE.ubrn) == await found(None) >= 5


async def test_only_services_for_the_citizens_age(
    ers: Ers, demo: "asyncpg.Pool[asyncpg.Record]", clock: Clock
) -> None:
    for born, found in ((2009, False), (2008, True), (1930, True)):
        await demo.execute("UPDATE ers.referral SET birth_year = $2 WHERE ubrn = $1", KNEE.ubrn, born)
        assert bool(await ers.search(clinic_type="KNEE", postcode=HOME, ubrn=KNEE.ubrn)) is found
    await demo.execute("UPDATE ers.service SET age_to = 60")
    assert await ers.search(clinic_type="KNEE", postcode=HOME, ubrn=KNEE.ubrn) == []


@pytest.mark.parametrize("sort_by", ["DISTANCE", "IWT"])
async def test_who_owns_a_provider_changes_no_order(
    ers: Ers, demo: "asyncpg.Pool[asyncpg.Record]", sort_by: SortBy
) -> None:
    before = await ers.search(clinic_type="KNEE", postcode=HOME, sort_by=sort_by)
    seen = {each.provider.kind for each in before}
    assert seen == {"public", "private", "voluntary"}
    for _ in range(2):
        await demo.execute(
            """UPDATE ers.provider SET kind = CASE kind WHEN 'public' THEN 'private'
                   WHEN 'private' THEN 'voluntary' ELSE 'public' END"""
        )
        after = await ers.search(clinic_type="KNEE", postcode=HOME, sort_by=sort_by)
        assert ids(after) == ids(before)
        assert [each.provider.kind for each in after] != [each.provider.kind for each in before]


async def knee_service(ers: Ers) -> str:
    return (await ers.search(clinic_type="KNEE", postcode=HOME, sort_by="IWT"))[0].id


@pytest.mark.parametrize("count", [1, 7, 20])
async def test_pages_join_without_a_gap(shared: Ers, count: int) -> None:
    service_id = await knee_service(shared)
    whole = await shared.slots(service_id, count=100)
    assert (whole.total, whole.next) == (len(whole.slots), None)
    assert whole.total > 40
    slots: list[Slot] = []
    number: int | None = 1
    while number is not None:
        page = await shared.slots(service_id, count=count, page=number)
        assert page.total == whole.total
        assert len(page.slots) == min(count, whole.total - len(slots))
        slots += page.slots
        assert page.next in {number + 1, None}
        number = page.next
    assert slots == list(whole.slots)
    assert [each.start for each in slots] == sorted({each.start for each in slots})
    assert all(each.service_id == service_id for each in slots)


async def test_a_page_beyond_the_last_is_empty(shared: Ers) -> None:
    service_id = await knee_service(shared)
    page = await shared.slots(service_id, page=900)
    assert (page.slots, page.next) == ((), None)
    assert page.total > 0


async def test_slots_from_a_day_on(shared: Ers) -> None:
    service_id = await knee_service(shared)
    whole = (await shared.slots(service_id, count=100)).slots
    london = ZoneInfo("Europe/London")
    day = whole[10].start.astimezone(london).date()
    expected = [each for each in whole if each.start >= datetime.combine(day, datetime.min.time(), london)]
    assert list((await shared.slots(service_id, since=day, count=100)).slots) == expected
    assert (await shared.slots(service_id, since=date(2099, 1, 1))).slots == ()


async def test_a_service_without_a_free_slot(shared: Ers) -> None:
    found = await shared.search(clinic_type=NOTHING_FREE.clinic_type, postcode=HOME)
    assert len(found) >= 5
    for each in found:
        assert (each.appointment_wait.days, each.appointment_wait.capacity) == (None, "LIMITED_AVAILABILITY")
        assert (await shared.slots(each.id)).total == 0
    assert await shared.search(clinic_type=NOTHING_FREE.clinic_type, postcode=HOME, wait_limit=900) == []


BAD_IDS = [
    "",
    "1",
    "11112222333",
    "1111222233311",
    "11112222333x",
    "../../../x",
    "１１１１２２２２３３３１",
    "1 OR 1=1",
]


@pytest.mark.parametrize("bad", BAD_IDS)
async def test_a_ubrn_of_the_wrong_form_goes_nowhere(bad: str) -> None:
    async with aiohttp.ClientSession() as session:
        ers = Ers("http://127.0.0.1:1", session)
        for call in (
            ers.referral(bad, "KITE 4821", 1961),
            ers.referral_by_ubrn(bad),
            ers.search(clinic_type="KNEE", ubrn=bad),
            ers.hold("11000001", bad, "k"),
            ers.book(bad, 1, "11000001", "k"),
            ers.defer(bad, 1, "11001", "k"),
            ers.cancel(bad, 1, "PATIENT_ILL", "k"),
            ers.shortlist(bad, 1, ["11001"], "k"),
        ):
            with pytest.raises(ServiceRefused) as caught:
                await call
            assert (caught.value.status, caught.value.code) == (400, "INVALID_VALUE")


@pytest.mark.parametrize("bad", ["", "x", "../Slot", "1" * 19, "-1"])
async def test_an_id_of_the_wrong_form_goes_nowhere(bad: str) -> None:
    async with aiohttp.ClientSession() as session:
        ers = Ers("http://127.0.0.1:1", session)
        for call in (
            ers.service(bad),
            ers.slots(bad),
            ers.hold(bad, KNEE.ubrn, "k"),
            ers.release(bad, KNEE.ubrn, "k"),
            ers.book(KNEE.ubrn, 1, bad, "k"),
            ers.appointment(bad),
        ):
            with pytest.raises(ServiceRefused) as caught:
                await call
            assert (caught.value.status, caught.value.code) == (400, "INVALID_VALUE")


async def test_things_that_do_not_exist(shared: Ers) -> None:
    for call in (
        shared.referral_by_ubrn("999999999999"),
        shared.service("999999"),
        shared.appointment("999999"),
        shared.slots("999999"),
        shared.search(clinic_type="KNEE", postcode=HOME, ubrn="999999999999"),
        shared.hold("1", KNEE.ubrn, "k"),
        shared.hold("11000001", "999999999999", "k"),
        shared.release("1", KNEE.ubrn, "k"),
        shared.book("999999999999", 1, "11000001", "k"),
        shared.book(KNEE.ubrn, 1, "1", "k"),
        shared.defer(KNEE.ubrn, 1, "999999", "k"),
    ):
        with pytest.raises(ServiceRefused) as caught:
            await call
        assert caught.value.code == "REFERENCE_NOT_FOUND"
