"""What all childcare pages share: words, templates, the style, and a page for a service that is down."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from actions.sdk import ServiceDown, ServiceRefused, Spot
from channels.department_pages import DepartmentPages
from channels.pages import page_language

HERE: Final = Path(__file__).parent


class Spots(Protocol):
    """What of `bot.places.Places` the pages use."""

    async def find(
        self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5
    ) -> Sequence[Spot]:
        """The spots of some words."""
        ...


def _money(pence: int) -> str:
    return f"£{pence // 100:,}.{pence % 100:02}"


_PAGES: Final = DepartmentPages(HERE, money=_money)


@dataclass(frozen=True)
class Frame:
    """Renders the pages.

    Args:
        base: the path they are mounted at, without a slash at the end.
        demo: whether to say that this is the demonstration.
    """

    base: str
    demo: bool

    def page(self, request: web.Request, name: str, status: int = 200, **values: object) -> web.Response:
        """A page in the reader's language.

        Args:
            request: of the reader.
            name: of the template.
            status: of HTTP.
            values: what else the template names.
        """
        text = _PAGES.render(name, page_language(request), demo=self.demo, base=self.base, **values)
        return web.Response(text=text, status=status, content_type="text/html")

    def back(self, request: web.Request, path: str, **query: str) -> web.Response:
        """The way to another of the pages, in the same language."""
        asked = {**query, **({"lang": "cy"} if page_language(request) == "cy" else {})}
        to = f"{self.base}{path}{'?' if asked else ''}{urlencode(asked)}"
        return web.Response(status=303, headers={"Location": to})

    @web.middleware
    async def plainly(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A service that does not answer, or has no such provider, is told on a page."""
        try:
            return await handler(request)
        except ServiceDown:
            return self.page(request, "childcare_down.html", 503)
        except ServiceRefused as refusal:
            if refusal.status != 404:
                raise
            return self.page(request, "childcare_none.html", 404)

    async def style(self, _request: web.Request) -> web.Response:
        """The style sheet."""
        css = (HERE / "childcare.css").read_text(encoding="utf-8")
        return web.Response(text=css, content_type="text/css", headers={"Cache-Control": "max-age=300"})
