"""Providers near a place and by name, whoever owns them; and how a provider shows who it is."""

from datetime import timedelta

import pytest

from actions.childcare.service.invented_providers import MANY, code_of, demo_providers, key_of
from actions.childcare.service.naming import named_in, words_of
from actions.childcare.tests.conftest import KEY, MONDAY, Office

ROWS = list(demo_providers(MONDAY))
NAMES = {row["number"]: row["name"] for row in ROWS}
CANDIDATES = [
    (row["number"], [name for name in (row["name"], row["name_cy"]) if name], row["town"]) for row in ROWS
]
HEADINGLEY = "lat=53.819&long=-1.579"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("40 quid to Little Acorns for next week", ["Little Acorns"]),
        ("little acrons 40", ["Little Acorns"]),
        ("40 punt i'r Fesen Fach am wythnos nesa", ["Little Acorns"]),
        ("half to Little Acorns and half to Sunny Side", ["Little Acorns", "Sunny Side"]),
        ("£20 to sunnyside and the rest to little stars pls", ["Sunny Side", "Little Stars"]),
        ("St Barts", ["St Bart's Nursery"]),
        ("the Otley Road Nursery", ["Otley Road Nursery"]),
        ("pay Jan Hughes for last week", ["Jan Hughes"]),
        ("a nursery in Headingley", []),
        ("nurseries with places near LS11", []),
        ("pay my childminder £60", []),
        ("3 days at nursery, next week", []),
    ],
)
def test_a_whole_name_in_a_sentence(said: str, meant: list[str]) -> None:
    assert [NAMES[one.number] for one in named_in(said, CANDIDATES) if one.whole] == meant


@pytest.mark.parametrize(
    ("said", "likely"),
    [
        ("pay jan the childminder", "Jan Hughes"),
        ("pay Mrs Khan forty pounds", "Nasreen Khan"),
        ("pay Auntie Bev", "Bev Sykes"),
    ],
)
def test_a_part_of_a_name_is_a_likely_one(said: str, likely: str) -> None:
    found = named_in(said, CANDIDATES)
    assert not found[0].whole
    assert NAMES[found[0].number] == likely


@pytest.mark.parametrize("text", ["", "   ", "!!! ???", "£" * 400, "a " * 200, "é" * 300, "1234 5678"])
def test_words_that_name_nobody(text: str) -> None:
    assert [one for one in named_in(text, CANDIDATES) if one.whole] == []
    assert all(word == word.casefold() for word in words_of(text))


def test_the_demonstrations_providers_are_many_and_each_is_another() -> None:
    assert len(ROWS) == MANY
    assert len({row["name"] for row in ROWS}) == MANY
    assert {row["run_by"] for row in ROWS} == {"public", "private", "voluntary"}
    assert {row["kind"] for row in ROWS} == {"nursery", "childminder", "playgroup", "club", "holiday_club"}
    assert all(set(row["postcode"][-2:]) <= set("CIKMOV") for row in ROWS)
    assert all(row["phone"].startswith("0113 496 0") for row in ROWS)
    assert list(demo_providers(MONDAY)) == ROWS


async def test_the_nearest_registered_providers(office: Office) -> None:
    _, found = await office.call("GET", f"providers?{HEADINGLEY}&most=50", who="")
    miles = [each["miles"] for each in found["providers"]]
    assert len(miles) == 50
    assert miles == sorted(miles)
    assert all(each["registered"] for each in found["providers"])
    assert "XC1016" not in {each["number"] for each in found["providers"]}


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("kind=childminder", lambda each: each["kind"] == "childminder"),
        ("age=8", lambda each: each["age_from"] <= 8 <= each["age_to"]),
        ("day=5", lambda each: 5 in each["days"]),
        ("speaks=cy", lambda each: "cy" in each["languages"]),
        ("free=true", lambda each: each["places_free"] > 0),
    ],
)
async def test_only_those_that_fit(office: Office, query: str, holds: object) -> None:
    _, found = await office.call("GET", f"providers?{HEADINGLEY}&{query}", who="")
    assert found["providers"]
    assert all(holds(each) for each in found["providers"])  # type: ignore[operator]


async def test_who_owns_a_provider_orders_nothing(office: Office) -> None:
    orders = {}
    for order in ("near", "price", "rating"):
        _, found = await office.call("GET", f"providers?{HEADINGLEY}&order={order}&most=50", who="")
        orders[order] = [each["number"] for each in found["providers"]]
    # Whoever they belong to then, the order is the same.
    await office.pool.execute(
        """UPDATE childcare.provider SET run_by = CASE run_by
               WHEN 'public' THEN 'private' WHEN 'private' THEN 'voluntary' ELSE 'public' END"""
    )
    for order, numbers in orders.items():
        _, found = await office.call("GET", f"providers?{HEADINGLEY}&order={order}&most=50", who="")
        assert [each["number"] for each in found["providers"]] == numbers
    _, found = await office.call("GET", "providers?order=price&most=50", who="")
    prices = [each["price_hour"] for each in found["providers"]]
    assert prices == sorted(prices)


