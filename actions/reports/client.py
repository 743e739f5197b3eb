"""The client of an Open311 GeoReport v2 service: Onedoor's own, or a council's, by its address alone."""

import hashlib
import hmac
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode

from actions.reports import reading
from actions.reports.problem import Attribute, Category, Problem, Receipt, Report, Update
from actions.sdk import Service, ServiceRefused

FORM: Final = "application/x-www-form-urlencoded"
EARTH_KM: Final = 6371.0088
MOST_PAGES: Final = 5
"""Pages of reports that are looked through where a service can't search by place."""
PAGE: Final = 200
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits that are not taken for one another."""
CATEGORIES_FOR: Final = 300.0
"""Seconds for which a service's categories are taken to be what they were."""
LOST_FOR: Final = timedelta(days=2)
"""For how long a report whose answer was lost is looked for before it is made again."""


def our_reference(key: str) -> str:
    """The mark of ours in a report's words, by which it is found again: `OD-7K3F9Q2`."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
    return "OD-" + "".join(ALPHABET[number >> (5 * at) & 31] for at in range(7))


class Open311(Service):
    """GeoReport v2 with mySociety's updates, and our own service's extensions where they are.

    It reads XML, which every such service has. `settings` are `key` (the API key) and `jurisdiction`.
    A ServiceRefused has the service's own code, and its sentence in `diagnostics`.
    """

    media_type: ClassVar[str] = "text/xml"

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._categories: dict[str, tuple[float, list[Category]]] = {}

    def account(self, address: str) -> str:
        """An opaque id of a citizen for this service: it can't be turned back into a number."""
        key = self.settings.get("key") or self._base_url
        return hmac.new(key.encode(), address.encode(), hashlib.sha256).hexdigest()[:32]

    async def categories(self, language: str) -> list[Category]:
        """All kinds of problems that can be reported; asked for once in some minutes."""
        read_at, known = self._categories.get(language, (0.0, []))
        if not known or monotonic() - read_at > CATEGORIES_FOR:
            known = await self._get("services.xml", reading.categories, {"locale": language})
            self._categories[language] = (monotonic(), known)
        return known

    async def attributes(self, code: str, language: str) -> list[Attribute]:
        """A category's questions."""
        path = f"services/{quote(code, safe='')}.xml"
        return await self._get(path, reading.attributes, {"locale": language})

    async def report(self, report: Report, key: str, *, again: bool = False) -> Receipt:
        """Reports a problem.

        Our own service does the same key's work once. Another may have taken a report whose answer was
        lost: it is looked for by the mark in its words before it is made again.

        Args:
            report: the problem.
            key: the idempotency key.
            again: whether this report was perhaps made before.
        """
        mark = our_reference(key)
        if again and (found := await self._made_before(report, mark)) is not None:
            return Receipt(found.id, None, found.notice)
        words = report.description if self._ours else f"{report.description}\n\nRef {mark}"
        fields: dict[str, str] = {
            "service_code": report.category_code, "description": words, "address_string": report.address,
            "media_url": report.media_url, "phone": report.phone, "account_id": report.account,
        }  # fmt: skip
        if report.lat is not None and report.long is not None:
            fields |= {"lat": f"{report.lat:.6f}", "long": f"{report.long:.6f}"}
        answers = [
            (f"attribute[{code}]" + ("[]" if isinstance(value, list) else ""), each)
            for code, value in report.attributes.items()
            for each in (value if isinstance(value, list) else [value])
        ]
        return await self._post("requests.xml", fields, reading.receipt, key, answers)

    async def _made_before(self, report: Report, mark: str) -> Problem | None:
        since = (datetime.now(UTC) - LOST_FOR).isoformat(timespec="seconds")
        params = {"service_code": report.category_code, "start_date": since, "page_size": str(PAGE)}
        found = await self._get("requests.xml", reading.problems, params)
        return next((each for each in found if mark in each.description), None)

    async def token(self, token: str) -> str | None:
        """The reference that a token has become; None while it has not."""
        receipt = await self._get(f"tokens/{quote(token, safe='')}.xml", reading.receipt, {})
        return receipt.id

    async def problem(self, problem_id: str, language: str = "en") -> Problem:
        """One report.

        Raises:
            ServiceRefused: 404, there is none.
        """
        found = await self._get(
            f"requests/{quote(problem_id, safe='')}.xml", reading.problems,
            {"locale": language, "extensions": "true"},
        )  # fmt: skip
        if not found:
            raise ServiceRefused(404, "unknown_request")
        return found[0]

    async def near(
        self, lat: float, long: float, metres: int, category_code: str | None = None
    ) -> list[Problem]:
        """Open reports around a place, the nearest first.

        A service that can't search by place is looked through: its newest reports of the category, a few
        pages of them, and the distances are worked out here.
        """
        params = {
            "lat": f"{lat:.6f}", "long": f"{long:.6f}", "radius": str(metres), "status": "open",
            "extensions": "true",
        }  # fmt: skip
        if category_code is not None:
            params["service_code"] = category_code
        found: list[Problem] = []
        for page in range(1, MOST_PAGES + 1):
            some = await self._get("requests.xml", reading.problems, {**params, "page": str(page)})
            found += some
            if any(each.distance is not None for each in some) or len(some) < 2 or self._ours:
                break  # it knows what we asked for, or there is no more
        placed = {
            each.id: (each.distance if each.distance is not None else _metres(each, lat, long), each)
            for each in found
            if each.status == "open" and (category_code is None or each.category_code == category_code)
        }
        close = [(away, each) for away, each in placed.values() if away is not None and away <= metres]
        return [_at(each, away) for away, each in sorted(close, key=lambda pair: (pair[0], pair[1].id))]

    async def updates(self, start: datetime, end: datetime, language: str = "en") -> list[Update]:
        """What was said and done between two moments, oldest first."""
        params = {
            "locale": language,
            "start_date": _written(start),
            "end_date": _written(end),
            "page_size": "1000",
        }
        return await self._get("servicerequestupdates.xml", reading.updates, params)

    async def changed_since(self, moment: datetime) -> list[Problem]:
        """Reports that changed after a moment, for services without updates."""
        params = {"updated_after": _written(moment), "extensions": "true", "page_size": str(PAGE)}
        return await self._get("requests.xml", reading.problems, params)

    async def update(
        self, problem_id: str, state: str, description: str, key: str, *, media_url: str = ""
    ) -> str:
        """Says or changes something about a report; the service's id of it."""
        fields = {
            "service_request_id": problem_id, "status": state.upper(), "description": description,
            "media_url": media_url, "update_id": key, "updated_datetime": _written(datetime.now(UTC)),
        }  # fmt: skip
        return await self._post("servicerequestupdates.xml", fields, reading.update_id, key)

    async def support(self, problem_id: str, account: str, key: str) -> None:
        """Somebody follows a report. A service that counts nobody is none the wiser."""
        await self._supports("support", problem_id, account, key)

    async def unsupport(self, problem_id: str, account: str, key: str) -> None:
        """Somebody follows it no longer."""
        await self._supports("unsupport", problem_id, account, key)

    async def _supports(self, what: str, problem_id: str, account: str, key: str) -> None:
        if self._ours:
            path = f"requests/{quote(problem_id, safe='')}/{what}.xml"
            await self._post(path, {"account_id": account}, lambda _: None, key)

    @property
    def _ours(self) -> bool:
        """Whether the service is Onedoor's own, with its extensions."""
        return self._base_url.endswith("/open311/v2") and "jurisdiction" not in self._given()

    def _given(self) -> Mapping[str, str]:
        return {name: value for name, value in self.settings.items() if value}

    async def _get[T](self, path: str, read: Callable[[bytes], T], params: Mapping[str, str]) -> T:
        given = self._given()
        if "jurisdiction" in given:
            params = {**params, "jurisdiction_id": given["jurisdiction"]}
        if self._ours and "key" in given:
            params = {**params, "api_key": given["key"]}
        return await self.exchange("GET", path, read, params=params)

    async def _post[T](
        self,
        path: str,
        fields: Mapping[str, str],
        read: Callable[[bytes], T],
        key: str,
        more: list[tuple[str, str]] | None = None,
    ) -> T:
        given = self._given()
        pairs = [(name, value) for name, value in fields.items() if value] + (more or [])
        if "key" in given:
            pairs.append(("api_key", given["key"]))
        if "jurisdiction" in given:
            pairs.append(("jurisdiction_id", given["jurisdiction"]))
        return await self.exchange("POST", path, read, data=(FORM, urlencode(pairs).encode()), key=key)

    def refusal(self, status: int, raw: bytes) -> ServiceRefused:
        """What a list of errors says."""
        code, sentence = reading.refusal(raw) or (f"HTTP_{status}", "")
        return ServiceRefused(status, code or f"HTTP_{status}", sentence)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _at(problem: Problem, metres: float) -> Problem:
    return replace(problem, distance=round(metres))


def _metres(problem: Problem, lat: float, long: float) -> float | None:
    if problem.lat is None or problem.long is None:
        return None
    return distance(lat, long, problem.lat, problem.long)


def distance(lat: float, long: float, other_lat: float, other_long: float) -> float:
    """Metres between two places on the great circle; R = 6371.0088 km."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(other_long - long) / 2) ** 2
    )
    return 2 * EARTH_KM * 1000 * math.asin(math.sqrt(half))
