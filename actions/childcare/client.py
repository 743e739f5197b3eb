"""The childcare department's service as the assistant calls it."""

import re
from datetime import date
from typing import Final

from actions.childcare import reading
from actions.childcare.records import Booking, Credit, Event, Family, Notice, Order, Provider, Quote
from actions.sdk.service import Json, KeyedService, ServiceRefused

_REFERENCE: Final = re.compile("[0-9]{10}")
_PROVIDER: Final = re.compile("[A-Z]{2}[0-9]{4,8}")


class Childcare(KeyedService):
    """The service. Every call raises ServiceDown and ServiceRefused (see `Service.call`).

    A ServiceRefused has one of these codes, among others; `details` say more:

    | code | when |
    |---|---|
    | PROOF_FAILED, LOCKED | wrong proof (`remaining-tries`), or too often (`until`) |
    | NOT_YOURS | the child is of another family |
    | NOT_ENOUGH | there is not so much credit |
    | GRACE_OVER | not eligible any more (`ends`, `grace_until`) |
    | STRUCK_OFF, NOT_REGISTERED | the provider can't be paid (`on`) |
    | AGE | the provider does not take a child of that age (`age_from`, `age_to`) |
    | TOO_EARLY, TOO_FAR | the care is too long over, or too far ahead (`weeks`) |
    | BEGUN | the care has begun: the provider says what is paid |
    | ALREADY_CONFIRMED, ALREADY_CANCELLED, HOLD_EXPIRED | of a booking that is over |
    | NO_BANK_ACCOUNT | the family lets us take money from no account |
    """

    async def prove(self, reference: str, code: str, birth_year: int) -> Family:
        """A family for its reference, the code of its letter, and the parent's year of birth."""
        body: Json = {"reference": reference, "code": code, "birth_year": birth_year}
        return await self.call("POST", "families/prove", reading.family, body=body, headers=self.key)

    async def known(self, phone: str) -> tuple[Family, ...]:
        """The families whose number this is."""
        body: Json = {"phone": phone}
        return await self.call("POST", "families/known", reading.families, body=body, headers=self.key)

    async def family(self, reference: str) -> Family:
        """A family that proved before who it is, as it is today."""
        return await self.call("GET", f"families/{_reference(reference)}", reading.family, headers=self.key)

    async def confirm(self, reference: str, key: str) -> date:
        """Says for a family that nothing has changed; the next day by which to say so."""
        path = f"families/{_reference(reference)}/confirm"
        return await self.call("POST", path, reading.confirm_by, key=key, headers=self.key)

    async def credit(self, reference: str) -> tuple[Credit, ...]:
        """What each child of a family has."""
        path = f"families/{_reference(reference)}/credit"
        return await self.call("GET", path, reading.credits_of, headers=self.key)

    async def events(self, reference: str) -> tuple[Event, ...]:
        """What happened to a family's credit, the newest first."""
        path = f"families/{_reference(reference)}/events"
        return await self.call("GET", path, reading.events, headers=self.key)

    async def bookings(self, reference: str) -> tuple[Booking, ...]:
        """A family's bookings, the newest first."""
        path = f"families/{_reference(reference)}/bookings"
        return await self.call("GET", path, reading.bookings, headers=self.key)

    async def providers(self, **wanted: str | int | float | bool | None) -> tuple[Provider, ...]:
        """Registered providers: `lat`, `long`, `kind`, `age` (months), `day`, `speaks`, `free`, `order`."""
        params = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in wanted.items()
            if value is not None
        }
        return await self.call("GET", "providers", reading.providers, params=params)

    async def named(self, said: str) -> tuple[Provider, ...]:
        """The providers whose names stand in a text, those with their whole name first."""
        return await self.call("GET", "providers", reading.providers, params={"said": said[:400]})

    async def provider(self, number: str) -> Provider:
        """One provider."""
        return await self.call("GET", f"providers/{_provider(number)}", reading.provider)

    async def quote(self, order: Order) -> Quote:
        """What a booking would come from, by all rules of booking it."""
        return await self.call("POST", "quotes", reading.quote, body=_order(order), headers=self.key)

    async def book(self, order: Order, key: str) -> tuple[Booking, ...]:
        """Books, which holds the money: one booking for each provider. The same key books once."""
        return await self.call(
            "POST", "bookings", reading.bookings, body=_order(order), key=key, headers=self.key
        )  # fmt: skip

    async def cancel(self, reference: str, booking: int, key: str) -> Booking:
        """Cancels a booking whose care has not begun."""
        return await self._about(f"bookings/{booking}/cancel", reference, key)

    async def ask(self, reference: str, booking: int, key: str) -> Booking:
        """Asks the provider of a booking to confirm that the child came."""
        return await self._about(f"bookings/{booking}/ask", reference, key)

    async def _about(self, path: str, reference: str, key: str) -> Booking:
        body: Json = {"family": reference}
        return await self.call("POST", path, reading.booking, body=body, key=key, headers=self.key)

    async def add_own_money(self, reference: str, child: int, amount: int, key: str) -> None:
        """Takes a family's own money for a child from the bank account it agreed to."""
        body: Json = {"family": reference, "amount": amount}
        path = f"children/{child}/own-money"
        await self.call("POST", path, reading.mapping, body=body, key=key, headers=self.key)

    async def notices(self, after: int) -> tuple[tuple[Notice, ...], int]:
        """What families are to be told after a notice, and where to go on."""
        params = {"after": str(after)}
        return await self.call("GET", "notices", reading.notices, params=params, headers=self.key)


def _order(order: Order) -> Json:
    return {
        "family": order.family, "child": order.child, "since": order.since.isoformat(),
        "until": order.until.isoformat(), "days": list(order.days),
        "shares": [{"provider": provider, "amount": amount} for provider, amount in order.shares],
    }  # fmt: skip


def _checked(value: str, form: re.Pattern[str], what: str) -> str:
    # Before it becomes part of an address; the service would say the same.
    if not form.fullmatch(value):
        raise ServiceRefused(400, "INVALID", f"The {what} has the wrong form.")
    return value


def _reference(value: str) -> str:
    return _checked(value, _REFERENCE, "reference")


def _provider(value: str) -> str:
    return _checked(value, _PROVIDER, "provider's number")
