"""Finds the place that a text tells of: names looked up in the gazetteer, and what they say together."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.places.country import check, distance
from bot.places.gazetteer import Gazetteer, Row
from bot.places.labels import at_junction, label_of, nearest_label, point_label, told_apart
from bot.places.names import only_types, postcode_key, table, tokens, words_in
from bot.places.reading import Reading, Span, read
from bot.places.spot import Kind, Spot

BESIDE: Final = 200
"""Metres from a street within which a landmark may be on it, besides the street's own length."""
BEYOND: Final = 1_500
"""Metres beyond a settlement's edge in which a street may still be said to be in it."""
JUNCTION_REACH: Final = 150
CITY: Final = 3_000
"""Metres from which on a settlement has others in it, whose streets are said to be in it too."""
_DISTINCT: Final = 120  # metres: what is closer and called the same is the same
_HARDLY_MORE: Final = 4  # words of a text that may be half a name
_LONG_ENOUGH: Final = 6  # letters of a single word that may be taken for a misspelt settlement
_STREETS: Final = frozenset({"street"})
_ORDER: Final[tuple[Kind, ...]] = ("settlement", "street", "landmark")


@dataclass(frozen=True)
class Named:
    """A name that was found in the text, and what kinds of place have it."""

    span: Span
    kinds: frozenset[str]


@dataclass(frozen=True)
class Context:
    """What narrows a search down.

    Args:
        areas: settlements and postcodes that the text names; each name may have several.
        around: points to prefer: those, or where the citizen is.
    """

    areas: tuple[tuple[Row, ...], ...]
    around: tuple[tuple[float, float], ...]

    def within(self, rows: Iterable[Row]) -> list[Row]:
        """The places that are in each of the named areas: of a small one by name if any is, else close by."""
        kept = list(rows)
        for areas in self.areas:
            kept = [row for row in kept if any(_in(row, area) for area in areas)]
            own = [row for row in kept if any(
                area.metres < CITY and tokens(row.town) == tokens(area.name) for area in areas
            )]  # fmt: skip
            kept = own or kept
        return kept


