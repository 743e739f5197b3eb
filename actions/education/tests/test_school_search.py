"""The schools that a parent is shown: near, of the right age, with places, by name; and how that is found."""

import json

import pytest

from actions.education.school_client import SchoolOffice
from actions.education.service import schools
from actions.education.service.distance import Spot, to_grid, travel
from actions.education.service.schools import Child, Wish
from actions.sdk import ServiceRefused
from bot.places.grid import to_degrees
from bot.queue import Pool

TIA = "310000003"  # year 4, in Seacroft
AALIYAH = "310000007"  # year 8, in Holme Wood


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(53.8, -1.55), (50.06, -5.71), (60.8, -0.8), (51.5, 1.4), (49.9, -6.3), (55.9, -3.2)],
)
def test_the_grid_and_back(latitude: float, longitude: float) -> None:
    spot = to_grid(latitude, longitude)
    north, east = to_degrees(spot.easting, spot.northing)
    assert abs(north - latitude) < 2e-7
    assert abs(east - longitude) < 3e-7


@pytest.mark.parametrize("place", [(40.0, -1.0), (90.0, 0.0), (-33.0, 151.0), (53.0, -20.0)])
def test_what_is_not_on_the_grid(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="National Grid"):
        to_grid(*place)


def test_leeds_is_where_ordnance_survey_has_it() -> None:
    # The triangulation pillar of Otley Chevin and the town hall, from published coordinates.
    assert to_grid(53.8003, -1.5491).metres(Spot(429800, 433870)) < 60


@pytest.mark.parametrize(
    ("metres", "age", "walk", "bus", "far"),
    [(0, 5, 1, 10, False), (1609, 7, 26, 19, False), (2600, 7, 42, 25, True), (2600, 9, 42, 25, False),
     (4000, 12, 65, 32, True)],
)  # fmt: skip
def test_minutes_are_estimated_by_one_rule(metres: int, age: int, walk: int, bus: int, far: bool) -> None:
    way = travel(metres, age)
    assert (way.walk, way.bus, way.far) == (walk, bus, far)


async def test_the_nearest_with_a_place_in_the_child_s_year(office: SchoolOffice) -> None:
    found = await office.choose_from(TIA)
    assert len(found) == 12
    assert [each["metres"] for each in found] == sorted(each["metres"] for each in found)
    assert all(each["free"] > 0 and each["age_from"] <= 8 and each["age_to"] >= 9 for each in found)
    assert not {"900006", "900007", "900050"} & {
        each["urn"] for each in found
    }  # nobody goes to a failing one
    assert all(each["phase"] != "special" for each in found)


@pytest.mark.parametrize("order", ["progress", "places"])
async def test_the_best_of_those_in_reach_first(office: SchoolOffice, order: str) -> None:
    found = await office.choose_from(TIA, order=order)
    near = [each for each in found if each["metres"] <= schools.IN_REACH]
    best = [each["progress" if order == "progress" else "free"] for each in near]
    assert best == sorted(best, reverse=True)
    assert found[: len(near)] == near


@pytest.mark.parametrize(
    ("faith", "words"),
    [("catholic", "Roman Catholic"), ("church", "Church of England"), ("muslim", "Muslim")],
)
async def test_of_one_faith(office: SchoolOffice, faith: str, words: str) -> None:
    assert {each["faith"] for each in await office.choose_from(TIA, faith=faith)} == {words}


async def test_of_none_or_any(office: SchoolOffice) -> None:
    assert {each["faith"] for each in await office.choose_from(TIA, faith="none")} == {None}
    assert None not in {each["faith"] for each in await office.choose_from(TIA, faith="any")}


async def test_girls_schools_are_for_girls(office: SchoolOffice) -> None:
    girl = {each["entry"] for each in await office.choose_from(AALIYAH)}
    boy = {each["entry"] for each in await office.choose_from("310000008")}
    assert "boys" not in girl
    assert "girls" not in boy
    assert "girls" in girl


async def test_full_schools_only_where_asked(office: SchoolOffice) -> None:
    assert 0 in {each["free"] for each in await office.choose_from(TIA, full=True)}


async def test_near_another_place(office: SchoolOffice) -> None:
    shipley = await office.choose_from(TIA, near=(53.833, -1.777))
    home = await office.choose_from(TIA)
    assert shipley[0]["urn"] != home[0]["urn"]
    assert shipley[0]["metres"] < 3_000


@pytest.mark.parametrize(
    ("name", "urns"),
    [
        ("larkfield", ["900008"]),
        ("Larkfeild primary", ["900008"]),
        ("900013", ["900013"]),
        ("900004", []),  # a secondary school, and she is eight
        ("ravenscar high", []),
        ("zzyzx", []),
        ("the", []),
        ("'; DROP TABLE education.school; --", []),
    ],
)
async def test_by_a_part_of_its_name(office: SchoolOffice, name: str, urns: list[str]) -> None:
    assert [each["urn"] for each in await office.named(TIA, name)] == urns


