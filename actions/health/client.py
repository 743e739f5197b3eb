"""The NHS e-Referral Service as the assistant calls it: typed calls of its FHIR STU3 API."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from actions.health import fhir, reading
from actions.health.connection import acted_by, checked_id, checked_ubrn, path
from actions.health.delegated import CancelReason, Delegated
from actions.health.feed import Feed
from actions.health.referral import Appointment, By, HealthcareService, Need, Priority, Referral, SlotPage
from actions.sdk.service import Json

__all__ = ["CancelReason", "Ers", "LetterIntention", "SortBy"]

type SortBy = Literal["DISTANCE", "IWT"]
type LetterIntention = Literal["NOT_NEEDED", "NEED_TO_ADD_LATER"]


class Ers(Delegated, Feed):
    """The e-Referral Service: its published calls here, and with them those that are ours.

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
    | NOT_PERMITTED | a carer acts without the patient's permission |
    """

    async def referral_by_ubrn(self, ubrn: str) -> Referral:
        """A referral that a citizen proved to be theirs before, as it is now (A005)."""
        return await self.call("GET", path(f"ReferralRequest/{checked_ubrn(ubrn)}"), reading.referral)

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
        at: tuple[float, float] | None = None,
        needs: Sequence[Need] = (),
        condition: str | None = None,
    ) -> list[HealthcareService]:
        """The services a citizen can choose from, best first, all on one page (A010).

        The order changes which services come back: ask again when it changes. Those that say they can't
        see a suspected cancer are left out for a referral that is for one.

        Args:
            clinic_type: as in the referral, such as `KNEE`.
            specialty: as in the referral.
            priority: as in the referral.
            postcode: where distances count from; needed, or `at`, to sort by distance.
            distance_limit: miles.
            wait_limit: days to the first appointment.
            sort_by: nearest first, or soonest first.
            ubrn: the citizen's referral: leaves out services that don't treat their age or gender.
            at: latitude and longitude in degrees to count distances from, in place of the postcode (ours).
            needs: what a service must offer (ours).
            condition: what it must treat, as its `conditions_treated` name it; case does not count (ours).
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
                fhir.part(fhir.OURS + "latitude", "valueDecimal", at and at[0]),
                fhir.part(fhir.OURS + "longitude", "valueDecimal", at and at[1]),
                fhir.part(fhir.OURS + "condition", "valueString", condition),
                *(fhir.part(fhir.OURS + "need", "valueCode", each) for each in needs),
            ],
            id="ServiceSearchCriteria-1",
        )
        patient: Json = None if ubrn is None else {"system": fhir.UBRN, "value": checked_ubrn(ubrn)}
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
        where = path("HealthcareService/$ers.searchHealthcareServicesForPatient")
        found = await self.call("POST", where, reading.services, body=body)
        return [each for each in found if each.sees(priority)]

    async def service(self, service_id: str) -> HealthcareService:
        """One service, without a distance."""
        return await self.call("GET", path(f"HealthcareService/{checked_id(service_id)}"), reading.service)

    async def create(
        self,
        patient: str,
        *,
        specialty: str,
        clinic_type: str,
        service_ids: Sequence[str],
        key: str,
        priority: Priority = "ROUTINE",
        letter: LetterIntention = "NEED_TO_ADD_LATER",
    ) -> Referral:
        """Makes a referral together with its shortlist (A011).

        A clinician's decision: the assistant calls it for one who acts through it, never for a citizen.

        Args:
            patient: the UBRN of a referral of the same patient, as no NHS number passes through here.
            specialty: what the services are for.
            clinic_type: the same.
            service_ids: the shortlist, in order.
            key: the idempotency key.
            priority: how soon.
            letter: whether a referral letter will be added.
        """
        criteria = fhir.parameters(
            "ServiceSearchCriteria",
            [
                fhir.part("priority", "valueCoding", fhir.coding("Priority", priority)),
                fhir.part("specialty", "valueCoding", fhir.coding("Specialty", specialty)),
                fhir.part("clinicType", "valueCoding", fhir.coding("ClinicType", clinic_type)),
                fhir.part("ageAndGenderAppropriate", "valueBoolean", True),
            ],
            id="ServiceSearchCriteria-1",
        )
        shortlist = _shortlist(service_ids)
        shortlist["contained"] = [criteria]
        shortlist["extension"] = [
            {
                "url": fhir.profile("Extension-eRS-Shortlist-SearchCriteria"),
                "valueReference": {"reference": "#ServiceSearchCriteria-1"},
            }
        ]
        known_by: Json = {"system": fhir.UBRN, "value": checked_ubrn(patient)}
        return await self.operate(
            "ReferralRequest/$ers.createReferral", reading.referral,
            [
                fhir.part("patient", "valueIdentifier", known_by),
                fhir.part(
                    "intentionToAddReferralLetter", "valueCoding",
                    fhir.coding("ReferralLetterIntention", letter),
                ),
                fhir.part("firstReminderLetterFollowUpDays", "valueUnsignedInt", 0),
                fhir.part("shortlist", "resource", shortlist),
            ],
            key=key,
        )  # fmt: skip

    async def shortlist(self, ubrn: str, version: int, service_ids: Sequence[str], key: str) -> Referral:
        """Makes these services, in this order, the referral's shortlist: its first, or another (A031)."""
        where = f"ReferralRequest/{checked_ubrn(ubrn)}/$ers.changeShortlist"
        parts = [fhir.part("shortlist", "resource", _shortlist(service_ids))]
        return await self.operate(where, reading.referral, parts, key=key, version=version)

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
            "schedule.actor:HealthcareService": checked_id(service_id),
            "status": "free",
            "appointmentType": priority,
            "_include": "Slot:schedule",
            "_count": str(count),
            "page": str(page),
        }
        if since is not None:
            params["start"] = f"ge{since.isoformat()}"
        return await self.call("GET", path("Slot"), reading.slot_page, params=params)

    async def book(
        self, ubrn: str, version: int, slot_id: str, key: str, *, by: By = "patient"
    ) -> Appointment:
        """Books a slot (A016). The same key again gives the same appointment, and books nothing."""
        return await self._appoint("booked", ubrn, version, key, by, slot_id=slot_id)

    async def defer(
        self,
        ubrn: str,
        version: int,
        service_id: str,
        key: str,
        *,
        lost_slot_id: str | None = None,
        by: By = "patient",
    ) -> Appointment:
        """Leaves it to the provider to find an appointment (A016); they are in touch by `contact_by`.

        Allowed when the service has no free slot, or when the slot chosen was just lost.

        Args:
            ubrn: the referral.
            version: its version.
            service_id: a directly bookable service.
            key: the idempotency key.
            lost_slot_id: the slot that was just lost, where others are free but don't suit.
            by: who acts.
        """
        return await self._appoint(
            "proposed", ubrn, version, key, by, service_id=service_id, slot_id=lost_slot_id
        )

    async def _appoint(
        self,
        status: str,
        ubrn: str,
        version: int,
        key: str,
        by: By,
        *,
        service_id: str | None = None,
        slot_id: str | None = None,
    ) -> Appointment:
        # The patient is known by the referral: no NHS number passes through the assistant.
        participants = [(fhir.UBRN, checked_ubrn(ubrn))]
        if service_id is not None:
            participants.append((fhir.SERVICE_ID, checked_id(service_id)))
        body: dict[str, Json] = {
            "resourceType": "Appointment",
            "meta": {"profile": [fhir.profile("eRS-Appointment")]},
            "status": status,
            "description": "e-Referral Appointment",
            "incomingReferral": [{"reference": f"ReferralRequest/{ubrn}/_history/{version}"}],
            "participant": [
                {"actor": fhir.identified(system, value), "status": "accepted"}
                for system, value in participants
            ],
            **fhir.extended(acted_by(by)),
        }
        if slot_id is not None:
            body["slot"] = [{"reference": f"Slot/{checked_id(slot_id)}"}]
            if service_id is not None:
                body["reason"] = [fhir.concept("ReviewReason", "SLOT_NOT_AVAILABLE")]
        return await self.call("POST", path("Appointment"), reading.appointment, body=body, key=key)

    async def appointment(self, appointment_id: str) -> Appointment:
        """An appointment by its id (A038)."""
        where = path(f"Appointment/{checked_id(appointment_id)}")
        return await self.call("GET", where, reading.appointment)


def _shortlist(service_ids: Sequence[str]) -> dict[str, Json]:
    return {
        "resourceType": "List",
        "meta": {"profile": [fhir.profile("eRS-Shortlist-List")]},
        "status": "current",
        "mode": "snapshot",
        "entry": [{"item": fhir.identified(fhir.SERVICE_ID, checked_id(each))} for each in service_ids],
    }
