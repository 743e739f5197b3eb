"""What handlers may ask of Onedoor itself in one turn: places, likeness, follows, pictures' addresses."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from actions.sdk import Followed, Likeness, Places


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

    async def picture_url(self, photo: str) -> str:
        """The public address of a picture that answered a question."""
        return await self.pictures(photo)
