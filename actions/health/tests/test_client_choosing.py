"""What services offer and where, in an order that no owner is ranked by; new referrals; how they move."""

import random
from itertools import combinations

import asyncpg
import pytest

from actions.health.client import Ers, SortBy
from actions.health.referral import HealthcareService, Need
from actions.health.service import DEMO_REFERRALS
from actions.health.service.invented import CLINICS
from actions.health.service.moves import ADVISED, REACHABLE
from actions.health.service.places import locate
from actions.health.staff.operator import Operator
from actions.health.tests.conftest import copies, refusal
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

KNEE, CATARACT, NOTHING_FREE, _, _ = DEMO_REFERRALS
HOME = "LS6 2CV"
NEEDS: tuple[Need, ...] = ("TRANSPORT", "INTERPRETER", "ADVOCACY", "STEP_FREE", "PARKING")


def offers(service: HealthcareService, need: Need) -> bool:
    if need == "STEP_FREE":
        return service.provider.step_free
    if need == "PARKING":
        return service.provider.parking != "none"
    return need in service.supports


@pytest.mark.parametrize(
    "needs", [each for number in range(1, 6) for each in combinations(NEEDS, number)], ids=" ".join
)
async def test_services_that_offer_what_is_needed(shared: Ers, needs: tuple[Need, ...]) -> None:
    everything = await shared.search(clinic_type="KNEE", postcode=HOME)
    found = await shared.search(clinic_type="KNEE", postcode=HOME, needs=needs)
    assert found == [each for each in everything if all(offers(each, need) for need in needs)]


async def test_each_need_leaves_somebody_out(shared: Ers) -> None:
    found = dict.fromkeys(NEEDS, 0)
    for clinic in CLINICS:
        for service in await shared.search(clinic_type=clinic.clinic_type, postcode=HOME):
            for need in NEEDS:
                found[need] += not offers(service, need)
    assert min(found.values()) > 0


@pytest.mark.parametrize("need", ["", "PARK", "STEP_FREE;", "\x00", "x" * 100, 1])
async def test_needs_that_nobody_knows(shared: Ers, need: str) -> None:
    call = shared.search(clinic_type="KNEE", postcode=HOME, needs=[need])  # type: ignore[list-item]
    code = await refusal(call)
    assert code == ("INVALID_CODE" if need == "PARK" else "INVALID_VALUE")


@pytest.mark.parametrize(
    ("condition", "any_found"),
    [
        ("Knee arthritis", True),
        ("knee ARTHRITIS", True),
        ("arthritis", False),
        ("%", False),
        ("Cataract", False),
    ],
)
async def test_services_that_treat_a_condition(shared: Ers, condition: str, any_found: bool) -> None:
    found = await shared.search(clinic_type="KNEE", postcode=HOME, condition=condition)
    assert bool(found) is any_found
    assert all(condition.lower() in {one.lower() for one in each.conditions_treated} for each in found)


async def test_a_suspected_cancer_is_not_sent_where_none_is_seen(shared: Ers) -> None:
    routine = await shared.search(clinic_type="SKIN_CONDITIONS", postcode=HOME)
    urgent = await shared.search(clinic_type="SKIN_CONDITIONS", postcode=HOME, priority="TWO_WEEK_WAIT")
    assert urgent
    assert urgent == [each for each in routine if "Suspected skin cancer" not in each.exclusions]
    assert len(urgent) < len(routine)


async def test_distances_from_a_point_are_those_from_its_postcode(shared: Ers) -> None:
    place = locate("YO31 8CM")
    at = (place.latitude, place.longitude)
    from_postcode = await shared.search(clinic_type="KNEE", postcode="YO31 8CM")
    assert await shared.search(clinic_type="KNEE", at=at) == from_postcode
    assert await shared.search(clinic_type="KNEE", at=at, postcode=HOME) == from_postcode
    near = await shared.search(clinic_type="KNEE", at=at, distance_limit=20)
    assert near == [each for each in from_postcode if each in near]
    assert near


@pytest.mark.parametrize("miles", [0, 1, 3, 8, 20, 35, 60, 4000, 2**31 - 1])
async def test_a_limit_of_miles_leaves_out_those_beyond_and_nobody_else(shared: Ers, miles: int) -> None:
    everything = await shared.search(clinic_type="HIP", postcode="BD23 1AA")
    found = await shared.search(clinic_type="HIP", postcode="BD23 1AA", distance_limit=miles)
    # What is told is rounded, so those on the line may be on either side of it.
    assert {each.id for each in everything if (each.distance or 0) < miles} <= {each.id for each in found}
    assert all((each.distance or 0) <= miles for each in found)


