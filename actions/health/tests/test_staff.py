"""The operator's pages of the demonstration: what they show, what they do at the stand-in, who may."""

import html
import re

import asyncpg
import pytest

from actions.health.client import Ers
from actions.health.referral import State
from actions.health.service import DEMO_REFERRALS, DEMO_STORIES
from actions.health.service.moves import ADVISED, REACHABLE
from actions.health.staff import stage
from tests.channels.desk.conftest import Browser, Desk, desk
from tests.departments import Clock

__all__ = ["desk"]

type Pool = asyncpg.Pool[asyncpg.Record]

KNEE, *_, BOOKED = DEMO_REFERRALS
STORY = {each.path[-1]: each for each in DEMO_STORIES if each.path}
DEMO = pytest.mark.parametrize("desk", [{"demo": True}], indirect=True)


@pytest.fixture(autouse=True)
def _addressed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk finds the stand-in where this test has it."""
    monkeypatch.setenv("ONEDOOR_HEALTH_URL", url)


async def page(browser: Browser, path: str, status: int = 200) -> str:
    found, text = await browser.get(f"/health/referrals{path}")
    assert found == status
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))) if status == 200 else text


async def post(browser: Browser, ubrn: str, name: str, **fields: str) -> tuple[int, str]:
    status, text = await browser.post(f"/health/referrals/{ubrn}/{name}", **fields)
    return status, html.unescape(text)


def test_the_pages_know_every_state_and_what_has_words() -> None:
    assert set(stage.STATES) == set(REACHABLE)
    assert stage.ADVISED == ADVISED
    assert len(set(stage.STATES.values())) == len(stage.STATES)


@DEMO
async def test_all_referrals_are_listed_and_one_is_found(desk: Desk) -> None:
    browser = await desk.signed_in("officer", "health")
    text = await page(browser, "")
    for each in (*DEMO_REFERRALS, *DEMO_STORIES):
        assert f"{each.ubrn[:4]} {each.ubrn[4:8]} {each.ubrn[8:]}" in text
        assert f"0{each.phone[3:7]} {each.phone[7:]}" in text
    assert "Demo referrals" in (await browser.get("/cases"))[1]
    for typed in (KNEE.ubrn, f" {KNEE.ubrn[:4]} {KNEE.ubrn[4:8]} {KNEE.ubrn[8:]} "):
        status, _ = await browser.get(f"/health/referrals?ubrn={typed.replace(' ', '%20')}")
        assert status == 303
    assert "has 12 digits" in await page(browser, "?ubrn=<script>")
    assert "No more." in await page(browser, "?after=999999999999")
    await page(browser, "/999999999999", 404)
    await page(browser, "/1", 404)


@DEMO
async def test_an_administrator_sees_neither_names_nor_telephones(desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "health")
    for path in ("", f"/{BOOKED.ubrn}"):
        text = await page(browser, path)
        assert f"{BOOKED.ubrn[:4]} {BOOKED.ubrn[4:8]} {BOOKED.ubrn[8:]}" in text
        assert BOOKED.given_name not in text
        assert f"0{BOOKED.phone[3:7]} {BOOKED.phone[7:]}" not in text


@DEMO
@pytest.mark.parametrize("story", DEMO_STORIES, ids=lambda story: story.given_name)
async def test_each_story_has_its_page(desk: Desk, ers: Ers, story: object) -> None:
    each = next(known for known in DEMO_STORIES if known is story)
    browser = await desk.signed_in("officer", "health")
    text = await page(browser, f"/{each.ubrn}")
    now = await ers.referral_by_ubrn(each.ubrn)
    assert stage.STATES[now.state] in text
    assert (each.advice or "") in text
    assert ("This is the end of it." in text) is (not REACHABLE[now.state])
    for state in REACHABLE[now.state]:
        assert stage.STATES[state] in text  # type: ignore[index]
    assert ("Cancel the clinic of" in text) is (now.state == "BOOKED")
    assert ("Offered instead" in text) is (now.offer is not None)


@DEMO
async def test_a_referral_is_moved_on_and_its_citizen_told(desk: Desk, ers: Ers, demo: Pool) -> None:
    browser = await desk.signed_in("officer", "health")
    there = f"/desk/health/referrals/{BOOKED.ubrn}?done="
    form = {"state": "APPT_CANCELLED_BY_PROVIDER", "key": "k" * 30}
    assert await post(browser, BOOKED.ubrn, "move", **form) == (303, there + "move")
    now = await ers.referral_by_ubrn(BOOKED.ubrn)
    assert now.state == "APPT_CANCELLED_BY_PROVIDER"
    # The same form again is the same move.
    assert await post(browser, BOOKED.ubrn, "move", **form) == (303, there + "move")
    assert (await ers.referral_by_ubrn(BOOKED.ubrn)).version == now.version
    # Its key is none that the assistant could be about to show.
    assert await demo.fetch("SELECT key FROM ers.answered WHERE key LIKE '%kkk%'") == [("desk-" + "k" * 30,)]
    [told] = [each for each in (await ers.changes(0)).changes if each.kind == "state"]
    assert (told.ubrn, told.phone) == (BOOKED.ubrn, BOOKED.phone)
    assert "The referral was moved on." in await page(browser, f"/{BOOKED.ubrn}?done=move")
    assert await post(browser, BOOKED.ubrn, "again", key="a" * 30) == (303, there + "again")
    assert (await ers.referral_by_ubrn(BOOKED.ubrn)).state == "BOOKED"
    rows = await desk.pool.fetch("SELECT details FROM audit WHERE action = 'health.changed' ORDER BY id")
    assert [row["details"]["route"] for row in rows] == [
        f"/health/referrals/{{ubrn:[0-9]{{12}}}}/{name}" for name in ("move", "move", "again")
    ]


@DEMO
async def test_what_the_clinic_says_is_told(desk: Desk, ers: Ers) -> None:
    browser = await desk.signed_in("officer", "health")
    ubrn = STORY["AWAITING_TRIAGE"].ubrn
    status, text = await post(browser, ubrn, "move", state="TRIAGE_RESPONSE", advice="  ")
    assert (status, "Write what the clinic says." in text) == (422, True)
    status, text = await post(browser, ubrn, "move", state="TRIAGE_RESPONSE", advice="<b>" * 400)
    assert (status, "at most 1000 letters" in text, "&lt;b&gt;" not in text) == (422, True, True)
    status, _ = await post(browser, ubrn, "move", state="TRIAGE_RESPONSE", advice="Rest\n <now>.")
    assert status == 303
    assert (await ers.referral_by_ubrn(ubrn)).advice == "Rest <now>."


@DEMO
async def test_a_clinic_is_cancelled_and_a_time_comes_free(desk: Desk, ers: Ers, clock: Clock) -> None:
    browser = await desk.signed_in("officer", "health")
    booked = (await ers.referral_by_ubrn(BOOKED.ubrn)).appointment
    assert booked is not None
    assert booked.start is not None
    start = booked.start.astimezone(stage.LONDON).replace(hour=16, minute=45, tzinfo=None)
    fields = {"service": booked.service_id, "start": start.isoformat(timespec="minutes")}
    status, where = await post(browser, BOOKED.ubrn, "free", **fields)
    assert (status, where.endswith("?done=free")) == (303, True)
    [freed] = [each for each in (await ers.changes(0)).changes if each.kind == "slot_free"]
    assert freed.start is not None
    assert freed.start.astimezone(stage.LONDON).replace(tzinfo=None) == start
    status, text = await post(browser, BOOKED.ubrn, "free", **fields)
    assert (status, "Nothing is free at that time" in text) == (422, True)
    day = booked.start.astimezone(stage.LONDON).date().isoformat()
    status, _ = await post(browser, BOOKED.ubrn, "clinic", service=booked.service_id, day=day)
    assert status == 303
    assert (await ers.referral_by_ubrn(BOOKED.ubrn)).state == "APPT_CANCELLED_BY_PROVIDER"


@DEMO
@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("move", {}, "Choose what happens."),
        ("move", {"state": "NONSENSE"}, "Choose what happens."),
        ("move", {"state": "ATTENDED"}, "It has moved meanwhile"),
        ("clinic", {"service": "x", "day": "2026-05-01"}, "Choose a hospital."),
        ("clinic", {"service": "11001", "day": "soon"}, "Choose a day"),
        ("clinic", {"service": "1", "day": "2026-05-01"}, "It is not there"),
        ("free", {"service": "11001", "start": ""}, "Choose a day and a time"),
        ("free", {"service": "11001", "start": "2026-05-01T09:00+02:00"}, "Choose a day and a time"),
        ("free", {"service": "11001", "start": "9999-12-31T23:59"}, "Choose a day and a time"),
        ("free", {"service": "11001", "start": "2001-01-01T09:00"}, "The time must be to come."),
        ("free", {"service": "1" * 40, "start": "2027-05-01T09:00"}, "Choose a hospital."),
    ],
)
async def test_forms_that_are_filled_in_wrong(
    desk: Desk, name: str, fields: dict[str, str], sentence: str
) -> None:
    browser = await desk.signed_in("officer", "health")
    status, text = await post(browser, KNEE.ubrn, name, **fields)
    assert status == 422
    assert sentence in text


@DEMO
async def test_only_officers_of_this_desk_move_it_on(desk: Desk, ers: Ers) -> None:
    form: dict[str, str] = {"state": "REJECTED"}
    stranger = await desk.new_browser()
    assert (await stranger.get("/health/referrals"))[0] == 303
    other = await desk.signed_in("officer", "education", name="other")
    assert (await other.get("/health/referrals"))[0] == 403
    assert (await post(other, KNEE.ubrn, "move", **form))[0] == 403
    auditor = await desk.signed_in("auditor", "health", name="auditor")
    assert (await auditor.get("/health/referrals"))[0] == 403
    forged = await desk.signed_in("officer", "health")
    forged.csrf = "forged"
    assert (await post(forged, KNEE.ubrn, "move", **form))[0] == 403
    state: State = (await ers.referral_by_ubrn(KNEE.ubrn)).state
    assert state == "NOT_BOOKED"


async def test_without_the_demonstration_there_are_none(desk: Desk) -> None:
    browser = await desk.signed_in("officer", "health")
    assert (await browser.get("/health/referrals"))[0] == 404
    assert "Demo referrals" not in (await browser.get("/cases"))[1]
