"""Names and boundaries are loaded whole or not at all, from OS Open Names, our own CSV and GeoJSON."""

import json
from pathlib import Path

import pytest

from bot.places import open_places
from bot.places.country import distance
from bot.places.entry import OPEN_NAMES, Entry, RowError, read_file
from bot.places.grid import to_degrees
from bot.places.loading import load_boundaries, load_names, read_boundaries
from bot.places.names import keys, most_slips, slips, tokens, unmutated
from bot.problems import Problem
from bot.queue import Pool


@pytest.mark.parametrize(
    ("easting", "northing", "lat", "long", "metres"),
    [
        # Ordnance Survey's own worked point, the water tower at Caister
        (651409.804, 313177.450, 52.657978, 1.716074, 6),
        (530000, 180000, 51.5037, -0.1285, 80),  # Charing Cross
        (429900, 433400, 53.7961, -1.5475, 80),  # City Square in Leeds
    ],
)
def test_the_grid_becomes_degrees(
    easting: float, northing: float, lat: float, long: float, metres: float
) -> None:
    assert distance(*to_degrees(easting, northing), lat, long) < metres


@pytest.mark.parametrize(("easting", "northing"), [(-1, 0), (700_001, 0), (0, 1_300_001)])
def test_off_the_grid(easting: float, northing: float) -> None:
    with pytest.raises(ValueError, match="National Grid"):
        to_degrees(easting, northing)


def open_names(**values: str) -> str:
    """A line of OS Open Names."""
    row = {"ID": "osgb4000000001", "TYPE": "transportNetwork", "LOCAL_TYPE": "Named Road"} | values
    return ",".join(
        f'"{row[name]}"' if "," in row.get(name, "") else row.get(name, "") for name in OPEN_NAMES
    )


ROAD = {
    "NAME1": "Cardigan Road", "GEOMETRY_X": "428000", "GEOMETRY_Y": "435500", "MBR_XMIN": "427800",
    "MBR_YMIN": "435000", "MBR_XMAX": "428200", "MBR_YMAX": "436000", "POPULATED_PLACE": "Leeds",
    "POSTCODE_DISTRICT": "LS6",
}  # fmt: skip
POINT = {"GEOMETRY_X": "429900", "GEOMETRY_Y": "433100"}
FILE = "\n".join([
    open_names(**ROAD),
    open_names(**ROAD | {"LOCAL_TYPE": "Section Of Named Road", "NAME1": "Otley Road"}),
    open_names(**POINT, TYPE="other", LOCAL_TYPE="Postcode", NAME1="LS1 4DY"),
    open_names(**POINT, TYPE="populatedPlace", LOCAL_TYPE="City", NAME1="Leeds"),
    open_names(**POINT, TYPE="transportNetwork", LOCAL_TYPE="Railway Station", NAME1="Leeds"),
    open_names(GEOMETRY_X="318300", GEOMETRY_Y="176400", TYPE="populatedPlace", LOCAL_TYPE="City",
               NAME1="Caerdydd", NAME1_LANG="cym", NAME2="Cardiff", NAME2_LANG="eng"),
    open_names(**POINT, TYPE="landform", LOCAL_TYPE="Hill Or Mountain", NAME1="A hill"),
    open_names(**POINT, TYPE="hydrography", LOCAL_TYPE="Inland Water", NAME1="Aire"),
    open_names(GEOMETRY_X="x", GEOMETRY_Y="433100", NAME1="Broken Road"),
    open_names(GEOMETRY_X="1", GEOMETRY_Y="1299999", NAME1="Ocean Road"),
])  # fmt: skip


