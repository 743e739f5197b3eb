"""The one HTTP application: every channel, the operator's pages, and the stand-ins in the demo."""

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from actions.sdk import Ledger
from bot.engine.runtime import packs
from bot.outbox import Sender
from bot.packs import expand
from bot.photos import Photos
from bot.places import open_places
from bot.queue import Pool
from bot.senders import WeightedSender
from bot.services import Services, own_key, stand_in_addresses
from bot.settings import Settings
from channels.announcer import Announcer
from channels.clients import Clients
from channels.desk.application import application as desk_application
from channels.desk.demo import DEMO_OFFICERS
from channels.email.demo import add_mailbox
from channels.email.sender import DemoMailbox, SmtpSender
from channels.letter.sender import LetterSender
from channels.notify.application import application as notify_application
from channels.sms.demo import demo_application
from channels.sms.govuk import LONGEST, NOTIFY, NotifySender, add_notify
from channels.sms.pictures import Pictures
from channels.sms.sender import DemoPhoneSender, TwilioSender
from channels.sms.twilio import application as sms_application
from channels.tries import Tries
from channels.webchat.application import application as webchat_application


def senders(stack: AsyncExitStack, pool: Pool, settings: Settings) -> dict[str, Sender]:
    """What carries the messages of each channel: texts go by Twilio, GOV.UK Notify, both, or the demo phone.

    Args:
        stack: closes their connections.
        pool: the process's connections.
        settings: of the installation.
    """
    texts: dict[str, Sender] = {}
    if settings.twilio:
        twilio = TwilioSender(pool, settings)
        stack.push_async_callback(twilio.close)
        texts[twilio.name] = twilio
    if settings.notify_sender:
        notify = NotifySender(pool, settings)
        stack.push_async_callback(notify.close)
        texts[notify.name] = notify
    others: dict[str, Sender] = {
        "email": SmtpSender(pool, settings) if settings.smtp_url else DemoMailbox(pool),
        "letter": LetterSender(pool, zone=settings.zone),
    }
    if len(texts) > 1:
        return {"sms": WeightedSender(pool, "sms", texts, longest={NOTIFY: LONGEST}), **others}
    return {"sms": next(iter(texts.values()), DemoPhoneSender(pool)), **others}


def pictures(
    stack: AsyncExitStack, pool: Pool, settings: Settings
) -> Callable[[int], Awaitable[None]] | None:
    """What fetches the pictures of texts; None without Twilio, the only one that brings some."""
    if not settings.twilio:
        return None
    fetcher = Pictures(pool, settings)
    stack.push_async_callback(fetcher.close)
    return fetcher.fetch


def application(
    pool: Pool, settings: Settings, announcer: Announcer, *, demo: bool, ready: Callable[[], Awaitable[bool]]
) -> web.Application:
    """Everything that is served over HTTP.

    Args:
        pool: the process's connections.
        settings: of the installation.
        announcer: tells the web chat of news; started by the caller.
        demo: whether the stand-ins and the demo's pages are mounted.
        ready: whether messages can be taken and answered.
    """
    app = webchat_application(
        pool, settings, announcer, demo_page=demo_referrals if demo else None, abilities=abilities
    )
    texts = sms_application(pool, settings)
    add_notify(texts, pool, settings)
    app.add_subapp("/sms", texts)
    officers = DEMO_OFFICERS if demo else ()
    app.add_subapp("/desk", desk_application(pool, settings, announcer, demo=demo, demo_officers=officers))
    app.add_subapp("/v2", notify_application(pool, settings, demo=demo))
    add_operator(app, ready)
    here = stand_in_addresses(f"http://127.0.0.1:{settings.port}", demo=demo)
    for path, service in stand_ins(pool, here, demo=demo).items():
        app.add_subapp(path, service)
    add_pictures(app, pool, settings)
    add_public_pages(app, pool, settings, demo=demo)
    if demo:
        pages = demo_application(pool, settings)
        add_mailbox(pages, pool, settings)
        app.add_subapp("/demo", pages)
    return app


