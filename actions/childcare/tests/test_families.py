"""Families: what they are on a day, and the demonstration's."""

from datetime import date, timedelta

import asyncpg
import pytest

from actions.childcare.service import families, invented_families
from actions.childcare.service.eligibility import grace_until, months_later
from actions.childcare.service.invented_families import DEMO_FAMILIES, demo_money, load_families
from actions.sdk.serving import digest

type Pool = asyncpg.Pool[asyncpg.Record]

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("end", "until"),
    [
        (date(2025, 12, 31), date(2026, 3, 31)),
        (date(2026, 2, 9), date(2026, 3, 31)),
        (date(2026, 2, 10), date(2026, 8, 31)),
        (date(2026, 3, 31), date(2026, 8, 31)),
        (date(2026, 5, 25), date(2026, 8, 31)),
        (date(2026, 5, 26), date(2026, 12, 31)),
        (date(2026, 8, 31), date(2026, 12, 31)),
        (date(2026, 10, 20), date(2026, 12, 31)),
        (date(2026, 10, 21), date(2027, 3, 31)),
        (date(2026, 12, 30), date(2027, 3, 31)),
    ],
)
def test_the_grace_period_is_that_of_the_statutory_guidance(end: date, until: date) -> None:
    assert grace_until(end) == until


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 3, 2), -3, date(2025, 12, 2)),
        (date(2026, 3, 31), 3, date(2026, 6, 30)),
    ],
)
def test_months_later_is_the_same_day_or_the_months_last(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


@pytest.fixture
async def demo(pool: Pool) -> Pool:
    await load_families(pool, TODAY)
    return pool


@pytest.mark.parametrize(
    ("reference", "state", "low_income", "training"),
    [
        ("2000000001", "eligible", True, True),
        ("2000000003", "grace", True, False),
        ("2000000004", "eligible", False, False),
        ("2000000012", "ended", False, False),
    ],
)
async def test_a_family_is_what_its_story_says(
    demo: Pool, reference: str, state: str, low_income: bool, training: bool
) -> None:
    family = await families.find(demo, reference, TODAY)
    assert family is not None
    assert family.standing.state == state
    assert (family.standing.low_income, family.standing.training) == (low_income, training)
    assert family.standing.may_spend == (state != "ended")


async def test_what_a_family_will_be_is_told_for_that_day(demo: Pool) -> None:
    before, after = [
        await families.find(demo, "2000000008", day) for day in (date(2026, 3, 31), date(2026, 4, 1))
    ]
    assert before is not None
    assert after is not None
    assert (before.standing.training, after.standing.training) == (True, False)


async def test_a_family_is_found_by_its_reference_its_phone_and_its_child(demo: Pool) -> None:
    family = await families.find(demo, "2000000002", TODAY)
    assert family is not None
    assert [child.given_name for child in family.children] == ["Leo", "Noah"]
    assert family.proof == (digest("2000000002", "birch-7306"), 1989)
    assert await families.by_phone(demo, "+447700900301", TODAY) == [family]
    assert await families.of_child(demo, family.children[1].id, TODAY) == family
    assert await families.find(demo, "2999999999", TODAY) is None
    assert await families.by_phone(demo, "+447700900999", TODAY) == []
    assert await families.of_child(demo, 1, TODAY) is None


async def test_what_was_and_the_weights_are_never_changed(demo: Pool) -> None:
    for table in ("eligibility", "weights"):
        for change in ("UPDATE childcare.{} SET by = 'x'", "DELETE FROM childcare.{}"):
            with pytest.raises(asyncpg.RaiseError, match="never changed"):
                await demo.execute(change.format(table))


async def test_loaded_again_the_demonstration_gains_only_what_is_missing(demo: Pool) -> None:
    tables = ("family", "eligibility", "child", "award", "award_element", "payment_in", "weights")

    async def counts() -> dict[str, int]:
        return {each: await demo.fetchval(f"SELECT count(*) FROM childcare.{each}") for each in tables}

    first = await counts()
    await load_families(demo, TODAY)
    assert await counts() == first
    await load_families(demo, TODAY + timedelta(days=100))
    later = await counts()
    assert later["award"] > first["award"]
    assert {**later, "award": 0, "award_element": 0, "eligibility": 0} == {
        **first, "award": 0, "award_element": 0, "eligibility": 0,
    }  # fmt: skip
    grown = await families.find(demo, "2000000004", TODAY + timedelta(days=100))
    assert grown is not None
    assert grown.standing.confirm_by == TODAY + timedelta(days=109)


async def test_the_money_is_that_of_the_awards(demo: Pool) -> None:
    accounts, transfers = demo_money(TODAY)
    ids = {each.id for each in accounts}
    assert len(ids) == len(accounts)
    assert len({each.id for each in transfers}) == len(transfers)
    assert all(each.debit in ids and each.credit in ids for each in transfers)
    awarded = sum(each.amount or 0 for each in transfers if each.code == "childcare.award")
    assert awarded == await demo.fetchval("SELECT sum(amount)::bigint FROM childcare.award")
    assert awarded == await demo.fetchval("SELECT sum(total)::bigint FROM childcare.award_element")


def test_the_demonstrations_families_have_numbers_and_telephones_of_their_own() -> None:
    references = [each.reference for each in DEMO_FAMILIES]
    phones = [each.phone for each in DEMO_FAMILIES if each.phone]
    children = [child for each in DEMO_FAMILIES for child in each.ids]
    for each in (references, phones, children):
        assert len(set(each)) == len(each)
    assert all("+447700900300" <= phone <= "+447700900319" for phone in phones)
    assert max(children) < 3001


def test_an_awards_number_of_the_demonstration_is_never_anothers() -> None:
    days = [date(2026, 1, 1) + timedelta(days=30 * month) for month in range(60)]
    seen: dict[int, tuple[int, date]] = {}
    for day in days:
        for each in invented_families.demo_awards(day):
            assert seen.setdefault(each.id, (each.child, each.period_from)) == (each.child, each.period_from)
    assert max(seen) < 1_000_001
