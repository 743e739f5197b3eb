"""The public pages of schools: all of them or those near a place, one, the rules, and where places lack."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from actions.education.school_client import Schools
from actions.education.schools import FAITHS, METRES_PER_MILE, phone
from actions.sdk import Places, ServiceDown, ServiceRefused
from channels.department_pages import DepartmentPages
from channels.pages import Language, page_language

HERE: Final = Path(__file__).parent
PHASES: Final = ("primary", "secondary", "all_through", "special", "nursery")
PAGE: Final = 50
LONGEST: Final = 100

type Show = Callable[[web.Request, Language], Awaitable[web.Response]]


class Reader(Schools):
    """What the pages read: only what everybody may, with no key."""


_PAGES: Final = DepartmentPages(
    HERE,
    phone=phone,
    faith=lambda name, language: FAITHS.get(str(name).casefold(), {}).get(language, name),
    miles=lambda metres: f"{metres / METRES_PER_MILE:.1f}",
)


class Pages:
    """The pages, over a client of the department's service."""

    def __init__(self, client: Callable[[], Reader], places: Places, base: str, *, demo: bool) -> None:
        """Prepares.

        Args:
            client: gives one.
            places: finds what citizens type.
            base: the path they are mounted at.
            demo: whether to say that this is the demonstration.
        """
        self._client, self._places, self._base, self._demo = client, places, base, demo

    def page(self, name: str, language: Language, status: int = 200, **values: object) -> web.Response:
        """A page from a template."""
        text = _PAGES.render(name, language, demo=self._demo, base=self._base, phases=PHASES, **values)
        return web.Response(text=text, status=status, content_type="text/html")

    def shown(self, show: Show) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A page that says so where the department does not answer, or knows no such school."""

        async def handler(request: web.Request) -> web.Response:
            language = page_language(request)
            try:
                return await show(request, language)
            except ServiceRefused as refusal:
                status = 404 if refusal.status == 404 else 400
                return self.page("school_missing.html", language, status, down=False)
            except ServiceDown:
                return self.page("school_missing.html", language, 503, down=True)

        return handler

    async def all_schools(self, request: web.Request, language: Language) -> web.Response:
        """The schools near a place, or all by name."""
        query = request.query
        phase = query.get("phase") if query.get("phase") in PHASES else None
        place, spots = query.get("place", "").strip()[:LONGEST], list[Any]()
        schools: list[dict[str, Any]] = []
        if place:
            spots = list(await self._places.find(place, limit=1))
            if spots:
                schools = await self._client().near((spots[0].lat, spots[0].long), phase)
        else:
            after = query.get("after", "")[:LONGEST], query.get("urn", "")[:6]
            schools = await self._client().by_name(after, phase)
        return self.page(
            "schools.html", language, place=place, phase=phase, schools=schools,
            label=spots[0].label[language] if spots else None, unknown=bool(place) and not spots,
            more=not place and len(schools) == PAGE, later=bool(query.get("after")),
        )  # fmt: skip

    async def one(self, request: web.Request, language: Language) -> web.Response:
        """One school."""
        return self.page(
            "school.html", language, school=await self._client().school(request.match_info["urn"])
        )

    async def rules(self, _request: web.Request, language: Language) -> web.Response:
        """Who comes first, and the rounds with their lottery."""
        return self.page("school_rules.html", language, **await self._client().admissions())

    async def wanted(self, _request: web.Request, language: Language) -> web.Response:
        """Where more good places are wanted, for who plans schools and for new providers."""
        return self.page("schools_wanted.html", language, **await self._client().admissions())


async def _style(_request: web.Request) -> web.Response:
    css = (HERE / "schools.css").read_text(encoding="utf-8")
    return web.Response(text=css, content_type="text/css", headers={"Cache-Control": "max-age=300"})


def application(
    client_factory: Callable[[], Reader], places: Places, *, base: str = "/schools", demo: bool = False,
    **_settings: object,
) -> web.Application:  # fmt: skip
    """The pages, to be mounted at `base` in an application that has `channels.pages.add_pages`.

    Args:
        client_factory: gives a client of the service.
        places: finds what citizens type.
        base: the path it is mounted at.
        demo: whether to say that this is the demonstration.
    """
    pages, app = Pages(client_factory, places, base.rstrip("/"), demo=demo), web.Application()
    app.add_routes([
        web.get("", pages.shown(pages.all_schools)), web.get("/", pages.shown(pages.all_schools)),
        web.get("/rules", pages.shown(pages.rules)), web.get("/wanted", pages.shown(pages.wanted)),
        web.get("/schools.css", _style), web.get(r"/{urn:[1-9][0-9]{5}}", pages.shown(pages.one)),
    ])  # fmt: skip
    return app
