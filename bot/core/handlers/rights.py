"""What citizens can insist on: the right that they ask about, or a list of what there is."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from actions.sdk import Call, Case, Filled, Handler, Outcome, Stop
from bot.answers.words import plain
from bot.engine.runtime import packs
from bot.rights import Right, rights_of, told

CORE: Final = "core"
ANY_RIGHT: Final = "rights"
"""The phrases, `words.rights`, that ask for rights and name none."""
NAMING: Final = 2
"""Words that say something, besides such a phrase, from which a question may name one."""
SURE: Final = 0.5
CLEAR: Final = 0.06
"""A likeness from which a right is taken to be meant, and by how much it must be ahead of the next."""
LIKELY: Final = 0.4
"""A likeness from which a right goes before the others."""


class GatherRights(Handler):
    """A citizen's rights: what they ask about first, then those with departments that they have things of."""

    reads = ("right_about",)
    fills = ("rights", "right")

    async def handle(self, call: Call) -> Outcome:
        """Compares their words with how each right is asked for; one that is clear is told at once."""
        rights = {each.name: each for each in rights_of(packs(), call.channel)}
        options = {name: _option(each) for name, each in rights.items()}
        about, names = _about(str(call.slots.get("right_about") or call.text))
        near = await _near(about, rights, call)
        ahead = near[0][1] - near[1][1] if len(near) > 1 else 1.0
        if names and near and near[0][1] >= SURE and ahead >= CLEAR:
            return Filled(rights=list(options.values()), right=options[near[0][0]])
        unknown = "right_about" in call.slots and not near
        if unknown and call.slots.get("right_unknown"):
            return Stop("unclear_to_desk", case=Case("not_understood"))
        said = {name: place for place, (name, _) in enumerate(near)}
        theirs = {told.pack for told in await call.know.things(call) if told.things}
        of_pack: Counter[str] = Counter()
        places = {}
        for name, each in rights.items():
            # One of each department before the second of any; what they have in common comes last.
            places[name] = (
                said.get(name, len(said)),
                each.pack not in theirs,
                of_pack[each.pack],
                each.pack == CORE,
            )
            of_pack[each.pack] += 1
        listed = [options[name] for name in sorted(rights, key=lambda name: places[name])]
        return Filled(rights=listed, right_unknown=unknown, say="right_other" if unknown else None)


class TellRight(Handler):
    """One right, how to use it, and the journey that it leads to."""

    reads = ("right",)

    async def handle(self, call: Call) -> Outcome:
        """The words are looked up when they are wanted, so that a snapshot does not carry all of them."""
        chosen = call.slots["right"]
        return Filled(told=told(packs(), chosen["id"], call.channel), leads_to=chosen["leads"])


def _option(right: Right) -> dict[str, Any]:
    return {"id": right.name, "label": right.label, "leads": right.leads}


def _about(asked: str) -> tuple[str, bool]:
    """What a question says besides asking for rights; and whether that may name one, or only a department."""
    said = about = plain(asked)
    for phrase in sorted(packs().wording.phrases(ANY_RIGHT), key=len, reverse=True):
        about = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", " ", about)
    little = packs().wording.phrases("opening")
    words = [word for word in re.findall(r"\w{3,}", about) if word not in little]
    return about, about == said or len(words) >= NAMING


async def _near(asked: str, rights: Mapping[str, Right], call: Call) -> list[tuple[str, float]]:
    """The rights that a question is like, best first; none for one that names no right."""
    phrases = {name: [*each.label.values(), *each.asked] for name, each in rights.items()}
    ranked = await call.know.likeness.closest(asked, phrases, len(phrases))
    return [(name, score) for name, score in ranked if score >= LIKELY]
