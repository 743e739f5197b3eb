"""What the demonstration's problems are made of: streets and areas of the demo's places, and sentences."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import shapely

from actions.reports.service.responsible import Area

_FOLDER: Final = Path(__file__).resolve().parents[3] / "bot" / "places" / "demo"
"""The names and boundaries of the demonstration: citizens find the streets that problems are on."""

TOWNS: Final = frozenset(
    {
        "Leeds",
        "Bradford",
        "Shipley",
        "Bingley",
        "Otley",
        "Morley",
        "Pudsey",
        "Keighley",
        "Ilkley",
        "Horsforth",
    }
)

STORIES: Final = (
    "{what} on {street}.",
    "{what} outside number {number} {street}.",
    "{what} on {street}, near the corner.",
    "{what} on {street}. It has been like this for {number} days.",
    "{what}. It is on {street}, on the left as you go towards the centre.",
    "{what} on {street}. People have to walk round it.",
    "{what} on {street}. I told somebody last month & nothing happened.",
)
NAMED_STORIES: Final = (
    "{what} at {place}.",
    "{what}. This was at {place}, about {number} days ago.",
    "{what} at {place}, and not for the first time.",
)

NAMED: Final = {
    "surgeries": "{town} Green Surgery",
    "hospitals": "{town} Vale Hospital",
    "schools": "{town} Bank Primary School",
    "childcare": "{town} Acorns Nursery",
    "social_care": "{town} care team",
    "benefits": "{town} benefits office",
    "buses": "Bus stop at {town} Cross",
}
"""Services that do not exist, by the group of a category."""
OTHERWISE: Final = "{town} office"

BODIES: Final = (
    # category, level, area, agency in English and Welsh, officer
    ("", "district", "E08000035", "Leeds City Council", "Cyngor Dinas Leeds", "Asha Whitfield"),
    ("", "district", "E08000032", "Bradford Council", "Cyngor Bradford", "Tomos Hartley"),
)
"""Rows of `problem_body`; both officers are invented."""
NATIONAL: Final = {
    "benefits": ("Department for Work and Pensions", "Yr Adran Gwaith a Phensiynau"),
    "streets": ("National Highways", "National Highways"),
}
"""The national body of the categories of a group."""


@dataclass(frozen=True)
class Street:
    """A street of the demo's places, with the areas it is in."""

    name: str
    town: str
    lat: float
    long: float
    areas: tuple[Area, ...]


@cache
def streets() -> Sequence[Street]:
    """The streets of `TOWNS`."""
    features = json.loads((_FOLDER / "areas.geojson").read_text())["features"]
    bounds = [(each["properties"], shapely.geometry.shape(each["geometry"])) for each in features]
    shapely.prepare([shape for _, shape in bounds])
    found = []
    with (_FOLDER / "places.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] != "street" or row["town"] not in TOWNS:
                continue
            lat, long = float(row["lat"]), float(row["long"])
            areas = tuple(
                (of["code"], {"en": of["name"], "cy": of["name_cy"]}, of["level"])
                for of, shape in bounds
                if shapely.contains_xy(shape, long, lat)
            )
            found.append(Street(row["name"], row["town"], lat, long, areas))
    return found
