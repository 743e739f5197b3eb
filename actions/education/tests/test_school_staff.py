"""The department's pages at the desk: who may, what is shown, and what their forms do."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from aiohttp import FormData

from actions.education.school_client import SchoolOffice
from actions.education.staff import designations
from actions.education.tests.conftest import Departments
from actions.education.tests.test_school_files import ROW, changed, written
from bot.officers import Role
from bot.spreadsheet import lines
from tests.channels.desk.conftest import Browser, Desk, desk

__all__ = ["desk"]

PAGES = ("designations", "schools", "allocation")


@pytest.fixture(autouse=True)
def _addressed(departments: Departments, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk finds the department's service where this test has it."""
    monkeypatch.setenv("ONEDOOR_EDUCATION_URL", departments.url)
    monkeypatch.setenv("ONEDOOR_EDUCATION_KEY", departments.key)


async def send(
    browser: Browser, path: str, file: tuple[str, bytes] | None = None, **fields: str
) -> tuple[int, str]:
    """Sends a form with a file, as the page does."""
    form = FormData({"csrf": browser.csrf, **fields})
    if file is not None:
        form.add_field("file", file[1], filename=file[0], content_type="text/csv")
    else:
        form.add_field("file", b"", filename="", content_type="application/octet-stream")
    origin = str(browser.client.make_url("/")).rstrip("/")
    async with browser.client.post(
        f"/desk/education/{path}", data=form, headers={"Origin": origin}, allow_redirects=False
    ) as answer:
        return answer.status, answer.headers.get("Location", "") or await answer.text()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("role", "where", "status"),
    [("leader", "education", 200), ("administrator", "education", 200), ("auditor", "education", 200),
     ("officer", "education", 403), ("leader", "health", 403)],
)  # fmt: skip
async def test_who_may_see_them(desk: Desk, page: str, role: Role, where: str, status: int) -> None:
    browser = await desk.signed_in(role, where)
    found, html = await browser.get(f"/education/{page}")
    assert found == status
    if role == "auditor":  # who sees the measures changes nothing
        assert "<form" not in html.split("<main")[1]
        assert (await send(browser, page, urns="900001"))[0] in (403, 405)


async def test_a_school_is_designated(desk: Desk, office: SchoolOffice, departments: Departments) -> None:
    browser = await desk.signed_in("leader", "education")
    page = (await browser.get("/education/designations"))[1]
    assert "Stonebeck Primary School" in page
    assert "Send letters: 310000011" in page
    assert 'name="urn-900050"' in page  # failing by the register's word
    day = (departments.clock.now + timedelta(days=25)).date().isoformat()
    fields = {"reason": "standards", "deadline": day, "key": "k" * 30}
    for _ in range(2):  # the same form twice is one
        status, there = await send(browser, "designations", None, urns="900001, 900002", **fields)
        assert (status, there) == (303, "/desk/education/designations")
    assert (await office.situation("300000001"))["stage"] == "open"
    status, page = await send(browser, "designations", urns="900001", reason="standards", deadline=day)
    assert (status, "are choosing already: 900001" in page) == (400, True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"urns": ""}, "Name a school at least"),
        ({"urns": "90000"}, "A URN has six digits"),
        ({"urns": " ".join(map(str, range(900001, 900202)))}, "Name a school at least, and 200 at most."),
        ({"urns": "900001", "deadline": "soon"}, "Deadline: choose a day."),
        ({"urns": "900001", "deadline": "2020-01-01"}, "Parents need 14 days at least"),
        ({"urns": "900001", "reason": "spite"}, "Choose why."),
        ({"urns": "123456"}, "Not in the register, or not open: 123456."),
    ],
)
async def test_what_is_wrong_is_said(
    desk: Desk, departments: Departments, fields: dict[str, str], sentence: str
) -> None:
    browser = await desk.signed_in("leader", "education")
    good = {
        "deadline": (departments.clock.now + timedelta(days=25)).date().isoformat(),
        "reason": "standards",
    }
    status, page = await send(browser, "designations", None, **{**good, **fields})
    assert (status, sentence in page) == (400, True)


async def test_designated_by_a_file_and_by_the_register(
    desk: Desk, office: SchoolOffice, departments: Departments
) -> None:
    browser = await desk.signed_in("leader", "education")
    day = (departments.clock.now + timedelta(days=25)).date().isoformat()
    file = ("failing.csv", written([changed(URN="900001"), changed(URN="900002")], "cp1252"))
    status, _ = await send(
        browser, "designations", file, reason="closing", deadline=day, **{"urn-900050": "yes", "urns": ""}
    )
    assert status == 303
    found = (await office.designations())["designations"]
    assert {each["school_urn"] for each in found if not each["closed"]} >= {"900001", "900002", "900050"}
    status, page = await send(
        browser, "designations", ("x.csv", b"Name\nX\n"), reason="closing", deadline=day
    )
    assert (status, "lacks the column URN" in page) == (400, True)


