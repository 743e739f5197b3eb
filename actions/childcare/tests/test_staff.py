"""The department's pages at the desk: a file is sent, checked, awarded and reported; weights; books."""

import asyncio
import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from aiohttp import FormData

from actions.childcare.service.ledger import element_account
from actions.childcare.service.run_file import MOST_BYTES
from actions.childcare.staff.runs import as_csv, next_quarter
from actions.childcare.tests.award_files import file, known, line
from actions.childcare.tests.conftest import KEY, Office
from actions.sdk.ledger import NewTransfer
from bot.database import close_pool
from tests.channels.desk.conftest import Browser, Desk, desk

__all__ = ["desk"]

PAGES = ("award-runs", "weights", "what-if?since=2026-01-01&until=2026-12-31", "books")
PERIOD = {"from": "2026-04-01", "until": "2026-06-30", "expires": "2026-07-31"}


@pytest.fixture(autouse=True)
def _addressed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk finds the department's service where this test has it."""
    monkeypatch.setenv("ONEDOOR_CHILDCARE_URL", office.url)
    monkeypatch.setenv("ONEDOOR_CHILDCARE_KEY", KEY)


async def upload(browser: Browser, data: bytes, **fields: str) -> tuple[int, str]:
    """Sends the form with a file, as the page does."""
    form = FormData({"csrf": browser.csrf, **PERIOD, **fields})
    form.add_field("file", data, filename="families.csv", content_type="text/csv")
    origin = str(browser.client.make_url("/")).rstrip("/")
    async with browser.client.post(
        "/desk/childcare/award-runs", data=form, headers={"Origin": origin}, allow_redirects=False
    ) as answer:
        return answer.status, answer.headers.get("Location", "") or await answer.text()


async def seen(browser: Browser, where: str, *titles: str) -> str:
    """The page of a run once it is so far."""
    for _ in range(500):
        status, page = await browser.get(where.removeprefix("/desk"))
        assert status == 200
        if any(f"{title}</h1>" in page for title in titles):
            return page
        # Until then it shows how far it is, and looks again by itself without a script.
        assert '<meta http-equiv="refresh"' in page
        assert "<progress" in page
        await asyncio.sleep(0.02)
    raise AssertionError(page)


async def report(browser: Browser, where: str) -> list[dict[str, str]]:
    async with browser.client.get(f"{where}/report.csv") as answer:
        assert answer.content_type == "text/csv"
        assert "attachment" in answer.headers["Content-Disposition"]
        return list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))


