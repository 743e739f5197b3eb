"""Parts of a budget as citizens say them: “60% direct, 40% council”, “£2,000 direct and the rest council”."""

import re
from typing import Any, Final

from bot.answers.counting import in_digits
from bot.answers.words import fold

WHOLE: Final = 100
REST: Final = "rest"

# In the order they are looked for; folded; English, then Welsh. A token is an amount or a way.
_TOKENS: Final = re.compile(
    r"(?P<percent>\d{1,3}) ?(?:%|per ?cent|y cant)|"
    r"£ ?(?P<pounds>\d[\d,]*)(?:\.(?P<pence>\d{2}))?|(?P<punt>\d[\d,]*) ?(?:pounds?|quid|punt|bunt)\b|"
    r"\b(?P<rest>rest|remainder|gweddill|(?:the )?other half|hanner arall)\b|\b(?P<half>half|hanner)\b|"
    r"\b(?P<direct>direct(?: payments?)?|to me|myself|[dnt]aliad(?:au)? uniongyrchol|uniongyrchol|i mi)\b|"
    r"\b(?P<council>council|cyngor|gyngor)\b|\b(?P<third_party>third party|trydydd parti)\b|"
    r"\b(?P<fund>(?:service )?fund|provider|[cg]ronfa|darparwr)\b"
)
# “60/40 me and the council”: the first number is the first one's.
_SLASHED: Final = re.compile(
    r"(?<![\d/])(?P<one>\d{1,2}) ?[/:-] ?(?P<other>\d{1,2})(?![\d/])|\b50 50\b|"
    r"\bhalf (?:and )?half\b|\bhanner (?:a )?hanner\b"
)
_ME: Final = re.compile(r"\b(?:me|i fi|fi)\b")
_WAYS: Final = frozenset({"direct", "council", "third_party", "fund"})


def parts(text: str) -> dict[str, Any] | None:
    """How the money is to be held, as the service is asked for it; None where it does not come out.

    Args:
        text: the citizen's.

    Returns:
        `unit` (`percent` or `pence`), `parts` by way, and for pounds the way that has the `rest`.
    """
    said = in_digits(fold(text))
    if match := _SLASHED.search(said):
        others = _ME.sub("direct", f"{said[: match.start()]} {said[match.end() :]}")
        ways = [str(name) for kind, name in map(_token, _TOKENS.finditer(others)) if kind == "way"]
        shares = [int(match[each] or WHOLE // 2) for each in ("one", "other")]
        return (
            _whole("percent", dict(zip(ways, shares, strict=True)), [])
            if len({*ways}) == len(ways) == 2
            else None
        )
    tokens = [_token(match) for match in _TOKENS.finditer(said)]
    pairs = [
        sorted(tokens[at : at + 2], key=lambda token: token[0] == "way") for at in range(0, len(tokens), 2)
    ]
    if len(pairs) < 2 or any(
        len(pair) < 2 or [pair[0][0] == "way", pair[1][0]] != [False, "way"] for pair in pairs
    ):
        return None
    given = {str(way): (unit, amount) for (unit, amount), (_, way) in pairs}
    units = {unit for unit, _ in given.values() if unit != REST}
    rests = [way for way, (unit, _) in given.items() if unit == REST]
    if len(given) != len(pairs) or len(units) != 1 or len(rests) > 1:
        return None
    told = {way: int(amount) for way, (unit, amount) in given.items() if unit != REST}
    return _whole(units.pop(), told, rests)


def _token(match: re.Match[str]) -> tuple[str, Any]:
    name = str(match.lastgroup)
    if name in _WAYS:
        return "way", name
    if name == "percent":
        return "percent", int(match["percent"])
    if name == "half":
        return "percent", WHOLE // 2
    if name == REST:
        return REST, 0
    pounds = (match["pounds"] or match["punt"]).replace(",", "")
    return "pence", int(pounds) * 100 + int(match["pence"] or 0)


def _whole(unit: str, told: dict[str, int], rests: list[str]) -> dict[str, Any] | None:
    """The parts, if they come to the whole."""
    if unit == "pence":
        return {"unit": unit, "parts": told, "rest": rests[0]} if rests and min(told.values()) > 0 else None
    if rests:
        told[rests[0]] = WHOLE - sum(told.values())
    if sum(told.values()) != WHOLE or min(told.values()) < 1:
        return None
    return {"unit": unit, "parts": told, "rest": None}
