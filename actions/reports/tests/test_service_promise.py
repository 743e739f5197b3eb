"""Who has a problem and by when: bodies by area, working days, what is late soon, what comes again."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reports.service import breaching, forget_answers, repeats
from actions.reports.service.categories import categories
from actions.reports.service.promise import after_working, begins, expected, is_working_day, working_time
from actions.reports.service.responsible import no_areas
from actions.reports.tests.conftest import LEEDS, Api
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

NORTH = {"lat": "54.0", "long": "-1.54"}
NOWHERE = {"lat": "53.0", "long": "-1.5"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("reported", "days", "by"),
    [
        ("2026-03-02T10:00Z", 0, "2026-03-02T10:00Z"),  # a Monday
        ("2026-03-02T10:00Z", 5, "2026-03-09T10:00Z"),
        ("2026-03-02T06:00Z", 1, "2026-03-03T09:00Z"),  # before they open
        ("2026-03-02T17:00Z", 1, "2026-03-04T09:00Z"),  # when they have closed
        ("2026-03-06T18:00Z", 1, "2026-03-10T09:00Z"),  # on Friday evening
        ("2026-03-07T12:00Z", 2, "2026-03-11T09:00Z"),  # on Saturday
        ("2026-03-27T10:00Z", 1, "2026-03-30T09:00Z"),  # the clocks go forward between
        ("2026-04-02T10:00+01:00", 1, "2026-04-07T10:00+01:00"),  # Easter
        ("2026-12-24T10:00Z", 2, "2026-12-30T10:00Z"),  # 28 December is the substitute for Boxing Day
        ("2026-05-04T10:00+01:00", 1, "2026-05-06T09:00+01:00"),  # on a bank holiday
    ],
)
def test_a_promise_in_working_days(reported: str, days: int, by: str) -> None:
    assert expected(at(reported), days) == at(by)


def test_nothing_promised_is_nothing_expected() -> None:
    assert expected(at("2026-03-02T10:00Z"), None) is None


MINUTES = st.integers(0, 4 * 365 * 24 * 60)
MOMENTS = MINUTES.map(lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@given(MOMENTS, st.integers(0, 30))
def test_a_promise_ends_in_working_time_after_so_many_working_days(reported: datetime, days: int) -> None:
    by = expected(reported, days)
    assert by is not None
    assert begins(by) == by
    first = begins(reported).date()
    between = [first + timedelta(n) for n in range(1, (by.date() - first).days + 1)]
    assert sum(is_working_day(day) for day in between) == days


@given(MOMENTS, st.floats(0, 60))
def test_working_time_to_a_moment_so_many_hours_on_is_so_many_hours(since: datetime, hours: float) -> None:
    left = working_time(since, after_working(since, hours))
    assert abs(left.total_seconds() - hours * 3600) < 1


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-03-02T10:00Z", "2026-03-02T12:30Z", 2.5),
        ("2026-03-02T10:00Z", "2026-03-03T10:00Z", 8),
        ("2026-03-06T16:00Z", "2026-03-09T10:00Z", 2),
        ("2026-03-07T00:00Z", "2026-03-08T23:00Z", 0),
        ("2026-03-03T10:00Z", "2026-03-02T10:00Z", 0),
    ],
)
def test_working_time(since: str, until: str, hours: float) -> None:
    assert working_time(at(since), at(until)) == timedelta(hours=hours)


def test_a_bank_holiday_is_no_working_day() -> None:
    assert not is_working_day(date(2026, 12, 28))
    assert is_working_day(date(2026, 12, 29))


POTHOLE = {"service_code": "pothole", "attribute[size]": "plate"}
DISTRICT, COUNTY = "Harrogate Council", "North Yorkshire Council"


@pytest.mark.parametrize(
    ("rows", "place", "agency", "notice"),
    [
        ([], LEEDS, "Leeds City Council", "This goes to Leeds City Council (Highways repairs), as the place"
         " is in their area."),
        ([], NORTH, DISTRICT, "This goes to Harrogate Council (Highways repairs), as the place is in their"
         " area."),
        # Two tiers: the district does not mend roads.
        ([("pothole", "district", "E07000165", None)], NORTH, COUNTY, "This goes to North Yorkshire Council"
         " (Highways repairs), as the place is in their area and Harrogate Council does not do this."),
        ([("street_light", "district", "E07000165", None)], NORTH, DISTRICT, None),
        ([("", "district", "E07000165", None), ("pothole", "district", "E07000165", "Harrogate Roads")],
         NORTH, "Harrogate Roads", None),  # what is said of the category counts more than of all
        ([("pothole", "district", "", "Roads for All"), ("", "district", "E07000165", "Harrogate Streets")],
         NORTH, "Harrogate Streets", None),  # and what is said of the area more than of everywhere
        ([("pothole", "county", "", "County Roads")], NOWHERE, "County Roads", "This goes to County Roads"
         " (Highways repairs), as they deal with this kind of problem."),
        ([], NOWHERE, "The local council", "This goes to the local council (Highways repairs). If it is not"
         " theirs, they will pass it on."),
        ([], {"address_string": "Skipton Road"}, "The local council", None),
        ([("", "district", "", None), ("", "county", "", None)], NORTH, "The local council", None),
    ],
)  # fmt: skip
async def test_who_has_a_problem(
    xml: Api, pool: Pool, rows: list[tuple[str, str, str, str | None]], place: dict[str, str],
    agency: str, notice: str | None,
) -> None:  # fmt: skip
    await pool.executemany(
        "INSERT INTO problem_body (category, level, area, agency, agency_cy) VALUES ($1, $2, $3, $4, $4)",
        rows,
    )
    made = (await xml.post("requests", {**POTHOLE, **place})).content[0]
    found = await xml.problem(made["service_request_id"])
    assert found["agency_responsible"] == agency
    assert notice is None or found["service_notice"] == made["service_notice"] == notice


async def test_who_has_it_is_told_in_welsh(xml: Api) -> None:
    made = (await xml.post("requests", {**POTHOLE, **LEEDS, "locale": "cy"})).content[0]
    notice = "Cyngor Dinas Leeds (Atgyweirio priffyrdd) sy'n delio â hyn, gan fod y lle yn eu hardal nhw."
    assert made["service_notice"] == notice
    [found] = (await xml.get(f"requests/{made['service_request_id']}", locale="cy")).content
    assert (found["agency_responsible"], found["service_notice"]) == ("Cyngor Dinas Leeds", notice)


async def test_without_boundaries_no_area_is_known() -> None:
    assert await no_areas(53.8, -1.55) == ()


async def test_what_will_be_late_soon(xml: Api, pool: Pool, clock: Clock) -> None:
    pothole = (await xml.post("requests", {**POTHOLE, **LEEDS})).content[0]["service_request_id"]
    clock.forward(days=1)
    rubbish = await xml.report(service_code="flytipping")  # in three days
    lamp = await xml.report()  # in seven
    done = await xml.report(service_code="flytipping")
    await xml.update(done, "fixed")

    async def soon(now: str, hours: float = 8) -> list[tuple[str, float]]:
        found = await breaching(pool, at(now), hours=hours)
        return [(str(each.id), each.left.total_seconds() / 3600) for each in found]

    assert await soon("2026-03-05T09:00Z") == []
    assert await soon("2026-03-05T10:00Z") == [(rubbish, 8)]
    assert await soon("2026-03-06T09:00Z", 9) == [(rubbish, 1), (pothole, 9)]
    assert await soon("2026-03-20T09:00Z") == [(rubbish, 0), (pothole, 0), (lamp, 0)]
    [first, *_] = await breaching(pool, at("2026-03-06T09:00Z"))
    assert (first.category, first.agency, first.state, first.expected) == (
        "flytipping", "Leeds City Council", "open", at("2026-03-06T10:00Z"),
    )  # fmt: skip


async def test_the_third_time_in_90_days_goes_to_a_named_officer(xml: Api, pool: Pool, clock: Clock) -> None:
    await pool.execute(
        """INSERT INTO problem_body (category, level, area, agency, agency_cy, officer)
           VALUES ('', 'district', 'E08000035', 'Leeds City Council', 'Cyngor Dinas Leeds',
                   'Asha Whitfield')"""
    )
    first = await xml.report()
    repeated = await xml.report()
    await xml.update(repeated, "duplicate", duplicate_of=first)  # said twice is not broken twice
    await xml.report(service_code="flytipping")
    await xml.report(lat="53.8028")  # another lamp
    await xml.update(first, "fixed")
    clock.forward(days=50)
    second = await xml.report(lat="53.80085")
    assert await repeats(pool, clock.now) == []
    clock.forward(days=39)
    third = await xml.report()
    [found] = await repeats(pool, clock.now)
    assert (str(found.id), found.category, found.times, found.officer) == (
        third, "street_light", 3, "Asha Whitfield",
    )  # fmt: skip
    clock.forward(days=2)
    await xml.report()  # the first is 91 days ago: this is again the third
    assert [each.times for each in await repeats(pool, clock.now)] == [3, 3]
    await xml.update(second, "fixed")
    clock.forward(days=91)
    assert await repeats(pool, clock.now) == []


async def test_a_named_service_that_fails_three_times(xml: Api, pool: Pool, clock: Clock) -> None:
    for name in ("Hyde Park Surgery", "hyde park surgery", "Another Surgery", "Hyde Park Surgery"):
        await xml.post("requests", {"service_code": "rude_answer", "address_string": name})
    assert [each.times for each in await repeats(pool, clock.now)] == [3]


async def test_old_answers_are_forgotten(xml: Api, pool: Pool, clock: Clock) -> None:
    await xml.post("requests", {"service_code": "street_light", **LEEDS}, key="k")
    await forget_answers(pool, clock.now + timedelta(days=29))
    assert await pool.fetchval("SELECT count(*) FROM problem_answered") == 1
    await forget_answers(pool, clock.now + timedelta(days=31))
    assert await pool.fetchval("SELECT count(*) FROM problem_answered") == 0


GOOD: dict[str, Any] = {
    "group": "streets", "name": {"en": "A", "cy": "B"}, "about": {"en": "A", "cy": "B"},
    "words": {"en": ["a"], "cy": ["b"]}, "bodies": ["district"], "team": {"en": "A", "cy": "B"},
}  # fmt: skip
QUESTION = {"code": "a", "kind": "string", "ask": {"en": "A?", "cy": "B?"}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"group": "magic"}, {"name": {"en": "A"}}, {"name": {"en": "A", "cy": ""}}, {"bodies": []},
        {"bodies": ["moon"]}, {"place": "sky"}, {"danger": "fire"}, {"type": "never"}, {"words": {"en": []}},
        {"questions": [{**QUESTION, "kind": "picture"}]},
        {"questions": [{**QUESTION, "kind": "singlevaluelist"}]},
        {"questions": [{**QUESTION, "values": {"a": {"en": "A", "cy": "B"}}}]},
        {"questions": [QUESTION, QUESTION]},
    ],
)  # fmt: skip
def test_a_category_that_is_not_right_is_named(tmp_path: Path, wrong: dict[str, Any]) -> None:
    import json

    file = tmp_path / "categories.yml"
    file.write_text(json.dumps({"thing": {**GOOD, **wrong}}))
    with pytest.raises(ValueError, match="thing"):
        categories(file)


def test_the_department_s_own_categories_are_right() -> None:
    found = categories()
    assert found
    assert all(each.words["en"] and each.words["cy"] for each in found.values())