@pytest.mark.parametrize(
    "at", [(91.0, 0.0), (-91.0, 0.0), (0.0, 181.0), (1e10, 0.0), (53.8, True), ("53", "1"), (None, 1.0)]
)
async def test_points_that_are_nowhere(shared: Ers, at: tuple[float, float]) -> None:
    assert await refusal(shared.search(clinic_type="KNEE", at=at)) == "INVALID_VALUE"


@pytest.mark.parametrize("at", [(90.0, 0.0), (-90.0, 180.0), (0.0, -180.0), (89.9, 3.0)])
async def test_points_far_away_have_distances_too(shared: Ers, at: tuple[float, float]) -> None:
    assert await shared.search(clinic_type="KNEE", at=at)
    assert await shared.search(clinic_type="KNEE", at=at, distance_limit=5) == []


@pytest.mark.parametrize("sort_by", ["DISTANCE", "IWT"])
async def test_who_owns_a_hospital_never_ranks_it(ers: Ers, demo: Pool, sort_by: SortBy) -> None:
    """Owners are dealt out anew, evenly and at random: what comes, and in which order, stays the same."""
    clinics = ("KNEE", "CATARACT", "EAR")
    before = {each: await ers.search(clinic_type=each, postcode=HOME, sort_by=sort_by) for each in clinics}
    rng = random.Random(7)
    kinds = [row["kind"] for row in await demo.fetch("SELECT kind FROM ers.provider ORDER BY ods")]
    for _ in range(5):
        rng.shuffle(kinds)
        await demo.execute(
            """UPDATE ers.provider SET kind = dealt.kind
               FROM (SELECT ods, ($1::text[])[row_number() OVER (ORDER BY ods)] AS kind
                     FROM ers.provider) AS dealt
               WHERE provider.ods = dealt.ods""",
            kinds,
        )
        changed = 0
        for clinic in clinics:
            after = await ers.search(clinic_type=clinic, postcode=HOME, sort_by=sort_by)
            assert [each.id for each in after] == [each.id for each in before[clinic]]
            changed += sum(
                one.provider.kind != other.provider.kind
                for one, other in zip(after, before[clinic], strict=True)
            )
        assert changed > 0


async def test_ties_are_not_broken_by_owners_either(ers: Ers, demo: Pool) -> None:
    """Hospitals of one place with one wait: only their numbers are left to order them by."""
    await demo.execute("DELETE FROM ers.slot WHERE booked_by IS NULL AND held_by IS NULL AND NOT EXISTS"
                       " (SELECT FROM ers.appointment WHERE slot_id = slot.id)")  # fmt: skip
    await demo.execute("UPDATE ers.provider SET latitude = 53.8, longitude = -1.5")
    for kinds in ("private", "public"):
        await demo.execute(
            "UPDATE ers.provider SET kind = CASE WHEN ods > 'XD020' THEN $1 ELSE 'voluntary' END", kinds
        )
        found = await ers.search(clinic_type="HIP", postcode=HOME)
        direct = [int(each.id) for each in found if each.bookable == "DIRECTLY_BOOKABLE"]
        assert direct == sorted(direct)
        assert len(direct) > 4


async def test_a_new_referral_has_its_shortlist_and_its_patient(ers: Ers, clock: Clock) -> None:
    found = await ers.search(clinic_type="HIP", postcode=HOME, ubrn=KNEE.ubrn)
    wanted = [found[2].id, found[0].id]
    made = await ers.create(
        KNEE.ubrn,
        specialty="ORTHOPAEDICS",
        clinic_type="HIP",
        service_ids=wanted,
        key="k1",
        priority="URGENT",
    )
    assert made.ubrn not in {each.ubrn for each in DEMO_REFERRALS}
    assert (made.version, made.state, made.priority) == (1, "NOT_BOOKED", "URGENT")
    assert [each.id for each in made.shortlist] == wanted
    assert (made.given_name, made.postcode, made.referred_on) == (
        KNEE.given_name, KNEE.postcode, clock.now.date(),
    )  # fmt: skip
    assert await ers.referral_by_ubrn(made.ubrn) == made
    assert made in await ers.referrals_of(KNEE.phone)
    again = await ers.create(
        KNEE.ubrn,
        specialty="ORTHOPAEDICS",
        clinic_type="HIP",
        service_ids=wanted,
        key="k1",
        priority="URGENT",
    )
    assert again == made
    slot = (await ers.slots(found[0].id)).slots
    if slot:
        assert (await ers.book(made.ubrn, made.version, slot[0].id, "k2")).ubrn == made.ubrn
    assert await refusal(ers.referral(made.ubrn, KNEE.access_code, KNEE.birth_year)) == "PROOF_FAILED"


