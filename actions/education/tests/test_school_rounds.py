"""From a designation to an answered offer: who may do what, and the last second."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from actions.education.school_client import SchoolOffice
from actions.education.service.school_rules import lottery, seed_digest
from actions.education.tests.conftest import Departments
from actions.sdk import ServiceRefused
from bot.queue import Pool
from tests.departments import Clock

OSIAN, SEREN, TIA, MALI, LEON, RUBY = (f"31000000{number}" for number in range(1, 7))
LARKFIELD, OAKMERE, OSWIN, HIKMAH = "900008", "900009", "900010", "900013"
AYESHA = "300000001"


def key() -> str:
    return str(uuid4())


async def deadline_of(office: SchoolOffice, pupil: str = TIA) -> datetime:
    found = await office.situation(pupil)
    return datetime.fromisoformat(found["round"]["deadline"])


async def number_of(office: SchoolOffice, pupil: str = TIA) -> int:
    number: int = (await office.situation(pupil))["round"]["id"]
    return number


async def send(office: SchoolOffice, pupil: str, *schools: str, seen: tuple[str, ...] = ()) -> None:
    await office.keep(pupil, await number_of(office), schools, seen, key=key())


async def give(office: SchoolOffice, clock: Clock, number: int) -> dict[str, object]:
    return await office.give(
        number, clock.now + timedelta(days=14), clock.now.date() + timedelta(days=42), key=key()
    )


# --- designations -------------------------------------------------------------------------------------


async def test_a_school_is_designated_and_its_parents_may_choose(
    office: SchoolOffice, departments: Departments
) -> None:
    assert (await office.situation(AYESHA))["stage"] == "no_right"
    deadline = departments.clock.now + timedelta(days=20)
    told = await office.designate(["900001"], "standards", deadline, key="one-key-for-it")
    again = await office.designate(["900001"], "standards", deadline, key="one-key-for-it")
    assert told == again
    found = await office.situation(AYESHA)
    assert (found["stage"], found["round"]["reason"]) == ("open", "standards")
    with pytest.raises(ServiceRefused, match="ALREADY_DESIGNATED") as refused:
        await office.designate(["900001", "900002"], "standards", deadline, key=key())
    assert refused.value.details["urns"] == "900001"
    assert (await office.situation("300000002"))["stage"] == "no_right"  # all of them, or none
    # The same deadline is the same round.
    assert (await office.designate(["900002"], "closing", deadline, key=key()))["round"] == told["round"]


@pytest.mark.parametrize(
    ("urns", "days", "code"),
    [
        (["900001"], 13, "DEADLINE_TOO_NEAR"), (["900001"], -1, "DEADLINE_TOO_NEAR"),
        (["900001"], 121, "DEADLINE_TOO_FAR"), (["123456"], 20, "SCHOOLS_UNKNOWN"),
        (["900001", "nonsense"], 20, "SCHOOLS_UNKNOWN"), ([], 20, "INVALID"),
    ],
)  # fmt: skip
async def test_what_can_not_be_designated(
    office: SchoolOffice, departments: Departments, urns: list[str], days: int, code: str
) -> None:
    with pytest.raises(ServiceRefused, match=code):
        await office.designate(urns, "closing", departments.clock.now + timedelta(days=days), key=key())


async def test_two_officers_at_once_designate_once(office: SchoolOffice, departments: Departments) -> None:
    deadline = departments.clock.now + timedelta(days=20)
    done = await asyncio.gather(
        *(office.designate(["900001"], "closing", deadline, key=key()) for _ in range(6)),
        return_exceptions=True,
    )
    refused = [each for each in done if isinstance(each, ServiceRefused)]
    assert ({each.code for each in refused}, len(refused)) == ({"ALREADY_DESIGNATED"}, 5)
    rows = await departments.pool.fetch(
        "SELECT FROM education.school_notice WHERE kind = 'right' AND pupil = $1", AYESHA
    )
    assert len(rows) == 1


async def test_a_mistake_is_taken_back_and_told(office: SchoolOffice, departments: Departments) -> None:
    await send(office, TIA, LARKFIELD)
    last = (await office.news(0))[-1].id
    number = next(each["id"] for each in (await office.designations())["designations"] if not each["closed"])
    await office.withdraw(number, key=key())
    assert (await office.situation(TIA))["stage"] == "no_right"
    told = [each for each in await office.news(last) if each.kind == "withdrawn"]
    assert {each.pupil for each in told} == {OSIAN, SEREN, TIA, MALI, LEON, RUBY}
    with pytest.raises(ServiceRefused, match="OVER"):
        await office.withdraw(number, key=key())
    assert await departments.pool.fetchval("SELECT count(*) FROM education.choice WHERE pupil = $1", TIA) == 0


async def test_the_page_of_designations_tells_who_has_no_number(office: SchoolOffice) -> None:
    found = await office.designations()
    given = next(each for each in found["designations"] if each["school_urn"] == "900007")
    assert (given["no_number"], given["pupils"], given["lists"]) == (["310000011"], 6, 5)
    assert [each["urn"] for each in found["marked"]] == ["900050"]  # by the register's word, not designated


# --- lists --------------------------------------------------------------------------------------------


async def test_a_list_is_kept_and_changed(office: SchoolOffice) -> None:
    await send(office, TIA, LARKFIELD, OAKMERE)
    await send(office, TIA, OAKMERE, LARKFIELD, HIKMAH, seen=(LARKFIELD, OAKMERE))
    assert [each["urn"] for each in (await office.situation(TIA))["list"]] == [OAKMERE, LARKFIELD, HIKMAH]
    await send(office, TIA, seen=(OAKMERE, LARKFIELD, HIKMAH))
    found = await office.situation(TIA)
    assert (found["list"], found["stage"]) == ([], "open")


async def test_the_same_key_keeps_once(office: SchoolOffice) -> None:
    number = await number_of(office)
    await office.keep(TIA, number, [LARKFIELD], [], key="a-turn-run-twice")
    await office.keep(TIA, number, [LARKFIELD], [], key="a-turn-run-twice")
    with pytest.raises(ServiceRefused, match="KEY_REUSED"):
        await office.keep(TIA, number, [OAKMERE], [LARKFIELD], key="a-turn-run-twice")
    assert [each["urn"] for each in (await office.situation(TIA))["list"]] == [LARKFIELD]


async def test_two_parents_do_not_undo_each_other_unseen(office: SchoolOffice) -> None:
    await send(office, TIA, LARKFIELD)
    await send(office, TIA, OAKMERE, seen=(LARKFIELD,))
    with pytest.raises(ServiceRefused, match="LIST_CHANGED"):
        await send(office, TIA, HIKMAH, seen=(LARKFIELD,))
    await send(office, TIA, OAKMERE, seen=())  # what is there already is nobody's undoing


async def test_of_two_at_the_same_moment_one_is_told(office: SchoolOffice) -> None:
    done = await asyncio.gather(
        *(send(office, TIA, urn) for urn in (LARKFIELD, OAKMERE, HIKMAH, OSWIN)), return_exceptions=True
    )
    assert [isinstance(each, ServiceRefused) for each in done].count(False) == 1
    assert len((await office.situation(TIA))["list"]) == 1


@pytest.mark.parametrize(
    ("pupil", "schools", "code", "why"),
    [
        (TIA, ["900006"], "NOT_FOR_PUPIL", "own"), (TIA, ["900004"], "NOT_FOR_PUPIL", "age"),
        (TIA, ["999999"], "SCHOOL_NOT_FOUND", None), (TIA, [LARKFIELD, LARKFIELD], "TWICE", None),
        (TIA, [LARKFIELD] * 6, "INVALID", None), (RUBY, [LARKFIELD], "HAS_PLAN", None),
        (AYESHA, [LARKFIELD], "NO_RIGHT", None), ("310000007", ["900015"], "NO_RIGHT", None),
        ("399999999", [LARKFIELD], "PUPIL_NOT_FOUND", None),
    ],
)  # fmt: skip
async def test_what_can_not_be_on_a_list(
    office: SchoolOffice, pupil: str, schools: list[str], code: str, why: str | None
) -> None:
    with pytest.raises(ServiceRefused, match=code) as refused:
        await office.keep(pupil, await number_of(office), schools, [], key=key())
    assert refused.value.details.get("why") == why


async def test_a_list_is_of_its_round(office: SchoolOffice) -> None:
    with pytest.raises(ServiceRefused, match="ROUND_CHANGED"):
        await office.keep(TIA, 1, [LARKFIELD], [], key=key())


async def test_a_special_school_is_on_no_list(office: SchoolOffice) -> None:
    special = (await office.by_name(phase="special"))[0]["urn"]
    with pytest.raises(ServiceRefused, match="NOT_FOR_PUPIL"):
        await send(office, TIA, str(special))


async def test_until_the_last_second_and_not_after_it(office: SchoolOffice, departments: Departments) -> None:
    departments.clock.now = await deadline_of(office)
    await send(office, TIA, LARKFIELD)
    departments.clock.forward(microseconds=1)
    with pytest.raises(ServiceRefused, match="DEADLINE_PASSED"):
        await send(office, TIA, OAKMERE, seen=(LARKFIELD,))
    assert (await office.situation(TIA))["stage"] == "waiting"
    assert (await office.situation(MALI))["stage"] == "late"


async def test_a_list_in_the_last_second_counts_whole_or_comes_too_late(
    office: SchoolOffice, departments: Departments
) -> None:
    """Lists that arrived in time, while the places are being given out: each is part of it, or is refused."""
    number, deadline = await number_of(office), await deadline_of(office)
    late = departments.clock
    late.now = deadline

    async def list_of(pupil: str) -> str | None:
        try:
            await send(office, pupil, LARKFIELD)
        except ServiceRefused as refusal:
            if refusal.code != "DEADLINE_PASSED":
                raise
            return None
        return pupil

    async def giving() -> None:
        late.now = deadline + timedelta(seconds=1)
        await give(office, late, number)

    pupils = (OSIAN, SEREN, TIA, MALI, LEON)
    *kept, _ = await asyncio.gather(*(list_of(pupil) for pupil in pupils), giving())
    rows = await departments.pool.fetch("SELECT pupil FROM education.outcome WHERE round = $1", number)
    assert {row["pupil"] for row in rows} == {pupil for pupil in kept if pupil}
    lists = await departments.pool.fetch("SELECT pupil FROM education.choice WHERE round = $1", number)
    assert {row["pupil"] for row in lists} == {row["pupil"] for row in rows}


# --- giving places ------------------------------------------------------------------------------------


async def after_the_deadline(office: SchoolOffice, departments: Departments) -> int:
    number, deadline = await number_of(office), await deadline_of(office)
    departments.clock.now = deadline + timedelta(hours=1)
    return number


async def test_a_dry_run_does_nothing_and_tells_the_truth(
    office: SchoolOffice, departments: Departments
) -> None:
    # Larkfield has one place in year 4: Leon, in care, comes first however far he lives.
    await send(office, TIA, LARKFIELD, OAKMERE)
    await send(office, LEON, LARKFIELD)
    number = await after_the_deadline(office, departments)
    tried = await office.try_giving(number)
    assert (tried["pupils"], tried["by_rank"], tried["none"]) == (2, {"1": 1, "2": 1}, [])
    assert (
        await departments.pool.fetchval("SELECT count(*) FROM education.outcome WHERE round = $1", number)
        == 0
    )
    done = await give(office, departments.clock, number)
    assert done == tried
    leon, tia = await office.situation(LEON), await office.situation(TIA)
    assert (leon["stage"], leon["outcome"]["school"], leon["outcome"]["rank"]) == ("offered", LARKFIELD, 1)
    assert (tia["outcome"]["school"], tia["outcome"]["rank"]) == (OAKMERE, 2)
    assert [(each["urn"], each["why"]) for each in tia["outcome"]["turned_on"]] == [(LARKFIELD, "rule")]
    # Nothing of the other child: neither who, nor which rule, nor how near.
    assert LEON not in str(tia)
    assert "care" not in str(tia)


async def test_a_sibling_comes_before_the_nearer(office: SchoolOffice, departments: Departments) -> None:
    await departments.pool.execute("UPDATE education.place SET free = 1 WHERE urn = $1", OAKMERE)
    await departments.pool.execute(
        "UPDATE education.pupil SET disadvantage = NULL WHERE reference = $1", LEON
    )
    await send(office, LEON, OAKMERE)
    await send(office, TIA, OAKMERE)  # whose sister goes there
    number = await after_the_deadline(office, departments)
    await give(office, departments.clock, number)
    assert (await office.situation(TIA))["stage"] == "offered"
    leon = await office.situation(LEON)
    assert (leon["stage"], leon["outcome"]["turned_on"][0]["why"]) == ("none", "rule")


async def test_two_in_one_house_by_the_draw_that_anybody_can_check(
    office: SchoolOffice, departments: Departments
) -> None:
    pool = departments.pool
    await pool.execute("UPDATE education.roll SET reception_year = (SELECT reception_year FROM education.roll"
                       " WHERE pupil = $1) WHERE pupil = $2", OSIAN, SEREN)  # fmt: skip
    await pool.execute("UPDATE education.place SET free = 1 WHERE urn = $1", LARKFIELD)
    published = next(each for each in (await office.admissions())["rounds"] if each["allocated_at"] is None)
    assert published["seed"] is None
    for pupil in (OSIAN, SEREN):
        await send(office, pupil, LARKFIELD)
    number = await after_the_deadline(office, departments)
    await give(office, departments.clock, number)
    shown = next(each for each in (await office.admissions())["rounds"] if each["id"] == number)
    assert seed_digest(shown["seed"]) == published["seed_digest"] == shown["seed_digest"]
    first, second = sorted((OSIAN, SEREN), key=lambda pupil: lottery(shown["seed"], pupil))
    assert (await office.situation(first))["stage"] == "offered"
    assert (await office.situation(second))["outcome"]["turned_on"][0]["why"] == "lottery"


@pytest.mark.parametrize(
    ("ahead", "answer", "appeal", "code"),
    [
        (timedelta(0), 14, 42, "TOO_EARLY"), (timedelta(hours=1), 6, 42, "ANSWER_TOO_SOON"),
        (timedelta(hours=1), 14, 27, "APPEAL_TOO_SOON"),
    ],
)  # fmt: skip
async def test_when_places_can_not_be_given(
    office: SchoolOffice, departments: Departments, ahead: timedelta, answer: int, appeal: int, code: str
) -> None:
    number, now = await number_of(office), (await deadline_of(office)) + ahead
    departments.clock.now = now
    with pytest.raises(ServiceRefused, match=code):
        await office.give(
            number, now + timedelta(days=answer), now.date() + timedelta(days=appeal), key=key()
        )
    assert (await office.try_giving(number))["pupils"] == 0  # but tried it can be


async def test_places_are_given_once(office: SchoolOffice, departments: Departments) -> None:
    await send(office, TIA, LARKFIELD)
    number = await after_the_deadline(office, departments)
    done = await asyncio.gather(
        *(give(office, departments.clock, number) for _ in range(5)), return_exceptions=True
    )
    assert [isinstance(each, ServiceRefused) for each in done].count(False) == 1
    assert await free(departments.pool, LARKFIELD, 4) == 0
    with pytest.raises(ServiceRefused, match="ALREADY_GIVEN"):
        await office.try_giving(number)


async def free(pool: Pool, urn: str, year: int) -> int:
    number: int = await pool.fetchval(
        "SELECT free FROM education.place WHERE urn = $1 AND year_group = $2", urn, year
    )
    return number


async def test_a_school_that_closed_meanwhile_takes_nobody(
    office: SchoolOffice, departments: Departments
) -> None:
    await send(office, TIA, LARKFIELD, OAKMERE)
    await departments.pool.execute(
        "UPDATE education.school SET choosable = false, shown = false WHERE urn = $1", LARKFIELD
    )
    number = await after_the_deadline(office, departments)
    await give(office, departments.clock, number)
    found = (await office.situation(TIA))["outcome"]
    assert (found["school"], found["turned_on"][0]["why"]) == (OAKMERE, "unsuitable")


# --- offers -------------------------------------------------------------------------------------------


async def test_an_offer_is_accepted_once_and_not_refused_after(office: SchoolOffice) -> None:
    for _ in range(2):
        await office.answer("310000007", 1, "900015", accept=True, key=key())
    assert (await office.situation("310000007"))["stage"] == "accepted"
    with pytest.raises(ServiceRefused, match="ALREADY_ANSWERED"):
        await office.answer("310000007", 1, "900015", accept=False, key=key())


@pytest.mark.parametrize(
    ("pupil", "school"), [("310000007", "900016"), ("310000009", "900015"), (TIA, LARKFIELD)]
)
async def test_what_was_not_offered_is_not_answered(office: SchoolOffice, pupil: str, school: str) -> None:
    with pytest.raises(ServiceRefused, match="NO_OFFER"):
        await office.answer(pupil, 1, school, accept=True, key=key())


async def test_a_refused_place_goes_to_the_first_who_waits(
    office: SchoolOffice, departments: Departments
) -> None:
    pool = departments.pool
    assert await free(pool, "900015", 8) == 0
    with pytest.raises(ServiceRefused, match="NO_PLACE"):
        await office.offer_next(1, "900015", 8, key=key())
    await office.answer("310000007", 1, "900015", accept=False, key=key())
    assert await free(pool, "900015", 8) == 1
    waited = next(each for each in await office.rounds() if each["id"] == 1)["waited_for"]
    assert [(each["urn"], each["year_group"], each["waiting"]) for each in waited] == [("900015", 8, 2)]
    # Kai lives nearer than Iestyn; what he was offered and wanted less is free again.
    told = await office.offer_next(1, "900015", 8, key="once")
    assert told == await office.offer_next(1, "900015", 8, key="once") == {"pupil": "310000008", "waiting": 1}
    kai = await office.situation("310000008")
    assert (kai["stage"], kai["outcome"]["school"], kai["outcome"]["turned_on"]) == ("offered", "900015", [])
    assert (await free(pool, "900015", 8), await free(pool, "900003", 8)) == (0, 1)
    answer_by = datetime.fromisoformat(kai["round"]["answer_by"])
    assert answer_by >= departments.clock.now + timedelta(days=7)


async def test_nobody_waits_for_a_place_twice_taken(office: SchoolOffice, departments: Departments) -> None:
    await office.answer("310000007", 1, "900015", accept=False, key=key())
    done = await asyncio.gather(
        *(office.offer_next(1, "900015", 8, key=key()) for _ in range(4)), return_exceptions=True
    )
    assert [isinstance(each, ServiceRefused) for each in done].count(False) == 1
    assert await free(departments.pool, "900015", 8) == 0
    await departments.pool.execute(
        "UPDATE education.place SET free = 1 WHERE urn = '900017' AND year_group = 9"
    )
    with pytest.raises(ServiceRefused, match="NOBODY_WAITS"):
        await office.offer_next(1, "900017", 9, key=key())


async def test_the_database_itself_gives_no_place_away_twice(demo: Pool) -> None:
    with pytest.raises(Exception, match="free"):
        await demo.execute("UPDATE education.place SET free = free - 100 WHERE urn = '900008'")


async def test_a_pupil_whose_roll_is_not_known(office: SchoolOffice, departments: Departments) -> None:
    await departments.pool.execute("DELETE FROM education.roll WHERE pupil = $1", TIA)
    with pytest.raises(ServiceRefused, match="NOT_ON_A_ROLL"):
        await office.situation(TIA)


async def test_in_a_round_before_the_summer_it_is_the_next_year_group(
    office: SchoolOffice, departments: Departments
) -> None:
    year = (await office.situation(AYESHA))["year_group"]
    now = departments.clock.now
    summer = date(now.year + (now.month >= 7), 7, 18)
    departments.clock.now = datetime(summer.year, 6, 20, 9, tzinfo=UTC)
    same = (await office.situation(AYESHA))["year_group"]
    await office.designate(["900001"], "closing", datetime(summer.year, 7, 25, 17, tzinfo=UTC), key=key())
    assert (await office.situation(AYESHA))["year_group"] == same + 1
    assert same in (year, year + 1)


async def test_a_list_for_a_round_whose_places_are_given_is_late(office: SchoolOffice) -> None:
    with pytest.raises(ServiceRefused, match="DEADLINE_PASSED") as refused:
        await office.keep("310000012", 1, ["900015"], [], key=key())
    assert datetime.fromisoformat(str(refused.value.details["deadline"])) == await deadline_of(
        office, "310000012"
    )
