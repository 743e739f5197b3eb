"""What families are told by time alone, what is left over goes back to who paid it, and what will change."""

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from actions.childcare.award_client import Awards
from actions.childcare.service import confirming, leftovers, notices
from actions.childcare.service.changes import changes_due
from actions.childcare.service.invented_families import DEMO_FAMILIES, load_families
from actions.childcare.service.ledger import funder_account
from actions.childcare.tests.conftest import KEY, MONDAY, Office
from actions.sdk.serving import Pool

OWEN, SOFIA, HANNAH = 5, 4, 7
"""Places in the demonstration: last quarter's credit runs out, little credit, training that ends."""


async def told(office: Office, kind: str, at: int | None = None) -> list[dict[str, Any]]:
    """The notices of a kind, of a family or all."""
    after, found = 0, list[dict[str, Any]]()
    while True:
        _, page = await office.call("GET", f"notices?after={after}")
        found += page["notices"]
        if page["cursor"] == after:
            break
        after = page["cursor"]
    return [
        each["values"]
        for each in found
        if each["kind"] == kind and (at is None or each["family"] == DEMO_FAMILIES[at].reference)
    ]


async def test_a_family_is_told_to_confirm_28_7_and_1_days_before(office: Office) -> None:
    days: list[int] = []
    for _ in range(11):
        days = [each["days"] for each in await told(office, "reconfirm", 3)]
        office.clock.forward(days=1)
    # Nine days are left at first: it is told at once, and no two stages on one day.
    assert days == [9, 7, 1]
    # All others have sixty days.
    assert {each["by"] for each in await told(office, "reconfirm")} == {"2026-03-11"}
    office.clock.forward(days=21)
    assert len(await told(office, "reconfirm")) > 3


async def test_who_confirmed_is_not_told_again(office: Office) -> None:
    reference = DEMO_FAMILIES[3].reference
    assert len(await told(office, "reconfirm", 3)) == 1
    status, done = await office.call("POST", f"families/{reference}/confirm", {}, key="c")
    assert (status, done["confirm_by"]) == (200, "2026-06-11")
    assert (await office.call("POST", f"families/{reference}/confirm", {}, key="c"))[1] == done
    office.clock.forward(days=9)
    assert len(await told(office, "reconfirm", 3)) == 1
    assert await told(office, "grace", 3) == []


@pytest.mark.parametrize(
    ("at", "status", "code"),
    [(3, 200, "2026-06-11"), (2, 200, "2026-06-02"), (0, 409, "TOO_EARLY"), (11, 409, "NOT_ELIGIBLE")],
)
async def test_confirming(office: Office, at: int, status: int, code: str) -> None:
    path = f"families/{DEMO_FAMILIES[at].reference}/confirm"
    found, done = await office.call("POST", path, {})
    assert (found, done.get("code") or done["confirm_by"]) == (status, code)


async def test_after_grace_a_family_has_to_apply_again(office: Office) -> None:
    office.clock.forward(days=200)
    path = f"families/{DEMO_FAMILIES[2].reference}/confirm"
    status, done = await office.call("POST", path, {})
    assert (status, done["code"], done["grace_until"]) == (409, "ENDED", "2026-08-31")


async def test_a_grace_period_is_told_when_it_begins_and_before_it_is_over(office: Office) -> None:
    ended = {"ended": "2026-02-20", "until": "2026-08-31", "why": "not_confirmed"}
    assert await told(office, "grace", 2) == [{**ended, "days": 182}]
    office.clock.now = office.clock.now.replace(month=8, day=17)
    assert await told(office, "grace", 2) == [{**ended, "days": 182}, {**ended, "days": 14}]
    office.clock.forward(days=3)
    assert len(await told(office, "grace", 2)) == 2


async def test_a_change_is_told_before_it_bites_with_both_amounts(office: Office) -> None:
    [change] = await told(office, "eligibility", HANNAH)
    assert change == {
        "from": "2026-04-01", "children": ["Isla"], "before": 43_200, "after": 40_000, "gains": [],
        "loses": ["training"], "reweighted": False, "ends": None, "grace_until": None,
    }  # fmt: skip
    office.clock.forward(days=29)
    assert len(await told(office, "eligibility", HANNAH)) == 1


