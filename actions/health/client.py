"""The NHS e-Referral Service as the assistant calls it: typed calls of its FHIR STU3 API."""

import re
from collections.abc import Sequence
from datetime import date
from typing import ClassVar, Literal

from actions.health import fhir, reading
from actions.health.referral import Appointment, HealthcareService, Hold, Priority, Referral, SlotPage
from actions.sdk.service import Json, Service, ServiceRefused

type SortBy = Literal["DISTANCE", "IWT"]
type CancelReason = Literal[
    "PATIENT_ILL",
    "PATIENT_HOLIDAY",
    "PATIENT_OTHER_ENGAGEMENT",  # needs a comment
    "PATIENT_APPOINTMENT_CANCELLATION_OTHER",  # needs a comment
]

# e-RS's code, and the name the flows know it by.
_NAMES = {"SLOT_NOT_AVAILABLE": "SLOT_UNAVAILABLE"}
# Statuses that mean one thing whatever code comes with them: an out-of-date version (A016, A031).
_STATUS_NAMES = {409: "VERSION_CONFLICT", 412: "VERSION_CONFLICT"}


class Ers(Service):
    """The e-Referral Service.

    `base_url` is what stands before `/FHIR/STU3`. Every call raises ServiceDown and ServiceRefused
    (see `Service.call`). A ServiceRefused has one of these codes, among others of e-RS's own:

    | code | when |
    |---|---|
    | PROOF_FAILED | wrong code or year; `details["remaining-tries"]` says how many are left |
    | LOCKED | too many wrong tries; `details["until"]` says when it ends (ISO 8601) |
    | REFERENCE_NOT_FOUND | no such referral, service or slot |
    | POSTCODE_UNKNOWN | not a postcode, or not near here |
    | VERSION_CONFLICT | the referral changed meanwhile: retrieve it again |
    | SLOT_UNAVAILABLE | the slot is booked, held by somebody else, or over |
    | SLOTS_CURRENTLY_AVAILABLE, THIS_SLOT_IS_AVAILABLE | there is a slot to book, so no deferral |
    | INVALID_REQUEST_STATE | booked already, or nothing to cancel |
    | INVALID_VALUE | what was sent has the wrong form, such as a UBRN of 11 digits |
    """

    media_type: ClassVar[str] = fhir.MEDIA_TYPE

    async def referral(self, ubrn: str, access_code: str, birth_year: int) -> Referral:
        """A citizen's referral, for what proves that it is theirs.

        e-RS has no published call for patients: the delegated channel exchanges the three for the
        referral (`$ers.retrievePatientReferral`, ours).

        Args:
            ubrn: 12 digits.
            access_code: from the letter; case and spaces don't count.
            birth_year: four digits.
        """
        body = fhir.parameters(
            "RetrievePatientReferral",
            [
                fhir.part("ubrn", "valueString", _ubrn(ubrn)),
                fhir.part("accessCode", "valueString", access_code),
                fhir.part("birthYear", "valueUnsignedInt", birth_year),
            ],
        )
        path = _path("ReferralRequest/$ers.retrievePatientReferral")
        return await self.call("POST", path, reading.referral, body=body)

    async def referral_by_ubrn(self, ubrn: str) -> Referral:
        """A referral that a citizen proved to be theirs before, as it is now (A005)."""
        return await self.call("GET", _path(f"ReferralRequest/{_ubrn(ubrn)}"), reading.referral)

    async def search(
        self,
        *,
        clinic_type: str,
        specialty: str | None = None,
        priority: Priority = "ROUTINE",
        postcode: str | None = None,
        distance_limit: int | None = None,
        wait_limit: int | None = None,
        sort_by: SortBy = "DISTANCE",
        ubrn: str | None = None,
    ) -> list[HealthcareService]:
        """The services a citizen can choose from, best first, all on one page (A010).

        The order changes which services come back: ask again when it changes.

        Args:
            clinic_type: as in the referral, such as `KNEE`.
            specialty: as in the referral.
            priority: as in the referral.
            postcode: where distances count from; needed to sort by distance.
            distance_limit: miles.
            wait_limit: days to the first appointment.
            sort_by: nearest first, or soonest first.
            ubrn: the citizen's referral: leaves out services that don't treat their age or gender.
        """
        criteria = fhir.parameters(
            "ServiceSearchCriteria",
            [
                fhir.part("priority", "valueCoding", fhir.coding("Priority", priority)),
                fhir.part("specialty", "valueCoding", specialty and fhir.coding("Specialty", specialty)),
                fhir.part("clinicType", "valueCoding", fhir.coding("ClinicType", clinic_type)),
                fhir.part("indicativeAppointmentWaitTimeLimit", "valueUnsignedInt", wait_limit),
                fhir.part("postcode", "valueString", postcode),
                fhir.part("distanceLimit", "valueUnsignedInt", distance_limit),
                fhir.part("ageAndGenderAppropriate", "valueBoolean", ubrn is not None),
            ],
            id="ServiceSearchCriteria-1",
        )
        patient: Json = None if ubrn is None else {"system": fhir.UBRN, "value": _ubrn(ubrn)}
        request = fhir.coding("RequestType", "APPOINTMENT_REQUEST")
        body = fhir.parameters(
            "PatientServiceSearch",
            [
                fhir.part("requestType", "valueCoding", request),
                fhir.part("sortBy", "valueCoding", fhir.coding("SortBy", sort_by)),
                fhir.part("patient", "valueIdentifier", patient),
                fhir.part("searchCriteria", "resource", criteria),
            ],
        )
        path = _path("HealthcareService/$ers.searchHealthcareServicesForPatient")
        return await self.call("POST", path, reading.services, body=body)

    async def service(self, service_id: str) -> HealthcareService:
        """One service, without a distance."""
        return await self.call("GET", _path(f"HealthcareService/{_id(service_id)}"), reading.service)

    async def shortlist(self, ubrn: str, version: int, service_ids: Sequence[str], key: str) -> Referral:
        """Makes these services, in this order, the referral's shortlist: its first, or another (A031).

        A011 makes one together with the referral itself, which is a clinician's to make.
        """
        shortlist: dict[str, Json] = {
            "resourceType": "List",
            "meta": {"profile": [fhir.profile("eRS-Shortlist-List")]},
            "status": "current",
            "mode": "snapshot",
            "entry": [{"item": fhir.identified(fhir.SERVICE_ID, _id(each))} for each in service_ids],
        }
        body = fhir.parameters("ChangeShortlist", [fhir.part("shortlist", "resource", shortlist)])
        path = _path(f"ReferralRequest/{_ubrn(ubrn)}/$ers.changeShortlist")
        headers = {"If-Match": f'W/"{version}"'}
        return await self.call("POST", path, reading.referral, body=body, key=key, headers=headers)

    async def slots(
        self,
        service_id: str,
        *,
        priority: Priority = "ROUTINE",
        since: date | None = None,
        count: int = 20,
        page: int = 1,
    ) -> SlotPage:
        """A page of a service's free slots, soonest first (A015).

        Args:
            service_id: the service.
            priority: as in the referral.
            since: the first day wanted (ours; e-RS has no such filter).
            count: slots on a page, 1 to 100.
            page: from 1; `SlotPage.next` is the one after.
        """
        params = {
            "schedule.actor:HealthcareService": _id(service_id),
            "status": "free",
            "appointmentType": priority,
            "_include": "Slot:schedule",
            "_count": str(count),
            "page": str(page),
        }
        if since is not None:
            params["start"] = f"ge{since.isoformat()}"
        return await self.call("GET", _path("Slot"), reading.slot_page, params=params)

    async def hold(self, slot_id: str, ubrn: str, key: str) -> Hold:
        """Keeps a slot for five minutes while the citizen reads it back; ours, not in e-RS.

        A referral holds one slot at most: holding another moves the hold, and a refusal leaves it.
        """
        return await self._holding("hold", slot_id, ubrn, key, reading.hold)

    async def release(self, slot_id: str, ubrn: str, key: str) -> None:
        """Gives a held slot back; does nothing when it isn't held."""
        await self._holding("release", slot_id, ubrn, key, reading.released)

    async def _holding[T](self, what: str, slot_id: str, ubrn: str, key: str, read: reading.Reader[T]) -> T:
        referral: Json = {"reference": f"ReferralRequest/{_ubrn(ubrn)}"}
        body = fhir.parameters("SlotHold", [fhir.part("referral", "valueReference", referral)])
        return await self.call("POST", _path(f"Slot/{_id(slot_id)}/${what}"), read, body=body, key=key)

    async def book(self, ubrn: str, version: int, slot_id: str, key: str) -> Appointment:
        """Books a slot (A016). The same key again gives the same appointment, and books nothing."""
        return await self._appoint("booked", ubrn, version, key, slot_id=slot_id)

    async def defer(
        self, ubrn: str, version: int, service_id: str, key: str, *, lost_slot_id: str | None = None
    ) -> Appointment:
        """Leaves it to the provider to find an appointment (A016); they are in touch by `contact_by`.

        Allowed when the service has no free slot, or when the slot chosen was just lost.

        Args:
            ubrn: the referral.
            version: its version.
            service_id: a directly bookable service.
            key: the idempotency key.
            lost_slot_id: the slot that was just lost, where others are free but don't suit.
        """
        return await self._appoint(
            "proposed", ubrn, version, key, service_id=service_id, slot_id=lost_slot_id
        )

    async def _appoint(
        self,
        status: str,
        ubrn: str,
        version: int,
        key: str,
        *,
        service_id: str | None = None,
        slot_id: str | None = None,
    ) -> Appointment:
        # The patient is known by the referral: no NHS number passes through the assistant.
        body: dict[str, Json] = {
            "resourceType": "Appointment",
            "meta": {"profile": [fhir.profile("eRS-Appointment")]},
            "status": status,
            "description": "e-Referral Appointment",
            "incomingReferral": [{"reference": f"ReferralRequest/{_ubrn(ubrn)}/_history/{version}"}],
            "participant": [],
        }
        if slot_id is not None:
            body["slot"] = [{"reference": f"Slot/{_id(slot_id)}"}]
        if service_id is not None:
            actor = fhir.identified(fhir.SERVICE_ID, _id(service_id))
            body["participant"] = [{"actor": actor, "status": "accepted"}]
            if slot_id is not None:
                body["reason"] = [fhir.concept("ReviewReason", "SLOT_NOT_AVAILABLE")]
        return await self.call("POST", _path("Appointment"), reading.appointment, body=body, key=key)

    async def appointment(self, appointment_id: str) -> Appointment:
        """An appointment by its id (A038)."""
        return await self.call("GET", _path(f"Appointment/{_id(appointment_id)}"), reading.appointment)

    async def cancel(
        self, ubrn: str, version: int, reason: CancelReason, key: str, *, comment: str | None = None
    ) -> Referral:
        """Cancels the referral's appointment or deferral for the patient; ours, as e-RS has no call for it.

        Args:
            ubrn: the referral; it stays, and can be booked again.
            version: its version.
            reason: one of e-RS's reasons of a patient.
            key: the idempotency key.
            comment: in the patient's words; two of the reasons need one.
        """
        body = fhir.parameters(
            "CancelAppointment",
            [
                fhir.part("reason", "valueCoding", fhir.coding("AppointmentCancellationReason", reason)),
                fhir.part("comment", "valueString", comment),
            ],
        )
        path = _path(f"ReferralRequest/{_ubrn(ubrn)}/$ers.cancelAppointment")
        headers = {"If-Match": f'W/"{version}"'}
        return await self.call("POST", path, reading.referral, body=body, key=key, headers=headers)

    async def tell_preference(self, ubrn: str, words: str, key: str) -> str:
        """Sends which treatment a citizen prefers to the clinic of their referral; ours, not in e-RS.

        Args:
            ubrn: the referral.
            words: the statement, at most 1,000 characters.
            key: the idempotency key.

        Returns:
            The id of the Communication (FHIR STU3).
        """
        body: dict[str, Json] = {
            "resourceType": "Communication",
            "status": "completed",
            "basedOn": [{"reference": f"ReferralRequest/{_ubrn(ubrn)}"}],
            "category": [fhir.concept("CommunicationCategory", "TREATMENT_PREFERENCE")],
            "payload": [{"contentString": words}],
        }
        return await self.call("POST", _path("Communication"), reading.communication, body=body, key=key)

    def refusal(self, status: int, raw: bytes) -> ServiceRefused:
        """What an OperationOutcome says."""
        code, diagnostics, details = reading.outcome(raw) or (f"HTTP_{status}", "", {})
        return ServiceRefused(status, _STATUS_NAMES.get(status, _NAMES.get(code, code)), diagnostics, details)


def _path(below: str) -> str:
    return f"FHIR/STU3/{below}"


def _checked(value: str, form: re.Pattern[str], what: str) -> str:
    # Before it becomes part of an address; e-RS would say the same.
    if not form.fullmatch(value):
        raise ServiceRefused(400, "INVALID_VALUE", f"{what} has the wrong form.")
    return value


def _ubrn(value: str) -> str:
    return _checked(value, fhir.UBRN_FORM, "The UBRN")


def _id(value: str) -> str:
    return _checked(value, fhir.ID_FORM, "The id")
