"""Schools, lists and outcomes as a conversation keeps and tells them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from actions.sdk import Values

METRES_PER_MILE: Final = 1609.344
MOST_CHOSEN: Final = 5
YEARS: Final = 14
"""Year groups, from Reception, which is 0."""

FAITHS: Final[Mapping[str, Mapping[str, str]]] = {
    "roman catholic": {"en": "Catholic", "cy": "Gatholig"},
    "church of england": {"en": "Church of England", "cy": "Eglwys Loegr"},
    "methodist": {"en": "Methodist", "cy": "Fethodistaidd"},
    "muslim": {"en": "Muslim", "cy": "Fwslimaidd"},
    "jewish": {"en": "Jewish", "cy": "Iddewig"},
    "sikh": {"en": "Sikh", "cy": "Sicaidd"},
    "hindu": {"en": "Hindu", "cy": "Hindŵaidd"},
}
"""As they go with “school” and “ysgol”; what is not here is told as the register has it."""

_SHORTER: Final = (
    (re.compile(r"\bChurch of England\b"), "CE"),
    (re.compile(r"(?<=\w )(Primary|Infant|Junior|High|Park|Boys'|Girls' High) School$"), r"\1"),
)


WHY: Final[Mapping[str, Mapping[str, str]]] = {
    "full": {"en": "there was no place in the year", "cy": "doedd dim lle yn y flwyddyn"},
    "rule": {
        "en": "all went to children who come first by the rules",
        "cy": "aeth pob lle i blant sy'n dod gyntaf yn ôl y rheolau",
    },
    "nearer": {
        "en": "somebody nearer than your {miles:.1f} miles got the last place",
        "cy": "rhywun agosach na'ch {miles:.1f} milltir chi gafodd y lle olaf",
    },
    "lottery": {
        "en": "somebody who lives as near won the draw for the last place",
        "cy": "rhywun sy'n byw yr un mor agos gafodd y lle olaf wrth dynnu enwau",
    },
    "unsuitable": {"en": "it can't take {name}", "cy": "all hi ddim cymryd {name}"},
}
"""What a refusal turned on, as a parent is told: nothing of any other child."""


def short_name(name: str) -> str:
    """A school's name with the words away that all have."""
    for long, short in _SHORTER:
        name = long.sub(short, name)
    return name


def phone(number: str) -> str:
    """A land line as it is written, from the register's digits: 0113 496 0507."""
    return f"{number[:4]} {number[4:7]} {number[7:]}" if re.fullmatch(r"0[0-9]{10}", number) else number


def option(school: Values) -> Values:
    """A school as an entry of a list, and as its details tell it."""
    faith = school["faith"]
    return {
        **school, "short": short_name(school["name"]), "phone": phone(str(school["phone"])),
        "miles": school["metres"] / METRES_PER_MILE,
        "faith": None if faith is None else dict(
            FAITHS.get(str(faith).casefold(), {"en": faith, "cy": faith})
        ),
    }  # fmt: skip


def listed(school: Mapping[str, Any]) -> Values:
    """A school as an entry of a parent's own list."""
    name = str(school["name"])
    return {"id": str(school.get("id") or school["urn"]), "name": name, "short": short_name(name)}


def ids(schools: Sequence[Mapping[str, Any]]) -> list[str]:
    """The URNs of a list."""
    return [str(each["id"]) for each in schools]


def _said(why: str, metres: int | None, name: str) -> dict[str, str]:
    miles = (metres or 0) / METRES_PER_MILE
    return {language: words.format(miles=miles, name=name) for language, words in WHY[why].items()}


def case_of(situation: Values) -> Values:
    """Where a parent stands, as the responses name it."""
    found = situation["round"] or {}
    outcome = situation["outcome"]
    told: Values = {
        "name": situation["name"], "year": situation["year_group"],
        "school": short_name(str(situation["school"]["name"])), "round": found.get("id"),
        "deadline": found.get("deadline"), "answer_by": found.get("answer_by"),
        "appeal_by": found.get("appeal_by"), "offer": None, "rank": None, "phone": None, "turned_on": [],
    }  # fmt: skip
    if outcome is None:
        return told
    told["turned_on"] = [
        {
            "short": short_name(str(each["name"])),
            "said": _said(str(each["why"]), each["metres"], told["name"]),
        }
        for each in outcome["turned_on"]
    ]  # fmt: skip
    if outcome["school"]:
        told |= {
            "offer": {"id": outcome["school"], "name": outcome["name"], "short": short_name(outcome["name"])},
            "rank": outcome["rank"], "phone": phone(str(outcome["phone"])),
        }  # fmt: skip
    return told