@dataclass(frozen=True)
class Finder:
    """Answers what `Places.find` asks."""

    gazetteer: Gazetteer

    async def find(self, text: str, near: tuple[float, float] | None, limit: int) -> list[Spot]:
        """The spots that a text may mean, best first."""
        reading = await asyncio.to_thread(read, text)
        if reading.point is not None:
            point = reading.point
            label = nearest_label(await self.gazetteer.near(point.lat, point.long), point.lat, point.long)
            label = label or point_label(point.lat, point.long)
            return [Spot(label, point.lat, point.long, point.metres, "point")]
        if not reading.said and reading.postcode is None:
            return []
        code = await self._postcode(reading.postcode)
        names = await self._names(reading)
        if self._elsewhere(reading, names):
            return []
        # “Hyde Park” is a settlement where a street or a shop is named too; alone it may be its pub as well.
        places = [name for name in names if "settlement" not in name.kinds]
        areas = [name for name in names if "settlement" in name.kinds]
        smallest = None if places else await self._smallest(areas)
        if smallest is not None:
            areas.remove(smallest)
        context = await self._context(areas, code, near)
        spots = await (
            self._alone(reading, smallest, context) if smallest else self._spots(reading, places, context)
        )
        if not spots and code is not None:
            spots = [_spot(code, "postcode")]
        if not names and not spots:
            spots = await self._described(reading, context)
        return _ranked(spots, near)[:limit]

    async def _postcode(self, code: str | None) -> Row | None:
        """The row of a postcode: of its unit, or its sector, or its district, whichever is known."""
        if code is None:
            return None
        outward, _, inward = code.partition(" ")
        keys = [postcode_key(each) for each in (code, f"{outward} {inward[:1]}", outward)]
        found = await self.gazetteer.rows(keys, ["postcode"])
        for key, exact in zip(keys, (True, False, False), strict=True):
            for row in found.get(key, ()):
                return row if exact else replace(row, name=code, name_cy=None)
        return None

    async def _names(self, reading: Reading) -> list[Named]:
        """The names in a text, in its order: the longest, none crossing another."""
        found = await self._look_up(reading)
        covered = {at for name in found for at in range(name.span.start, name.span.end)}
        unknown = [word for at, word in enumerate(reading.said) if at not in covered
                   and word not in words_in("filler") and not word.isdigit()]  # fmt: skip
        if not unknown:
            return found
        corrections = await self.gazetteer.corrections(unknown)
        if not corrections:
            return found
        return await self._look_up(replace(reading, corrections=corrections))

    async def _look_up(self, reading: Reading) -> list[Named]:
        # In a thread: a text made to be ambiguous has thousands of readings.
        spans = await asyncio.to_thread(_spans, reading)
        kinds = await self.gazetteer.kinds({span.key for span in spans})
        hits = [
            Named(span, frozenset(found))
            for span in spans
            if span.key in kinds and (found := _credible(reading, span, kinds[span.key]))
        ]
        # The longest first; of equals what was said before what may have been meant, and streets first.
        hits.sort(key=lambda hit: (
            hit.span.start - hit.span.end, hit.span.changed, "street" not in hit.kinds, hit.span.start
        ))  # fmt: skip
        chosen: list[Named] = []
        for hit in hits:
            if all(hit.span.end <= other.span.start or other.span.end <= hit.span.start for other in chosen):
                chosen.append(hit)
        return sorted(chosen, key=lambda hit: hit.span.start)

    def _elsewhere(self, reading: Reading, names: Sequence[Named]) -> bool:
        """Whether the text says that the place is in a town that is not here."""
        explained = {at for name in names for at in range(name.span.start, name.span.end)}
        for at, word in enumerate(reading.said):
            if word in words_in("elsewhere") and at not in explained:
                span = Span(at, at + 1, word, (word,))
                after = reading.said[at + 1] if at + 1 < len(reading.said) else ""
                if after not in words_in("types") and (reading.is_area(span) or at == len(reading.said) - 1):
                    return True
        return False

    async def _context(
        self, areas: Sequence[Named], code: Row | None, near: tuple[float, float] | None
    ) -> Context:
        found = await self.gazetteer.rows([area.span.key for area in areas], ["settlement"], _points(near))
        rows = [tuple(found.get(area.span.key, ())) for area in areas]
        if code is not None:
            rows.append((code,))
        around = [(row.lat, row.long) for each in rows for row in each]
        return Context(tuple(rows), tuple(around) or tuple(_points(near)))

    async def _spots(self, reading: Reading, places: Sequence[Named], context: Context) -> list[Spot]:
        """What the names say together."""
        streets = [name for name in places if "street" in name.kinds]
        landmarks = [name for name in places if "landmark" in name.kinds and "street" not in name.kinds]
        rows = await self._rows(streets, _STREETS, context)
        on = [row for street in streets for row in rows[street.span.key]]
        corners = self._junctions(reading, streets, rows) if len(streets) > 1 else []
        if landmarks and (found := await self._landmarks(reading, landmarks, on, context)):
            return corners if corners and len(found) > 1 else found
        if corners:
            return corners
        if streets and (found := await self._by_kind(reading, streets[0], rows, context)):
            return found
        return self._streets(reading, streets, rows)

    async def _rows(
        self, names: Sequence[Named], kinds: Iterable[str], context: Context
    ) -> dict[str, list[Row]]:
        keys = {name.span.key for name in names}
        found = await self.gazetteer.rows(keys, kinds, context.around) if keys else {}
        return {key: context.within(found.get(key, ())) for key in keys}

    def _junctions(
        self, reading: Reading, streets: Sequence[Named], rows: dict[str, list[Row]]
    ) -> list[Spot]:
        first, second = streets[0], streets[1]
        if first.span.key == second.span.key or not reading.is_junction(first.span, second.span):
            return []
        pairs = [
            (one, other)
            for one in rows[first.span.key]
            for other in rows[second.span.key]
            if _apart(one, other) <= one.metres + other.metres + JUNCTION_REACH
        ]
        # Of pairs with a street in common the closest: both ends of a long road are not meant.
        pairs.sort(key=lambda pair: _apart(*pair) / (pair[0].metres + pair[1].metres))
        met: set[int] = set()
        found = []
        for one, other in pairs:
            if not met & {one.id, other.id}:
                met |= {one.id, other.id}
                found.append(at_junction(one, other))
        return found

    async def _landmarks(
        self, reading: Reading, landmarks: Sequence[Named], on: Sequence[Row], context: Context
    ) -> list[Spot]:
        """The first landmark of the text that is where the text says."""
        around = [(row.lat, row.long) for row in on] or context.around
        keys = [landmark.span.key for landmark in landmarks]
        found = await self.gazetteer.rows(keys, ["landmark"], around)
        for landmark in landmarks:
            rows = context.within(found.get(landmark.span.key, ()))
            if on:
                rows = [row for row in rows if _is_on(row, on)]
                same = [row for row in rows if any(_same_street(row, street) for street in on)]
                if not same and len(found[landmark.span.key]) > 1:
                    # The Tesco of the next street is not “the Tesco on Cardigan Road”.
                    rows = [row for row in rows if not row.street]
                rows = same or rows
            if rows:
                relation = reading.relation(landmark.span)
                return [_spot(row, "landmark", relation=relation) for row in rows]
        return []

    async def _by_kind(
        self, reading: Reading, street: Named, rows: dict[str, list[Row]], context: Context
    ) -> list[Spot]:
        """“The school on Brudenell Road”, where the street has one school."""
        for at, word in enumerate(reading.said):
            word = table()["welsh_types"].get(word, word)  # noqa: PLW2901
            if word not in words_in("described") or street.span.start <= at < street.span.end:
                continue
            key = f"{word}@{street.span.key}"
            found = (await self.gazetteer.rows([key], ["landmark"], context.around)).get(key, [])
            found = [row for row in found if _is_on(row, rows[street.span.key])]
            if len(found) == 1:
                span = Span(at, at + 1, key, (word,))
                return [_spot(found[0], "landmark", relation=reading.relation(span))]
        return []

    def _streets(self, reading: Reading, streets: Sequence[Named], rows: dict[str, list[Row]]) -> list[Spot]:
        """The first street that is where the text says, nearest to the others it names."""
        for street in streets:
            found = rows[street.span.key]
            others = [row for other in streets if other is not street for row in rows[other.span.key]]
            close = [row for row in found if any(
                _apart(row, other) <= row.metres + other.metres + BEYOND for other in others
            )]  # fmt: skip
            number = reading.number_before(street.span)
            if found:
                return [
                    _spot(row, "address" if number else "street", number=number) for row in close or found
                ]
        return []

    async def _smallest(self, areas: Sequence[Named]) -> Named | None:
        """Of “Headingley, Leeds” the one that is in the other."""
        found = await self.gazetteer.rows([area.span.key for area in areas], ["settlement"])
        return min(areas, key=lambda area: min(row.metres for row in found[area.span.key]), default=None)

    async def _alone(self, reading: Reading, name: Named, context: Context) -> list[Spot]:
        """A settlement's name and no other: it, and what else is called so."""
        relation = reading.relation(name.span)
        spots = []
        for kind in ("landmark",) if relation and "landmark" in name.kinds else _ORDER:
            rows = (await self._rows([name], [kind], context))[name.span.key]
            spots += [_spot(row, kind, relation=relation if kind == "landmark" else None) for row in rows]
        return spots

    async def _described(self, reading: Reading, context: Context) -> list[Spot]:
        """Half a name: “Brudenell” for the streets that begin so, where hardly more was said."""
        said = [word for word in reading.said if word not in words_in("filler")]
        if not said or only_types(said) or len(reading.said) > _HARDLY_MORE:
            return []
        rows = context.within(await self.gazetteer.with_words(said, context.around))
        begin = [row for row in rows if row.kind == "street" and tokens(row.name)[: len(said)] == said]
        return [_spot(row, "street") for row in begin]


