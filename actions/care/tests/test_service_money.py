"""Ways of holding, surpluses, statements and reviews: always to the penny, and never before its time."""

import asyncio
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.care.service.holdings import HELD, moves, shares, wanted
from actions.care.service.money import account
from actions.care.tests.conftest import (
    DEV,
    DORIS,
    IMRAN,
    LEROY,
    MAUREEN,
    OFFICER,
    ROSE,
    Department,
    decision,
    outcome,
)  # fmt: skip
from actions.sdk import ServiceRefused
from actions.sdk.ledger import Account

MARCH = date(2026, 3, 1)


# --- ways of holding ------------------------------------------------------------------------------


@given(st.integers(0, 10**9), st.lists(st.integers(1, 97), min_size=1, max_size=3))
def test_percents_come_to_the_whole(total: int, some: list[int]) -> None:
    cut = [0, *sorted(set(some)), 100]
    parts = dict(zip(HELD, (b - a for a, b in pairwise(cut)), strict=False))
    found = shares(total, parts)
    assert sum(found.values()) == total
    assert all(abs(found[way] * 100 - total * percent) < 100 for way, percent in parts.items())


@given(
    st.dictionaries(st.sampled_from(HELD), st.integers(0, 10**6)), st.integers(1, 99), st.integers(0, 10**6)
)
def test_moves_lead_where_it_is_to_be(has: dict[str, int], percent: int, pence: int) -> None:
    accounts = [_account(way, free) for way, free in has.items()]
    left = sum(has.values())
    for choice in (
        {"unit": "percent", "parts": {"council": percent, "direct": 100 - percent}, "rest": None},
        {"unit": "pence", "parts": {"direct": pence}, "rest": "council"},
    ):
        aims = wanted(choice, left)
        assert sum(aims.values()) == left
        after = dict(has)
        for one, other, part in moves(accounts, aims):
            assert part > 0
            after[one] = after.get(one, 0) - part
            after[other] = after.get(other, 0) + part
            assert after[one] >= 0
        assert {way: free for way, free in after.items() if free} == {
            way: aim for way, aim in aims.items() if aim
        }


def _account(way: str, free: int) -> Account:
    new = account(DORIS, way)
    return Account(new.id, new.code, new.holder, "debits", "GBP", {}, 0, 0, 0, free, datetime.now(UTC), None)


async def test_another_way_is_asked_for_agreed_and_moved(department: Department) -> None:
    await department.spend(DORIS, "Brenda Cole", 4_500, 101)
    choice = {"unit": "percent", "parts": {"council": 33, "direct": 67}, "rest": None}
    await department.care.ask_holding(DORIS, choice, "ask")
    [asked] = await department.care.waiting_holdings()
    before = (await department.care.citizen(DORIS)).position
    await department.care.decide_holding(asked.id, decision(), "agree")
    after = (await department.care.citizen(DORIS)).position
    assert (after.left, after.held, after.spent) == (before.left, before.held, before.spent)
    ways = {each.way: each for each in after.ways}
    assert ways["direct"].left == round(before.left * 0.67)
    assert ways["council"].held == before.held
    assert await department.care.waiting_holdings() == []
    assert "holding_decided" in await department.events()
    await department.adds_up(DORIS)
    told = await department.care.statement(DORIS, MARCH)
    assert all(entry.kind != "move" for entry in told.entries)


async def test_a_new_wish_takes_the_place_of_the_one_before(department: Department) -> None:
    for percent in (10, 20):
        choice = {"unit": "percent", "parts": {"direct": percent, "council": 100 - percent}, "rest": None}
        await department.care.ask_holding(DORIS, choice, str(percent))
    [asked] = await department.care.waiting_holdings()
    assert asked.shares["parts"]["direct"] == 20
    with pytest.raises(ServiceRefused, match="REASON_NEEDED"):
        await department.care.decide_holding(asked.id, decision(agreed=False), "a")
    await department.care.decide_holding(asked.id, decision(agreed=False, reason="Not safe now."), "b")
    with pytest.raises(ServiceRefused, match="NOT_NOW"):
        await department.care.decide_holding(asked.id, decision(), "c")


