"""Calls the education service: who speaks for which pupil, the credit, tutors, agreements and sessions."""

from collections.abc import Mapping
from dataclasses import dataclass

from actions.sdk import Service, ServiceRefused
from actions.sdk.service import Json, parse


@dataclass(frozen=True)
class Speaker:
    """Somebody who speaks for a pupil: `party` is `parent`, `pupil` or `school`."""

    reference: str
    given_name: str
    party: str


class EducationService(Service):
    """What all clients of the education service have in common: its key, and how it says no.

    Every call raises ServiceDown and ServiceRefused (see `Service.call`).
    """

    @property
    def key(self) -> Mapping[str, str]:
        """The header that shows who calls."""
        return {"Authorization": f"Bearer {self.settings.get('key', '')}"}

    def refusal(self, status: int, raw: bytes) -> ServiceRefused:
        """What a problem (RFC 9457) says."""
        try:
            found = parse(raw)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            return ServiceRefused(status, f"HTTP_{status}")
        details = {
            name: value for name, value in found.items()
            if isinstance(value, str | int) and name not in ("type", "title", "status", "detail", "code")
        }  # fmt: skip
        return ServiceRefused(
            status, str(found.get("code", f"HTTP_{status}")), str(found.get("detail", "")), details
        )


class People(EducationService):
    """Who speaks for which pupil."""

    async def prove(self, reference: str, code: str, birth_year: int) -> Speaker:
        """Who a reference, a code and the pupil's year of birth belong to.

        Raises:
            ServiceRefused: `PROOF_FAILED` with `remaining-tries`, or `LOCKED` with `until`.
        """
        body: Json = {"reference": reference, "code": code, "birth_year": birth_year}
        return await self.call("POST", "proofs", _speaker, body=body, headers=self.key)

    async def with_phone(self, phone: str) -> list[Speaker]:
        """Whom a mobile number is on record for."""
        return await self.call("GET", "people", _speakers, params={"phone": phone}, headers=self.key)


def _speaker(answer: Json) -> Speaker:
    if not isinstance(answer, dict):
        raise TypeError("an object is expected")
    return Speaker(str(answer["reference"]), str(answer["given_name"]), str(answer["party"]))


def _speakers(answer: Json) -> list[Speaker]:
    if not isinstance(answer, dict) or not isinstance(answer["people"], list):
        raise TypeError("a list is expected")
    return [_speaker(each) for each in answer["people"]]