@pytest.mark.parametrize(
    "query",
    [
        {"lat": "x", "long": "1"},
        {"lat": "40", "long": "1"},
        {"lat": "53"},
        {"order": "best"},
        {"faith": "jedi"},
    ],
)
async def test_what_is_no_wish(office: SchoolOffice, query: dict[str, str]) -> None:
    with pytest.raises(ServiceRefused, match="INVALID"):
        await office.call("GET", f"pupils/{TIA}/schools", lambda _: None, params=query, headers=office.key)


async def test_what_everybody_may_see_needs_no_key(office: SchoolOffice) -> None:
    first = await office.by_name()
    assert len(first) == schools.PAGE
    second = await office.by_name((str(first[-1]["name"]), str(first[-1]["urn"])))
    third = await office.by_name((str(second[-1]["name"]), str(second[-1]["urn"])))
    names = [each["name"] for each in (*first, *second, *third)]
    assert len(names) == len(set(names)) == 120
    assert {each["phase"] for each in await office.by_name(phase="special")} == {"special"}
    near = await office.near((53.82, -1.46), "primary")
    assert [each["metres"] for each in near] == sorted(each["metres"] for each in near)
    assert (await office.school("900008"))["places"]["4"] == 1
    assert all(each["free"] > 0 for each in await office.for_year((53.82, -1.46), 4))
    with pytest.raises(ServiceRefused, match="SCHOOL_NOT_FOUND"):
        await office.school("999999")


@pytest.mark.parametrize(
    "path", ["pupils/310000003/school", "pupils/310000003/schools", "school-news", "rounds"]
)
async def test_what_is_not_for_everybody_needs_the_key(office: SchoolOffice, path: str) -> None:
    with pytest.raises(ServiceRefused, match="KEY_WRONG"):
        await office.call("GET", path, lambda _: None)


MANY = """
INSERT INTO education.school (urn, name, la_code, la_name, number, type, status, phase, shown, choosable,
    age_from, age_to, entry, faith, address, town, postcode, website, phone, head, easting, northing,
    register_date)
SELECT (200000 + n)::text, 'School ' || n, '383', 'Leeds', '', 'Community school', 'Open',
    CASE n % 3 WHEN 0 THEN 'secondary' ELSE 'primary' END, n % 20 > 0, n % 20 > 0,
    CASE n % 3 WHEN 0 THEN 11 ELSE 4 END, CASE n % 3 WHEN 0 THEN 16 ELSE 11 END, 'mixed',
    CASE n % 4 WHEN 0 THEN 'Roman Catholic' END, '', '', '', '', '', '',
    100000 + (n::bigint * 7919 % 500000), 50000 + (n::bigint * 104729 % 600000), '2026-01-01'
FROM generate_series(1, 30000) AS n
"""
FREE = """
INSERT INTO education.place (urn, year_group, free)
SELECT (200000 + n)::text, year, (n + year) % 5 FROM generate_series(1, 30000) AS n,
    generate_series(4, 9) AS year
"""


def nodes(plan: dict[str, object]) -> list[dict[str, object]]:
    """All nodes of a plan."""
    below = plan.get("Plans", [])
    assert isinstance(below, list)
    return [plan, *(node for each in below for node in nodes(each))]


async def test_among_thirty_thousand_the_nearest_come_from_the_index(demo: Pool) -> None:
    await demo.execute(MANY)
    await demo.execute(FREE)
    await demo.execute(
        "ANALYZE education.school, education.place, education.school_more, education.designation"
    )
    child = Child(4, "F", Spot(430_000, 434_000), "900006")
    for faith in (None, "%catholic%"):
        for most in (schools.MOST, schools.NAMED_AMONG):
            rows = await demo.fetchval(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {schools._NEAR}", child.home.easting, child.home.northing, 4,
                "F", faith, True, "900006", None, most,
            )  # fmt: skip
            found = nodes((json.loads(rows) if isinstance(rows, str) else rows)[0]["Plan"])
            scans = [each for each in found if each.get("Relation Name") == "school"]
            assert [each["Index Name"] for each in scans] == ["school_near"]
            # It goes no further than it must: not through a tenth of them for the nearest dozen.
            seen = sum(int(str(each["Actual Rows"]).split(".")[0]) for each in scans)
            removed = sum(int(str(each.get("Rows Removed by Filter", 0)).split(".")[0]) for each in scans)
            if most == schools.MOST:
                assert seen + removed < 3_000
    found_near = await schools.for_child(demo, child, Wish(child.home))
    assert len(found_near) == schools.MOST


async def test_a_page_by_name_comes_from_its_index(demo: Pool) -> None:
    await demo.execute(MANY)
    await demo.execute("ANALYZE education.school")
    rows = await demo.fetchval(f"EXPLAIN (FORMAT JSON) {schools._LIST}", "School 2", "200002", None, 50)
    found = nodes((json.loads(rows) if isinstance(rows, str) else rows)[0]["Plan"])
    assert "school_name" in {each.get("Index Name") for each in found}
    assert "Sort" not in {each["Node Type"] for each in found}
