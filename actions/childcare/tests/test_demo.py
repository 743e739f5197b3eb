"""The demonstration as loaded: its bookings are in the books and in the ledger alike, also loaded again."""

from datetime import date, timedelta

from actions.childcare.award_client import Awards
from actions.childcare.service import demo_money, demo_page, load_demo, weights
from actions.childcare.service.invented_bookings import DEMO_BOOKINGS
from actions.childcare.service.invented_families import DEMO_FAMILIES
from actions.childcare.tests.award_files import file, known, send, until
from actions.childcare.tests.conftest import KEY, MONDAY, Office
from actions.credits.service import load_money


async def test_its_bookings_are_paid_or_wait_for_their_provider(office: Office) -> None:
    for day in (MONDAY, MONDAY, MONDAY + timedelta(days=3)):
        await load_demo(office.pool, day)
        await load_money(office.pool, day, [demo_money(day)])
    assert await office.pool.fetchval("SELECT count(*) FROM childcare.booking") == len(DEMO_BOOKINGS)
    _, books = await office.call("GET", "books")
    assert books["differences"] == []
    for each in DEMO_BOOKINGS:
        waits = each.attended is None
        assert await office.state(each.id) == ("held" if waits else "posted")
    [waiting] = [each for each in DEMO_BOOKINGS if each.attended is None and each.family == 3]
    before = await office.paid(waiting.provider)
    status, _ = await office.decide(waiting.id, "attendance", waiting.provider, {})
    assert status == 200
    assert await office.paid(waiting.provider) == before + waiting.amount


async def test_a_new_quarter_is_awarded_by_the_weights_that_hold_then(office: Office) -> None:
    async with office.pool.acquire() as connection:
        await weights.add(connection, date(2026, 3, 20), 5000, 1000, "officer:3", "Dearer", MONDAY)
    day = date(2026, 4, 2)
    await load_demo(office.pool, day)
    await load_money(office.pool, day, [demo_money(day)])
    yusuf = DEMO_FAMILIES[8].ids[0]
    made = await office.pool.fetch(
        "SELECT weights, amount FROM childcare.award WHERE child = $1 ORDER BY period_from", yusuf
    )
    assert [tuple(row) for row in made] == [(1, 37_500), (2, 45_000)]
    _, books = await office.call("GET", "books")
    assert books["differences"] == []


async def test_what_a_run_awarded_is_not_awarded_by_the_demonstration_as_well(office: Office) -> None:
    awards = Awards(office.url, office.session, settings={"key": KEY})
    run = await send(awards, file(known(wtc="200")), period=(date(2026, 4, 1), date(2026, 6, 30)))
    await awards.start(run["id"], "officer:3")
    await until(awards, run["id"], "done")
    day = date(2026, 4, 2)
    for _ in range(2):
        await load_demo(office.pool, day)
        await load_money(office.pool, day, [demo_money(day)])
    yusuf = DEMO_FAMILIES[8].ids[0]
    amounts = await office.pool.fetch(
        "SELECT amount FROM childcare.award WHERE child = $1 ORDER BY period_from", yusuf
    )
    assert [row["amount"] for row in amounts] == [37_500, 25_000]
    _, books = await office.call("GET", "books")
    assert books["differences"] == []


def test_its_page_lists_every_family_and_providers_who_sign_in() -> None:
    listed = demo_page()
    assert [each["name"] for each in listed][: len(DEMO_FAMILIES)] == [
        each.given_name for each in DEMO_FAMILIES
    ]
    assert {"Little Acorns", "Jan Hughes"} <= {each["name"] for each in listed}
    assert all(each.keys() == listed[0].keys() for each in listed)
