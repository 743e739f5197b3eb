"""Who may use which page of the desk, and how one signs in."""

import asyncio
import re
from datetime import UTC, datetime

import pyotp
import pytest

from bot import audit
from bot.engine.runtime import packs
from bot.officers import ABILITIES, Ability
from bot.signin.rules import mistake
from channels.desk.rules import PUBLIC, STARTED, abilities
from tests.channels.desk.conftest import PASSWORD, Browser, Desk

VALUES = ("999999", "00000000-0000-0000-0000-000000000000", *("9" * n for n in range(1, 13)), "nothing")


def path_of(desk: Desk, route: str) -> str:
    """An address of a route, about something that is not there."""
    below = route.removeprefix("/desk")
    for resource in desk.app.router.resources():
        if resource.canonical.removeprefix("/desk") == below and "pattern" in resource.get_info():
            pattern = resource.get_info()["pattern"].pattern
            for name, form in re.findall(r"\(\?P<(\w+)>(.*?)\)(?=/|$)", pattern):
                fits = (value for value in (*VALUES, *form.split("|")) if re.fullmatch(form, value))
                below = below.replace(f"{{{name}}}", next(fits))
    return below


async def test_every_route_as_every_role(desk: Desk) -> None:
    assert len(desk.rules) > 30
    for role in ABILITIES:
        browser = await desk.signed_in(role, "front", *(pack.desk for pack in packs().packs.values()))
        for (method, route), rule in desk.rules.items():
            if "sign-out" in route or route.endswith("/live"):
                continue  # they end what is tested, or are a socket: tested below
            path = path_of(desk, route)
            status, where = await (browser.get(path) if method == "GET" else browser.post(path))
            allowed = abilities(rule) <= ABILITIES[role]
            # What is allowed and not there is 404; a form without its fields is told so or sent on.
            if not allowed:
                assert status == 403, (role, method, route, where[:200])
            elif (method, route.removeprefix("/desk")) not in REFUSED_FIELDS:
                assert status != 403, (role, method, route, where[:200])


REFUSED_FIELDS = {
    ("POST", "/sign-in"), ("POST", "/sign-in/code"), ("POST", "/account/password"),
    ("POST", "/account/codes"), ("POST", "/officers"), ("POST", "/officers/{id}"), ("POST", "/replies"),
}  # fmt: skip
"""Routes that answer 403 to an allowed role whose form is empty: wrong words, or not theirs to give."""


async def test_no_route_is_without_a_rule(desk: Desk) -> None:
    there = {
        (route.method, route.resource.canonical.removeprefix("/desk"))
        for route in desk.app.router.routes() if route.resource is not None and route.method != "HEAD"
    }  # fmt: skip
    assert there == {(method, path.removeprefix("/desk")) for method, path in desk.rules}
    open_to_all = {path.removeprefix("/desk") for (_, path), rule in desk.rules.items() if rule is PUBLIC}
    assert open_to_all == {"/sign-in"}
    begun = {path.removeprefix("/desk") for (_, path), rule in desk.rules.items() if rule is STARTED}
    assert begun == {"/sign-in/code", "/account/password", "/account/codes", "/sign-out"}


async def test_no_form_of_a_department_is_for_who_only_looks_on(desk: Desk) -> None:
    theirs = tuple(f"/{name}/" for name in packs().packs)
    forms = [
        rule
        for (method, route), rule in desk.rules.items()
        if method == "POST" and route.removeprefix("/desk").startswith(theirs)
    ]
    assert len(forms) > 10
    assert all(Ability.ACT in abilities(rule) for rule in forms)