async def test_an_end_is_told_with_its_grace_period(office: Office) -> None:
    await office.pool.execute(
        """INSERT INTO childcare.eligibility
               (family, from_date, low_income, training, eligible_until, by, why, made_at)
           VALUES ($1, $2, true, true, $3, 'officer:1', 'school', now())""",
        DEMO_FAMILIES[0].reference, MONDAY, date(2026, 3, 31),
    )  # fmt: skip
    [change] = [each for each in await changes_due(office.pool, MONDAY) if each.family == "2000000001"]
    assert (change.day, change.before, change.after) == (date(2026, 4, 1), 43_200, 0)
    assert change.ends == (date(2026, 3, 31), date(2026, 8, 31))
    # That it is to be confirmed by then is no end.
    assert len(await changes_due(office.pool, MONDAY)) == 2


async def test_other_weights_are_told_to_those_whom_they_concern(office: Office) -> None:
    awards = Awards(office.url, office.session, settings={"key": KEY})
    await told(office, "eligibility")  # the day's were made before
    await awards.add_weights(date(2026, 3, 20), 2500, 2000, why="x", by="officer:1", key="k")
    found = await told(office, "eligibility")
    changed = [each for each in found if each["reweighted"]]
    # Those in training: Priya, Carys, Hannah and Chloe.
    assert sorted(each["children"][0] for each in changed) == ["Asha", "Isla", "Nia", "Theo"]
    assert all(each["after"] > each["before"] for each in changed)


async def test_what_is_left_runs_out_with_notice_and_goes_back(office: Office) -> None:
    assert await told(office, "expiring", OWEN) == [
        {"child": "Finn", "amount": 30_600, "on": "2026-03-12", "days": 10}
    ]
    office.clock.forward(days=3)
    assert [each["days"] for each in await told(office, "expiring", OWEN)] == [10, 7]
    before = await balances(office)
    office.clock.forward(days=8)
    assert await told(office, "expired", OWEN) == [{"child": "Finn", "amount": 30_600, "on": "2026-03-12"}]
    after = await balances(office)
    assert {name: after[name] - before[name] for name in after} == {
        "wtc": 21_000, "neg": 9_600, "ssg": 0, "equity": 0,
    }  # fmt: skip
    # The new quarter's is there, and once is enough.
    assert (await office.money(OWEN))[0] == 30_600
    office.clock.forward(days=2)
    assert len(await told(office, "expired", OWEN)) == 1
    assert await balances(office) == after
    assert await differences(office) == []


async def test_what_was_spent_came_of_what_runs_out_first(office: Office) -> None:
    [booking] = await office.booked(("XC1001", 10_000), at=OWEN, since=MONDAY)
    status, _ = await office.decide(booking, "attendance", body={})
    assert status == 200
    office.clock.forward(days=11)
    assert [each["amount"] for each in await told(office, "expired", OWEN)] == [20_600]
    assert (await office.money(OWEN))[0] == 30_600
    assert await differences(office) == []


async def test_what_a_hold_gives_back_later_goes_back_later(office: Office) -> None:
    [booking] = await office.booked(("XC1001", 10_000), at=OWEN, since=MONDAY + timedelta(days=12))
    office.clock.forward(days=11)
    assert [each["amount"] for each in await told(office, "expired", OWEN)] == [20_600]
    status, _ = await office.call(
        "POST", f"bookings/{booking}/cancel", {"family": DEMO_FAMILIES[OWEN].reference}
    )
    assert status == 200
    office.clock.forward(days=1)
    assert sorted(each["amount"] for each in await told(office, "expired", OWEN)) == [10_000, 20_600]
    assert (await office.money(OWEN))[0] == 30_600
    assert await differences(office) == []


