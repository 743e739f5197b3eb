"""The demonstration's providers of childcare: every name, price and rating is invented.

Postcodes end in letters that no real one has there (C, I, K, M, O, V), and the telephone numbers are of the
range Ofcom keeps for drama, so that neither is anybody's.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final
from zlib import crc32

BEST, GOOD, WEAK, BAD = "Outstanding", "Good", "Requires improvement", "Inadequate"
MANY: Final = 150

# Where they are: public facts, to a few hundred metres, as the demo's places have them.
AREAS: Final[tuple[tuple[str, str, float, float], ...]] = (
    ("Headingley", "LS6", 53.819, -1.579), ("Hyde Park", "LS6", 53.812, -1.566),
    ("Meanwood", "LS6", 53.833, -1.568), ("Burley", "LS4", 53.808, -1.578),
    ("Kirkstall", "LS5", 53.815, -1.602), ("Chapel Allerton", "LS7", 53.829, -1.538),
    ("Chapeltown", "LS7", 53.817, -1.532), ("Moortown", "LS17", 53.843, -1.541),
    ("Roundhay", "LS8", 53.835, -1.508), ("Harehills", "LS8", 53.813, -1.516),
    ("Gipton", "LS9", 53.813, -1.493), ("Richmond Hill", "LS9", 53.792, -1.523),
    ("Seacroft", "LS14", 53.82, -1.458), ("Cross Gates", "LS15", 53.806, -1.451),
    ("Hunslet", "LS10", 53.779, -1.527), ("Middleton", "LS10", 53.749, -1.541),
    ("Beeston", "LS11", 53.772, -1.565), ("Holbeck", "LS11", 53.786, -1.561),
    ("Armley", "LS12", 53.796, -1.588), ("Farnley", "LS12", 53.789, -1.62),
    ("Bramley", "LS13", 53.811, -1.63), ("Pudsey", "LS28", 53.796, -1.663),
    ("Horsforth", "LS18", 53.839, -1.642), ("Yeadon", "LS19", 53.865, -1.684),
    ("Otley", "LS21", 53.905, -1.693), ("Morley", "LS27", 53.745, -1.601),
    ("Garforth", "LS25", 53.791, -1.383), ("Leeds", "LS1", 53.7997, -1.5492),
    ("Bradford", "BD1", 53.7938, -1.7521), ("Manningham", "BD8", 53.806, -1.773),
    ("Heaton", "BD9", 53.818, -1.787), ("Great Horton", "BD7", 53.783, -1.783),
    ("Little Horton", "BD5", 53.784, -1.766), ("Wibsey", "BD6", 53.769, -1.777),
    ("East Bowling", "BD4", 53.78, -1.728), ("Laisterdyke", "BD3", 53.793, -1.718),
    ("Eccleshill", "BD2", 53.82, -1.721), ("Idle", "BD10", 53.837, -1.731),
    ("Shipley", "BD18", 53.833, -1.777), ("Bingley", "BD16", 53.848, -1.837),
    ("Keighley", "BD21", 53.867, -1.907), ("Ilkley", "LS29", 53.925, -1.822),
)  # fmt: skip
_LETTERS: Final = "CIKMOV"
_FIRST: Final = (
    "Acorn", "Bluebell", "Busy Lane", "Cherry Tree", "Daisy", "Dragonfly", "Early Birds", "Field Mouse",
    "Firefly", "Foxglove", "Giraffe", "Harbour", "Hedgehog", "Honeycomb", "Jigsaw", "Kingfisher", "Ladybird",
    "Lighthouse", "Meadow", "Otter", "Pebbles", "Poppy", "Puddle Lane", "Robin", "Sandcastle", "Seedlings",
    "Snowdrop", "Squirrel", "Starfish", "Swallow", "Toadstool", "Treehouse", "Willow", "Woodlark", "Wren",
    "Yellow Door",
)  # fmt: skip
_GIVEN: Final = (
    "Aisha", "Amanda", "Beata", "Carol", "Chinwe", "Claire", "Debbie", "Farzana", "Gill", "Grace", "Helen",
    "Ines", "Jean", "Joanne", "Kamila", "Karen", "Lin", "Magda", "Maureen", "Nadia", "Olive", "Priya", "Ros",
    "Sandra", "Tracy", "Uzma", "Wendy", "Yasmin",
)  # fmt: skip
_FAMILY: Final = (
    "Adeyemi", "Akhtar", "Barraclough", "Begum", "Carr", "Dyson", "Eastwood", "Farooq", "Greenwood", "Haigh",
    "Hirst", "Illingworth", "Jagger", "Kaur", "Kowalska", "Lumb", "Mistry", "Nowak", "Okafor", "Patel",
    "Quarmby", "Rashid", "Sutcliffe", "Thackray", "Umar", "Varley", "Whitaker", "Zielinska",
)  # fmt: skip
_LANGUAGES: Final = ("ur", "pa", "pl", "bn", "ar", "cy", "gu")
_KINDS: Final = (
    "nursery", "childminder", "nursery", "playgroup", "childminder", "club", "nursery", "holiday_club",
)  # fmt: skip
_RUN_BY: Final = ("private", "voluntary", "public", "private", "private", "voluntary", "public")
_RATINGS: Final = (GOOD, GOOD, BEST, GOOD, WEAK, GOOD, None, GOOD, BEST, GOOD, BAD, GOOD)
_TITLES: Final = {
    "nursery": "{first} Nursery", "childminder": "{given} {family}", "playgroup": "{first} Playgroup",
    "club": "{first} After School Club", "holiday_club": "{first} Holiday Club",
}  # fmt: skip
# months from and to, opens, closes, pence an hour at least, minutes of a session, places at most
_SHAPES: Final[dict[str, tuple[int, int, int, int, int, int, int]]] = {
    "nursery": (3, 60, 7, 18, 540, 300, 60), "childminder": (6, 132, 7, 18, 480, 300, 6),
    "playgroup": (24, 60, 9, 15, 420, 180, 26), "club": (48, 144, 7, 18, 360, 180, 40),
    "holiday_club": (48, 144, 8, 17, 400, 480, 50),
}  # fmt: skip


@dataclass(frozen=True)
class DemoProvider:
    """A provider that the demonstration names: for stories, and to sign in as.

    Args:
        number: its own.
        name: its name; `name_cy` where it has one in Welsh as well.
        area: a name of `AREAS`.
        kind: as of the table.
        run_by: as of the table.
        price: pence a session.
        code: to sign in with; None for who does not in the demonstration.
        struck_off: so many days from today it is struck off; None for who is not.
        languages: besides English.
    """

    number: str
    name: str
    area: str
    kind: str
    run_by: str
    price: int
    code: str | None = None
    name_cy: str | None = None
    struck_off: int | None = None
    languages: tuple[str, ...] = ()
    rating: str | None = GOOD
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    free: int = 4


DEMO_PROVIDERS: Final = (
    DemoProvider("XC1001", "Little Acorns", "Headingley", "nursery", "voluntary", 2600, "NEST 2741",
                 "Y Fesen Fach", languages=("cy",), rating=BEST),
    DemoProvider("XC1002", "Sunny Side", "Armley", "nursery", "private", 2900, "LARK 8350"),
    DemoProvider("XC1003", "Jan Hughes", "Meanwood", "childminder", "private", 2500, "MOSS 4196",
                 languages=("cy",), free=1),
    DemoProvider("XC1004", "Nasreen Khan", "Manningham", "childminder", "private", 2400, "FERN 7023",
                 languages=("ur", "pa"), free=2),
    DemoProvider("XC1005", "Little Stars", "Beeston", "nursery", "public", 2350, "DUSK 5512"),
    DemoProvider("XC1006", "Bright Stars", "Shipley", "nursery", "private", 3100, rating=GOOD, free=0),
    DemoProvider("XC1007", "Rainbow Nursery", "Great Horton", "nursery", "public", 2300, rating=WEAK),
    DemoProvider("XC1008", "Happy Days", "Bramley", "nursery", "private", 2750),
    DemoProvider("XC1009", "Tiny Tots", "Harehills", "playgroup", "voluntary", 1250),
    DemoProvider("XC1010", "St Bart's Nursery", "Armley", "nursery", "voluntary", 2450),
    DemoProvider("XC1011", "Holly Bush Playgroup", "Kirkstall", "playgroup", "voluntary", 1150),
    DemoProvider("XC1012", "Kestrels After School Club", "Burley", "club", "public", 1100),
    DemoProvider("XC1013", "Otley Road Nursery", "Headingley", "nursery", "private", 3050),
    DemoProvider("XC1014", "Shazia Ali", "East Bowling", "childminder", "private", 2450, languages=("ur",)),
    DemoProvider("XC1015", "Bev Sykes", "Pudsey", "childminder", "private", 2600, rating=BEST, free=1),
    # Was struck off; and one who is about to be, between a hold and its posting.
    DemoProvider("XC1016", "Cosy Corner", "Wibsey", "nursery", "private", 2200, struck_off=-20, rating=BAD),
    DemoProvider("XC1017", "Green Gate", "Holbeck", "nursery", "private", 2300, "TARN 3307", struck_off=9,
                 rating=BAD),
    DemoProvider("XC1018", "Saturday Kites", "Leeds", "club", "voluntary", 1300, days=(5, 6)),
)  # fmt: skip


def code_of(number: str) -> str:
    """The code that a provider signs in with."""
    named = {each.number: each.code for each in DEMO_PROVIDERS}
    return named.get(number) or f"DEMO {crc32(number.encode()) % 9000 + 1000}"


def key_of(number: str) -> str:
    """The key of a provider's own system."""
    return f"demo-{number}-{hashlib.sha256(f'childcare {number}'.encode()).hexdigest()[:32]}"


