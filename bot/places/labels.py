"""What places are called in both languages: a street in its settlement, a landmark, a corner."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.places.country import distance
from bot.places.gazetteer import Row
from bot.places.names import table, tokens
from bot.places.spot import Spot

LANGUAGES: Final = ("en", "cy")
CLOSE: Final = 120
"""Metres from a landmark within which it is named with a point."""
_BESIDE: Final = 150  # metres from a street's own reach
_ARTICLE: Final = frozenset({"coop"})
_VOWELS: Final = tuple("aeiou")
_SQUARE: Final = 0.001  # degrees to which points are rounded in a label that has no name


def _names(row: Row) -> dict[str, str]:
    return {"en": row.name, "cy": row.name_cy or row.name}


def _towns(row: Row) -> dict[str, str]:
    return {"en": row.town, "cy": row.town_cy or row.town}


def label_of(row: Row, number: str | None = None, relation: str | None = None) -> dict[str, str]:
    """A place as it is read back: `14 Brudenell Grove, Hyde Park`, `Co-op, Cardigan Road (opposite)`."""
    names, towns = _names(row), _towns(row)
    made = {}
    for language in LANGUAGES:
        name = f"{number} {names[language]}" if number else names[language]
        parts = [name]
        if row.street and tokens(row.street) != tokens(name):
            parts.append(row.street)
        if towns[language] and tokens(towns[language]) != tokens(name):
            parts.append(towns[language])
        told = f" ({table()['relations'][relation][language]})" if relation else ""
        made[language] = ", ".join(parts) + told
    return made


def at_junction(one: Row, other: Row) -> Spot:
    """Where two streets meet: on the shorter one, on the longer one's side."""
    short, long = sorted((one, other), key=lambda row: row.metres)
    apart = distance(short.lat, short.long, long.lat, long.long)
    share = min(1.0, short.metres / apart) / 2 if apart > 0 else 0.0
    label = {
        "en": f"Corner of {one.name} and {other.name}",
        "cy": f"Cornel {_names(one)['cy']} {_and(_names(other)['cy'])} {_names(other)['cy']}",
    }
    towns = _towns(short)
    if short.town:
        label = {language: f"{said}, {towns[language]}" for language, said in label.items()}
    return Spot(
        label, short.lat + share * (long.lat - short.lat), short.long + share * (long.long - short.long),
        max(60, short.metres), "junction",
    )  # fmt: skip


def _and(name: str) -> str:
    """The Welsh “and”, which has a c before a vowel."""
    return "ac" if name.casefold().startswith(_VOWELS) else "a"


def nearest_label(rows: Sequence[Row], lat: float, long: float) -> dict[str, str] | None:
    """What a point is called: its street, and a landmark close to it; None when nothing is near."""

    def apart(row: Row) -> float:
        return distance(lat, long, row.lat, row.long)

    streets = [row for row in rows if row.kind == "street" and apart(row) <= row.metres + _BESIDE]
    # A street's middle is all we know of it: the one whose own length best explains the distance.
    street = min(streets, key=lambda row: apart(row) / (row.metres + _BESIDE), default=None)
    landmark = min((row for row in rows if row.kind == "landmark"), key=apart, default=None)
    if landmark is not None and apart(landmark) > CLOSE:
        landmark = None
    if landmark is not None and landmark.street:
        own = [row for row in streets if tokens(row.name) == tokens(landmark.street)]
        street = own[0] if own else street
    if street is None:
        return label_of(landmark) if landmark else None
    label = label_of(street)
    if landmark is None:
        return label
    names = _names(landmark)
    named = tokens(landmark.name)[:1]
    article = bool(named) and named[0] in _ARTICLE
    return {
        "en": f"{label['en']}, near {'the ' if article else ''}{names['en']}",
        "cy": f"{label['cy']}, ger {'y ' if article else ''}{names['cy']}",
    }


def point_label(lat: float, long: float) -> dict[str, str]:
    """A point that nothing known is near."""
    said = f"{lat:.5f}, {long:.5f}"
    return dict.fromkeys(LANGUAGES, said)


def told_apart(spots: Sequence[Spot]) -> list[Spot]:
    """Spots with labels that differ: those called the same get their coordinates too."""
    count = Counter(spot.label["en"] for spot in spots)
    return [
        spot if count[spot.label["en"]] == 1 else replace(spot, label={
            language: f"{said} ({spot.lat:.3f}, {spot.long:.3f})" for language, said in spot.label.items()
        })
        for spot in spots
    ]  # fmt: skip
