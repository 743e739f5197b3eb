"""Puts the desk together as an aiohttp application, mounted at `/desk`."""

from collections.abc import Sequence
from datetime import timedelta

from aiohttp import web

from bot.keys import installation_secret
from bot.officers import Officer, Role
from bot.queue import Pool
from bot.settings import Settings
from bot.signin.codes import Codes
from bot.signin.failures import Failures
from bot.signin.passwords import Passwords
from bot.signin.sessions import Sessions
from channels.announcer import Announcer
from channels.desk.auditing import AuditPage
from channels.desk.canned import CannedReplies
from channels.desk.case import Cases
from channels.desk.departments import add_departments
from channels.desk.figures import Figures
from channels.desk.listing import Lists
from channels.desk.live import Live
from channels.desk.openid import OpenIdPages
from channels.desk.rules import BASE, NAVIGATION, OFFICER, SIGNED_IN, Gate, Routes, desk_page
from channels.desk.signin import SignIn
from channels.desk.staff import Staff

CODED: frozenset[Role] = frozenset({"leader", "administrator", "auditor", "system"})
"""Roles that must have a second factor with their password, where the setting says so."""


def application(
    pool: Pool,
    settings: Settings,
    announcer: Announcer,
    *,
    demo: bool,
    demo_officers: Sequence[tuple[str, str]] = (),
    passwords: Passwords | None = None,
) -> web.Application:
    """The desk.

    Args:
        pool: the process's connections.
        settings: of the installation.
        announcer: started and stopped by the caller.
        demo: whether the pages say that this is one; then no second factor is asked for.
        demo_officers: e-mail addresses and passwords that the demo's sign-in page shows.
        passwords: with other costs than the usual, for tests.
    """
    app = web.Application(client_max_size=128 * 1024)
    sessions = Sessions(
        pool,
        idle=timedelta(minutes=settings.desk_idle_minutes),
        longest=timedelta(hours=settings.desk_session_hours),
        codes=CODED if settings.desk_codes and not demo else frozenset(),
    )
    gate = Gate(sessions, settings.base_url)
    routes = Routes(app, gate, demo=demo)
    live = Live(pool, announcer)
    hashing = passwords or Passwords()
    secret = bytearray()  # it may be in the database, which is asked when the application starts
    failures, codes = Failures(pool, lambda: bytes(secret)), Codes(lambda: bytes(secret))

    async def start(_app: web.Application) -> None:
        secret[:] = await installation_secret(pool, settings)

    async def stop(_app: web.Application) -> None:
        await live.close()

    app.on_startup.append(start)
    app.on_shutdown.append(stop)
    for path in ("", "/"):
        routes.add("GET", path, home, needs=SIGNED_IN)
    SignIn(
        pool, gate, failures, hashing, codes, proxies=settings.proxies, demo=demo_officers,
        openid=settings.oidc_issuer is not None,
    ).add(routes)  # fmt: skip
    if settings.oidc_issuer is not None:
        OpenIdPages(pool, gate, settings, lambda: bytes(secret)).add(routes)
    for pages in (
        Lists(pool), Cases(pool), Figures(pool), CannedReplies(pool), live, Staff(pool, hashing, failures),
        AuditPage(pool),
    ):  # fmt: skip
        pages.add(routes)
    add_departments(app, routes, pool, settings, demo=demo)
    return app


async def home(request: web.Request) -> web.Response:
    """The first page that an officer may see."""
    officer: Officer = request[OFFICER]
    for _, path, ability in NAVIGATION:
        if officer.may(ability):
            raise web.HTTPSeeOther(BASE + path)
    return desk_page(request, "home.html")
