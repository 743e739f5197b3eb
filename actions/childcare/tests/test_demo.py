"""The demonstration as loaded: its bookings are in the books and in the ledger alike, also loaded again."""

from datetime import timedelta

from actions.childcare.service import demo_money, demo_page, load_demo
from actions.childcare.service.invented_bookings import DEMO_BOOKINGS
from actions.childcare.service.invented_families import DEMO_FAMILIES
from actions.childcare.tests.conftest import MONDAY, Office
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


def test_its_page_lists_every_family_and_providers_who_sign_in() -> None:
    listed = demo_page()
    assert [each["name"] for each in listed][: len(DEMO_FAMILIES)] == [
        each.given_name for each in DEMO_FAMILIES
    ]
    assert {"Little Acorns", "Jan Hughes"} <= {each["name"] for each in listed}
    assert all(each.keys() == listed[0].keys() for each in listed)