@pytest.mark.parametrize(
    "choice",
    [
        {"unit": "percent", "parts": {"direct": 99}, "rest": None},
        {"unit": "percent", "parts": {"direct": 60, "council": 50}, "rest": None},
        {"unit": "pence", "parts": {"direct": 100}, "rest": None},
        {"unit": "percent", "parts": {}, "rest": None},
        {"unit": "percent", "parts": {"own": 100}, "rest": None},
        {"unit": "percent", "parts": {"direct": 0, "council": 100}, "rest": None},
        {"unit": "shares", "parts": {"direct": 100}, "rest": None},
    ],
)
async def test_parts_that_come_to_nothing(department: Department, choice: dict[str, Any]) -> None:
    with pytest.raises(ServiceRefused) as refused:
        await department.care.ask_holding(DORIS, choice, "ask")
    assert refused.value.status == 422


# --- surpluses ------------------------------------------------------------------------------------


async def test_nothing_is_taken_before_its_notice_is_over(department: Department) -> None:
    found = await department.care.surpluses()
    [notice] = found.running
    assert (notice.name, notice.pence, notice.takes_on) == ("Maureen", 90_000, date(2026, 3, 27))
    end = {"reason": "Nothing is planned for it.", "officer": OFFICER}
    department.clock.forward(days=24, hours=14)
    with pytest.raises(ServiceRefused, match="NOTICE_RUNS") as refused:
        await department.care.end_surplus(notice.id, "take", end, "early")
    assert refused.value.details == {"takes-on": "2026-03-27"}
    department.clock.forward(hours=2)
    left = (await department.care.citizen(MAUREEN)).position.left
    await department.care.end_surplus(notice.id, "take", end, "now")
    await department.care.end_surplus(notice.id, "take", end, "now")
    assert (await department.care.citizen(MAUREEN)).position.left == left - 90_000
    [transfer] = await department.ledger.referring(f"care:surplus:{notice.id}")
    assert (transfer.amount, transfer.code, transfer.reason, transfer.by) == (
        90_000, "care.reclaim", "Nothing is planned for it.", OFFICER,
    )  # fmt: skip
    assert (await department.care.citizen(MAUREEN)).surplus is None
    assert "surplus_taken" in await department.events()
    await department.adds_up(MAUREEN)


async def test_what_it_is_for_is_heard_and_the_desk_leaves_it(department: Department) -> None:
    await department.care.explain_surplus(MAUREEN, "A week by the sea in May.", "words")
    [notice] = (await department.care.surpluses()).running
    assert (notice.state, notice.words) == ("explained", "A week by the sea in May.")
    await department.care.end_surplus(
        notice.id, "leave", {"reason": "A good use.", "officer": OFFICER}, "leave"
    )
    assert [each for each in await department.events() if each.startswith("surplus")] == [
        "surplus_explained", "surplus_left",
    ]  # fmt: skip
    with pytest.raises(ServiceRefused, match="NOT_NOW"):
        await department.care.explain_surplus(MAUREEN, "And more.", "late")
    await department.adds_up(MAUREEN)


async def test_who_may_have_a_surplus_and_one_notice_at_a_time(department: Department) -> None:
    candidates = {each.name: each.free for each in (await department.care.surpluses()).candidates}
    assert candidates["Rose"] == 171_000
    assert "Maureen" not in candidates  # she has been told
    assert "Kelly" not in candidates  # nobody has agreed a plan with her yet

    wanted = [department.care.notice_surplus(ROSE, 50_000, OFFICER, str(uuid4())) for _ in range(3)]
    came = await asyncio.gather(*(outcome(each) for each in wanted))
    assert sorted(came) == ["NOT_NOW", "NOT_NOW", "done"]
    surplus = (await department.care.citizen(ROSE)).surplus
    assert surplus is not None
    assert surplus.takes_on == date(2026, 4, 1)