async def test_every_route_signed_out(desk: Desk) -> None:
    browser = await desk.new_browser()
    for (method, route), rule in desk.rules.items():
        if rule is PUBLIC:
            continue
        path = path_of(desk, route)
        if method == "GET":
            async with browser.client.get(f"/desk{path}", allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/desk/sign-in")
        else:
            status, where = await browser.post(path)
            assert (status, where) == (303, "/desk/sign-in")


async def test_a_form_from_elsewhere_is_refused(desk: Desk) -> None:
    number = await desk.case()
    browser = await desk.signed_in("officer")
    for headers, csrf in (
        ({"Origin": "https://evil.example"}, browser.csrf),
        ({}, ""), ({}, "x" * 32), ({"Origin": "null"}, browser.csrf),
    ):  # fmt: skip
        async with browser.client.post(
            f"/desk/cases/{number}/take", data={"csrf": csrf}, headers=headers, allow_redirects=False
        ) as answer:
            assert answer.status == 403
    assert await desk.pool.fetchval("SELECT state FROM escalation") == "waiting"
    assert (await browser.post(f"/cases/{number}/take"))[0] == 303
    assert await desk.pool.fetchval("SELECT state FROM escalation") == "taken"


async def test_another_desks_case_is_not_there(desk: Desk) -> None:
    number = await desk.case("health")
    browser = await desk.signed_in("officer", "front")
    assert (await browser.get(f"/cases/{number}"))[0] == 404
    for act in ("take", "reply", "note", "close", "draft"):
        assert (await browser.post(f"/cases/{number}/{act}", text="x"))[0] == 404
    assert (await browser.get(f"/cases/{number}/pictures/{VALUES[1]}"))[0] == 404
    _, page = await browser.get("/search?q=Help")
    assert "Nothing was found" in page


async def test_the_telephone_number_is_for_who_may_see_it(desk: Desk) -> None:
    number = await desk.case(address="+447700900456")
    for role, seen in (("officer", True), ("leader", True), ("administrator", False), ("auditor", False)):
        browser = await desk.signed_in(role)  # type: ignore[arg-type]
        for path in (f"/cases/{number}", f"/cases/{number}/part", f"/cases/{number}/print"):
            _, page = await browser.get(path)
            assert ("7700900456" in page) == (seen and "part" not in path)
        _, page = await browser.get("/search?q=07700900456")
        assert (f"/desk/cases/{number}" in page) == seen


async def test_wrong_passwords_lock_and_say_the_same_of_who_is_not_there(desk: Desk) -> None:
    email, browser = await desk.officer("officer"), await desk.new_browser()
    said = {await _said(browser, email, "wrong"), await _said(browser, "nobody@onedoor.example", "wrong")}
    assert len(said) == 1
    for _ in range(4):
        await browser.sign_in(email, "wrong")
    status, page = await browser.sign_in(email)
    assert status == 403
    assert "Wait 15 minutes" in page
    await desk.pool.execute("UPDATE sign_in_failure SET since = now() - interval '16 minutes'")
    assert (await browser.sign_in(email))[0] == 303
    actions = [entry.action for entry in await audit.look(desk.pool, audit.Asked())]
    assert actions == ["sign-in", "sign-in.locked", *["sign-in.failed"] * 6]


async def _said(browser: Browser, email: str, password: str) -> str:
    _, page = await browser.sign_in(email, password)
    return page.replace(email, "")


async def test_the_first_password_must_be_changed(desk: Desk) -> None:
    browser = await desk.new_browser()
    await browser.sign_in(await desk.officer("officer", must_change=True))
    assert (await browser.get("/cases"))[0] == 303
    assert (await browser.post("/cases/next"))[1] == "/desk/account/password"
    for new in ("short", "password12345", "officer@onedoor.example", PASSWORD):
        assert (await browser.post("/account/password", old=PASSWORD, new=new))[0] == 403
    assert (await browser.post("/account/password", old="wrong", new="three-green-gates"))[0] == 403
    assert (await browser.post("/account/password", old=PASSWORD, new="three-green-gates"))[0] == 303
    assert (await browser.get("/cases"))[0] == 200


@pytest.mark.parametrize(
    ("password", "fine"),
    [("three-blue-doors", True), ("Mae'r drws ar agor", True), ("elevenchars", False),
     ("aaaaaaaaaaaaaa", False), ("Password123456", False), ("jo.marsh2026!!", False),
     ("123456789012", False), ("qwertyqwerty1", False)],
)  # fmt: skip
def test_what_a_password_must_be(password: str, fine: bool) -> None:
    assert (mistake(password, "jo.marsh@leeds.example", "Jo Marsh") is None) == fine


@pytest.mark.parametrize("desk", [{"desk_codes": True}], indirect=True)
async def test_a_leader_needs_a_telephone_and_a_code_is_good_once(desk: Desk) -> None:
    email, browser = await desk.officer("leader"), await desk.new_browser()
    await browser.sign_in(email)
    assert (await browser.post("/cases/next"))[1] == "/desk/account/codes"
    _, page = await browser.get("/account/codes")
    secret = page.split("<code>")[1].split("</code>")[0]
    assert (await browser.post("/account/codes", code="000000"))[0] == 403
    at = int(datetime.now(UTC).timestamp())
    first = pyotp.TOTP(secret).at(at)
    status, page = await browser.post("/account/codes", code=first)
    assert status == 200
    spare = page.split("<li><code>")[1].split("</code>")[0]
    assert (await browser.get("/cases"))[0] == 200

    other = await desk.new_browser()
    await other.sign_in(email)
    assert (await other.get("/cases"))[0] == 303
    assert (await other.post("/sign-in/code", code=first))[0] == 403  # it was taken
    assert (await other.post("/sign-in/code", code=spare))[0] == 303
    assert (await other.get("/cases"))[0] == 200
    third = await desk.new_browser()
    await third.sign_in(email)
    assert (await third.post("/sign-in/code", code=spare))[0] == 403


async def test_a_session_ends(desk: Desk) -> None:
    browser = await desk.signed_in("officer")
    assert (await browser.get("/cases"))[0] == 200
    for ends in (
        "UPDATE officer_session SET seen_at = now() - interval '31 minutes'",
        "UPDATE officer_session SET seen_at = now(), created_at = now() - interval '11 hours'",
        "UPDATE officer SET active = false",
    ):
        await desk.pool.execute("UPDATE officer SET active = true")
        await desk.pool.execute("UPDATE officer_session SET seen_at = now(), created_at = now()")
        assert (await browser.get("/cases"))[0] == 200
        await desk.pool.execute(ends)
        assert (await browser.get("/cases"))[0] == 303
    await desk.pool.execute("UPDATE officer SET active = true")
    await browser.sign_in("officer@onedoor.example")
    assert (await browser.post("/sign-out"))[0] == 303
    assert (await browser.get("/cases"))[0] == 303


async def test_the_token_is_another_after_a_while_and_the_old_one_is_no_use(desk: Desk) -> None:
    browser = await desk.signed_in("officer")
    cookie = browser.client.session.cookie_jar
    before = {each.key: each.value for each in cookie}
    await desk.pool.execute("UPDATE officer_session SET rotated_at = now() - interval '16 minutes'")
    await asyncio.gather(*(browser.get("/cases") for _ in range(3)))
    assert {each.key: each.value for each in cookie} != before
    await desk.pool.execute("UPDATE officer_session SET rotated_at = now() - interval '2 minutes'")
    thief = await desk.new_browser()
    thief.client.session.cookie_jar.update_cookies(before)
    assert (await thief.get("/cases"))[0] == 303
    assert (await browser.get("/cases"))[0] == 200


async def test_nobody_makes_somebody_above_themselves(desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "front")
    fields = {"name": "New", "email": "new@onedoor.example", "desks": "front"}
    assert (await browser.post("/officers", **fields, role="system"))[0] == 403
    assert (await browser.post("/officers", **{**fields, "desks": "health"}, role="officer"))[0] == 403
    status, page = await browser.post("/officers", **fields, role="officer")
    assert status == 200
    first = page.split("signs in with <code>")[1].split("</code>")[0]
    new = await desk.new_browser()
    assert (await new.sign_in("new@onedoor.example", first))[0] == 303
    assert (await new.get("/cases"))[0] == 303  # the first password must be changed
    system = await desk.pool.fetchval("SELECT id FROM officer WHERE role = 'administrator'")
    await desk.officer("system")
    above = await desk.pool.fetchval("SELECT id FROM officer WHERE role = 'system'")
    assert (await browser.post(f"/officers/{above}/reset"))[0] == 404
    wrong = {"role": "officer", "desks": "front", "most_cases": "0", "active": "1"}
    assert (await browser.post(f"/officers/{system}", **wrong))[0] == 400


async def test_a_link_does_not_lead_from_the_sign_in_elsewhere(desk: Desk) -> None:
    email, browser = await desk.officer("officer"), await desk.new_browser()
    for wrong in ("https://evil.example/desk/", "//evil.example/desk/", "/desk/\\evil.example", "/else"):
        _, page = await browser.get(f"/sign-in?next={wrong}")
        assert 'name="next" value=""' in page
        assert (await browser.post("/sign-in", email=email, password=PASSWORD, next=wrong))[1] == "/desk"
        await browser.sign_in(email)
        await browser.post("/sign-out")


async def test_who_wanted_somewhere_gets_there_after_the_first_password(desk: Desk) -> None:
    email, browser = await desk.officer("officer", must_change=True), await desk.new_browser()
    await browser.sign_in(email)
    async with browser.client.get("/desk/search?q=x&page=2", allow_redirects=False) as answer:
        to = answer.headers["Location"]
    assert to.startswith("/desk/account/password?next=")
    changed = await browser.post(to.removeprefix("/desk"), old=PASSWORD, new="three-green-gates")
    assert changed == (303, "/desk/search?q=x&page=2")


async def test_nobody_takes_over_an_officer_who_works_elsewhere_as_well(desk: Desk) -> None:
    browser = await desk.signed_in("administrator", "front")
    await desk.officer("officer", "front", "health", name="both")
    both = await desk.pool.fetchval("SELECT id FROM officer WHERE name = 'Both'")
    kept = await desk.pool.fetchval("SELECT hash FROM officer_password WHERE officer_id = $1", both)
    assert (await browser.post(f"/officers/{both}/reset"))[0] == 404
    fields = {"role": "officer", "desks": "front", "most_cases": "5"}
    assert (await browser.post(f"/officers/{both}", **fields, active="1"))[0] == 404
    assert kept == await desk.pool.fetchval("SELECT hash FROM officer_password WHERE officer_id = $1", both)
    _, page = await browser.get("/officers")
    assert f"/desk/officers/{both}" not in page


async def test_a_new_first_password_ends_a_lock_out(desk: Desk) -> None:
    administrator = await desk.signed_in("administrator", "front")
    email, browser = await desk.officer("officer"), await desk.new_browser()
    number = await desk.pool.fetchval("SELECT id FROM officer WHERE email = $1", email)
    for _ in range(6):
        await browser.sign_in(email, "wrong")
    assert await desk.pool.fetchval("SELECT count(*) FROM sign_in_failure WHERE failed > 5") == 1
    _, page = await administrator.post(f"/officers/{number}/reset")
    first = page.split("signs in with <code>")[1].split("</code>")[0]
    assert (await browser.sign_in(email, first))[0] == 303
