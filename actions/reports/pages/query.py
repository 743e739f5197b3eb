"""What a page is asked for: the filters of its address, read strictly, and made into addresses again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

PAGE: Final = 20
"""Problems on a page."""
LONGEST_SPAN: Final = 90
"""Days between the dates, as GeoReport v2 has it."""
STATES: Final = ("open", "closed", "fixed", "in_progress", "planned", "investigating")
RADII: Final = (500, 1_000, 2_000, 5_000, 10_000)
USUAL_RADIUS: Final = 2_000
_MOST_PAGES: Final = 500
_LONGEST: Final = 100
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Query:
    """The filters.

    Args:
        category: its code, empty for all.
        state: one of `STATES`, empty for all.
        place: as the citizen wrote it.
        lat: of the middle of the area, with `long`.
        radius: of the area, in metres.
        begins: the first day of reporting, in London.
        ends: the last day.
        page: from 1.
        wrong: what can't be used: names of strings.
    """

    category: str = ""
    state: str = ""
    place: str = ""
    lat: float | None = None
    long: float | None = None
    radius: int = USUAL_RADIUS
    begins: date | None = None
    ends: date | None = None
    page: int = 1
    wrong: dict[str, str] = field(default_factory=dict)

    def parameters(self, size: int) -> dict[str, str]:
        """As parameters of `GET requests`."""
        asked = {"page": str(self.page), "page_size": str(size)}
        if self.category:
            asked["service_code"] = self.category
        if self.state:
            asked["status"] = self.state
        if self.begins is not None:
            asked["start_date"] = _moment(self.begins)
        if self.ends is not None:
            asked["end_date"] = _moment(self.ends + timedelta(days=1))
        if self.lat is not None and self.long is not None:
            asked |= {"lat": f"{self.lat:.6f}", "long": f"{self.long:.6f}", "radius": str(self.radius)}
        return asked

    def address(self, path: str, language: str, **changes: object) -> str:
        """The address of a page with these filters, or some of them changed."""
        asked = {
            "category": self.category, "state": self.state, "place": self.place,
            "lat": "" if self.lat is None else f"{self.lat:.5f}",
            "long": "" if self.long is None else f"{self.long:.5f}",
            "radius": "" if self.radius == USUAL_RADIUS else str(self.radius),
            "from": "" if self.begins is None else self.begins.isoformat(),
            "to": "" if self.ends is None else self.ends.isoformat(), "page": "",
            "lang": "cy" if language == "cy" else "",
        }  # fmt: skip
        asked |= {name: str(value) for name, value in changes.items()}
        kept = {name: value for name, value in asked.items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


def _moment(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat().replace("+00:00", "Z")


def read(asked: Mapping[str, str]) -> Query:
    """The filters of an address. What can't be used is left out, and told in `wrong`."""
    wrong: dict[str, str] = {}
    begins, ends = _day(asked, "from", wrong), _day(asked, "to", wrong)
    if begins is not None and ends is not None and not wrong:
        if ends < begins:
            wrong["to"] = "wrong_order"
        elif (ends - begins).days >= LONGEST_SPAN:
            wrong["to"] = "wrong_span"
    category, state = asked.get("category", ""), asked.get("state", "")
    radius = whole(asked.get("radius", ""))
    lat, long = _degrees(asked, "lat"), _degrees(asked, "long")
    return Query(
        category=category if _CODE.fullmatch(category) else "",
        state=state if state in STATES else "",
        place=" ".join(_clean(asked.get("place", ""))[:_LONGEST].split()),
        lat=lat if long is not None else None, long=long if lat is not None else None,
        radius=radius if radius in RADII else USUAL_RADIUS,
        begins=None if wrong else begins, ends=None if wrong else ends, page=_page(asked.get("page", "")),
        wrong=wrong,
    )  # fmt: skip


def at(query: Query, lat: float, long: float, metres: int) -> Query:
    """The query for the area around a spot: as wide as the spot is unsure, and the radius asked for."""
    wide = next((each for each in RADII if each >= max(query.radius, metres)), RADII[-1])
    return replace(query, lat=lat, long=long, radius=wide)


def _clean(text: str) -> str:
    return "".join(each for each in text if each.isprintable())


def _day(asked: Mapping[str, str], name: str, wrong: dict[str, str]) -> date | None:
    text = asked.get(name, "").strip()[:10]
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2100:
        wrong[name] = "wrong_date"
        return None
    return found


def _degrees(asked: Mapping[str, str], name: str) -> float | None:
    text = asked.get(name, "")
    try:
        return float(text) if text and len(text) <= 20 else None
    except ValueError:
        return None


def whole(text: str) -> int:
    """A small whole number that was written in digits; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else 0


def _page(text: str) -> int:
    number = whole(text)
    return number if 1 <= number <= _MOST_PAGES else 1
