"""Rights: what citizens can insist on, as packs' responses tell it, each with the journey it leads to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.packs import Packs
from bot.wording import LANGUAGES

NAMED: Final = "right."
TOLD: Final = "right_told."
"""What the keys of a right's name and of its text begin with; its journey and its own name follow."""


@dataclass(frozen=True)
class Right:
    """One right of a citizen.

    Args:
        name: unique among all packs, as `choose_hospital.choice`.
        pack: whose responses tell of it.
        leads: the journey that makes use of it.
        label: what it is called in a list, by language.
        asked: how citizens ask about it, in both languages.
    """

    name: str
    pack: str
    leads: str
    label: dict[str, str]
    asked: tuple[str, ...]


def rights_of(packs: Packs, channel: str) -> Iterator[Right]:
    """All rights, pack by pack, in the order in which each writes them.

    Args:
        packs: all there are.
        channel: whose form of the words is wanted.
    """
    wording = packs.wording
    for pack in packs.packs.values():
        for key in wording.keys_of(pack.folder / "responses"):
            if key.startswith(NAMED):
                name = key.removeprefix(NAMED)
                label = _in_all(packs, key, channel)
                yield Right(name, pack.name, name.split(".")[0], label, wording.phrases(key))


def told(packs: Packs, name: str, channel: str) -> dict[str, str]:
    """What a right is and how to use it, by language; of the one that is wanted, as most never are."""
    return _in_all(packs, f"{TOLD}{name}", channel)


def _in_all(packs: Packs, key: str, channel: str) -> dict[str, str]:
    return {each: packs.wording.render(key, each, channel, {}) for each in LANGUAGES}
