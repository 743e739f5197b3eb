"""Spots and areas: coordinates, links, what is near, sorting, boundaries, nothing outside the country."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.places import Area, PlaceError, Places, Spot, load_demo
from bot.places.country import distance, inside
from bot.places.demo import BOUNDARIES, NAMES
from bot.places.entry import read_file
from bot.places.loading import Boundary, load_boundaries, read_boundaries
from bot.queue import Pool

HERE = (53.8203, -1.5762)
SHARED = ("E47000003", "demo-transport-wy", "E54000054")


@pytest.mark.parametrize(
    "said",
    [
        "53.8203,-1.5762",
        "53.8203, -1.5762",
        "I'm at 53.8203 -1.5762 now",
        "53.8203N 1.5762W",
        "53.8203° N, 1.5762° W",
        "53.8203n, 1.5762w",
        "53°49'13.1\"N 1°34'34.3\"W",
        "53° 49′ 13.1″ N, 1° 34′ 34.3″ W",
        "-1.5762, 53.8203",
        "geo:53.8203,-1.5762?z=17",
        "https://www.google.com/maps?q=53.8203,-1.5762",
        "https://maps.google.com/?q=53.8203%2C-1.5762",
        "https://www.google.com/maps/search/?api=1&query=53.8203%2C-1.5762",
        "https://www.google.com/maps/dir/?api=1&destination=53.8203,-1.5762",
        "https://www.google.com/maps/@53.8203,-1.5762,17z",
        "https://www.google.com/maps/place/Oak/@53.9,-1.9,17z/data=!4m5!3m4!1s0x0!8m2!3d53.8203!4d-1.5762",
        "https://www.google.co.uk/maps/place/53%C2%B049'13.1%22N+1%C2%B034'34.3%22W/@53.8203,-1.5762,17z",
        "http://maps.apple.com/?ll=53.8203,-1.5762&q=Dropped%20Pin",
        "https://maps.apple.com/?address=Headingley&ll=53.8203,-1.5762",
        "https://maps.apple.com/place?coordinate=53.8203,-1.5762",
        "https://www.openstreetmap.org/?mlat=53.8203&mlon=-1.5762#map=18/53.8203/-1.5762",
        "https://www.openstreetmap.org/#map=18/53.8203/-1.5762",
        "https://www.bing.com/maps?cp=53.8203~-1.5762&lvl=17",
        "https://waze.com/ul?ll=53.8203%2C-1.5762&navigate=yes",
        "dropped a pin: https://maps.google.com/maps?daddr=53.8203,-1.5762 thanks",
        "mae'r twll yma https://www.google.com/maps?q=loc:53.8203,-1.5762",
    ],
)
async def test_points(places: Places, said: str) -> None:
    (spot,) = await places.find(said)
    assert spot.kind == "point"
    assert distance(spot.lat, spot.long, *HERE) < 5
    assert "Headingley" in spot.label["en"]


async def test_a_link_that_names_a_place_is_read(places: Places) -> None:
    (spot,) = await places.find("https://www.google.com/maps/search/?api=1&query=Cardigan+Road+Headingley")
    assert spot.label["en"] == "Cardigan Road, Headingley"


async def test_decimals_say_how_sure(places: Places) -> None:
    metres = [
        (await places.find(said))[0].metres for said in ("53.82, -1.57", "53.820,-1.576", "53.8203,-1.5762")
    ]
    assert metres == sorted(metres, reverse=True)
    assert len(set(metres)) == 3


@pytest.mark.parametrize(
    ("lat", "long", "area"),
    [(53.8190, -1.5790, "Headingley"), (53.834, -1.769, "Shipley"), (53.878, -1.710, "Guiseley")],
)
async def test_near_comes_first(places: Places, lat: float, long: float, area: str) -> None:
    spots = await places.find("Otley Road", near=(lat, long))
    assert spots[0].label["en"] == f"Otley Road, {area}"
    apart = [distance(lat, long, spot.lat, spot.long) for spot in spots]
    assert apart == sorted(apart)


async def test_limit(places: Places) -> None:
    assert len(await places.find("Otley Road", limit=3)) == 3
    assert len(await places.find("Otley Road")) == 5


async def test_only_the_district_of_a_postcode_is_known(places: Places) -> None:
    (unit,), (district,) = await places.find("LS6 1HR"), await places.find("LS6")
    assert unit.kind == district.kind == "postcode"
    assert 500 < unit.metres < district.metres
    (other,) = await places.find("LS6 9ZZ")  # a sector that no file has
    assert (other.label["en"], other.metres) == ("LS6 9ZZ", district.metres)


async def test_a_corner_lies_between_its_streets(places: Places) -> None:
    (corner,) = await places.find("corner of Otley Road and North Lane")
    (north_lane,) = await places.find("North Lane, Headingley")
    assert corner.kind == "junction"
    assert corner.label["cy"] == "Cornel Otley Road a North Lane, Headingley"
    assert distance(corner.lat, corner.long, north_lane.lat, north_lane.long) <= north_lane.metres


async def test_streets_that_never_meet_have_no_corner(places: Places) -> None:
    assert all(
        spot.kind != "junction" for spot in await places.find("corner of Cardigan Road and Fairweather Green")
    )


async def test_nearest(places: Places) -> None:
    spot = await places.nearest(53.8136, -1.5729)
    assert spot is not None
    assert (spot.lat, spot.long) == (53.8136, -1.5729)
    assert spot.label == {
        "en": "Cardigan Road, Headingley, near the Co-op",
        "cy": "Cardigan Road, Headingley, ger y Co-op",
    }


async def test_nothing_is_near_a_moor(places: Places) -> None:
    assert await places.nearest(54.40, -2.20) is None


@pytest.mark.parametrize(
    ("lat", "long", "codes"),
    [
        (53.8190, -1.5790, ["E08000035", *SHARED, "demo-housing-leeds", "E92000001"]),
        (53.7938, -1.7521, ["E08000032", *SHARED, "demo-housing-bradford", "E92000001"]),
        (53.9050, -1.6930, ["demo-parish-otley", "E08000035"]),
        (53.7450, -1.6010, ["demo-parish-morley", "E08000035"]),
        (53.9250, -1.8220, ["demo-parish-ilkley", "E08000032"]),
        (53.8670, -1.9070, ["demo-parish-keighley", "E08000032"]),
        (51.5074, -0.1278, ["E92000001"]),
        (51.4816, -3.1791, []),
        (55.9533, -3.1883, []),
    ],
)  # fmt: skip
async def test_areas(places: Places, lat: float, long: float, codes: list[str]) -> None:
    found = await places.areas(lat, long)
    assert [area.code for area in found][: len(codes)] == codes
    assert codes or not found


async def test_each_demo_place_is_in_its_council(places: Places) -> None:
    """Not one street of Headingley is in Bradford, for all that the boundaries are rough."""
    wrong = []
    leeds, bradford = "E08000035", "E08000032"
    for entry in read_file(NAMES):
        assert not isinstance(entry, Exception)
        if entry.kind == "postcode" or entry.town not in {"Headingley", "Pudsey", "Otley", "Morley", "Leeds",
            "Bradford", "Bingley", "Keighley", "Ilkley", "Shipley", "Queensbury"}:  # fmt: skip
            continue
        council = (
            bradford
            if entry.town in {"Bradford", "Bingley", "Keighley", "Ilkley", "Shipley", "Queensbury"}
            else leeds
        )
        if council not in {area.code for area in await places.areas(entry.lat, entry.long)}:
            wrong.append((entry.name, entry.town))
    assert wrong == []


async def test_boundaries_are_read_again_when_they_change(pool: Pool, places: Places) -> None:
    from bot.places import open_places

    own = open_places(pool)
    assert await own.areas(*HERE) == []
    boundaries = read_boundaries(BOUNDARIES)
    leeds = [each for each in boundaries if each.code == "E08000035"]
    await load_boundaries(pool, leeds, "test")
    assert [area.code for area in await own.areas(*HERE)] == ["E08000035"]
    renamed = [Boundary(each.code, "Leeds", "Leeds", "district", each.wkb) for each in leeds]
    await load_boundaries(pool, renamed, "test")
    assert await own.areas(*HERE) == [Area("E08000035", {"en": "Leeds", "cy": "Leeds"}, "district")]


async def test_demo_is_loaded_once(pool: Pool) -> None:
    await load_demo(pool)
    before = await pool.fetchrow("SELECT count(*), min(id), max(id) FROM place")
    await load_demo(pool)
    assert await pool.fetchrow("SELECT count(*), min(id), max(id) FROM place") == before
    assert before is not None
    assert before["count"] > 1_500


@pytest.mark.parametrize(
    ("lat", "long"),
    [
        (53.8, -1.55), (51.5, -0.12), (55.95, -3.19), (51.48, -3.18), (54.6, -5.93), (54.99, -7.31),
        (60.15, -1.14), (58.98, -2.96), (49.92, -6.3), (57.81, -8.58), (52.48, 1.75), (50.1, -5.5),
        (53.31, -4.63), (56.46, -5.43), (55.43, -5.6), (57.5, -7.3), (50.7, -1.3), (51.13, 1.31),
        (51.17, -4.67),
    ],
)  # fmt: skip
def test_in_the_country(lat: float, long: float) -> None:
    assert Places.check(lat, long) == (lat, long)
    assert Places.check(long, lat) == (lat, long)


@pytest.mark.parametrize(
    ("lat", "long", "code"),
    [
        (0, 0, "nowhere"), (0.0001, -0.0002, "nowhere"),
        (math.nan, -1.5, "number"), (53.8, math.inf, "number"),
        (53.35, -6.26, "outside"), (51.9, -8.47, "outside"), (54.0, -6.40, "outside"),
        (50.96, 1.85, "outside"), (54.15, -4.48, "outside"), (49.19, -2.11, "outside"),
        (48.86, 2.35, "outside"), (53.8, 1.55, "outside"), (-53.8, 1.55, "outside"), (91, 0, "outside"),
        (1e300, -1e300, "outside"), (62.0, -6.8, "outside"),
    ],
)  # fmt: skip
def test_outside_the_country(lat: float, long: float, code: str) -> None:
    with pytest.raises(PlaceError) as caught:
        Places.check(lat, long)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("wrong", ["", "north", None, [], {}])
def test_coordinates_that_are_none(wrong: object) -> None:
    with pytest.raises(PlaceError, match="not numbers"):
        Places.check(wrong, 1.0)  # type: ignore[arg-type]


def test_a_spot_survives_json() -> None:
    spot = Spot({"en": "Here", "cy": "Yma"}, 53.8, -1.55, 60, "landmark")
    assert Spot.from_json(json.loads(json.dumps(spot.to_json()))) == spot
    with pytest.raises(PlaceError):
        Spot.from_json({**spot.to_json(), "lat": 0.0, "long": 0.0})
    with pytest.raises(ValueError, match="kind"):
        Spot.from_json({**spot.to_json(), "kind": "guess"})


SAID = """the on outside co-op corner of and Otley Road North Lane Headingley 14 LS6 1HR , / & ' " ( )
53.8 -1.5 N W ° in
Pudsey yn ym Mhudsey Heol Cardigan meets where https://maps.google.com/?q= geo: % 🕳️ é ŵ 0 O"""
WORDS = st.sampled_from([*SAID.split(), " ", "\x00"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.text(max_size=300),
        st.lists(WORDS, max_size=40).map(" ".join),
        st.lists(WORDS, max_size=9).map("".join),
    )
)
async def test_never_raises_and_stays_in_the_country(places: Places, text: str) -> None:
    spots = await places.find(text, near=HERE)
    assert len(spots) <= 5
    for spot in spots:
        assert inside(spot.lat, spot.long)
        assert spot.metres > 0
        assert all(spot.label[language] for language in ("en", "cy"))
        assert Spot.from_json(spot.to_json()) == spot


@settings(max_examples=300, deadline=None)
@given(lat=st.floats(), long=st.floats())
def test_what_check_gives_is_in_the_country(lat: float, long: float) -> None:
    try:
        found = Places.check(lat, long)
    except PlaceError:
        return
    assert inside(*found)


async def test_five_thousand_characters(places: Places) -> None:
    assert await places.find("a" * 5_000) == []
    assert (
        (await places.find("Cardigan Road, Headingley " + "blah " * 1_000))[0]
        .label["en"]
        .startswith("Cardigan")
    )


def test_the_demo_files_are_sound() -> None:
    entries = list(read_file(NAMES))
    assert [entry for entry in entries if isinstance(entry, Exception)] == []
    named = [entry for entry in entries if not isinstance(entry, Exception) and entry.kind != "postcode"]
    assert len(named) >= 1_500
    assert Path(NAMES).stat().st_size < 400_000