def demo_providers(today: date) -> Iterator[dict[str, Any]]:
    """The rows of the demonstration, the same each time for the same day.

    Args:
        today: their places are told of some days before it, and who is struck off is so around it.
    """
    for at, each in enumerate(DEMO_PROVIDERS):
        row = _row(at, each.number, each.kind, each.area, today)
        struck = None if each.struck_off is None else today + timedelta(days=each.struck_off)
        yield row | {
            "name": each.name, "name_cy": each.name_cy, "run_by": each.run_by, "price_session": each.price,
            "price_hour": each.price * 60 // row["session_minutes"], "rating": each.rating,
            "languages": list(each.languages), "days": list(each.days), "struck_off_on": struck,
            "places_free": min(each.free, row["places"]),
        }  # fmt: skip
    for at in range(len(DEMO_PROVIDERS), MANY):
        kind, area = _KINDS[at % len(_KINDS)], AREAS[at * 5 % len(AREAS)][0]
        row = _row(at, f"XC{1001 + at}", kind, area, today)
        title = _TITLES[kind].format(
            first=_FIRST[at * 7 % len(_FIRST)], given=_GIVEN[at * 3 % len(_GIVEN)],
            family=_FAMILY[(at * 11 + at // len(_FAMILY)) % len(_FAMILY)],
        )  # fmt: skip
        twin = kind != "childminder"  # the same first word is another's in another place
        yield row | {"name": f"{area} {title}" if twin else title}


def _row(at: int, number: str, kind: str, area: str, today: date) -> dict[str, Any]:
    """What is invented alike for all: the figures are drawn from the number."""

    def drawn(what: str, most: int) -> int:
        return crc32(f"{number} {what}".encode()) % most

    age_from, age_to, opens, closes, least, minutes, most = _SHAPES[kind]
    _, district, latitude, longitude = next(each for each in AREAS if each[0] == area)
    price_hour = least + 10 * drawn("price", 24)
    places = most if kind == "childminder" else most - drawn("places", most // 2)
    rating = _RATINGS[at % len(_RATINGS)]
    letters = _LETTERS[drawn("first", 6)] + _LETTERS[drawn("second", 6)]
    return {
        "number": number, "name": "", "name_cy": None, "kind": kind,
        "run_by": "private" if kind == "childminder" else _RUN_BY[at % len(_RUN_BY)],
        "town": area, "postcode": f"{district} {1 + drawn('sector', 9)}{letters}",
        "latitude": latitude + (drawn("north", 100) - 50) / 10_000,
        "longitude": longitude + (drawn("east", 100) - 50) / 7_000,
        "phone": f"0113 496 0{300 + at:03}", "age_from": age_from + 3 * drawn("from", 3), "age_to": age_to,
        "opens": time(opens, 30 * drawn("opens", 2)), "closes": time(closes, 30 * drawn("closes", 2)),
        "days": [0, 1, 2, 3, 4], "price_hour": price_hour, "price_session": price_hour * minutes // 60,
        "session_minutes": minutes, "places": places,
        "places_free": drawn("free", 4) if kind == "childminder" else drawn("free", places // 3 + 1),
        "places_told": today - timedelta(days=1 + drawn("told", 20)), "rating": rating,
        "inspected_on": None if rating is None else today - timedelta(days=60 + drawn("seen", 900)),
        "languages": [_LANGUAGES[drawn("speaks", 7)]] if drawn("more", 3) == 0 else [],
        "step_free": drawn("step", 4) > 0,
        "registered_on": today - timedelta(days=400 + drawn("since", 4000)),
        "registered_until": today + timedelta(days=200 + drawn("until", 900)), "struck_off_on": None,
    }  # fmt: skip