async def test_a_provider_by_its_name_is_told_even_when_it_was_struck_off(office: Office) -> None:
    _, found = await office.call("GET", "providers?said=pay%20Cosy%20Corner%2040", who="")
    [cosy] = [each for each in found["providers"] if each["named"] == "whole"]
    assert (cosy["registered"], cosy["struck_off_on"]) == (False, str(MONDAY - timedelta(days=20)))
    assert (await office.call("GET", "providers/XC1016", who=""))[1]["name"] == "Cosy Corner"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("providers?lat=53.8", 422), ("providers?lat=nan&long=0", 422), ("providers?lat=91&long=0", 422),
        ("providers?kind=palace", 422), ("providers?most=0", 422), ("providers?most=51", 422),
        ("providers?run_by=public", 422), ("providers?said=%00", 422), ("providers?day=1&day=2", 422),
        ("providers/XC9999", 404), ("providers/'--", 404), ("providers/" + "X" * 500, 404), ("nowhere", 404),
    ],
)  # fmt: skip
async def test_what_is_asked_wrongly(office: Office, path: str, status: int) -> None:
    assert (await office.call("GET", path, who=""))[0] == status


async def test_a_provider_signs_in_with_its_code_and_out_again(office: Office) -> None:
    body = {"number": "XC1001", "code": code_of("XC1001").lower().replace(" ", "-")}
    status, done = await office.call("POST", "provider/session", body)
    assert status == 201
    assert (await office.call("GET", "provider", who=done["token"]))[1]["name"] == "Little Acorns"
    assert (await office.call("DELETE", "provider/session", who=done["token"]))[0] == 204
    assert (await office.call("GET", "provider", who=done["token"]))[0] == 401


async def test_a_sign_in_ends_and_five_wrong_codes_lock_it(office: Office) -> None:
    body = {"number": "XC1002", "code": code_of("XC1002")}
    _, done = await office.call("POST", "provider/session", body)
    office.clock.forward(hours=9)
    assert (await office.call("GET", "provider", who=done["token"]))[0] == 401
    wrong = {"number": "XC1002", "code": "NEST 0000"}
    answers = [(await office.call("POST", "provider/session", wrong))[0] for _ in range(5)]
    assert answers == [401] * 4 + [423]
    assert (await office.call("POST", "provider/session", body))[0] == 423
    nobody = {"number": "XC7777", "code": "NEST 0000"}
    answers = [(await office.call("POST", "provider/session", nobody))[0] for _ in range(5)]
    assert answers == [401] * 4 + [423]  # a number that nobody has is answered alike


@pytest.mark.parametrize("who", ["", "no", KEY.upper(), "x" * 5_000])
async def test_nobody_without_a_key_learns_anything(office: Office, who: str) -> None:
    for method, path in (
        ("GET", "families/2000000001"), ("GET", "families/2000000001/bookings"), ("POST", "families/prove"),
        ("POST", "families/known"), ("POST", "quotes"), ("POST", "bookings"), ("POST", "payments"),
        ("GET", "notices"), ("GET", "provider"), ("GET", "provider/bookings"),
        ("POST", "provider/session"),
        ("POST", "provider/bookings/40001/attendance"),
    ):  # fmt: skip
        assert (await office.call(method, path, {} if method == "POST" else None, who=who))[0] == 401, path


async def test_each_key_is_for_its_own(office: Office) -> None:
    assert (await office.call("GET", "families/2000000001", who=key_of("XC1001")))[0] == 401
    assert (await office.call("GET", "provider", who=KEY))[0] == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"reference": "2000000001", "code": "acorn4821", "birth_year": 1994}, 200, None),
        ({"reference": "2000000001", "code": "ACORN 4821", "birth_year": 1995}, 401, "PROOF_FAILED"),
        ({"reference": "2000000001", "code": "ACORN 4822", "birth_year": 1994}, 401, "PROOF_FAILED"),
        ({"reference": "2999999999", "code": "ACORN 4821", "birth_year": 1994}, 401, "PROOF_FAILED"),
        ({"reference": "200000001", "code": "ACORN 4821", "birth_year": 1994}, 422, "INVALID"),
        ({"reference": "2000000001", "code": "ACORN 4821", "birth_year": "1994"}, 422, "INVALID"),
    ],
)
async def test_a_family_proves_who_it_is(
    office: Office, body: dict[str, object], status: int, code: str | None
) -> None:
    found, said = await office.call("POST", "families/prove", body)
    assert (found, said.get("code")) == (status, code)
    if status == 200:
        assert [child["given_name"] for child in said["children"]] == ["Asha"]


async def test_a_text_from_a_number_on_record_is_that_familys(office: Office) -> None:
    _, found = await office.call("POST", "families/known", {"phone": "+447700900301"})
    assert [each["given_name"] for each in found["families"]] == ["Tom"]
    _, found = await office.call("POST", "families/known", {"phone": "+447700900999"})
    assert found["families"] == []