async def test_the_equity_account_gets_back_what_it_paid(office: Office) -> None:
    before = await balances(office)
    office.clock.now = office.clock.now.replace(month=8)
    paid = await office.pool.fetch(
        "SELECT element, sum(base)::bigint AS base, sum(weighting)::bigint AS more"
        " FROM childcare.award_element GROUP BY element"
    )
    for _ in range(5):
        await told(office, "expired")
    after = await balances(office)
    assert {row["element"]: row["base"] for row in paid} == {
        name: after[name] - before[name] for name in ("wtc", "neg", "ssg")
    }
    assert after["equity"] - before["equity"] == sum(row["more"] for row in paid)
    assert await differences(office) == []


async def test_who_has_little_left_is_told_once(office: Office) -> None:
    for amount, times in ((500, 0), (1_200, 1), (100, 1)):
        await office.booked(("XC1001", amount), at=SOFIA, since=MONDAY + timedelta(days=7))
        assert len(await told(office, "low", SOFIA)) == times
    assert await told(office, "low", SOFIA) == [{"child": "Luca", "amount": 150}]


async def test_the_books_follow_every_penny(office: Office) -> None:
    """Held, spent in part, given back: ours and the ledger's are the same, by funder and by equity."""
    [held] = await office.booked(("XC1001", 4_321), since=MONDAY)
    [part] = await office.booked(("XC1001", 9_999), since=MONDAY)
    [gone] = await office.booked(("XC1001", 3_333), since=MONDAY + timedelta(days=7))
    assert (await office.decide(part, "attendance", body={"amount": 7_777}))[0] == 200
    assert (await office.decide(gone, "cancel"))[0] == 200
    _, books = await office.call("GET", "books")
    assert (books["differences"], books["on_their_way"]) == ([], 0)
    lines = {each["line"]: each for each in books["elements"][0]["lines"]}
    assert (lines["held"]["ours"], lines["spent"]["ours"]) == (4_321, 7_777)
    # Asha has 20,000p of the funder, and 7,000p more for two reasons.
    assert lines["spent"]["funder"] == round(7_777 * 20 / 27)
    for line in lines.values():
        assert line["funder"] + line["equity"] == line["ours"]
    assert await office.state(held) == "held"


async def balances(office: Office) -> dict[str, int]:
    """What each funder has to award yet."""
    found = {}
    for funder in ("wtc", "neg", "ssg", "equity"):
        account = await office.ledger.account(funder_account(funder))
        found[funder] = account.available
    return found


async def differences(office: Office) -> list[Any]:
    _, books = await office.call("GET", "books")
    found: list[Any] = books["differences"]
    return found


async def test_numbers_are_given_in_the_order_of_the_commits(pool: Pool) -> None:
    await load_families(pool, MONDAY)
    query = """INSERT INTO childcare.notice (key, kind, family, told, made_at)
               VALUES ($1, 'low', '2000000001', '{}', now()) RETURNING number"""
    async with pool.acquire() as slow, pool.acquire() as quick:
        transaction = slow.transaction()
        await transaction.start()
        first = await slow.fetchval(query, "a")
        await quick.execute("SET lock_timeout = '50ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await quick.fetchval(query, "b")
        await quick.execute("SET lock_timeout = 0")
        await transaction.commit()
        second = await quick.fetchval(query, "b")
    assert second > first
    assert [each["number"] for each in (await notices.since(pool, first))["notices"]] == [second]  # type: ignore[union-attr, call-overload, index]


@pytest.mark.parametrize("table", ["child", "family"])
async def test_what_is_told_of_somebody_never_waits_for_who_works_on_them(office: Office, table: str) -> None:
    """Notices come one after another: one that waited for a row whose holder tells too would never end."""
    owen = DEMO_FAMILIES[OWEN]
    async with office.pool.acquire() as working, office.pool.acquire() as telling, working.transaction():
        if table == "child":
            await leftovers.lock(working, owen.ids[0])
        else:
            await confirming.lock(working, owen.reference, MONDAY)
        async with telling.transaction():
            await telling.execute("SET LOCAL lock_timeout = '2s'")
            await notices.keep(telling, "k", "low", owen.reference, owen.ids[0], {}, office.clock())
        await notices.keep(working, "l", "low", owen.reference, owen.ids[0], {}, office.clock())
