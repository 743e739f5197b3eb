"""What dies between a row and the ledger is finished by whoever comes next, once; and what becomes due."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from actions.childcare.service import holds
from actions.childcare.service.invented_families import DEMO_FAMILIES
from actions.childcare.service.settling import settle
from actions.childcare.tests.conftest import KEY, MONDAY, Office, order
from actions.sdk import Ledger, ServiceDown

ACORNS, JAN = "XC1001", "XC1003"


async def _left(office: Office, booking: int) -> None:
    """Somebody looks later."""
    office.clock.forward(minutes=20)
    await settle(office.tools)


@pytest.mark.parametrize("at", ["before the ledger", "after the ledger"])
async def test_a_booking_that_dies_half_way_is_held_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    transfer, reached = Ledger.transfer, list[int]()

    async def dying(self: Ledger, transfers: object) -> object:
        if not reached:
            reached.append(1)
            if at == "after the ledger":
                await transfer(self, transfers)  # type: ignore[arg-type]
            raise ServiceDown("the process ends here")
        return await transfer(self, transfers)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "transfer", dying)
    status, _ = await office.book((ACORNS, 4000), key="k")
    assert status == 503
    held = 4000 if at == "after the ledger" else 0
    assert (await office.money())[1] == held
    [booking] = [
        row["id"] for row in await office.pool.fetch("SELECT id FROM childcare.booking WHERE id > 40000")
    ]
    assert await office.state(booking) == "asked"
    if at == "after the ledger":
        await _left(office, booking)
    status, done = await office.book((ACORNS, 4000), key="k")
    assert (status, done["bookings"][0]["id"], done["bookings"][0]["state"]) == (200, booking, "held")
    assert (await office.money())[1] == 4000


@pytest.mark.parametrize("what", ["attendance", "cancel"])
@pytest.mark.parametrize("after", [False, True])
async def test_an_end_that_dies_half_way_is_finished(
    office: Office, monkeypatch: pytest.MonkeyPatch, what: str, after: bool
) -> None:
    before = await office.money()
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=8)
    transfer, reached = Ledger.transfer, list[int]()

    async def dying(self: Ledger, transfers: object) -> object:
        if not reached:
            reached.append(1)
            if after:
                await transfer(self, transfers)  # type: ignore[arg-type]
            raise ServiceDown("the process ends here")
        return await transfer(self, transfers)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "transfer", dying)
    body = {"amount": 1500} if what == "attendance" else None
    assert (await office.decide(booking, what, body=body))[0] == 503
    assert await office.state(booking) == ("part" if what == "attendance" else "cancelled")
    await _left(office, booking)
    assert await office.state(booking) == ("posted" if what == "attendance" else "voided")
    spent = 1500 if what == "attendance" else 0
    assert await office.money() == (before[0] - spent, 0, spent)
    told = [told["what"] for kind, told in await office.notices() if kind == "booking"]
    assert told == ["part" if what == "attendance" else "provider_cancelled"]


async def test_a_repair_beside_the_request_itself_does_nothing_twice(office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000))
    office.clock.forward(days=8)
    await office.pool.execute(
        "UPDATE childcare.booking SET state = 'confirmed', attended = amount, ended_by = 'provider:XC1001'"
        " WHERE id = $1",
        booking,
    )
    now = office.clock()
    await asyncio.gather(*(holds.finish(office.pool, office.tools.ledger, booking, now) for _ in range(5)))
    assert await office.state(booking) == "posted"
    assert await office.paid() == 4000
    assert len([told for kind, told in await office.notices() if kind == "booking"]) == 1


async def test_who_agreed_and_heard_nothing_is_told_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:

        async def down(self: Ledger, transfers: object) -> object:
            raise ServiceDown("down")

        patched.setattr(Ledger, "transfer", down)
        assert (await office.book((ACORNS, 4000)))[0] == 503
        assert (await office.book((ACORNS, 1850), at=4))[0] == 503
    await office.booked((ACORNS, 1000), at=4)
    office.clock.forward(minutes=16)
    told = [(told["what"], told["amount"]) for kind, told in await office.notices() if kind == "booking"]
    assert sorted(told) == [("held_late", 4000), ("refused_late", 1850)]


# --- a sum that is split --------------------------------------------------------------------------


async def test_a_split_sum_is_paid_when_both_agree(office: Office) -> None:
    before, paid = await office.money(), await office.paid(JAN)
    first, second = await office.booked((ACORNS, 2500), (JAN, 1500))
    assert (await office.money())[1] == 4000
    assert (await office.decide(first, "agreement", body={"agree": True}))[0] == 200
    office.clock.forward(days=1)
    assert await _what(office) == []
    office.clock.forward(days=7)
    # It was not agreed by both within three days: all of it has gone back.
    await settle(office.tools)
    assert [await office.state(each) for each in (first, second)] == ["voided", "voided"]
    assert await _what(office) == ["not_agreed"]
    assert await office.money() == before

    first, second = await office.booked((ACORNS, 2500), (JAN, 1500))
    for booking, provider in ((first, ACORNS), (second, JAN)):
        assert (await office.decide(booking, "agreement", provider, {"agree": True}))[0] == 200
        assert (await office.decide(booking, "agreement", provider, {"agree": True}))[0] == 200
    assert await _what(office) == ["not_agreed", "agreed"]
    office.clock.forward(days=8)
    assert (await office.decide(first, "attendance", body={}))[1]["state"] == "posted"
    assert (await office.decide(second, "attendance", JAN, {"amount": 1000}))[1]["state"] == "posted"
    assert (await office.paid(), await office.paid(JAN) - paid) == (2500, 1000)


async def test_nothing_of_a_split_sum_is_paid_before_both_agree(office: Office) -> None:
    first, second = await office.booked((ACORNS, 2500), (JAN, 1500), since=MONDAY)
    await office.decide(first, "agreement", body={"agree": True})
    status, said = await office.decide(first, "attendance", body={})
    assert (status, said["code"]) == (409, "NOT_AGREED")
    status, said = await office.decide(second, "attendance", JAN, {})
    assert (status, said["code"]) == (409, "NOT_AGREED")


async def test_one_who_does_not_agree_ends_both(office: Office) -> None:
    before = await office.money()
    first, second = await office.booked((ACORNS, 2500), (JAN, 1500))
    await office.decide(first, "agreement", body={"agree": True})
    status, done = await office.decide(second, "agreement", JAN, {"agree": False})
    assert (status, done["state"]) == (200, "voided")
    assert await office.state(first) == "voided"
    assert await office.money() == before
    assert await _what(office) == ["declined"]
    assert (await office.decide(first, "agreement", body={"agree": True}))[1]["code"] == "ALREADY_CANCELLED"


async def test_both_parts_are_held_or_none(office: Office) -> None:
    status, said = await office.book((ACORNS, 1000), (JAN, 1000), at=4)
    assert (status, said["code"]) == (409, "NOT_ENOUGH")
    assert (await office.money(4))[:2] == (1850, 0)


async def test_a_booking_with_one_needs_no_agreement(office: Office) -> None:
    [booking] = await office.booked((ACORNS, 4000))
    assert (await office.decide(booking, "agreement", body={"agree": True}))[1]["code"] == "NOT_SPLIT"


# --- own money ------------------------------------------------------------------------------------


async def test_own_money_is_taken_once_and_spent_last(office: Office) -> None:
    family = DEMO_FAMILIES[4]
    body = {"family": family.reference, "amount": 2000}
    path = f"children/{family.ids[0]}/own-money"
    assert (await office.call("POST", path, body, key="t"))[0] == 201
    assert (await office.call("POST", path, body, key="t"))[0] == 200
    assert await office.money(4) == (3850, 0, 0)
    _, said = await office.call("POST", "quotes", order(4, (ACORNS, 3000)))
    assert (said["enough"], said["available"], said["own"]) == (True, 3850, 2000)
    assert said["parts"] == [{"element": "wtc", "amount": 1850}, {"element": "own", "amount": 1150}]
    [booking] = await office.booked((ACORNS, 3000), at=4)
    office.clock.forward(days=8)
    await office.decide(booking, "attendance", body={"amount": 1900})
    assert await office.money(4) == (1950, 0, 1900)


@pytest.mark.parametrize(
    ("at", "change", "status", "code"),
    [
        (1, {}, 409, "NO_BANK_ACCOUNT"),
        (4, {"amount": 0}, 422, "INVALID"),
        (4, {"amount": -5}, 422, "INVALID"),
        (4, {"amount": 1.5}, 422, "INVALID"),
        (4, {"family": "2000000001"}, 404, "NOT_YOURS"),
    ],
)
async def test_own_money_by_the_rules_only(
    office: Office, at: int, change: dict[str, object], status: int, code: str
) -> None:
    family = DEMO_FAMILIES[at]
    body = {"family": family.reference, "amount": 2000, **change}
    found, said = await office.call("POST", f"children/{family.ids[0]}/own-money", body)
    assert (found, said["code"]) == (status, code)


async def test_a_payment_at_the_bank_is_put_in_once_and_told(office: Office) -> None:
    family = DEMO_FAMILIES[1]
    body = {"payment": "FP-0001", "family": family.reference, "child": family.ids[0], "amount": 2000}
    before = (await office.money(1))[0]
    assert (await office.call("POST", "payments", body))[0] == 201
    assert (await office.call("POST", "payments", body))[0] == 200
    status, said = await office.call("POST", "payments", {**body, "amount": 9000})
    assert (status, said["code"]) == (422, "PAYMENT_REUSED")
    assert (await office.money(1))[0] == before + 2000
    assert [told for kind, told in await office.notices() if kind == "top_up"] == [
        {"child": "Leo", "amount": 2000}
    ]


async def test_own_money_that_was_left_half_way_is_put_in(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = DEMO_FAMILIES[4]
    with monkeypatch.context() as patched:

        async def down(self: Ledger, transfers: object) -> object:
            raise ServiceDown("down")

        patched.setattr(Ledger, "transfer", down)
        body = {"family": family.reference, "amount": 2000}
        assert (await office.call("POST", f"children/{family.ids[0]}/own-money", body))[0] == 503
    office.clock.forward(minutes=1)
    await settle(office.tools)
    await settle(office.tools)
    assert await office.money(4) == (3850, 0, 0)


# --- a process that is killed ---------------------------------------------------------------------

CHILD = """
import asyncio, json, os, signal, sys
import aiohttp
from actions.childcare.service import application
from actions.childcare.service.tools import TOOLS
from actions.childcare.service import bookings, holds, rules
from actions.sdk import Ledger
from bot.database import connect_pool
from datetime import datetime, date

