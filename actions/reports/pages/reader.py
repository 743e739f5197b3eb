"""Reads problems and categories from the Open311 service, as anybody may: what is private never comes."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Protocol

import aiohttp

from actions.sdk.service import Json, Service

MOST: Final = 1_000
"""Problems in one answer of GeoReport v2."""
# Who reports is never in an answer; what they typed into the description may be.
_MASKED: Final = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+|(?<![\d.,])(?:\+?44|0)[\d ()-]{8,13}\d(?!\d)"
)
MASK: Final = "…"


@dataclass(frozen=True)
class Kind:
    """A category: its code, what it is called, and the group it is shown in."""

    code: str
    name: str
    group: str


@dataclass(frozen=True)
class Shown:
    """A problem as the public sees it."""

    id: str
    state: str
    open: bool
    category: str
    description: str
    agency: str
    notes: str
    address: str
    requested: datetime
    updated: datetime | None
    expected: datetime | None
    lat: float | None
    long: float | None
    supporters: int | None
    distance: int | None


@dataclass(frozen=True)
class Step:
    """An update of a problem."""

    at: datetime
    state: str
    text: str


class Problems(Protocol):
    """What the pages read from; `Reader` is the one over HTTP."""

    async def kinds(self, language: str) -> list[Kind]:
        """The categories."""

    async def problems(self, language: str, parameters: Mapping[str, str]) -> list[Shown]:
        """The problems that `GET requests` gives for some parameters."""

    async def problem(self, language: str, number: str) -> Shown | None:
        """One problem; None when there is none that is public."""

    async def steps(self, language: str, number: str) -> list[Step]:
        """Its updates, oldest first."""


class Reader(Service):
    """The calls that the pages make. Its answers are JSON, which our service speaks as it does XML."""

    timeout: ClassVar[aiohttp.ClientTimeout] = aiohttp.ClientTimeout(total=10, connect=2, sock_connect=2)

    async def kinds(self, language: str) -> list[Kind]:
        """The categories that are shown.

        Raises:
            ServiceDown: no answer. ServiceRefused: it said no.
        """
        return await self.call("GET", "services.json", _kinds, params={"locale": language})

    async def problems(self, language: str, parameters: Mapping[str, str]) -> list[Shown]:
        """The problems for some parameters of GeoReport v2.

        Raises:
            ServiceDown: no answer. ServiceRefused: it said no.
        """
        asked = {**parameters, "extensions": "true", "locale": language}
        return await self.call("GET", "requests.json", _problems, params=asked)

    async def problem(self, language: str, number: str) -> Shown | None:
        """One problem.

        Raises:
            ServiceDown: no answer. ServiceRefused: it said no, such as a 404.
        """
        found = await self.call(
            "GET", f"requests/{number}.json", _problems, params={"extensions": "true", "locale": language}
        )
        return found[0] if found else None

    async def steps(self, language: str, number: str) -> list[Step]:
        """The updates of a problem.

        Raises:
            ServiceDown: no answer. ServiceRefused: it said no.
        """
        asked = {"service_request_id": number, "locale": language}
        return await self.call("GET", "servicerequestupdates.json", _steps, params=asked)


def _rows(answer: Json) -> Sequence[Mapping[str, Json]]:
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise TypeError("The answer is no list.")
    return [row for row in answer if isinstance(row, dict)]


def _kinds(answer: Json) -> list[Kind]:
    return [
        Kind(str(row["service_code"]), str(row["service_name"]), _text(row, "group"))
        for row in _rows(answer)
        if row.get("private") is not True
    ]


def _problems(answer: Json) -> list[Shown]:
    return [_problem(row) for row in _rows(answer)]


def _problem(row: Mapping[str, Json]) -> Shown:
    requested = _moment(row, "requested_datetime")
    if requested is None:
        raise ValueError("A problem has no date.")
    status = str(row["status"])
    return Shown(
        id=str(row["service_request_id"]), state=_text(row, "state") or status, open=status == "open",
        category=_text(row, "service_name") or str(row["service_code"]),
        description=_masked(_text(row, "description")), agency=_text(row, "agency_responsible"),
        notes=_masked(_text(row, "status_notes")), address=_masked(_text(row, "address")),
        requested=requested,
        updated=_moment(row, "updated_datetime"), expected=_moment(row, "expected_datetime"),
        lat=_number(row, "lat"), long=_number(row, "long"), supporters=_count(row, "supporters"),
        distance=_count(row, "distance"),
    )  # fmt: skip


def _steps(answer: Json) -> list[Step]:
    found = []
    for row in _rows(answer):
        at = _moment(row, "updated_datetime")
        if at is not None:
            state = _text(row, "state") or _text(row, "status")
            found.append(Step(at, state.casefold(), _masked(_text(row, "description"))))
    return sorted(found, key=lambda step: step.at)


def _masked(text: str) -> str:
    return _MASKED.sub(MASK, text)


def _text(row: Mapping[str, Json], name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def _moment(row: Mapping[str, Json], name: str) -> datetime | None:
    value = _text(row, name)
    return datetime.fromisoformat(value) if value else None


def _number(row: Mapping[str, Json], name: str) -> float | None:
    value = row.get(name)
    if value is None or value == "" or isinstance(value, bool | dict | list):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _count(row: Mapping[str, Json], name: str) -> int | None:
    number = _number(row, name)
    return None if number is None else round(number)