async def test_referrals_that_can_not_be_made(ers: Ers, demo: Pool) -> None:
    [hip, *_] = [each.id for each in await ers.search(clinic_type="HIP", postcode=HOME)]
    [knee, *_] = [each.id for each in await ers.search(clinic_type="KNEE", postcode=HOME)]
    good = {"specialty": "ORTHOPAEDICS", "clinic_type": "HIP", "service_ids": [hip]}
    for patient, change, code in (
        ("999999999999", {}, "REFERENCE_NOT_FOUND"),
        ("1", {}, "INVALID_VALUE"),
        (KNEE.ubrn, {"specialty": "CARDIOLOGY"}, "INVALID_CODE"),
        (KNEE.ubrn, {"clinic_type": "NOTHING"}, "INVALID_CODE"),
        (KNEE.ubrn, {"service_ids": [knee]}, "INAPPROPRIATE_SLOT"),
        (KNEE.ubrn, {"service_ids": ["1"]}, "REFERENCE_NOT_FOUND"),
        (KNEE.ubrn, {"service_ids": []}, "INVALID_VALUE"),
        (KNEE.ubrn, {"service_ids": [hip, hip]}, "INVALID_VALUE"),
        (KNEE.ubrn, {"service_ids": [str(n) for n in range(1, 22)]}, "INVALID_VALUE"),
        (KNEE.ubrn, {"priority": "SOON"}, "INVALID_CODE"),
        (KNEE.ubrn, {"letter": "MAYBE"}, "INVALID_CODE"),
        (KNEE.ubrn, {"clinic_type": "\x00"}, "INVALID_VALUE"),
    ):
        given = {**good, **change}
        assert await refusal(ers.create(patient, key="k1", **given)) == code, change  # type: ignore[arg-type]
    assert await demo.fetchval("SELECT count(*) FROM ers.referral WHERE ubrn >= '2'") == 0


async def test_only_states_that_can_follow_are_moved_to(ers: Ers, operator: Operator) -> None:
    for state, advice, code in (
        ("ATTENDED", None, "INVALID_REQUEST_STATE"),
        ("NOT_BOOKED", None, "INVALID_REQUEST_STATE"),
        ("NONSENSE", None, "INVALID_REQUEST_STATE"),
        ("\x00", None, "INVALID_VALUE"),
        ("AWAITING_TRIAGE", "words", "MISSING_VALUE"),
        ("AWAITING_TRIAGE", "x" * 1001, "INVALID_VALUE"),
    ):
        call = operator.move(KNEE.ubrn, state, "k1", advice=advice)  # type: ignore[arg-type]
        assert await refusal(call) == code
    assert (await ers.referral_by_ubrn(KNEE.ubrn)).version == 1
    await operator.move(KNEE.ubrn, "AWAITING_TRIAGE", "k2")
    assert await refusal(operator.move(KNEE.ubrn, "TRIAGE_RESPONSE", "k3")) == "MISSING_VALUE"
    assert await refusal(operator.move("999999999999", "REJECTED", "k4")) == "REFERENCE_NOT_FOUND"
    assert await refusal(operator.begin_again("999999999999", "k5")) == "REFERENCE_NOT_FOUND"


async def test_every_state_is_reached_by_moves_that_are_allowed(
    ers: Ers, operator: Operator, demo: Pool
) -> None:
    """From each state each that may follow it, for a referral of a clinic with free times."""
    paths: dict[str, tuple[str, ...]] = {"NOT_BOOKED": ()}
    while len(paths) < len(REACHABLE):
        for state, path in list(paths.items()):
            for after in REACHABLE[state]:
                paths.setdefault(after, (*path, after))
    edges = [(state, after) for state in REACHABLE for after in REACHABLE[state]]
    citizens = await copies(demo, KNEE.ubrn, len(edges))
    for ubrn, (state, after) in zip(citizens, edges, strict=True):
        for number, to in enumerate((*paths[state], after)):
            advice = "Rest." if to in ADVISED else None
            now = await operator.move(ubrn, to, f"{ubrn}-{number}", advice=advice)  # type: ignore[arg-type]
            assert now.state == to
        if after == "BOOKED":
            assert now.appointment is not None
            assert now.appointment.status == "booked"
        elif after == "DEFERRED_TO_PROVIDER":
            assert now.appointment is not None
            assert now.appointment.status == "proposed"
        elif after == "ATTENDED":
            assert now.appointment is not None
            assert now.appointment.status == "fulfilled"
        else:
            assert now.appointment is None
