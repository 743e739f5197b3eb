"""Calls the education service about schools: what can be chosen, lists, offers, and what officers do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final
from urllib.parse import quote

import aiohttp

from actions.sdk import Values
from actions.sdk.service import Json, KeyedService, parse

SHOWN: Final = (
    "urn", "name", "phase", "entry", "faith", "town", "phone", "progress", "progress_year", "ethos",
    "breakfast", "after_school", "figure_date", "age_from", "age_to", "capacity", "pupils", "metres", "walk",
    "bus", "far", "free",
)  # fmt: skip
"""What a conversation keeps of a school that a parent looks at."""


@dataclass(frozen=True)
class SchoolNotice:
    """Something to tell a parent, or the desk where there is no pupil.

    Args:
        id: its number, later ones larger.
        key: the same is told once.
        kind: `right`, `withdrawn`, `remind`, `outcome` or `answer`; for the desk `allocate`, `unanswered` or
            `wanted`.
        pupil: the reference; None for the desk.
        name: what the pupil is called.
        phone: the parent's; None where none is known.
        language: the parent's.
        party: which of two parents: `parent` or `other_parent`.
        round: its number.
        deadline: until when lists can be sent.
        answer_by: until when offers are answered; None before they are made.
        details: what it is about; JSON.
        at: when it came up.
    """

    id: int
    key: str
    kind: str
    pupil: str | None
    name: str
    phone: str | None
    language: str
    party: str
    round: int
    deadline: datetime
    answer_by: datetime | None
    details: Mapping[str, Json]
    at: datetime


class Schools(KeyedService):
    """What parents and their conversations need. Every call raises ServiceDown and ServiceRefused."""

    async def situation(self, pupil: str) -> Values:
        """Where a pupil's parent stands: `stage`, `name`, `year_group`, `school`, `round`, `list`, `outcome`.

        Raises:
            ServiceRefused: `NOT_ON_A_ROLL`, nothing is known of the pupil's year and home.
        """
        return await self.call("GET", f"pupils/{pupil}/school", _situation, headers=self.key)

    async def choose_from(
        self,
        pupil: str,
        *,
        order: str = "distance",
        faith: str | None = None,
        near: tuple[float, float] | None = None,
        full: bool = False,
    ) -> list[Values]:
        """The schools that a parent can choose from, as `service/schools.py` tells."""
        params = {"order": order, **({"faith": faith} if faith else {}), **({"full": "true"} if full else {})}
        return await self.call(
            "GET", f"pupils/{pupil}/schools", _seen, params={**params, **_at(near)}, headers=self.key
        )

    async def named(self, pupil: str, name: str) -> list[Values]:
        """The schools that a part of a name tells of."""
        return await self.call(
            "GET", f"pupils/{pupil}/schools", _seen, params={"name": name}, headers=self.key
        )

    async def keep(
        self, pupil: str, number: int, schools: Sequence[str], seen: Sequence[str], *, key: str
    ) -> None:
        """Keeps a list in place of the one that was seen.

        Raises:
            ServiceRefused: `DEADLINE_PASSED`, `LIST_CHANGED`, `NOT_FOR_PUPIL` with `urn` and `why`, …
        """
        body: Json = {"round": number, "schools": [*schools], "seen": [*seen]}
        await self.call("PUT", f"pupils/{pupil}/choice", _anything, body=body, key=key, headers=self.key)

    async def answer(self, pupil: str, number: int, school: str, *, accept: bool, key: str) -> None:
        """Accepts or refuses the offered place.

        Raises:
            ServiceRefused: `NO_OFFER`, or `ALREADY_ANSWERED`.
        """
        body: Json = {"round": number, "school": school, "answer": "accept" if accept else "refuse"}
        await self.call("POST", f"pupils/{pupil}/offer", _anything, body=body, key=key, headers=self.key)

    async def news(self, last: int) -> list[SchoolNotice]:
        """What to tell, after the notice that was seen last."""
        return await self.call("GET", "school-news", _news, params={"since": str(last)}, headers=self.key)

    # --- what everybody may know ------------------------------------------------------------------

    async def near(self, at: tuple[float, float], phase: str | None = None) -> list[Values]:
        """The schools nearest to a place."""
        params = {**_at(at), **({"phase": phase} if phase else {})}
        return await self.call("GET", "schools", _public, params=params)

    async def for_year(
        self, at: tuple[float, float], year: int, *, order: str = "distance", faith: str | None = None
    ) -> list[Values]:
        """The schools near a place that have places in a year group, as `choose_from` gives them."""
        params = {"year": str(year), "order": order, **({"faith": faith} if faith else {})}
        return await self.call("GET", "schools", _seen, params={**_at(at), **params})

    async def by_name(self, after: tuple[str, str] = ("", ""), phase: str | None = None) -> list[Values]:
        """A page of all schools by name, after a name and a URN."""
        params = {"after": after[0], "urn": after[1], **({"phase": phase} if phase else {})}
        return await self.call("GET", "schools", _public, params=params)

    async def school(self, urn: str) -> Values:
        """A school.

        Raises:
            ServiceRefused: `SCHOOL_NOT_FOUND`.
        """
        return await self.call("GET", f"schools/{urn}", _object)

    async def admissions(self) -> Values:
        """The published rules, rounds and areas."""
        return await self.call("GET", "admissions", _object)


class SchoolOffice(Schools):
    """What officers do. Every call raises ServiceDown and ServiceRefused."""

    timeout: ClassVar[aiohttp.ClientTimeout] = aiohttp.ClientTimeout(total=60, connect=2, sock_connect=2)
    """A file of a council's schools, or the places of a large round, take some seconds."""

    async def designations(self) -> Values:
        """The designations, and the schools that the register says failed."""
        return await self.call("GET", "designations", _object, headers=self.key)

    async def designate(self, urns: Sequence[str], reason: str, deadline: datetime, *, key: str) -> Values:
        """Designates schools.

        Raises:
            ServiceRefused: `DEADLINE_TOO_NEAR`, `DEADLINE_TOO_FAR`, `SCHOOLS_UNKNOWN`, `ALREADY_DESIGNATED`.
        """
        body: Json = {"urns": [*urns], "reason": reason, "deadline": deadline.isoformat()}
        return await self.call("POST", "designations", _object, body=body, key=key, headers=self.key)

    async def withdraw(self, number: int, *, key: str) -> None:
        """Takes a designation back.

        Raises:
            ServiceRefused: `OVER`.
        """
        await self.call("POST", f"designations/{number}/withdrawal", _anything, key=key, headers=self.key)

    async def rounds(self) -> list[Values]:
        """The rounds with their figures."""
        return await self.call("GET", "rounds", lambda answer: _list(answer, "rounds"), headers=self.key)

    async def try_giving(self, number: int) -> Values:
        """What giving out the places of a round would come to."""
        body: Json = {"dry_run": True}
        return await self.call("POST", f"rounds/{number}/places", _object, body=body, headers=self.key)

    async def give(self, number: int, answer_by: datetime, appeal_by: date, *, key: str) -> Values:
        """Gives out the places of a round.

        Raises:
            ServiceRefused: `ALREADY_GIVEN`, `TOO_EARLY`, `ANSWER_TOO_SOON`, `APPEAL_TOO_SOON`.
        """
        body: Json = {
            "dry_run": False, "answer_by": answer_by.isoformat(), "appeal_by": appeal_by.isoformat()
        }  # fmt: skip
        return await self.call(
            "POST", f"rounds/{number}/places", _object, body=body, key=key, headers=self.key
        )

    async def offer_next(self, number: int, urn: str, year: int, *, key: str) -> Values:
        """Offers a place that is free again.

        Raises:
            ServiceRefused: `NO_PLACE`, `NOBODY_WAITS`.
        """
        path = f"rounds/{number}/waiting/{urn}/{year}"
        return await self.call("POST", path, _object, key=key, headers=self.key)

    async def look_at_file(self, kind: str, name: str, content: bytes) -> Values:
        """What bringing a file in would do.

        Raises:
            ServiceRefused: `FILE_UNREADABLE`; its diagnostics are a sentence.
        """
        return await self.exchange(
            "POST", f"school-files/{kind}?name={quote(name, safe='')}", _object_of_bytes,
            data=("text/csv", content), headers=self.key,
        )  # fmt: skip

    async def bring_in(self, number: int) -> Values:
        """Brings a file in that was looked at.

        Raises:
            ServiceRefused: `FILE_GONE` or `FILE_WRONG`.
        """
        return await self.call("POST", f"school-files/{number}/bringing", _object, headers=self.key)


