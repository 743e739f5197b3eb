"""The childcare service as its public pages call it: for everybody, and with a provider's own token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from actions.childcare import reading
from actions.childcare.client import Childcare
from actions.childcare.records import Provider
from actions.sdk.service import Json

PAGE: Final = 50
"""Bookings of one answer of the service."""
MOST: Final = 500
"""Bookings of one page at most; nobody has so many places."""


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
    begun: bool

    @property
    def may_confirm(self) -> bool:
        """Whether its provider can say now that the child came."""
        return self.state == "held" and self.begun and (self.agreed or not self.split)

    @property
    def needs_now(self) -> bool:
        """Whether its provider can do what it waits for; of one that has not begun it is only told."""
        return self.begun or self.asks_agreement

    @property
    def asks_agreement(self) -> bool:
        """Whether it is part of a split sum that its provider has not agreed to; that has three days."""
        return self.split and not self.agreed


class Reader(Childcare):
    """What the pages ask. Each call raises ServiceDown and ServiceRefused."""

    async def sign_in(self, number: str, code: str) -> str:
        """A token for a provider's number and code; PROOF_FAILED or LOCKED else."""
        body: Json = {"number": number, "code": code}
        return await self.call("POST", "provider/session", _token, body=body, headers=self.key)

    async def sign_out(self, token: str) -> None:
        """Ends a sign-in."""
        await self.call("DELETE", "provider/session", lambda _: None, headers=_bearer(token))

    async def me(self, token: str) -> Provider:
        """The provider whose token it is; UNAUTHORISED once it has ended."""
        return await self.call("GET", "provider", reading.provider, headers=_bearer(token))

    async def waiting(self, token: str) -> list[Waiting]:
        """All bookings that wait for a provider: what it can do now first, then by their weeks."""
        found: list[Waiting] = []
        while len(found) < MOST:
            some = await self.mine(token, waiting=True, before=found[-1].id if found else None)
            found += some
            if len(some) < PAGE:
                break
        return sorted(
            found, key=lambda each: (not each.asks_agreement, not each.needs_now, each.since, each.id)
        )

    async def mine(self, token: str, *, waiting: bool, before: int | None) -> tuple[Waiting, ...]:
        """A page of a provider's bookings, the newest first: those that wait for it, or all."""
        params = {"which": "waiting" if waiting else "all"}
        params |= {"before": str(before)} if before is not None else {}
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
        datetime.fromisoformat(got["hold_until"]), got["begun"] is True,
    )  # fmt: skip


def _whole(value: Json) -> int:
    return int(str(value))
