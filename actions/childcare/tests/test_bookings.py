"""A booking from its hold to its end, and that each step moves the money once."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from actions.childcare.service.invented_families import DEMO_FAMILIES
from actions.childcare.tests.conftest import MONDAY, Office, element, order

ACORNS, JAN, GREEN_GATE = "XC1001", "XC1003", "XC1017"
PRIYA, SOFIA, OWEN = 0, 4, 5
"""Places in the list of families: with much, with £18.50, with some that runs out soon."""


async def test_a_week_is_held_and_paid_when_the_child_came(office: Office) -> None:
    before = await office.money()
    [booking] = await office.booked((ACORNS, 4000))
    assert await office.money() == (before[0] - 4000, 4000, 0)
    office.clock.forward(days=8)
    status, done = await office.decide(booking, "attendance", body={})
    assert (status, done["state"], done["attended"]) == (200, "posted", 4000)
    assert await office.money() == (before[0] - 4000, 0, 4000)
    assert await office.paid() == 4000
    assert ("booking", "posted") in [(kind, told.get("what")) for kind, told in await office.notices()]


async def test_a_part_is_paid_and_the_rest_goes_back(office: Office) -> None:
    before = await office.money()
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=8)
    status, done = await office.decide(booking, "attendance", body={"amount": 2500})
    assert (status, done["state"], done["attended"]) == (200, "posted", 2500)
    assert await office.money() == (before[0] - 2500, 0, 2500)
    [told] = [told for kind, told in await office.notices() if kind == "booking"]
    assert (told["what"], told["amount"], told["attended"]) == ("part", 4000, 2500)


@pytest.mark.parametrize("who", ["family", "provider"])
async def test_what_is_cancelled_goes_back_whole(office: Office, who: str) -> None:
    before = await office.money()
    [booking] = await office.booked((ACORNS, 4000))
    if who == "family":
        body = {"family": DEMO_FAMILIES[PRIYA].reference}
        status, done = await office.call("POST", f"bookings/{booking}/cancel", body)
    else:
        status, done = await office.decide(booking, "cancel")
    assert (status, done["state"]) == (200, "voided")
    assert await office.money() == before
    told = [told["what"] for kind, told in await office.notices() if kind == "booking"]
    assert told == ([] if who == "family" else ["provider_cancelled"])
    assert (await office.decide(booking, "attendance", body={}))[1]["code"] == "ALREADY_CANCELLED"


async def test_what_nobody_confirms_goes_back_by_itself(office: Office) -> None:
    before = await office.money()
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=50)
    assert (await office.decide(booking, "attendance", body={}))[1]["code"] == "HOLD_EXPIRED"
    assert ("expired", booking) in [
        (told["what"], told["booking"]) for kind, told in await office.notices() if kind == "booking"
    ]
    assert await office.state(booking) == "expired"
    assert await office.money() == before


async def test_credit_that_runs_out_first_is_spent_first_then_by_element(office: Office) -> None:
    child = DEMO_FAMILIES[OWEN].ids[0]
    soon = await office.pool.fetch(
        """SELECT element, total, expires_on FROM childcare.award JOIN childcare.award_element ON award = id
           WHERE child = $1 ORDER BY expires_on, array_position(ARRAY['wtc', 'neg', 'ssg'], element)""",
        child,
    )
    assert soon[0]["expires_on"] < soon[-1]["expires_on"]
    assert [each["element"] for each in soon] == ["wtc", "neg", "wtc", "neg"]
    amount = soon[0]["total"] + 100
    [booking] = await office.booked((ACORNS, amount), at=OWEN)
    _, found = await office.call("GET", f"families/{DEMO_FAMILIES[OWEN].reference}/bookings")
    parts = [(each["element"], each["amount"]) for each in found["bookings"][0]["parts"]]
    assert parts == [("wtc", soon[0]["total"]), ("neg", 100)]
    office.clock.forward(days=8)
    await office.decide(booking, "attendance", body={"amount": 700})
    wtc, neg = [await office.ledger.account(element(child, name)) for name in ("wtc", "neg")]
    assert (wtc.spent, neg.spent, wtc.held, neg.held) == (700, 0, 0, 0)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"shares": []}, 422, "INVALID"),
        ({"shares": [{"provider": ACORNS, "amount": 0}]}, 422, "INVALID"),
        ({"shares": [{"provider": ACORNS, "amount": -100}]}, 422, "INVALID"),
        ({"shares": [{"provider": ACORNS, "amount": 1050.5}]}, 422, "INVALID"),
        ({"shares": [{"provider": ACORNS, "amount": "1000"}]}, 422, "INVALID"),
        ({"shares": [{"provider": ACORNS, "amount": True}]}, 422, "INVALID"),
        ({"shares": [{"provider": ACORNS, "amount": 10**30}]}, 422, "INVALID"),
        ({"shares": [{"provider": ACORNS, "amount": 200_001}]}, 422, "INVALID"),
        (
            {"shares": [{"provider": ACORNS, "amount": 1}, {"provider": ACORNS, "amount": 1}]},
            422,
            "SAME_PROVIDER",
        ),
        ({"shares": [{"provider": "XC9999", "amount": 100}]}, 404, "PROVIDER_NOT_FOUND"),
        ({"shares": [{"provider": "'; DROP", "amount": 100}]}, 422, "INVALID"),
        ({"shares": [{"provider": "XC1016", "amount": 100}]}, 409, "STRUCK_OFF"),
        ({"shares": [{"provider": GREEN_GATE, "amount": 100}]}, 409, "STRUCK_OFF"),
        ({"shares": [{"provider": "XC1012", "amount": 100}]}, 409, "AGE"),
        ({"family": "2000000002"}, 404, "NOT_YOURS"),
        ({"family": "9999999999"}, 404, "NOT_YOURS"),
        ({"child": 2002}, 404, "NOT_YOURS"),
        ({"child": 2**63}, 422, "INVALID"),
        ({"since": "2026-03-09", "until": "2026-03-08"}, 422, "DATES"),
        ({"since": "2026-03-09", "until": "2026-05-08"}, 422, "DATES"),
        ({"since": "2025-03-09", "until": "2025-03-10"}, 422, "TOO_EARLY"),
        ({"since": "2027-03-09", "until": "2027-03-10"}, 422, "TOO_FAR"),
        ({"since": "yesterday"}, 422, "INVALID"),
        ({"days": [7]}, 422, "INVALID"),
        ({"note": "please"}, 422, "INVALID"),
    ],
)
async def test_what_is_not_by_the_rules_is_refused_and_nothing_is_held(
    office: Office, change: dict[str, Any], status: int, code: str
) -> None:
    before = await office.money()
    found, said = await office.call("POST", "bookings", order(PRIYA, (ACORNS, 4000)) | change)
    assert (found, said["code"]) == (status, code)
    assert await office.money() == before
    assert await office.pool.fetchval("SELECT count(*) FROM childcare.booking WHERE id > 40000") == 0


async def test_who_is_not_eligible_any_more_can_book_nothing(office: Office) -> None:
    status, said = await office.book((ACORNS, 100), at=11)
    assert (status, said["code"]) == (409, "GRACE_OVER")
    assert said["grace_until"] < "2026-03-02"
    status, done = await office.book(("XC1002", 100), at=2)  # in its grace period
    assert status == 201, done


async def test_there_is_not_so_much(office: Office) -> None:
    status, said = await office.book((ACORNS, 1851), at=SOFIA, key="once")
    assert (status, said["code"]) == (409, "NOT_ENOUGH")
    assert (await office.book((ACORNS, 1851), at=SOFIA, key="once"))[1]["code"] == "NOT_ENOUGH"
    await office.booked((ACORNS, 1850), at=SOFIA)
    assert (await office.money(SOFIA))[:2] == (0, 1850)


async def test_the_same_key_is_the_same_booking_and_another_order_with_it_is_refused(office: Office) -> None:
    first = await office.book((ACORNS, 4000), key="k")
    again = await office.book((ACORNS, 4000), key="k")
    assert (first[0], again[0], first[1]) == (201, 200, again[1])
    other = await office.book((ACORNS, 4100), key="k")
    assert (other[0], other[1]["code"]) == (422, "KEY_REUSED")
    assert (await office.money())[1] == 4000


async def test_two_spends_of_the_last_money_at_once(office: Office) -> None:
    done = await asyncio.gather(*(office.book((ACORNS, 1000), at=SOFIA) for _ in range(8)))
    assert sorted(status for status, _ in done) == [201] + [409] * 7
    assert {said["code"] for status, said in done if status == 409} == {"NOT_ENOUGH"}
    assert (await office.money(SOFIA))[:2] == (850, 1000)


async def test_spends_at_once_use_what_there_is_in_all_elements(office: Office) -> None:
    available = (await office.money())[0]
    amount = available // 10
    done = await asyncio.gather(*(office.book((ACORNS, amount)) for _ in range(12)))
    held = sum(status == 201 for status, _ in done)
    # Who lost too many races is told to ask again, and nothing of theirs is lost.
    assert held + sum(status in (409, 503) for status, _ in done) == 12
    office.clock.forward(minutes=20)
    await office.notices()
    assert (await office.money())[1] == amount * 10
    states = await office.pool.fetch(
        "SELECT state, count(*) FROM childcare.booking WHERE id > 40000 GROUP BY 1"
    )
    assert dict(states) == {"held": 10, "refused": 2}


async def test_the_same_request_at_once_books_once(office: Office) -> None:
    done = await asyncio.gather(*(office.book((ACORNS, 4000), key="same") for _ in range(6)))
    assert {status for status, _ in done} <= {200, 201}
    assert len({said["bookings"][0]["id"] for _, said in done}) == 1
    assert (await office.money())[1] == 4000


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": 0}, 422, "INVALID"),
        ({"amount": -1}, 422, "INVALID"),
        ({"amount": 10.5}, 422, "INVALID"),
        ({"amount": 4001}, 422, "AMOUNT_OVER_HOLD"),
        ({"paid": 1}, 422, "INVALID"),
        ([], 422, "INVALID"),
    ],
)
async def test_no_other_amount_is_confirmed(office: Office, body: object, status: int, code: str) -> None:
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=8)
    found, said = await office.decide(booking, "attendance", body=body)
    assert (found, said["code"]) == (status, code)
    assert await office.state(booking) == "held"


async def test_attendance_is_confirmed_once_and_not_before_the_care(office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000))
    assert (await office.decide(booking, "attendance", body={}))[1]["code"] == "NOT_YET"
    office.clock.forward(days=8)
    first = await office.decide(booking, "attendance", body={}, key="a")
    assert first == await office.decide(booking, "attendance", body={}, key="a")
    assert first == await office.decide(booking, "attendance", body={"amount": 4000})
    status, said = await office.decide(booking, "attendance", body={"amount": 10})
    assert (status, said["code"]) == (409, "ALREADY_CONFIRMED")
    assert (await office.decide(booking, "cancel"))[1]["code"] == "ALREADY_CONFIRMED"
    assert await office.paid() == 4000


async def test_another_provider_sees_nothing_of_a_booking(office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=8)
    for what, body in (("attendance", {}), ("cancel", None), ("agreement", {"agree": True})):
        status, said = await office.decide(booking, what, JAN, body)
        assert (status, said["code"]) == (404, "BOOKING_NOT_FOUND")
    _, mine = await office.call("GET", "provider/bookings", who="demo-XC1003-no")
    assert mine["code"] == "UNAUTHORISED"


async def test_another_family_cancels_nothing(office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000))
    for what in ("cancel", "ask"):
        status, said = await office.call("POST", f"bookings/{booking}/{what}", {"family": "2000000002"})
        assert (status, said["code"]) == (404, "BOOKING_NOT_FOUND")
    assert await office.state(booking) == "held"


async def test_a_provider_struck_off_between_hold_and_posting_is_not_paid(office: Office) -> None:
    before = await office.money()
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=8)
    struck = MONDAY + timedelta(days=8)
    await office.pool.execute(
        "UPDATE childcare.provider SET struck_off_on = $2 WHERE number = $1", ACORNS, struck
    )
    status, said = await office.decide(booking, "attendance", body={})
    assert (status, said["code"]) == (409, "STRUCK_OFF")
    told = [told["what"] for kind, told in await office.notices() if kind == "booking"]
    assert told == ["struck_off"]
    assert await office.state(booking) == "voided"
    assert await office.money() == before
    assert await office.paid() == 0


async def test_once_the_care_has_begun_its_provider_says_what_is_paid(office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=8)
    body = {"family": DEMO_FAMILIES[PRIYA].reference}
    status, said = await office.call("POST", f"bookings/{booking}/cancel", body)
    assert (status, said["code"]) == (409, "BEGUN")
    status, done = await office.call("POST", f"bookings/{booking}/ask", body)
    assert (status, done["state"]) == (200, "held")
    async with office.session.get(
        f"{office.url}/provider/bookings", headers={"Authorization": f"Bearer {_key(ACORNS)}"}
    ) as answer:
        [mine] = (await answer.json())["bookings"]
    assert mine["asked_to_confirm_at"] is not None
    assert "family" not in mine


async def test_clocks_that_go_back_change_nothing_that_is_done(office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=8)
    assert (await office.decide(booking, "attendance", body={"amount": 1000}))[0] == 200
    office.clock.forward(days=-30)
    await office.notices()
    [other] = await office.booked((ACORNS, 500), since=date(2026, 3, 2))
    assert await office.state(booking) == "posted"
    assert await office.state(other) == "held"
    rows = await office.pool.fetch("SELECT asked_at, changed_at FROM childcare.booking WHERE id > 40000")
    assert all(row["changed_at"] >= row["asked_at"] for row in rows)
    with pytest.raises(Exception, match="does not go from"):
        await office.pool.execute("UPDATE childcare.booking SET state = 'held' WHERE id = $1", booking)


def _key(provider: str) -> str:
    from actions.childcare.service.invented_providers import key_of

    return key_of(provider)


async def test_no_provider_uses_up_a_key_of_a_familys_or_of_another_providers(office: Office) -> None:
    key = "7-7-book_childcare-0"
    split = await office.booked((ACORNS, 2500), ("XC1003", 1500), since=MONDAY)
    for booking, provider in zip(split, (ACORNS, "XC1003"), strict=True):
        done, _ = await office.decide(booking, "agreement", provider, {"agree": True}, key=key)
        assert done == 200
    assert (await office.book((ACORNS, 1000), at=1, key=key))[0] == 201
