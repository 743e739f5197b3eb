"""What the delegated channel adds to e-RS for one referral: proof, holds, moves, wishes, carers, answers.

e-RS serves professionals and has no call for any of it: all of it is ours (docs/decisions/0023-e-rs.md).
"""

from datetime import date, datetime
from typing import Literal

from actions.health import answers, fhir, reading
from actions.health.connection import (
    Connection,
    acted_by,
    checked_id,
    checked_ubrn,
    path,
    referral_path,
)
from actions.health.referral import Answers, Appointment, By, Hold, Permission, Referral, SlotPage, Wish
from actions.sdk.service import Json

type CancelReason = Literal[
    "PATIENT_ILL",
    "PATIENT_HOLIDAY",
    "PATIENT_OTHER_ENGAGEMENT",  # needs a comment
    "PATIENT_APPOINTMENT_CANCELLATION_OTHER",  # needs a comment
]


class Delegated(Connection):
    """A referral in a citizen's hands. A call with `by="carer"` is refused without a permission in force."""

    async def referral(self, ubrn: str, access_code: str, birth_year: int) -> Referral:
        """A citizen's referral, for what proves that it is theirs.

        e-RS has no published call for patients: the delegated channel exchanges the three for the
        referral (`$ers.retrievePatientReferral`, ours).

        Args:
            ubrn: 12 digits.
            access_code: from the letter; case and spaces don't count.
            birth_year: four digits.
        """
        return await self.operate(
            "ReferralRequest/$ers.retrievePatientReferral", reading.referral,
            [
                fhir.part("ubrn", "valueString", checked_ubrn(ubrn)),
                fhir.part("accessCode", "valueString", access_code),
                fhir.part("birthYear", "valueUnsignedInt", birth_year),
            ],
        )  # fmt: skip

    async def hold(self, slot_id: str, ubrn: str, key: str) -> Hold:
        """Keeps a slot for five minutes while the citizen reads it back.

        A referral holds one slot at most: holding another moves the hold, and a refusal leaves it. A slot
        that a provider offers for a lost appointment is kept for longer, until that time.
        """
        return await self._holding("hold", slot_id, ubrn, key, reading.hold)

    async def release(self, slot_id: str, ubrn: str, key: str) -> None:
        """Gives a held slot back; does nothing when it isn't held."""
        await self._holding("release", slot_id, ubrn, key, reading.released)

    async def _holding[T](self, what: str, slot_id: str, ubrn: str, key: str, read: reading.Reader[T]) -> T:
        referral: Json = {"reference": f"ReferralRequest/{checked_ubrn(ubrn)}"}
        body = fhir.parameters("SlotHold", [fhir.part("referral", "valueReference", referral)])
        where = path(f"Slot/{checked_id(slot_id)}/${what}")
        return await self.call("POST", where, read, body=body, key=key)

    async def cancel(
        self,
        ubrn: str,
        version: int,
        reason: CancelReason,
        key: str,
        *,
        comment: str | None = None,
        by: By = "patient",
    ) -> Referral:
        """Cancels the referral's appointment or deferral; the referral itself stays.

        Args:
            ubrn: the referral.
            version: its version.
            reason: one of e-RS's reasons of a patient.
            key: the idempotency key.
            comment: in the patient's words; two of the reasons need one.
            by: who acts.
        """
        reason_code = fhir.coding("AppointmentCancellationReason", reason)
        return await self.operate(
            referral_path(ubrn, "$ers.cancelAppointment"), reading.referral,
            [
                fhir.part("reason", "valueCoding", reason_code),
                fhir.part("comment", "valueString", comment), acted_by(by),
            ],
            key=key, version=version,
        )  # fmt: skip

    async def rebook(
        self, ubrn: str, version: int, slot_id: str, key: str, *, by: By = "patient"
    ) -> Appointment:
        """Moves a booking to another free slot in one step: the old one comes free if the new one is had.

        Refused with SLOT_UNAVAILABLE when somebody else was faster: the booking then stays as it was.
        """
        return await self.operate(
            referral_path(ubrn, "$ers.rebook"), reading.appointment, [_slot(slot_id), acted_by(by)],
            key=key, version=version,
        )  # fmt: skip

    async def tell_preference(self, ubrn: str, words: str, key: str, *, by: By = "patient") -> str:
        """Sends which treatment a citizen prefers to the clinic of their referral.

        Args:
            ubrn: the referral.
            words: the statement, at most 1,000 characters.
            key: the idempotency key.
            by: who acts.

        Returns:
            The id of the Communication (FHIR STU3).
        """
        body: dict[str, Json] = {
            "resourceType": "Communication",
            "status": "completed",
            "basedOn": [{"reference": f"ReferralRequest/{checked_ubrn(ubrn)}"}],
            "category": [fhir.concept("CommunicationCategory", "TREATMENT_PREFERENCE")],
            "payload": [{"contentString": words}],
            **fhir.extended(acted_by(by)),
        }
        return await self.call("POST", path("Communication"), reading.communication, body=body, key=key)

    async def want_earlier(
        self, ubrn: str, service_id: str, before: datetime, key: str, *, by: By = "patient"
    ) -> Wish:
        """Puts a referral on the list for an earlier appointment, in place of any wish it had.

        Args:
            ubrn: the referral.
            service_id: where.
            before: only a slot that begins before this, which is now or later.
            key: the idempotency key.
            by: who acts.
        """
        return await self.operate(
            referral_path(ubrn, "$ers.wantEarlier"), answers.wish,
            [
                fhir.part("service", "valueIdentifier", fhir.service(checked_id(service_id))),
                fhir.part("before", "valueInstant", before.isoformat()), acted_by(by),
            ],
            key=key,
        )  # fmt: skip

    async def stop_wanting(self, ubrn: str, key: str, *, by: By = "patient") -> None:
        """Takes it off that list; does nothing when it isn't on it."""
        where = referral_path(ubrn, "$ers.stopWanting")
        await self.operate(where, answers.nothing, [acted_by(by)], key=key)

    async def earlier(self, ubrn: str) -> Wish | None:
        """The referral's wish for an earlier appointment, if it has one."""
        return await self.call("GET", path(referral_path(ubrn, "$ers.earlier")), answers.maybe_wish)

    async def permit(self, ubrn: str, phone: str, until: date | None, key: str) -> Permission:
        """Lets a carer act for the patient, whom alone this call is for.

        Args:
            ubrn: the referral.
            phone: the carer's mobile number, as +44….
            until: the last day of it; None until it is revoked.
            key: the idempotency key.
        """
        return await self.operate(
            referral_path(ubrn, "$ers.permit"), answers.permission,
            [
                fhir.part("phone", "valueString", phone),
                fhir.part("until", "valueDate", None if until is None else until.isoformat()),
            ],
            key=key,
        )  # fmt: skip

    async def revoke(self, ubrn: str, phone: str, key: str) -> None:
        """Ends a carer's permission; does nothing when there is none."""
        parts = [fhir.part("phone", "valueString", phone)]
        await self.operate(referral_path(ubrn, "$ers.revoke"), answers.nothing, parts, key=key)

    async def permissions(self, ubrn: str) -> tuple[Permission, ...]:
        """Who may act for the patient today, oldest permission first."""
        return await self.call("GET", path(referral_path(ubrn, "$ers.permissions")), answers.permissions)

    async def talk_slots(
        self, ubrn: str, *, since: date | None = None, count: int = 20, page: int = 1
    ) -> SlotPage:
        """Times to talk the treatment over with a nurse of the clinic, by telephone, soonest first.

        Args:
            ubrn: the referral.
            since: the first day wanted.
            count: slots on a page, 1 to 100.
            page: from 1; `SlotPage.next` is the one after.
        """
        params = {"_count": str(count), "page": str(page)}
        if since is not None:
            params["start"] = f"ge{since.isoformat()}"
        where = path(referral_path(ubrn, "$ers.talkSlots"))
        return await self.call("GET", where, reading.slot_page, params=params)

    async def book_talk(self, ubrn: str, slot_id: str, key: str, *, by: By = "patient") -> Appointment:
        """Books such a time, in place of any the referral has; its own appointment and version stay."""
        where = referral_path(ubrn, "$ers.bookTalk")
        return await self.operate(where, reading.appointment, [_slot(slot_id), acted_by(by)], key=key)

    async def talk(self, ubrn: str) -> Appointment | None:
        """When the nurse rings, if that is booked and not over."""
        return await self.call("GET", path(referral_path(ubrn, "$ers.talk")), answers.maybe_appointment)

    async def cancel_talk(self, ubrn: str, key: str, *, by: By = "patient") -> None:
        """Gives that time up; does nothing when there is none."""
        where = referral_path(ubrn, "$ers.cancelTalk")
        await self.operate(where, answers.nothing, [acted_by(by)], key=key)

    async def tell_outcome(self, ubrn: str, said: Answers, key: str, *, by: By = "patient") -> str:
        """Keeps what a citizen says after their visit, for the measurement of results.

        Args:
            ubrn: the referral, whose visit was.
            said: one answer at least.
            key: the idempotency key.
            by: who acts.

        Returns:
            The id of the QuestionnaireResponse (FHIR STU3).
        """
        kinds = {"how": "valueInteger", "life": "valueInteger", "asked": "valueString"}
        items: list[Json] = [
            {"linkId": name, "answer": [{kinds[name]: value}]}
            for name, value in said.items() if isinstance(value, int | str)
        ]  # fmt: skip
        body: dict[str, Json] = {
            "resourceType": "QuestionnaireResponse",
            "basedOn": [{"reference": f"ReferralRequest/{checked_ubrn(ubrn)}"}],
            "questionnaire": {"reference": fhir.OURS + "after-the-visit"},
            "status": "completed",
            "item": items,
            **fhir.extended(acted_by(by)),
        }
        return await self.call("POST", path("QuestionnaireResponse"), answers.outcome, body=body, key=key)


def _slot(slot_id: str) -> dict[str, Json] | None:
    return fhir.part("slot", "valueReference", {"reference": f"Slot/{checked_id(slot_id)}"})
