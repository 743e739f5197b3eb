"""What parents and the desk are told about schools: once, in order, in time, and of nobody else."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from actions.education.school_client import SchoolNotice, SchoolOffice
from actions.education.service.school_measures import wanted
from actions.education.tests.conftest import Departments
from actions.education.watch.schools import SchoolNews
from actions.sdk import News, Seen, Service, WatchCall

OSIAN, SEREN, TIA, MALI, LEON, RUBY = (f"31000000{number}" for number in range(1, 7))
ALL = {OSIAN, SEREN, TIA, MALI, LEON, RUBY}


async def of_kind(office: SchoolOffice, kind: str, last: int = 0) -> list[SchoolNotice]:
    return [each for each in await office.news(last) if each.kind == kind]


async def deadline_of(office: SchoolOffice) -> datetime:
    return datetime.fromisoformat((await office.situation(TIA))["round"]["deadline"])


async def send(office: SchoolOffice, pupil: str, *schools: str) -> None:
    number = (await office.situation(pupil))["round"]["id"]
    await office.keep(pupil, number, schools, [], key=str(uuid4()))


async def test_parents_are_told_their_right(office: SchoolOffice) -> None:
    told = await of_kind(office, "right")
    assert {each.pupil for each in told} == ALL
    assert {each.pupil for each in told if each.details["plan"]} == {RUBY}
    mali = next(each for each in told if each.pupil == MALI)
    assert (mali.phone, mali.language, mali.name) == ("+447700900342", "cy", "Mali")
    # What was told of the other round long ago is not told again.
    assert not {each.pupil for each in told} & {"310000007", "310000012"}


async def test_each_is_told_once_and_in_order(office: SchoolOffice) -> None:
    first = await office.news(0)
    assert [each.id for each in first] == sorted(each.id for each in first)
    assert len({each.key for each in first}) == len(first)
    assert await office.news(first[-1].id) == []


async def test_reminded_a_week_before_who_sent_no_list_and_a_day_before_all(
    office: SchoolOffice, departments: Departments
) -> None:
    await send(office, TIA, "900008", "900009")
    deadline = await deadline_of(office)
    departments.clock.now = deadline - timedelta(days=7, seconds=1)
    assert await of_kind(office, "remind") == []
    departments.clock.now = deadline - timedelta(days=7)
    week = await of_kind(office, "remind")
    assert {each.pupil for each in week} == ALL - {TIA, RUBY}  # a plan is changed at its review
    assert {each.details["days"] for each in week} == {7}
    departments.clock.forward(days=3)
    assert await of_kind(office, "remind", week[-1].id) == []
    departments.clock.now = deadline - timedelta(hours=23)
    day = await of_kind(office, "remind", week[-1].id)
    assert {each.pupil for each in day} == ALL - {RUBY}
    tia = next(each for each in day if each.pupil == TIA)
    assert tia.details["list"] == ["Larkfield Primary School", "Oakmere Primary School"]
    departments.clock.now = deadline + timedelta(seconds=1)
    assert await of_kind(office, "remind", day[-1].id) == []


async def test_a_look_that_comes_late_does_not_send_both_reminders(
    office: SchoolOffice, departments: Departments
) -> None:
    departments.clock.now = await deadline_of(office) - timedelta(hours=5)
    assert {each.details["days"] for each in await of_kind(office, "remind")} == {1}


async def test_the_desk_is_told_what_to_do(office: SchoolOffice, departments: Departments) -> None:
    await send(office, TIA, "900008")
    departments.clock.now = await deadline_of(office) + timedelta(minutes=1)
    (allocate,) = await of_kind(office, "allocate")
    assert (allocate.pupil, allocate.details) == (None, {"lists": 1})
    answer_by = datetime.fromisoformat((await office.situation("310000008"))["round"]["answer_by"])
    departments.clock.now = answer_by - timedelta(days=1)
    assert {each.pupil for each in await of_kind(office, "answer")} == {"310000007", "310000008", "310000011"}
    departments.clock.now = answer_by + timedelta(minutes=1)
    (unanswered,) = await of_kind(office, "unanswered")
    assert unanswered.details == {"pupils": ["310000007", "310000008", "310000011"]}
    # And nothing is taken back by itself.
    assert (await office.situation("310000008"))["stage"] == "offered"


async def test_where_few_get_their_first_choice_the_desk_hears_it(
    office: SchoolOffice, departments: Departments
) -> None:
    (told,) = await of_kind(office, "wanted")
    assert (told.details["area"], told.details["pupils"], told.details["first"]) == ("BD4", 5, 2)
    assert await of_kind(office, "wanted", told.id) == []
    public = (await office.admissions())["wanted"]
    assert public == [{"round": 1, "area": "BD4", "pupils": 5, "first": None}]  # below 5 is not published
    await departments.pool.execute("UPDATE education.pupil SET disadvantage = NULL")
    assert await wanted(departments.pool, 1) == []


async def look(office: SchoolOffice, departments: Departments, cursor: object = None) -> Seen:
    def client(kind: type[Service]) -> Service:
        assert kind is not None
        return office

    return await SchoolNews().look(WatchCall(cursor, departments.clock.now, client))


@pytest.fixture
async def seen(office: SchoolOffice, departments: Departments) -> Seen:
    return await look(office, departments)


def about(seen: Seen, pupil: str) -> list[News]:
    return [each for each in seen.news if each.thing == f"party:{pupil}:parent"]


async def test_to_the_number_on_record_and_to_who_proved_it(seen: Seen) -> None:
    followers, number = about(seen, MALI)
    assert followers.to is None
    assert number.to == ("sms", "+447700900342")
    assert followers.key == number.key  # who is both hears it once
    assert (number.say, number.language) == ("school_news_right", "cy")
    assert number.values["school_name"] == "Stonebeck Primary"


async def test_without_a_number_only_who_proved_it(seen: Seen) -> None:
    assert [each.to for each in about(seen, "310000011")] == [None]


async def test_a_plan_has_words_of_its_own_and_an_offer_asks(seen: Seen) -> None:
    assert {each.say for each in about(seen, RUBY)} == {"school_news_plan"}
    kai = about(seen, "310000008")
    assert {each.begin for each in kai} == {"school_outcome"}
    assert kai[0].values["which_pupil"]["reference"] == "310000008"
    assert kai[0].say is None


async def test_the_desk_decides_without_anybody_s_name(seen: Seen) -> None:
    (decision,) = seen.decisions
    assert (decision.reason, decision.subject) == (
        "school_places_wanted", "BD4: 2 of 5 pupils got their first choice"
    )  # fmt: skip
    assert decision.due > datetime.fromisoformat("2026-01-01T00:00:00+00:00")


async def test_the_next_look_goes_on_from_there(
    office: SchoolOffice, departments: Departments, seen: Seen
) -> None:
    again = await look(office, departments, seen.cursor)
    assert (again.news, again.decisions, again.cursor) == ([], [], seen.cursor)


async def test_both_parents_hear_it(office: SchoolOffice, departments: Departments) -> None:
    await departments.pool.execute(
        """INSERT INTO education.party (pupil, party, phone, language, code_digest)
           VALUES ($1, 'other_parent', '+447700900358', 'en', '\\x00')""",
        MALI,
    )
    seen = await look(office, departments)
    told = [each for each in seen.news if each.key.endswith(about(seen, MALI)[0].key.removeprefix("school:"))]
    assert {(each.thing, each.to) for each in told} == {
        (f"party:{MALI}:parent", None), (f"party:{MALI}:parent", ("sms", "+447700900342")),
        (f"party:{MALI}:other_parent", None), (f"party:{MALI}:other_parent", ("sms", "+447700900358")),
    }  # fmt: skip