async def test_a_spend_and_a_reclaim_at_the_same_moment(department: Department) -> None:
    """Both want what is left: one of them has it, and nothing is below nothing."""
    [notice] = (await department.care.surpluses()).running
    await department.pool.execute("UPDATE care.surplus SET pence = 490000 WHERE id = $1", notice.id)
    department.clock.forward(days=40)

    async def take() -> None:
        end = {"reason": "Not planned.", "officer": OFFICER}
        tried = ""
        while tried != "done":  # money went meanwhile: the officer looks and takes what is left
            tried = await outcome(department.care.end_surplus(notice.id, "take", end, str(uuid4())))
            assert tried in {"done", "NOT_NOW"}

    spending = outcome(department.spend(MAUREEN, "Lara Dale", 200_000, None, ask="A holiday."))
    spent, _ = await asyncio.gather(spending, take())
    assert spent in {"done", "NOT_ENOUGH"}
    position = (await department.care.citizen(MAUREEN)).position
    assert position.left == 0
    await department.adds_up(MAUREEN)


# --- statements -----------------------------------------------------------------------------------


async def test_a_statement_comes_out_even_with_the_ledger(department: Department) -> None:
    spend = await department.spend(IMRAN, "Aire Pool", 1_500, 201, way="direct")
    await department.care.put_back(spend.number, {"reason": "Twice", "officer": OFFICER}, "back")
    await department.spend(IMRAN, "Aire Pool", 1_500, 201, way="direct")
    told = await department.care.statement(IMRAN, MARCH)
    assert told.opening == 0  # the demonstration's money came on its first day
    assert told.opening + sum(entry.pence for entry in told.entries) == told.closing
    assert [(e.kind, e.payee, e.pence) for e in told.entries[-3:]] == [
        ("spend", "Aire Pool", -1_500), ("refund", "Aire Pool", 1_500), ("spend", "Aire Pool", -1_500),
    ]  # fmt: skip
    account_now = await department.ledger.account(account(IMRAN, "direct").id)
    assert told.closing == account_now.credits_posted - account_now.debits_posted
    assert not told.over
    department.clock.forward(days=31)
    later = await department.care.statement(IMRAN, date(2026, 4, 1))
    assert (later.opening, later.entries) == (told.closing, ())
    assert (await department.care.statement(IMRAN, MARCH)).over


async def test_a_statement_of_a_mix_is_that_of_its_ways(department: Department) -> None:
    told = await department.care.statement(LEROY, MARCH)
    assert {each.way for each in told.ways} == {"council", "direct", "own"}
    assert sum(each.closing for each in told.ways) == told.closing
    assert told.opening + sum(entry.pence for entry in told.entries) == told.closing


@pytest.mark.parametrize(
    "month", ["", "2026", "2026-13", "26-03", "2026-03-01", "next", "9999-12", "1999-12", "2201-01"]
)
async def test_months_of_no_form(department: Department, month: str) -> None:
    headers = {"Authorization": "Bearer a key of the tests"}
    url = f"{department.url}/citizens/{DORIS}/statement"
    async with department.care._session.get(url, params={"month": month}, headers=headers) as answer:
        assert answer.status == 422


async def test_statements_are_told_of_once_a_month(department: Department) -> None:
    await department.events()
    before = (await department.events()).count("statement_ready")
    department.clock.forward(days=20)
    assert (await department.events()).count("statement_ready") == before
    department.clock.forward(days=10)
    assert (await department.events()).count("statement_ready") == before + 10


# --- reviews --------------------------------------------------------------------------------------


async def test_a_review_is_told_of_before_it_is_due_and_a_day_chosen(department: Department) -> None:
    assert (await department.events()).count("review_due") == 1
    review = await department.care.review(DEV)
    assert (review.due, review.booked) == (date(2026, 3, 22), None)
    first, second = review.slots[:2]
    assert (await department.care.book_review(DEV, first.id, "a")).booked == first.starts_at
    moved = await department.care.book_review(DEV, second.id, "b")
    assert moved.booked == second.starts_at
    assert first.id in {slot.id for slot in moved.slots}
    with pytest.raises(ServiceRefused, match="SLOT_TAKEN"):
        await department.care.book_review(DORIS, second.id, "c")
    assert (await department.care.review(DEV)).booked == second.starts_at
    assert (await department.events()).count("review_due") == 1


async def test_a_time_goes_to_one(department: Department) -> None:
    slot = (await department.care.review(DEV)).slots[0].id

    wanted = [department.care.book_review(who, slot, who) for who in (DEV, DORIS, IMRAN, LEROY)]
    came = await asyncio.gather(*(outcome(each) for each in wanted))
    assert sorted(came) == ["SLOT_TAKEN"] * 3 + ["done"]
