"""What the demonstration's operator does at the stand-in, over HTTP; an e-RS has no such calls."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from actions.health import answers, fhir, reading
from actions.health.connection import Connection, checked_id, path, referral_path
from actions.health.referral import Referral, Slot, State
from actions.sdk.service import Json


@dataclass(frozen=True, slots=True)
class Staged:
    """A referral with its mobile number, and the states that it can be moved to."""

    referral: Referral
    phone: str | None
    reachable: tuple[State, ...]


def _staged(answer: Json) -> list[Staged]:
    read = []
    for each in fhir.items(fhir.resource(answer, "Bundle").get("entry", [])):
        found = fhir.resource(fhir.node(each)["resource"], "ReferralRequest")
        extensions = fhir.extensions(found)
        states = [reading.one_of(State, state) for state in extensions.get(fhir.OURS + "reachable", [])]
        [phone] = extensions.get(fhir.OURS + "phone", [None])
        read.append(
            Staged(
                reading.referral(dict(found)),
                None if phone is None else fhir.text(phone),
                cast("tuple[State, ...]", tuple(states)),
            )
        )
    return read


class Operator(Connection):
    """Moves the demonstration on, as the clinic, the hospital and the GP would.

    A real e-RS answers these calls with 404: ServiceRefused.
    """

    async def listed(self, after: str = "", limit: int = 50) -> list[Staged]:
        """Referrals in the order of their numbers.

        Args:
            after: the number before the first wanted.
            limit: at most so many, 1 to 100.
        """
        params = {"_count": str(limit), **({"after": after} if after else {})}
        where = path("ReferralRequest/$ers.demoReferrals")
        return await self.call("GET", where, _staged, params=params)

    async def one(self, ubrn: str) -> Staged | None:
        """One referral, if there is one of that number."""
        where = path("ReferralRequest/$ers.demoReferrals")
        found = await self.call("GET", where, _staged, params={"ubrn": ubrn})
        return found[0] if found else None

    async def move(self, ubrn: str, state: State, key: str, *, advice: str | None = None) -> Referral:
        """Moves a referral to another state; it is told in the feed.

        Args:
            ubrn: the referral.
            state: one that it can come to from its own.
            key: the idempotency key.
            advice: the clinic's words, which two of the states come with.
        """
        parts = [fhir.part("state", "valueCode", state), fhir.part("advice", "valueString", advice)]
        where = referral_path(ubrn, "$ers.demoMove")
        return await self.operate(where, reading.referral, parts, key=key)

    async def begin_again(self, ubrn: str, key: str) -> Referral:
        """Puts a referral of the demonstration back to where its story begins; nobody is told."""
        where = referral_path(ubrn, "$ers.demoBeginAgain")
        return await self.operate(where, reading.referral, [], key=key)

    async def free(self, service_id: str, start: datetime, key: str) -> Slot:
        """Adds a free time to a service, as when somebody else gives theirs up."""
        parts = [fhir.part("start", "valueInstant", start.isoformat())]
        where = f"HealthcareService/{checked_id(service_id)}/$ers.demoFreeSlot"
        return await self.operate(where, reading.free_slot, parts, key=key)

    async def cancel_clinic(self, service_id: str, day: date, key: str) -> tuple[str, ...]:
        """Cancels a service's clinic of a day in London.

        Returns:
            The referrals whose appointment it was.
        """
        parts = [fhir.part("date", "valueDate", day.isoformat())]
        where = f"HealthcareService/{checked_id(service_id)}/$ers.demoCancelClinic"
        return await self.operate(where, answers.cancelled, parts, key=key)
