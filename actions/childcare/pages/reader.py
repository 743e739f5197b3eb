"""The childcare service as its public pages call it: for everybody, and with a provider's own token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from actions.childcare import reading
from actions.childcare.client import Childcare
from actions.childcare.records import Provider
from actions.sdk.service import Json


@dataclass(frozen=True, slots=True)
class Waiting:
    """A booking as its provider sees it; pence."""

    id: int
    state: str
    amount: int
    attended: int | None
    child: str
    since: date
    until: date
    days: tuple[int, ...]
    split: bool
    agreed: bool
    asked: bool
    back_on: datetime


class Reader(Childcare):
    """What the pages ask. Each call raises ServiceDown and ServiceRefused."""

    async def sign_in(self, number: str, code: str) -> str:
        """A token for a provider's number and code; PROOF_FAILED or LOCKED else."""
        body: Json = {"number": number, "code": code}
        return await self.call("POST", "provider/session", _token, body=body)

    async def sign_out(self, token: str) -> None:
        """Ends a sign-in."""
        await self.call("DELETE", "provider/session", lambda _: None, headers=_bearer(token))

    async def me(self, token: str) -> Provider:
        """The provider whose token it is; UNAUTHORISED once it has ended."""
        return await self.call("GET", "provider", reading.provider, headers=_bearer(token))

    async def mine(self, token: str, *, waiting: bool) -> tuple[Waiting, ...]:
        """A provider's bookings, the newest first: those that wait for it, or all."""
        params = {"which": "waiting" if waiting else "all"}
        return await self.call("GET", "provider/bookings", _bookings, params=params, headers=_bearer(token))

    async def decide(self, token: str, booking: int, what: str, body: Json, key: str) -> Waiting:
        """A provider's decision about a booking: `attendance`, `agreement` or `cancel`; once for its key."""
        path = f"provider/bookings/{booking}/{what}"
        return await self.call("POST", path, _booking, body=body, key=key, headers=_bearer(token))


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _token(answer: Json) -> str:
    return str(reading.mapping(answer)["token"])


def _bookings(answer: Json) -> tuple[Waiting, ...]:
    return reading.every(reading.mapping(answer)["bookings"], _booking)


def _booking(answer: Json) -> Waiting:
    got = reading.mapping(answer)
    attended = got["attended"]
    return Waiting(
        int(got["id"]), str(got["state"]), reading.pence(got["amount"]),
        None if attended is None else reading.pence(attended), str(got["child_name"]),
        date.fromisoformat(got["since"]), date.fromisoformat(got["until"]),
        reading.every(got["days"], _whole),
        got["split"] is True, got["agreed"] is True, got["asked_to_confirm_at"] is not None,
        datetime.fromisoformat(got["hold_until"]),
    )  # fmt: skip


def _whole(value: Json) -> int:
    return int(str(value))
