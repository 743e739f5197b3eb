"""What handlers may ask of Onedoor itself in one turn: places, likeness, follows, pictures' addresses."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from actions.sdk import Call, Followed, Likeness, Places, ServiceDown, ServiceRefused
from actions.sdk.knowledge import Told
from bot.engine.runtime import packs
from bot.packs import Pack

TELL_SECONDS: Final = 8.0
"""For so long a department is asked what a citizen has of it."""


@dataclass(frozen=True)
class Knowing:
    """One citizen's turn with one pack; what `actions.sdk.Knowledge` describes.

    Args:
        places: finds places.
        likeness: compares meanings.
        pack: whose handler asks.
        follows: gives what the citizen follows of a pack.
        pictures: gives a picture's public address.
    """

    places: Places
    likeness: Likeness
    pack: str
    follows: Callable[[str], Awaitable[Sequence[Followed]]]
    pictures: Callable[[str], Awaitable[str]]

    async def followed(self) -> Sequence[Followed]:
        """What the citizen follows of this pack, the newest first."""
        return await self.follows(self.pack)

    async def things(self, call: Call) -> Sequence[Told]:
        """What the citizen has of every department; each is asked at the same time, and fails alone."""
        asked = [pack for pack in packs().packs.values() if pack.things]
        return await asyncio.gather(*(self._tell(pack, call) for pack in asked))

    async def _tell(self, pack: Pack, call: Call) -> Told:
        theirs = replace(call, slots={}, knowledge=replace(self, pack=pack.name))
        try:
            async with asyncio.timeout(TELL_SECONDS):
                found = [thing for each in pack.things for thing in await each.look(theirs)]
        except (ServiceDown, ServiceRefused, TimeoutError):
            return Told(pack.name, None)
        return Told(pack.name, found)

    async def picture_url(self, photo: str) -> str:
        """The public address of a picture that answered a question."""
        return await self.pictures(photo)
