"""Puts the web chat together as an aiohttp application."""

from collections.abc import Callable, Sequence

from aiohttp import web

from bot.keys import installation_secret
from bot.queue import Pool
from bot.settings import Settings
from channels.announcer import Announcer
from channels.pages import Language, add_pages
from channels.webchat.browser import Browsers
from channels.webchat.chat import Chat
from channels.webchat.page import Page
from channels.webchat.socket import Sockets

type DemoPage = Callable[[], list[dict[str, str]]]
type Abilities = Callable[[Language], Sequence[str]]


def application(
    pool: Pool,
    settings: Settings,
    announcer: Announcer,
    *,
    demo_page: DemoPage | None = None,
    abilities: Abilities | None = None,
) -> web.Application:
    """The root application: `/`, `/chat/socket`, `/leave`, `/assets/…`, and `/demo` in the demo.

    aiohttp mounts nothing at the root, so this is the application that others are mounted in.

    Args:
        pool: the process's connections.
        settings: of the installation.
        announcer: started and stopped by the caller.
        demo_page: gives the demo's referrals, each with `ubrn`, `code`, `born` and `story`; without
            it there is no `/demo`.
        abilities: gives, in a language, what a citizen can get done here, each a few words such as
            "choose a hospital".
    """
    app = web.Application(client_max_size=64 * 1024)
    chat = Chat(pool, announcer)
    page = Page(chat, default_language=settings.default_language, demo_page=demo_page, abilities=abilities)
    sockets = Sockets(chat, page.reads)

    async def start(_app: web.Application) -> None:
        browsers = Browsers(await installation_secret(pool, settings), settings.base_url)
        page.browsers = sockets.browsers = browsers

    async def leave(request: web.Request) -> web.Response:
        browser, response = await page.leave(request)
        if browser is not None:
            await sockets.close(browser.address)
        return response

    async def stop(_app: web.Application) -> None:
        await sockets.close()

    app.on_startup.append(start)
    app.on_shutdown.append(stop)
    add_pages(app, https=settings.base_url.startswith("https:"))
    app.router.add_get("/", page.show)
    app.router.add_post("/", page.write)
    app.router.add_post("/leave", leave)
    app.router.add_get("/chat/socket", sockets.serve)
    if demo_page is not None:
        app.router.add_get("/demo", page.demo)
    return app
