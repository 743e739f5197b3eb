"""The public pages of childcare: registered providers for everybody, and a provider's own bookings."""

from collections.abc import Callable

from aiohttp import web

from actions.childcare.pages.finding import Finding
from actions.childcare.pages.frame import Frame, Spots
from actions.childcare.pages.provider import Own
from actions.childcare.pages.reader import Reader
from actions.childcare.pages.session import Sessions
from channels.tries import Tries

__all__ = ["Reader", "application"]


def application(
    client: Callable[[], Reader],
    places: Spots,
    *,
    tries: Tries,
    base: str = "/childcare",
    public_url: str | None = None,
    demo: bool = False,
    **_settings: object,
) -> web.Application:
    """The pages, to be mounted at `base` in an application that has `channels.pages.add_pages`.

    Args:
        client: gives a client of the childcare service.
        places: finds what is typed into “Near”.
        tries: counts those to sign in.
        base: the path they are mounted at.
        public_url: the address people reach us at.
        demo: whether to say that this is the demonstration.
    """
    frame = Frame(base.rstrip("/"), demo)
    finding = Finding(client, places, frame)
    own = Own(client, frame, Sessions(public_url, frame.base), tries)
    app = web.Application(middlewares=[frame.plainly], client_max_size=16 * 1024)
    app.add_routes(
        [
            web.get("", finding.listed), web.get("/", finding.listed), web.get("/childcare.css", frame.style),
            web.get("/providers/{number:[A-Z]{2}[0-9]{4,8}}", finding.one),
            web.get("/provider", own.bookings), web.post("/provider/sign-in", own.sign_in),
            web.post("/provider/sign-out", own.sign_out),
            web.post("/provider/came", own.came),
            web.post("/provider/bookings/{id:[1-9][0-9]{0,17}}", own.decide),
        ]
    )  # fmt: skip
    return app
