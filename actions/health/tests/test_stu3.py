"""That what the other tests are held to holds: resources that are not as STU3 has them are told apart."""

import copy

import pytest

from actions.health import fhir
from actions.health.tests import stu3
from actions.sdk.service import Json

SLOT: dict[str, Json] = {
    "resourceType": "Slot", "id": "1", "schedule": {"reference": "Schedule/2"}, "status": "free",
    "start": "2026-03-02T09:00:00+00:00", "end": "2026-03-02T09:30:00+00:00",
}  # fmt: skip
APPOINTMENT: dict[str, Json] = {
    "resourceType": "Appointment", "status": "booked", "slot": [{"reference": "Slot/1"}],
    "participant": [{"actor": fhir.identified(fhir.UBRN, "111122223331"), "status": "accepted"}],
}  # fmt: skip
PARAMETERS = fhir.parameters("Wish", [fhir.part("before", "valueInstant", "2026-03-02T09:00:00Z")])


@pytest.mark.parametrize("resource", [SLOT, APPOINTMENT, PARAMETERS, fhir.parameters("Nothing", [])])
def test_what_is_as_it_should_be(resource: dict[str, Json]) -> None:
    stu3.check(resource)


@pytest.mark.parametrize(
    ("resource", "change"),
    [
        (SLOT, {"start": None}),
        (SLOT, {"comment": ""}),
        (SLOT, {"serviceType": []}),
        (SLOT, {"extension": [{}]}),
    ],
)
def test_what_is_empty(resource: dict[str, Json], change: dict[str, Json]) -> None:
    wrong = {**copy.deepcopy(resource), **change}
    with pytest.raises(ValueError, match="is empty"):
        stu3.check(wrong)


WITH_MODELS = pytest.mark.skipif(not stu3.HERE, reason="fhir.resources is not installed")


@WITH_MODELS
@pytest.mark.parametrize(
    ("resource", "change"),
    [
        (SLOT, {"status": 1}),
        (SLOT, {"start": "soon"}),
        (SLOT, {"price": 3}),
        (APPOINTMENT, {"participant": [{"status": 1}]}),
        (PARAMETERS, {"parameter": [{"valueString": "x"}]}),
        (PARAMETERS, {"parameter": [{"name": "x", "valueUnsignedInt": -1}]}),
    ],
)
def test_what_has_the_wrong_type(resource: dict[str, Json], change: dict[str, Json]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        stu3.check({**copy.deepcopy(resource), **change})


@WITH_MODELS
@pytest.mark.parametrize("left_out", ["status", "participant"])
def test_what_is_needed(left_out: str) -> None:
    with pytest.raises(ValueError, match=left_out):
        stu3.check({name: value for name, value in APPOINTMENT.items() if name != left_out})