def add_operator(app: web.Application, ready: Callable[[], Awaitable[bool]]) -> None:
    """Adds `/healthz` (the process lives), `/readyz` (it can do its work) and `/metrics`."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(text="ready\n") if await ready() else web.Response(text="not ready\n", status=503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])


def stand_ins(
    pool: Pool,
    addresses: Mapping[str, str],
    *,
    demo: bool = True,
    clock: Callable[[], datetime] | None = None,
) -> dict[str, web.Application]:
    """The services of the loaded packs that are served here, by the path they are mounted at.

    Args:
        pool: the process's connections.
        addresses: of the services served here, as `stand_in_addresses` gives them; those that call the
            ledger look there at each call, so it may be filled once the port is known.
        demo: whether stand-ins are among them, beside what is always our own.
        clock: the time, where it is not the wall's, for those whose pack.yml says `same_clock`.
    """
    found, places = {}, open_places(pool)

    async def areas(lat: float, long: float) -> list[tuple[str, dict[str, str], str]]:
        return [(area.code, area.name, area.level) for area in await places.areas(lat, long)]

    for pack in packs().packs.values():
        if pack.stand_in and (demo or pack.always):
            module = importlib.import_module(f"{pack.package}.service")
            ours: dict[str, Any] = {"areas": areas} if pack.always else {}
            if "key" in pack.service_settings:
                ours["keys"] = frozenset({own_key(pack)})
            if pack.same_clock and clock is not None:
                ours["clock"] = clock
            ledgers = _Ledgers(addresses)
            if pack.calls_ledger:
                ours["ledger"] = ledgers.client
            found[pack.stand_in] = module.application(pool, **ours)
            if pack.calls_ledger:
                # First opened and last closed: what the service does beside its calls ends before.
                found[pack.stand_in].cleanup_ctx.insert(0, ledgers.open)
    return found


class _Ledgers:
    """The ledger as a department's own service calls it: over HTTP, as everybody does."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self._session: aiohttp.ClientSession | None = None

    async def open(self, _app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as self._session:
            yield

    def client(self) -> Ledger:
        """The client.

        Raises:
            LookupError: there is no ledger, or the service is not started.
        """
        assert self._session is not None, "the service is not started"
        client = Services(packs(), self._session, dict(self._addresses)).client(Ledger)
        assert isinstance(client, Ledger)
        return client


def add_public_pages(app: web.Application, pool: Pool, settings: Settings, *, demo: bool) -> None:
    """Adds the packs' own public pages, which read their departments over HTTP as everybody does."""
    here = stand_in_addresses(f"http://127.0.0.1:{settings.port}", demo=demo)
    clients, tries = Clients(here), Tries(pool, settings)
    app.cleanup_ctx.append(clients.open)
    for pack in packs().packs.values():
        if pack.pages is None or not expand(pack.service_url or "", here):
            continue
        module = importlib.import_module(f"{pack.package}.pages")

        def client(module: Any = module) -> Any:
            return clients.services.client(module.Reader)

        pages = module.application(
            client, open_places(pool), base=pack.pages, public_url=settings.base_url,
            tiles=settings.map_tiles, credit=settings.map_credit or "", demo=demo, tries=tries,
        )  # fmt: skip
        app.add_subapp(pack.pages, pages)


def add_pictures(app: web.Application, pool: Pool, settings: Settings) -> None:
    """Adds `/pictures/…`, where those who have a citizen's report see the pictures that belong to it."""
    photos = Photos(pool, settings)

    async def picture(request: web.Request) -> web.Response:
        found = await photos.find(request.match_info["id"], request.match_info["proof"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found["bytes"], content_type=found["type"])

    app.router.add_get("/pictures/{id:[0-9a-f-]{36}}/{proof:[0-9a-f]{32}}", picture)


def demo_referrals() -> list[dict[str, str]]:
    """What the demo's page lists: the referrals to try, from the packs that have some."""
    found: list[dict[str, str]] = []
    for pack in packs().packs.values():
        if pack.stand_in:
            of = {"department": pack.title["en"], "department_cy": pack.title["cy"]}
            people = importlib.import_module(f"{pack.package}.service").demo_page()
            found += [{**each, **of} for each in people]
    return found


def abilities(language: str) -> list[str]:
    """What a citizen can get done here, in a few words each: the packs' responses `can.<flow>`."""
    wording = packs().wording
    return [
        wording.render(f"can.{flow}", language, "web", {})
        for flow in packs().flows
        if f"can.{flow}" in wording
    ]