async def test_open_names(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "SE22.csv"
    file.write_text("\ufeff" + FILE, encoding="utf-8")
    loaded = await load_names(pool, read_file(file), "open-names")
    assert (loaded.rows, loaded.refused) == (6, 2)
    assert [error[:6] for error in loaded.errors] == ["Row 9:", "Row 10"]
    places = open_places(pool)
    (road,) = await places.find("Cardigan Rd, Leeds")
    assert (road.label["en"], road.kind, road.metres) == ("Cardigan Road, Leeds", "street", 539)
    assert distance(road.lat, road.long, 53.8150, -1.5762) < 200
    (code,) = await places.find("LS1 4DY")
    assert (code.kind, code.metres) == ("postcode", 100)
    (station,) = await places.find("outside Leeds station")
    assert station.label["en"] == "Leeds Station (outside)"
    (city,) = await places.find("yng Nghaerdydd")
    assert city.label == {"en": "Cardiff", "cy": "Caerdydd"}


async def test_a_header_is_read_too(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    file.write_text(",".join(OPEN_NAMES) + "\n" + FILE, encoding="utf-8")
    assert (await load_names(pool, read_file(file), "open-names")).rows == 6


OWN = """kind,name,lat,long,also,street,town
street,Long Street,53.8,-1.55,,,Leeds
landmark,Big Shop,53.8,-1.55,the shop|Bigshop,Long Street,Leeds
nothing,Odd,53.8,-1.55,,,
street,Nowhere Road,0,0,,,
street,,53.8,-1.55,,,
street,Words Road,north,-1.55,,,
street,Swapped Road,-1.55,53.8,,,Leeds
street,!!!,53.8,-1.55,,,
"""


async def test_our_own_csv(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(OWN, encoding="utf-8")
    loaded = await load_names(pool, read_file(file), "own")
    assert (loaded.rows, loaded.refused) == (3, 5)
    places = open_places(pool)
    assert [spot.label["en"] for spot in await places.find("the Bigshop on Long St")] == [
        "Big Shop, Long Street, Leeds"
    ]
    (spot,) = await places.find("Swapped Road")
    assert (spot.lat, spot.long) == (53.8, -1.55)


async def test_a_source_is_replaced_and_others_stay(pool: Pool) -> None:
    def entries(*names: str) -> list[Entry | RowError]:
        return [Entry("street", name, 53.8, -1.55, 100) for name in names]

    await load_names(pool, entries("One Street", "Two Street"), "a_1")
    await load_names(pool, entries("Other Street"), "ab1")
    await load_names(pool, entries("Three Street"), "a_1")
    names = await pool.fetch("SELECT name FROM place ORDER BY name")
    assert [row["name"] for row in names] == ["Other Street", "Three Street"]


async def test_a_broken_load_leaves_what_was_there(pool: Pool) -> None:
    await load_names(pool, [Entry("street", "One Street", 53.8, -1.55, 100)], "a")

    def breaks() -> object:
        yield Entry("street", "Two Street", 53.8, -1.55, 100)
        raise Problem("The disk is gone.")

    with pytest.raises(Problem):
        await load_names(pool, breaks(), "a")  # type: ignore[arg-type]
    assert await pool.fetchval("SELECT string_agg(name, ',') FROM place") == "One Street"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"a,b,c\n1,2,3\n", "has no column kind"),
        (b"\xff\xfe\x00", "no CSV file in UTF-8"),
        (b'kind,name,lat,long\nstreet,"' + b"x" * 200_000 + b'",1,1\n', "no CSV file"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "names.csv"
    file.write_bytes(content)
    with pytest.raises(Problem, match=sentence):
        list(read_file(file))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="can't be read"):
        list(read_file(tmp_path / "none.csv"))


def feature(properties: dict[str, object], ring: list[tuple[float, float]]) -> dict[str, object]:
    """A feature of GeoJSON."""
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


SQUARE = [(-1.7, 53.7), (-1.4, 53.7), (-1.4, 53.9), (-1.7, 53.9)]
METRES = [(430000.0, 433000.0), (431000.0, 433000.0), (431000.0, 434000.0)]
BOW = [(-1.7, 53.7), (-1.4, 53.9), (-1.4, 53.7), (-1.7, 53.9)]


def geojson(path: Path, *features: dict[str, object]) -> Path:
    """A file of boundaries."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


async def test_boundaries_of_the_statistics_office(pool: Pool, tmp_path: Path) -> None:
    file = geojson(
        tmp_path / "lad.geojson",
        feature({"FID": 1, "LAD24CD": "E08000035", "LAD24NM": "Leeds", "LAD24NMW": ""}, SQUARE),
        feature({"code": "x", "name": "Twisted", "name_cy": "Troellog", "level": "parish"}, BOW),
    )
    assert await load_boundaries(pool, read_boundaries(file, "district"), "lad") == 2
    found = await open_places(pool).areas(53.8, -1.65)
    assert [(area.code, area.name["cy"], area.level) for area in found] == [
        ("x", "Troellog", "parish"), ("E08000035", "Leeds", "district"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ([feature({"name": "A"}, SQUARE)], "no code or no name"),
        ([feature({"code": "a", "name": "A"}, SQUARE)], "has no level"),
        ([feature({"code": "a", "name": "A", "level": "planet"}, SQUARE)], "has no level"),
        ([feature({"code": "a", "name": "A", "level": "parish"}, METRES)], "must have degrees"),
        ([{"type": "Feature", "properties": {"code": "a", "name": "A", "level": "parish"}, "geometry": None}],
         "can't be read"),
        ([{"type": "Feature", "properties": {"code": "a", "name": "A", "level": "parish"},
           "geometry": {"type": "Point", "coordinates": [-1.5, 53.8]}}], "is no polygon"),
    ],
)  # fmt: skip
def test_boundaries_that_are_none(tmp_path: Path, features: list[dict[str, object]], sentence: str) -> None:
    with pytest.raises(Problem, match=sentence):
        read_boundaries(geojson(tmp_path / "areas.geojson", *features))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"features": 3}', '{"features": [1]}', "[" * 100_000])
def test_files_that_are_no_geojson(tmp_path: Path, content: str) -> None:
    file = tmp_path / "areas.geojson"
    file.write_text(content)
    with pytest.raises(Problem, match="no GeoJSON"):
        read_boundaries(file)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St Michael's Road", "saint michaels rd."), ("Co-op", "co op"), ("Church Ave", "church avenue"),
        ("Leeds & Bradford Rd", "leeds and bradford road"), ("Lôn y Bryn", "lon Y bryn"),
        ("Parklane", "park lane"),
    ],
)  # fmt: skip
def test_names_that_are_the_same(one: str, other: str) -> None:
    assert "".join(tokens(one)) == "".join(tokens(other))


def test_a_slip_and_its_word_meet() -> None:
    for said, meant in [
        ("cardigon", "cardigan"),
        ("cardiagn", "cardigan"),
        ("brudnel", "brudenell"),
        ("leds", "leeds"),
    ]:
        assert set(slips(said)) & set(slips(meant)), said
        assert most_slips(said) > 0
    assert slips("rd") == ["rd"]


def test_what_a_mutated_word_was() -> None:
    for said, was in [
        ("nghaerdydd", "caerdydd"),
        ("mhudsey", "pudsey"),
        ("mradford", "bradford"),
        ("forley", "morley"),
    ]:
        assert was in unmutated(said)


def test_a_landmark_is_found_by_what_it_is() -> None:
    found = keys("landmark", ["Brudenell Primary School"], "Brudenell Street")
    assert {"brudenellprimsch", "brudenellprim", "sch@brudenellst", "w:brudenell"} <= set(found)
    assert "pk@burleyrd" not in keys("landmark", ["Burley Park Medical Centre"], "Burley Road")