async def main(database, ledger_url, key, moment, wanted, where):
    pool = await connect_pool(database, size=2)
    async with aiohttp.ClientSession() as session:
        ledger = Ledger(ledger_url, session, settings={"key": key})
        now = datetime.fromisoformat(moment)
        order = rules.NewBooking.model_validate_json(json.dumps(wanted))
        async with pool.acquire() as connection, connection.transaction():
            checked = await rules.check(connection, order, now.date())
            ids = await bookings.make(connection, order, checked, now)
        if where == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        transfer = Ledger.transfer
        async def dying(self, transfers):
            await transfer(self, transfers)
            os.kill(os.getpid(), signal.SIGKILL)
        Ledger.transfer = dying
        await holds.finish(pool, lambda: ledger, ids[0], now)

asyncio.run(main(*json.loads(sys.argv[1])))
"""


@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_process_killed_between_row_and_ledger_spends_once(
    office: Office, demo_url: str, where: str
) -> None:
    ledger = office.url.replace("/departments/childcare", "/credits")
    given = [demo_url, ledger, KEY, office.clock.now.isoformat(), order(0, (ACORNS, 4000)), where]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, json.dumps(given), env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    assert await process.wait() == -signal.SIGKILL
    [row] = await office.pool.fetch("SELECT id, state FROM childcare.booking WHERE id > 40000")
    assert row["state"] == "asked"
    office.clock.forward(minutes=16)
    await settle(office.tools)
    await settle(office.tools)
    assert await office.state(row["id"]) == "held"
    assert (await office.money())[1] == 4000


async def _what(office: Office) -> list[str]:
    return [told["what"] for kind, told in await office.notices() if kind == "booking"]
