"""What place finding gives: a spot with coordinates, an area with a boundary, and what was wrong."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

type Kind = Literal["point", "address", "landmark", "junction", "street", "postcode", "settlement"]
"""What a spot is; from the surest to the least sure."""
type Level = Literal["parish", "district", "county", "transport", "health", "housing", "national"]

KINDS: Final[tuple[Kind, ...]] = (
    "point", "address", "landmark", "junction", "street", "postcode", "settlement"
)  # fmt: skip
LEVELS: Final[tuple[Level, ...]] = (
    "parish", "district", "county", "transport", "health", "housing", "national"
)  # fmt: skip
"""From the lowest to the highest, as `Places.areas` gives them."""


class PlaceError(ValueError):
    """Coordinates can't be used.

    Args:
        code: `number` (they are none), `nowhere` (null island) or `outside` (of the United Kingdom).
        sentence: what is wrong, in words for a person.
    """

    def __init__(self, code: Literal["number", "nowhere", "outside"], sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Spot:
    """A place that was found.

    Args:
        label: what to call it, by language (`en`, `cy`); it tells spots of one answer apart.
        lat: degrees north, WGS84.
        long: degrees east.
        metres: how sure: the true place is within this distance of the coordinates, as far as is known.
        kind: what it is.
    """

    label: dict[str, str]
    lat: float
    long: float
    metres: int
    kind: Kind

    def to_json(self) -> dict[str, Any]:
        """As a slot keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Spot":
        """What `to_json` gave.

        Raises:
            PlaceError: its coordinates are not of this country.
            LookupError, TypeError, ValueError: it is something else.
        """
        from bot.places.country import check

        if data["kind"] not in KINDS:
            raise ValueError("This kind of spot is not known.")
        lat, long = check(data["lat"], data["long"])
        label = {language: str(data["label"][language]) for language in ("en", "cy")}
        return cls(label, lat, long, int(data["metres"]), data["kind"])


@dataclass(frozen=True)
class Area:
    """What has a boundary: a parish, a council's district, a county, a health board.

    Args:
        code: of the Office for National Statistics, such as `E08000035`, or the installation's own.
        name: by language.
        level: how high it is.
    """

    code: str
    name: dict[str, str]
    level: Level