async def test_a_file_of_schools_is_read_no_further_than_there_may_be_and_beside_the_loop(
    desk: Desk, departments: Departments, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await desk.signed_in("leader", "education")
    day = (departments.clock.now + timedelta(days=25)).date().isoformat()
    read, readers = 0, set[int]()

    def seen(name: str, data: bytes) -> Iterator[list[str]]:
        nonlocal read
        for row in lines(name, data):
            read += 1
            readers.add(threading.get_ident())
            yield row

    monkeypatch.setattr(designations, "lines", seen)
    file = ("all.csv", b"URN\n" + b"".join(b"%d\n" % urn for urn in range(900001, 920001)))
    status, page = await send(browser, "designations", file, reason="closing", deadline=day, urns="")
    assert (status, "Name a school at least, and 200 at most." in page) == (400, True)
    assert read == 1 + designations.MOST + 1
    assert threading.get_ident() not in readers


async def test_one_is_taken_back(desk: Desk, office: SchoolOffice) -> None:
    browser = await desk.signed_in("leader", "education")
    number = next(each["id"] for each in (await office.designations())["designations"] if not each["closed"])
    assert (await send(browser, f"designations/{number}/withdraw"))[0] == 303
    status, page = await send(browser, f"designations/{number}/withdraw")
    assert (status, "was taken back already" in page) == (400, True)


async def test_a_file_is_looked_at_and_brought_in(desk: Desk, office: SchoolOffice) -> None:
    browser = await desk.signed_in("administrator", "education")
    broken = written([ROW, changed(URN="910002", EstablishmentName="<b>=x</b>", Postcode="<i>")])
    status, page = await send(browser, "schools", ("leeds.csv", broken), kind="register")
    assert status == 200
    assert "Postcode is not a postcode." in page
    assert "Bring it in" not in page
    assert "<b>=x" not in page
    status, page = await send(browser, "schools", ("leeds.csv", written([ROW])), kind="register")
    assert "New schools: 1" in page
    action = re.search(r'action="/desk/education/(schools/files/\d+)"', page)
    assert action is not None
    assert await send(browser, action[1]) == (303, "/desk/education/schools?done=yes")
    assert (await office.school("910001"))["name"] == "Hillcrest Primary School"
    status, page = await send(browser, action[1])
    assert (status, "look at it again" in page) == (400, True)


@pytest.mark.parametrize(
    ("kind", "file", "sentence"),
    [("register", None, "Choose what kind"), ("nonsense", ("a.csv", b"x"), "Choose what kind"),
     ("more", ("a.xlsx", b"PK\x03\x04"), "save it as CSV")],
)  # fmt: skip
async def test_what_is_no_file(desk: Desk, kind: str, file: tuple[str, bytes] | None, sentence: str) -> None:
    browser = await desk.signed_in("leader", "education")
    status, page = await send(browser, "schools", file, kind=kind)
    assert (status, sentence in page) == (400, True)


async def test_places_are_tried_and_given(desk: Desk, office: SchoolOffice, departments: Departments) -> None:
    browser = await desk.signed_in("leader", "education")
    page = (await browser.get("/education/allocation"))[1]
    assert "Yes: tell commissioners and new providers" in page
    assert "Give the places" not in page  # nobody's deadline is over
    number = (await office.situation("310000003"))["round"]["id"]
    await office.keep("310000003", number, ["900008"], [], key="a list")
    status, page = await send(browser, f"allocation/{number}/try")
    assert (status, "1 lists; choice 1: 1; no place: 0" in page) == (200, True)
    status, page = await send(
        browser, f"allocation/{number}/give", answer_by="2090-01-01", appeal_by="2090-01-01"
    )
    assert (status, "Parents can still change their lists" in page) == (400, True)
    departments.clock.forward(days=22)
    until = (departments.clock.now + timedelta(days=30)).date().isoformat()
    status, page = await send(browser, f"allocation/{number}/give", answer_by=until, appeal_by="never")
    assert (status, "Appeals by: choose a day." in page) == (400, True)
    status, there = await send(browser, f"allocation/{number}/give", answer_by=until, appeal_by=until)
    assert (status, there) == (303, "/desk/education/allocation")
    assert (await office.situation("310000003"))["stage"] == "offered"


async def test_a_place_that_came_back_is_offered_on(desk: Desk, office: SchoolOffice) -> None:
    browser = await desk.signed_in("leader", "education")
    await office.answer("310000007", 1, "900015", accept=False, key="no")
    page = (await browser.get("/education/allocation"))[1]
    assert "Moorcroft High School, year 8: 1 free, 2 waiting." in page
    assert (await send(browser, "allocation/1/next", urn="900015", year="8"))[0] == 303
    status, page = await send(browser, "allocation/1/next", urn="900015", year="8")
    assert (status, "no free place in that year" in page) == (400, True)
    assert (await send(browser, "allocation/1/next", urn="x", year="8"))[0] == 400
    assert (await send(browser, "allocation/x/next", urn="900015", year="8"))[0] == 404
