"""How the e-Referral Service is spoken to: its media type, what each call carries, what refusals mean."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from actions.health import fhir, reading
from actions.health.referral import By
from actions.sdk.service import Json, Service, ServiceRefused

# e-RS's code, and the name the flows know it by.
_NAMES = {"SLOT_NOT_AVAILABLE": "SLOT_UNAVAILABLE"}
# Statuses that mean one thing whatever code comes with them: an out-of-date version (A016, A031).
_STATUS_NAMES = {409: "VERSION_CONFLICT", 412: "VERSION_CONFLICT"}

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_VALUE = re.compile(r"[^\x00-\x1f\x7f]*")

HEADERS: Final = {
    "key": ("Authorization", "Bearer {}"),
    "api_key": ("apikey", "{}"),
    "organisation": ("nhsd-end-user-organisation-ods", "{}"),
    "business_function": ("nhsd-ers-business-function", "{}"),
    "on_behalf_of": ("nhsd-ers-on-behalf-of-user-id", "{}"),
}
"""The headers that e-RS asks for, by the name of their setting in pack.yml; an empty one is left out."""


class Connection(Service):
    """The e-Referral Service at one base URL, with what its settings say is sent with every call.

    `base_url` is what stands before `/FHIR/STU3`. Besides the `HEADERS` there is the setting `headers` for
    whatever else a gateway wants: `Name: value` and so on, with a `|` between them.
    """

    media_type: ClassVar[str] = fhir.MEDIA_TYPE

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._headers |= headers(self.settings)

    def refusal(self, status: int, raw: bytes) -> ServiceRefused:
        """What an OperationOutcome says."""
        code, diagnostics, details = reading.outcome(raw) or (f"HTTP_{status}", "", {})
        return ServiceRefused(status, _STATUS_NAMES.get(status, _NAMES.get(code, code)), diagnostics, details)

    async def operate[T](
        self,
        where: str,
        read: reading.Reader[T],
        parts: Iterable[dict[str, Json] | None],
        *,
        key: str | None = None,
        version: int | None = None,
    ) -> T:
        """One operation of FHIR with its Parameters.

        Args:
            where: below the base of FHIR, ending in `$` and the operation's name.
            read: reads its answer.
            parts: its parameters; those that are None are left out.
            key: the idempotency key.
            version: of the referral, where the operation is for that version alone.
        """
        name = where.rpartition("$")[2].removeprefix("ers.")
        body = fhir.parameters(name[0].upper() + name[1:], parts)
        condition = None if version is None else {"If-Match": f'W/"{version}"'}
        return await self.call("POST", path(where), read, body=body, key=key, headers=condition)


def headers(settings: Mapping[str, str]) -> dict[str, str]:
    """The headers that settings ask for.

    Raises:
        ValueError: the setting `headers` is not written as it should be.
    """
    found = {
        name: form.format(settings[setting])
        for setting, (name, form) in HEADERS.items() if settings.get(setting)
    }  # fmt: skip
    for each in (settings.get("headers") or "").split("|"):
        name, colon, value = each.partition(":")
        if each.strip() and not (colon and _NAME.fullmatch(name.strip()) and _VALUE.fullmatch(value)):
            raise ValueError(
                "The setting “headers” of the health pack is written “Name: value | Name: value”."
            )
        if each.strip():
            found[name.strip()] = value.strip()
    return found


def path(below: str) -> str:
    """An address of FHIR STU3 below the base URL."""
    return f"FHIR/STU3/{below}"


def checked_ubrn(value: str) -> str:
    """A UBRN before it becomes part of an address; e-RS would say the same.

    Raises:
        ServiceRefused: it is not 12 digits.
    """
    return _checked(value, fhir.UBRN_FORM, "The UBRN")


def checked_id(value: str) -> str:
    """An id in the same way.

    Raises:
        ServiceRefused: it has the wrong form.
    """
    return _checked(value, fhir.ID_FORM, "The id")


def _checked(value: str, form: re.Pattern[str], what: str) -> str:
    if not form.fullmatch(value):
        raise ServiceRefused(400, "INVALID_VALUE", f"{what} has the wrong form.")
    return value


def referral_path(ubrn: str, below: str) -> str:
    """Where an operation on a referral is."""
    return f"ReferralRequest/{checked_ubrn(ubrn)}/{below}"


def acted_by(by: By) -> dict[str, Json] | None:
    """The parameter that says who acts: nothing for the patient, as e-RS knows nobody else."""
    return None if by == "patient" else fhir.part(fhir.OURS + "by", "valueCode", by)