def _spans(reading: Reading) -> list[Span]:
    return [span for span in reading.spans() if len(span.said) > 1 or not only_types(span.said)]


def _credible(reading: Reading, span: Span, kinds: set[str]) -> set[str]:
    """The kinds of place a span may be: a single word that was put right, or is a word, hardly is one."""
    alone = len(span.said) == 1
    if not alone or not kinds:
        return kinds
    word = span.said[0]
    if (word in words_in("ordinary") or word in words_in("filler")) and not reading.is_area(span):
        return set()
    if span.changed and not reading.is_area(span) and len(word) < _LONG_ENOUGH:
        return set()
    return kinds


def _points(near: tuple[float, float] | None) -> list[tuple[float, float]]:
    return [near] if near is not None else []


def _apart(one: Row, other: Row) -> float:
    return distance(one.lat, one.long, other.lat, other.long)


def _in(row: Row, area: Row) -> bool:
    if row.town and tokens(row.town) == tokens(area.name):
        return True
    return _apart(row, area) <= area.metres + row.metres + BEYOND


def _same_street(landmark: Row, street: Row) -> bool:
    return tokens(landmark.street) == tokens(street.name)


def _is_on(landmark: Row, streets: Iterable[Row]) -> bool:
    return any(
        _apart(landmark, street) <= street.metres + (2 * BESIDE if _same_street(landmark, street) else BESIDE)
        for street in streets
    )


def _spot(row: Row, kind: Kind, *, number: str | None = None, relation: str | None = None) -> Spot:
    return Spot(label_of(row, number, relation), row.lat, row.long, row.metres, kind)


def _ranked(spots: Sequence[Spot], near: tuple[float, float] | None) -> list[Spot]:
    """Without doubles, nearest first when there is something to be near to; no two with one label."""
    kept: list[Spot] = []
    for spot in spots:
        if not any(
            spot.label == other.label
            and distance(spot.lat, spot.long, other.lat, other.long) <= max(_DISTINCT, other.metres)
            for other in kept
        ):
            kept.append(spot)
    if near is not None:
        lat, long = near
        kept.sort(key=lambda spot: distance(lat, long, spot.lat, spot.long))
    return told_apart(kept)


def nearest(rows: Sequence[Row], lat: float, long: float) -> Spot | None:
    """A spot at coordinates, called by what is close to them."""
    lat, long = check(lat, long)
    label = nearest_label(rows, lat, long)
    return Spot(label, lat, long, 15, "point") if label else None
