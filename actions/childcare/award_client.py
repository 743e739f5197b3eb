"""The childcare department's service as its own staff's pages call it: award runs, weights, books."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode

import aiohttp

from actions.sdk.service import Json, KeyedService, parse

type Got = Mapping[str, Any]
"""An object of the service's, as `service/award_routes.py` says it."""


class Awards(KeyedService):
    """The service. Every call raises ServiceDown and ServiceRefused (see `Service.call`).

    A ServiceRefused has the service's code, and its sentence in `diagnostics`.
    """

    # A file of a hundred thousand families is many megabytes, and sums over all of them take their time.
    timeout: ClassVar[aiohttp.ClientTimeout] = aiohttp.ClientTimeout(total=60, connect=2, sock_connect=2)

    async def runs(self) -> list[Got]:
        """The newest runs, the last first."""
        return await self.call("GET", "award-runs", _list("runs"), headers=self.key)

    async def run(self, number: int) -> Got:
        """One run, and what it comes to."""
        return await self.call("GET", f"award-runs/{number}", _object, headers=self.key)

    async def send(
        self, name: str, data: bytes, period: tuple[date, date], expires: date, *, by: str, key: str
    ) -> Got:
        """Sends a file, to be checked.

        Args:
            name: of the file.
            data: what is in it.
            period: its first and last day.
            expires: the last day on which its credit can be spent.
            by: `officer:3`.
            key: the same one sends it once.
        """
        query = urlencode({"name": name, "from": period[0], "until": period[1], "expires": expires, "by": by})
        return await self.exchange(
            "POST", f"award-runs?{query}", lambda raw: _object(parse(raw)), data=("text/csv", data), key=key,
            headers=self.key,
        )  # fmt: skip

    async def rows(self, number: int, after: int = 0, *, broken: bool = False) -> tuple[list[Got], bool]:
        """Some rows of a run after one; and whether there are more."""
        params = {"after": str(after), **({"which": "broken"} if broken else {})}
        found = await self.call(
            "GET", f"award-runs/{number}/rows", _object, params=params, headers=self.key
        )  # fmt: skip
        return _list("rows")(dict(found)), found["more"] is True

    async def start(self, number: int, by: str) -> Got:
        """Makes a checked file into awards."""
        path = f"award-runs/{number}/start"
        return await self.call("POST", path, _object, body={"by": by}, headers=self.key)

    async def give_up(self, number: int, by: str) -> Got:
        """Puts a file aside that was not made into awards."""
        path = f"award-runs/{number}/give-up"
        return await self.call("POST", path, _object, body={"by": by}, headers=self.key)

    async def weights(self) -> tuple[list[Got], int | None]:
        """The versions of the weights, the one that comes last first; and the one that holds today."""
        found = await self.call("GET", "weights", _object, headers=self.key)
        return _list("versions")(dict(found)), found["now"]

    async def add_weights(
        self, day: date, low_income: int, training: int, *, why: str, by: str, key: str
    ) -> None:
        """Adds a version that holds from a day on; weights in hundredths of a per cent."""
        body: Json = {
            "from": day.isoformat(), "low_income": low_income, "training": training, "why": why, "by": by,
        }  # fmt: skip
        await self.call("POST", "weights", _object, body=body, key=key, headers=self.key)

    async def what_if(
        self, since: date, until: date, low_income: int, training: int, changed: Mapping[str, int]
    ) -> Got:
        """What awards of a time would have been; all in hundredths of a per cent."""
        params = {
            "since": since.isoformat(), "until": until.isoformat(), "low_income": str(low_income),
            "training": str(training), **{name: str(value) for name, value in changed.items()},
        }  # fmt: skip
        return await self.call("GET", "what-if", _object, params=params, headers=self.key)

    async def books(self) -> Got:
        """Each funder's books, beside the ledger's."""
        return await self.call("GET", "books", _object, headers=self.key)

    async def pay_in(self, funder: str, amount: int, reference: str, *, by: str, key: str) -> None:
        """Notes what a funder paid in, in pence."""
        body: Json = {"funder": funder, "amount": amount, "reference": reference, "by": by}
        await self.call("POST", "payments-in", _object, body=body, key=key, headers=self.key)

    async def changes(self) -> list[Got]:
        """What will change for families within the month."""
        return await self.call("GET", "changes", _list("changes"), headers=self.key)


def _object(answer: Json) -> Got:
    if not isinstance(answer, dict):
        raise TypeError("an object is expected")
    return answer


def _list(name: str) -> Callable[[Json], list[Got]]:
    def read(answer: Json) -> list[Got]:
        found = _object(answer)[name]
        if not isinstance(found, list):
            raise TypeError("a list is expected")
        return [_object(each) for each in found]

    return read