async def test_a_file_is_checked_awarded_and_reported(office: Office, desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    status, where = await upload(browser, file(line(low_income="yes", parent="=Ann"), known(neg="96.40")))
    assert (status, where) == (303, "/desk/childcare/award-runs/101")
    page = await seen(browser, where, "Ready to be awarded")
    assert "£50.00" in page
    assert "Make these awards" in page
    assert 'http-equiv="refresh"' not in page
    status, there = await browser.post("/childcare/award-runs/101/start")
    assert (status, there) == (303, where)
    page = await seen(browser, where, "Awarded")
    assert "Make these awards" not in page
    assert "kept until 2 March 2027" in page
    assert "1 April 2026 to 30 June 2026" in page
    rows = await report(browser, where)
    assert [row["What became of it"] for row in rows] == ["made", "made"]
    assert rows[0]["Altogether"] == "125.00"
    assert rows[1]["Nursery education grant"] == "96.40"
    by = await office.pool.fetchrow("SELECT by, started_by FROM childcare.award_run")
    assert by is not None
    assert re.fullmatch(r"officer:\d+", by["by"])
    sent, started, report_of = (
        f"/childcare/award-runs{rest}" for rest in ("", "/{id}/start", "/{id}/report.csv")
    )
    assert await audited(desk) == [
        ("asked", sent), ("changed", sent), ("asked", started), ("changed", started), ("taken", report_of),
    ]  # fmt: skip


async def audited(desk: Desk) -> list[tuple[str, str]]:
    """What the audit has of the department's pages: what was done, and by which route."""
    rows = await desk.pool.fetch(
        "SELECT action, details FROM audit WHERE action LIKE 'childcare.%' ORDER BY id"
    )
    return [(row["action"].removeprefix("childcare."), row["details"]["route"]) for row in rows]


async def test_broken_rows_are_shown_and_nothing_can_be_awarded(office: Office, desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    wrong = "<script>alert(1)</script>"
    _, where = await upload(browser, file(line(), line(3000000002, wtc=wrong), line(3000000003, child=wrong)))
    page = await seen(browser, where, "Has mistakes")
    assert "1 row is wrong" in page
    assert "Make these awards" not in page
    assert "<script>alert" not in page
    status, page = await browser.post("/childcare/award-runs/101/start")
    assert (status, "Only a file without a broken row" in page) == (409, True)
    assert [row["Why not"] != "" for row in await report(browser, where)] == [False, True, False]
    assert await browser.post("/childcare/award-runs/101/give-up") == (303, "/desk/childcare/award-runs")
    assert await office.pool.fetchval("SELECT count(*) FROM childcare.award WHERE run IS NOT NULL") == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"from": ""}, "First day: choose a day"), ({"until": "2026-03-01"}, "A period ends after it begins"),
        ({"expires": "2028-01-01"}, "A period ends after it begins"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_the_form_is_said(desk: Desk, fields: dict[str, str], sentence: str) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    status, page = await upload(browser, file(line()), **fields)
    assert (status, sentence in page) == (400, True)


async def test_a_file_may_be_large_but_not_endless(desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    status, _ = await upload(browser, file(line(), known(child="x" * 3_000_000)))
    assert status == 303
    status, _ = await upload(browser, b"x" * (MOST_BYTES + 200_000))
    assert status == 413
    # Other forms of the desk stay small.
    assert (await browser.post("/childcare/weights", why="x" * 1_200_000))[0] == 413


async def test_a_form_that_is_sent_twice_is_done_once(office: Office, desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    _, page = await browser.get("/childcare/award-runs")
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    first, second = [await upload(browser, file(line()), key=key) for _ in range(2)]
    assert first == second
    assert await office.pool.fetchval("SELECT count(*) FROM childcare.award_run") == 1
    assert await office.pool.fetch("SELECT key FROM service_answered") == [(f"desk-{key}",)]


async def test_weights_are_added_and_never_for_days_that_were(office: Office, desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    wanted = {"low_income": "30", "training": "12.5", "why": "As the council decided"}
    status, where = await browser.post("/childcare/weights", **{"from": "2026-04-01"}, **wanted)
    assert (status, where) == (303, "/desk/childcare/weights")
    _, page = await browser.get("/childcare/weights")
    assert all(each in page for each in ("30%", "12.5%", "As the council decided", "Holds now"))
    # Families whom it concerns are listed with both amounts, and will be told.
    assert "Other weights." in page
    assert [kind for kind, _ in await office.notices() if kind == "eligibility"] == ["eligibility"] * 8
    for day, sentence in (("2026-03-02", "Weights hold from tomorrow or later"), ("x", "Holds from: choose")):
        status, page = await browser.post("/childcare/weights", **{"from": day}, **wanted)
        assert (status, sentence in page) == (400, True)
    for low_income in ("-1", "101", "x", ""):
        status, page = await browser.post(
            "/childcare/weights", **{"from": "2026-05-01", **wanted, "low_income": low_income}
        )
        assert (status, "For low income: write a percentage" in page) == (400, True)


async def test_what_if_says_who_would_have_paid_and_who_wins(desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    asked = "since=2026-01-01&until=2026-03-31&low_income=40&training=0&wtc=-10&neg=0&ssg=0"
    status, page = await browser.get(f"/childcare/what-if?{asked}")
    assert status == 200
    assert "none would be less for a low income or for training" in page
    table = re.sub(r"<[^>]+>|\s+", " ", page)
    # Of the two families with neither reason more than one loses by the funder's tenth.
    assert re.search(r"Training\s+2\s+0\s+2\s+0", re.sub(r" +", " ", table))
    status, page = await browser.get(f"/childcare/what-if?{asked.replace('40', 'x')}")
    assert (status, "For low income: write a percentage" in page) == (400, True)


async def test_the_books_are_the_ledgers_and_a_difference_is_named(office: Office, desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    _, page = await browser.get("/childcare/books")
    assert "the same to the penny" in page
    paid = {"funder": "neg", "amount": "£1,234.56", "reference": "NEG-7"}
    assert (await browser.post("/childcare/payments-in", **paid))[0] == 303
    for _ in range(300):
        _, page = await browser.get("/childcare/books")
        if "£251,234.56" in page and "the same to the penny" in page:
            break
        await asyncio.sleep(0.02)
    assert page.count("£251,234.56") >= 2
    status, page = await browser.post("/childcare/payments-in", **paid)
    assert (status, "is noted already" in page) == (400, True)
    # Somebody moves money in the ledger beside the department's books.
    child, other = element_account(2001, "wtc"), element_account(2002, "wtc")
    from uuid import uuid4

    await office.ledger.transfer([NewTransfer(uuid4(), "posted", child, other, 100)])
    _, page = await browser.get("/childcare/books")
    assert "are not the same in 2 lines" in page
    assert "children&#39;s accounts: spent is £0.00 in our books and £1.00 in the ledger" in page


@pytest.mark.parametrize(
    ("role", "desks", "status"),
    [
        ("administrator", ("childcare",), 200), ("leader", ("childcare",), 200), ("auditor", (), 200),
        ("officer", ("childcare",), 403), ("administrator", ("health",), 403),
    ],
)  # fmt: skip
async def test_who_may_see_the_pages(desk: Desk, role: Any, desks: tuple[str, ...], status: int) -> None:
    browser = await desk.signed_in(role, *desks)
    for page in PAGES:
        assert (await browser.get(f"/childcare/{page}"))[0] == status, page


@pytest.mark.parametrize(
    ("role", "desks", "child"),
    [("leader", ("childcare",), "Bo"), ("administrator", ("childcare",), ""), ("auditor", (), "")],
)
async def test_a_report_names_children_for_who_may_see_names(
    desk: Desk, role: Any, desks: tuple[str, ...], child: str
) -> None:
    sender = await desk.signed_in("leader", "childcare")
    _, where = await upload(sender, file(line()))
    await seen(sender, where, "Ready to be awarded")
    browser = sender if role == "leader" else await desk.signed_in(role, *desks)
    assert [(row["Family"], row["Child"]) for row in await report(browser, where)] == [("3000000001", child)]


async def test_without_the_departments_key_nothing_is_told_or_done(office: Office) -> None:
    for method, path in (
        ("GET", "award-runs"), ("POST", "award-runs/101/start"), ("GET", "award-runs/101/rows"),
        ("GET", "weights"), ("POST", "weights"), ("GET", "what-if"), ("GET", "books"), ("GET", "changes"),
        ("POST", "payments-in"), ("POST", "award-runs"), ("POST", "families/2000000001/confirm"),
    ):  # fmt: skip
        for who in ("", "another key"):
            assert (await office.call(method, path, {}, who=who))[0] == 401


async def test_a_department_that_does_not_answer_is_said_so(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await desk.signed_in("administrator", "childcare")
    await close_pool(office.pool)
    status, page = await browser.get("/childcare/weights")
    assert (status, "is not answering" in page) == (503, True)
    # What it did all the same nobody knows: the audit has that it was asked.
    assert (await browser.post("/childcare/award-runs/101/start"))[0] == 503
    start = "/childcare/award-runs/{id}/start"
    assert await audited(desk) == [("asked", start), ("unanswered", start)]


ABOVE_FORMS = ("Another version", "Send a file of families", "A funder paid in")


async def test_who_only_looks_on_sees_no_form_and_sends_none(desk: Desk) -> None:
    auditor = await desk.signed_in("auditor")
    for page in PAGES:
        _, shown = await auditor.get(f"/childcare/{page}")
        assert '<form method="post" action="/desk/childcare' not in shown
        assert not [heading for heading in ABOVE_FORMS if f">{heading}<" in shown]
    assert (await auditor.post("/childcare/weights", low_income="100"))[0] == 403
    assert await audited(desk) == []


@pytest.mark.parametrize(
    ("today", "quarter"),
    [
        (date(2026, 1, 1), (date(2026, 4, 1), date(2026, 6, 30))),
        (date(2026, 9, 30), (date(2026, 10, 1), date(2026, 12, 31))),
        (date(2026, 10, 1), (date(2027, 1, 1), date(2027, 3, 31))),
    ],
)
def test_the_next_quarter(today: date, quarter: tuple[date, date]) -> None:
    assert next_quarter(today) == quarter


def test_no_cell_is_a_formula() -> None:
    assert as_csv([["=1+1", "@x", "-5", "a", 5, None]]) == b"'=1+1,'@x,'-5,a,5,\r\n"
