"""Disputed sessions at the desk: who may settle them, what is shown, and that it is done once."""

import pytest

from actions.education.tests.conftest import Departments
from actions.education.tests.test_school_staff import send
from actions.education.tests.test_service_money import AYESHA
from actions.education.tests.test_service_sessions import first, say
from bot.officers import Role
from tests.channels.desk.conftest import Desk, desk

__all__ = ["desk"]


@pytest.fixture(autouse=True)
def _addressed(departments: Departments, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk finds the department's service where this test has it."""
    monkeypatch.setenv("ONEDOOR_EDUCATION_URL", departments.url)
    monkeypatch.setenv("ONEDOOR_EDUCATION_KEY", departments.key)


@pytest.mark.parametrize(
    ("role", "where", "status"),
    [("officer", "education", 200), ("leader", "education", 200), ("auditor", "education", 403),
     ("officer", "health", 403)],
)  # fmt: skip
async def test_who_may_see_them(desk: Desk, role: Role, where: str, status: int) -> None:
    browser = await desk.signed_in(role, where)
    assert (await browser.get("/education/sessions"))[0] == status


@pytest.mark.parametrize(("role", "named"), [("officer", True), ("administrator", False)])
async def test_a_pupil_is_named_for_who_may_see_names(
    desk: Desk, departments: Departments, role: Role, named: bool
) -> None:
    browser = await desk.signed_in(role, "education")
    proposal, session = await first(departments)
    await say(departments, proposal, session, "parent", False)
    await say(departments, proposal, session, "tutor", True)
    page = (await browser.get("/education/sessions"))[1]
    assert AYESHA in page
    assert ("Ayesha" in page) is named


async def test_a_session_is_settled_once(desk: Desk, departments: Departments) -> None:
    browser = await desk.signed_in("officer", "education")
    assert "None: nothing is waiting" in (await browser.get("/education/sessions"))[1]
    proposal, session = await first(departments)
    await say(departments, proposal, session, "parent", False)
    await say(departments, proposal, session, "tutor", True)
    page = (await browser.get("/education/sessions"))[1]
    assert "The tutor or school: it took place" in page
    assert "The parent or pupil: it didn&#39;t take place" in page
    path = f"sessions/{proposal.id}/{session.version}/{session.number}"
    status, page = await send(browser, path, key="k" * 30)
    assert (status, "Say whether it took place." in page) == (400, True)
    for _ in range(2):  # the same form twice is one
        told = await send(browser, path, took_place="yes", key="k" * 30)
        assert told == (303, "/desk/education/sessions")
    assert (await departments.education.credit(AYESHA)).spent == 3200
    kept = await departments.pool.fetch("SELECT key FROM service_answered WHERE key LIKE '%kkk%'")
    assert kept == [("desk-" + "k" * 30,)]  # none that the assistant could be about to show
    status, page = await send(browser, path, took_place="no", key="n" * 30)
    assert (status, "somebody settled it" in page) == (400, True)


async def test_many_are_paged(desk: Desk, departments: Departments) -> None:
    browser = await desk.signed_in("officer", "education")
    proposal, session = await first(departments)
    await departments.pool.execute(
        """INSERT INTO education.session (proposal, version, number, day, provider, family)
           SELECT $1, $2, number, $3, true, false FROM generate_series(1001, 1030) AS number""",
        proposal.id, session.version, session.day,
    )  # fmt: skip
    pages = [(await browser.get(f"/education/sessions{query}"))[1] for query in ("", "?page=2", "?page=x")]
    assert [page.count("<section") for page in pages] == [25, 5, 25]
    assert ["Next page" in page for page in pages] == [True, False, True]
    assert ["Page before" in page for page in pages] == [False, True, False]
    assert f"sessions/{proposal.id}/{session.version}/1030" in pages[1]
