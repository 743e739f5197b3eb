"""The department's pages at the desk: plans line by line, payments, ways of holding, surpluses."""

import re

import pytest

from actions.care.tests.conftest import DORIS, KEY, MAUREEN, TOM, Department
from tests.channels.desk.conftest import Browser, Desk, desk

__all__ = ["desk"]

PAGES = ("/care/plans", "/care/plans/900", "/care/payments", "/care/holdings", "/care/surpluses")


@pytest.fixture(autouse=True)
def _addressed(department: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk finds the department's service where this test has it."""
    monkeypatch.setenv("ONEDOOR_CARE_URL", department.url)
    monkeypatch.setenv("ONEDOOR_CARE_KEY", KEY)


@pytest.fixture
async def officer(desk: Desk) -> Browser:
    return await desk.signed_in("officer", "care")


async def page(browser: Browser, path: str) -> str:
    status, text = await browser.get(path)
    assert status == 200, text
    return text


async def send(browser: Browser, path: str, **fields: str | list[str]) -> tuple[int, str]:
    """Sends a form of a page, with a mark that the page gave."""
    text = await page(browser, path.rsplit("#", 1)[-1])
    once = re.findall(r'name="once" value="([^"]+)"', text)[0]
    return await browser.post(path.rsplit("#", 1)[0], once=once, **fields)


async def test_a_plan_is_agreed_line_by_line(department: Department, officer: Browser) -> None:
    assert "Tom, 40000009" in await page(officer, "/care/plans")
    text = await page(officer, "/care/plans/900")
    assert "Forklift course" in text
    assert "so that I get warehouse work" in text
    assert "Wheels to Work" in text
    where = "/care/plans/900/lines/901#/care/plans/900"
    status, told = await send(officer, where, decision="no", reason="")
    assert (status, "Give the reason in plain words" in told) == (409, True)
    status, told = await send(officer, where, decision="no", reason="Is there a <b>bus</b>?")
    assert (status, told) == (303, "/desk/care/plans/900#line-901")
    assert "Is there a &lt;b&gt;bus&lt;/b&gt;?" in await page(officer, "/care/plans/900")
    for line in (900, 901):
        assert (await send(officer, f"/care/plans/900/lines/{line}#/care/plans/900", decision="agree"))[
            0
        ] == 303
    assert set(await department.lines(TOM)) == {900, 901}
    assert "Talk it over" not in await page(officer, "/care/plans/900")
    assert "No plan waits." in await page(officer, "/care/plans")


async def test_the_same_form_twice_is_done_once(department: Department, officer: Browser) -> None:
    spend = await department.spend(DORIS, "Argos", 3_500, None, ask="A heater.")
    text = await page(officer, "/care/payments")
    once = re.findall(r'name="once" value="([^"]+)"', text)[0]
    sent = {"once": once, "decision": "agree", "reason": ""}
    for _ in range(2):
        assert (await officer.post(f"/care/payments/{spend.number}", **sent))[0] == 303
    status, told = await officer.post(f"/care/payments/{spend.number}", **{**sent, "once": "mine"})
    assert status == 400, told


async def test_payments_are_decided_run_and_put_back(department: Department, officer: Browser) -> None:
    asked = await department.spend(DORIS, "Argos", 3_500, None, ask="My heater <i>broke</i>.")
    refused = await department.spend(DORIS, "Dave's Bets", 9_900, None, ask="For fun.")
    text = await page(officer, "/care/payments")
    assert "£35 to Argos" in text
    assert "My heater &lt;i&gt;broke&lt;/i&gt;." in text
    assert "a new payee" in text
    await send(officer, f"/care/payments/{asked.number}#/care/payments", decision="agree", reason="Warm.")
    await send(officer, f"/care/payments/{refused.number}#/care/payments", decision="no", reason="Not that.")
    status, told = await send(officer, "/care/payments/run#/care/payments")
    assert (status, "Tick the payments" in told) == (409, True)
    for number in ("9" * 5_000, "9" * 19, "-1", "١"):
        status, told = await send(officer, "/care/payments/run#/care/payments", pay=number)
        assert (status, "Tick the payments" in told) == (409, True), number
    assert await send(officer, "/care/payments/run#/care/payments", pay=str(asked.number)) == (
        303, "/desk/care/payments",
    )  # fmt: skip
    states = {each.number: each.state for each in await department.care.spends(DORIS)}
    assert (states[asked.number], states[refused.number]) == ("paid", "refused")
    await send(officer, f"/care/payments/{asked.number}/back#/care/payments", reason="It was paid twice.")
    assert "(put back)" in await page(officer, "/care/payments")
    await department.adds_up(DORIS)


async def test_another_way_of_holding(department: Department, officer: Browser) -> None:
    choice = {"unit": "pence", "parts": {"direct": 50_000}, "rest": "council"}
    await department.care.ask_holding(DORIS, choice, "ask")
    text = await page(officer, "/care/holdings")
    assert "£500 be direct payment, the rest held by the council" in text
    number = (await department.care.waiting_holdings())[0].id
    assert (await send(officer, f"/care/holdings/{number}#/care/holdings", decision="agree"))[0] == 303
    ways = {each.way: each.left for each in (await department.care.citizen(DORIS)).position.ways}
    assert ways["direct"] == 50_000


async def test_surpluses(department: Department, officer: Browser) -> None:
    text = await page(officer, "/care/surpluses")
    assert "£900, Maureen, 40000006" in text
    assert "Take it back" not in text
    notice = "/care/surpluses/notice/40000010#/care/surpluses"
    for wrong in ("", "-5", "1.005", "lots", "NaN", "1e9999999999"):
        status, told = await send(officer, notice, amount=wrong)
        assert (status, "Give the amount in pounds" in told) == (409, True), wrong
    assert (await send(officer, notice, amount="£1,250.50"))[0] == 303
    assert "£1,250.50, Rose" in await page(officer, "/care/surpluses")
    status, told = await send(officer, "/care/surpluses/600/take#/care/surpluses", reason="Not planned.")
    assert (status, "The 30 days of the notice are not over" in told) == (409, True)
    department.clock.forward(days=26)
    assert "Take it back" in await page(officer, "/care/surpluses")
    assert (await send(officer, "/care/surpluses/600/take#/care/surpluses", reason="Not planned."))[0] == 303
    assert (await department.care.citizen(MAUREEN)).surplus is None
    await department.adds_up(MAUREEN)


@pytest.mark.parametrize(("role", "at", "status"), [
    ("officer", "care", 200), ("leader", "care", 200), ("officer", "reports", 403), ("auditor", "care", 403),
])  # fmt: skip
async def test_who_may(desk: Desk, role: str, at: str, status: int) -> None:
    browser = await desk.signed_in(role, at)  # type: ignore[arg-type]
    for path in PAGES:
        assert (await browser.get(path))[0] == status
    nobody = await desk.new_browser()
    assert (await nobody.get(PAGES[0]))[0] == 303


async def test_names_are_for_those_who_may_see_them(desk: Desk) -> None:
    text = await page(await desk.signed_in("administrator", "care"), "/care/plans")
    assert "40000009" in text
    assert "Tom" not in text


async def test_what_is_not_there(officer: Browser) -> None:
    assert (await officer.get("/care/plans/77"))[0] == 404


async def test_what_was_changed_is_audited(department: Department, desk: Desk, officer: Browser) -> None:
    await send(officer, "/care/plans/900/lines/900#/care/plans/900", decision="agree")
    row = await desk.pool.fetchrow("SELECT details FROM audit WHERE action = 'care.changed'")
    assert row is not None
    assert row["details"] == {
        "route": r"/care/plans/{id:\d{1,18}}/lines/{line:\d{1,18}}",
        "id": "900",
        "line": "900",
    }
