"""Signing in to the desk: e-mail and password, the second factor, the first change, and out again."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import segno
import structlog
from aiohttp import web

from bot import audit
from bot.officers import Officer
from bot.queue import Pool
from bot.signin import passwords as kept_passwords
from bot.signin.codes import Codes
from bot.signin.failures import MOST, MOST_OF_NETWORK, Failures
from bot.signin.passwords import Passwords
from bot.signin.rules import mistake
from bot.signin.sessions import Session, end_all
from bot.turn import wall_clock
from channels.desk.rules import (
    BASE,
    OFFICER,
    PUBLIC,
    SESSION,
    SIGNED_IN,
    STAGES,
    STARTED,
    Gate,
    Routes,
    desk_page,
    form,
)
from channels.origin import caller

log = structlog.get_logger()

WRONG = "That e-mail address and password don't belong together. After 5 wrong tries you wait 15 minutes."
OPENID = {
    "away": "Your organisation's sign-in can't be reached. Try again, or use a password if you have one.",
    "failed": "Signing in did not work. Begin again.",
    "unknown": "You are no officer here yet. Ask an administrator to add your e-mail address.",
}
"""What went wrong on the way to an OpenID provider and back."""
LOCKED = "There were too many wrong tries. Wait 15 minutes, or ask an administrator."
_FIND = """
SELECT o.id, p.hash FROM officer o LEFT JOIN officer_password p ON p.officer_id = o.id
WHERE o.email = $1 AND o.active
"""


class SignIn:
    """The pages before anything else."""

    def __init__(
        self, pool: Pool, gate: Gate, failures: Failures, passwords: Passwords, codes: Codes, *, proxies: int,
        demo: Sequence[tuple[str, str]] = (), openid: bool = False,
    ) -> None:  # fmt: skip
        """Prepares.

        Args:
            pool: the process's connections.
            gate: sessions and their cookies.
            failures: counts tries.
            passwords: hashes and checks.
            codes: the second factor.
            proxies: how many of ours stand before us.
            demo: e-mail addresses and passwords that the demo's page shows.
            openid: whether an OpenID provider is set up.
        """
        self._pool, self._gate, self._failures = pool, gate, failures
        self._passwords, self._codes, self._proxies = passwords, codes, proxies
        self._demo, self._openid = demo, openid

    def add(self, routes: Routes) -> None:
        """Adds the routes, each with what it needs."""
        routes.add("GET", "/sign-in", self.show, needs=PUBLIC)
        routes.add("POST", "/sign-in", self.sign_in, needs=PUBLIC)
        routes.add("GET", "/sign-in/code", self.show_code, needs=STARTED)
        routes.add("POST", "/sign-in/code", self.code, needs=STARTED)
        routes.add("GET", "/account/password", self.show_password, needs=STARTED)
        routes.add("POST", "/account/password", self.password, needs=STARTED)
        routes.add("GET", "/account/codes", self.show_enrol, needs=STARTED)
        routes.add("POST", "/account/codes", self.enrol, needs=STARTED)
        routes.add("POST", "/sign-out", self.sign_out, needs=STARTED)
        routes.add("POST", "/sign-out-everywhere", self.sign_out_everywhere, needs=SIGNED_IN)

    # --- e-mail and password ------------------------------------------------------------------

    async def show(self, request: web.Request) -> web.Response:
        """The form; who is in already goes on."""
        session = request[SESSION]
        if session is not None:
            raise web.HTTPSeeOther(STAGES[session.stage])
        return self._form(request, OPENID.get(request.query.get("openid", "")))

    def _form(self, request: web.Request, wrong: str | None = None, email: str = "") -> web.Response:
        return desk_page(
            request, "sign_in.html", mistake=wrong, email=email, next=inside(request.query.get("next", "")),
            demo_officers=self._demo, openid=self._openid, status=403 if wrong else 200,
        )  # fmt: skip

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Counts the try, checks it, and begins a session."""
        fields = await form(request)
        email, password = (
            str(fields.get("email", "")).strip().casefold()[:254],
            str(fields.get("password", "")),
        )
        network = f"network {caller(request, self._proxies)}"
        tries = await self._failures.count(email)
        if tries > MOST or await self._failures.count(network, MOST_OF_NETWORK) > MOST_OF_NETWORK:
            return await self._refuse(request, email, LOCKED, "sign-in.locked" if tries == MOST + 1 else None)
        row = await self._pool.fetchrow(_FIND, email)
        if not await self._passwords.is_right(row["hash"] if row else None, password) or row is None:
            return await self._refuse(request, email, WRONG, "sign-in.failed")
        await self._failures.forgive(email)
        await self._failures.forgive_one(network)
        fresh = await self._passwords.hash(password) if self._passwords.outdated(row["hash"]) else None
        async with self._pool.acquire() as connection, connection.transaction():
            token = await self._gate.sessions.begin(
                connection, row["id"], "password", request.cookies.get(self._gate.cookie)
            )
            if fresh is not None:
                await connection.execute(
                    "UPDATE officer_password SET hash = $2 WHERE officer_id = $1", row["id"], fresh
                )
            await audit.append(connection, row["id"], "sign-in", "officer", row["id"], {})
        answer = web.HTTPSeeOther(inside(str(fields.get("next", ""))) or BASE)
        self._gate.remember(answer, token)
        raise answer

    async def _refuse(self, request: web.Request, email: str, why: str, action: str | None) -> web.Response:
        if action is not None:
            log.warning("desk.sign_in_refused", why=action)
            async with self._pool.acquire() as connection, connection.transaction():
                known = await connection.fetchval("SELECT id FROM officer WHERE email = $1", email)
                await audit.append(connection, None, action, "officer", known, {})
        return self._form(request, why, email)

    # --- the second factor --------------------------------------------------------------------

    async def show_code(self, request: web.Request) -> web.Response:
        """Asks for the code."""
        return desk_page(request, "code.html", mistake=None)

    async def code(self, request: web.Request) -> web.StreamResponse:
        """Checks it, counted as passwords are."""
        session = _session(request)
        who = f"code {session.officer.id}"
        given = str((await form(request)).get("code", ""))
        if await self._failures.count(who) > MOST:
            return desk_page(request, "code.html", mistake=LOCKED, status=403)
        async with self._pool.acquire() as connection, connection.transaction():
            right = await self._codes.is_right(connection, session.officer.id, given, wall_clock())
            if right:
                await connection.execute(
                    "UPDATE officer_session SET coded_at = now() WHERE id = $1", session.id
                )
            else:
                await audit.append(
                    connection, session.officer.id, "sign-in.wrong-code", "officer", session.officer.id, {}
                )
        if not right:
            return desk_page(request, "code.html", mistake="That code is not right, or was used.", status=403)
        await self._failures.forgive(who)
        raise await self._further(request, web.HTTPSeeOther(_after(request)))

    async def show_enrol(self, request: web.Request) -> web.Response:
        """The QR code for the officer's telephone."""
        return await self._enrol_page(request)

    async def _enrol_page(self, request: web.Request, wrong: str | None = None) -> web.Response:
        officer: Officer = request[OFFICER]
        if await self._has_codes(officer.id):
            raise web.HTTPSeeOther(BASE)
        async with self._pool.acquire() as connection, connection.transaction():
            secret = await self._codes.begin(connection, officer.id)
        matrix = segno.make(self._codes.uri(secret, officer.email), error="m").matrix
        return desk_page(
            request, "enrol.html", mistake=wrong, secret=secret, size=len(matrix) + 8,
            dots=[(x + 4, y + 4) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark],
            status=403 if wrong else 200,
        )  # fmt: skip

    async def _has_codes(self, officer_id: int) -> bool:
        return bool(
            await self._pool.fetchval(
                "SELECT confirmed_at IS NOT NULL FROM officer_totp WHERE officer_id = $1", officer_id
            )
        )

    async def enrol(self, request: web.Request) -> web.StreamResponse:
        """Takes the first code and shows the codes for a lost telephone, once."""
        session = _session(request)
        if await self._has_codes(session.officer.id):
            raise web.HTTPSeeOther(BASE)
        if await self._failures.count(f"code {session.officer.id}") > MOST:
            return await self._enrol_page(request, LOCKED)
        given = str((await form(request)).get("code", ""))
        async with self._pool.acquire() as connection, connection.transaction():
            made = await self._codes.confirm(connection, session.officer.id, given, wall_clock())
            if made is not None:
                await connection.execute(
                    "UPDATE officer_session SET coded_at = now() WHERE id = $1", session.id
                )
                await audit.append(
                    connection, session.officer.id, "codes.enrolled", "officer", session.officer.id, {}
                )
        if made is None:
            return await self._enrol_page(request, "That code is not right. Wait for the next one.")
        await self._failures.forgive(f"code {session.officer.id}")
        return await self._further(
            request, desk_page(request, "enrolled.html", codes=made, further=_after(request))
        )

    async def _further[Answer: web.StreamResponse](self, request: web.Request, answer: Answer) -> Answer:
        """An answer with another token: what was known before the second factor opens nothing after it."""
        token = await self._gate.sessions.rotate(request.cookies.get(self._gate.cookie, ""), grace=False)
        if token is not None:
            self._gate.remember(answer, token)
        return answer

    # --- the password -------------------------------------------------------------------------

    async def show_password(self, request: web.Request) -> web.Response:
        """The form to choose a password."""
        return desk_page(request, "password.html", mistake=None)

    async def password(self, request: web.Request) -> web.StreamResponse:
        """Changes it, and ends the officer's other sessions."""
        session = _session(request)
        officer, fields = session.officer, await form(request)
        old, chosen = str(fields.get("old", "")), str(fields.get("new", ""))
        hashed = await self._pool.fetchval(
            "SELECT hash FROM officer_password WHERE officer_id = $1", officer.id
        )
        wrong = None
        if await self._failures.count(f"change {officer.id}") > MOST:
            wrong = LOCKED
        elif not await self._passwords.is_right(hashed, old):
            wrong = "The present password is not right."
        else:
            await self._failures.forgive(f"change {officer.id}")
            same = "Choose another one than the present." if chosen == old else None
            wrong = same or mistake(chosen, officer.email, officer.name)
        if wrong:
            return desk_page(request, "password.html", mistake=wrong, status=403)
        made = await self._passwords.hash(chosen)
        async with self._pool.acquire() as connection, connection.transaction():
            await kept_passwords.keep(connection, officer.id, made, must_change=False)
            await end_all(connection, officer.id, but=session.id)
            await audit.append(connection, officer.id, "password.changed", "officer", officer.id, {})
        raise web.HTTPSeeOther(_after(request))

    # --- out ----------------------------------------------------------------------------------

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """Ends this session."""
        session = _session(request)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM officer_session WHERE id = $1", session.id)
            await connection.execute("UPDATE officer SET on_duty = false WHERE id = $1", session.officer.id)
            await audit.append(connection, session.officer.id, "sign-out", "officer", session.officer.id, {})
        answer = web.HTTPSeeOther(f"{BASE}/sign-in")
        self._gate.forget(answer)
        raise answer

    async def sign_out_everywhere(self, request: web.Request) -> web.StreamResponse:
        """Ends every session of the officer."""
        officer: Officer = request[OFFICER]
        async with self._pool.acquire() as connection, connection.transaction():
            await end_all(connection, officer.id)
            await audit.append(connection, officer.id, "sign-out.everywhere", "officer", officer.id, {})
        answer = web.HTTPSeeOther(f"{BASE}/sign-in")
        self._gate.forget(answer)
        raise answer


def _session(request: web.Request) -> Session:
    """The session behind a rule that needs one."""
    session = request[SESSION]
    assert session is not None
    return session


def _after(request: web.Request) -> str:
    """Where somebody wanted to go who had to come past here first."""
    return inside(request.query.get("next", "")) or BASE


def inside(address: str) -> str:
    """An address of the desk's own pages, or nothing: a link must not lead from our sign-in elsewhere."""
    parts = urlsplit(address)
    fine = not parts.scheme and not parts.netloc and parts.path.startswith(f"{BASE}/") and "\\" not in address
    return address if fine else ""