def _at(near: tuple[float, float] | None) -> dict[str, str]:
    return {} if near is None else {"lat": f"{near[0]:.6f}", "long": f"{near[1]:.6f}"}


def _anything(_: Json) -> None:
    """What a call answers that says no more than that it was done."""


def _object(answer: Json) -> Values:
    if not isinstance(answer, dict):
        raise TypeError("an object is expected")
    return answer


def _object_of_bytes(raw: bytes) -> Values:
    return _object(parse(raw))


def _list(answer: Json, name: str) -> list[Values]:
    found = _object(answer)[name]
    if not isinstance(found, list):
        raise TypeError("a list is expected")
    return [_object(each) for each in found]


def _situation(answer: Json) -> Values:
    found = _object(answer)
    for name in ("stage", "name", "year_group", "school", "round", "list", "outcome"):
        found[name]  # a KeyError makes the answer nonsense
    return found


def _seen(answer: Json) -> list[Values]:
    return [
        {"id": str(each["urn"]), **{name: each[name] for name in SHOWN}} for each in _list(answer, "schools")
    ]


def _public(answer: Json) -> list[Values]:
    return _list(answer, "schools")


def _news(answer: Json) -> list[SchoolNotice]:
    return [
        SchoolNotice(
            int(each["id"]), str(each["key"]), str(each["kind"]), each["pupil"], str(each["name"] or ""),
            each["phone"], str(each["language"]), str(each["party"]), int(each["round"]),
            datetime.fromisoformat(each["deadline"]),
            datetime.fromisoformat(each["answer_by"]) if each["answer_by"] else None,
            _object(each["details"]), datetime.fromisoformat(each["at"]),
        )
        for each in _list(answer, "news")
    ]  # fmt: skip
