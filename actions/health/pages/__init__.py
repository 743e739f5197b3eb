"""The pages of decision aids: all treatments of a condition side by side, with a picture of 100 people."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from actions.health.aids import OUTCOMES, PEOPLE, aids
from channels.department_pages import DepartmentPages
from channels.pages import Language, page_language

HERE: Final = Path(__file__).parent
ACROSS: Final = 10
STEP: Final = 12
"""People in a row of the picture, and the units from one to the next."""


_PAGES: Final = DepartmentPages(HERE)


def people(number: int) -> list[tuple[int, int, bool]]:
    """The places of the picture's people, and whether each is one of so many.

    Args:
        number: how many of `PEOPLE`.
    """
    return [(at % ACROSS * STEP + 6, at // ACROSS * STEP + 6, at < number) for at in range(PEOPLE)]


def application(
    _client: Callable[[], object], _places: object, *, base: str = "/treatments", demo: bool = False,
    **_settings: object,
) -> web.Application:  # fmt: skip
    """The pages, to be mounted at `base` in an application that has `channels.pages.add_pages`.

    Args:
        base: the path it is mounted at.
        demo: whether to say that this is the demonstration.
    """

    def page(name: str, language: Language, status: int = 200, **values: object) -> web.Response:
        text = _PAGES.render(name, language, demo=demo, base=base, **values)
        return web.Response(text=text, status=status, content_type="text/html")

    async def all_aids(request: web.Request) -> web.Response:
        return page("treatments.html", page_language(request), aids=list(aids().values()))

    async def one(request: web.Request) -> web.Response:
        language, aid = page_language(request), aids().get(request.match_info["aid"])
        if aid is None:
            return page("no_aid.html", language, 404)
        return page(
            "aid.html", language, aid=aid, outcomes=OUTCOMES, people=people, side=ACROSS * STEP, of=PEOPLE
        )

    async def style(_request: web.Request) -> web.Response:
        css = (HERE / "treatments.css").read_text(encoding="utf-8")
        return web.Response(text=css, content_type="text/css", headers={"Cache-Control": "max-age=300"})

    app = web.Application()
    app.add_routes([
        web.get("", all_aids), web.get("/", all_aids), web.get("/treatments.css", style),
        web.get(r"/{aid:[a-z_]{1,40}}", one),
    ])  # fmt: skip
    return app
