"""Registered providers near a place, for everybody: who runs one makes no difference to the order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from actions.childcare.pages.frame import Frame, Spots
from actions.childcare.pages.reader import Reader
from bot.places import PlaceError

KINDS: Final = ("nursery", "childminder", "playgroup", "club", "holiday_club")
ORDERS: Final = ("near", "price", "rating")
MOST: Final = 20
_LONGEST: Final = 80


@dataclass(frozen=True)
class Finding:
    """Answers who looks for childcare.

    Args:
        client: gives a client of the service.
        places: finds what is typed into “Near”.
        frame: renders.
    """

    client: Callable[[], Reader]
    places: Spots
    frame: Frame

    async def listed(self, request: web.Request) -> web.Response:
        """The form, and what was found; with nothing asked only the form."""
        query = request.query
        place = " ".join(c for c in query.get("place", "")[:_LONGEST].split() if c.isprintable())
        kind = query.get("kind", "") if query.get("kind") in KINDS else ""
        order = query.get("order", "") if query.get("order") in ORDERS else "near"
        free = query.get("free") == "1"
        spots = []
        if place:
            try:
                spots = list(await self.places.find(place, limit=1))
            except PlaceError:
                spots = []
        found = (
            await self.client().providers(
                lat=spots[0].lat, long=spots[0].long, kind=kind or None, order=order, free=free or None,
                most=MOST,
            )
            if spots else ()
        )  # fmt: skip
        wrong = bool(place) and not spots
        return self.frame.page(
            request, "childcare_list.html", asked=bool(place), place=place, kind=kind, order=order, free=free,
            spot=spots[0] if spots else None, found=found, wrong=wrong, kinds=KINDS, orders=ORDERS,
        )  # fmt: skip

    async def one(self, request: web.Request) -> web.Response:
        """One provider, registered or not."""
        provider = await self.client().provider(request.match_info["number"])
        return self.frame.page(request, "childcare_one.html", provider=provider)
